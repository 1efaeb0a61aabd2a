"""Cards from before the service: rows a minute that `main.py import` puts on record, killed half-way and run again."""

import asyncio
import csv
import os
import resource
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks.kit.contenders import ON_SQLITE, SERVICE
from benchmarks.kit.installation import POSTGRESQL, SQLITE, Installation, installation
from benchmarks.kit.options import Options
from benchmarks.kit.processes import ROOT, cpu_seconds, python
from domain.identity import with_check_character

ENGINES: Mapping[str, str] = {SERVICE: POSTGRESQL, ON_SQLITE: SQLITE}
EVERY = 20
"""Of so many cards one is another card of somebody else of the file; all the others are of people who are not on record."""
LOOKS = 0.1
"""Seconds after which it is looked again how far the import is."""
_COUNTED = "SELECT (SELECT count(*) FROM cards), (SELECT count(*) FROM holders), (SELECT sum(rows) FROM card_imports)"
_SO_FAR = "SELECT coalesce(sum(rows), 0) FROM card_imports"


def run(options: Options) -> dict[str, Any]:
    """Import one file into each database.

    Returns:
        Rows; seconds of the processor that the command took in its two runs, and the database besides; seconds by the clock.
    """
    found = {}
    with installation({engine: {} for engine in ENGINES.values()}) as made:
        file = made.folder / "cards.csv"
        _write(file, options.rows)
        for name in options.chosen(tuple(ENGINES)):
            found[name] = _measured(made, ENGINES[name], file, options.rows)
    return {"import": found}


def _write(file: Path, rows: int) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, [*row(0)])
        writer.writeheader()
        writer.writerows(map(row, range(rows)))


def row(number: int) -> dict[str, str]:
    """Return a row of the file."""
    person = number - 1 if number % EVERY == EVERY - 1 else number
    return {
        "name": f"测试{person}",
        "identityType": "resident_identity_card",
        # In the number are the place, the day of birth and the order in which it was given out.
        "identityNumber": with_check_character(
            f"51{person // 28_000 + 1:04}19{50 + person // 1_000 % 28:02}0307{person % 1_000:03}"
        ),
        "cardNumber": f"OLD{number:09}",
        "regionCode": "510100",
        "bank": "ccb",
        "generation": "second",
        "issuedOn": "2015-05-06",
        "state": "active",
        "stateSince": "2015-05-07",
        "mobile": f"139{person:08}",
        "address": f"人民路{person}号",
        "insuredIn": "510100",
    }


def _measured(made: Installation, engine: str, file: Path, rows: int) -> dict[str, float]:
    command = python("main.py", "import", str(file), "--by", "benchmark")
    environment = {**os.environ, "SERVICE_FOLDER": str(made.folder), "DATABASE_URL": made.url(engine)}
    server = made.server.pid
    used, other, began = _children(), cpu_seconds(server), time.perf_counter()
    with _looking(made, engine) as look:
        first = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        while look(_SO_FAR)[0] < rows // 2 and first.poll() is None:
            time.sleep(LOOKS)
        first.send_signal(signal.SIGKILL)
        first.wait()
        half = look(_SO_FAR)[0]
        subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
        clock, process = time.perf_counter() - began, _children() - used
        database = cpu_seconds(server) - other
        cards, people, done = look(_COUNTED)
    if not half < rows or (cards, people, done) != (rows, rows - rows // EVERY, rows):
        raise AssertionError(f"{engine}: {half} rows, then {done} with {cards} cards of {people} people")
    measured = {"rows": rows, "process": process, "database": database if engine == POSTGRESQL else 0.0, "clock": clock}
    return {name: round(value, 2) for name, value in measured.items()}


def _children() -> float:
    """Return the seconds of the processor that children took who have ended."""
    times = resource.getrusage(resource.RUSAGE_CHILDREN)
    return times.ru_utime + times.ru_stime


@contextmanager
def _looking(made: Installation, engine: str) -> Iterator[Callable[[str], tuple[int, ...]]]:
    """Yield what asks for numbers in a database, by a connection that stays."""
    if engine == SQLITE:
        file = sqlite3.connect(made.url(engine).removeprefix("sqlite:///"))
        yield lambda text: tuple(map(int, file.execute(text).fetchone()))
        file.close()
        return
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(made.url(engine)))
        yield lambda text: tuple(map(int, runner.run(connection.fetchrow(text))))
        runner.run(connection.close())
