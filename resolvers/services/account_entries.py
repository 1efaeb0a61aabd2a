"""The medical personal account: its entries and their sums (QD-7)."""

from collections.abc import Sequence
from dataclasses import replace

from domain.account import AccountEntry, AccountTotals
from domain.holder import Actor
from resolvers.changing.deciding import decide_look
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies
from resolvers.looking_up.lookup import require_shown
from store import UnitOfWork
from store.records import AccountFilter, Window

SERVICE = "account_entries"


async def look_up_entries(
    dependencies: Dependencies,
    actor: Actor,
    holder_id: str | None,
    region: str,
    selection: AccountFilter,
    asked: Window,
    sighted: Sequence[str] = (),
) -> tuple[tuple[AccountEntry, ...], bool, AccountFilter]:
    """Return a page of a person's entries in a region, the newest first, whether there are more in that direction, and what was
    selected.

    Args:
        sighted: types of the originals that a clerk has seen.

    Raises:
        NotFound: no such person, or none that whoever asks may see.
        DecisionRefused: the region does not show them, or not through this channel, or asks for something that is not there.
        NotPermitted: originals are sighted by somebody who is no clerk.
    """
    async with dependencies.store.reading() as work:
        request = ServiceRequest(SERVICE, region=region, holder_id=holder_id, sighted=tuple(sighted))
        decided = await decide_look(dependencies, work, actor, request)
        require_shown(decided.decision)
        selection = replace(selection, holder_id=decided.holder.id, region=decided.region)
        page, more = await work.account_entries.page(
            selection, asked.after, asked.size, before=asked.before, last=asked.last
        )
    return page, more, selection


async def look_up_entry(dependencies: Dependencies, work: UnitOfWork, actor: Actor, entry_id: str) -> AccountEntry:
    """Return one entry, as the policy of the region that runs the account shows it.

    Raises:
        NotFound: there is none, or none that whoever asks may see.
        DecisionRefused: the region does not show it, or not through this channel.
    """
    found = await work.account_entries.get(entry_id)
    request = ServiceRequest(SERVICE, region=found.region, holder_id=found.holder_id)
    require_shown((await decide_look(dependencies, work, actor, request)).decision)
    return found


async def entry_totals(work: UnitOfWork, selection: AccountFilter) -> AccountTotals:
    """Return the sums of the entries that were selected."""
    return await work.account_entries.totals(selection)
