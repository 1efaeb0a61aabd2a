"""Making one record of two that are one person's: one clerk proposes it, and another one does it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from domain.card import Card, CardState
from domain.errors import Conflict, InvalidInput
from domain.holder import Actor, Guardianship, Holder, Merge
from domain.message import Message
from domain.names import same_name
from domain.notice import NoticeKind
from domain.operation import CLOSED, TimelineEntry
from domain.services import makes_card
from policies.engine.decide import Policies
from resolvers.changing.access import holder_now
from resolvers.changing.beside import looking_for
from resolvers.changing.deaths import end_ties
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.input_paths import path_of_holder
from resolvers.changing.looking_for import looking_for_another
from resolvers.changing.notices import tell
from resolvers.changing.recording import record
from resolvers.changing.results import Merged
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.sweep import settle, settle_operation
from resolvers.dependencies import Dependencies

DUPLICATE = "input.duplicateId"


async def about_merge(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, kept_id: str, gone_id: str
) -> ServiceRequest:
    """Return a request about two records, with what the policies want to know of them; an office's own region decides
    if none is named.

    Raises:
        NotFound: one of the two is not on record.
        InvalidInput: the two are one record, or have become one.
    """
    request = replace(request, region=request.region or actor.region, holder_id=kept_id)
    async with looking_for_another(dependencies, actor, request, DUPLICATE), dependencies.store.reading() as work:
        gone = await holder_now(work, gone_id)
    with looking_for(dependencies.policies(), request, path_of_holder(request.service)):
        async with dependencies.store.reading() as work:
            kept = await holder_now(work, kept_id)
    if kept.id == gone.id and request.key is None:
        raise _one_already()
    facts = {"merge.same_name": same_name(kept.name, gone.name), "merge.same_birth_date": kept.born_on == gone.born_on}
    return replace(request, other_id=gone_id, derived_facts={**request.derived_facts, **facts})


def _one_already() -> InvalidInput:
    return InvalidInput(
        Message("这两条记录就是同一条，不用合并。", "The two are one record already; nothing is left to merge."),
        field=DUPLICATE,
    )


async def merge_holders(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, kept_id: str, gone_id: str
) -> Merged:
    """Propose to make one record of two, or do it, where another clerk has proposed the same before.

    Cards, operations with their timelines, documents, delegations and guardianships go over to the record that is kept, and
    the id of the other one leads to it. A line of each timeline tells so. Cards that were issued before this service go over beside
    others, as they come in beside others.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        Conflict: both have a card of this service, or an application for one, in one province (`BOTH_HAVE_A_CARD`).
        and whatever `about_merge` raises.
    """
    request = await about_merge(dependencies, actor, request, kept_id, gone_id)
    async with decided_transaction(dependencies, actor, request) as decided:
        # Locked together with the one that is kept, in the order of their ids.
        gone = decided.subject.other
        if gone is None or gone.id == decided.holder.id:
            raise _one_already()
        work, kept = decided.work, decided.holder
        merge = await work.merges.between(kept.id, gone.id)
        if merge is None:
            merge = Merge(str(uuid4()), kept.id, gone.id, decided.region, actor.person_id, decided.now, actor.office)
            await work.merges.propose(merge)
        elif merge.proposed_by != actor.person_id:
            rights = await _rights_of(decided, gone)
            own = await _rights_of(decided, kept)
            _require_one_card(dependencies.policies(), rights.issued & own.issued)
            merge = replace(merge, region=decided.region, confirmed_by=actor.person_id, confirmed_at=decided.now)
            await _untie(decided, kept, gone)
            await _tell_in_timelines(decided, gone)
            kept = await work.merges.carry_out(
                merge, kept, gone, rights.issued | (rights.imported - own.issued - own.imported)
            )
            if gone.mobile is not None and gone.mobile != kept.mobile:
                # Codes go to the number of the record that is kept, from now on for what was the other's too.
                await tell(decided, NoticeKind.MOBILE_CHANGED, replace(kept, mobile=gone.mobile))
            if kept.deceased_at is not None:
                # One of the two had died, so the other had too: what it might do for others, and they for it, is over.
                await end_ties(work, kept.id, decided.now)
        merged = await record(decided, Merged(merge, kept, decided.decision))
    if merge.confirmed_at is not None:
        dependencies.merged.note(merge)
    return merged


@dataclass(frozen=True, slots=True)
class _Rights:
    """The provinces in which somebody has a living card, or an open application for one.

    Args:
        issued: where one is of this service; imported: where one was issued before it.
    """

    issued: frozenset[str]
    imported: frozenset[str]


async def _rights_of(decided: DecidedRequest, holder: Holder) -> _Rights:
    work, now = decided.work, decided.now
    cards: tuple[Card, ...] = await work.cards.lock_of_holder(holder.id)
    settled = [await settle(work, card, now) for card in cards]
    living = [card for card in settled if card.state is not CardState.CANCELLED]
    histories = await work.cards.states_of_cards([card.id for card in living], now)
    imported = {card.id for card in living if any(entry.import_id is not None for entry in histories[card.id])}
    waiting = (
        operation
        for operation in await work.operations.of_holder(holder.id)
        if makes_card(operation.service) and operation.card_id is None and operation.reads_as(now) not in CLOSED
    )
    issued = (card for card in living if card.id not in imported)
    return _Rights(
        frozenset({*(card.province for card in issued), *(operation.province for operation in waiting)}),
        frozenset(card.province for card in living if card.id in imported),
    )


async def _tell_in_timelines(decided: DecidedRequest, gone: Holder) -> None:
    """Add a line to the timelines of the operations that go over to the record that is kept."""
    work, now, actor = decided.work, decided.now, decided.actor
    for known in await work.operations.of_holder(gone.id):
        operation = known
        if known.has_lapsed(now):
            operation = await settle_operation(work, await work.operations.lock(known.id), now)
        line = TimelineEntry(
            operation_id=operation.id,
            at=now,
            event=decided.request.service,
            from_state=operation.state,
            to_state=operation.state,
            actor_id=actor.person_id,
            role=actor.role,
            channel=actor.channel,
            office=actor.office,
            policy_digest=decided.decision.digest,
            until=operation.state_until,
            then=operation.state_then,
        )
        await work.timeline.append(line)


def _require_one_card(policies: Policies, provinces: frozenset[str]) -> None:
    """Refuse what would leave somebody with two cards in a province (SC-1)."""
    if not provinces:
        return
    known: Mapping[str, Message] = {
        code: policies.tree.regions[code].region.name if code in policies.tree.regions else Message(code, code)
        for code in sorted(provinces)
    }
    zh, en = "、".join(name.zh for name in known.values()), ", ".join(name.en for name in known.values())
    raise Conflict(
        Message(
            f"两条记录在同一省份都有社会保障卡或者申请：{zh}。请先注销多余的卡，或者撤销多余的申请，再合并。",
            f"Both records have a card, or an application for one, in: {en}. Cancel the extra card, or withdraw the extra "
            "application, before they are merged.",
        ),
        field=DUPLICATE,
        code="BOTH_HAVE_A_CARD",
    )


async def _untie(decided: DecidedRequest, kept: Holder, gone: Holder) -> None:
    """End what one of the two may do for the other, for nobody is their own delegate or guardian, and what both are to a third."""
    work, now = decided.work, decided.now
    for one, other in ((kept, gone), (gone, kept)):
        for delegation in await work.delegations.between(one.id, other.id):
            if delegation.revoked_at is None:
                await work.delegations.update(replace(await work.delegations.lock(delegation.id), revoked_at=now))
        await work.guardianships.end(one.id, other.id, now)
    guarding = await work.guardianships.of_guardians([kept.id, gone.id])
    for ward in _living(guarding, kept.id, "ward_id", now) & _living(guarding, gone.id, "ward_id", now):
        await work.guardianships.end(gone.id, ward, now)
    guarded = await work.guardianships.of_wards([kept.id, gone.id])
    for guardian in _living(guarded, kept.id, "guardian_id", now) & _living(guarded, gone.id, "guardian_id", now):
        await work.guardianships.end(guardian, gone.id, now)


def _living(
    guardianships: Mapping[str, tuple[Guardianship, ...]], person_id: str, other: str, now: datetime
) -> set[str]:
    """Return the ids of those to whom a person is bound by a guardianship that has not ended."""
    return {getattr(each, other) for each in guardianships.get(person_id, ()) if not each.is_over(now)}
