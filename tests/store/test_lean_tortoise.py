"""Tortoise is imported without parsing itself, and is the same otherwise."""

import subprocess
import sys

import pytest

from tests.commands import ROOT

SCRIPT = """
import inspect, sys
look, parsed = inspect.getsource, []
sys.addaudithook(lambda event, given: event == "compile" and "class Model(" in str(given[0]) and parsed.append(1))
import {first}
import tortoise
assert inspect.getsource is look
print(len(parsed), tortoise.Model._meta.table_description)
"""


@pytest.mark.parametrize(("first", "parsed"), [("store", 0), ("tortoise", 1)])
def test_tortoise_does_not_parse_itself(first: str, parsed: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(first=first)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == (f"{parsed} Base class for all Tortoise ORM Models.\n", "")
