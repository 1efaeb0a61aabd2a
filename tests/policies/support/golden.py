"""Examples with all that is said of them: trees as text files, each laid over `broken/base.txt`.

A file holds the files of its tree, each under its name, and ends with the expected text. `UPDATE_EXPECTED=1` writes what
is said now, to be read before it is committed.
"""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from policies.source.faults import Fault
from policies.words.notices import Notice

FOLDER = Path(__file__).parents[1]
BASE = "base"
_EXPECTED = "-- expected --\n"
_HEADER = re.compile(r"^-- (.+) --\n", re.MULTILINE)


def names_in(kind: str) -> list[str]:
    """Return the names of the examples in a folder, but for the base."""
    return sorted(path.stem for path in (FOLDER / kind).glob("*.txt") if path.stem != BASE)


def files_of(name: str, kind: str = "broken") -> dict[str, str]:
    """Return the files of an example, by path below the regions folder."""
    _, *parts = _HEADER.split((FOLDER / kind / f"{name}.txt").read_text())
    return {file: text for file, text in zip(parts[::2], parts[1::2], strict=True) if file != "expected"}


def expected_of(name: str, kind: str = "broken") -> str:
    """Return what is to be said of an example."""
    return (FOLDER / kind / f"{name}.txt").read_text().partition(_EXPECTED)[2]


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files below a folder, and return the folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def said_of(found: Iterable[Fault | Notice]) -> str:
    """Return what people are told: in English, then the message and the remedy in Chinese."""
    lines: list[str] = []
    for each in found:
        lines += [*each.text("en").splitlines(), *each.text("zh").splitlines()[1:]]
    return "".join(f"{line}\n" for line in lines)


def assert_said(said: str, name: str, kind: str = "broken") -> None:
    """Hold what is said of an example against what is expected, or write it down as that."""
    if os.environ.get("UPDATE_EXPECTED"):
        example = FOLDER / kind / f"{name}.txt"
        example.write_text(f"{example.read_text().partition(_EXPECTED)[0]}{_EXPECTED}{said}")
    else:
        assert said == expected_of(name, kind)
