"""The work list of a bank: accounts on its cards that have ended and are still to be closed."""

from dataclasses import replace
from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from domain.access import Standing
from domain.message import Message
from resolvers.looking_up.accounts_to_close import accounts_to_close, ended_accounts, own_accounts
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import argument, enum, field, worked_out
from schema.kit.pages import (
    After,
    Before,
    Edge,
    First,
    Last,
    change_cursor,
    changes_info,
    changes_window,
    cursor_of,
    page_info,
    window,
)
from schema.kit.relay import PageInfo
from schema.types.nodes import Card, card_node
from store.records import Count
from store.repositories.closings import ClosingFilter
from store.repositories.operation_changes import ChangesAsked

_WAITING, _ENDED = "accountsToClose", "accountsToCloseByChange"
_LIST = "accounts_to_close"
"""What the audit record calls it that a page was shown."""
"""What the two orders of the list are called in their cursors."""


_BY_BANKS = Message(
    "只有发卡银行可以查看待注销的账户，请由发卡银行查询。",
    "Only an issuing bank sees which accounts it is to close; a system of the bank must ask.",
)


class AccountOrder(Enum):
    """Orders of the list."""

    LONGEST_WAITING_FIRST = "longest_waiting_first"
    CHANGED = "changed"


enum(
    AccountOrder,
    "In which order accounts to close are listed.",
    {
        AccountOrder.LONGEST_WAITING_FIRST: "Whose card ended first comes first.",
        AccountOrder.CHANGED: "In the order in which it was recorded that cards ended: from a cursor on, what ended since.",
    },
)


@sees(WITH_IT)
@strawberry.type(description="A page of cards whose accounts are to be closed, in the order that was asked for.")
class AccountToCloseConnection:
    """A connection."""

    edges: list[Edge[Card]] = field("The cards with their cursors.")
    page_info: PageInfo = field("Where the page lies.")
    selection: strawberry.Private[ClosingFilter]
    changes: strawberry.Private[ChangesAsked | None] = None

    @strawberry.field(description="How many there are in all pages; 10,000 where there are more.")
    async def total_count(self, info: Info) -> int:
        """Count only for who asks: counting reads what the page does not."""
        return (await self._counted(info)).number

    async def _counted(self, info: Info) -> Count:
        async with info.context.dependencies.store.reading() as work:
            if self.changes is not None:
                return await work.closings.count_changed(self.selection, self.changes)
            return await work.closings.count(self.selection)


@strawberry.type
class AccountsToCloseQuery:
    """The query of this list."""

    @worked_out(
        "Cards of your bank that have ended, by a cancellation, a death, a new card or time alone, while the account"
        " on them is open: to be closed and told by `closeAccount`. Banks only.",
        sees=Standing.BANK,
        refusal=_BY_BANKS,
    )
    async def accounts_to_close(
        self,
        info: Info,
        updated_since: Annotated[
            datetime | None,
            argument(
                "Only what was recorded to have ended since; the list is then `CHANGED`. Go on by cursors; by a moment"
                " alone, ask from five minutes before it: what is recorded is seen once it is committed."
            ),
        ] = None,
        first: First = 20,
        after: After = None,
        last: Last = None,
        before: Before = None,
        order: Annotated[AccountOrder | None, argument("In which order.")] = AccountOrder.LONGEST_WAITING_FIRST,
    ) -> AccountToCloseConnection | None:
        """List accounts to close."""
        dependencies = info.context.dependencies
        selection = own_accounts(info.context.require_actor(), dependencies.clock.now())
        if order is AccountOrder.CHANGED or updated_since is not None:
            return await _ended(info, selection, changes_window(_ENDED, first, after, last, before, updated_since))
        asked = window(_WAITING, first, after, last, before)
        async with dependencies.store.reading() as work:
            page, more = await accounts_to_close(work, selection, asked)
        info.context.loaders.look_at_list(_LIST, [card.id for card in page])
        edges = [
            Edge(cursor=cursor_of(_WAITING, card.state_since, card.id), node=card_node(card, info)) for card in page
        ]
        place = page_info([edge.cursor for edge in edges], more, asked)
        return AccountToCloseConnection(edges=edges, page_info=place, selection=selection)


async def _ended(info: Info, selection: ClosingFilter, asked: ChangesAsked) -> AccountToCloseConnection:
    async with info.context.dependencies.store.reading() as work:
        page, more = await ended_accounts(work, selection, asked)
    info.context.loaders.look_at_list(_LIST, [card.id for card, _ in page])
    edges = [Edge(cursor=change_cursor(_ENDED, place), node=card_node(card, info)) for card, place in page]
    return AccountToCloseConnection(
        edges=edges,
        page_info=changes_info([edge.cursor for edge in edges], more, asked),
        selection=selection,
        changes=replace(asked, after=None),
    )
