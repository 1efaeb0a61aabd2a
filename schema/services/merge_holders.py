"""Make one record of two that are one person's."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from domain import holder as domain
from domain.access import CLERKS
from resolvers.changing.results import Merged
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.merge_holders import about_merge, merge_holders
from schema.kit.access import BY_CLERKS, WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import enum, field
from schema.kit.relay import local_id
from schema.types.decision import decision
from schema.types.inputs import ServiceInput
from schema.types.mutations import decided_mutation
from schema.types.nodes import Holder, served_holder
from schema.types.payloads import DecidedPayload


class MergeState(Enum):
    """Where a merge stands."""

    PROPOSED = "proposed"
    DONE = "done"


enum(
    MergeState,
    "Where a merge of two records stands.",
    {
        MergeState.PROPOSED: "One clerk has proposed it; another one has to do the same.",
        MergeState.DONE: "The two are one record.",
    },
)


@strawberry.input(description="Two records that are one person's.")
class MergeHoldersInput(ServiceInput):
    """Which two."""

    service = "merge_holders"

    holder_id: strawberry.ID = field("The record that is kept.")
    duplicate_id: strawberry.ID = field("The record that is to be part of it, and leads to it then.")
    region_code: str | None = field(
        "GB/T 2260 code of the region that decides; the clerk's own if left out.", default=None
    )

    def asked(self) -> dict[str, Any]:
        """Return where."""
        return {"region": self.region_code}

    def further_ids(self) -> tuple[tuple[strawberry.ID | None, str, str], ...]:
        """Return the two."""
        return (self.holder_id, "Holder", "input.holderId"), (self.duplicate_id, "Holder", "input.duplicateId")

    def pair(self) -> tuple[str, str]:
        """Return the local ids of the record that is kept, and of the other one."""
        kept = local_id(self.holder_id, "Holder", "input.holderId")
        return kept, local_id(self.duplicate_id, "Holder", "input.duplicateId")

    async def prepared(self, info: Info) -> ServiceRequest:
        """Return the request with what may be known of the two."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        return await about_merge(dependencies, actor, self.request(info), *self.pair())


@sees(WITH_IT)
@strawberry.type(description="The answer to a merge.")
class MergeHoldersPayload(DecidedPayload):
    """Where it stands."""

    state: MergeState | None = field("Whether it is done; null where it was refused.", default=None)
    holder: Holder | None = field("The record that is kept.", default=None)
    proposed_at: datetime | None = field("When the first clerk proposed it.", default=None)


def _state(merge: domain.Merge) -> MergeState:
    return MergeState.PROPOSED if merge.confirmed_at is None else MergeState.DONE


def _merged(answer: Merged, info: Info) -> dict[str, Any]:
    return {
        "state": _state(answer.merge),
        "holder": served_holder(answer.holder, info),
        "proposed_at": answer.merge.proposed_at,
        "decision": decision(answer.decision),
    }


mutation = decided_mutation(
    "Propose to make one record of two, or do it, where another clerk has proposed the same before. Clerks only.",
    MergeHoldersInput,
    merge_holders,
    MergeHoldersPayload,
    _merged,
    MergeHoldersInput.pair,
    asks=CLERKS,
    refusal=BY_CLERKS,
)
