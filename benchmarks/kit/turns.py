"""Measuring in turns: A B C A B C …, the medians, and what a request costs in time of the processor."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import cycle, islice
from statistics import median
from time import process_time_ns
from typing import Any

from benchmarks.kit.contenders import YOGA
from benchmarks.kit.driver import Ask, Pace, drive
from benchmarks.kit.processes import Server, cpu_seconds

ENOUGH, WARM = 600, {YOGA: 5_000}
"""Answers after which somebody is as fast as they will be; V8 goes on compiling for long, and takes half the time then."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured of one who answers, the median of all rounds.

    Args:
        cpu, database_cpu: microseconds of the processor that an answer takes of the worker, and of the database.
        a_second: answers; middle, slow: milliseconds, of the middle and of the slowest hundredth.
    """

    cpu: float
    database_cpu: float
    a_second: float
    middle: float
    slow: float

    def plain(self) -> dict[str, float]:
        """Return them as they are written down."""
        return {name: round(value, 2) for name, value in asdict(self).items()}


def _round(server: Server, database: int, ask: Callable[[], Pace]) -> Figures:
    worker, other = cpu_seconds(server.pid), cpu_seconds(database)
    pace = ask()
    worker, other = cpu_seconds(server.pid) - worker, cpu_seconds(database) - other
    return Figures(
        worker / pace.answers * 1e6, other / pace.answers * 1e6, pace.answers / pace.seconds, pace.median, pace.slow
    )


def _medians(rounds: Sequence[Figures]) -> Figures:
    columns = zip(*(asdict(figures).values() for figures in rounds), strict=True)
    return Figures(*map(median, columns))


def again_and_again(
    servers: Mapping[str, Server], asks: Mapping[str, Sequence[Ask]], database: int, rounds: int, seconds: float
) -> dict[str, Figures]:
    """Ask each server in turn the same things for some seconds, once all of them are warm.

    Args:
        asks: by server; database: the first process of the database.
    """
    for name, server in servers.items():
        drive(server.port, list(islice(cycle(asks[name]), WARM.get(name, ENOUGH))), None)
    found: dict[str, list[Figures]] = {name: [] for name in servers}
    for _ in range(rounds):
        for name, server in servers.items():
            found[name].append(_round(server, database, partial(drive, server.port, asks[name], seconds)))
    return {name: _medians(figures) for name, figures in found.items()}


def each_once(
    servers: Mapping[str, Server], asks: Mapping[str, Iterable[Ask]], database: int, rounds: int, count: int
) -> dict[str, Figures]:
    """Ask each server in turn for changes, none of them twice, after a round that does not count.

    Args:
        asks: by server, enough for all rounds and one more; database: the first process of the database; count: a round.
    """
    found: dict[str, list[Figures]] = {name: [] for name in servers}
    left = {name: iter(asks[name]) for name in servers}
    for number in range(rounds + 1):
        for name, server in servers.items():
            now = list(islice(left[name], count))
            measured = _round(server, database, partial(drive, server.port, now, None))
            if number:
                found[name].append(measured)
    return {name: _medians(figures) for name, figures in found.items()}


def microseconds(functions: Mapping[str, Callable[[], Any]], rounds: int, calls: int) -> dict[str, float]:
    """Return how many microseconds of the processor a call of each function takes, in turns, the median of the rounds."""
    found: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            began = process_time_ns()
            for _ in range(calls):
                function()
            found[name].append((process_time_ns() - began) / calls / 1e3)
    return {name: median(times) for name, times in found.items()}
