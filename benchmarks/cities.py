"""What many cities cost in memory, with a decision in each, and whether anything grows from day to day."""

import gc
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

from benchmarks.applicants import ON, Applicant, applicant
from benchmarks.kit.children import measured_alone
from benchmarks.kit.options import Options
from benchmarks.kit.processes import resident_mib
from benchmarks.synthetic_regions import write_regions
from policies.engine.decide import Policies
from policies.tree.tree import load_tree

REGIONS = Path("regions")
CITIES = 3_000
DAYS = 60
SETTLED = 10
"""Days after which a process has what it keeps anyway."""
_CHANNEL = "national_mini_program"


def run(options: Options) -> dict[str, Any]:
    """Measure each in a process of its own."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "regions"
        codes = write_regions(REGIONS, folder, CITIES)
        cities = measured_alone("benchmarks.cities", folder=str(folder), codes=codes, days=0)
    real = sorted(load_tree(REGIONS).regions)
    return {"cities": cities, "days": measured_alone("benchmarks.cities", folder=str(REGIONS), codes=real, days=DAYS)}


def measure(folder: str, codes: Sequence[str], days: int) -> dict[str, float]:
    """Load a folder and decide once in every place, on one day or on each of many.

    Returns:
        MiB of the process before it loads, when it has loaded, and at the end; seconds of the processor of loading;
        microseconds of each place's first and second decision; MiB that came with a day.
    """
    before, began = resident_mib(os.getpid()), process_time()
    policies = Policies(load_tree(Path(folder)))
    loading, loaded = process_time() - began, resident_mib(os.getpid())
    who = applicant(policies, "apply", codes[0], _CHANNEL)
    first = _decide_everywhere(policies, who, codes, 0)
    second = _decide_everywhere(policies, who, codes, 0)
    decided, settled = _memory(), 0.0
    for day in range(1, days + 1):
        _decide_everywhere(policies, who, codes, day)
        settled = _memory() if day == SETTLED else settled
    found = {
        "before": before, "loaded": loaded, "decided": decided, "loading": loading, "first": first, "second": second,
        "a day": (_memory() - settled) / (days - SETTLED) if days else 0.0,
    }  # fmt: skip
    return {name: round(value, 3) for name, value in found.items()}


def _memory() -> float:
    gc.collect()
    return resident_mib(os.getpid())


def _decide_everywhere(policies: Policies, who: Applicant, codes: Sequence[str], day: int) -> float:
    """Decide once in each place, and return how many microseconds a decision took."""
    on, began = ON + timedelta(days=day), process_time()
    facts = {**who.facts, **({"request.today": on} if "request.today" in who.facts else {})}
    for code in codes:
        policies.decide("apply", code, facts, on, evidence=who.evidence, history=())
    return (process_time() - began) / len(codes) * 1e6
