"""How fast everything is, beside peers that are measured in the same run: `python -m benchmarks` (all), or some of it:

    python -m benchmarks reads            a person with 113 leaves, an operation with 57: CPU, database CPU, answers a second, p99
    python -m benchmarks changes          applyForCard, reportTemporaryLoss, activateCard against the bare route
    python -m benchmarks decisions        whole decisions against cedarpy, zen and plain closures; the first of a day
    python -m benchmarks cities           memory of 3,000 cities, and whether it grows with days
    python -m benchmarks start            from the start to the first answer
    python -m benchmarks workers          two workers beside one
    python -m benchmarks imports          cards from before the service, of a command that is killed half-way (--rows 100000)
    python -m benchmarks reads --only service bare --seconds 1 --rounds 3 --json before.json

`--only` chooses who is measured: service, sqlite, yoga, bare, strawberry. The figures go to the JSON file, the table of targets is
printed; `--write` writes docs/performance.md: everything, or some parts beside what was measured before of the others.
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks import changes, cities, decisions, imports, reads, report, start, workers
from benchmarks.kit.options import Options

PARTS: Mapping[str, Callable[[Options], dict[str, Any]]] = {
    "decisions": decisions.run,
    "cities": cities.run,
    "start": start.run,
    "reads": reads.run,
    "changes": changes.run,
    "workers": workers.run,
    "imports": imports.run,
}
GROWTH = Path("docs/growth.json")
"""What `python -m benchmarks.growth` found, which takes longer than all of this."""


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="part", help=f"all of them if none is named: {', '.join(PARTS)}")
    parser.add_argument("--seconds", type=float, default=3.0, help="of a round")
    parser.add_argument("--rounds", type=int, default=5, help="that count")
    parser.add_argument("--rows", type=int, default=Options().rows, help="of the file that is imported")
    parser.add_argument("--only", nargs="+", default=[], help="who is measured")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    options = Options(given.seconds, given.rounds, tuple(given.only), given.rows)
    figures: dict[str, Any] = report.known() if given.write and given.parts else {"of": report.machine()}
    for part in given.parts or PARTS:
        began = time.perf_counter()
        figures |= PARTS[part](options)
        if given.write and given.parts:
            figures.setdefault("later", {})[part] = report.machine()
        print(f"{part}: measured in {time.perf_counter() - began:.0f} s", flush=True)
    if GROWTH.exists():
        figures["growth"] = json.loads(GROWTH.read_text(encoding="utf-8"))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if given.write:
        report.write(figures)
    _show(figures)


def _show(figures: Mapping[str, Any]) -> None:
    """Print the figures of whatever was measured, then what is aimed at."""
    print(json.dumps(figures, indent=1, ensure_ascii=False))
    report.show(figures)


if __name__ == "__main__":
    main()
