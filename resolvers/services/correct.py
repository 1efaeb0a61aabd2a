"""The correction loop: information is found to be wrong, the applicant changes it, it is accepted again (NX-1)."""

from dataclasses import replace

from domain.errors import InvalidInput
from domain.holder import Actor
from domain.message import Message
from domain.operation import OperationEvent
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import operation_step
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.outcomes.choices import kept
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies


async def correct_application(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ChangeResult:
    """Change what was asked for; the operation is accepted for production again.

    Raises:
        DecisionRefused: the policy says no, or that of the service corrected would not have taken what is chosen now.
        InvalidInput: nothing is changed, or a new document is not as the service asks (`DOCUMENT_NOT_AS_REQUIRED`).
    """
    async with decided_transaction(dependencies, actor, request) as decided:
        before = decided.its_operation
        change = operation_step(
            decided,
            OperationEvent.CORRECT,
            details={**before.details, **decided.evidence.details},
            documents=tuple(dict.fromkeys((*before.documents, *request.documents))),
            sighted=tuple(dict.fromkeys((*before.sighted, *request.sighted))),
            correction_reason=None,
            **kept(decided, before),
        )
        if replace(change.operation, state=before.state, correction_reason=before.correction_reason) == before:
            raise InvalidInput(
                Message("没有修改任何内容，请修改后再提交。", "Nothing is changed; change something first."),
                field="input.evidence",
            )
        return await carry_out(decided, change)
