"""The medical personal account: its entries and their sums (QD-7)."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from domain.account import AccountEntry, AccountTotals
from domain.errors import NotFound, NotPermitted
from domain.holder import Actor
from domain.region import NATION
from resolvers.changing.access import NOBODY, not_found, reaches
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
    absent = not_found("个人账户明细", "account entry", entry_id)
    found: AccountEntry | None = None
    with suppress(NotFound):
        found = await work.account_entries.get(entry_id)
    if found is not None and not reaches(actor, found.region):
        found = None
    # As much is read where there is none.
    region, holder_id = (found.region, found.holder_id) if found is not None else (actor.region or NATION, NOBODY)
    request = ServiceRequest(SERVICE, region=region, holder_id=holder_id)
    try:
        decided = await decide_look(dependencies, work, actor, request)
    except (NotFound, NotPermitted):
        raise absent from None
    require_shown(decided.decision)
    if found is None:
        raise absent
    return found


async def entry_totals(work: UnitOfWork, selection: AccountFilter) -> AccountTotals:
    """Return the sums of the entries that were selected."""
    return await work.account_entries.totals(selection)
