"""Checking a regions folder: its files, its tests, and what will need an officer soon.

The provinces of a folder with many regions are checked in several processes, each with what is above them and a share of
its own. What only all regions together can say, such as that nothing reads a setting, is said once all are known.
"""

import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path

from policies.cases.case_files import CaseReader, case_paths
from policies.checks.ending import ending
from policies.checks.forks import in_forks, processors
from policies.checks.half_open_services import one_sided
from policies.checks.missing import missing_tests
from policies.checks.reviews import overdue
from policies.checks.unreachable import Reach
from policies.checks.unused import Use
from policies.source.faults import Fault, FaultLog, PolicyFaults, SourceLocation
from policies.tree.folders import MAX_ENTRIES, MAX_TREE_BYTES
from policies.tree.gone import with_causes
from policies.tree.region_policies import RegionPolicies, own_settings, sets_of_rules
from policies.tree.tree import MAX_REGIONS, PolicyTree, SpecialDays, no_collection, read_tree
from policies.tree.valueless import MissingValue, faults_of, missing_values
from policies.words.notices import Notice, in_order
from policies.words.report import Report

MANY = 500
"""Entries in the folders of provinces from which on a second process is worth its start; another for each half of it."""
COUNTED = ("regions", "service_files", "rules", "shared_rules", "assumed_rules", "settings", "cases")
_CODE = re.compile(rb"[0-9]{6}")


@dataclass(frozen=True, slots=True)
class _Found:
    """What has been found in some regions.

    Args:
        faults: of all files; notices: but for those that `use` and `reach` tell.
        use, reach: of settings and rules.
        below, above: by what is counted, in the folders of provinces and above them.
        codes: the regions, with their places; counted: entries of folders, and bytes of YAML.
        named: the regions that matter to tests above all provinces.
        missing: values without which nothing can be decided; looked for only where there are no faults.
    """

    faults: set[Fault]
    notices: set[Notice]
    use: Use
    reach: Reach
    below: Counter[str]
    above: Counter[str]
    codes: dict[str, SourceLocation]
    counted: tuple[int, int]
    named: dict[str, RegionPolicies] = field(default_factory=dict)
    missing: frozenset[MissingValue] = frozenset()

    def report(self, folder: Path) -> Report:
        """Return the state of what has been found in a regions folder."""
        faults = with_causes(folder, self.faults) or faults_of(self.missing)
        found = PolicyFaults(faults)
        notices = {*self.notices, *self.use.notices(), *self.reach.notices()} if not faults else ()
        counts = {name: self.below[name] + self.above[name] for name in COUNTED}
        return Report(found.faults, tuple(sorted(notices, key=in_order)), counts, found.consequences)

    def handed_over(self, tree: PolicyTree) -> "_Found":
        """Return what another process needs of this: what cannot be said for certain here, and what is certain."""
        notices = {*self.notices, *self.use.only(_is_below).notices(), *self.reach.only(_is_below).notices()}
        use, reach = self.use.only(_is_above), self.reach.only(_is_above)
        return replace(self, notices=notices, use=use, reach=reach, named=_named(tree))

    def fits(self, other: "_Found") -> bool:
        """Say whether one process could have found both: no code twice, and no more than a tree may have."""
        both = self.codes | other.codes
        entries, size = _sum(self.counted, other.counted)
        return (
            all(found.codes[code] == both[code] for found in (self, other) for code in found.codes)
            and len(both) <= MAX_REGIONS
            and entries <= MAX_ENTRIES
            and size <= MAX_TREE_BYTES
        )

    def with_other(self, other: "_Found") -> "_Found":
        """Return this with what another process has found, which has seen the same above all provinces."""
        return _Found(
            faults=self.faults | other.faults,
            notices=self.notices | other.notices,
            use=self.use.with_other(other.use),
            reach=self.reach.with_other(other.reach),
            below=self.below + other.below,
            above=self.above | other.above,
            codes=self.codes | other.codes,
            counted=_sum(self.counted, other.counted),
            named=self.named | other.named,
            missing=self.missing | other.missing,
        )


def _sum(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]


def check(folder: Path, today: date) -> Report:
    """Check a regions folder with its tests files.

    Args:
        folder: the regions folder; today: the day from which to look ahead.
    """
    with no_collection():
        shares = _shares(folder, processors())
        found = _at_once(folder, today, shares) if len(shares) > 1 else None
        return found.report(folder) if found is not None else check_alone(folder, today)[0]


def check_alone(folder: Path, today: date) -> tuple[Report, PolicyTree]:
    """Check in this process only, and return what was read too, which decides as it should where there are no faults."""
    with no_collection():
        log = FaultLog()
        tree = read_tree(folder, log)
        cases = CaseReader(tree).read(tree.regions.values(), log)
        return _look(tree, log, today, len(cases)).report(folder), tree


