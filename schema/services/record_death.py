"""Put a death on record."""

from datetime import date, datetime
from typing import Any

import strawberry

from domain.access import CLERKS, Standing
from domain.message import Message
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.record_death import Named, about_death, record_death
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import field
from schema.types.decision import decision
from schema.types.inputs import ServiceInput
from schema.types.mutations import decided_mutation
from schema.types.nodes import Holder, served_holder
from schema.types.operation_nodes import Operation, operation_node
from schema.types.payloads import DecidedPayload


@strawberry.input(description="Somebody on record, as on their identity document.")
class NamedPersonInput:
    """A person, for who has no id of theirs."""

    name: str = field("As on the identity document.")
    identity_type: str = field("A term of the identity types vocabulary.")
    identity_number: str = field("Number of the document.")

    def value(self) -> Named:
        """Return the person as plain values."""
        return Named(self.name, self.identity_type, self.identity_number)


@strawberry.input(description="A death, as a paper or an institution tells of it.")
class RecordDeathInput(ServiceInput):
    """Who, and when."""

    service = "record_death"

    holder_id: strawberry.ID | None = field("Who has died; this or `person`.", default=None)
    person: NamedPersonInput | None = field("Who has died, by an identity document; this or `holderId`.", default=None)
    died_on: date = field("The day of death.")
    present_person_id: strawberry.ID | None = field(
        "At a window, the relative or guardian who brings the papers. Clerks only.", default=None
    )
    region_code: str | None = field(
        "GB/T 2260 code of the region that decides; that of whoever asks if left out.", default=None
    )

    def asked(self) -> dict[str, Any]:
        """Return where, about whom, and who is there."""
        return {"region": self.region_code, "holder_id": self.holder_id, "present_id": self.present_person_id}

    def named(self) -> Named | None:
        """Return who has died, where a document says it."""
        return self.person.value() if self.person is not None else None

    async def prepared(self, info: Info) -> ServiceRequest:
        """Return the request with what may be known of the death."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        return await about_death(dependencies, actor, self.request(info), self.died_on, self.named())


@sees(WITH_IT)
@strawberry.type(
    description="The answer to a record of a death; an institution is told nothing but that it is on record."
)
class RecordDeathPayload(DecidedPayload):
    """What has come on record."""

    recorded_at: datetime | None = field("Since when the death is on record.", default=None)
    holder: Holder | None = field("The person. Clerks only.", default=None)
    operation: Operation | None = field("What tells of it. Clerks only.", default=None)


def _recorded(answer: ChangeResult, info: Info) -> dict[str, Any]:
    holder = answer.holder
    told = {"recorded_at": holder.deceased_at if holder is not None else None}
    if not info.context.loaders.viewer.desk:
        return told
    shown = served_holder(holder, info) if holder is not None else None
    return {
        **told,
        "holder": shown,
        "operation": operation_node(answer.operation),
        "decision": decision(answer.decision),
    }


mutation = decided_mutation(
    "Put a death on record, with its paper at a window, or on the notice of a hospital; what ends with it, regions say (SC-11).",
    RecordDeathInput,
    record_death,
    RecordDeathPayload,
    _recorded,
    lambda given: (given.died_on, given.named()),
    asks=CLERKS | Standing.INSTITUTION,
    refusal=Message(
        "持卡人去世的，请亲属带死亡证明，到服务网点窗口登记。",
        "Please let relatives bring the death certificate to a service window, where the death is put on record.",
    ),
)
