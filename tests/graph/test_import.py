"""Cards that were issued before this service come on record, from a file and by batches, each once and none lost."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from composition.commands import commands
from composition.settings import ROOT, Settings
from domain.errors import Conflict
from domain.identity import with_check_character
from schema.kit.relay import global_id
from store.repositories.cards import Cards
from tests.graph.caller import Caller, codes
from tests.graph.cards import IDENTITY_CARD
from tests.graph.journey import CHENGDU, JINAN
from tests.graph.service import GraphService
from tests.graph.test_batches import lines, sent
from tests.graph.test_cancel import applied
from tests.patience import PATIENCE

_numbers = count(1)
FOUND = "card(id: $id){id number state stateUntil bank holder{id name} history{state reason imported{digest office importedBy}}}"
KILLED = """
import os, signal, sys
import main
from composition.commands import import_cards
from composition.commands.rejected import Rejected
from store.repositories.card_imports import CardImports

import_cards.PIECE = 4
moment, calls = sys.argv[1], []

def breaking_off(owner, name):
    do = getattr(owner, name)
    def counted(*given, **more):
        if owner is CardImports and len(calls) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        done = do(*given, **more)
        calls.append(name)
        if owner is Rejected and len(calls) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return done
    setattr(owner, name, counted)

breaking_off(*((Rejected, "add") if moment == "before the commit" else (CardImports, "go_on")))
main.run(["import", sys.argv[2], "--by", "tester"], os.environ)
"""


def citizen_number() -> str:
    """Return a citizen number that nobody else has, of somebody born on 7 March 1990."""
    return with_check_character(f"51{next(_numbers):04}19900307001")


def row(**changes: str) -> dict[str, str]:
    """Return a card as a file has it: an active one of Chengdu, of somebody who is not on record."""
    number = next(_numbers)
    usual = {
        "name": "王示例",
        "identityType": "resident_identity_card",
        "identityNumber": citizen_number(),
        "cardNumber": f"OLD0N{number:06}",
        "regionCode": CHENGDU,
        "bank": "ccb",
        "generation": "third",
        "issuedOn": "2020-05-06",
        "state": "active",
        "stateSince": "2020-05-07",
        "mobile": f"139{number:08}",
    }
    return usual | changes


def written(folder: Path, rows: Sequence[Mapping[str, str]], name: str = "cards.csv", mark: str = "") -> Path:
    """Write a file of cards."""
    columns = list(dict.fromkeys(column for each in rows for column in each))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    (folder / name).write_bytes((mark + text.getvalue()).encode())
    return folder / name


def variables(service: GraphService) -> dict[str, str]:
    """Return the environment in which the command finds the service's own database and keys."""
    settings = service.running.settings
    return {**settings.values, "SERVICE_FOLDER": str(settings.folder), "DATABASE_URL": settings.database_url}


def imported(service: GraphService, file: Path) -> tuple[int, list[str]]:
    """Run the command; return its exit code and what it told."""
    told: list[str] = []
    code = commands.run(
        ["import", str(file), "--by", "tester", "--lang", "en"],
        lambda tolerant: Settings.from_environment(variables(service), tolerant=tolerant),
        told.append,
    )
    return code, told


def refused(file: Path) -> list[tuple[str, str, str]]:
    """Return the line, the column and the code of everything refused."""
    rejected = file.with_suffix(".rejected.csv")
    if not rejected.exists():
        return []
    with rejected.open(encoding="utf-8-sig", newline="") as lines:
        return [(each["line"], each["column"], each["code"]) for each in csv.DictReader(lines)]


