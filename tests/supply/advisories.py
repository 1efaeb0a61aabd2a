"""Hold the locks to advisories that were fetched before, without a network: `python -m tests.supply.advisories FOLDER`.

FOLDER holds what OSV publishes of each ecosystem, as `PyPI/all.zip` and `npm/all.zip`. Nothing is asked of anybody, so that nobody is told
what the service is made of; and nothing is known that was published after the files were fetched, which is said beside what was found.
"""

import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from tests.supply.locked import Package, everything

Key = Callable[[str], Any]
_SEMVER: Final = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+.*)?")


@dataclass(frozen=True, slots=True)
class Finding:
    """A package that an advisory is about.

    Args:
        advisory: its id; summary: what it says; fixed: the versions that it names as mended.
    """

    package: Package
    advisory: str
    summary: str
    fixed: tuple[str, ...]

    def text(self) -> str:
        """Return the line of it."""
        mended = f"; mended in {', '.join(self.fixed)}" if self.fixed else "; not mended yet"
        where = "" if not self.package.is_tool else " (a tool, not shipped)"
        return f"{self.package.name} {self.package.version}{where}: {self.advisory} {self.summary}{mended}"


@dataclass(slots=True)
class Audit:
    """What came of it.

    Args:
        read: how many advisories; newest: when the latest of them was changed; findings: what they say of the locks.
    """

    read: int
    newest: str
    findings: list[Finding]


def audit(folder: Path, packages: Sequence[Package]) -> Audit:
    """Hold packages to the advisories in a folder.

    Raises:
        FileNotFoundError: those of an ecosystem are not there, so that nothing could be said of it.
    """
    found = Audit(0, "", [])
    for ecosystem in sorted({package.ecosystem for package in packages}):
        named: dict[str, list[Package]] = {}
        for package in packages:
            if package.ecosystem == ecosystem:
                named.setdefault(package.name, []).append(package)
        for advisory in _advisories(folder / ecosystem / "all.zip"):
            found.read += 1
            found.newest = max(found.newest, advisory.get("modified", ""))
            if not advisory.get("withdrawn"):
                found.findings += _of(advisory, ecosystem, named)
    found.findings.sort(key=lambda each: (each.package.is_tool, each.package, each.advisory))
    return found


def _advisories(file: Path) -> Iterator[dict[str, Any]]:
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if name.endswith(".json"):
                yield json.loads(archive.read(name))


def _of(advisory: Mapping[str, Any], ecosystem: str, named: Mapping[str, list[Package]]) -> Iterator[Finding]:
    for affected in advisory.get("affected", ()):
        its = affected.get("package", {})
        name = its.get("name", "")
        if its.get("ecosystem") != ecosystem:
            continue
        for package in named.get(canonicalize_name(name) if ecosystem == "PyPI" else name, ()):
            if _is_affected(package, affected):
                fixed = tuple(
                    event["fixed"]
                    for each in affected.get("ranges", ())
                    for event in each["events"]
                    if "fixed" in event
                )
                yield Finding(package, advisory["id"], advisory.get("summary", ""), fixed)


def _is_affected(package: Package, affected: Mapping[str, Any]) -> bool:
    if package.version in affected.get("versions", ()):
        return True
    key: Key = _pypi if package.ecosystem == "PyPI" else _semver
    kinds = ("ECOSYSTEM", "SEMVER")
    return any(
        _within(package.version, each["events"], key) for each in affected.get("ranges", ()) if each["type"] in kinds
    )


def _within(version: str, events: Sequence[Mapping[str, str]], key: Key) -> bool:
    """Say whether a version is in a range, whose events are sorted by their versions and taken one after the other."""
    own, inside = key(version), False
    for kind, at in sorted(
        ((kind, at) for event in events for kind, at in event.items()), key=lambda each: key(each[1])
    ):
        if kind == "introduced" and key(at) <= own:
            inside = True
        elif (kind == "fixed" and key(at) <= own) or (kind == "last_affected" and key(at) < own):
            inside = False
    return inside


def _pypi(version: str) -> Version:
    try:
        return Version(version)
    except InvalidVersion:
        # Of before PEP 440; older than all that is pinned here.
        return Version("0")


def _semver(version: str) -> tuple[Any, ...]:
    found = _SEMVER.fullmatch(version)
    if found is None:
        return (0, 0, 0, (0,))
    numbers = tuple(int(each or 0) for each in found.groups()[:3])
    if found[4] is None:
        return (*numbers, (1,))
    parts = tuple((0, int(each), "") if each.isdecimal() else (1, 0, each) for each in found[4].split("."))
    return (*numbers, (0, parts))


def main(arguments: Sequence[str]) -> int:
    """Print what is found, and return the exit code: 1 where something shipped is, 2 where it cannot be said."""
    if len(arguments) != 1 or not arguments[0]:
        print("Name the folder of the advisories: make audit-dependencies ADVISORIES=FOLDER (docs/operations.md).")
        return 2
    packages = everything()
    try:
        found = audit(Path(arguments[0]), packages)
    except (OSError, zipfile.BadZipFile) as error:
        print(f"The advisories cannot be read: {error}")
        return 2
    for finding in found.findings:
        print(finding.text())
    print(
        f"{len(packages)} packages, {found.read} advisories, the latest of {found.newest or 'never'}: {len(found.findings)} findings."
    )
    return 1 if any(not finding.package.is_tool for finding in found.findings) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
