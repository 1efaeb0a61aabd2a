"""Accept an application for production; the promised time starts here (NX-5, QD-1)."""

from typing import Any

from domain.duration import deadline
from domain.holder import Actor
from domain.operation import Operation, OperationEvent
from resolvers.changing.deciding import DecidedRequest
from resolvers.changing.results import Changed
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.steps import step
from resolvers.changing.submission import ACCEPTED, CARD_ISSUED
from resolvers.dependencies import Dependencies


async def accept_for_production(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> Changed:
    """Accept; what was promised when the application was decided now gets its date."""

    async def promised(decided: DecidedRequest, operation: Operation) -> dict[str, Any]:
        recorded = (await decided.work.decisions.of_operations([operation.id])).get(operation.id, ())
        promises = [
            promise
            for record in recorded
            if record.service == operation.service
            for promise in record.outcome["promises"]
            if promise["counted_from"] == ACCEPTED
        ]
        if not promises:
            return {}
        issued = [promise for promise in promises if promise["what"] == CARD_ISSUED]
        until = deadline(decided.now, (issued or promises)[-1]["within"], dependencies.calendar)
        return {"promised_at": until.at, "promise_estimated": until.estimated}

    return await step(dependencies, actor, request, OperationEvent.ACCEPT, promised)
