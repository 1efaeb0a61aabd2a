"""Every case of the regions and of the trees of tests, run through the service on each kind of database."""

import shutil
from pathlib import Path

import pytest

from gateways.working_calendar import ChineseWorkingCalendar
from policies.cases.case_files import load_cases
from policies.engine.decide import Policies
from policies.tree.tree import load_tree
from rehearsal import rehearse
from tests.databases import TestServer
from tests.policies.support.added_codes import add_codes
from tests.policies.support.regions import REGIONS

EXPRESSIVE = Path(__file__).parents[1] / "policies/expressive"


def _failed(folder: Path, database_url: str | None = None, below: str = "") -> list[str]:
    tree = load_tree(folder)
    policies = Policies(tree, calendar=ChineseWorkingCalendar(tree.days.holidays, tree.days.workdays))
    cases = [case for case in load_cases(tree) if case.place.file.startswith(below)]
    results = rehearse(policies, cases, database_url)
    assert len(results) == len(cases) > 0
    return [result.text("en") for result in results if not result.passed]


def test_every_case_of_the_regions_holds_in_the_service_on_postgresql(postgresql: TestServer) -> None:
    """On SQLite, `policy test --through-service` does them, as the Makefile has it."""
    name = postgresql.create()
    try:
        assert _failed(REGIONS, postgresql.url(name)) == []
    finally:
        postgresql.drop(name)


@pytest.fixture
def with_expressive_city(tmp_path: Path) -> Path:
    folder = tmp_path / "regions"
    shutil.copytree(REGIONS, folder)
    shutil.copytree(EXPRESSIVE, folder / "china/expressive")
    add_codes(folder, ("990100", "990101", "990102"))
    return folder


def test_every_case_of_the_expressive_city_holds_in_the_service(with_expressive_city: Path) -> None:
    assert _failed(with_expressive_city, below="china/expressive/") == []
