"""Definitions that are misspelt: each use of the right name looks wrong, and what is wrong stands in one other place."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from domain.message import Message
from policies.source.consequences import lost_with
from policies.source.faults import MAX_LIKENED, Fault
from policies.source.reader import MAX_FILE_BYTES
from policies.tree.folders import TESTS, VOCABULARY

CODES = {
    "fact": "UNKNOWN_FACT",
    "rule": "UNKNOWN_RULE",
    "setting": "UNKNOWN_SETTING",
    "source": "UNKNOWN_SOURCE",
    "term": "UNKNOWN_TERM",
}
"""By what is defined: the code of the fault that it is not known."""
MANY = 2
"""Of so many places that miss a name, each can hardly hold the slip."""
MAX_NAMES = 20
"""Who misspells more names than this at once has made another mistake."""
MAX_FOLDERS = 100
"""Of so many folders the files are looked into."""
ALIKE = 0.8
_NAMES = re.compile(rb"(?<![A-Za-z0-9_.])[a-z][a-z0-9_.]*")


@dataclass(frozen=True, slots=True)
class _Missed:
    kind: str
    name: str
    places: int
    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Defined:
    file: str
    line: int
    column: int
    name: str


def misspelt(folder: Path, faults: Iterable[Fault]) -> list[Fault]:
    """Return a fault for each definition that nothing names, while many places miss a name very like it.

    Args:
        folder: the regions folder; faults: all that were found in it.
    """
    missed = _missed(faults)
    found = {each: defined for each in missed if (defined := _like(folder, each)) is not None}
    written = _counted(folder, {defined.name for defined in found.values()})
    return [_fault(each, defined) for each, defined in found.items() if written[defined.name] == 1]


def _missed(faults: Iterable[Fault]) -> list[_Missed]:
    places = defaultdict[tuple[str, str], set[tuple[str, int, int]]](set)
    for fault in faults:
        kind, _, name = fault.about[0].partition(" ") if fault.about else ("", "", "")
        if kind in CODES and len(name) <= MAX_LIKENED:
            places[kind, name].add((fault.file, fault.line, fault.column))
    found = sorted((-len(where), kind, name) for (kind, name), where in places.items() if len(where) >= MANY)
    return [
        _Missed(kind, name, -count, _above({file for file, _, _ in places[kind, name]}))
        for count, kind, name in found[:MAX_NAMES]
    ]


def _above(files: Iterable[str]) -> tuple[str, ...]:
    """Return the folders in which files find what they name, the highest first."""
    folders = {""}
    for file in files:
        names = file.split("/")[:-1]
        folders.update("/".join(names[:depth]) for depth in range(1, len(names) + 1))
    return tuple(sorted(folders, key=lambda path: (path.count("/"), path)))[:MAX_FOLDERS]


def _like(folder: Path, missed: _Missed) -> _Defined | None:
    """Return what is defined under a name very like a missed one, where a place that misses it would know it."""
    known: dict[str, str] = {}
    for path in (VOCABULARY, *missed.folders):
        for file in sorted((folder / path).glob("*.yaml")):
            if not file.name.endswith(TESTS):
                where = file.relative_to(folder).as_posix()
                for name in _defined(where, _content(file).decode("utf-8", "replace"), missed.kind):
                    known.setdefault(name, where)
    for name in get_close_matches(missed.name, [n for n in known if n != missed.name], n=1, cutoff=ALIKE):
        return _place(folder, known[name], name)
    return None


def _defined(file: str, text: str, kind: str) -> Iterator[str]:
    start = f"{kind} "
    return (
        name
        for lost in lost_with(file, text)
        if lost.startswith(start) and len(name := lost[len(start) :]) <= MAX_LIKENED
    )


def _place(folder: Path, file: str, name: str) -> _Defined | None:
    text = _content(folder / file).decode("utf-8", "replace")
    found = re.search(rf"(?<![A-Za-z0-9_.]){re.escape(name)}(?![A-Za-z0-9_.])", text)
    if found is None:
        return None
    before = text[: found.start()]
    return _Defined(file, before.count("\n") + 1, len(before) - before.rfind("\n"), name)


def _counted(folder: Path, names: set[str]) -> Counter[str]:
    """Return how often names are written in all files."""
    found = Counter[str]()
    wanted = {name.encode() for name in names}
    for file in folder.rglob("*.yaml") if wanted else ():
        found.update(name.decode() for name in _NAMES.findall(_content(file)) if name in wanted)
    return found


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_FILE_BYTES)
    except OSError:
        return b""


def _fault(missed: _Missed, defined: _Defined) -> Fault:
    message = Message(
        f"有{missed.places}处要用 `{missed.name}`，却没有它的定义；这里定义的 `{defined.name}` 没有一处用到",
        f"{missed.places} places use `{missed.name}`, which nobody defines; nothing uses `{defined.name}`, which is defined here",
    )
    remedy = Message(
        f"是笔误的，把这里改为 `{missed.name}`；不是笔误的，另外定义 `{missed.name}`",
        f"if it is a slip, write `{missed.name}` here; if not, define `{missed.name}` too",
    )
    lost = frozenset({f"{missed.kind} {missed.name}"})
    code = CODES[missed.kind]
    return Fault(defined.file, defined.line, defined.column, "", code, message, remedy, lost=lost)
