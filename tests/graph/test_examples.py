"""The programs of examples/python do the whole work of a card maker, a bank and a hospital."""

import csv
from datetime import timedelta
from pathlib import Path

from composition.settings import ROOT
from domain.card import CardState
from domain.operation import OperationState
from tests.graph.cards import add_card
from tests.graph.journey import CHENGDU, card_number
from tests.graph.programs import run_example, write_rows
from tests.graph.service import GraphService
from tests.graph.test_cancel import cancelled
from tests.graph.waiting import waiting_operations

ZAOZHUANG = "370400"
"""A city whose operations no other test lists."""
NIGHT = "2026-11-20"


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


def test_each_recipe_stays_short() -> None:
    for file in (ROOT / "examples" / "python").glob("*.py"):
        assert len(file.read_text(encoding="utf-8").splitlines()) < 100, file
