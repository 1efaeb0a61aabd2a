"""How fast everything is, beside peers that are measured in the same run: `python -m benchmarks` (all), or some of it:

    python -m benchmarks reads            a person with 113 leaves, an operation with 57: CPU, database CPU, answers a second, p99
    python -m benchmarks reads --only service bare --seconds 1 --rounds 3 --json before.json

`--only` chooses who is measured: service, sqlite, yoga, bare, strawberry. Each part prints its figures, then the table of targets.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks import changes, reads
from benchmarks.kit.options import Options

PARTS: Mapping[str, Callable[[Options], dict[str, Any]]] = {"reads": reads.run, "changes": changes.run}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="part", help=", ".join(PARTS))
    parser.add_argument("--seconds", type=float, default=3.0, help="of a round")
    parser.add_argument("--rounds", type=int, default=5, help="that count")
    parser.add_argument("--only", nargs="+", default=[], help="who is measured")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    given = parser.parse_args()
    options = Options(given.seconds, given.rounds, tuple(given.only))
    figures: dict[str, Any] = {}
    for part in given.parts or PARTS:
        figures |= PARTS[part](options)
        print(json.dumps(figures, indent=1))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
