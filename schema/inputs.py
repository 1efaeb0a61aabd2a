"""Inputs that several mutations share, and how they become an `Ask`."""

from typing import TypeVar

import strawberry

from domain import operation as domain
from domain.errors import InvalidInput
from domain.message import Message
from resolvers.ask import Ask
from schema.described import field
from schema.relay import local_id

MAX_ITEMS = 50
Item = TypeVar("Item")


@strawberry.input(description="What the applicant fills in. Which of it is needed, `requirements` tells.")
class DetailsInput:
    """Filled-in fields; each is a term of the details vocabulary."""

    mobile: str | None = field("Mobile number, registered in the applicant's own name.", default=None)
    landline: str | None = field("Landline number.", default=None)
    residence_address: str | None = field("Address of residence.", default=None)
    residence_region: str | None = field("GB/T 2260 code of the residence.", default=None)
    residence_postcode: str | None = field("Postcode of the residence.", default=None)
    register_address: str | None = field("Household-register address.", default=None)
    card_number: str | None = field("Card number, on the photo side.", default=None)
    remarks: str | None = field("Remarks.", default=None)


@strawberry.input(description="One declared fact. Which ones are asked for, `requirements` tells.")
class DeclarationInput:
    """A declaration."""

    name: str = field("The fact, such as `declared.…`.")
    value: str = field("Its value: true or false, a whole number, YYYY-MM-DD, or a term; several terms by commas.")


@strawberry.input(description="How the card should reach its holder.")
class DeliveryInput:
    """A delivery."""

    method: str = field("A term of the delivery methods vocabulary, such as `post` or `outlet`.")
    outlet: str | None = field("The outlet of collection.", default=None)
    region_code: str | None = field("GB/T 2260 code of the address, for the postage.", default=None)
    recipient: str | None = field("Who receives it.", default=None)
    mobile: str | None = field("The recipient's mobile number.", default=None)
    address: str | None = field("The address.", default=None)
    postcode: str | None = field("The postcode.", default=None)

    def value(self) -> domain.Delivery:
        """Return the delivery as a value of the domain."""
        return domain.Delivery(
            method=self.method,
            outlet=self.outlet,
            region=self.region_code,
            recipient=self.recipient,
            mobile=self.mobile,
            address=self.address,
            postcode=self.postcode,
        )


@strawberry.input(description="What is brought along to satisfy requirements.")
class EvidenceInput:
    """Evidence."""

    details: DetailsInput | None = field("Filled-in fields.", default=None)
    declarations: list[DeclarationInput] = field("Declared facts.", factory=list)
    document_ids: list[strawberry.ID] = field("Ids from `uploadDocument`.", factory=list)
    sighted_documents: list[str] = field("Types of the originals that a clerk has seen.", factory=list)
    verification_code: str | None = field("The code from `requestVerificationCode`.", default=None)
    face_assertion: str | None = field("The face-check provider's signed assertion.", default=None)


def details_of(given: DetailsInput | None) -> dict[str, str]:
    """Return the filled-in fields by their names in the vocabulary."""
    return {name: value for name, value in vars(given).items() if value is not None} if given else {}


def document_ids(given: list[strawberry.ID]) -> tuple[str, ...]:
    """Return the ids of documents.

    Raises:
        InvalidInput: an id is none, or there are too many.
    """
    return tuple(local_id(identifier, "Document", "input.evidence.documentIds") for identifier in _few(given))


def _few(given: list[Item]) -> list[Item]:
    if len(given) > MAX_ITEMS:
        raise InvalidInput(
            Message(f"最多{MAX_ITEMS}项。", f"At most {MAX_ITEMS} are possible."), field="input.evidence"
        )
    return given


def declarations_of(given: list[DeclarationInput]) -> dict[str, str]:
    """Return declarations by the facts' names.

    Raises:
        InvalidInput: a fact is declared twice, or there are too many.
    """
    texts = {item.name: item.value for item in given}
    if len(texts) < len(given) or len(given) > MAX_ITEMS:
        raise InvalidInput(
            Message("同一事实申报了两次或申报过多。", "A fact is declared twice, or there are too many."),
            field="input.evidence.declarations",
        )
    return texts


def ask_of(
    service: str,
    evidence: EvidenceInput | None,
    *,
    region: str | None = None,
    holder_id: strawberry.ID | None = None,
    present_id: strawberry.ID | None = None,
    card_id: str | None = None,
    operation_id: str | None = None,
    bank: str | None = None,
    outlet: str | None = None,
    delivery: DeliveryInput | None = None,
    policy_digest: str | None = None,
) -> Ask:
    """Return what a mutation's input asks for, as plain values.

    Args:
        card_id, operation_id: local ids.
    """
    given = evidence or EvidenceInput()
    return Ask(
        service=service,
        region=region,
        holder_id=local_id(holder_id, "Holder", "input.holderId") if holder_id else None,
        present_id=local_id(present_id, "Holder", "input.presentPersonId") if present_id else None,
        card_id=card_id,
        operation_id=operation_id,
        bank=bank,
        outlet=outlet,
        delivery=delivery.value() if delivery else None,
        details=details_of(given.details),
        declarations=declarations_of(given.declarations),
        documents=document_ids(given.document_ids),
        sighted=tuple(_few(given.sighted_documents)),
        face_assertion=given.face_assertion,
        verification_code=given.verification_code,
        policy_digest=policy_digest,
    )
