"""The programs of examples/, run as their readers run them: by name, with the address and a token, and nothing else.

Those in Python run within the test's own process, as `python -m` would run them: a process for each step of each story costs
more than the stories.
"""

import csv
import io
import runpy
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from tests.graph.caller import Caller

NO_CERTIFICATES = {"SSL_CERT_FILE": "", "SSL_CERT_DIR": str(Path(__file__).parent)}
"""Each program would read all certificates of the machine, which takes longer than the rest; the service of a test has none."""


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
    """Run a program of examples/python with the token of a caller, who types what it waits for: the code or assertion shown last.

    Raises:
        AssertionError: it was started wrongly; the message is what it has said.
    """
    ended, said = _ended(name, caller, arguments)
    assert isinstance(ended, int), ended
    return Ran(ended, said)


def started_wrongly(name: str, caller: Caller, *arguments: str) -> str:
    """Return what a program says to whoever has not started it as it wants."""
    ended, said = _ended(name, caller, arguments)
    assert isinstance(ended, str), said
    return ended


def _ended(name: str, caller: Caller, arguments: Sequence[str]) -> tuple[object, list[str]]:
    """Run a program; return with what it ended, of which Python prints a text as an error, and the lines that it has printed."""
    module, said, wrong = f"examples.python.{name}", io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(sys.modules),
        mock.patch.dict("os.environ", asked_by(caller) | NO_CERTIFICATES),
        mock.patch.object(sys, "argv", [module, *arguments]),
        mock.patch("builtins.input", caller.typed),
        redirect_stdout(said),
        redirect_stderr(wrong),
    ):
        sys.modules.pop(
            module, None
        )  # Another program may have imported it, which a process of its own would not know.
        ended = _end(module)
    assert not wrong.getvalue(), wrong.getvalue()
    return ended, said.getvalue().splitlines()


def _end(module: str) -> object:
    """Run a module as the main one."""
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        return ended.code or 0
    return 0


def write_rows(file: Path, rows: Sequence[dict[str, str]]) -> None:
    """Write a CSV file that a program reads."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
