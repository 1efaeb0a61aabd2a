"""Facts that come with the request: what is chosen, changed, delegated, declared. None of them costs a query."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from domain.duration import years_between
from domain.holder import Holder
from domain.operation import Delivery, Operation
from domain.region import zone_between
from resolvers.facts.fact import Fact, Facts, given
from resolvers.facts.situation import DecisionSubject

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
_EARLIER: Mapping[str, Callable[[Operation], Any]] = {
    "choice.bank": lambda o: o.bank,
    "choice.outlet": lambda o: o.outlet,
    "choice.reissue_reason": lambda o: o.reason if o.replaced_card_id else None,
    "choice.delivery": lambda o: o.delivery.method if o.delivery else None,
}
"""What was chosen before, for the operation that is taken on."""


def _chosen(name: str) -> Fact:
    """Return a choice: as it is made now, or was made for the operation that is taken on."""

    def choice(situation: DecisionSubject) -> Any:
        value, operation, earlier = situation.chosen.get(name), situation.about_operation, _EARLIER.get(name)
        return earlier(operation) if value is None and operation is not None and earlier is not None else value

    return Fact(choice)


def _delivery(situation: DecisionSubject) -> Delivery | None:
    if situation.delivery is not None:
        return situation.delivery
    return situation.about_operation.delivery if situation.about_operation is not None else None


def _delivery_region(situation: DecisionSubject) -> str | None:
    delivery = _delivery(situation)
    return delivery.region if delivery is not None else None


def _zone(situation: DecisionSubject) -> str | None:
    """Return how far the card is posted: from the region that issues it (NX-1)."""
    code = _delivery_region(situation)
    return zone_between(situation.region, code) if code else None


def _changed(situation: DecisionSubject) -> tuple[str, ...]:
    """Return the details that are filled in, be they such as can be changed or not."""
    given = {name for name, text in situation.details.items() if text.strip()}
    return tuple(sorted(given - SAYING_WHOSE))


def of_a_guardian(guardian: Holder, present: bool, on: date) -> dict[str, Any]:
    """Return the facts of who is to be put on record as a guardian, or to be one no longer.

    Args:
        present: whether they are at the window.
    """
    return {
        "guardian.age": years_between(guardian.born_on, on),
        "guardian.full_capacity": guardian.full_capacity,
        "guardian.present": present,
    }


_GIVEN = (
    "password.length",
    "password.digits_only",
    "password.simple",
    "password.same_as_old",
    "insurance.held",
    "insurance.chosen",
    "delegation.services",
    "delegation.until",
    "delegation.delegate_age",
    "guardian.age",
    "guardian.full_capacity",
    "guardian.present",
    "identity.type",
    "identity.issued_on",
    "identity.expires_on",
    "identity.replaces_another",
    "death.died_on",
    "merge.same_name",
    "merge.same_birth_date",
)
"""What the use cases work out from what is asked, before the change."""

FACTS: Facts = {
    **{name: _chosen(name) for name in (*_EARLIER, "choice.cancellation_reason")},
    "delivery.region": Fact(_delivery_region),
    "delivery.zone": Fact(_zone),
    "change.fields": Fact(_changed),
    **{name: given(name) for name in _GIVEN},
}
