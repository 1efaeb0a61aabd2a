"""One request for a service, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from domain.operation import Delivery
from resolvers.idempotency import IdempotencyKey


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody asks for. Who asks, and through which channel, comes from the token instead.

    Args:
        service: a term of the services vocabulary.
        region: GB/T 2260; for services on a card or operation it is theirs.
        holder_id: whom it is about; None for whoever asks.
        present_id: at a window, the person who is there; None for the holder.
        card_id, operation_id: what it is about, for services on a card or an operation.
        bank, outlet, delivery: what the applicant chose.
        details: filled-in fields by name; declarations: declared facts by name, as texts.
        choices: what the region lets people choose besides, by the facts' names, as texts.
        documents: ids of uploaded documents; sighted: types of the originals that a clerk has seen.
        face_assertion: from the face-check provider; verification_code: from the SMS.
        policy_digest: of the decision that the caller was quoted, to be told if it no longer holds.
        reissue_reason, cancellation_reason: why, for services that ask for it.
        worked_out: facts by name that the use case has worked out itself from what was asked, such as a password's length.
        key: the caller's own name for this change, to be answered once.
    """

    service: str
    region: str | None = None
    holder_id: str | None = None
    present_id: str | None = None
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
    policy_digest: str | None = None
    reissue_reason: str | None = None
    cancellation_reason: str | None = None
    worked_out: Mapping[str, Any] = field(default_factory=dict)
    key: IdempotencyKey | None = None


def with_delivery(ask: Ask) -> Ask:
    """Hand a delivery to the policies: its address as the details that they ask for, its outlet as the chosen one."""
    delivery = ask.delivery
    if delivery is None:
        return ask
    address = {
        "recipient": delivery.recipient,
        "delivery_mobile": delivery.mobile,
        "delivery_address": delivery.address,
    }
    given = {name: text for name, text in address.items() if text}
    return replace(ask, outlet=ask.outlet or delivery.outlet, details={**ask.details, **given})
