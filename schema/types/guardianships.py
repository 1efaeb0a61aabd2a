"""Who is whose guardian, and what is asked about that, as the graph shows it."""

from datetime import datetime
from enum import Enum

import strawberry

from domain import holder as domain
from resolvers.changing.coming_of_age import NEVER
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import enum, shown
from schema.kit.loading import loading
from schema.kit.relay import global_id
from schema.types.terms import Term, shown_term


class GuardianshipState(Enum):
    """Where a guardianship stands."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    IN_FORCE = "in_force"
    ENDED = "ended"
    DROPPED = "dropped"


enum(
    GuardianshipState,
    "Where a guardianship stands.",
    {
        GuardianshipState.ASKED: "One clerk has asked for it; another one has to confirm it.",
        GuardianshipState.CONFIRMED: "Confirmed; it holds once nobody may object any more.",
        GuardianshipState.IN_FORCE: "The guardian may act for the ward.",
        GuardianshipState.ENDED: "It held and is over.",
        GuardianshipState.DROPPED: "It never held: somebody objected, it was withdrawn, or nobody confirmed it in time.",
    },
)


@sees(WITH_IT)
@strawberry.type(description="A guardian on record for a person, or one who is asked for (SC-12).")
class Guardianship:
    """A guardianship."""

    state: GuardianshipState = shown("Where it stands.", lambda node: _state(node.record, node.now))
    kinship: str = shown("In words, such as 父亲.", "record.kinship")
    asked_at: datetime = shown("When it was asked for, or put on record.", "record.recorded_at")
    office: str | None = shown("The office whose clerk asked for it.", "record.office")
    papers: list[str] = shown(
        "The papers that it rests on: terms of the documents vocabulary.", lambda node: list(node.record.papers or ())
    )
    paper_terms: list[Term] = shown_term("documents", lambda node: list(node.record.papers or ()), region=None)
    in_force_at: datetime | None = shown(
        "From when it holds; null while it waits for a second clerk.", lambda node: _in_force_at(node.record)
    )
    ends_at: datetime | None = shown(
        "From when it is over, perhaps a moment to come; null where nothing ends it yet.", "record.ended_at"
    )
    comes_of_age_at: datetime | None = shown(
        "When the ward comes of age, so that it is over by itself; null where the ward needs a guardian at any age, or it is"
        " not worked out yet.",
        lambda node: node.record.grown_at if node.record.grown_at != NEVER else None,
    )
    record: strawberry.Private[domain.Guardianship]
    now: strawberry.Private[datetime]

    @loading("Id of the guardian, to confirm by or to have it ended; for a clerk, null for everybody else.")
    async def guardian_id(self, info: Info) -> strawberry.ID | None:
        """Tell a clerk alone; nothing is read for it."""
        return global_id("Holder", self.record.guardian_id) if info.context.require_actor().role == "clerk" else None

    @loading("Name of the guardian.")
    async def guardian_name(self, info: Info) -> str | None:
        """Load the guardians of the request at once."""
        found = await info.context.loaders.holders.load(self.record.guardian_id)
        return found.name if found else None


def _state(record: domain.Guardianship, now: datetime) -> GuardianshipState:
    begun = _in_force_at(record)
    if record.is_over(now):
        held = begun is not None and begun <= now and (record.ended_at is None or begun <= record.ended_at)
        return GuardianshipState.ENDED if held else GuardianshipState.DROPPED
    if begun is None:
        return GuardianshipState.ASKED
    return GuardianshipState.IN_FORCE if begun <= now else GuardianshipState.CONFIRMED


def _in_force_at(record: domain.Guardianship) -> datetime | None:
    return record.recorded_at if record.operation_id is None else record.in_force_at


def guardianship_node(record: domain.Guardianship, info: Info) -> Guardianship:
    """Return a guardianship as the graph shows it."""
    return Guardianship(record=record, now=info.context.dependencies.clock.now())


async def guardianships_over(info: Info, ward_id: str) -> list[Guardianship]:
    """Return who is, was or is to be somebody's guardian."""
    return [guardianship_node(each, info) for each in await info.context.loaders.guardianships_over.load(ward_id)]
