"""What the maker of a card prints on it, as the graph shows it."""

import strawberry

from resolvers.looking_up import print_data as looked_up
from schema.kit.access import WITH_IT, sees
from schema.kit.described import field, shown
from schema.types.documents import Document, document_node
from schema.types.terms import Term, shown_term


@sees(WITH_IT)
@strawberry.type(
    description="What is printed on a card. It is in full: it is shown to its maker alone, and each time is put on record."
)
class PrintData:
    """What is printed."""

    name: str = shown("Name of the holder.", "record.holder.name")
    identity_type: str = shown("A term of the identity types vocabulary.", "record.holder.identity_type")
    identity_type_term: Term = shown_term(
        "identity_types", "record.holder.identity_type", region="record.operation.region"
    )
    identity_number: str = shown(
        "Number of the identity document in full; the social security number unless `recordProduced` says another.",
        "record.holder.identity_number",
    )
    bank: str | None = shown("The chosen issuing bank: a term of the banks vocabulary.", "record.operation.bank")
    bank_term: Term | None = shown_term("banks", "record.operation.bank", region="record.operation.region")
    photo: Document | None = field("The photo that was handed in with the application; null where the office has it.")
    record: strawberry.Private[looked_up.PrintData]


def print_data_node(found: looked_up.PrintData) -> PrintData:
    """Return what is printed as the graph shows it."""
    return PrintData(
        record=found, photo=document_node(found.photo, found.operation) if found.photo is not None else None
    )
