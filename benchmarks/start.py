"""From the start of a process to its first answer, on a migrated PostgreSQL database."""

from statistics import median
from typing import Any

from benchmarks.kit.contenders import BARE, SERVICE, STRAWBERRY, YOGA, contenders
from benchmarks.kit.installation import POSTGRESQL, installation
from benchmarks.kit.options import Options
from benchmarks.kit.people import APPLICANT
from benchmarks.kit.processes import resident_mib

NAMES = (SERVICE, BARE, YOGA, STRAWBERRY)


def run(options: Options) -> dict[str, Any]:
    """Start everybody in turn: seconds of the processor and of the clock, and MiB after the first answer."""
    names = options.chosen(NAMES)
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in names}
    with installation({POSTGRESQL: {APPLICANT: 1}}) as made:
        for _ in range(options.rounds):
            for name in names:
                with contenders(made, (name,)) as servers:
                    server = servers[name]
                    found[name].append((server.started_cpu, server.started_clock, resident_mib(server.pid)))
    columns = ("cpu", "clock", "mib")
    return {
        "start": {
            name: {
                column: round(median(values), 3)
                for column, values in zip(columns, zip(*times, strict=True), strict=True)
            }
            for name, times in found.items()
        }
    }
