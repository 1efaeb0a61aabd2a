"""Who has looked at a person's data, as the audit record has it."""

from datetime import datetime
from typing import Any

import strawberry

from domain.access import CLOSE
from resolvers.looking_up.accesses import Look
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import field
from schema.kit.loading import loading
from schema.kit.pages import After, Before, First, Last, cursor_of, page_info, window
from schema.kit.relay import PageInfo, global_id
from schema.types.terms import Term, shown_term

_LISTED = "Holder.accesses"


@sees(WITH_IT)
@strawberry.type(description="A look at a person's data.")
class Access:
    """A look."""

    at: datetime = field("When.")
    shown: str = field(
        "What was shown: `holder`, `contact`, `card`, `operation`, `details`, `document`, `thumbnail`, `print_data`, `account_entries`,"
        " `personal_data` for a copy of all that is on record, or `present` for who stood at a window."
    )
    role: str = field("Of whoever looked: a term of the roles vocabulary.")
    role_term: Term = shown_term("roles", "role", region=None)
    channel: str | None = field("Through which channel: a term of the channels vocabulary.")
    channel_term: Term | None = shown_term("channels", "channel", region=None)
    office: str | None = field("The office or partner; which of its people it was, the office answers for.")
    region_code: str | None = field("The region of what was shown, GB/T 2260.")
    operation_id: strawberry.ID | None = field("For which operation, if for one.")


def access(look: Look) -> Access:
    """Return a look as the graph shows it."""
    return Access(
        at=look.at,
        shown=look.shown,
        role=look.role,
        channel=look.channel,
        office=look.office,
        region_code=look.region,
        operation_id=global_id("Operation", look.operation_id) if look.operation_id else None,
    )


@sees(WITH_IT)
@strawberry.type(description="A look, with its place in the list.")
class AccessEdge:
    """An edge."""

    cursor: str = field("Its place in the list.")
    node: Access = field("The look.")


@sees(WITH_IT)
@strawberry.type(description="A page of looks at a person's data, the newest first.")
class AccessConnection:
    """A connection."""

    edges: list[AccessEdge] = field("The looks with their cursors.")
    page_info: PageInfo = field("Where the page lies.")
    holder_id: strawberry.Private[str | None]

    @loading("How many there are in all pages.")
    async def total_count(self, info: Info) -> int:
        """Count only for who asks."""
        return await info.context.loaders.look_counts.load(self.holder_id) if self.holder_id is not None else 0

    @loading(
        "Since when the list is complete: looks before that need be kept no longer, or were before the record began. Null where there"
        " is no record yet, and for whom it is not shown to."
    )
    async def complete_since(self, info: Info) -> datetime | None:
        """Look only for who asks."""
        return await info.context.loaders.audit_complete.load(None) if self.holder_id is not None else None


def _empty(node: Any, first: First = 20, after: After = None, last: Last = None, before: Before = None) -> Any:
    """Return what is shown of the list to whom it is not told."""
    asked = window(f"{_LISTED}/{node.record.id}", first, after, last, before)
    return AccessConnection(edges=[], page_info=page_info([], False, asked), holder_id=None)


@loading(
    "Who has looked at the person's data, the newest first; for the person and a guardian alone.",
    sees=CLOSE,
    otherwise=_empty,
)
async def accesses(
    self: Any, info: Info, first: First = 20, after: After = None, last: Last = None, before: Before = None
) -> AccessConnection | None:
    """Load what the record has of looks at the person."""
    holder_id = self.record.id
    listed = f"{_LISTED}/{holder_id}"
    asked = window(listed, first, after, last, before)
    looks, more = await info.context.loaders.looks_at.load((holder_id, asked))
    edges = [AccessEdge(cursor=cursor_of(listed, look.at, str(look.id)), node=access(look)) for look in looks]
    return AccessConnection(
        edges=edges, page_info=page_info([edge.cursor for edge in edges], more, asked), holder_id=holder_id
    )
