"""Every case of the regions and of the trees of tests, run through the service on each kind of database."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateways.working_calendar import ChineseWorkingCalendar
from policies.cases.case_files import load_cases
from policies.engine.decide import Policies
from policies.tree.tree import load_tree
from rehearsal import rehearse
from tests.databases import ENGINES, TestServer
from tests.policies.support.added_codes import add_codes
from tests.policies.support.regions import REGIONS

POLICIES = Path(__file__).parents[1] / "policies"
EXPRESSIVE, GUANGDONG = POLICIES / "expressive", POLICIES / "guangdong"


def _failed(folder: Path, database_url: str | None, below: str = "") -> list[str]:
    tree = load_tree(folder)
    policies = Policies(tree, calendar=ChineseWorkingCalendar(tree.days.holidays, tree.days.workdays))
    cases = [case for case in load_cases(tree) if case.place.file.startswith(below)]
    results = rehearse(policies, cases, database_url)
    assert len(results) == len(cases) > 0
    return [result.text("en") for result in results if not result.passed]


@pytest.fixture
def empty_postgresql(postgresql: TestServer) -> Iterator[str]:
    name = postgresql.create()
    yield postgresql.url(name)
    postgresql.drop(name)


@pytest.fixture(params=ENGINES)
def empty(request: pytest.FixtureRequest) -> str | None:
    """Where each kind of database is: none named is one of SQLite."""
    if request.param == "sqlite":
        return None
    found: str = request.getfixturevalue("empty_postgresql")
    return found


def test_every_case_of_the_regions_holds_in_the_service_on_postgresql(empty_postgresql: str) -> None:
    """On SQLite, `policy test --through-service` does them, as the Makefile has it."""
    assert _failed(REGIONS, empty_postgresql) == []


def test_every_case_of_guangdong_holds_in_the_service(empty: str | None) -> None:
    assert _failed(GUANGDONG, empty) == []


@pytest.fixture
def with_expressive_city(tmp_path: Path) -> Path:
    folder = tmp_path / "regions"
    shutil.copytree(REGIONS, folder)
    shutil.copytree(EXPRESSIVE, folder / "china/expressive")
    add_codes(folder, ("990100", "990101", "990102"))
    return folder


def test_every_case_of_the_expressive_city_holds_in_the_service(with_expressive_city: Path, empty: str | None) -> None:
    assert _failed(with_expressive_city, empty, below="china/expressive/") == []
