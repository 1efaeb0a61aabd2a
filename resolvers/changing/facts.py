"""Facts for the policies, computed from records. Each function serves one subject of `regions/facts.yaml`."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, time
from typing import Any

from domain.card import Card, CardState
from domain.duration import CHINA_TIME, WorkingCalendar, years_between
from domain.holder import Actor, Holder
from domain.operation import CLOSED, Delivery, Operation, OperationState, TimelineEntry
from domain.region import city_of, province_of, zone_between
from policies.engine.asking import of_the_day
from policies.engine.working_days import rest_of_month
from resolvers.changing.access import is_staff, office_in_city
from resolvers.changing.service_request import ServiceRequest
from store.records import CardStateEntry, ServicePassword

Computed = dict[str, Any]
CHANGEABLE = {
    "mobile": "mobile",
    "landline": "landline",
    "register_address": "register_address",
    "residence_address": "address",
    "residence_region": "address_region",
    "residence_postcode": "postcode",
}
"""Details that `update_information` writes down, by the field of the holder that they change."""


SAYING_WHOSE = frozenset({"card_number", "identity_number"})
"""Details that only confirm whose card it is."""


def business_day(now: datetime) -> date:
    """Return the date in China."""
    return now.astimezone(CHINA_TIME).date()


def request_facts(service: str, actor: Actor, now: datetime, calendar: WorkingCalendar) -> Computed:
    """Compute the subject `request`."""
    local = now.astimezone(CHINA_TIME)
    return {
        **of_the_day(service, local.date()),
        "request.channel": actor.channel,
        "request.role": actor.role,
        "request.office": actor.office,
        "request.now": local,
        "request.time_of_day": time(local.hour, local.minute),
        "request.working_days_left_in_month": working_days_left(local.date(), calendar),
        "request.is_working_day": calendar.day(local.date()).working,
    }


def actor_facts(actor: Actor, relation: str, person: Holder | None, region: str, on: date) -> Computed:
    """Compute the subject `actor`; the age is known only of people on record, the office's city only of offices.

    Args:
        region: that decides; an office of the province or of the nation is one of its cities' too.
    """
    return {
        "actor.relation": relation,
        "actor.age": years_between(person.born_on, on) if person else None,
        "actor.office_in_city": office_in_city(actor, region) if is_staff(actor) else None,
    }


def possession_facts(
    cards: tuple[Card, ...], operations: tuple[Operation, ...], region: str, now: datetime
) -> Computed:
    """Compute what the subject `holder` says of somebody's cards and operations, as seen from a region."""
    province = province_of(region)
    living = [card for card in cards if card.reads_as(now) is not CardState.CANCELLED]
    in_province = [card for card in living if card.province == province]
    # Whatever still waits for its card: applications, and replacements of earlier cards. One whose card is made counts as
    # that card, for the card may end (uncollected, cancelled) before anybody says that it was received.
    open_applications = [
        o for o in operations if o.province == province and o.card_id is None and o.reads_as(now) not in CLOSED
    ]
    return {
        "holder.cards_in_province": len(in_province),
        "holder.cards_elsewhere": len(living) - len(in_province),
        "holder.card_generations": tuple(dict.fromkeys(card.generation for card in in_province)),
        "holder.applications_in_province": len(open_applications),
    }


def holder_facts(holder: Holder, region: str, on: date) -> Computed:
    """Compute the subject `holder` as seen from a region, but for what it says of cards and operations."""
    province = province_of(region)
    return {
        "holder.type": holder.holder_type,
        "holder.identity_type": holder.identity_type,
        "holder.age": years_between(holder.born_on, on),
        "holder.full_capacity": holder.full_capacity,
        "holder.deceased": holder.deceased_at is not None,
        "holder.groups": holder.groups,
        "holder.photo_on_file": holder.photo_on_file,
        "holder.photo_taken_on": holder.photo_taken_on,
        "holder.mobile_bound": holder.mobile is not None,
        "holder.insured_in": holder.insured_in,
        "holder.employed_in": holder.employed_in,
        "holder.insured_in_province": any(province_of(code) == province for code in holder.insured_in),
        "holder.employed_in_province": any(province_of(code) == province for code in holder.employed_in),
        "holder.insured_in_city": any(city_of(code) == city_of(region) for code in holder.insured_in),
        "holder.employed_in_city": any(city_of(code) == city_of(region) for code in holder.employed_in),
        "holder.address_region": holder.address_region,
        "holder.address_in_city": _same(city_of, holder.address_region, region),
        "holder.address_in_province": _same(province_of, holder.address_region, region),
    }


def card_facts(card: Card, holder: Holder, region: str, now: datetime) -> Computed:
    """Compute the subject `card`, in the state that time has brought it to, as seen from a region."""
    settled = card.settled(now)
    ending = settled.next_ending
    return {
        "card.state": settled.state.value,
        "card.state_until": business_day(ending.at) if ending else None,
        "card.state_since": settled.state_since,
        "card.password_locked": settled.password_locked,
        "card.in_city": city_of(card.region) == city_of(region),
        "card.in_province": card.province == province_of(region),
        "card.replaces_another": card.replaces_id is not None,
        "card.account_state": card.account_state.value,
        "card.account_closed_at": card.account_closed_at,
        "card.bank": card.bank,
        "card.region": card.region,
        "card.generation": card.generation,
        "card.issued_on": card.issued_on,
        "card.issued_at_age": years_between(holder.born_on, card.issued_on),
        "card.expires_on": card.expires_on,
    }


