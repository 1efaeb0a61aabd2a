"""Put an identity document on record."""

from datetime import date
from typing import Any

import strawberry

from domain.access import SERVED
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.record_identity_document import NewDocument, about_document, record_identity_document
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import field
from schema.kit.relay import local_id
from schema.types.inputs import ServiceInput
from schema.types.mutations import decided_mutation
from schema.types.nodes import Holder, served_holder
from schema.types.payloads import OperationPayload, changed


@strawberry.input(description="An identity document to put on record: a further one, or one in the place of another.")
class RecordIdentityDocumentInput(ServiceInput):
    """Which document of whom."""

    service = "record_identity_document"

    region_code: str = field("GB/T 2260 code of the region that decides.")
    holder_id: strawberry.ID = field("Whose it is.")
    identity_type: str = field("A term of the identity types vocabulary.")
    identity_number: str = field("Its number.")
    issued_on: date | None = field("Its day of issue, where it is known.", default=None)
    expires_on: date | None = field("Its last day, if it has one.", default=None)
    replaces_id: strawberry.ID | None = field(
        "The document of the same type whose place it takes; a further one if left out.", default=None
    )
    present_person_id: strawberry.ID | None = field(
        "At a window, who is there: the holder (if left out) or a guardian. Clerks only.", default=None
    )

    def asked(self) -> dict[str, Any]:
        """Return where, whose, and who is there."""
        return {"region": self.region_code, "holder_id": self.holder_id, "present_id": self.present_person_id}

    def further_ids(self) -> tuple[tuple[strawberry.ID | None, str, str], ...]:
        """Return the document whose place it takes."""
        return ((self.replaces_id, "IdentityDocument", "input.replacesId"),)

    def document(self) -> NewDocument:
        """Return the document as plain values."""
        replaced = self.replaces_id
        return NewDocument(
            self.identity_type,
            self.identity_number,
            self.issued_on,
            self.expires_on,
            None if replaced is None else local_id(replaced, "IdentityDocument", "input.replacesId"),
        )

    async def prepared(self, info: Info) -> ServiceRequest:
        """Return the request with what may be known of the document."""
        return about_document(info.context.dependencies, self.request(info), self.document())


@sees(WITH_IT)
@strawberry.type(description="The answer to a record of an identity document.")
class RecordIdentityDocumentPayload(OperationPayload):
    """The person with the document."""

    holder: Holder | None = field("The person after the change; null where nothing changed.", default=None)


def _recorded(answer: ChangeResult, info: Info) -> dict[str, Any]:
    return {**changed(answer, info), "holder": served_holder(answer.holder, info) if answer.holder else None}


mutation = decided_mutation(
    "Put an identity document on record, as the population register confirms it: a further one, or one that was renewed.",
    RecordIdentityDocumentInput,
    record_identity_document,
    RecordIdentityDocumentPayload,
    _recorded,
    lambda given: (given.document(),),
    asks=SERVED,
)
