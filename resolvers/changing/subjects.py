"""What a request is about: the person, and the card or operation; found, and locked in one order for a change.

The order is always the person, then their card or operation, so that two changes never wait for each other; and changes
about one person follow one another.
"""

from dataclasses import dataclass, replace

from domain.card import Card
from domain.errors import InvalidInput, NotFound, NotPermitted
from domain.holder import Actor, Holder
from domain.message import Message
from domain.operation import Operation
from domain.services import SERVICES, About
from policies.engine.decide import Policies
from resolvers.changing import wards
from resolvers.changing.access import (
    Purpose,
    is_staff,
    not_found,
    relation_between,
    relation_to_operation,
    require_clerk_for_presence,
    require_reach,
    see_holder,
    serves_card,
)
from resolvers.changing.deaths import require_living, require_living_people
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.sweep import settle, settle_all_of, settle_operation
from resolvers.dependencies import Dependencies
from resolvers.facts import business_day
from store import UnitOfWork


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request is about.

    Args:
        region: GB/T 2260 of the region that decides; holder: whom it is about.
        person_id: who acts, at a window not the clerk; relation: theirs to the holder.
        operation, card: what it is about, for services on one.
    """

    region: str
    holder: Holder
    person_id: str
    relation: str
    operation: Operation | None = None
    card: Card | None = None


async def find_subject(
    dependencies: Dependencies, work: UnitOfWork, actor: Actor, request: ServiceRequest, lock: bool
) -> Subject:
    """Find what a request is about.

    Args:
        lock: whether it is locked for a change that follows; what time alone has done to its cards is written down then.

    Raises:
        NotFound: it does not exist, or not for whoever asks.
        InvalidInput: the region is left out where nothing else names it.
        NotPermitted: the office of whoever asks is of another region; somebody's death is on record (`HOLDER_DECEASED`).
    """
    subject = await _find(dependencies, work, actor, request, lock)
    require_living(subject.holder, request.service, by_office=is_staff(actor))
    if subject.person_id != subject.holder.id:
        await require_living_people(work, [subject.person_id])
    return subject


async def _find(
    dependencies: Dependencies, work: UnitOfWork, actor: Actor, request: ServiceRequest, lock: bool
) -> Subject:
    if request.operation_id is not None:
        return await _operation(dependencies, work, actor, request, request.operation_id, lock)
    if request.card_id is not None:
        return await _card(dependencies, work, actor, request, request.card_id, lock)
    if request.service in wards.SERVICES:
        request = await _for_ward(dependencies, work, actor, request)
    if request.region is None:
        raise InvalidInput(Message("请选择地区。", "Give the region."), field="input.regionCode")
    _demand_region(dependencies, request.region)
    require_reach(actor, request.region)
    if is_staff(actor) and request.holder_id is None:
        raise InvalidInput(
            Message("请先选择持卡人。", "Say whom it is about: give the holder's id."), field="input.holderId"
        )
    purpose = Purpose(frozenset({request.service}), request.region, business_day(dependencies.clock.now()))
    person = actor.person_id if request.holder_id is None else request.holder_id
    holder = await see_holder(work, actor, person, purpose.on, lock=lock)
    if lock:
        await settle_all_of(work, holder.id, dependencies.clock.now())
    return Subject(request.region, holder, *await _who_acts(work, actor, request, holder.id, purpose))


def _demand_region(dependencies: Dependencies, code: str) -> None:
    try:
        dependencies.policies().region(code)
    except NotFound as unknown:
        unknown.field = "input.regionCode"
        raise


async def _for_ward(
    dependencies: Dependencies, work: UnitOfWork, actor: Actor, request: ServiceRequest
) -> ServiceRequest:
    """Return a request about somebody's guardians for the region where they belong, whatever it names."""
    if request.holder_id is None:
        return request
    now = dependencies.clock.now()
    ward = await see_holder(work, actor, request.holder_id, business_day(now))
    return replace(
        request, region=await wards.ward_region(dependencies.policies(), work, actor, ward, request.region, now)
    )


