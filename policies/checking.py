"""Checking a regions folder: its files, its tests, and what will need an officer soon.

The provinces of a folder with many regions are checked in two processes, each with what is above them and a share of
their own. What only all regions together can say, such as that nothing reads a setting, is said once both are known.
"""

import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from policies.case_files import CaseReader, case_paths
from policies.ending import ending
from policies.faults import Fault, FaultLog, Place, PolicyFaults
from policies.folders import MAX_ENTRIES, MAX_TREE_BYTES
from policies.halves import can_fork, in_halves
from policies.missing import missing_tests, missing_values
from policies.notices import Notice, in_order
from policies.one_sided import one_sided
from policies.region_policies import RegionPolicies, own_settings, sets_of_rules
from policies.report import Report
from policies.reviews import overdue
from policies.tree import MAX_REGIONS, PolicyTree, no_collection, read_tree
from policies.unreachable import Reach
from policies.unused import Use

MANY = 500
"""Entries in the folders of provinces from which on a second process is worth its start."""
COUNTED = ("regions", "service_files", "rules", "shared_rules", "assumed_rules", "settings", "cases")
_CODE = re.compile(r"[0-9]{6}")


@dataclass(slots=True)
class _Found:
    """What a process has found in the regions that it looked at.

    Args:
        faults: of all files; notices: but for those that `use` and `reach` tell.
        use, reach: of settings and rules.
        counts: by what is counted.
        codes: the regions, with their places; counted: entries of folders, and bytes of YAML.
    """

    faults: set[Fault]
    notices: set[Notice]
    use: Use
    reach: Reach
    counts: Counter[str]
    codes: dict[str, Place]
    counted: tuple[int, int]

    def report(self) -> Report:
        """Return the state of what has been found."""
        faults = PolicyFaults(self.faults).faults
        notices = {*self.notices, *self.use.notices(), *self.reach.notices()} if not faults else ()
        return Report(faults, tuple(sorted(notices, key=in_order)), {name: self.counts[name] for name in COUNTED})

    def fits(self, other: "_Found") -> bool:
        """Say whether one process could have found both: no code twice, and no more than a tree may have."""
        both = self.codes | other.codes
        entries, size = (one + more for one, more in zip(self.counted, other.counted, strict=True))
        return (
            all(found.codes[code] == both[code] for found in (self, other) for code in found.codes)
            and len(both) <= MAX_REGIONS
            and entries <= MAX_ENTRIES
            and size <= MAX_TREE_BYTES
        )

    def also(self, other: "_Found") -> None:
        """Add what another process has found."""
        self.faults |= other.faults
        self.notices |= other.notices
        self.use.also(other.use)
        self.reach.also(other.reach)
        self.counts += other.counts


@dataclass(frozen=True, slots=True)
class _Share:
    """What a second process hands back: what it has found, and the regions of its share that tests above name."""

    found: _Found
    named: dict[str, RegionPolicies]


def check(folder: Path, today: date) -> Report:
    """Check a regions folder with its tests files.

    Args:
        folder: the regions folder; today: the day from which to look ahead.
    """
    with no_collection():
        shares = _shares(folder) if can_fork() else None
        found = _in_two(folder, today, *shares) if shares is not None else None
        return (found or _alone(folder, today)).report()


def _shares(folder: Path) -> tuple[set[str], set[str]] | None:
    """Share out the folders of provinces by what is in them; None where that is too little."""
    weights = {
        f"{nation.name}/{province.name}": len(os.listdir(province.path))
        for nation in _folders(folder)
        for province in _folders(nation)
    }
    if sum(weights.values()) < MANY:
        return None
    first: set[str] = set()
    second: set[str] = set()
    heavier = 0  # by so much is the first heavier
    for path in sorted(weights, key=lambda path: (-weights[path], path)):
        (first if heavier <= 0 else second).add(path)
        heavier += weights[path] if path in first else -weights[path]
    return first, second


def _folders(folder: "Path | os.DirEntry[str]") -> list["os.DirEntry[str]"]:
    with suppress(OSError), os.scandir(folder) as found:
        return [entry for entry in found if entry.is_dir() and not entry.name.startswith(".")]
    return []


