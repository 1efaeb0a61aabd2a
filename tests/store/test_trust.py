"""Delegations and service passwords come back as they went in."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import Conflict, NotFound
from store import Store
from tests.store import samples

pytestmark = pytest.mark.anyio


async def test_a_delegation_comes_back_as_it_went_in(store: Store) -> None:
    bare = samples.delegation("delegation-2", reason=None, services=())
    revoked = samples.delegation("delegation-3", revoked_at=samples.NOW + timedelta(days=1))
    async with store.transaction() as work:
        for delegation in (samples.delegation(), bare, revoked):
            await work.delegations.add(delegation)
        with pytest.raises(Conflict):
            await work.delegations.add(samples.delegation())
    async with store.reading() as work:
        for delegation in (samples.delegation(), bare, revoked):
            found = await work.delegations.get(delegation.id)
            assert found == delegation
            assert samples.is_utc(found.granted_at)


async def test_delegations_are_found_from_both_sides_the_oldest_first(store: Store) -> None:
    first = samples.delegation("delegation-9", granted_at=samples.NOW - timedelta(days=1))
    other = samples.delegation("delegation-2", holder_id="holder-3", delegate_id="holder-1")
    async with store.transaction() as work:
        for delegation in (samples.delegation(), first, other):
            await work.delegations.add(delegation)
    async with store.reading() as work:
        assert await work.delegations.between("holder-2", "holder-1") == (first, samples.delegation())
        assert await work.delegations.between("holder-1", "holder-2") == ()
        assert await work.delegations.of_holders(["holder-1", "holder-3", "nobody"]) == {
            "holder-1": (first, samples.delegation()),
            "holder-3": (other,),
        }
        assert await work.delegations.of_delegates(["holder-1", "holder-2"]) == {
            "holder-1": (other,),
            "holder-2": (first, samples.delegation()),
        }


async def test_a_delegation_is_revoked_once(store: Store) -> None:
    async with store.transaction() as work:
        await work.delegations.add(samples.delegation())
        revoked = replace(await work.delegations.lock("delegation-1"), revoked_at=samples.NOW + timedelta(hours=1))
        updated = await work.delegations.update(revoked)
        assert updated == await work.delegations.get("delegation-1")
        assert (updated.version, updated.revoked_at) == (1, revoked.revoked_at)
        with pytest.raises(Conflict):
            await work.delegations.update(revoked)
        with pytest.raises(NotFound, match="no delegation with that id"):
            await work.delegations.update(samples.delegation("delegation-7"))


async def test_a_password_is_kept_in_place_of_the_one_before(store: Store) -> None:
    async with store.transaction() as work:
        assert await work.passwords.of_card("card-1") is None
        await work.passwords.keep(samples.password(), "510000")
        await work.passwords.keep(samples.password("card-2"), "510000")
        wrong = samples.password(errors=3)
        await work.passwords.keep(wrong, "510000")
        assert await work.passwords.of_card("card-1") == wrong
        anew = samples.password(password_hash="another hash", changed_at=samples.NOW + timedelta(days=1))
        await work.passwords.keep(anew, "510000")
    async with store.reading() as work:
        assert await work.passwords.of_card("card-1") == anew
        assert await work.passwords.of_card("card-2") == samples.password("card-2")
        assert await work.passwords.of_card("card-3") is None


async def test_a_hash_is_never_printed(store: Store) -> None:
    async with store.transaction() as work:
        await work.passwords.keep(samples.password(), "510000")
        assert samples.PASSWORD_HASH not in repr(await work.passwords.of_card("card-1"))
