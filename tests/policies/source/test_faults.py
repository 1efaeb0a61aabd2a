"""Every kind of fault in policy files: a broken example of each, and all that is said about it.

Each file in `broken/` is an example (see `golden.py`) that ends with the expected text of all faults.
"""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from policies.cases.case_files import read_cases
from policies.source.faults import FaultLog, PolicyFaults
from policies.source.reader import MAX_FILE_BYTES
from policies.tree import folders as folders_module
from policies.tree import tree as tree_module
from policies.tree.tree import load_tree, read_tree
from policies.tree.valueless import faults_of, missing_values
from tests.policies.support.error_codes import loading_codes
from tests.policies.support.golden import assert_said, expected_of, files_of, names_in, said_of, write

EXAMPLES = names_in("broken")
TODAY = date(2026, 3, 2)


def all_faults(folder: Path) -> str:
    log = FaultLog()
    tree = read_tree(folder, log)
    read_cases(tree, log)
    return said_of(PolicyFaults(log.faults or faults_of(missing_values(tree, TODAY))).faults)


def _too_large(folder: Path) -> None:
    (folder / "china/sources.yaml").write_text("# " + "x" * MAX_FILE_BYTES)
    (folder / "china/vocabulary.yaml").write_text("facts: [" + "1, " * 20_000 + "]")


def _unreadable(folder: Path) -> None:
    (folder / "calendar.yaml").mkdir()
    os.mkfifo(folder / "china/vocabulary.yaml")
    (folder / "china/status.yaml").symlink_to("nowhere.yaml")
    (folder / "china/north/loop").symlink_to("..")


def _not_utf8(folder: Path) -> None:
    (folder / "china/sources.yaml").write_bytes("# 一\npage: {title: 指南}\n".encode("gb18030"))


def _no_regions(folder: Path) -> None:
    (folder / "china").rename(folder / ".china")


def _too_many_rules(folder: Path) -> None:
    rules = "".join(f"  r{number}: {{deny: true, message: {{zh: 一, en: one}}}}\n" for number in range(300))
    (folder / "china/north/apply.yaml").write_text(f"source: guide\nrules:\n{rules}")
    ages = ", ".join(f"{{holder.age: {{is: {age}}}}}" for age in range(60))
    wide = "".join(
        f"  r{n}: {{deny: true, message: {{zh: 一, en: one}}, when: {{any: [{ages}]}}}}\n" for n in range(17)
    )
    (folder / "china/status.yaml").write_text("title: {zh: 查询, en: Status}\nsource: guide\n")
    (folder / "china/south").mkdir()
    (folder / "china/south/region.yaml").write_text('code: "440000"\nlevel: province\nname: {zh: 南省, en: South}\n')
    (folder / "china/south/apply.yaml").write_text(f"source: guide\nrules:\n{wide}")


def _text_too_long(folder: Path) -> None:
    message = f"{{zh: {'长' * 2_001}, en: {'x' * 2_000}}}"
    (folder / "china/north/apply.yaml").write_text(f"source: guide\nrules:\n  r: {{tell: true, message: {message}}}\n")


MADE: dict[str, Callable[[Path], None]] = {
    "FILE_TOO_LARGE": _too_large,
    "FILE_UNREADABLE": _unreadable,
    "NOT_UTF8": _not_utf8,
    "NO_REGIONS": _no_regions,
    "TEXT_TOO_LONG": _text_too_long,
    "TOO_MANY_RULES": _too_many_rules,
}


@pytest.mark.parametrize("code", EXAMPLES)
def test_broken_example(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "regions", {**files_of("base"), **files_of(code)})
    if code in MADE:
        MADE[code](folder)
    if code == "TOO_MANY_REGIONS":
        monkeypatch.setattr(tree_module, "MAX_REGIONS", 2)
    if code == "TREE_TOO_LARGE":
        monkeypatch.setattr(folders_module, "MAX_TREE_BYTES", 3_100)
    said = all_faults(folder)
    assert_said(said, code)
    assert f": {code} " in said or f": {code}\n" in said


def test_the_base_has_no_fault(tmp_path: Path) -> None:
    assert all_faults(write(tmp_path, files_of("base"))) == ""


def test_every_code_has_a_broken_example_and_every_example_a_code() -> None:
    assert set(EXAMPLES) == loading_codes()


def test_the_faults_of_many_files_come_all_at_once(tmp_path: Path) -> None:
    """Lay examples that touch different files over each other: none of their faults hides another's."""
    wanted: set[str] = set()
    files = files_of("base")
    taken: set[str] = set()
    for code in EXAMPLES:
        own = files_of(code)
        if own and taken.isdisjoint(own):
            taken |= own.keys()
            files |= own
            wanted |= {line for line in expected_of(code).splitlines() if not line.startswith(" ")}
    said = set(all_faults(write(tmp_path, files)).splitlines())
    assert len(taken) > 10
    assert wanted <= said


def test_loading_raises_what_checking_lists(tmp_path: Path) -> None:
    folder = write(tmp_path, {**files_of("base"), **files_of("REPLACES_SILENTLY")})
    with pytest.raises(PolicyFaults, match="faults in the policy files") as caught:
        load_tree(folder)
    assert said_of(caught.value.faults) == all_faults(folder)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert all_faults(tmp_path / "nothing") == (
        "nothing:1:1: NO_REGIONS\n    there is no such folder\n    Remedy: name the folder that holds the regions\n"
        "    没有这个文件夹\n    办法：写明存放各地区的文件夹\n"
    )


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_ends_of_other_systems_and_a_byte_order_mark_are_read(tmp_path: Path, ending: str) -> None:
    folder = write(tmp_path, files_of("base"))
    for path in folder.rglob("*.yaml"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_text().replace("\n", ending).encode())
    assert all_faults(folder) == ""
