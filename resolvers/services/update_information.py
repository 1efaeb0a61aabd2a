"""Change what may be changed without a new card (CD-6, SC-4, QD-8); key information never is, here."""

from dataclasses import replace
from typing import Any

from domain.errors import InvalidInput
from domain.holder import Actor
from domain.message import Message
from domain.notice import NoticeKind
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import card_change
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.notices import tell
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies
from resolvers.facts import CHANGEABLE


async def update_information(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ChangeResult:
    """Change mobile number, landline, addresses or postcode of a card's holder.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        InvalidInput: nothing is changed, or a value cannot be right.
    """
    async with decided_transaction(dependencies, actor, request) as decided:
        changes = _changes(decided)
        if "mobile" in changes and decided.holder.mobile is not None:
            await tell(decided, NoticeKind.MOBILE_CHANGED, decided.holder)
        change = card_change(decided, decided.its_card)
        return await carry_out(
            decided,
            replace(
                change,
                holder=replace(decided.holder, **changes),
                note=", ".join(sorted(set(changes) & set(CHANGEABLE.values()))),
            ),
        )


def _changes(decided: DecidedRequest) -> dict[str, Any]:
    given = {CHANGEABLE[name]: text for name, text in decided.evidence.details.items() if name in CHANGEABLE}
    changes: dict[str, Any] = {name: text for name, text in given.items() if getattr(decided.holder, name) != text}
    if not changes:
        raise InvalidInput(
            Message("没有修改任何内容，请修改后再提交。", "Nothing is changed; change something first."),
            field="input.evidence.details",
        )
    if "mobile" in changes:
        changes["mobile_bound_at"] = decided.now
    return changes
