"""Looking up what is on record; what a region's policy says of looking up holds here too (NX-5, SC-3, CD-9, CD-10, QD-6)."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import date, datetime
from functools import partial
from typing import TypeVar

from domain.access import DELEGATION, DOCUMENT, Standing
from domain.card import Card, CardState
from domain.decision import Decision
from domain.errors import DecisionRefused
from domain.frozen import replace
from domain.holder import Actor, Delegation
from domain.message import Message
from domain.operation import Operation
from domain.region import NATION, lies_within, province_of
from domain.services import makes_card
from policies.engine.decide import Policies
from resolvers.changing.access import NOBODY, document_not_found, is_person, is_staff, not_found, own_id
from resolvers.changing.standing import Viewer, standing_to_id
from resolvers.facts.card import was_received
from store import UnitOfWork
from store.records import Count, OperationFilter, OperationOrder, StoredDocument, Window
from store.repositories.operation_changes import Change, ChangesAsked

Answer = TypeVar("Answer")


def require_shown(decision: Decision) -> None:
    """Refuse to show what a decision does not allow to be shown.

    Raises:
        DecisionRefused: with every reason in its message, and everything that is missing.
    """
    if not decision.allowed:
        reasons = [denial.message for denial in decision.denials] + [item.message for item in decision.missing]
        zh = "".join(reason.zh for reason in reasons) or "按当地规定不能查询，请到服务网点或拨打12333咨询。"
        en = " ".join(reason.en for reason in reasons) or "The policies of the region do not allow this."
        raise DecisionRefused(Message(zh, en), decision)


def within(policies: Policies, selection: OperationFilter, region: str | None) -> OperationFilter:
    """Narrow a filter to a region with all that lies in it, districts of a city included.

    Args:
        region: GB/T 2260; one without policies has nothing. None does not narrow.
    """
    if region is None or region == NATION:
        return selection
    if province_of(region) == region:
        clashes = selection.province not in (None, region)
        inside = selection.regions and frozenset(code for code in selection.regions if lies_within(code, region))
        return replace(selection, province=region, regions=frozenset() if clashes else inside)
    mine = frozenset(code for code in (region, *policies.tree.regions) if lies_within(code, region))
    if selection.regions is not None:
        mine &= selection.regions
    elif selection.province not in (None, province_of(region)):
        mine = frozenset()
    return replace(selection, regions=mine)


async def visible_operations(
    policies: Policies,
    work: UnitOfWork,
    actor: Actor,
    selection: OperationFilter,
    asked: Window,
    order: OperationOrder,
    now: datetime,
) -> tuple[tuple[Operation, ...], bool]:
    """Return a page of the operations that somebody may see: their own and their wards', or their office's.

    Args:
        order: the newest first, or what waits longest first.
        now: states that have run out by then have become the next ones.

    Returns:
        The page, and whether there are more in the direction in which it was asked for.
    """

    async def page(wanted: OperationFilter) -> tuple[tuple[Operation, ...], bool]:
        narrowed = await _narrow(policies, work, actor, wanted, now)
        ask = partial(work.operations.page, narrowed)
        if order is not OperationOrder.LONGEST_WAITING_FIRST:
            return await ask(asked.after, asked.size, before=asked.before, last=asked.last)
        # The same list from its other end.
        found, more = await ask(asked.before, asked.size, before=asked.after, last=not asked.last)
        return found[::-1], more

    found, more = await _led_on(work, replace(selection, now=now), page, lambda answer: bool(answer[0]))
    return tuple(operation.settled(now) for operation in found), more


async def visible_changes(
    policies: Policies, work: UnitOfWork, actor: Actor, selection: OperationFilter, asked: ChangesAsked, now: datetime
) -> tuple[tuple[tuple[Operation, Change], ...], bool]:
    """Return a page of the operations that somebody may see by their last changes, as these were committed.

    Returns:
        The operations with the places of their changes, and whether more follow.
    """

    async def page(wanted: OperationFilter) -> tuple[tuple[tuple[Operation, Change], ...], bool]:
        return await work.operations.changed(await _narrow(policies, work, actor, wanted, now), asked)

    found, more = await _led_on(work, replace(selection, now=now), page, lambda answer: bool(answer[0]))
    return tuple((operation.settled(now), place) for operation, place in found), more


async def count_visible_changes(
    policies: Policies, work: UnitOfWork, actor: Actor, selection: OperationFilter, asked: ChangesAsked, now: datetime
) -> Count:
    """Return how many operations that somebody may see have changed, up to 10,000."""

    async def count(wanted: OperationFilter) -> Count:
        return await work.operations.count_changed(await _narrow(policies, work, actor, wanted, now), asked)

    return await _led_on(work, replace(selection, now=now), count, lambda answer: answer.number > 0)


async def count_visible_operations(
    policies: Policies, work: UnitOfWork, actor: Actor, selection: OperationFilter, now: datetime
) -> Count:
    """Return how many operations somebody may see, up to 10,000; `now` as for the pages."""

    async def count(wanted: OperationFilter) -> Count:
        return await work.operations.count(await _narrow(policies, work, actor, wanted, now))

    return await _led_on(work, replace(selection, now=now), count, lambda answer: answer.number > 0)


async def _led_on(
    work: UnitOfWork,
    selection: OperationFilter,
    ask: Callable[[OperationFilter], Awaitable[Answer]],
    is_found: Callable[[Answer], bool],
) -> Answer:
    """Return an answer about people, of whom those of whom nothing is found may have become part of other records."""
    answer = await ask(selection)
    if selection.holder_ids is None or is_found(answer):
        return answer
    kept = await work.merges.kept_of(selection.holder_ids)
    if not kept:
        return answer
    return await ask(replace(selection, holder_ids=frozenset(kept.get(each, each) for each in selection.holder_ids)))


async def _narrow(
    policies: Policies, work: UnitOfWork, actor: Actor, selection: OperationFilter, now: datetime
) -> OperationFilter:
    if not is_staff(actor):
        own, wanted = own_id(actor), selection.holder_ids
        me = frozenset({own})
        if wanted is None:
            return replace(selection, holder_ids=me, wards_of=own)
        wards = (await wards_of(work, me, now))[own] if wanted - me else ()
        return replace(selection, holder_ids=(me | set(wards)) & wanted)
    if actor.role == "bank":
        selection = replace(selection, bank=actor.office or "")
    return within(policies, selection, actor.region)


def sees_number_on_receipt(actor: Actor, card: Card) -> bool:
    """Say whether somebody may read what is printed on a card only once it is received: people, of a sealed card.

    Where its number is typed to prove that the card is in hand (CD-2), it is not to be read here before.
    """
    return not is_staff(actor) and card.state is CardState.SEALED


def is_received(card: Card, operations: Iterable[Operation]) -> bool:
    """Say whether a card was received.

    Args:
        operations: of its holder.
    """
    made = (o for o in operations if o.card_id == card.id and makes_card(o.service))
    return was_received(next(made, None))


async def look_up_document(work: UnitOfWork, viewer: Viewer, document_id: str) -> StoredDocument:
    """Return a document of one's own or a ward's, what a delegate uploaded, or of whoever is a clerk's business.

    Raises:
        NotFound: there is none, or it is none of theirs.
    """
    found = (await work.documents.get_many([document_id])).get(document_id)
    owner = found.owner_id if found is not None else NOBODY
    # As much is read where there is none.
    standing = await standing_to_id(work, viewer, owner)
    if found is None or not standing & DOCUMENT:
        raise document_not_found()
    # To be trusted with a service is not to be shown every paper that the holder ever handed in.
    if standing == Standing.DELEGATE and found.uploaded_by != viewer.actor.person_id:
        raise document_not_found()
    return found


def sees_delegation(actor: Actor, delegation: Delegation, on: date) -> bool:
    """Say whether somebody may see a delegation: a clerk and the holder always, the delegate while it holds and not after."""
    if actor.role == "clerk":
        return True
    if not is_person(actor):
        return False
    return actor.person_id == delegation.holder_id or (
        actor.person_id == delegation.delegate_id and delegation.holds(on)
    )


async def look_up_delegation(work: UnitOfWork, viewer: Viewer, delegation_id: str) -> Delegation:
    """Return a delegation that one granted, or was given and that holds, or that a window's own people granted.

    Raises:
        NotFound: there is none, or it is none of theirs.
    """
    found = (await work.delegations.get_many([delegation_id])).get(delegation_id)
    if viewer.desk:
        owner = found.holder_id if found is not None else NOBODY
        standing = await standing_to_id(work, viewer, owner)
        seen = bool(standing & DELEGATION)
    else:
        seen = found is not None and sees_delegation(viewer.actor, found, viewer.today)
    if found is None or not seen:
        raise not_found("委托", "delegation", delegation_id)
    return found


async def wards_of(work: UnitOfWork, guardian_ids: Iterable[str], now: datetime) -> dict[str, tuple[str, ...]]:
    """Return the ids of people's wards now, by guardian; everybody asked about is there."""
    wanted = set(guardian_ids)
    found = await work.guardianships.of_guardians(wanted)
    return {person: tuple(g.ward_id for g in found.get(person, ()) if g.holds(now)) for person in wanted}
