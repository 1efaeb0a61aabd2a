"""What stands beside a person: where they are reached, their identity documents, cards that an office does not serve."""

from datetime import date

import strawberry

from domain import identity as domain
from domain.holder import Holder
from domain.identity import DocumentState
from gateways.identity_number import mask_identity_number
from schema.kit.access import WITH_IT, sees
from schema.kit.described import enum, field
from schema.kit.relay import global_id
from schema.kit.text import Text
from schema.types.terms import Term, shown_term


@sees(WITH_IT)
@strawberry.type(description="Where a person is reached.")
class Contact:
    """Contact details."""

    landline: str | None = field("Landline number.")
    residence_address: str | None = field("Address of residence.")
    residence_region: str | None = field("GB/T 2260 code of the residence.")
    residence_postcode: str | None = field("Postcode of the residence.")
    register_address: str | None = field("Household-register address.")


enum(
    DocumentState,
    "What an identity document on record is.",
    {
        DocumentState.CURRENT: "Good now.",
        DocumentState.REPLACED: "Another was given out in its place; it still leads to the person.",
        DocumentState.EXPIRED: "Past its last day.",
    },
)


@sees(WITH_IT)
@strawberry.type(description="An identity document of a person. Its number is shown only in part.")
class IdentityDocument:
    """An identity document."""

    id: strawberry.ID = field("By which a renewal names the document whose place it takes.")
    type: str = field("A term of the identity types vocabulary.")
    type_term: Term = shown_term("identity_types", "type", region=None)
    number: str = field("Its number; the middle is hidden.")
    issued_on: date | None = field("Its day of issue, where it is known.")
    expires_on: date | None = field("Its last day, if it has one that is known.")
    state: DocumentState = field("What it is today.")
    main: bool = field("Whether it is the one that the person's record names.")


@sees(WITH_IT)
@strawberry.type(description="A place where a person has a card that your office does not serve.")
class CardElsewhere:
    """Where to turn to."""

    region_code: str = field("GB/T 2260 code of the card's home region.")
    region_name: Text | None = field("Its name, where it has policies.")


def identity_document(document: domain.IdentityDocument, holder: Holder, today: date) -> IdentityDocument:
    """Return an identity document as the graph shows it on a day."""
    return IdentityDocument(
        id=global_id("IdentityDocument", document.id),
        type=document.type,
        number=mask_identity_number(document.number),
        issued_on=document.issued_on,
        expires_on=document.expires_on,
        state=document.reads_as(today),
        main=document.is_by(holder.identity_type, holder.identity_number),
    )


def contact_of(record: Holder) -> Contact:
    """Return where a person is reached."""
    return Contact(
        landline=record.landline,
        residence_address=record.address,
        residence_region=record.address_region,
        residence_postcode=record.postcode,
        register_address=record.register_address,
    )
