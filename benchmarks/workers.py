"""Two workers beside one, for reads on PostgreSQL; skipped as long as the service has only one.

Where everything runs on the same few cores, two workers also share them with the database and whoever asks, so that answers a second
say little. What they could do with cores of their own is told by the time of the processor: of an answer, and of the busier worker.
"""

import subprocess
from typing import Any

import psutil

from benchmarks.kit import asks
from benchmarks.kit.contenders import SERVICE, TWO_WORKERS, contenders
from benchmarks.kit.driver import Ask, answer_to
from benchmarks.kit.installation import POSTGRESQL, installation
from benchmarks.kit.options import Options
from benchmarks.kit.people import READER
from benchmarks.kit.processes import ROOT, cpu_seconds, python
from benchmarks.kit.turns import again_and_again

READERS = 100


def run(options: Options) -> dict[str, Any]:
    """Measure, or say why not."""
    told = subprocess.run(python("main.py", "serve", "--help"), capture_output=True, text=True, cwd=ROOT, check=True)
    if "--workers" not in told.stdout:
        return {"workers": {"skipped": "`serve` takes no `--workers` yet"}}
    names = (SERVICE, TWO_WORKERS)
    with installation({POSTGRESQL: {READER: READERS}}) as made, contenders(made, names) as servers:
        given = [asks.holder(made.tokens, who) for who in made.people[POSTGRESQL][READER]]
        asked = [Ask(ask.content, answer_to(servers[SERVICE].port, ask)) for ask in given]
        everybody = dict.fromkeys(names, asked)
        workers = psutil.Process(servers[TWO_WORKERS].pid).children()
        before = [cpu_seconds(worker.pid) for worker in workers]
        figures = again_and_again(servers, everybody, made.server.pid, options.rounds, options.seconds)
        used = [cpu_seconds(worker.pid) - was for worker, was in zip(workers, before, strict=True)]
        found: dict[str, Any] = {name: of.plain() for name, of in figures.items()}
        found["private mib"] = [round(worker.memory_full_info().uss / 2**20, 1) for worker in workers]
        found["busier"] = round(max(used) / sum(used), 3)
        return {"workers": found}
