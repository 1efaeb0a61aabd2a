"""A person's data, erased as the law on personal information asks (art. 47)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from domain.card import CardState
from domain.errors import Conflict
from domain.message import Message
from domain.operation import OperationState
from domain.retention import Kept
from resolvers.audit import OPERATOR, told_of
from resolvers.changing.retention import kept_since
from resolvers.dependencies import Dependencies
from store import UnitOfWork
from store.audit.entries import AuditKind
from store.records import StoredDocument
from store.repositories.person_data import DELETED

ERASED: Final = "erase_person"
"""What the audit record calls it."""
_ENDED: Final = frozenset({OperationState.WITHDRAWN, OperationState.RECEIVED, OperationState.COMPLETED})
_STAYS: Final[Mapping[str, str]] = {
    "holders": "an empty record, so that what stays leads somewhere",
    "cards": "that a card was issued, by which bank, and how it ended; without its number",
    "card_states": "how the card came to its end",
    "operations": "that the office did this; without what was filled in, declared and delivered where",
    "timeline": "when and by whom it was done; without notes",
    "decisions": "on which clauses it was decided; they hold no personal data",
    "payments": "accounts of money that was taken",
    "refunds": "accounts of money that was given back",
    "documents": "archived by the policy of the region with what the office did",
    "disclosures": "who was shown what, for as long as the region says",
    "audit_entries": "who did or saw what, by ids alone: a record that can be changed proves nothing",
    "merges": "which records were one person's",
}
_KEPT_FOR = {"documents": Kept.DOCUMENTS, "disclosures": Kept.DISCLOSURES, "audit_entries": Kept.AUDIT}
"""By which setting it goes later, by table."""


@dataclass(slots=True)
class Erased:
    """What came of erasing a person's data.

    Args:
        person_id: whose; erased: how many rows or files by table; kept: how many stay by table, each with why.
    """

    person_id: str
    erased: dict[str, int] = field(default_factory=dict)
    kept: dict[str, tuple[int, str]] = field(default_factory=dict)


async def erase(dependencies: Dependencies, person_id: str) -> Erased:
    """Erase all that is on record about a person but what has to stay; once more it finds nothing left.

    Raises:
        NotFound: nobody is on record with that id.
        Conflict: the data still serve what they were given for: a card, an application, a guardianship, money to be given back.
    """
    report = Erased(person_id)
    async with dependencies.store.reading() as work:
        await work.holders.get(person_id)
        await _require_ended(dependencies, work, person_id)
        going = await _unarchived(work, person_id)
    for document in going:
        # Before the rows: a file that nothing names would never be found. Broken off here, the next time goes on.
        await dependencies.files.delete(document.name)
    async with dependencies.store.transaction() as work:
        await work.holders.lock(person_id)
        await _require_ended(dependencies, work, person_id)
        for table in DELETED:
            report.erased[table] = await work.person_data.delete(table, person_id)
        ids = [each.evidence.id for each in going if each.evidence.id is not None]
        report.erased["documents"] = await work.person_data.drop_documents(ids)
        report.erased |= await work.person_data.empty(person_id)
        await _tell_kept(dependencies, work, report)
        now = dependencies.clock.now()
        work.audit.tell(told_of(None, now, AuditKind.CHANGE, ERASED, role=OPERATOR, holder_id=person_id))
    return report


async def _require_ended(dependencies: Dependencies, work: UnitOfWork, person_id: str) -> None:
    """Refuse what still serves its purpose."""
    now = dependencies.clock.now()
    cards = (await work.cards.of_holders([person_id])).get(person_id, ())
    operations = await work.operations.of_holder(person_id)
    serving = [f"card {card.id}" for card in cards if card.reads_as(now) is not CardState.CANCELLED]
    serving += [f"operation {each.id}" for each in operations if each.reads_as(now) not in _ENDED]
    ties = (
        *await work.guardianships.of_ward(person_id),
        *(await work.guardianships.of_guardians([person_id])).get(person_id, ()),
    )
    serving += [f"guardianship of {each.ward_id}" for each in ties if not each.is_over(now)]
    if serving:
        named = ", ".join(serving)
        raise Conflict(
            Message(
                f"这些仍在使用，个人信息暂时不能删除：{named}。请先办结、注销或者终止。",
                f"The data still serve what they were given for: {named}. End these first.",
            )
        )


async def _unarchived(work: UnitOfWork, person_id: str) -> list[StoredDocument]:
    """Return the documents that no office has to archive: those that came with nothing whose policy says so."""
    archived = {
        document for each in await work.operations.of_holder(person_id) if each.archive for document in each.documents
    }
    return [each for each in await work.documents.of_owner(person_id) if each.evidence.id not in archived]


async def _tell_kept(dependencies: Dependencies, work: UnitOfWork, report: Erased) -> None:
    now = dependencies.clock.now()
    for table, why in _STAYS.items():
        if count := await work.person_data.count(table, report.person_id):
            kind = _KEPT_FOR.get(table)
            since = kept_since(dependencies, kind, "000000", now) if kind is not None else None
            report.kept[table] = (
                count,
                why if since is None else f"{why}: {kind} in regions/, by now those since {since:%Y-%m-%d}",
            )
