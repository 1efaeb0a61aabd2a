"""The programs of examples/, run as their readers run them: by name, with the address and a token, and nothing else."""

import csv
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from composition.settings import ROOT
from tests.graph.caller import Caller
from tests.patience import PATIENCE


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended, and the lines that it has printed."""

    status: int
    lines: list[str]


def asked_by(caller: Caller) -> dict[str, str]:
    """Return the variables that tell a program where the graph is and who asks."""
    return {
        "GRAPH_URL": f"{caller.http.base_url}/graphql",
        "GRAPH_TOKEN": caller.headers["Authorization"].removeprefix("Bearer "),
        "GRAPH_LANGUAGE": caller.language,
    }


def run_example(name: str, caller: Caller, *arguments: str) -> Ran:
    """Run a program of examples/python with the token of a caller.

    Raises:
        AssertionError: it broke; the message is what it has said.
    """
    command = [sys.executable, "-m", f"examples.python.{name}", *arguments]
    environment = os.environ | asked_by(caller)
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert not done.stderr, done.stderr
    return Ran(done.returncode, done.stdout.splitlines())


def write_rows(file: Path, rows: Sequence[dict[str, str]]) -> None:
    """Write a CSV file that a program reads."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
