"""`policy test --through-service`, as an officer runs it."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.commands import Run, refused, run
from tests.policies.support.regions import REGIONS

__all__ = ["run"]
COMMAND = ("policy", "test", "--through-service", "--lang", "en")


@pytest.fixture
def regions(tmp_path: Path) -> Path:
    """The regions with the cases of one service alone."""
    folder = tmp_path / "regions"
    shutil.copytree(REGIONS, folder)
    for file in folder.rglob("*.tests.yaml"):
        if file != folder / "china/pay.tests.yaml":
            file.unlink()
    return folder


def _values(regions: Path) -> Mapping[str, str]:
    return {"REGIONS_FOLDER": str(regions)}


def test_cases_that_hold_pass(run: Run, tmp_path: Path, regions: Path) -> None:
    done = run(tmp_path, *COMMAND, values=_values(regions))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "through the service: 9 passed, 0 failed\n"


def test_a_case_that_cannot_be_fails_with_the_fact_for_people_and_for_tools(
    run: Run, tmp_path: Path, regions: Path
) -> None:
    file = regions / "china/pay.tests.yaml"
    file.write_text(file.read_text().replace("operation.state: withdrawn", "operation.state: completed"))
    done = run(tmp_path, *COMMAND, values=_values(regions))
    assert done.returncode == 1
    assert "operation.state: an operation of apply is never completed" in done.stdout
    assert done.stdout.endswith("through the service: 8 passed, 1 failed\n")
    told = json.loads(run(tmp_path, *COMMAND, "--json", values=_values(regions)).stdout)
    assert (told["passed"], [each["file"] for each in told["failed"]]) == (8, ["china/pay.tests.yaml"])
    assert told["failed"][0]["findings"][0]["kind"] == "fact"


def test_a_database_that_is_in_use_is_left_alone(run: Run, tmp_path: Path, regions: Path) -> None:
    database = f"sqlite:///{tmp_path / 'in_use.db'}"
    assert run(tmp_path, "migrate", values={"DATABASE_URL": database}).returncode == 0
    refused(run(tmp_path, *COMMAND, "--database", database, values=_values(regions)), "in use already", "empty one")
