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
from schema.kit.pages import After, Before, Connection, First, Last, connection, no_page
from schema.kit.relay import global_id
from schema.types.terms import Term, shown_term


@sees(WITH_IT)
@strawberry.type(description="A look at a person's data by somebody else.")
class Access:
    """A look."""

    at: datetime = field("When.")
    shown: str = field(
        "What was shown: `holder`, `contact`, `card`, `operation`, `details`, `document`, `thumbnail`, `print_data`, `account_entries`, or `present`"
        " for who stood at a window."
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


@loading(
    "Who has looked at the person's data, the newest first, the last thousand; for the person and a guardian alone.",
    sees=CLOSE,
    otherwise=no_page("Holder.accesses"),
)
async def accesses(
    self: Any, info: Info, first: First = 20, after: After = None, last: Last = None, before: Before = None
) -> Connection[Access] | None:
    """Load what the record has of looks at the person."""
    looks = await info.context.loaders.looks_at.load(self.record.id)
    listed = f"Holder.accesses/{self.record.id}"
    shown = [access(look) for look in looks]
    return connection(shown, listed, lambda place, _: str(looks[place].id), first, after, last, before)