def _shares(folder: Path, most: int) -> list[set[str]]:
    """Share out the folders of provinces by what is in them; few shares where that is little."""
    weights = {
        f"{nation.name}/{province.name}": len(_entries(province))
        for nation in _folders(folder)
        for province in _folders(nation)
    }
    shares: list[set[str]] = [set() for _ in range(min(most, len(weights), 2 * sum(weights.values()) // MANY))]
    filled = [0] * len(shares)
    for path in sorted(weights, key=lambda path: (-weights[path], path)) if shares else ():
        lightest = filled.index(min(filled))
        shares[lightest].add(path)
        filled[lightest] += weights[path]
    return shares


def _folders(folder: "Path | os.DirEntry[str]") -> list["os.DirEntry[str]"]:
    return [entry for entry in _entries(folder) if entry.is_dir() and not entry.name.startswith(".")]


def _entries(folder: "Path | os.DirEntry[str]") -> list["os.DirEntry[str]"]:
    """Return what is in a folder; of one that cannot be listed, which reading it tells, nothing."""
    with suppress(OSError), os.scandir(folder) as found:
        return list(found)
    return []


def _at_once(folder: Path, today: date, shares: Sequence[set[str]]) -> _Found | None:
    """Check each share in a process of its own; None where what they find does not fit, and one has to do it all."""
    all_of_them = set[str]().union(*shares)
    found = in_forks([partial(_share, folder, today, all_of_them - share) for share in shares])
    if found is None:
        return None
    whole = found[0]
    for other in found[1:]:
        if not whole.fits(other):
            return None
        whole = whole.with_other(other)
    log = FaultLog()
    tree = PolicyTree(whole.named, SpecialDays({}, {}), folder)
    cases = CaseReader(tree).read(_above(tree), log)
    return replace(whole, faults=whole.faults.union(log.faults), above=whole.above + Counter(cases=len(cases)))


def _share(folder: Path, today: date, left_out: Collection[str]) -> _Found:
    """Look at all but some provinces; of the tests above them only the defaults, for a case may be about any region."""
    log = FaultLog()
    tree = read_tree(folder, log, left_out=left_out)
    reader = CaseReader(tree)
    reader.read(_above(tree), FaultLog())
    cases = reader.read((place for place in tree.regions.values() if "/" in place.region.path), log)
    return _look(tree, log, today, len(cases)).handed_over(tree)


def _above(tree: PolicyTree) -> list[RegionPolicies]:
    """Return the regions above all provinces."""
    return [place for place in tree.regions.values() if "/" not in place.region.path]


def _named(tree: PolicyTree) -> dict[str, RegionPolicies]:
    """Return the regions above all provinces that have tests, and those that these tests name."""
    tests = {place.region.code: case_paths(tree, place) for place in _above(tree)}
    # A pipe would block; reading the tests says of it, and of a link that leads nowhere, that it is none.
    texts = [path.read_bytes() for paths in tests.values() for path in paths if path.is_file()]
    codes = {code.decode() for text in texts for code in _CODE.findall(text)}
    codes |= {code for code, paths in tests.items() if paths}
    return {code: tree.regions[code] for code in codes if code in tree.regions}


def _look(tree: PolicyTree, log: FaultLog, today: date, cases: int) -> _Found:
    codes = {code: place.place for code, place in tree.regions.items()}
    notices = set(_notices(tree, today)) if not log.faults else set()
    above, below = _counts(tree)
    below["cases"] = cases
    missing = frozenset(missing_values(tree, today) if not log.faults else ())
    counted = tree.reading.counted
    return _Found(set(log.faults), notices, Use.of(tree), Reach.of(tree), below, above, codes, counted, missing=missing)


def _is_below(place: SourceLocation) -> bool:
    """Say whether a place is in a province's folder, or deeper."""
    return place.file.count("/") > 1


def _is_above(place: SourceLocation) -> bool:
    return not _is_below(place)


def _notices(tree: PolicyTree, today: date) -> Iterator[Notice]:
    yield from one_sided(tree, today)
    yield from ending(tree, today)
    yield from missing_tests(tree)
    for place in tree.regions.values():
        for policy in place.services.values():
            yield from overdue(policy, today)


def _counts(tree: PolicyTree) -> tuple[Counter[str], Counter[str]]:
    """Count what stands in files above all provinces, and below."""
    places = tree.regions.values()
    rules = {rule.place: rule for found in sets_of_rules(places) for rule in found.values()}
    files = {file for place in places for policy in place.services.values() for file in policy.files}
    stand: dict[str, Iterable[SourceLocation]] = {
        "regions": (place.place for place in places),
        "service_files": (SourceLocation(file, 1, 1, "") for file in files),
        "rules": rules,
        "shared_rules": (place for place in rules if place.file.endswith("/rules.yaml")),
        "assumed_rules": (place for place, rule in rules.items() if rule.citation.assumed),
        "settings": {setting.place for setting in own_settings(places)},
    }
    are_below = {name: [_is_below(place) for place in found] for name, found in stand.items()}
    below = Counter({name: sum(found) for name, found in are_below.items()})
    return Counter({name: len(found) for name, found in are_below.items()}) - below, below
