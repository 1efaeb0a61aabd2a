"""What a person was told by SMS, as the graph shows it."""

from datetime import datetime
from typing import Any

import strawberry

from domain import notice as domain
from domain.access import CLOSE
from domain.message import Language
from domain.notice import NoticeKind, NoticeState
from gateways.mobile import mask_mobile
from policies.engine.decide import Policies
from resolvers.changing.notices import text_of
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import enum, shown
from schema.kit.loading import loading
from schema.kit.pages import After, Before, Connection, First, Last, connection, no_page
from schema.kit.relay import global_id

enum(
    NoticeKind,
    "What somebody is told of by SMS.",
    {
        NoticeKind.GUARDIANSHIP_ASKED: "Something about a guardian was asked for and waits for a second clerk.",
        NoticeKind.GUARDIANSHIP_CONFIRMED: "It was confirmed, and may be objected to until it takes effect.",
        NoticeKind.GUARDIANSHIP_DONE: "It is done.",
        NoticeKind.GUARDIANSHIP_DROPPED: "Somebody objected to it, or it was withdrawn: nothing comes of it.",
        NoticeKind.MOBILE_CHANGED: "Another mobile number was bound; the one of before is told.",
        NoticeKind.DELEGATED: "A delegation was made in the person's name.",
        NoticeKind.PASSWORD_CHANGED: "The service password of a card was changed or reset.",
    },
)
enum(
    NoticeState,
    "How far a message is.",
    {
        NoticeState.WAITING: "The provider has not taken it yet; it is tried again.",
        NoticeState.SENT: "The provider has taken it.",
        NoticeState.GIVEN_UP: "The provider did not take it for days, so it is not tried any more.",
        NoticeState.NO_NUMBER: "No number was bound to send it to.",
    },
)


@sees(WITH_IT)
@strawberry.type(description="A message by SMS that told a person of a change about them.")
class Notice:
    """A notice."""

    at: datetime = shown("When the change was made.", "record.created_at")
    kind: NoticeKind = shown("What it tells of.", "record.kind")
    state: NoticeState = shown("How far it is.", "record.state")
    settled_at: datetime | None = shown("When it was sent or given up; null while it waits.", "record.done_at")
    sent_to: str | None = shown(
        "The number that it goes to, its middle hidden; null where none was bound.", lambda node: _masked(node.record)
    )
    text: str = shown(
        "What it says, in the language of the request; it was sent in one language.",
        lambda node: text_of(node.policies, node.record).text(node.language),
    )
    operation_id: strawberry.ID | None = shown(
        "The operation that it is about, if about one.", lambda node: _operation_id(node.record)
    )
    record: strawberry.Private[domain.Notice]
    policies: strawberry.Private[Policies]
    language: strawberry.Private[Language]


def _masked(record: domain.Notice) -> str | None:
    return mask_mobile(record.mobile) if record.mobile is not None else None


def _operation_id(record: domain.Notice) -> str | None:
    return global_id("Operation", record.operation_id) if record.operation_id is not None else None


@loading(
    "What the person was told by SMS of changes about them, the newest first, the last thousand of those that are kept; for the"
    " person and a guardian alone.",
    sees=CLOSE,
    otherwise=no_page("Holder.notices"),
)
async def notices(
    self: Any, info: Info, first: First = 20, after: After = None, last: Last = None, before: Before = None
) -> Connection[Notice] | None:
    """Load what was sent to the person."""
    found = await info.context.loaders.notices_of.load(self.record.id)
    policies, language = info.context.dependencies.policies(), info.context.language
    nodes = [Notice(record=each, policies=policies, language=language) for each in found]
    return connection(
        nodes, f"Holder.notices/{self.record.id}", lambda _, node: node.record.id, first, after, last, before
    )
