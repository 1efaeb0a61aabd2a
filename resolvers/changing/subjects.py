"""What a request is about: the people, and the card or operation; found, and locked in one order for a change.

The order is always the people, by their ids, then the cards or the operation, so that two changes never wait for each other;
and changes about one person follow one another. Who stands how to whom, and the region of a card, are read after: whatever
changes them locks the same people.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from domain.access import AT_WINDOW, HOLDER
from domain.card import Card
from domain.duration import day_in_china
from domain.errors import Conflict, InvalidInput, NotFound, TransitionImpossible
from domain.frozen import quickly_made, replace
from domain.holder import Actor, Holder, Purpose, Ties
from domain.message import Message
from domain.operation import Operation
from domain.services import SERVICES, About, is_step_of
from policies.engine.decide import Policies
from resolvers.changing import wards
from resolvers.changing.access import (
    gives_notice,
    is_staff,
    not_found,
    not_on_record,
    own_id,
    require_clerk_for_presence,
    require_reach,
    serves,
    serves_card,
    ties_between,
)
from resolvers.changing.deaths import CLERK, require_living
from resolvers.changing.input_paths import path_of_holder
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.standing import Viewer, standing_to_person
from resolvers.changing.sweep import settle, settle_operation
from resolvers.dependencies import Dependencies
from resolvers.facts import Loaded
from store import UnitOfWork

_ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
"""Of which it is asked who stands how to nobody."""
DELEGATE = "delegate"
"""The service whose region says how far what is granted reaches."""


@quickly_made
@dataclass(frozen=True, slots=True)
class Subject:
    """What a request is about.

    Args:
        other: whom else it concerns, where the request names somebody on record.
        now: after whoever held its rows before, also by the clock.
        region: GB/T 2260 of the region that decides; holder: whom it is about.
        person_id: who acts, at a window not the clerk; relation: theirs to the holder.
        operation, card: what it is about, for services on one.
        loaded: what was read to find it, so that no fact reads it again.
        ties: what binds a person who asks for themselves to the holder; None where that was not asked.
    """

    now: datetime
    region: str
    holder: Holder
    person_id: str
    relation: str
    operation: Operation | None = None
    card: Card | None = None
    other: Holder | None = None
    loaded: Loaded = field(default_factory=Loaded)
    ties: Ties | None = None


Seen = Callable[[Subject], None]
"""Is told what a request is about."""


async def find_subject(
    dependencies: Dependencies,
    work: UnitOfWork,
    actor: Actor,
    request: ServiceRequest,
    *,
    lock: bool,
    look: bool = False,
    seen: Seen | None = None,
) -> Subject:
    """Find what a request is about.

    Args:
        seen: is told of it as soon as it is found, before it is said that somebody died, or that there is no such step.
        look: whether what is on record is only to be shown.
        lock: whether it is locked for a change that follows; what time alone has done to its cards is written down then.

    Raises:
        NotFound: it does not exist, or not for whoever asks.
        InvalidInput: there is no such service; the region, card or operation is left out that nothing else names.
        NotPermitted: the office of whoever asks is of another region; somebody's death is on record (`HOLDER_DECEASED`).
        TransitionImpossible: operations of that service never take the step.
    """
    policies = dependencies.policies()
    _require_reachable(policies, actor, request)
    try:
        return await _found(dependencies, work, actor, request, lock=lock, look=look, seen=seen)
    except NotFound as missing:
        name_input(missing, request)
        raise


def name_input(missing: NotFound, request: ServiceRequest) -> None:
    """Say of what is not there which input names it."""
    if missing.field is not None or missing.code != NotFound.default_code:
        return
    if request.operation_id is not None:
        missing.field = "input.operationId"
    elif request.card_id is not None:
        missing.field = "input.cardId"
    else:
        missing.field = "input.holderId" if request.of_any_service else path_of_holder(request.service)


async def _found(
    dependencies: Dependencies,
    work: UnitOfWork,
    actor: Actor,
    request: ServiceRequest,
    *,
    lock: bool,
    look: bool,
    seen: Seen | None,
) -> Subject:
    policies = dependencies.policies()
    people, operation = await _concerned(work, actor, request, lock=lock)
    if others := await _merged(work, request, people):
        request = replace(request, **others)
        people, operation = await _concerned(work, actor, request, lock=lock)
    about = _Search(policies, work, actor, request, people, dependencies.clock.now(), lock, operation, look)
    if request.operation_id is not None:
        subject = await about.operation(request.operation_id)
    elif request.card_id is not None:
        subject = await about.card(request.card_id)
    else:
        subject = await about.holder()
    if (other := people.get(request.other_id or "")) is not None:
        subject = replace(subject, other=other)
    if seen is not None:
        seen(subject)
    by_office = is_staff(actor) or gives_notice(actor, request.service)
    require_living(subject.holder, request.service, by_office=by_office)
    person = subject.loaded.person
    if person is not None and person.id != subject.holder.id:
        require_living(person)
    if other is not None and other.id != subject.holder.id:
        require_living(other, request.service, by_office=by_office)
    if subject.operation is not None and not is_step_of(request.service, subject.operation.service):
        raise _no_such_step(policies, subject.operation, request.service)
    return subject


def where_decided(policies: Policies, request: ServiceRequest) -> ServiceRequest:
    """Return a request for a district without policies of its own as one for its city, which decides there.

    A delegation holds where it was granted and below: nobody is made to grant it for more than was said.
    """
    if request.region is None or request.region in policies.tree.regions or request.service == DELEGATE:
        return request
    return replace(request, region=policies.deciding_code(request.region))


async def find_card(
    dependencies: Dependencies, work: UnitOfWork, actor: Actor, request: ServiceRequest, card_id: str
) -> Card:
    """Return the card that a request names, where its record is all that is needed: nobody is looked up, nothing locked.

    Raises:
        NotFound: it does not exist, or not for whoever asks.
        NotPermitted: the office of whoever asks is of another region.
    """
    _require_reachable(dependencies.policies(), actor, request)
    about = _Search(dependencies.policies(), work, actor, request, {}, dependencies.clock.now(), lock=False)
    try:
        return (await about.on_card(card_id)).card
    except NotFound as missing:
        name_input(missing, request)
        raise


def _require_reachable(policies: Policies, actor: Actor, request: ServiceRequest) -> None:
    """Refuse what cannot be looked for: no holder where an office asks, a region that is left out, unknown or another's."""
    require_clerk_for_presence(actor, request.present_id)
    _require_named(request)
    if request.operation_id is not None:
        return
    if request.card_id is None:
        if not _is_about_ward(request):
            _require_region(policies, actor, request.region)
        if is_staff(actor) and request.holder_id is None:
            raise InvalidInput(
                Message("请先选择持卡人。", "Say whom it is about: give the holder's id."), field="input.holderId"
            )
    elif request.region is not None:
        # A card that comes in from elsewhere: the region that takes it decides.
        policies.region(request.region)
        require_reach(actor, request.region)


