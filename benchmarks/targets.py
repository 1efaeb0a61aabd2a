"""What is aimed at, and whether it is met: each a ratio within one run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """How far one got.

    Args:
        measured: in words; met: whether the target is, None where nothing was measured; beyond: whether more is.
        ratio: of what was measured to the target: up to 1 is met.
    """

    measured: str
    met: bool | None
    beyond: bool = False
    ratio: float | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What is aimed at.

    Args:
        work: what is measured; before: what it was when the target was set; says, beyond: the target, and what lies beyond.
        result: reads it from the figures; a missing figure raises KeyError.
    """

    work: str
    before: str
    says: str
    beyond: str
    result: Callable[[Figures], Result]

    def reached(self, figures: Figures) -> Result:
        """Return how far one got."""
        try:
            return self.result(figures)
        except KeyError:
            return Result("not measured", None)


def _at_most(measured: float, most: float, words: str, beyond: bool = False) -> Result:
    return Result(words, measured <= most, beyond, measured / most)


def _read(part: str, yoga: float, bare: float) -> Callable[[Figures], Result]:
    def result(figures: Figures) -> Result:
        found = figures[part]
        mine, theirs, route = (found[name]["cpu"] for name in ("service", "yoga", "bare"))
        words = (
            f"{mine:,.0f} µs: {mine / theirs:.2f}x yoga's {theirs:,.0f}, {mine / route:.2f}x the route's {route:,.0f}"
        )
        return _at_most(mine / theirs, yoga, words, mine / route <= bare)

    return result


def _slow(figures: Figures) -> Result:
    found = [(figures[part]["service"]["slow"], figures[part]["yoga"]["slow"]) for part in ("read", "operation")]
    worst = max(mine / theirs for mine, theirs in found)
    words = ", ".join(f"{mine:.0f} ms ({mine / theirs:.2f}x yoga's {theirs:.0f})" for mine, theirs in found)
    return _at_most(worst, 1.5, words)


def _change(mutation: str) -> Callable[[Figures], Result]:
    def result(figures: Figures) -> Result:
        mine, route = (figures[mutation][name]["cpu"] for name in ("service", "bare"))
        return _at_most(mine / route, 2, f"{mine:,.0f} µs: {mine / route:.2f}x the route's {route:,.0f}")

    return result


def _decision(figures: Figures) -> Result:
    found = figures["decisions"]
    times = [of["service"] for of in found.values()]
    cedar = min(of["cedarpy"] / of["service"] for of in found.values())
    zen = min(of["zen"] / of["service"] for of in found.values())
    words = f"{min(times):.0f} to {max(times):.0f} µs: at least {cedar:.1f}x cedarpy's speed, {zen:.1f}x zen's"
    return Result(words, cedar >= 4, zen >= 10, 4 / cedar)


def _first(figures: Figures) -> Result:
    first, second = (figures["first of a day"][name] for name in ("first", "second"))
    return _at_most(first / second, 1.5, f"{first:,.0f} µs, any other {second:,.0f} µs")


def _cities(figures: Figures) -> Result:
    found, growth = figures["cities"], figures["days"]["a day"]
    words = f"{found['decided']:.0f} MiB ({found['loaded']:.0f} when loaded); {growth:.2f} MiB more each day"
    return Result(words, found["decided"] < 120 and growth < 0.05, False, found["decided"] / 120)


def _growth(figures: Figures) -> Result:
    worst = figures["growth"]["worst"]
    return _at_most(worst, 1.5, f"x{worst:.1f}")


def _start(figures: Figures) -> Result:
    mine = figures["start"]["service"]
    return _at_most(mine["cpu"], 0.9, f"{mine['cpu']:.2f} s CPU, {mine['mib']:.0f} MiB")


def _sqlite(parts: Sequence[str], least: float) -> Callable[[Figures], Result]:
    """Speed is what holds of both: the time of the processor that the worker takes, and the answers a second."""

    def result(figures: Figures) -> Result:
        speeds, words = [], []
        for part in parts:
            mine, other = figures[part]["sqlite"], figures[part]["service"]
            by_cpu, by_clock = other["cpu"] / mine["cpu"], mine["a_second"] / other["a_second"]
            speeds += [by_cpu, by_clock]
            words.append(f"{part} {by_cpu:.2f}x by CPU of the worker, {by_clock:.2f}x by answers a second")
        return _at_most(least / min(speeds), 1, "; ".join(words))

    return result


def _workers(figures: Figures) -> Result:
    found = figures["workers"]
    if "skipped" in found:
        return Result(f"not measured: {found['skipped']}", None)
    one, two = found["service"], found["two workers"]
    ratio = one["cpu"] / (two["cpu"] * found["busier"])
    words = f"{ratio:.2f}x by CPU of the busier worker, {two['a_second'] / one['a_second']:.2f}x by answers a second"
    return _at_most(1.8 / ratio, 1, f"{words}; private memory {found['private mib']} MiB")


def _import(figures: Figures) -> Result:
    """What an operator waits for is the clock; what it takes of the processor is told beside."""
    rates, words = [], []
    for name, of in figures["import"].items():
        by_cpu, by_clock = (of["rows"] / of[key] * 60 for key in ("process", "clock"))
        rates.append(by_clock)
        words.append(f"{name} {by_clock:,.0f} by the clock, {by_cpu:,.0f} by CPU of the command")
    return _at_most(100_000 / min(rates), 1, "; ".join(words))


CHANGES = ("applyForCard", "reportTemporaryLoss", "activateCard")
TARGETS = (
    Target("read, 113 leaves", "9,175 µs", "≤ 1.2x graphql-yoga's", "≤ 2x the bare route's", _read("read", 1.2, 2)),
    Target("operation, 57 leaves", "7,341 µs", "≤ 1.2x yoga's", "≤ 2.5x bare", _read("operation", 1.2, 2.5)),
    Target("p99 under that load", "350 ms", "≤ 1.5x yoga's", "", _slow),
    *(
        Target(mutation, before, "≤ 2x the bare route with the same statements", "", _change(mutation))
        for mutation, before in zip(CHANGES, ("7,100 µs", "4,100 µs", "6,100 µs"), strict=True)
    ),
    Target("whole decision", "106 to 190 µs", "four times cedarpy's speed", "ten times zen's", _decision),
    Target("the first decision of a day", "2.4 to 6.4 ms", "as any other", "", _first),
    Target("3,000 cities, a decision in each", "429 MiB", "< 120 MiB in all; nothing grows with days", "", _cities),
    Target("list and count by city and state, 10,000 to 10,000,000 cards", "x29", "≤ x1.5", "", _growth),
    Target("start to first answer", "1.8 s CPU", "≤ 0.9 s", "", _start),
    Target("SQLite, reads", "within 10 %", "faster than PostgreSQL's", "", _sqlite(("read", "operation"), 1)),
    Target("SQLite, changes", "half as fast", "≥ 0.8x PostgreSQL's", "", _sqlite(CHANGES, 0.8)),
    Target("two workers on two cores", "1.86x", "≥ 1.8x one", "", _workers),
    Target("import of cards, killed half-way", "not measured", "100,000 rows a minute", "", _import),
)
