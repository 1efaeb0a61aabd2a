"""Apply for a card (NX-1, SC-1, CD-1, QD-1)."""

from domain.holder import Actor
from resolvers.changing.answers import Changed
from resolvers.changing.ask import Ask
from resolvers.changing.deciding import changing
from resolvers.changing.submission import submitted
from resolvers.dependencies import Dependencies


async def apply_for_card(dependencies: Dependencies, actor: Actor, ask: Ask) -> Changed:
    """Submit an application: an operation with the fees charged so far.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        Conflict: the person has a card or application in the province already (`ONE_CARD_PER_PROVINCE`).
    """
    async with changing(dependencies, actor, ask) as case:
        operation = submitted(case)
        await case.work.operations.add(operation)
        await case.work.slots.claim(operation.province, operation.holder_id, operation.id)
        await case.work.timeline.append(case.entry(operation.id, ask.service, None, operation.state))
        return await case.answered(Changed(operation, case.told), operation.id)
