"""One request for a service, as plain values."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from domain.errors import DomainError, InvalidInput
from domain.evidence import Evidence
from domain.frozen import quickly_made
from domain.operation import Delivery
from domain.services import Choice
from resolvers.changing.declarations import without_long_numbers
from resolvers.changing.idempotency import IdempotencyKey
from resolvers.changing.input_paths import path_of_fact


@dataclass(frozen=True, slots=True)
class Resumed:
    """What a request goes on with that waited for its payment.

    Args:
        operation_id: of the operation that is paid for.
        evidence: as it was verified when it was asked; code_mobile: the number whose verification code was right then.
    """

    operation_id: str
    evidence: Evidence
    code_mobile: str | None


@quickly_made
@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """What somebody asks for. Who asks, and through which channel, comes from the token instead.

    Args:
        service: a term of the services vocabulary.
        region: GB/T 2260; for services on a card or operation it is theirs.
        holder_id: whom it is about; None for whoever asks.
        present_id: at a window, the person who is there; None for the holder.
        other_id: whom else it concerns, alive or not at all: a delegate, a guardian; None for nobody.
        card_id, operation_id: what it is about, for services on a card or an operation.
        bank, outlet, delivery: what the applicant chose.
        details: filled-in fields by name; declarations: declared facts by name, as texts.
        choices: what the region lets people choose besides, by the facts' names, as texts.
        documents: ids of uploaded documents; sighted: types of the originals that a clerk has seen.
        face_assertion: from the face-check provider; verification_code: from the SMS to the number that is filled in, else to the
            bound one; bound_mobile_code: from the SMS to the bound number, where another one is filled in.
        policy_digest: of the decision that the caller was quoted, to be told if it no longer holds.
        reissue_reason, cancellation_reason: why, for services that ask for it.
        derived_facts: facts by name that the use case has worked out itself from what was asked, such as a password's length.
        key: the caller's own name for this change, to be answered once.
        resumed: what it goes on with, where it waited for its payment and is asked again now that it is paid for.
        wrong: what its use case alone found wrong with what was typed, such as two new passwords that differ: told with all else.
        own_mobile: the mobile number that was filled in, where its register has it in the name of who acts.
        stated: those of the declarations and choices that came by name in an object, and not in a list.
        of_any_service: whether it came in the one input that serves every service, and not in that of its mutation.
    """

    service: str
    region: str | None = None
    holder_id: str | None = None
    present_id: str | None = None
    other_id: str | None = None
    card_id: str | None = None
    operation_id: str | None = None
    bank: str | None = None
    outlet: str | None = None
    delivery: Delivery | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    declarations: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)
    documents: tuple[str, ...] = ()
    sighted: tuple[str, ...] = ()
    face_assertion: str | None = None
    verification_code: str | None = None
    bound_mobile_code: str | None = None
    policy_digest: str | None = None
    reissue_reason: str | None = None
    cancellation_reason: str | None = None
    derived_facts: Mapping[str, Any] = field(default_factory=dict)
    key: IdempotencyKey | None = None
    resumed: Resumed | None = None
    of_any_service: bool = False
    stated: tuple[str, ...] = ()
    own_mobile: str | None = None
    wrong: tuple[InvalidInput, ...] = ()

    @property
    def chosen(self) -> Mapping[str, str | None]:
        """What people choose everywhere, by the facts' names; None where they leave it open."""
        return {
            Choice.BANK.value: self.bank,
            Choice.OUTLET.value: self.outlet,
            Choice.DELIVERY.value: self.delivery.method if self.delivery is not None else None,
            Choice.REISSUE_REASON.value: self.reissue_reason,
            Choice.CANCELLATION_REASON.value: self.cancellation_reason,
        }

    @property
    def outlet_named(self) -> str | None:
        """The outlet that was chosen, or else the one of collection."""
        return self.outlet or (self.delivery.outlet if self.delivery is not None else None)

    @property
    def filled_in(self) -> Mapping[str, str]:
        """The details, with those of a delivery under the names by which policies ask for them."""
        return {**self.details, **(self.delivery.details if self.delivery is not None else {})}


_INPUTS_OF_ANY_SERVICE: Final[Mapping[str, str]] = {
    Choice.REISSUE_REASON: "input.reissueReason",
    Choice.CANCELLATION_REASON: "input.cancellationReason",
    "delegation.services": "input.delegation.services",
    "delegation.until": "input.delegation.until",
}
"""The field that a fact is taken from in the input that serves every service, where it is another than in the mutation's."""


@contextmanager
def naming_inputs(request: ServiceRequest) -> Iterator[None]:
    """Name the input at fault, where what is refused names the fact: a front-end knows inputs and no facts.

    Args:
        ask: as it came in.

    Raises:
        DomainError: as it was raised within, with the input in its field.
    """
    try:
        yield
    except DomainError as wrong:
        for each in {wrong, *(wrong.errors if isinstance(wrong, InvalidInput) else ())}:
            each.field = _input_of(each.field, request)
        raise


def _input_of(fact: str | None, request: ServiceRequest) -> str | None:
    """Return the input of a fact; what is the name of none as it is."""
    if fact is None:
        return None
    for name, given in (("declarations", request.declarations), ("choices", request.choices)):
        # Under the name that is told, which leaves out what may be a number of somebody.
        told = {without_long_numbers(each): each for each in given}
        if fact in told:
            if told[fact] in request.stated:
                return path_of_fact(fact, request.service)
            return f"input.evidence.{name}.{list(told).index(fact)}"
    if fact == Choice.OUTLET and request.outlet is None:
        return "input.delivery.outlet"
    if request.of_any_service and fact in _INPUTS_OF_ANY_SERVICE:
        return _INPUTS_OF_ANY_SERVICE[fact]
    return path_of_fact(fact, request.service) or fact
