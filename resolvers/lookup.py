"""Looking up what is on record; what a region's policy says of looking up holds here too (NX-5, SC-3, CD-9, CD-10, QD-6)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from domain.card import Card
from domain.decision import Decision
from domain.errors import DecisionRefused
from domain.holder import Actor
from domain.message import Message
from domain.operation import Operation
from resolvers.access import is_staff, relation_between, serves_card, unknown
from resolvers.ask import Ask
from resolvers.deciding import consider
from resolvers.dependencies import Dependencies
from resolvers.steps import card_of, operation_of
from store import UnitOfWork
from store.records import OperationFilter, StoredDocument


async def look_up_operation(dependencies: Dependencies, work: UnitOfWork, actor: Actor, operation_id: str) -> Operation:
    """Return an operation of one's own, a ward's or one's office's.

    Raises:
        NotFound: there is none, or it is none of theirs.
        DecisionRefused: the region does not give progress through this channel.
    """
    case = await consider(dependencies, work, actor, Ask("progress", operation_id=operation_id), lock=False)
    _demand(case.decision)
    return operation_of(case)


async def look_up_card(dependencies: Dependencies, work: UnitOfWork, actor: Actor, card_id: str) -> Card:
    """Return a card of one's own, a ward's or one's office's region.

    Raises:
        NotFound: there is none, or it is none of theirs.
        DecisionRefused: the region does not give the status through this channel.
    """
    case = await consider(dependencies, work, actor, Ask("status", card_id=card_id), lock=False)
    _demand(case.decision)
    return card_of(case)


def _demand(decision: Decision) -> None:
    if not decision.allowed:
        reasons = decision.denials
        zh = "".join(denial.message.zh for denial in reasons) or "按照当地政策不能查询。"
        en = " ".join(denial.message.en for denial in reasons) or "The policies of the region do not allow this."
        raise DecisionRefused(Message(zh, en), decision)


async def visible_operations(
    work: UnitOfWork, actor: Actor, selection: OperationFilter, after: tuple[datetime, str] | None, limit: int
) -> tuple[tuple[Operation, ...], bool]:
    """Return a page of the operations that somebody may see: their own and their wards', or their office's.

    Returns:
        The page, and whether more follow.
    """
    return await work.operations.page(await _narrow(work, actor, selection), after, limit)


async def count_visible_operations(work: UnitOfWork, actor: Actor, selection: OperationFilter) -> int:
    """Return how many operations somebody may see."""
    return await work.operations.count(await _narrow(work, actor, selection))


async def _narrow(work: UnitOfWork, actor: Actor, selection: OperationFilter) -> OperationFilter:
    if not is_staff(actor):
        wards = await wards_of(work, [actor.person_id])
        mine = frozenset({actor.person_id, *wards[actor.person_id]})
        wanted = selection.holder_ids
        return replace(selection, holder_ids=mine if wanted is None else mine & wanted)
    if actor.role == "bank":
        selection = replace(selection, bank=actor.office or "")
    if actor.region is None:
        return selection
    if actor.region.endswith("0000"):
        clashes = selection.province not in (None, actor.region)
        return replace(selection, province=actor.region, holder_ids=frozenset() if clashes else selection.holder_ids)
    clashes = selection.region not in (None, actor.region)
    return replace(selection, region=actor.region, holder_ids=frozenset() if clashes else selection.holder_ids)


def visible_cards(actor: Actor, cards: Sequence[Card]) -> tuple[Card, ...]:
    """Return those of a holder's cards that somebody who sees the holder may see: an office those that it serves."""
    return tuple(card for card in cards if not is_staff(actor) or serves_card(actor, card))


async def look_up_document(work: UnitOfWork, actor: Actor, document_id: str) -> StoredDocument:
    """Return a document of one's own or a ward's, or anybody's for a clerk.

    Raises:
        NotFound: there is none, or it is none of theirs.
    """
    found = (await work.documents.get_many([document_id])).get(document_id)
    if found is None or (
        actor.role != "clerk" and await relation_between(work, actor.person_id, found.owner_id) == "none"
    ):
        raise unknown("材料", "document", document_id)
    return found


def sees_wards(actor: Actor, holder_id: str) -> bool:
    """Say whether somebody may see who a holder's wards are: the holder themselves or a clerk."""
    return actor.role == "clerk" or actor.person_id == holder_id


async def wards_of(work: UnitOfWork, guardian_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the ids of people's wards now, by guardian; everybody asked about is there."""
    wanted = set(guardian_ids)
    found = await work.guardianships.of_guardians(wanted)
    return {person: tuple(g.ward_id for g in found.get(person, ()) if g.ended_at is None) for person in wanted}
