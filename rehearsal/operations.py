"""Arranging operations: the one that a case is about with its timeline, and others that the holder has or had."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from domain.card import CardState
from domain.fee import HOLDER, Bill, Due, Fee
from domain.history import HistoryRecord
from domain.message import Message
from domain.operation import CLOSED, Delivery, Operation, OperationEvent, OperationState, TimelineEntry
from domain.region import province_of
from rehearsal.cards import arrange_card, arrange_replaced
from rehearsal.people import GUARDING, arrange_asked
from rehearsal.places import elsewhere, within_province
from rehearsal.scene import Scene

_S, _E = OperationState, OperationEvent
MADE: Final = frozenset({_S.PRODUCED, _S.SHIPPED, _S.RECEIVED})
"""States in which the card is there."""
_MOMENTS: Final = {
    _S.PAID: "operation.paid_at",
    _S.ACCEPTED: "operation.accepted_at",
    _S.PRODUCED: "operation.produced_at",
    _S.SHIPPED: "operation.shipped_at",
    _S.RECEIVED: "operation.received_at",
}
ADDRESS: Final = {"recipient": "示例收件人", "mobile": "13800000000", "address": "示例路2号", "postcode": "100000"}
CHOICES_WITH_FIELDS: Final = frozenset(
    {"choice.bank", "choice.outlet", "choice.delivery", "choice.reissue_reason", "choice.cancellation_reason"}
)


def arrange_operation(scene: Scene) -> None:
    """Put the operation on record that a service on operations is about, as far as the case says it has come."""
    operation, entered = _built(scene, OperationState(scene.fact("operation.state", "submitted")))
    if operation.service in GUARDING:
        arrange_asked(scene, operation)
    if scene.fact("operation.replaces_card", operation.service == "reissue" or scene.states("replaced")):
        old = arrange_replaced(scene, operation.created_at - timedelta(days=1))
        operation = replace(operation, replaced_card_id=old)
    if scene.states("card") or operation.state in MADE:
        arrange_card(scene, CardState.SEALED, operation.replaced_card_id, operation.bank)
        operation = replace(operation, card_id=scene.card[-1].card.id)
    scene.operation = operation
    scene.timelines.append(_timeline(operation, entered))


def arrange_maker(scene: Scene) -> None:
    """Put the operation on record that made the card which a case is about, where the case says anything of it."""
    received = scene.case.facts.get("card.received")
    if not scene.states("operation") and received is not False:
        return
    otherwise = "produced" if received is False else "received"
    operation, entered = _built(scene, OperationState(scene.fact("operation.state", otherwise)), earlier=True)
    card = scene.card[-1].card
    operation = replace(operation, card_id=card.id, replaced_card_id=card.replaces_id)
    scene.operations.append(operation)
    scene.timelines.append(_timeline(operation, entered))


def _built(scene: Scene, state: OperationState, *, earlier: bool = False) -> tuple[Operation, "_Entered"]:
    """Return an operation that makes a card, with the states that it entered.

    Args:
        earlier: it made the card that the case is about, so that what is chosen now has nothing to do with it.
    """
    replaces = scene.fact("operation.replaces_card", earlier and scene.card[-1].card.replaces_id is not None)
    service = str(scene.fact("operation.service", "reissue" if replaces else "apply"))
    entered = _entered(scene, state)
    relation = str(scene.fact("operation.relation", "self"))
    paid_at = next((at for _, step, at in entered if step is _S.PAID), None)
    person = scene.person if scene.person is not None and relation != "self" else scene.holder
    bank = scene.fact("operation.bank")
    outlet = scene.fact("operation.outlet")
    if not earlier:
        bank = bank or scene.fact("choice.bank", scene.actor.office if scene.actor.role == "bank" else None)
        outlet = outlet or (scene.fact("choice.outlet") if scene.case.service != "deliver" else None)
    operation = Operation(
        id=str(uuid4()),
        service=service,
        region=scene.region,
        province=province_of(scene.region),
        holder_id=scene.holder.id,
        actor_id=person.id,
        relation=relation,
        state=state,
        channel=str(scene.fact("operation.channel", scene.actor.channel)),
        office=None,
        created_at=entered[0][2],
        updated_at=entered[-1][2],
        policy_digest="sha256:arranged",
        bank=bank,
        outlet=outlet,
        sighted=tuple(scene.fact("operation.papers", ())),
        reason=scene.fact("operation.reissue_reason", None if earlier else scene.fact("choice.reissue_reason")),
        declarations={} if earlier else _kept(scene),
        fees=_fees(scene, service, paid_at),
        paid_at=paid_at,
        delivery=_delivery(scene, earlier=earlier),
        promised_at=scene.fact("operation.promised_at"),
        correction_reason="请核对" if state is _S.CORRECTION_REQUESTED else None,
        tracking_number="SF0000000000" if any(step is _S.SHIPPED for _, step, _ in entered) else None,
    )
    return operation, entered


_Entered = list[tuple[str, OperationState, datetime]]


def _entered(scene: Scene, state: OperationState) -> _Entered:
    """Return the states that an operation entered, each with its event and moment."""
    way = _way(scene, state)
    submitted = scene.fact("operation.submitted_at")
    ends = scene.now - timedelta(minutes=len(way) + 60)
    begun = submitted if isinstance(submitted, datetime) else min([ends, *_stated(scene)])
    found: _Entered = []
    for place, (event, step) in enumerate(way):
        at = begun if place == 0 else max(found[-1][2], min(begun + timedelta(minutes=place), scene.now))
        name = _MOMENTS.get(step)
        stated = scene.fact(name) if name is not None else None
        if isinstance(stated, datetime) and step not in [later for _, later in way[place + 1 :]]:
            at = stated
        found.append((event, step, at))
    return found


def _stated(scene: Scene) -> list[datetime]:
    """Return the moments that the case states, each a while before: what comes first is before all of them."""
    stated = [scene.fact(name) for name in _MOMENTS.values()]
    return [at - timedelta(hours=1) for at in stated if isinstance(at, datetime)]


def _way_of_guardians(state: OperationState) -> list[tuple[str, OperationState]]:
    """Return the way of what is asked about a guardian."""
    ends = {_S.WITHDRAWN: _E.WITHDRAW, _S.OBJECTED: _E.OBJECT, _S.CONFIRMED: _E.CONFIRM, _S.COMPLETED: _E.CONFIRM}
    begun = ("record_guardianship", _S.SUBMITTED)
    return [begun] if state is _S.SUBMITTED else [begun, (ends[state].value, state)]


def _way(scene: Scene, state: OperationState) -> list[tuple[str, OperationState]]:
    if scene.fact("operation.service") in GUARDING:
        return _way_of_guardians(state)
    paid = state is _S.PAID or scene.fact("operation.paid_at") is not None
    way: list[tuple[str, OperationState]] = [("apply", _S.SUBMITTED)]
    if paid:
        way.append((_E.PAY.value, _S.PAID))
    if state is _S.WITHDRAWN:
        return [way[0], (_E.WITHDRAW.value, state)]
    if state in (_S.SUBMITTED, _S.PAID, _S.COMPLETED):
        return way if state is not _S.COMPLETED else [("apply", state)]
    way.append((_E.ACCEPT.value, _S.ACCEPTED))
    asked = scene.fact("operation.corrections", 1 if state is _S.CORRECTION_REQUESTED else 0)
    for _ in range(asked):
        way += [(_E.REQUEST_CORRECTION.value, _S.CORRECTION_REQUESTED), (_E.CORRECT.value, _S.ACCEPTED)]
    if state is _S.CORRECTION_REQUESTED:
        return way[:-1]
    if scene.fact("operation.lost_in_post"):
        way += [
            (_E.PRODUCE.value, _S.PRODUCED),
            (_E.SHIP.value, _S.SHIPPED),
            (_E.REPORT_LOST_IN_POST.value, _S.ACCEPTED),
        ]
    if state in MADE:
        way.append((_E.PRODUCE.value, _S.PRODUCED))
    if state is _S.SHIPPED or (state is _S.RECEIVED and scene.fact("operation.delivery_method", "post") == "post"):
        way.append((_E.SHIP.value, _S.SHIPPED))
    if state is _S.RECEIVED:
        way.append((_E.RECEIVE.value, state))
    return way


def _timeline(operation: Operation, entered: _Entered) -> tuple[TimelineEntry, ...]:
    befores = [None, *(state for _, state, _ in entered)]
    return tuple(
        TimelineEntry(
            operation_id=operation.id,
            at=at,
            event=operation.service if before is None else event,
            from_state=before,
            to_state=state,
            actor_id=operation.actor_id,
            role="citizen",
            channel=operation.channel,
            office=None,
            policy_digest=operation.policy_digest,
        )
        for before, (event, state, at) in zip(befores, entered, strict=False)
    )


def _fees(scene: Scene, service: str, paid_at: datetime | None) -> Bill:
    """Return what is due, before the operation goes on and after; and of what is paid, each fee that may have been.

    What was paid may be given back: a case says nothing of that, and only a policy that gives it back asks.
    """
    before = scene.fact("operation.due_before", scene.fact("operation.due", 0))
    due = scene.fact("operation.due", before)
    fees = scene.words.vocabularies["fees"].terms if "fees" in scene.words.vocabularies else {}
    if not fees:
        return ()
    lines = {
        name: Fee(name, 0, HOLDER, term.label or Message(name, name), service, "arranged")
        for name, term in fees.items()
    }
    payment_id = str(uuid4())
    paid = tuple(
        replace(line, amount=1_000, due=Due.BEFORE, refundable=True, payment_id=payment_id, paid_at=paid_at)
        for line in lines.values()
    )
    fee = lines.get("postage", next(iter(lines.values())))
    waiting = (replace(fee, amount=before, due=Due.BEFORE), replace(fee, amount=due - before))
    return (*(paid if paid_at is not None else ()), *(line for line in waiting if line.amount > 0))


def _kept(scene: Scene) -> dict[str, Any]:
    """Return what was declared and chosen with the operation, as its later steps read it."""
    words, found = scene.words, {}
    for name, value in scene.case.facts.items():
        definition = words.fact(name)
        if value is None or definition is None or name in CHOICES_WITH_FIELDS or definition.parent is not None:
            continue
        if definition.origin == "chosen" and definition.subject == "choice":
            found[name] = value
    return found


def _delivery(scene: Scene, *, earlier: bool) -> Delivery | None:
    if scene.case.service == "deliver" or earlier:
        method = scene.fact("operation.delivery_method")
    else:
        method = scene.fact("operation.delivery_method", scene.fact("choice.delivery"))
    if method is None:
        return None
    if method != "post":
        return Delivery(method=method, outlet=scene.fact("choice.outlet"))
    return Delivery(method=method, region=region_of_delivery(scene) or scene.region, **ADDRESS)


def region_of_delivery(scene: Scene) -> str | None:
    """Return the region of an address: as stated, or one in the postal zone that is stated."""
    stated, zone = scene.fact("delivery.region"), scene.fact("delivery.zone")
    if stated is not None:
        return str(stated)
    if zone == "same_city":
        return scene.region
    if zone == "same_province":
        return within_province(scene.region)
    return elsewhere(scene.region) if zone == "other_province" else None


def arrange_other_operations(scene: Scene) -> None:
    """Put the holder's other operations on record: open applications, what replaces the card, and what is past."""
    own = scene.operation
    counted = own is not None and own.card_id is None and own.state not in CLOSED
    for _ in range(scene.fact("holder.applications_in_province", 0) - counted):
        _add(scene, "apply", _S.SUBMITTED, scene.now - timedelta(days=3))
    if scene.fact("card.being_replaced") and scene.card:
        _add(scene, "reissue", _S.SUBMITTED, scene.now - timedelta(days=3), replaced_card_id=scene.card[-1].card.id)
    for record in scene.case.history or ():
        if record.kind == "operation":
            _past(scene, record)


