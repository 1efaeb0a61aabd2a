"""Change what may be changed without a new card (CD-6, SC-4, QD-8); key information never is, here."""

from dataclasses import replace
from typing import Any

from domain.errors import InvalidInput
from domain.holder import Actor
from domain.message import Message
from resolvers.changing.answers import Changed
from resolvers.changing.ask import Ask
from resolvers.changing.card_steps import card_of, tell
from resolvers.changing.deciding import Case, changing
from resolvers.changing.facts import CHANGEABLE
from resolvers.changing.submission import completed
from resolvers.dependencies import Dependencies


async def update_information(dependencies: Dependencies, actor: Actor, ask: Ask) -> Changed:
    """Change mobile number, landline, addresses or postcode of a card's holder.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        InvalidInput: nothing is changed, or a value cannot be right.
    """
    async with changing(dependencies, actor, ask) as case:
        changes = _changes(case)
        holder = await case.work.holders.update(replace(case.holder, **changes))
        operation = completed(case, card_of(case))
        await case.work.operations.add(operation)
        await tell(case, operation, card_of(case), card_of(case), note=", ".join(sorted(changes)))
        return await case.answered(Changed(operation, case.decision, card_of(case), holder), operation.id)


def _changes(case: Case) -> dict[str, Any]:
    given = {CHANGEABLE[name]: text for name, text in case.evidence.details.items() if name in CHANGEABLE}
    changes = {name: text for name, text in given.items() if getattr(case.holder, name) != text}
    if not changes:
        raise InvalidInput(
            Message("没有修改任何内容，请修改后再提交。", "Nothing is changed; change something first."),
            field="input.evidence.details",
        )
    return changes
