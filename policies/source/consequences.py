"""Faults that are there only because something else could not be read as it was meant.

A slip in `apply.yaml` takes rules away, so that each file and case that names one is faulty too, and with the wrong remedy:
an officer who followed it would mend what is right. Such faults are counted, not listed; mending the cause shows what is
left.

A fault says what it takes away (`Fault.lost`) and what it misses (`Fault.about`), as a kind and a name: `rule photo`. It
follows from another that takes away just what it misses, in a file that could define it there. So a slip of its own is
listed however many faults stand above it: a name that nobody has written anywhere is missed because of nothing.
"""

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policies.source.faults import Fault

_NAMES = re.compile(r"(?<![a-z0-9_.])([a-z][a-z0-9_.]*+)[\"'”’]?[ \t]*+[:：]|(?<![0-9])([0-9]{6})(?![0-9])")
"""What stands before a colon, as far as that can be told of a text that is no YAML, and codes of regions."""
_KINDS = {
    "region": ("region",),
    "sources": ("source",),
    "region_codes": ("code",),
    "facts": ("fact",),
    "settings": ("setting", "value"),
    "rules": ("rule",),
    "vocabulary": ("fact", "vocabulary", "term", "attribute"),
}
"""What files define, by their names; a file of another name is of a service."""
_OF_SERVICE = ("setting", "value", "rule")
_OF_VOCABULARY = ("term", "attribute")
_OF_TESTS = ("default",)
ANY = "*"
"""Stands for every name of a kind."""
_SHARED = "rules"
_TESTS = ".tests.yaml"
_VOCABULARY = "vocabulary"
_EVERYWHERE = "region "
_Key = tuple[str, str, str]
"""A name, a folder in and below which it is known, and the service that knows it; `ANY` for all."""


def without_consequences(faults: Iterable["Fault"]) -> tuple[tuple["Fault", ...], int]:
    """Return the faults but for those that follow from others, and how many those are."""
    listed = tuple(faults)
    taken: dict[_Key, set[Fault]] = {}
    missed: dict[_Key, list[Fault]] = {}
    for fault in listed:
        for key in _taken(fault):
            taken.setdefault(key, set()).add(fault)
        for key in _missed(fault):
            missed.setdefault(key, []).append(fault)
    # From those that follow from nothing on: of faults that could only follow from each other none is left out.
    waiting = [fault for fault in listed if not any(_by_another(taken.get(key, ()), fault) for key in _missed(fault))]
    roots = set(waiting)
    seen, told = set(waiting), set[_Key]()
    while waiting:
        cause = waiting.pop()
        for key in _taken(cause) - told:
            told.add(key)
            following = [fault for fault in missed.get(key, ()) if fault not in seen]
            seen.update(following)
            waiting += following
    causes = tuple(fault for fault in listed if fault in roots or fault not in seen)
    return causes, len(listed) - len(causes)


def _by_another(faults: Collection["Fault"], fault: "Fault") -> bool:
    return len(faults) > (fault in faults)


def _missed(fault: "Fault") -> list[_Key]:
    """Return what a fault misses, with each of the folders and files in which that could be defined."""
    found = []
    for missed in fault.about:
        name, _, place = missed.partition("@")
        folders = [place or _folder(fault.file)]
        while folders[-1]:
            folders.append(folders[-1].rpartition("/")[0])
        names, services = (name, f"{name.partition(' ')[0]} {ANY}"), {_service(fault.file), ANY}
        found += [(each, folder, service) for each in names for folder in folders for service in services]
    return found


def _taken(fault: "Fault") -> set[_Key]:
    """Return what a fault takes away, with the folder in and below which it would be known; a region is everywhere."""
    found = set[_Key]()
    service = _service(fault.file)
    for lost in fault.lost:
        name, _, place = lost.partition("@")
        folder = "" if name.startswith(_EVERYWHERE) else place or _folder(fault.file)
        # What the file of a service defines is known to that service only, and to the rules that services share.
        only = service not in ("", _SHARED) and not place and not name.startswith(_EVERYWHERE)
        services = (service, _SHARED) if only else (ANY,)
        found.update((name, folder, each) for each in services)
    return found


def _folder(file: str) -> str:
    folder = file.rpartition("/")[0]
    return "" if folder == _VOCABULARY else folder


def _service(file: str) -> str:
    """Return the service of a file, or of its tests; of shared rules, `_SHARED`; of other files, nothing."""
    folder, _, name = file.rpartition("/")
    stem = name.partition(".")[0]
    return "" if folder in ("", _VOCABULARY) or stem in _KINDS.keys() - {_SHARED} else stem


def of_region(path: str, code: str = ANY) -> tuple[str, ...]:
    """Return what is lost with a region: its code, and the defaults of tests, which are handed down from region to region.

    Args:
        path: its folder; code: as far as it is known.
    """
    return f"region {code}", f"default {ANY}@{path}"


def lost_with(file: str, text: str | None) -> frozenset[str]:
    """Return what is lost where a file cannot be read, or a part of it: all that its text seems to define.

    Args:
        file: relative to the regions folder; text: what it holds, None where nobody knows, so that it may be anything.
    """
    folder, _, name = file.rpartition("/")
    stem = name.removesuffix(".yaml")
    kinds = _OF_VOCABULARY if folder == _VOCABULARY else _KINDS.get(stem, _OF_SERVICE)
    if name.endswith(_TESTS):
        kinds = _OF_TESTS
    itself = {f"vocabulary {stem}"} if folder == _VOCABULARY else {f"service {stem}"} if kinds is _OF_SERVICE else set()
    if stem == "region":
        itself = {f"default {ANY}"}
    names = {ANY} if text is None else {found[1] or found[2] for found in _NAMES.finditer(text)}
    return frozenset(itself.union(f"{kind} {name}" for kind in kinds for name in names))
