"""What somebody who writes into the database finds: what is sealed in one row says nothing in another."""

import asyncio
import json
import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlsplit

import asyncpg
import pytest

from schema.kit.relay import global_id, split_id
from tests.graph.caller import codes
from tests.graph.cards import add_active_card
from tests.graph.journey import CHENGDU, pay, submitted, two_inches
from tests.graph.records import at_rest, rows
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


PHOTO = two_inches()
PLANTED = {
    "name": "欧阳种植",
    "identity number": "PLANT5101ID8713",
    "mobile of the application": "13987650001",
    "address of the application": "种植路一千零一号",
    "recipient": "司徒收件",
    "mobile of the delivery": "13987650002",
    "address of the delivery": "收件巷一千零二号",
    "reason of a correction": "种植的修改理由",
    "card number": "APLANT871300001",
    "tracking number": "SFPLANT8713",
    "number in a look-up": "PLANTLOOKUP8713",
    "name in a document": "诸葛写进查询",
}


def _plant(service: GraphService) -> list[str]:
    """Have a card applied for, made and sent with values that are found nowhere else; return what others were answered meanwhile."""
    person = service.person(name=PLANTED["name"], identity_number=PLANTED["identity number"])
    citizen, maker, answers = service.citizen(person), service.card_maker(), []
    citizen.document("photo", CHENGDU, PHOTO)
    told = {"mobile": PLANTED["mobile of the application"], "residenceAddress": PLANTED["address of the application"]}
    operation = submitted(citizen, details=told)
    to = {
        "method": "post", "regionCode": CHENGDU, "recipient": PLANTED["recipient"],
        "mobile": PLANTED["mobile of the delivery"], "address": PLANTED["address of the delivery"],
    }  # fmt: skip
    citizen.changed("setDelivery", operationId=operation["id"], delivery=to)
    assert pay(citizen, operation) == "paid"
    maker.changed("acceptForProduction", operationId=operation["id"])
    maker.changed("requestCorrection", operationId=operation["id"], reason=PLANTED["reason of a correction"])
    assert PLANTED["reason of a correction"] in str(citizen.operation(operation["id"]))
    corrected = {**told, "residenceAddress": f"{PLANTED['address of the application']}改"}
    citizen.changed("correctApplication", operationId=operation["id"], evidence={"details": corrected})
    maker.changed("recordProduced", operationId=operation["id"], cardNumber=PLANTED["card number"], generation="third")
    maker.changed("recordShipped", operationId=operation["id"], trackingNumber=PLANTED["tracking number"])
    shown = str(citizen.operation(operation["id"]))
    planted = (
        "name",
        "recipient",
        "address of the delivery",
        "mobile of the delivery",
        "tracking number",
    )
    assert [what for what in planted if PLANTED[what] not in shown] == [], "or nothing was planted"
    assert service.work(lambda work: work.cards.find_by_number(PLANTED["card number"])) is not None
    # What goes wrong, in every way in which something does.
    stranger = service.citizen(service.person())
    for document, variables in (
        ("query($id: ID!){operation(id: $id){state details{value}}}", {"id": operation["id"]}),
        (f'{{holder(name: "{PLANTED["name in a document"]}") {{id nothing}}}}', {}),
        (f'{{card(number: "{PLANTED["number in a look-up"]}", x: 1) {{id}}', {}),
        ("query($n: Int!){holder(id: $n){id}}", {"n": PLANTED["number in a look-up"]}),
    ):
        answers.append(str(stranger.answer(document, variables)))
    service.sms.out_of_order = True
    try:
        number = PLANTED["mobile of the application"]
        answers.append(str(codes(citizen.change("requestVerificationCode", purpose="apply", mobile=number))))
    finally:
        service.sms.out_of_order = False
    return answers


def test_what_is_planted_is_found_nowhere_in_clear(
    service: GraphService, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    # What the driver of the database is given is told at the lowest level alone, which nobody serves with.
    logging.getLogger("tortoise").setLevel(logging.INFO)
    answers = _plant(service)
    folder = service.running.settings.uploads
    files = b"".join(path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file())
    places = {
        "database": at_rest(service),
        "decisions": "\n".join(rows(service, "decisions")["decisions"]),
        "log": caplog.text,
        "console": "".join(capfd.readouterr()),
        "metrics": service.http.get("/metrics").text,
        "answers to others": "\n".join(answers),
        "files": files.decode(errors="replace"),
    }
    found = [
        (what, place)
        for what, value in PLANTED.items()
        for place, content in places.items()
        for form in (value, json.dumps(value)[1:-1], quote(value))
        if form in content
    ]
    assert found == []
    assert PHOTO[600:640] not in files
    assert PHOTO[600:640] not in at_rest(service).encode()
    assert len(files) > len(PHOTO)