def _require_named(request: ServiceRequest) -> None:
    """Refuse a request that does not name what its service is about. Only a dry run takes its service from whoever asks."""
    known = SERVICES.get(request.service)
    if known is None:
        raise InvalidInput(
            Message("没有这个服务事项，请重新选择。", "There is no such service; choose another."),
            field="input.service",
        )
    named = ((About.CARD, request.card_id, "社会保障卡"), (About.OPERATION, request.operation_id, "申请"))
    for about, identifier, zh in named:
        if known.about is about and identifier is None:
            raise InvalidInput(
                Message(f"请先选择{zh}。", f"Give the {about} that it is about."), field=f"input.{about}Id"
            )


def _is_about_ward(request: ServiceRequest) -> bool:
    return request.service in wards.SERVICES and request.holder_id is not None


def _no_such_step(policies: Policies, operation: Operation, step: str) -> TransitionImpossible:
    """Return the refusal of a step that operations of a service never take, such as to produce a card for a report of loss."""
    labels = policies.region(operation.region).words
    asked, wanted = labels.label("services", operation.service), labels.label("services", step)
    return TransitionImpossible(
        Message(
            f"这笔申请是“{asked.zh}”，不能办理“{wanted.zh}”，请核对编号。",
            f"The operation is for: {asked.en}. This step is not one of its: {wanted.en}. Check which operation is meant.",
        )
    )


