"""How fast decisions are, beside the same conditions as Python closures; what many cities cost.

Run as `python -m benchmarks.decisions`. Times are the best of several rounds, and the rounds take turns, so that the ratios hold on
a noisy machine.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks.applicants import ON, Applicant, applicant
from benchmarks.closures import ClosurePolicies
from benchmarks.synthetic_regions import write_regions
from policies.engine.decide import Policies
from policies.engine.facts import CompletedFacts
from policies.engine.program import message_for
from policies.tree.tree import load_tree

ROUNDS = 9
CALLS = 300
DENIED = {"holder__age": 10, "holder__full_capacity": False, "holder__cards_in_province": 1}
CASES = (("510100", "chengdu_wechat"), ("370200", "qingdao_app"))


def best_of(functions: Sequence[Callable[[], Any]]) -> list[float]:
    """Return microseconds a call of each function, the best of rounds that take turns."""
    best = [float("inf")] * len(functions)
    for _ in range(ROUNDS):
        for number, function in enumerate(functions):
            start = perf_counter()
            for _ in range(CALLS):
                function()
            best[number] = min(best[number], (perf_counter() - start) / CALLS * 1e6)
    return best


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under heads."""
    lines = [tuple(heads), *map(tuple, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    for line in lines:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))


def rules_alone(policies: Policies, closures: ClosurePolicies, who: Applicant) -> tuple[Callable[[], Any], ...]:
    """Return the engine, the engine with its message, and the closures, on facts that are read already."""
    policy = policies.effective(who.service, who.region, ON)
    assert policy is not None
    reading = CompletedFacts(policy, dict(who.facts), who.evidence, (), False)
    reading.complete()
    program = policy.program(reading.unknown, False, policies._symbols)
    words = policies._symbols.passing()
    messages = [message_for(chunk, reading.facts, reading.settings, words) for chunk in program]
    return (
        lambda: [policies.engine.fired(chunk, text) for chunk, text in zip(program, messages, strict=True)],
        lambda: policies._fired(policy, reading, holds=False),
        lambda: closures._fired(policy, reading, holds=False),
    )


def speed(regions: Path) -> None:
    """Print how fast the real regions decide."""
    start = perf_counter()
    policies = Policies(load_tree(regions))
    loaded = perf_counter() - start
    closures = ClosurePolicies(policies.tree)
    rows = []
    for region, channel in CASES:
        for what, changes in (("allowed", {}), ("denied", DENIED)):
            who = applicant(policies, "apply", region, channel, **changes)
            assert who.ask(policies).allowed is (what == "allowed")
            assert who.ask(policies) == who.ask(closures)
            alone = rules_alone(policies, closures, who)
            engine, told, plain, whole, bare = best_of(
                [*alone, lambda who=who: who.ask(policies), lambda who=who: who.ask(closures)]  # type: ignore[misc]
            )
            numbers = [f"{value:.0f}" for value in (engine, told, plain, whole, bare)]
            rows.append((region, what, *numbers, f"{told / plain:.1f}", f"{whole / bare:.2f}", f"{1e6 / whole:,.0f}"))
    print(f"start-up: {loaded:.2f} s to load {len(policies.tree.regions)} regions\n")
    heads = (
        "apply in",
        "",
        "engine",
        "+message",
        "closures",
        "decision",
        "with closures",
        "rules x",
        "decision x",
        "/s",
    )
    table(heads, rows)
    print("microseconds; `rules x`: engine with message / closures; `decision x`: whole decisions, engine / closures\n")


def resident() -> float:
    """Return the memory of this process in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure_cities(folder: Path, codes: Sequence[str]) -> dict[str, float]:
    """Load a folder and decide once in every city; return seconds, MiB and counts."""
    before, start = resident(), perf_counter()
    policies = Policies(load_tree(folder))
    loaded, memory = perf_counter() - start, resident() - before
    who = applicant(policies, "apply", codes[0], "national_mini_program")
    start = perf_counter()
    for code in codes:
        Applicant("apply", code, who.facts, who.evidence).ask(policies)
    first = perf_counter() - start
    start = perf_counter()
    for code in codes:
        Applicant("apply", code, who.facts, who.evidence).ask(policies)
    again = perf_counter() - start
    return {
        "load": loaded, "memory": memory, "first": first / len(codes) * 1e6, "again": again / len(codes) * 1e6,
        "rulesets": len(policies.engine), "total": resident() - before,
    }  # fmt: skip


def cities(regions: Path, counts: Sequence[int]) -> None:
    """Print what many cities cost, each count in a process of its own."""
    rows = []
    for count in counts:
        with TemporaryDirectory() as name:
            folder = Path(name) / "regions"
            codes = write_regions(regions, folder, count)
            command = [sys.executable, "-m", "benchmarks.decisions", "--measure", str(folder), *codes]
            found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        keys = ("load", "memory", "first", "again", "rulesets", "total")
        rows.append((f"{count:,}", *(f"{found[key]:,.{1 if key == 'load' else 0}f}" for key in keys)))
    table(("cities", "load s", "MiB", "first us", "again us", "rulesets", "MiB after"), rows)
    print("a decision in every city, once and again; a tenth of the cities has rules of its own")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--regions", type=Path, default=Path("regions"))
    parser.add_argument("--cities", type=int, nargs="*", default=[350, 3_000])
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure_cities(Path(given.measure[0]), given.measure[1:])))
    else:
        speed(given.regions)
        cities(given.regions, given.cities)


if __name__ == "__main__":
    main()
