"""Measuring in a process of its own, where nothing else has taken memory: `python -m benchmarks.kit.children MODULE ARGUMENTS`."""

import importlib
import json
import subprocess
import sys
from typing import Any

from benchmarks.kit.processes import ROOT


def measured_alone(module: str, **arguments: Any) -> dict[str, float]:
    """Return what `measure(**arguments)` of a module finds in a new process."""
    command = [sys.executable, "-m", "benchmarks.kit.children", module, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    json.dump(importlib.import_module(sys.argv[1]).measure(**json.loads(sys.argv[2])), sys.stdout)