def _require_region(policies: Policies, actor: Actor, code: str | None) -> str:
    if code is None:
        raise InvalidInput(Message("请选择地区。", "Give the region."), field="input.regionCode")
    try:
        policies.region(code)
    except NotFound as unknown:
        unknown.field = "input.regionCode"
        raise
    require_reach(actor, code)
    return code


def _people(actor: Actor, request: ServiceRequest) -> set[str]:
    """Return the ids of everybody whom a request names, who acts included."""
    named = (request.holder_id, request.present_id, request.other_id, None if is_staff(actor) else own_id(actor))
    return {person for person in named if person is not None}


async def _concerned(
    work: UnitOfWork, actor: Actor, request: ServiceRequest, *, lock: bool
) -> tuple[Mapping[str, Holder], Operation | None]:
    """Return everybody whom a request names or is about, by id; where nothing is locked, with the operation that it is about.

    One statement tells an operation and its holder. For a change the people are locked first, and the operation is read then.

    Raises:
        NotFound: there is no such operation.
    """
    named, card_id, operation_id = _people(actor, request), request.card_id, request.operation_id
    if lock or operation_id is None:
        return await work.holders.concerned(named, card_id=card_id, operation_id=operation_id, lock=lock), None
    try:
        operation, holder = await work.operations.with_holder(operation_id)
    except NotFound:
        if not is_staff(actor):
            # As for one that there is, so that nobody learns which ids are of something.
            await work.holders.concerned(named, lock=False)
            await ties_between(work, own_id(actor), operation_id, _ANY_MOMENT)
        raise
    others = await work.holders.concerned(named - {holder.id}, lock=False)
    return {holder.id: holder, **others}, operation


async def _merged(work: UnitOfWork, request: ServiceRequest, people: Mapping[str, Holder]) -> dict[str, Any]:
    """Return whom a request names that is not there, as the records that those have become part of, by field."""
    named = request.holder_id, request.present_id, request.other_id
    if all(person is None or person in people for person in named):
        return {}
    fields = zip(("holder_id", "present_id", "other_id"), named, strict=True)
    missing = {name: person for name, person in fields if person is not None and person not in people}
    kept = await work.merges.kept_of(missing.values())
    return {name: kept[person] for name, person in missing.items() if person in kept}


@dataclass(frozen=True, slots=True)
class _OnCard:
    """A card that is asked about, with all cards of its holder; region, person, relation and ties as for a `Subject`."""

    region: str
    person_id: str
    relation: str
    card: Card
    cards: tuple[Card, ...]
    ties: Ties | None


