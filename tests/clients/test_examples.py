"""The recipes in TypeScript: their documents are typed by the schema, a strict compiler takes them, and they say what those in Python say."""

import csv
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from composition.settings import ROOT
from domain.card import CardState
from tests.clients.conftest import run_node
from tests.graph.caller import Caller
from tests.graph.cards import add_card
from tests.graph.journey import CHENGDU, ZAOZHUANG
from tests.graph.programs import Ran, asked_by, run_example
from tests.graph.service import GraphService
from tests.graph.test_cancel import cancelled
from tests.graph.waiting import waiting_operations
from tests.node import node
from tests.patience import PATIENCE

RECIPES = ROOT / "examples" / "typescript"
PROGRAMS = {"card_maker": "card-maker", "check_card": "check-card", "close_accounts": "close-accounts"}
"""The programs by the names that they have in Python."""


@pytest.fixture(scope="module")
def built(clients: Path) -> Path:
    """The folder of the programs, compiled beside the packages that their package.json names."""
    folder = clients / "generated" / "examples"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(RECIPES, folder, ignore=shutil.ignore_patterns("node_modules", "generated", "built"))
    packages = f"{os.path.relpath(clients, folder)}/node_modules"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SCHEMA", str(ROOT / "schema" / "schema.graphql"))
        run_node(folder, f"{packages}/@graphql-codegen/cli/cjs/bin.js", "--config", "codegen.yml")
    run_node(folder, f"{packages}/typescript/bin/tsc")
    for name in PROGRAMS.values():
        how = ("--bundle", "--platform=node", "--format=esm", f"--outfile=built/{name}.js")
        run_node(folder, f"{packages}/esbuild/bin/esbuild", f"{name}.ts", *how)
    return folder / "built"


def run_typed(built: Path, name: str, caller: Caller, *arguments: str) -> Ran:
    """Run a program with the token of a caller."""
    command = [node(), str(built / f"{PROGRAMS[name]}.js"), *arguments]
    done = subprocess.run(
        command, env=os.environ | asked_by(caller), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert not done.stderr, done.stderr
    return Ran(done.returncode, done.stdout.splitlines())


def test_a_hospital_is_told_the_same(service: GraphService, built: Path) -> None:
    hospital = service.medical_institution().in_chinese
    for state in CardState:
        card = add_card(service, service.person(), CHENGDU, state=state)
        told = run_typed(built, "check_card", hospital, card.number)
        assert told == run_example("check_card", hospital, card.number)
        assert (told.status == 0) == (told.lines[0] == "usable") == (state is CardState.ACTIVE)


def test_a_bank_closes_the_same_accounts(service: GraphService, built: Path, tmp_path: Path) -> None:
    bank, closed = service.bank("bocd", CHENGDU), tmp_path / "closed.txt"
    cards = [add_card(service, service.person(), CHENGDU, "bocd", CardState.ACTIVE) for _ in range(3)]
    for card in cards[:2]:
        cancelled(service, card)
    closed.write_text(f"{cards[0].number}\n{cards[2].number}\nA0000000\n")
    told = run_typed(built, "close_accounts", bank, str(closed))
    assert told.status == 1
    assert [line for line in told.lines if line.startswith("A")][:3] == [
        f"{cards[0].number} closed",
        f"{cards[2].number} refused",
        *[line for line in told.lines if line.startswith("APPLICATION_NOT_CANCELLED: ")],
    ]
    assert told.lines[-1] == f"{cards[1].number} to close"
    # What was closed is known now, and both say the same of the rest.
    again = run_typed(built, "close_accounts", bank, str(closed))
    assert again == run_example("close_accounts", bank, str(closed)) == Ran(1, told.lines[1:])


def test_a_card_maker_accepts_and_prints_the_same(service: GraphService, built: Path, tmp_path: Path) -> None:
    maker = service.card_maker(ZAOZHUANG)
    ids = waiting_operations(service, 3, region=ZAOZHUANG)
    told = run_typed(built, "card_maker", maker, "a night")
    assert (told.status, told.lines[:3]) == (0, [f"{each} done" for each in ids])
    printed = [json.loads(line) for line in told.lines[3:]]
    assert [(each["operationId"], each["bank"], each["photo"]) for each in printed] == [
        (each, "ccb", None) for each in ids
    ]
    assert run_typed(built, "card_maker", maker, "a night").lines == told.lines[3:]
    assert run_example("card_maker", maker, str(tmp_path), "a night").lines == ["3 to print"]
    [found] = {row["name"] for row in csv.DictReader((tmp_path / "to_print.csv").open(encoding="utf-8"))}
    assert {each["name"] for each in printed} == {found}


def test_the_packages_are_those_that_were_tried(clients: Path) -> None:
    tried = json.loads((clients / "package.json").read_text(encoding="utf-8"))["dependencies"]
    named = json.loads((RECIPES / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    assert named == {name: tried[name] for name in named}