def _alone(folder: Path, today: date) -> _Found:
    log = FaultLog()
    tree = read_tree(folder, log)
    cases = CaseReader(tree).read(tree.regions.values(), log)
    return _look(tree, log, today, len(cases))


def _in_two(folder: Path, today: date, mine: set[str], others: set[str]) -> _Found | None:
    """Check in two processes; None where what they find does not fit, and one has to do it all."""

    def own() -> tuple[PolicyTree, _Found]:
        return _share(folder, today, others)

    def other() -> _Share:
        tree, found = _share(folder, today, mine)
        return _Share(_handed_over(found, tree), _named(tree))

    (tree, found), share = in_halves(own, other)
    if share is None or not found.fits(share.found):
        return None
    found.also(share.found)
    log = FaultLog()
    whole = replace(tree, regions={**share.named, **tree.regions})
    cases = CaseReader(whole).read(_above(tree), log)
    found.faults.update(log.faults)
    found.counts["cases"] += len(cases)
    return found


def _share(folder: Path, today: date, left_out: Collection[str]) -> tuple[PolicyTree, _Found]:
    """Look at all but some provinces; of the tests above them only the defaults, for a case may be about any region."""
    log = FaultLog()
    tree = read_tree(folder, log, left_out=left_out)
    reader = CaseReader(tree)
    reader.read(_above(tree), FaultLog())
    cases = reader.read((place for place in tree.regions.values() if place.region.parent is not None), log)
    return tree, _look(tree, log, today, len(cases))


def _above(tree: PolicyTree) -> list[RegionPolicies]:
    """Return the regions that both processes look at."""
    return [place for place in tree.regions.values() if place.region.parent is None]


def _named(tree: PolicyTree) -> dict[str, RegionPolicies]:
    """Return the regions that the tests above all provinces name."""
    texts = [path.read_bytes().decode(errors="replace") for place in _above(tree) for path in case_paths(tree, place)]
    codes = {code for text in texts for code in _CODE.findall(text)}
    return {code: tree.regions[code] for code in codes if code in tree.regions}


def _look(tree: PolicyTree, log: FaultLog, today: date, cases: int) -> _Found:
    codes = {code: place.place for code, place in tree.regions.items()}
    notices = set(_notices(tree, today)) if not log.faults else set()
    counts = Counter({**_counts(tree, lambda _: True), "cases": cases})
    return _Found(set(log.faults), notices, Use.of(tree), Reach.of(tree), counts, codes, tree.reading.counted)


def _handed_over(found: _Found, tree: PolicyTree) -> _Found:
    """Return what the other process does not know: not what is above all provinces, unless it is still open."""
    notices = {*found.notices, *found.use.only(_is_below).notices(), *found.reach.only(_is_below).notices()}
    counts = Counter({**_counts(tree, _is_below), "cases": found.counts["cases"]})
    return replace(
        found, notices=notices, use=found.use.only(_is_above), reach=found.reach.only(_is_above), counts=counts
    )


def _is_below(place: Place) -> bool:
    """Say whether a place is in a province's folder, or deeper: in one that only one process looks into."""
    return place.file.count("/") > 1


def _is_above(place: Place) -> bool:
    return not _is_below(place)


def _notices(tree: PolicyTree, today: date) -> Iterator[Notice]:
    yield from one_sided(tree, today)
    yield from ending(tree, today)
    yield from missing_values(tree, today)
    yield from missing_tests(tree)
    for place in tree.regions.values():
        for policy in place.services.values():
            yield from overdue(policy, today)


def _counts(tree: PolicyTree, wanted: Callable[[Place], bool]) -> dict[str, int]:
    """Count what stands in files at wanted places."""
    places = tree.regions.values()
    rules = {rule.place: rule for found in sets_of_rules(places) for rule in found.values() if wanted(rule.place)}
    files = {policy.files for place in places for policy in place.services.values()}
    return {
        "regions": sum(wanted(place.place) for place in places),
        "service_files": sum(wanted(Place(file, 1, 1, "")) for file in {file for found in files for file in found}),
        "rules": len(rules),
        "shared_rules": sum(place.file.endswith("/rules.yaml") for place in rules),
        "assumed_rules": sum(rule.citation.assumed for rule in rules.values()),
        "settings": sum(map(wanted, {setting.place for setting in own_settings(places)})),
    }