@dataclass(frozen=True, slots=True)
class _Search:
    """One search for what a request is about.

    Args:
        people: whom the request names or is about, by id; locked if the subject is.
        now: read after they were locked.
        found: the operation that the request is about, where it is read already.
        look: whether what is on record is only to be shown.
    """

    policies: Policies
    work: UnitOfWork
    actor: Actor
    request: ServiceRequest
    people: Mapping[str, Holder]
    now: datetime
    lock: bool
    found: Operation | None = None
    look: bool = False

    async def operation(self, identifier: str) -> Subject:
        """Find an operation; offices stand as `office`, and who may ask for its service may take its steps too."""
        operation, actor = self.found, self.actor
        if operation is None:
            operation = await settle_operation(self.work, await self.work.operations.lock(identifier), self.now)
        staff = is_staff(actor)
        if staff and not serves(actor, operation):
            raise not_found("申请", "operation", identifier)
        # Who is at the window counts, not the office: who collects a card, or withdraws, is somebody to the holder.
        person_id, relation, ties = self.request.present_id or own_id(actor), "office", None
        if not staff or self.request.present_id is not None:
            ties = await ties_between(self.work, person_id, operation.holder_id, self.now)
            relation = ties.relation(self._purpose(operation.region, operation.service))
        if relation == "none" and not staff:
            raise not_found("申请", "operation", identifier)
        found = self._subject(person_id, operation.holder_id, operation.region, relation)
        return replace(found, operation=operation, ties=None if staff else ties)

    async def card(self, identifier: str) -> Subject:
        """Find a card, with the others of its holder."""
        found = await self.on_card(identifier)
        cards, holder_id = found.cards, found.card.holder_id
        if self.lock:
            cards = tuple([await settle(self.work, known, self.now) for known in cards])
        subject = self._subject(found.person_id, holder_id, found.region, found.relation, cards)
        return replace(subject, card=next(known for known in cards if known.id == identifier), ties=found.ties)

    async def on_card(self, identifier: str) -> _OnCard:
        """Find a card that may be asked about, and how who acts stands to its holder; the holder is not looked up."""
        cards = {card.id: card for card in await self.work.cards.beside(identifier, lock=self.lock)}
        card, staff = cards.get(identifier), is_staff(self.actor)
        if card is None and not staff:
            await ties_between(self.work, own_id(self.actor), identifier, self.now)  # as for one that there is
        if card is None or (staff and not serves_card(self.actor, card)):
            raise not_found("社会保障卡", "card", identifier)
        region, person_id = self.request.region or card.region, self._acting_person(card.holder_id)
        relation, ties = "office", None
        if not staff or self.actor.role == CLERK:
            ties = await ties_between(self.work, person_id, card.holder_id, self.now)
            relation = ties.relation(self._purpose(region))
        if relation == "none" and not staff:
            raise not_found("社会保障卡", "card", identifier)
        return _OnCard(region, person_id, relation, card, tuple(cards.values()), None if staff else ties)

    async def holder(self) -> Subject:
        """Find the person whom a request is about; what they have only where the subject is locked."""
        identifier = self.request.holder_id or own_id(self.actor)
        person_id = self._acting_person(identifier)
        ties = await ties_between(self.work, person_id, identifier, self.now)
        notice = gives_notice(self.actor, self.request.service)
        sees = notice or await self._sees(identifier, ties)
        if identifier == own_id(self.actor) and identifier not in self.people:
            raise not_on_record()
        if identifier in self.people and not sees:
            await self.work.merges.kept_of([identifier])  # as for who is not there
        if identifier not in self.people or not sees:
            raise not_found("持卡人", "holder", identifier)
        cards = None
        if self.lock:
            locked = await self.work.cards.lock_of_holder(identifier)
            cards = tuple([await settle(self.work, card, self.now) for card in locked])
        region = await self._region(self.people[identifier], cards)
        relation = "office" if notice else ties.relation(self._purpose(region))
        found = self._subject(person_id, identifier, region, relation, cards)
        return found if is_staff(self.actor) else replace(found, ties=ties)

    async def _sees(self, holder_id: str, ties: Ties) -> bool:
        """Say whether a person may be asked about. Who is looked up is the clerk's business already; who comes to have something
        done becomes it, with the papers that the region asks for. Nobody comes to a hotline.
        """
        if not is_staff(self.actor):
            return ties.knows(day_in_china(self.now))
        if self.actor.role != CLERK:
            return False
        viewer = Viewer.of(self.policies, self.actor, self.now)
        if viewer.desk & AT_WINDOW and not self.look:
            return True
        # As much is read of who is not there.
        return bool(await standing_to_person(self.work, viewer, self.people.get(holder_id) or holder_id) & HOLDER)

    async def _region(self, holder: Holder, cards: tuple[Card, ...] | None) -> str:
        """Return the region that decides: for somebody's guardians where the ward belongs, whatever is named."""
        region = self.request.region
        if _is_about_ward(self.request):
            region = await wards.ward_region(self.policies, self.work, self.actor, holder, cards, region, self.now)
        return _require_region(self.policies, self.actor, region)

    def _acting_person(self, holder_id: str) -> str:
        """Return the id of the person who acts: at a window the one who is present, not the clerk."""
        if self.actor.role == CLERK:
            return self.request.present_id or holder_id
        return own_id(self.actor)

    def _purpose(self, region: str, *further: str) -> Purpose:
        return Purpose(frozenset({self.request.service, *further}), region, day_in_china(self.now))

    def _subject(
        self, person_id: str, holder_id: str, region: str, relation: str, cards: tuple[Card, ...] | None = None
    ) -> Subject:
        if holder_id not in self.people:
            # It was somebody else's when it was locked: their record has become part of another one meanwhile.
            raise Conflict(
                Message("记录刚刚有变化，请重新办理。", "The record has changed just now; please ask again."),
            )
        queries = frozenset({"person"} if cards is None else {"person", "cards"})
        loaded = Loaded(queries, person=self.people.get(person_id), cards=cards or ())
        return Subject(self.now, region, self.people[holder_id], person_id, relation, loaded=loaded)
