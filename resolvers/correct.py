"""The correction loop: information is found to be wrong, the applicant changes it, it is accepted again (NX-1)."""

from typing import Any

from domain.decision import Decision
from domain.errors import InvalidInput
from domain.holder import Actor
from domain.message import Message
from domain.operation import Operation, OperationEvent
from resolvers.ask import Ask
from resolvers.deciding import Case
from resolvers.dependencies import Dependencies
from resolvers.steps import step

MAX_REASON = 500


async def request_correction(
    dependencies: Dependencies, actor: Actor, ask: Ask, reason: str
) -> tuple[Operation, Decision]:
    """Ask the applicant to change something.

    Args:
        reason: what must be changed, as the applicant will read it; 1 to 500 characters.
    """
    text = reason.strip()
    if not 0 < len(text) <= MAX_REASON:
        raise InvalidInput(
            Message(
                f"请填写1至{MAX_REASON}个字符的修改原因。",
                f"Say what must be changed, in 1 to {MAX_REASON} characters.",
            ),
            field="input.reason",
        )

    async def reasoned(case: Case, operation: Operation) -> dict[str, Any]:
        return {"correction_reason": text}

    return await step(dependencies, actor, ask, OperationEvent.REQUEST_CORRECTION, reasoned, note=text)


async def correct_application(dependencies: Dependencies, actor: Actor, ask: Ask) -> tuple[Operation, Decision]:
    """Change what was asked for; the operation is accepted for production again.

    Raises:
        InvalidInput: nothing is changed.
    """

    async def corrected(case: Case, operation: Operation) -> dict[str, Any]:
        details = {**operation.details, **case.evidence.details}
        documents = tuple(dict.fromkeys((*operation.documents, *ask.documents)))
        declarations = {**operation.declarations, **case.declarations}
        if (details, documents, declarations) == (operation.details, operation.documents, operation.declarations):
            raise InvalidInput(Message("没有修改任何信息。", "Nothing is changed."), field="input.details")
        return {
            "details": details,
            "documents": documents,
            "declarations": declarations,
            "correction_reason": None,
        }

    return await step(dependencies, actor, ask, OperationEvent.CORRECT, corrected)
