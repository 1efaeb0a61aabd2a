"""The programs of examples/, run as their readers run them: by name, with the address and a token, and nothing else."""

import os
import subprocess
import sys
from dataclasses import dataclass

from composition.settings import ROOT
from tests.graph.caller import Caller
from tests.patience import PATIENCE


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended, and the lines that it has printed."""

    status: int
    lines: list[str]


def run_example(name: str, caller: Caller, *arguments: str) -> Ran:
    """Run a program of examples/python with the token of a caller.

    Raises:
        AssertionError: it broke; the message is what it has said.
    """
    asked_by = {
        "GRAPH_URL": f"{caller.http.base_url}/graphql",
        "GRAPH_TOKEN": caller.headers["Authorization"].removeprefix("Bearer "),
        "GRAPH_LANGUAGE": caller.language,
    }
    command = [sys.executable, "-m", f"examples.python.{name}", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | asked_by, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert not done.stderr, done.stderr
    return Ran(done.returncode, done.stdout.splitlines())
