"""The programs of examples/python do the whole work of a card maker, a bank and a hospital, and have the graph alone."""

import ast
import csv
import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from composition.settings import ROOT
from domain.card import CardState
from domain.operation import OperationState
from tests.graph.caller import Caller
from tests.graph.cards import add_card
from tests.graph.journey import CHENGDU, card_number, details, two_inches
from tests.graph.programs import run_example, started_wrongly, write_rows
from tests.graph.replacements import IN_PERSON
from tests.graph.service import GraphService, holder_id
from tests.graph.test_cancel import cancelled
from tests.graph.waiting import waiting_operations

ZAOZHUANG = "370400"
"""A city whose operations no other test lists."""
MIANYANG = "510700"
NIGHT = "2026-11-20"
PROGRAMS = ROOT / "examples" / "python"
GUIDES = ("docs/integration.en.md", "docs/integration.zh.md")
PARTS = {"batches", "graph", "program", "situations.evidence", "situations.second_clerk", "situations.telling"}
"""What programs share, and nobody starts."""


def rows_of(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.open(encoding="utf-8", newline="")))


def test_a_card_maker_does_its_nights_by_the_recipe(service: GraphService, tmp_path: Path) -> None:
    maker = service.card_maker(ZAOZHUANG)
    first, second = waiting_operations(service, 2, OperationState.PAID, ZAOZHUANG)
    [wrong] = waiting_operations(service, 1, OperationState.CORRECTION_REQUESTED, ZAOZHUANG)
    ran = run_example("card_maker", maker, str(tmp_path), NIGHT)
    assert (ran.status, ran.lines) == (0, [f"{first} done", f"{second} done", "2 to print"])
    assert [row["operationId"] for row in rows_of(tmp_path / "to_print.csv")] == [first, second]
    assert run_example("card_maker", maker, str(tmp_path), NIGHT).lines == ["2 to print"]

    made = [{"operationId": each, "cardNumber": card_number(), "generation": "third"} for each in (first, second)]
    write_rows(
        tmp_path / "printed.csv",
        [*made, {"operationId": wrong, "cardNumber": card_number(), "generation": "third"}],
    )
    write_rows(tmp_path / "parcels.csv", [{"operationId": first, "trackingNumber": "SF1"}])
    ran = run_example("card_maker", maker, str(tmp_path), "2026-11-21")
    assert ran.status == 1
    assert [line for line in ran.lines if line.endswith(("done", "refused", "print"))] == [
        f"{first} done", f"{second} done", f"{wrong} refused", f"{first} done", "0 to print"
    ]  # fmt: skip
    assert any(line.startswith("NOT_ACCEPTED: ") for line in ran.lines)
    # A night that broke off is begun again: what was done stays done, once.
    again = run_example("card_maker", maker, str(tmp_path), "2026-11-21")
    assert again == ran
    assert [maker.operation(each)["state"] for each in (first, second, wrong)] == [
        "SHIPPED",
        "PRODUCED",
        "CORRECTION_REQUESTED",
    ]
    assert maker.operation(second)["card"]["number"] == made[1]["cardNumber"]


def test_a_card_maker_has_the_photo_beside_what_is_printed(service: GraphService, tmp_path: Path) -> None:
    clerk, maker, person = (
        service.clerk(MIANYANG),
        service.card_maker(MIANYANG),
        holder_id(service.person(insured_in=(MIANYANG,))),
    )
    photo = clerk.document("photo", MIANYANG, two_inches(), holderId=person)
    evidence = {"details": details(), "documentIds": [photo], **IN_PERSON}
    place = {"regionCode": MIANYANG, "bank": "ccb", "delivery": {"method": "outlet"}}
    applied = clerk.changed("applyForCard", holderId=person, **place, evidence=evidence)
    operation = applied["operation"]["id"]
    folder = tmp_path / "tonight"
    assert f"{operation} done" in run_example("card_maker", maker, str(folder), "a night with a photo").lines
    photos = {row["operationId"]: row["photo"] for row in rows_of(folder / "to_print.csv")}
    assert photos[operation].endswith(".jpeg")
    assert (folder / photos[operation]).read_bytes() == two_inches()
    assert {file.name for file in folder.iterdir()} == {"to_print.csv", *filter(None, photos.values())}