def loss_facts(states: tuple[CardStateEntry, ...]) -> Computed:
    """Compute when the loss of a card was reported that is still reported; a formal report follows a temporary one.

    Args:
        states: that the card entered, the first one first.
    """
    reported = None
    for entry in states:
        lost = entry.state in (CardState.TEMPORARILY_LOST, CardState.FORMALLY_LOST)
        reported = (reported or entry.since) if lost else None
    return {"card.loss_reported_at": reported}


def timeline_facts(timeline: tuple[TimelineEntry, ...]) -> Computed:
    """Compute when an operation was accepted, produced and shipped, the last time, and how often a correction was asked."""
    entered = {entry.to_state: entry.at for entry in timeline if entry.from_state is not entry.to_state}
    corrections = [entry for entry in timeline if entry.to_state is OperationState.CORRECTION_REQUESTED]
    return {
        "operation.accepted_at": entered.get(OperationState.ACCEPTED),
        "operation.produced_at": entered.get(OperationState.PRODUCED),
        "operation.shipped_at": entered.get(OperationState.SHIPPED),
        "operation.corrections": len(corrections),
    }


def operation_facts(operation: Operation, now: datetime) -> Computed:
    """Compute the subject `operation`, in the state that time has brought it to."""
    return {
        "operation.service": operation.service,
        "operation.replaces_card": operation.replaced_card_id is not None,
        "operation.reissue_reason": operation.reason if operation.replaced_card_id else None,
        "operation.state": operation.reads_as(now).value,
        "operation.channel": operation.channel,
        "operation.relation": operation.relation,
        "operation.submitted_at": operation.created_at,
        "operation.paid_at": operation.paid_at,
        "operation.promised_at": operation.promised_at,
        "operation.due": operation.due,
        "operation.delivery_method": operation.delivery.method if operation.delivery else None,
    }


def choice_facts(request: ServiceRequest, operation: Operation | None, chosen: Mapping[str, Any]) -> Computed:
    """Take the subject `choice` from what the applicant chose, now or for the operation that is taken on.

    Args:
        operation: that the request is about, if it is about one.
        chosen: every choice that the region adds, by name; None where it is not made.
    """
    known: Computed = {
        "choice.bank": request.bank,
        "choice.reissue_reason": request.reissue_reason,
        "choice.cancellation_reason": request.cancellation_reason,
        "choice.outlet": request.outlet,
        "choice.delivery": request.delivery.method if request.delivery else None,
    }
    before: Computed = {}
    if operation is not None:
        before = {
            **operation.declarations,
            "choice.bank": operation.bank,
            "choice.outlet": operation.outlet,
            "choice.reissue_reason": operation.reason if operation.replaced_card_id else None,
            "choice.delivery": operation.delivery.method if operation.delivery else None,
        }
    return {name: before.get(name) if value is None else value for name, value in {**known, **chosen}.items()}


def delivery_facts(delivery: Delivery | None, region: str) -> Computed:
    """Compute the subject `delivery`: the card is posted from the region that issues it (NX-1)."""
    code = delivery.region if delivery else None
    return {"delivery.region": code, "delivery.zone": zone_between(region, code) if code else None}


def password_facts(password: ServicePassword | None) -> Computed:
    """Compute what is known of a card's service password."""
    return {"card.has_password": password is not None, "card.password_errors": password.errors if password else 0}


def replacement_facts(replacing: tuple[Operation, ...], cards: tuple[Card, ...], now: datetime) -> Computed:
    """Compute whether a card is being replaced.

    Args:
        replacing: operations that ask for a new card in its place; cards: of its holder.
    """
    return {"card.being_replaced": is_being_replaced(replacing, cards, now)}


def working_days_left(day: date, calendar: WorkingCalendar) -> int:
    """Return how many working days of the month come after a day."""
    return sum(calendar.day(other).working for other in rest_of_month(day))


def _same(part: Callable[[str], str], code: str | None, region: str) -> bool | None:
    return part(code) == part(region) if code is not None else None


def is_being_replaced(replacing: tuple[Operation, ...], cards: tuple[Card, ...], now: datetime) -> bool:
    """Say whether a new card in the place of an old one is asked for, or made and not cancelled."""
    dead = {card.id for card in cards if card.reads_as(now) is CardState.CANCELLED}
    return any(o.card_id not in dead if o.card_id else o.reads_as(now) not in CLOSED for o in replacing)


def guardian_facts(guardian: Holder, present: bool, on: date) -> Computed:
    """Compute what the subject `guardian` says of who is to be put on record as one, or to be one no longer.

    Args:
        present: whether they are at the window.
    """
    return {
        "guardian.age": years_between(guardian.born_on, on),
        "guardian.full_capacity": guardian.full_capacity,
        "guardian.present": present,
    }


def ward_facts(guardians: Collection[str]) -> Computed:
    """Compute what the subject `guardian` says of the guardians that a ward has already.

    Args:
        guardians: the ids of those.
    """
    return {"guardian.on_record": len(guardians)}


def change_facts(request: ServiceRequest) -> Computed:
    """Compute the subject `change` from the details that are filled in, be they such as can be changed or not."""
    given = {name for name, text in request.details.items() if text.strip()}
    return {"change.fields": tuple(sorted(given - SAYING_WHOSE))}
