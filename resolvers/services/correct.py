"""The correction loop: information is found to be wrong, the applicant changes it, it is accepted again (NX-1)."""

from dataclasses import replace

from domain.errors import InvalidInput
from domain.holder import Actor
from domain.message import Message
from domain.operation import Operation, OperationEvent
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import operation_step
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.facts import business_day
from resolvers.changing.results import Changed
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies

MAX_REASON = 500


async def request_correction(dependencies: Dependencies, actor: Actor, request: ServiceRequest, reason: str) -> Changed:
    """Ask the applicant to change something.

    Args:
        reason: what must be changed, as the applicant will read it; 1 to 500 characters.
    """
    text = reason.strip()
    if not 0 < len(text) <= MAX_REASON:
        raise InvalidInput(
            Message(
                f"请填写要修改什么，1至{MAX_REASON}个字。",
                f"Say what must be changed, in 1 to {MAX_REASON} characters.",
            ),
            field="input.reason",
        )

    async with decided_transaction(dependencies, actor, request) as decided:
        change = operation_step(decided, OperationEvent.REQUEST_CORRECTION, correction_reason=text)
        return await carry_out(decided, replace(change, note=text))


async def correct_application(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> Changed:
    """Change what was asked for; the operation is accepted for production again.

    Raises:
        InvalidInput: nothing is changed, or a new document is not as the service asks (`DOCUMENT_NOT_AS_REQUIRED`).
    """

    async with decided_transaction(dependencies, actor, request) as decided:
        operation = decided.its_operation
        await _check_documents(dependencies, decided, operation)
        details = {**operation.details, **decided.evidence.details}
        documents = tuple(dict.fromkeys((*operation.documents, *request.documents)))
        sighted = tuple(dict.fromkeys((*operation.sighted, *request.sighted)))
        declarations = {**operation.declarations, **decided.declarations}
        before = (operation.details, operation.documents, operation.sighted, operation.declarations)
        if (details, documents, sighted, declarations) == before:
            raise InvalidInput(
                Message("没有修改任何内容，请修改后再提交。", "Nothing is changed; change something first."),
                field="input.evidence",
            )
        change = operation_step(
            decided,
            OperationEvent.CORRECT,
            details=details,
            documents=documents,
            sighted=sighted,
            declarations=declarations,
            correction_reason=None,
        )
        return await carry_out(decided, change)


async def _check_documents(dependencies: Dependencies, decided: DecidedRequest, operation: Operation) -> None:
    """Refuse a new document that the service corrected would not have taken.

    Only what a requirement says of a document is asked again, on the facts of the first decision: that there is an
    application now, or that a face check is used up, is no reason against correcting it.
    """
    recorded = (await decided.work.decisions.of_operations([operation.id])).get(operation.id, ())
    first = next((record for record in recorded if record.service == operation.service), None)
    if first is None or not decided.evidence.documents:
        return
    decision = dependencies.policies().decide(
        operation.service,
        operation.region,
        first.facts,
        business_day(decided.now),
        evidence=decided.evidence,
        history=await decided.work.history(operation.holder_id, decided.now),
        form=True,
    )
    problems = [
        need.problem
        for requirement in decision.requirements
        for needs in requirement.alternatives
        for need in needs
        if need.problem is not None
    ]
    if problems:
        raise InvalidInput(
            Message("".join(p.zh for p in problems), " ".join(p.en for p in problems)),
            field="input.evidence.documentIds",
            code="DOCUMENT_NOT_AS_REQUIRED",
        )
