"""Files of the regions folder that are not there: each use of what they would define looks wrong, and none of them is."""

import os
from collections import defaultdict
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from domain.message import Message
from policies.source.consequences import ANY, lost_with, without_consequences
from policies.source.faults import MAX_LIKENED, Fault
from policies.source.reader import NAME
from policies.tree.folders import VOCABULARY
from policies.tree.misspelt import ALIKE, MANY, misspelt

_FILES = {"fact": "facts.yaml", "source": "sources.yaml"}
_CODES = {"fact": "UNKNOWN_FACT", "source": "UNKNOWN_SOURCE", "vocabulary": "UNKNOWN_VOCABULARY"}
MAX_FILES = 50
"""Whose tree lacks more files than this misses something else."""

_Missed = dict[tuple[str, str], set[tuple[str, int, int]]]
"""Places that miss something, by its kind and the file or folder that is not there."""


def with_causes(folder: Path, faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return faults with those that only all of them together show: misspelt definitions, and files that are gone.

    Args:
        folder: the regions folder; faults: all that were found in it.
    """
    found = tuple(faults)
    found += tuple(gone(folder, found))
    # What is missed because of another fault is no slip: a name of a file that is gone is only by chance like another.
    return found + tuple(misspelt(folder, without_consequences(found)[0]))


def gone(folder: Path, faults: Iterable[Fault]) -> list[Fault]:
    """Return a fault for each file or folder that is not there, while many places miss what it would define.

    Args:
        folder: the regions folder; faults: all that were found in it.
    """
    listed = tuple(faults)
    if not _missed(folder, listed):
        return []
    # What is missed because of another fault says nothing about files.
    missed = _missed(folder, without_consequences(listed)[0])
    return [_fault(kind, file, len(missed[kind, file])) for kind, file in sorted(missed)[:MAX_FILES]]


def _missed(folder: Path, faults: Iterable[Fault]) -> _Missed:
    places = defaultdict[tuple[str, str], set[tuple[str, int, int]]](set)
    for fault in faults:
        for about in fault.about:
            kind, _, name = about.partition("@")[0].partition(" ")
            if kind in _CODES:
                places[kind, _file(folder, kind, name)].add((fault.file, fault.line, fault.column))
    known = _names(folder)
    return {
        (kind, file): where
        for (kind, file), where in places.items()
        if file and len(where) >= MANY and not os.path.lexists(folder / file) and not _alike(file, known)
    }


def _file(folder: Path, kind: str, name: str) -> str:
    """Return the file that would define something; without the folder of vocabularies, that folder; of odd names, none."""
    if kind in _FILES:
        return _FILES[kind]
    if not os.path.lexists(folder / VOCABULARY):
        return VOCABULARY
    return f"{VOCABULARY}/{name}.yaml" if len(name) <= MAX_LIKENED and NAME.fullmatch(name) else ""


def _names(folder: Path) -> list[str]:
    try:
        return [name.removesuffix(".yaml") for name in os.listdir(folder / VOCABULARY)]
    except OSError:
        return []


def _alike(file: str, known: list[str]) -> bool:
    """Say whether the name of a vocabulary is rather a slip for one that is there."""
    name = file.removeprefix(f"{VOCABULARY}/").removesuffix(".yaml")
    return file.startswith(f"{VOCABULARY}/") and bool(get_close_matches(name, known, n=1, cutoff=ALIKE))


def _fault(kind: str, file: str, places: int) -> Fault:
    whole = file == VOCABULARY
    what = Message("文件夹", "folder") if whole else Message("文件", "file")
    message = Message(
        f"没有这个{what.zh}，而有{places}处要用其中的定义",
        f"this {what.en} is not there; {places} places use what it defines",
    )
    remedy = Message(
        f"补上这个{what.zh}；误删或改了名的，予以恢复",
        f"add the {what.en}; where it was deleted or renamed by mistake, restore it",
    )
    lost = frozenset({f"{VOCABULARY} {ANY}", f"term {ANY}", f"attribute {ANY}"}) if whole else lost_with(file, None)
    return Fault(file, 1, 1, "", _CODES[kind], message, remedy, lost=lost)
