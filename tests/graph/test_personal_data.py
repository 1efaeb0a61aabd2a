"""What somebody who writes into the database finds: what is sealed in one row says nothing in another."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from schema.kit.relay import global_id, split_id
from tests.graph.caller import codes
from tests.graph.cards import add_active_card
from tests.graph.journey import CHENGDU
from tests.graph.service import GraphService


def run(service: GraphService, *statements: str) -> None:
    """Run statements on the database beside the service."""

    async def on_server(url: str) -> None:
        connection = await asyncpg.connect(url)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    url = service.running.settings.database_url
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(Path(urlsplit(url).path[1:]))) as connection, connection:
            for statement in statements:
                connection.execute(statement)
    else:
        asyncio.run(on_server(url))


def exchange(service: GraphService, table: str, one: str, other: str) -> None:
    """Put into each of two rows what is sealed in the other."""
    run(
        service,
        f"CREATE TEMP TABLE kept AS SELECT id, sealed FROM {table} WHERE id IN ('{one}', '{other}')",
        f"UPDATE {table} SET sealed = (SELECT sealed FROM kept WHERE kept.id <> {table}.id) WHERE id IN ('{one}', '{other}')",
    )


def test_what_is_sealed_of_one_person_is_refused_in_the_row_of_another(
    service: GraphService, caplog: pytest.LogCaptureFixture
) -> None:
    one, other = service.person(name="王某某"), service.person(name="李某某")
    asked = {"id": global_id("Holder", one.id)}
    exchange(service, "holders", one.id, other.id)
    found = service.citizen(one).answer("query($id: ID!){holder(id: $id){id name}}", asked)
    [error] = found["errors"]
    assert error["extensions"]["code"] == "RECORD_UNREADABLE"
    assert f"holders/sealed/{one.id}" in error["message"]
    assert "王某某" not in str(found)
    assert "李某某" not in str(found)
    assert f"holders/sealed/{one.id}" in caplog.text
    assert "another record" in caplog.text
    assert "Traceback" not in caplog.text
    exchange(service, "holders", one.id, other.id)
    assert service.citizen(one).ask("query($id: ID!){holder(id: $id){name}}", asked)["holder"]["name"] == "王某某"


def test_a_change_of_a_card_that_holds_anothers_number_is_refused_and_changes_nothing(service: GraphService) -> None:
    people = [service.person() for _ in range(2)]
    shown = [add_active_card(service, person, CHENGDU) for person in people]
    ids = [split_id(card.id, "id")[1] for card in shown]
    before = service.work(lambda work: work.cards.get(ids[0]))
    exchange(service, "cards", *ids)
    told = service.citizen(people[0]).change("reportTemporaryLoss", cardId=shown[0].id)
    assert codes(told) == ["RECORD_UNREADABLE"]
    assert f"cards/sealed/{ids[0]}" in told["errors"][0]["message"]["en"]
    exchange(service, "cards", *ids)
    assert service.work(lambda work: work.cards.get(ids[0])) == before
