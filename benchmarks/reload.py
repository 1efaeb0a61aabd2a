"""How long a service takes to load its policies, and again after one file has changed; and how long a check takes.

Run as `python -m benchmarks.reload`. Seconds of the processor, beside seconds of the clock.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import TypeVar

from benchmarks.kit.tables import table
from benchmarks.synthetic_regions import write_regions
from gateways.working_calendar import ChineseWorkingCalendar
from policies.live import LivePolicies, Reload
from policies.tree.tree import SpecialDays

T = TypeVar("T")
FACT = "declared.added:\n  type: integer\n  origin: declared\n  label: {zh: 新增, en: added}\n"


def timed(work: Callable[[], T]) -> tuple[T, tuple[str, str]]:
    """Work, and say how many seconds it took."""
    used, began = process_time(), perf_counter()
    found = work()
    return found, (f"{process_time() - used:.2f}", f"{perf_counter() - began:.2f}")


def edits(folder: Path, city: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield what can be changed in a folder, in words, with the change.

    Args:
        city: the folder of one of its cities.
    """
    (nation,) = (path.parent for path in folder.glob("*/region.yaml"))
    word = re.search(r"^  (\w+): {label:.*$", (folder / "vocabulary/banks.yaml").read_text("utf-8"), re.MULTILINE)
    assert word is not None
    yield "nothing", lambda: None
    yield "a city's settings", lambda: _write(city / "settings.yaml", _other_settings)
    yield "a province's service", lambda: _write(city.parent / "apply.yaml", _other_text)
    yield "the nation's apply.yaml", lambda: _write(nation / "apply.yaml", _other_rule)
    yield "the nation's settings.yaml", lambda: _write(nation / "settings.yaml", _other_text)
    yield "the nation's rules.yaml", lambda: _write(nation / "rules.yaml", _other_text)
    added = word[0].replace(word[1], "added_bank", 1)
    banks = folder / "vocabulary/banks.yaml"
    yield "a word added", lambda: _write(banks, lambda text: f"{text.rstrip()}\n{added}\n")
    yield "a label of a word", lambda: _write(banks, _other_text)
    yield "a fact added", lambda: _write(folder / "facts.yaml", lambda text: FACT + text)
    yield "a label of a fact", lambda: _write(folder / "facts.yaml", _other_text)
    yield "a word removed", lambda: _write(banks, lambda text: text.replace(f"{added}\n", ""))


def _write(file: Path, change: Callable[[str], str]) -> None:
    text = file.read_text(encoding="utf-8") if file.exists() else "title: {zh: 新, en: new}\nsource: assumption\n"
    changed = change(text)
    assert changed != text, file
    file.write_text(changed, encoding="utf-8")


def _other_text(text: str) -> str:
    """Change the first English text of a file."""
    return re.sub(r"\ben: (\"?)(?=\w)", r"en: \1Changed ", text, count=1)


def _other_rule(text: str) -> str:
    """Change the last English text of a file: that of a rule, which regions below inherit."""
    *_, last = re.finditer(r"\ben: \"?(?=\w)", text)
    return f"{text[: last.end()]}Changed {text[last.end() :]}"


def _other_settings(text: str) -> str:
    """Take away what a city says in its settings."""
    return "settings: {}\n"


def measure(folder: Path, city: str) -> list[tuple[str, ...]]:
    """Load a folder again and again, as a service does, and return a row for each change.

    Args:
        city: the code of one of its cities.
    """
    live, seconds = timed(lambda: LivePolicies(folder, _calendar, lambda: datetime.now(UTC)))
    before = live.current.policies.tree.regions
    rows: list[tuple[str, ...]] = [("from nothing", *seconds, f"{len(before):,}")]
    for what, change in edits(folder, folder / before[city].region.path):
        change()
        came, seconds = timed(live.reload)
        assert came is not Reload.REFUSED, live.status.faults
        after = live.current.policies.tree.regions
        anew = sum(after[code] is not place for code, place in before.items())
        rows.append((f"changed: {what}", *seconds, f"{anew:,}"))
        before = after
    return rows


def _calendar(days: SpecialDays) -> ChineseWorkingCalendar:
    return ChineseWorkingCalendar(days.holidays, days.workdays)


def checked(folder: Path) -> tuple[str, ...]:
    """Run `policy check` in a process of its own, with all that an officer waits for, and return a row."""
    used, began = sum(os.times()[2:4]), perf_counter()
    environment = {**os.environ, "REGIONS_FOLDER": str(folder)}
    command = [sys.executable, "main.py", "policy", "check", "--lang", "en"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    seconds = (f"{sum(os.times()[2:4]) - used:.2f}", f"{perf_counter() - began:.2f}")
    return ("policy check", *seconds, done.stdout.splitlines()[-1])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--regions", type=Path, default=Path("regions"))
    parser.add_argument("--cities", type=int, default=3_000)
    parser.add_argument("--distinct", action="store_true", help="give every city texts of its own")
    given = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name) / "regions"
        codes = write_regions(given.regions, folder, given.cities, given.distinct)
        check = checked(folder)
        table(("", "processor s", "clock s", "regions new"), [check, *measure(folder, codes[given.cities // 2])])


if __name__ == "__main__":
    main()