def _past(scene: Scene, record: HistoryRecord) -> None:
    told = record.attributes
    term = scene.words.term("services", record.name)
    states = tuple(term.attributes.get("states") or ()) if term is not None else ()
    last = "received" if "received" in states else "completed"
    fields: dict[str, Any] = {name: told[name] for name in ("bank", "channel", "relation", "reason") if name in told}
    if scene.card and told.get("card"):
        fields["card_id"] = scene.card[-1].card.id
    _add(scene, record.name, OperationState(told.get("state", last)), record.at, region=record.region, **fields)


def _add(scene: Scene, service: str, state: OperationState, at: datetime, **fields: Any) -> None:
    region = fields.pop("region", scene.region)
    operation = Operation(
        **{
            "id": str(uuid4()),
            "service": service,
            "region": region,
            "province": province_of(region),
            "holder_id": scene.holder.id,
            "actor_id": scene.holder.id,
            "relation": "self",
            "state": state,
            "channel": "service_window",
            "office": None,
            "created_at": at,
            "updated_at": at,
            "policy_digest": "sha256:arranged",
            **fields,
        }
    )
    scene.operations.append(operation)
    begun = state if state is _S.COMPLETED else _S.SUBMITTED
    scene.timelines.append(_timeline(operation, [(service, begun, at)]))


def can_be(scene: Scene) -> bool:
    """Say whether an operation of the stated service can be in the stated state, as the vocabulary of services says."""
    service = str(scene.fact("operation.service", "reissue" if scene.fact("operation.replaces_card") else "apply"))
    term = scene.words.term("services", service)
    states = tuple(term.attributes.get("states") or ()) if term is not None else ()
    state = scene.fact("operation.state", "submitted")
    # What is paid for has gone on from there.
    return state in states and not (state == _S.SUBMITTED and scene.fact("operation.paid_at") is not None)