def test_a_bank_closes_the_accounts_of_cancelled_cards_by_the_recipe(service: GraphService, tmp_path: Path) -> None:
    bank, closed = service.bank("bocd", CHENGDU), tmp_path / "closed.txt"
    first, second = (add_card(service, service.person(), CHENGDU, "bocd", CardState.ACTIVE) for _ in range(2))
    for card in (first, second):
        cancelled(service, card)
        service.clock.advance(timedelta(minutes=1))
    closed.write_text("")
    ran = run_example("close_accounts", bank, str(closed))
    assert (ran.status, ran.lines) == (0, [f"{first.number} to close", f"{second.number} to close"])
    closed.write_text(f"{first.number}\n")
    ran = run_example("close_accounts", bank, str(closed))
    assert (ran.status, ran.lines) == (0, [f"{first.number} closed", f"{second.number} to close"])
    assert run_example("close_accounts", bank, str(closed)).lines == [f"{second.number} to close"]
    in_use = add_card(service, service.person(), CHENGDU, "bocd", CardState.ACTIVE)
    closed.write_text(f"{in_use.number}\nA0000000\n")
    ran = run_example("close_accounts", bank, str(closed))
    assert ran.status == 1
    assert [line.split(": ")[0] for line in ran.lines[::2]] == [
        f"{in_use.number} refused",
        "A0000000 refused",
        f"{second.number} to close",
    ]
    assert ran.lines[1].startswith("APPLICATION_NOT_CANCELLED: ")


def test_a_hospital_checks_a_card_by_the_recipe(service: GraphService) -> None:
    hospital = service.medical_institution()
    good, lost = (
        add_card(service, service.person(), CHENGDU, state=state)
        for state in (CardState.ACTIVE, CardState.TEMPORARILY_LOST)
    )
    assert run_example("check_card", hospital, good.number).lines == ["usable"]
    ran = run_example("check_card", hospital.in_chinese, lost.number)
    assert (ran.status, ran.lines) == (
        1, ["not usable", "TEMPORARILY_LOST: 这张卡已挂失，药店和医院都不能使用。卡已找回的，请持卡人先解挂。"]
    )  # fmt: skip


def test_whoever_starts_a_program_wrongly_is_told_how(service: GraphService, monkeypatch: pytest.MonkeyPatch) -> None:
    hospital, clerk = service.medical_institution(), service.clerk(CHENGDU)
    for name, arguments in (
        ("check_card", ()),
        ("check_card", ("A1", "A2")),
        ("situations.newborn", ()),
        ("situations.newborn", ("adopt",)),
        ("situations.newborn", ("apply", "a key")),
    ):
        told = started_wrongly(name, hospital, *arguments)
        assert f"python -m examples.python.{name} " in told
    assert "No such file" in started_wrongly("situations.old_cards", clerk, "bring_in", "a name", "no.csv")
    monkeypatch.setattr(clerk.http, "base_url", "http://127.0.0.1:9")
    assert started_wrongly("check_card", clerk, "A1").startswith("http://127.0.0.1:9/graphql does not answer: ")


def test_a_refusal_of_the_whole_question_is_told_with_its_code(service: GraphService) -> None:
    forged = Caller(service.http, lambda: "of nobody", service.code, service.face, "en")
    ran = run_example("check_card", forged, "A1")
    assert (ran.status, ran.lines[0]) == (1, "refused")
    assert ran.lines[1].startswith("NOT_AUTHENTICATED: ")


def programs() -> Iterator[tuple[str, Path]]:
    """Yield each module of the programs by its name below examples/python."""
    for file in sorted(PROGRAMS.rglob("*.py")):
        if file.name != "__init__.py":
            yield ".".join(file.relative_to(PROGRAMS).with_suffix("").parts), file


def test_each_recipe_stays_short() -> None:
    for name, file in programs():
        assert len(file.read_text(encoding="utf-8").splitlines()) < 100, name


def test_the_programs_import_nothing_of_the_house() -> None:
    for name, file in programs():
        tree = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        imported = [
            module
            for node in tree
            if isinstance(node, ast.Import | ast.ImportFrom)
            for module in (
                [node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
            )
        ]
        strange = [
            module
            for module in imported
            if module.partition(".")[0] not in {*sys.stdlib_module_names, "httpx"}
            and not module.startswith("examples.python")
        ]
        assert not strange, name


def named_in(page: str) -> set[str]:
    """Return the programs that a page names by their files."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return {name.replace("/", ".") for name in re.findall(r"examples/python/([a-z_/]+)\.py", text)}


@pytest.mark.parametrize("page", GUIDES)
def test_the_guide_names_each_program_and_none_that_is_not_there(page: str) -> None:
    there = {name for name, _ in programs()}
    named = named_in(page)
    assert named <= there
    assert there - named == PARTS - {"graph"}, "say what these are for"


def test_each_situation_is_a_program() -> None:
    found = [name for name, _ in programs() if name.startswith("situations.")]
    stories = (ROOT / "tests" / "graph" / "test_situations.py").read_text(encoding="utf-8")
    run_by_a_story = set(re.findall(r'(?:done|refused)\(\s*"([a-z_]+)"', stories))
    assert {f"situations.{name}" for name in run_by_a_story} == set(found) - PARTS
