"""The one place that says in which field of a mutation's input something is given: for forms, and for errors.

A path is written as the graph spells it, from the argument `input` on: `input.evidence.details.residenceAddress`.
"""

from collections.abc import Mapping
from typing import Final

from domain.operation import DELIVERY_DETAILS
from domain.services import Choice, is_added, records_of

DECLARED, CHOSEN = "input.evidence.declared", "input.evidence.chosen"
DOCUMENTS: Final = "input.evidence.documentIds"
MOBILE_CODE, FACE = "input.evidence.verificationCode", "input.evidence.faceAssertion"
BOUND_MOBILE_CODE: Final = "input.evidence.boundMobileCode"
_FACTS: Final[Mapping[str, str]] = {
    Choice.BANK: "input.bank",
    Choice.OUTLET: "input.outlet",
    Choice.DELIVERY: "input.delivery.method",
    Choice.REISSUE_REASON: "input.reason",
    Choice.CANCELLATION_REASON: "input.reason",
    "delivery.region": "input.delivery.regionCode",
    "insurance.chosen": "input.insuranceKinds",
    "delegation.services": "input.services",
    "delegation.until": "input.until",
    "identity.type": "input.identityType",
    "identity.issued_on": "input.issuedOn",
    "identity.expires_on": "input.expiresOn",
    "identity.replaces_another": "input.replacesId",
    "death.died_on": "input.diedOn",
}
_HOLDERS: Final[Mapping[str, str]] = {
    "record_guardianship": "input.wardId",
    "end_guardianship": "input.wardId",
    "revoke_delegation": "input.delegationId",
}
"""The field of whom a service is about, where it is another than `input.holderId`: who is a ward, and who granted something."""
CHANGE: Final = "change"
"""The record of what a request writes down of the details that come with it."""
_OUTLET_OF_COLLECTION: Final = "input.delivery.outlet"
_WITHOUT_OUTLET: Final = frozenset({"deliver"})
"""Services whose input names an outlet of collection alone."""
PROOFS: Final[Mapping[str, str | None]] = {
    "sms_code": MOBILE_CODE,
    "bound_mobile_code": MOBILE_CODE,
    "new_mobile_code": MOBILE_CODE,
    "face_check": FACE,
    "identity_number": "input.evidence.details.identityNumber",
    "own_mobile": "input.evidence.details.mobile",
    # Who is at the window, and who is a guardian on record, is in no input.
    "presence": None,
    "guardianship": None,
}
"""The input that each proof comes with."""


def path_of_holder(service: str) -> str:
    """Return the field that says whom a service is about."""
    return _HOLDERS.get(service, "input.holderId")


def path_of_detail(detail: str) -> str:
    """Return the field of a detail, a term of the details vocabulary."""
    if detail in DELIVERY_DETAILS:
        return f"input.delivery.{DELIVERY_DETAILS[detail]}"
    first, *others = detail.split("_")
    return "input.evidence.details." + first + "".join(word.capitalize() for word in others)


def path_of_fact(fact: str, service: str) -> str | None:
    """Return the field that a fact is taken from; None of one that is in no input, such as the holder's age."""
    subject, _, name = fact.partition(".")
    if subject == "declared":
        return f"{DECLARED}.{name}"
    if fact == Choice.OUTLET and service in _WITHOUT_OUTLET:
        return _OUTLET_OF_COLLECTION
    if subject == "choice" and is_added(fact):
        return f"{CHOSEN}.{name}"
    return _FACTS.get(fact)


def path_of_need(kind: str, name: str, service: str) -> str | None:
    """Return the field by which a need is satisfied; None where no input does.

    Args:
        kind, name: of the need: `proof`, `document`, `detail`, `declaration` or `choice`, and which.
    """
    if kind == "proof":
        # Where a number takes the place of the bound one, the code to that is another than the code to the new one.
        return BOUND_MOBILE_CODE if name == "bound_mobile_code" and CHANGE in records_of(service) else PROOFS.get(name)
    if kind == "document":
        return DOCUMENTS
    return path_of_detail(name) if kind == "detail" else path_of_fact(name, service)
