"""What the maker of a card prints on it: shown for the operations that its office has accepted, until the card is made; each time on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.evidence import PHOTO
from domain.holder import Actor, Holder
from domain.operation import Operation, OperationState, TimelineEntry
from domain.services import makes_card
from resolvers.audit import told_of
from resolvers.changing.access import serves
from resolvers.dependencies import Dependencies
from resolvers.looking_up.next_steps import NextSteps
from store.audit.entries import AuditEntry, AuditKind
from store.records import StoredDocument

ACCEPT, PRODUCE = "accept", "produce"
PRINT_DATA = "print_data"
"""What the audit record calls what was shown."""


@dataclass(frozen=True, slots=True)
class PrintData:
    """What is printed.

    Args:
        operation: the operation that makes the card; holder: whose it is; photo: uploaded with it, the last one, if one was.
    """

    operation: Operation
    holder: Holder
    photo: StoredDocument | None


async def print_data(
    dependencies: Dependencies, actor: Actor, operation_ids: Sequence[str], steps: NextSteps
) -> dict[str, PrintData]:
    """Return what is printed for operations, by operation; those of which somebody may not see it are left out.

    Who may see it may make the card, as the region's policy has it, and their office has accepted the operation.

    Raises:
        DecisionFault: the policy could not be evaluated.
    """
    async with dependencies.store.transaction() as work:
        now = dependencies.clock.now()
        found = await work.operations.get_many(operation_ids)
        timelines = await work.timeline.of_operations(found)
        own = [o for o in found.values() if _makes(actor, o.settled(now), timelines.get(o.id, ()), steps)]
        holders = await work.holders.get_many({operation.holder_id for operation in own})
        papers = await work.documents.get_many({paper for operation in own for paper in operation.documents})
        shown = {each.id: PrintData(each, holders[each.holder_id], _photo(each, papers)) for each in own}
        for each in shown.values():
            work.audit.tell(_look(each, actor, now))
    return shown


def _makes(actor: Actor, operation: Operation, timeline: Sequence[TimelineEntry], steps: NextSteps) -> bool:
    """Say whether somebody makes the card of an operation now."""
    accepted = [entry for entry in timeline if entry.event == ACCEPT]
    return (
        operation.state is OperationState.ACCEPTED
        and makes_card(operation.service)
        and serves(actor, operation)
        and actor.office is not None
        and bool(accepted)
        and (accepted[-1].role, accepted[-1].office) == (actor.role, actor.office)
        and steps.is_open(PRODUCE, operation, None, actor.role)
    )


def _photo(operation: Operation, papers: dict[str, StoredDocument]) -> StoredDocument | None:
    photos = [papers[each] for each in operation.documents if each in papers and papers[each].evidence.type == PHOTO]
    return max(photos, key=lambda photo: photo.uploaded_at, default=None)


def _look(shown: PrintData, actor: Actor, now: datetime) -> AuditEntry:
    operation = shown.operation
    about = {"holder_id": shown.holder.id, "operation_id": operation.id, "region": operation.region}
    return told_of(actor, now, AuditKind.LOOK, PRINT_DATA, record_id=operation.id, **about)