async def _operation(
    dependencies: Dependencies, work: UnitOfWork, actor: Actor, request: ServiceRequest, identifier: str, lock: bool
) -> Subject:
    operation = await work.operations.get(identifier)
    on = business_day(dependencies.clock.now())
    relation = await relation_to_operation(work, actor, operation, request.service, on)
    require_clerk_for_presence(actor, request.present_id)
    person = actor.person_id
    if request.present_id is not None:
        # Who is at the window counts, not the office: who collects a card, or withdraws, is somebody to the holder.
        person = request.present_id
        purpose = Purpose(frozenset({request.service, operation.service}), operation.region, on)
        relation = await relation_between(work, person, operation.holder_id, purpose)
    holder = await (work.holders.lock if lock else work.holders.get)(operation.holder_id)
    if lock:
        operation = await settle_operation(work, await work.operations.lock(identifier), dependencies.clock.now())
    return Subject(operation.region, holder, person, relation, operation=operation)


async def _card(
    dependencies: Dependencies, work: UnitOfWork, actor: Actor, request: ServiceRequest, identifier: str, lock: bool
) -> Subject:
    card = await work.cards.get(identifier)
    if request.region is not None:
        # A card that comes in from elsewhere: the region that takes it decides.
        dependencies.policies().region(request.region)
        require_reach(actor, request.region)
    if is_staff(actor) and not serves_card(actor, card):
        raise not_found("社会保障卡", "card", identifier)
    region = card.region if request.region is None else request.region
    purpose = Purpose(frozenset({request.service}), region, business_day(dependencies.clock.now()))
    person, relation = await _who_acts(work, actor, request, card.holder_id, purpose)
    if relation == "none" and not is_staff(actor):
        raise not_found("社会保障卡", "card", identifier)
    holder = await (work.holders.lock if lock else work.holders.get)(card.holder_id)
    if lock:
        card = await settle(work, await work.cards.lock(identifier), dependencies.clock.now())
    return Subject(region, holder, person, relation, card=card)


async def _who_acts(
    work: UnitOfWork, actor: Actor, request: ServiceRequest, holder_id: str, purpose: Purpose
) -> tuple[str, str]:
    """Return the person who acts and their relation: at a window the one who is present, not the clerk.

    Raises:
        NotPermitted: somebody other than a clerk says who is present.
    """
    require_clerk_for_presence(actor, request.present_id)
    if actor.role == "clerk":
        person = holder_id if request.present_id is None else request.present_id
    elif is_staff(actor):
        return actor.person_id, "office"
    else:
        person = actor.person_id
    return person, await relation_between(work, person, holder_id, purpose)


def require_answerable(policies: Policies, actor: Actor, subject: Subject, service: str) -> None:
    """Refuse what no rule could be asked about: a card or operation left out, a channel that the region does not have."""
    about = SERVICES[service].about
    for kind, found, zh in ((About.CARD, subject.card, "社会保障卡"), (About.OPERATION, subject.operation, "申请")):
        if about is kind and found is None:
            raise InvalidInput(
                Message(f"请先选择{zh}。", f"Give the {kind} that it is about."), field=f"input.{kind}Id"
            )
    place = policies.region(subject.region)
    if place.words.term("channels", actor.channel) is None:
        raise NotPermitted(
            Message(
                f"{_called(policies, actor.channel).zh}不能办理{place.region.name.zh}的业务，请改用当地的渠道，或拨打12333咨询。",
                f"{place.region.name.en} is not served through: {_called(policies, actor.channel).en}. Use a channel of "
                "that place, or ask at 12333.",
            ),
            code="CHANNEL_NOT_OPEN",
        )


def _called(policies: Policies, channel: str) -> Message:
    """Return what people call a channel that some other region has."""
    regions = policies.tree.regions.values()
    terms = (place.words.term("channels", channel) for place in regions)
    return next((term.label for term in terms if term is not None), Message("这个渠道", "this channel"))
