"""The medical personal account: looking entries up."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

import strawberry

from domain.access import ACCOUNT_ENTRY, SIGNED_IN
from domain.account import AccountEntry as DomainEntry
from domain.account import EntryKind as EntryKind
from domain.duration import CHINA_TIME
from domain.errors import InvalidInput
from domain.message import Message
from resolvers.services.account_entries import entry_totals, look_up_entries
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import argument, enum, field, worked_out
from schema.kit.pages import After, Before, First, Last, cursor_of, page_info, window
from schema.kit.relay import NamedBy, Node, PageInfo, global_id, optional_id
from schema.kit.scalars import Fen
from schema.types.inputs import SIGHTED
from store.records import AccountFilter

_LISTED = "accountEntries"
"""What the list is called in its cursors."""

enum(
    EntryKind,
    "Which way the money of an account entry went.",
    {EntryKind.CREDIT: "Paid into the account.", EntryKind.SPENDING: "Spent from the account."},
)


@sees(ACCOUNT_ENTRY)
@strawberry.type(description="An entry of a medical personal account (QD-7).")
class AccountEntry(Node):
    """An entry."""

    reference: str = field("The settlement system's name for it.", sees=WITH_IT)
    kind: EntryKind = field("Credit or spending.", sees=WITH_IT)
    amount: Fen = field("How much, in fen.", sees=WITH_IT)
    occurred_at: datetime = field("When the money moved.", sees=WITH_IT)
    posted_at: datetime = field("When it was posted here.", sees=WITH_IT)
    description: str | None = field("What for.", sees=WITH_IT)


@sees(WITH_IT)
@strawberry.type(description="An account entry in a page.")
class AccountEntryEdge:
    """An edge."""

    cursor: str = field("Its place in the list.")
    node: AccountEntry = field("The entry.")


@sees(WITH_IT)
@strawberry.type(description="Sums of account entries.")
class AccountTotals:
    """Totals."""

    credits: Fen = field("Everything paid in, in fen.")
    spending: Fen = field("Everything spent, in fen.")


@sees(WITH_IT)
@strawberry.type(description="A page of account entries, the newest first.")
class AccountEntryConnection:
    """A connection."""

    edges: list[AccountEntryEdge] = field("The entries with their cursors.")
    page_info: PageInfo = field("Where the page lies.")
    selection: strawberry.Private[AccountFilter]

    @strawberry.field(description="Sums over all pages: over the whole period that was asked for.")
    async def totals(self, info: Info) -> AccountTotals:
        """Add up only for who asks."""
        async with info.context.dependencies.store.reading() as work:
            found = await entry_totals(work, self.selection)
        return AccountTotals(credits=Fen(found.credits), spending=Fen(found.spending))

    @strawberry.field(description="How many entries there are in all pages.")
    async def total_count(self, info: Info) -> int:
        """Count only for who asks."""
        async with info.context.dependencies.store.reading() as work:
            return await work.account_entries.count(self.selection)


def account_entry_node(entry: DomainEntry) -> AccountEntry:
    """Return an entry as the graph shows it."""
    return AccountEntry(
        id=global_id("AccountEntry", entry.id),
        reference=entry.reference,
        kind=entry.kind,
        amount=Fen(entry.amount),
        occurred_at=entry.occurred_at,
        posted_at=entry.posted_at,
        description=entry.description,
    )


def _midnight(day: date, field: str, *, after: bool = False) -> datetime:
    """Return when a day in China begins, or the one after it.

    Raises:
        InvalidInput: no calendar goes there.
    """
    try:
        begins = day + timedelta(days=1) if after else day
        return datetime.combine(begins, time(), CHINA_TIME).astimezone(UTC)
    except OverflowError:
        raise InvalidInput(Message("日期超出范围，请改正。", "The date is out of range."), field=field) from None


def _period(since: date | None, until: date | None) -> tuple[datetime | None, datetime | None]:
    """Return a period of days in China as moments, its end left out."""
    if since is not None and until is not None and until < since:
        raise InvalidInput(
            Message("截止日期早于起始日期，请改正。", "The period ends before it begins."), field="until"
        )
    begins = _midnight(since, "since") if since else None
    return begins, _midnight(until, "until", after=True) if until else None


@strawberry.type
class AccountEntriesQuery:
    """The query of this service."""

    @worked_out(
        "Entries of a medical personal account, the newest first, as the region's policy shows them (QD-7).",
        sees=SIGNED_IN,
    )
    async def account_entries(
        self,
        info: Info,
        region: Annotated[str, argument("The city that runs the account, GB/T 2260.")],
        holder_id: Annotated[strawberry.ID | None, argument("Whose account; yours if left out.")] = None,
        kind: Annotated[EntryKind | None, argument("Only credits or only spending.")] = None,
        since: Annotated[date | None, argument("First day of a period.")] = None,
        until: Annotated[date | None, argument("Last day of a period.")] = None,
        first: First = 20,
        after: After = None,
        sighted_documents: Annotated[list[str] | None, argument(SIGHTED)] = None,
        last: Last = None,
        before: Before = None,
    ) -> AccountEntryConnection | None:
        """Look entries up."""
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        person = optional_id(holder_id, "Holder", "holderId")
        begins, ends = _period(since, until)
        wanted = AccountFilter("", region, kind, begins, ends)
        asked = window(_LISTED, first, after, last, before)
        with NamedBy("holderId"):
            page, more, selection = await look_up_entries(
                dependencies, actor, person, region, wanted, asked, sighted_documents or ()
            )
        if page:
            info.context.loaders.look("account_entries", selection.holder_id, region=selection.region)
        edges = [
            AccountEntryEdge(cursor=cursor_of(_LISTED, e.occurred_at, e.id), node=account_entry_node(e)) for e in page
        ]
        return AccountEntryConnection(
            edges=edges,
            page_info=page_info([edge.cursor for edge in edges], more, asked),
            selection=selection,
        )