def found(service: GraphService, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the card of a row as a clerk sees it."""
    clerk = service.clerk(CHENGDU)
    card = service.work(lambda work: work.cards.find_by_number(given["cardNumber"]))
    assert card is not None, given
    return clerk.ask(f"query($id: ID!){{{FOUND}}}", {"id": global_id("Card", card.id)})["card"]  # type: ignore[no-any-return]


def test_a_file_of_cards_comes_on_record_and_says_where_it_came_from(service: GraphService, tmp_path: Path) -> None:
    lost = row(
        state="temporarily_lost", stateSince="2026-11-18T09:30:00+08:00", stateUntil="2027-11-25", stateThen="active"
    )
    foreigner = row(
        name="Sample Person",
        identityType="passport",
        identityNumber=f"P{next(_numbers):08}",
        bornOn="1980-02-29",
        holderType="foreigner",
    )
    rows = [row(), lost, foreigner, row(state="cancelled", accountClosedAt="2024-01-02"), row(regionCode="510104")]
    file = written(tmp_path, rows, mark="\ufeff")
    code, told = imported(service, file)
    assert (code, refused(file)) == (0, [])
    assert told[0].startswith(
        "Imported: 5 cards, and 5 people who were not on record; 0 rows whose card was there before"
    )
    cards = [found(service, each) for each in rows]
    digest = sha256(file.read_bytes()).hexdigest()
    assert [card["history"][0]["imported"]["digest"] for card in cards] == [digest] * 5
    assert cards[0]["history"] == [
        {
            "state": "ACTIVE",
            "reason": "imported",
            "imported": {"digest": digest, "office": None, "importedBy": "tester"},
        }
    ]
    assert [card["state"] for card in cards] == ["ACTIVE", "TEMPORARILY_LOST", "ACTIVE", "CANCELLED", "ACTIVE"]
    assert cards[1]["stateUntil"] == "2027-11-24T16:00:00+00:00"
    assert cards[2]["holder"]["name"] == "Sample Person"
    person = service.work(
        lambda work: work.holders.find_by_identity("resident_identity_card", rows[0]["identityNumber"])
    )
    assert person is not None
    assert person.mobile == f"+86{rows[0]['mobile']}"
    own = service.citizen(person).ask(f"query($id: ID!){{{FOUND}}}", {"id": cards[0]["id"]})["card"]
    assert own["history"][0]["imported"]["importedBy"] is None


def test_every_bad_row_is_told_with_all_that_is_wrong_with_it(service: GraphService, tmp_path: Path) -> None:
    somebody = row()
    assert imported(service, written(tmp_path, [somebody], "first.csv"))[0] == 0
    mistyped = somebody["identityNumber"][:-1] + ("1" if somebody["identityNumber"][-1] != "1" else "2")
    rows = [
        row(bank="no_bank", issuedOn="2090-01-01", stateSince="2090-01-01"),
        row(identityNumber=mistyped, mobile="12"),
        row(state="asleep", stateSince="yesterday"),
        row(state="active", stateUntil="2027-01-01", stateThen="sealed"),
        row(cardNumber=somebody["cardNumber"]),
        row(identityNumber=somebody["identityNumber"], name="别人"),
        row(regionCode="999999"),
        row(bornOn="1990-03-08"),
        row(identityType="passport", identityNumber="P99999999"),
        row(name=""),
        row(stateSince="2019-01-01"),
        row(accountClosedAt="2024-01-01", insuredIn="510100 51"),
        row(),
    ]
    file = written(tmp_path, rows)
    code, told = imported(service, file)
    assert refused(file) == [
        ("2", "stateSince", "INVALID_INPUT"),
        ("2", "bank", "VALUE_NOT_POSSIBLE"),
        ("2", "issuedOn", "INVALID_INPUT"),
        ("3", "identityNumber", "IDENTITY_NUMBER_INVALID"),
        ("3", "mobile", "MOBILE_NUMBER_INVALID"),
        ("4", "state", "INVALID_INPUT"),
        ("4", "stateSince", "INVALID_INPUT"),
        ("5", "stateThen", "INVALID_INPUT"),
        ("6", "cardNumber", "CARD_EXISTS"),
        ("7", "identityNumber", "HOLDER_DIFFERS"),
        ("8", "regionCode", "REGION_UNKNOWN"),
        ("9", "bornOn", "INVALID_INPUT"),
        ("10", "bornOn", "INVALID_INPUT"),
        ("10", "holderType", "VALUE_NOT_POSSIBLE"),
        ("11", "name", "INVALID_INPUT"),
        ("12", "stateSince", "INVALID_INPUT"),
        ("13", "insuredIn", "INVALID_INPUT"),
        ("13", "accountClosedAt", "INVALID_INPUT"),
    ]
    assert code == 1
    assert told[0].startswith("Imported: 1 cards, and 1 people")
    assert "12 rows refused" in told[0]
    text = file.with_suffix(".rejected.csv").read_text(encoding="utf-8-sig")
    assert not any(
        each[name] in text for each in rows for name in ("identityNumber", "name", "cardNumber") if each[name]
    )


def test_what_is_on_record_already_is_told_and_stays_as_it_is(service: GraphService, tmp_path: Path) -> None:
    first, again = row(), row()
    assert imported(service, written(tmp_path, [first, again, again], "first.csv"))[1][0].startswith(
        "Imported: 2 cards, and 2 people who were not on record; 1 rows whose card was there before"
    )
    second = written(tmp_path, [{**first, "state": "cancelled", "bank": "icbc"}, row()])
    assert (
        "1 cards, and 1 people who were not on record; 1 rows whose card was there" in imported(service, second)[1][0]
    )
    assert (found(service, first)["state"], found(service, first)["bank"]) == ("ACTIVE", "ccb")
    # The same file once more is done already.
    assert (
        "1 cards, and 1 people who were not on record; 1 rows whose card was there" in imported(service, second)[1][0]
    )


@pytest.mark.parametrize("by_batch", [False, True])
def test_rows_with_which_somebody_else_was_faster_are_looked_at_anew(
    service: GraphService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_batch: bool
) -> None:
    there = row()
    assert imported(service, written(tmp_path, [there], "first.csv"))[0] == 0
    look, calls = Cards.owners, list[int]()

    async def too_early(cards: Cards, numbers: Iterable[str]) -> dict[str, str]:
        calls.append(1)
        return {} if len(calls) == 1 else await look(cards, numbers)

    # The unique index refuses the card then, as it would if it had come in a moment ago.
    monkeypatch.setattr(Cards, "owners", too_early)
    if by_batch:
        [answer] = batch(service.clerk(CHENGDU), "night of two", [there])["rows"]
        assert (answer["known"], answer["errors"]) == (True, [])
    else:
        told = imported(service, written(tmp_path, [there, row()]))[1]
        assert "1 cards, and 1 people who were not on record; 1 rows whose card was there" in told[0]
    assert len(calls) == 2
    assert len(found(service, there)["history"]) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(b"name,nonsense,name\n", "unknown `nonsense`, missing `bank`, `cardNumber`", id="columns"),
        pytest.param("name\n王".encode("gbk"), "not UTF-8 on line", id="encoding"),
        pytest.param(b"", "empty", id="empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(
    service: GraphService, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, told: str
) -> None:
    file = tmp_path / "cards.csv"
    file.write_bytes(content)
    assert imported(service, file) == (1, [])
    assert told in capsys.readouterr().err


def test_a_bad_line_at_the_end_keeps_the_whole_file_out(service: GraphService, tmp_path: Path) -> None:
    good = row()
    file = written(tmp_path, [good])
    file.write_bytes(file.read_bytes() + b'"open quote')
    assert imported(service, file) == (1, [])
    assert service.work(lambda work: work.cards.find_by_number(good["cardNumber"])) is None
    assert imported(service, tmp_path / "none.csv") == (1, [])


@pytest.mark.parametrize("moment", ["before the commit", "after a commit"])
def test_an_import_that_is_killed_goes_on_where_it_was(service: GraphService, tmp_path: Path, moment: str) -> None:
    rows = [row(bank="no_bank") if place % 3 == 0 else row() for place in range(11)]
    file = written(tmp_path, rows)
    environment = {**os.environ, **variables(service)}
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, moment, str(file)], cwd=ROOT, env=environment, timeout=PATIENCE, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    there = [each for each in rows if service.work(lambda work, n=each["cardNumber"]: work.cards.find_by_number(n))]  # type: ignore[misc]
    # The first piece of four is there, and nothing of the second.
    assert there == [each for each in rows[:4] if each["bank"] == "ccb"]
    code, told = imported(service, file)
    assert code == 1
    assert told[0].startswith(
        "Imported: 7 cards, and 7 people who were not on record; 0 rows whose card was there before; 4 rows"
    )
    assert refused(file) == [(str(line), "bank", "VALUE_NOT_POSSIBLE") for line in (2, 5, 8, 11)]
    assert [len(found(service, each)["history"]) for each in rows if each["bank"] == "ccb"] == [1] * 7


def test_several_cards_of_one_person_come_in_and_the_extra_one_is_cancelled(
    service: GraphService, tmp_path: Path
) -> None:
    first = row(insuredIn=f"{CHENGDU} {JINAN}")
    extra = row(identityNumber=first["identityNumber"], identityType="household_register", bank="icbc")
    assert "2 cards, and 1 people" in imported(service, written(tmp_path, [first, extra]))[1][0]
    person = service.work(lambda work: work.holders.find_by_identity(first["identityType"], first["identityNumber"]))
    assert person is not None
    # The database itself keeps it to them: no operation of this service gets the place in the province.
    with pytest.raises(Conflict) as taken:
        service.work(lambda work: work.slots.claim("510000", person.id, "an operation"))
    assert taken.value.code == "ONE_CARD_PER_PROVINCE"
    assert codes(applied(service, person)) == ["ONE_CARD_IN_PROVINCE"]
    clerk = service.clerk(CHENGDU)
    cancelled = {
        reason: clerk.change("cancelCard", cardId=found(service, each)["id"], reason=reason, evidence=papers)
        for each, reason, papers in (
            (extra, "extra_card", {"sightedDocuments": [*IDENTITY_CARD, "social_security_card"]}),
            (first, "settled_abroad", {"sightedDocuments": [*IDENTITY_CARD, "settlement_abroad_proof"]}),
        )
    }
    assert {reason: codes(payload) for reason, payload in cancelled.items()} == {"extra_card": [], "settled_abroad": []}
    assert [entry["state"] for entry in found(service, extra)["history"]] == ["ACTIVE", "CANCELLED"]
    # Once none is left, they apply as anybody does.
    assert codes(applied(service, person)) == []


def test_somebody_who_has_a_card_of_this_service_keeps_it_beside_an_old_one(
    service: GraphService, tmp_path: Path
) -> None:
    person = service.person(identity_number=citizen_number(), name="王示例")
    service.work(lambda work: work.slots.claim("510000", person.id, "an operation"))
    old = row(identityNumber=person.identity_number, identityType=person.identity_type)
    assert "1 cards, and 0 people" in imported(service, written(tmp_path, [old]))[1][0]
    assert found(service, old)["holder"]["id"] == global_id("Holder", person.id)
    assert service.work(lambda work: work.slots.holder_of("510000", person.id)) == "an operation"


def as_input(given: Mapping[str, str]) -> dict[str, str]:
    """Return a row as the graph takes it."""
    return {**given, "state": given["state"].upper(), "stateSince": f"{given['stateSince']}T00:00:00+08:00"}


def batch(caller: Caller, key: str, rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    document = (
        "mutation($input: ImportCardsBatchInput!){importCardsBatch(input: $input){done refused notReached errors{code} "
        "rows{known repeated card{number} errors{code field}}}}"
    )
    given = {"idempotencyKey": key, "rows": [as_input(each) for each in rows]}
    return caller.ask(document, {"input": given})["importCardsBatch"]  # type: ignore[no-any-return]


def test_cards_come_in_by_batches_each_row_by_itself(service: GraphService) -> None:
    clerk, good, other = service.clerk(CHENGDU), row(), row(regionCode=JINAN)
    rows = [good, row(bank="no_bank", mobile="1"), other, {**good, "name": "又一行"}]
    answer = batch(clerk, "night", rows)
    assert (answer["done"], answer["refused"], answer["notReached"]) == (1, 3, 0)
    told = [[(error["code"], error["field"]) for error in each["errors"]] for each in answer["rows"]]
    assert told == [
        [],
        [("MOBILE_NUMBER_INVALID", "input.rows.1.mobile"), ("VALUE_NOT_POSSIBLE", "input.rows.1.bank")],
        [("NOT_PERMITTED", None)],
        [("INVALID_INPUT", "input.rows.3.cardNumber")],
    ]
    [line] = found(service, good)["history"]
    assert (line["imported"]["office"], line["imported"]["importedBy"]) == (f"window-{CHENGDU}", f"clerk-{CHENGDU}")
    # What was put right is sent again under the key; another batch finds the card on record.
    again = batch(clerk, "night", [good, row()])
    assert [(each["repeated"], each["known"], each["errors"]) for each in again["rows"]] == [
        (True, False, []),
        (False, False, []),
    ]
    [known] = batch(clerk, "another night", [good])["rows"]
    assert (known["repeated"], known["known"], known["card"]["number"]) == (False, True, good["cardNumber"])
    assert len(found(service, good)["history"]) == 1


def test_a_batch_of_cards_comes_in_as_a_file_too(service: GraphService, tmp_path: Path) -> None:
    clerk, good = service.clerk(CHENGDU), row(insuredIn=f"{CHENGDU} {JINAN}")
    file = written(tmp_path, [good, row(bank="no_bank", mobile="1"), row(issuedOn="6.5.2020")]).read_bytes()
    told = lines(sent(clerk, "importCardsBatch", file))
    assert [(each["line"], each["result"], each["state"], each["code"], each["field"]) for each in told] == [
        ("2", "done", "ACTIVE", "", ""),
        ("3", "refused", "", "MOBILE_NUMBER_INVALID", "mobile bank"),
        ("4", "refused", "", "INVALID_INPUT", "issuedOn"),
    ]
    assert (
        clerk.ask("query($id: ID!){card(id: $id){number}}", {"id": told[0]["cardId"]})["card"]["number"]
        == good["cardNumber"]
    )
    assert told[0]["holderId"]
    assert lines(sent(clerk, "importCardsBatch", file))[0] == told[0] | {"result": "repeated"}
    assert lines(sent(clerk, "importCardsBatch", file, **{"Idempotency-Key": "another"}))[0]["result"] == "known"
    assert sent(service.card_maker(), "importCardsBatch", file).status_code == 403


def test_only_clerks_import(service: GraphService) -> None:
    for caller in (service.card_maker(), service.bank("ccb"), service.citizen(service.person())):
        assert codes(batch(caller, "night", [row()])) == ["NOT_PERMITTED"]


def test_the_demo_has_a_file_to_try(service: GraphService, tmp_path: Path) -> None:
    file = tmp_path / "cards.csv"
    file.write_bytes((ROOT / "demo" / "cards.csv").read_bytes())
    code, told = imported(service, file)
    assert (code, json.dumps(refused(file))) == (1, json.dumps([("6", "identityNumber", "IDENTITY_NUMBER_INVALID")]))
    assert "4 cards, and 3 people" in told[0]
