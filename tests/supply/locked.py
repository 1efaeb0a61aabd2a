"""What the locks name: packages of PyPI with hashes, and of npm with integrity."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[2]
REQUIREMENTS: Final = (
    "requirements.txt",
    "requirements-telemetry.txt",
    "requirements-dev.txt",
    "requirements-node.txt",
)
PAGES: Final = ("web/graphiql", "examples/web")
"""The folders whose bundles are served."""
_PIN: Final = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==([^ ;\\]+)", re.M)


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """One package.

    Args:
        ecosystem: `PyPI` or `npm`; licence: as the lock has it, of npm alone.
        is_tool: whether it only builds or tests.
    """

    ecosystem: str
    name: str
    version: str
    licence: str = ""
    is_tool: bool = False


def of_pypi(file: str) -> list[Package]:
    """Return what a requirements file pins; a package is there twice where two versions of Python need two."""
    is_tool = file not in REQUIREMENTS[:2]
    pins = _PIN.findall((ROOT / file).read_text("utf-8"))
    return [Package("PyPI", canonicalize_name(name), version, is_tool=is_tool) for name, version in pins]


def of_npm(folder: str | Path) -> list[Package]:
    """Return what the lock of a folder names."""
    lock = json.loads((ROOT / folder / "package-lock.json").read_text("utf-8"))
    return [*_of_npm(lock["packages"], str(folder) in PAGES)]


def _of_npm(packages: dict[str, dict[str, object]], is_served: bool) -> Iterator[Package]:
    for place, each in packages.items():
        if name := place.rpartition("node_modules/")[2]:
            is_tool = not is_served or bool(each.get("dev"))
            yield Package(
                "npm", str(each.get("name", name)), str(each["version"]), str(each.get("license", "")), is_tool
            )


def npm_folders() -> list[str]:
    """Return every folder of this repository that has a lock of npm."""
    found = [
        path.parent.relative_to(ROOT).as_posix()
        for top in ("benchmarks", "examples/web", "tests", "web")
        for path in (ROOT / top).rglob("package-lock.json")
    ]
    return sorted(each for each in found if "node_modules" not in each and "/." not in each)


def everything() -> list[Package]:
    """Return all packages of all locks, each once."""
    found = [package for file in REQUIREMENTS for package in of_pypi(file)]
    found += [package for folder in npm_folders() for package in of_npm(folder)]
    return sorted(set(found))
