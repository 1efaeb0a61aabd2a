"""The audit record, for auditors and nobody else."""

from datetime import datetime
from typing import Annotated

import strawberry

from domain.access import Standing
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import argument, enum, field
from schema.kit.loading import loading
from schema.kit.pages import After, First, cursor_of, number_after, page_info, window
from schema.kit.relay import PageInfo
from store.audit.entries import AuditKind, KeptEntry
from store.repositories.audit import AuditSelection

_LISTED = "audit"
enum(
    AuditKind,
    "Of which kind an entry of the audit record is.",
    {
        AuditKind.CHANGE: "Something was changed.",
        AuditKind.REFUSAL: "Something was refused, with the decision.",
        AuditKind.LOOK: "Somebody's data were shown.",
        AuditKind.SIGN_IN: "A token was refused or revoked.",
        AuditKind.PROOF: "A code was sent, or a code or password was wrong.",
        AuditKind.POLICIES: "Policies came in force.",
        AuditKind.IMPORT: "Cards from before the service came on record.",
        AuditKind.KEYS: "Keys were changed.",
        AuditKind.PROCESS: "A process of the service ended.",
        AuditKind.DROP: "Entries that need be kept no longer went.",
    },
)


@strawberry.input(description="Which entries of the audit record; what is left out does not narrow.")
class AuditFilterInput:
    """A filter."""

    kinds: list[AuditKind] | None = field("Of one of these kinds.", default=None)
    subject: str | None = field("Of whoever has this id in their token.", default=None)
    holder: str | None = field(
        "About the person whose record has this id, as the record itself names it.", default=None
    )
    since: datetime | None = field("From this moment on.", default=None)
    before: datetime | None = field("Before this moment.", default=None)

    def value(self) -> AuditSelection:
        """Return which entries are asked for."""
        about = None if self.holder is None else (self.holder,)
        return AuditSelection(
            about, self.subject, None if self.kinds is None else tuple(self.kinds), self.since, self.before
        )


@sees(WITH_IT)
@strawberry.type(description="An entry of the audit record.")
class AuditEntry:
    """An entry."""

    number: str = field("Its number in the record.")
    at: datetime = field("When it was written.")
    kind: AuditKind = field("Of which kind it is.")
    text: str = field("All that it says, in JSON: ids and words of vocabularies, nothing personal.")
    chain: str = field("The process that wrote it.")


@sees(WITH_IT)
@strawberry.type(description="An entry, with its place in the record.")
class AuditEdge:
    """An edge."""

    cursor: str = field("Its place in the list.")
    node: AuditEntry = field("The entry.")


@sees(WITH_IT)
@strawberry.type(description="A page of the audit record, the newest entries first.")
class AuditConnection:
    """A connection."""

    edges: list[AuditEdge] = field("The entries with their cursors.")
    page_info: PageInfo = field("Where the page lies.")


def _edge(entry: KeptEntry) -> AuditEdge:
    shown = AuditEntry(
        number=str(entry.id), at=entry.at, kind=AuditKind(entry.kind), text=entry.text, chain=entry.chain
    )
    return AuditEdge(cursor=cursor_of(_LISTED, entry.at, str(entry.id)), node=shown)


@strawberry.type
class AuditQuery:
    """What auditors ask."""

    @loading("The audit record, for auditors alone, who see nothing else.", sees=Standing.AUDITOR)
    async def audit(
        self,
        info: Info,
        filter: Annotated[AuditFilterInput | None, argument("Which entries; all if left out.")] = None,
        first: First = 20,
        after: After = None,
    ) -> AuditConnection | None:
        """List entries."""
        asked = window(_LISTED, first, after, None, None)
        last = number_after(asked)
        page = await info.context.loaders.audit_pages.load(
            ((filter or AuditFilterInput()).value(), last, asked.size + 1)
        )
        edges = [_edge(entry) for entry in page[: asked.size]]
        more = len(page) > asked.size
        return AuditConnection(edges=edges, page_info=page_info([edge.cursor for edge in edges], more, asked))
