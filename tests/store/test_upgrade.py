"""A database that version 0.1.0 has filled keeps every row when this version migrates it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget

from domain.card import AccountState, Card, CardEvent, CardState
from domain.ending import Ending
from domain.fee import Due, Fee
from domain.holder import Guardianship, Holder
from domain.identity import IdentityDocument
from domain.message import Message
from domain.operation import Operation
from store import Keys, Store, StoreError
from store.migrator import APP, apps_on
from store.records import CardStateEntry
from store.sealing import Sealer
from tests.history import history_of_holder
from tests.store import samples
from tests.store.earlier import by_fernet
from tests.store.raw import query

pytestmark = pytest.mark.anyio

NOW = samples.NOW.astimezone(UTC)
FIRST = "0001_initial"
HOLDER = samples.holder(landline=None, register_address=None)
ACTIVE = samples.card()
SEALED = samples.card(
    "card-2", state=CardState.SEALED, state_until=samples.NOW + timedelta(days=365), state_then=CardState.CANCELLED
)
PAID_AT = samples.NOW + timedelta(hours=1)
POSTAGE = Fee("postage", 1200, "holder", Message("邮寄费", "Postage"), "deliver", "postage_by_zone")
OPERATION = samples.operation(
    replaced_card_id=None,
    reason=None,
    sighted=(),
    declarations={},
    details={"contact": samples.DETAIL},
    # It was paid with the operation, and before the operation went on.
    fees=(replace(POSTAGE, due=Due.BEFORE, paid_at=PAID_AT),),
    paid_at=PAID_AT,
    postponed=None,
)
KEY = b"encryption key of the test suite"
SUBMITTED = samples.timeline_entry()


def _row(value: object, *names: str) -> dict[str, Any]:
    return {name: getattr(value, name) for name in names}


def _holder(sealer: Sealer, value: Holder) -> dict[str, Any]:
    personal = ("name", "identity_type", "identity_number", "born_on", "mobile", "address", "postcode", "groups")
    return {
        **_row(value, "id", "holder_type", "address_region", "full_capacity", "photo_on_file", "version"),
        "province": "510000",
        "identity_index": sealer.identity_index(value.identity_type, value.identity_number),
        "sealed": by_fernet(KEY, _row(value, *personal)),
        "insured_in": '["510100"]',
        "employed_in": '["370200","370100"]',
        "photo_taken_on": "2025-01-02",
    }


def _card(sealer: Sealer, value: Card) -> dict[str, Any]:
    plain = ("id", "province", "region", "holder_id", "bank", "generation", "state", "state_since", "state_until")
    return {
        **_row(value, *plain, "state_then", "version"),
        "number_index": sealer.card_number_index(value.number),
        "sealed": by_fernet(KEY, _row(value, "number", "social_security_number")),
        "issued_on": "2020-02-29",
        "expires_on": "2030-02-28",
    }


def _card_state(value: Card) -> dict[str, Any]:
    return {
        **_row(value, "province", "region", "state"),
        "card_id": value.id,
        "since": value.state_since,
        "until": value.state_until,
        "then": value.state_then,
        "operation_id": "operation-1",
        "reason": None,
    }


def _operation(value: Operation) -> dict[str, Any]:
    plain = ("id", "province", "region", "service", "holder_id", "actor_id", "relation", "state", "channel", "office")
    later = ("created_at", "updated_at", "policy_digest", "bank", "outlet", "card_id", "paid_at", "promised_at")
    personal = _row(value, "details", "declarations", "correction_reason", "tracking_number")
    return {
        **_row(value, *plain, *later, "promise_estimated", "version"),
        "sealed": by_fernet(KEY, {**personal, "delivery": _row(value.delivery, *_DELIVERY)}),
        "documents": '["document-1","document-2"]',
        "fees": '[{"id":"postage","amount":1200,"payer":"holder","label":{"zh":"\\u90ae\\u5bc4\\u8d39","en":"Postage"},'
        '"service":"deliver","rule":"postage_by_zone"}]',
        "archive": '["identity_card_copy"]',
    }


_DELIVERY = ("method", "outlet", "region", "recipient", "mobile", "address", "postcode")


def _timeline() -> dict[str, Any]:
    plain = ("operation_id", "at", "event", "from_state", "to_state", "actor_id", "role", "channel", "office")
    sealed = by_fernet(KEY, {"note": samples.NOTE})
    return {**_row(SUBMITTED, *plain, "policy_digest"), "province": "510000", "sealed": sealed}


def _rows(sealer: Sealer) -> list[tuple[str, dict[str, Any]]]:
    """Return what version 0.1.0 wrote, by table."""
    return [
        ("holders", _holder(sealer, HOLDER)),
        ("cards", _card(sealer, ACTIVE)),
        ("cards", _card(sealer, SEALED)),
        ("card_states", _card_state(ACTIVE)),
        ("card_states", _card_state(SEALED)),
        ("operations", _operation(OPERATION)),
        ("timeline", _timeline()),
        ("slots", {"province": "510000", "holder_id": "holder-1", "operation_id": "operation-1"}),
        ("guardianships", {"guardian_id": "holder-1", "ward_id": "ward-1", "kinship": "parent", "recorded_at": NOW}),
    ]


def _insertion(table: str, row: dict[str, Any]) -> str:
    names = ", ".join(f'"{name}"' for name in row)
    return f"INSERT INTO {table} ({names}) VALUES ({', '.join(_literal(value) for value in row.values())})"


def _literal(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "NULL", True: "TRUE", False: "FALSE"}[value]
    if isinstance(value, int):
        return str(value)
    # The form in which version 0.1.0 wrote moments into SQLite files, and PostgreSQL reads it too.
    text = value.astimezone(UTC).isoformat(" ") if isinstance(value, datetime) else str(value)
    return "'{}'".format(text.replace("'", "''"))


async def _migrate_to(store: Store, name: str) -> None:
    """Apply the migrations up to one and no further, as the version that it was the last one of did."""
    with store._active():
        async with store._client.unit() as transaction:
            connections = store._context.connections
            token = connections.set(transaction.connection_name, transaction)
            try:
                executor = MigrationExecutor(transaction, apps_on(transaction.connection_name))
                await executor.recorder.ensure_schema(executor._schema_editor(atomic=False))
                await executor.migrate([MigrationTarget(APP, name)], direction="forward")
            finally:
                connections.reset(token)


@pytest.fixture
async def old_url(empty_database_url: str, keys: Keys, request: pytest.FixtureRequest) -> str:
    """Return the URL of a database as version 0.1.0 left it."""
    store = await Store.open(empty_database_url, keys)
    await _migrate_to(store, FIRST)
    await store.close()
    statements = [_insertion(table, row) for table, row in _rows(Sealer(keys))]
    assert KEY in keys.encryption
    assert query(empty_database_url, request, *statements, "SELECT count(*) FROM cards") == [(2,)]
    return empty_database_url


async def test_the_old_schema_must_be_migrated_first(old_url: str, keys: Keys) -> None:
    store = await Store.open(old_url, keys)
    with pytest.raises(StoreError, match="lacks the migrations 0002_every_service"):
        await store.check()
    await store.migrate()
    await store.check()
    await store.close()


async def test_every_row_reads_as_before_and_what_is_new_has_a_sensible_value(old_url: str, keys: Keys) -> None:
    store = await Store.open(old_url, keys)
    await store.migrate()
    async with store.reading() as work:
        assert await work.holders.get("holder-1") == HOLDER
        assert await work.holders.find_by_identity("identity_card", samples.IDENTITY_NUMBER) == HOLDER
        assert await work.holders.namesakes([replace(HOLDER, id="another")]) == {"another": (HOLDER,)}
        [document] = await work.identity_documents.of_holder("holder-1")
        assert document == IdentityDocument(document.id, "holder-1", HOLDER.identity_type, samples.IDENTITY_NUMBER)
        assert await work.cards.get_many(["card-1", "card-2"]) == {"card-1": ACTIVE, "card-2": SEALED}
        assert await work.cards.find_by_number(SEALED.number) == SEALED
        assert (ACTIVE.account_state, ACTIVE.password_locked, ACTIVE.replaces_id) == (AccountState.OPEN, False, None)
        assert await work.operations.get("operation-1") == OPERATION
        assert await work.operations.replacing(["card-1", "card-2"]) == {}
        assert await work.timeline.of_operations(["operation-1"]) == {"operation-1": (SUBMITTED,)}
        assert await work.slots.holder_of("510000", "holder-1") == "operation-1"
        assert await work.guardianships.of_ward("ward-1") == (Guardianship("holder-1", "ward-1", "parent", NOW),)
        assert await work.passwords.of_card("card-1") is None
        assert await work.delegations.of_holders(["holder-1"]) == {}
        assert await work.cards.states_of_cards(["card-1"], NOW) == {
            "card-1": (CardStateEntry("card-1", "510100", CardState.ACTIVE, NOW, operation_id="operation-1"),)
        }
        assert [record.name for record in await history_of_holder(work, "holder-1", NOW)] == [
            "apply",
            "active",
            "sealed",
        ]
    await store.close()


async def test_what_this_version_can_do_works_on_old_rows(old_url: str, keys: Keys) -> None:
    store = await Store.open(old_url, keys)
    await store.migrate()
    lapse = Ending(NOW + timedelta(days=7), CardState.ACTIVE)
    async with store.transaction() as work:
        card = await work.cards.lock("card-1")
        await work.cards.update(card.after(CardEvent.REPORT_TEMPORARY_LOSS, NOW + timedelta(seconds=1), lapse))
        await work.passwords.keep(samples.password(), "510000")
        await work.operations.update(replace(OPERATION, replaced_card_id="card-1", reason="damaged"))
        await work.holders.update(replace(HOLDER, landline=samples.LANDLINE))
        await work.delegations.add(samples.delegation())
    async with store.reading() as work:
        assert [card.id for card in await work.cards.lapsed(lapse.at, None, 10)] == ["card-1"]
        assert [state.state for state in (await work.cards.states_of_cards(["card-1"], lapse.at))["card-1"]] == [
            CardState.ACTIVE, CardState.TEMPORARILY_LOST, CardState.ACTIVE,
        ]  # fmt: skip
        assert (await work.operations.replacing(["card-1"]))["card-1"][0].reason == "damaged"
        assert (await work.holders.get("holder-1")).landline == samples.LANDLINE
        assert await work.passwords.of_card("card-1") == samples.password()
    await store.close()
