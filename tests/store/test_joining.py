"""People whom earlier versions put on record twice, by two documents with one citizen number, become one."""

from datetime import timedelta
from typing import Any

import pytest

from domain.holder import Guardianship
from store import Joined, Keys, Store
from store.blind_index import normal_text
from store.joining import MIGRATION
from store.sealing import Sealer
from tests.store import samples
from tests.store.raw import query

pytestmark = pytest.mark.anyio

NUMBER = "11010519491231002X"
OLD_NUMBER = "110105491231002"


def _as_before(sealer: Sealer, identity_type: str, identity_number: str) -> str:
    """Return the blind index that earlier versions made, which told documents apart and not people."""
    return sealer._index("identity", identity_type, normal_text(identity_number))


async def _migrated_again(store: Store, url: str, request: pytest.FixtureRequest) -> list[Joined]:
    query(url, request, f"DELETE FROM tortoise_migrations WHERE name = '{MIGRATION}'", "SELECT 1")
    return await store.migrate()


@pytest.mark.parametrize("number", [NUMBER, NUMBER.lower(), OLD_NUMBER])
async def test_two_records_of_one_person_become_one_with_all_that_both_had(
    database_url: str, keys: Keys, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    store = await Store.open(database_url, keys)
    register: dict[str, Any] = {"identity_type": "household_register", "identity_number": number, "mobile": None}
    card: dict[str, Any] = {"identity_type": "resident_identity_card", "identity_number": NUMBER}
    with monkeypatch.context() as earlier:
        earlier.setattr(Sealer, "identity_index", _as_before)
        async with store.transaction() as work:
            await work.holders.add(samples.holder("holder-1", **register, insured_in=("510100",)))
            await work.holders.add(samples.holder("holder-2", **card, insured_in=("370200",)))
            await work.holders.add(samples.holder("holder-3", identity_type="passport", identity_number=NUMBER))
            await work.cards.add(samples.card())
            await work.operations.add(samples.operation(holder_id="holder-2", actor_id="holder-2"))
            await work.slots.claim("510000", "holder-1", "operation-0")
            await work.slots.claim("510000", "holder-2", "operation-1")
            await work.slots.claim("370000", "holder-2", "operation-2")
            await work.guardianships.add(Guardianship("holder-2", "ward-1", "parent", samples.NOW))
            await work.delegations.add(samples.delegation(holder_id="holder-2", delegate_id="holder-3"))
    assert await _migrated_again(store, database_url, request) == [Joined("holder-1", "holder-2")]
    async with store.transaction() as work:
        found = await work.holders.find_by_identity("resident_identity_card", NUMBER)
        assert found is not None
        assert await work.holders.find_by_identity("household_register", OLD_NUMBER) == found
        assert (found.id, found.insured_in, found.mobile) == ("holder-1", ("510100", "370200"), samples.holder().mobile)
        assert set(await work.holders.get_many(["holder-1", "holder-2", "holder-3"])) == {"holder-1", "holder-3"}
        assert [o.actor_id for o in await work.operations.of_holder("holder-1")] == ["holder-1"]
        assert len((await work.cards.of_holders(["holder-1"]))["holder-1"]) == 1
        assert set(await work.guardianships.of_guardians(["holder-1"])) == {"holder-1"}
        assert set(await work.delegations.of_holders(["holder-1"])) == {"holder-1"}
    slots = query(database_url, request, "SELECT province, holder_id FROM slots ORDER BY province")
    assert slots == [("370000", "holder-1"), ("510000", "holder-1")]
    # Once more changes nothing.
    assert await _migrated_again(store, database_url, request) == []
    await store.close()


async def test_the_record_with_the_card_is_kept(
    database_url: str, keys: Keys, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await Store.open(database_url, keys)
    with monkeypatch.context() as earlier:
        earlier.setattr(Sealer, "identity_index", _as_before)
        async with store.transaction() as work:
            for number, identity_type in enumerate(("household_register", "resident_identity_card")):
                died = samples.NOW + timedelta(days=number) if number else None
                fields: dict[str, Any] = {"identity_type": identity_type, "deceased_at": died}
                await work.holders.add(samples.holder(f"holder-{number}", **fields, identity_number=NUMBER))
            await work.cards.add(samples.card())
    assert await _migrated_again(store, database_url, request) == [Joined("holder-1", "holder-0")]
    async with store.reading() as work:
        assert (await work.holders.get("holder-1")).deceased_at is not None
    await store.close()
