"""A process that has imported every command once and forks for each that is run, which so begins in no time."""

import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import main
from composition.commands.commands import COMMANDS

ROOT = Path(__file__).parent.parent


class PreparedProcess:
    """Runs commands, each in a process of its own that ends as Python ends; `close` it after the last."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.prepared"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str], seconds: int
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end.

        Args:
            arguments: what stands behind `main.py`; environment: all variables of the process.
            seconds: after which it is killed.
        """
        assert self._process.stdin
        assert self._process.stdout
        with tempfile.TemporaryDirectory() as folder:
            output, errors = Path(folder) / "output", Path(folder) / "errors"
            order = {
                "arguments": list(arguments),
                "environment": dict(environment),
                "seconds": seconds,
                "output": str(output),
                "errors": str(errors),
            }
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            return subprocess.CompletedProcess(arguments, code, output.read_text(), errors.read_text())

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def take_orders() -> None:
    """Fork for each order on the standard input, and print how the command exited."""
    for command in COMMANDS.values():
        command.carrier()
    import_module(
        "composition.running"
    )  # of which the commands of the service import no part before they are asked for
    # What is imported is never given back, so no child need look through it.
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            become(json.loads(line))
            sys.exit(main.main())
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def become(order: Mapping[str, Any]) -> None:
    """Make this process the one that was ordered."""
    signal.alarm(order["seconds"])
    for number, file, mode in ((0, os.devnull, "r"), (1, order["output"], "w"), (2, order["errors"], "w")):
        with open(file, mode) as opened:
            os.dup2(opened.fileno(), number)
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = ["main.py", *order["arguments"]]


if __name__ == "__main__":
    take_orders()
