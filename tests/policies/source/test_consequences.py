"""A slip is listed, and what follows from it is counted: a table of slips, and the faults that each lists and counts.

Whatever the slip, a second one elsewhere that has nothing to do with it is listed beside it.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from policies.checks.checking import check_alone
from policies.live import LivePolicies, Reload
from policies.source.consequences import without_consequences
from policies.source.faults import Fault, PolicyFaults
from policies.tree.tree import load_tree
from policies.words.report import Report
from tests.policies.support.regions import REGIONS
from tests.policies.test_live import Days, Ticking

TODAY = date(2026, 11, 21)


def instead(old: str, new: str) -> Callable[[str], bytes]:
    """Return a slip that writes one thing for another, where it stands first."""

    def made(text: str) -> bytes:
        assert old in text
        return text.replace(old, new, 1).encode()

    return made


def tab(text: str) -> bytes:
    """Indent the first indented line by a tab."""
    return text.replace("\n  ", "\n\t", 1).encode()


def gbk(text: str) -> bytes:
    """Save in another encoding."""
    return text.encode("gb18030")


def emptied(text: str) -> bytes:
    """Save nothing."""
    return b""


SLIPS: dict[str, tuple[str, Callable[[str], bytes], bool]] = {
    "a tab in the facts": ("facts.yaml", tab, True),
    "the facts in GBK": ("facts.yaml", gbk, True),
    "a tab in the channels": ("vocabulary/channels.yaml", tab, True),
    "the services in GBK": ("vocabulary/services.yaml", gbk, True),
    "the outlets emptied": ("vocabulary/outlets.yaml", emptied, True),
    "a tab in the documents": ("sources.yaml", tab, True),
    "the nation in GBK": ("china/region.yaml", gbk, True),
    "a province in GBK": ("china/sichuan/region.yaml", gbk, True),
    "a tab in shared settings": ("china/settings.yaml", tab, True),
    "a tab in shared rules": ("china/rules.yaml", tab, True),
    "a service of the nation in GBK": ("china/apply.yaml", gbk, True),
    "a service of the nation emptied": ("china/activate.yaml", emptied, True),
    "the words of a city in GBK": ("china/shandong/qingdao/vocabulary.yaml", gbk, True),
    "a wide colon": ("china/reissue.yaml", instead("reissue_reasons:\n    type", "reissue_reasons：\n    type"), True),
    "a wide comma": ("china/settings.yaml", instead("value: 16, from", "value: 16，from"), True),
    "a wide colon within braces": ("china/apply.yaml", instead("from: 20", "from： 20"), True),
    "a setting without quotes": ("china/apply.yaml", instead("      zh: ", "      zh: {amount} "), True),
    "a number in brackets": ("sources.yaml", instead("title: ", "number: [2014]\n  title: "), False),
    "a code without quotes": ("china/sichuan/chengdu/region.yaml", instead('"510100"', "510100"), True),
    "no amount": ("china/reissue.yaml", instead("0 yuan", "0元"), True),
    "no whole number": ("china/reissue.yaml", instead("value: 18", "value: 十八"), True),
    "no date": ("china/reissue.yaml", instead("{value: 0 yuan, from: 2017-01-01", "{value: 0 yuan, from: 2017/1/1"), True),
    "no type": ("china/reissue.yaml", instead("type: integer", "type: number"), True),
    "no truth value": ("china/reissue.yaml", instead("deny: true", "deny: 是"), True),
    "another outcome": ("china/reissue.yaml", instead("deny: true", "dney: true"), True),
    "no vocabulary": ("facts.yaml", instead("of: channels", "of: chanels"), True),
    "no type of an attribute": ("vocabulary/channels.yaml", instead("type: term", "type: trem"), True),
    "a key that is none": ("china/apply.yaml", instead("rules:", "rule:"), True),
    "wide quotes around a code": ("china/sichuan/chengdu/region.yaml", instead('"510100"', "“510100”"), True),
    "the code of a city elsewhere": ("china/shandong/jinan/region.yaml", instead('"370100"', '"360100"'), True),
    "a service saved in UTF-16": ("china/sichuan/apply.yaml", lambda text: text.encode("utf-16"), True),
    "rules written twice": ("china/sichuan/apply.yaml", instead("rules:", "rules: {}\nrules:"), True),
    "rules left empty": ("china/sichuan/apply.yaml", lambda text: text.partition("rules:\n")[0].encode() + b"rules:\n", True),
    "a fact misspelt where it is defined": ("facts.yaml", instead("holder.age:", "holder.agee:"), True),
    "a setting misspelt where it is defined": ("china/sichuan/settings.yaml", instead("photo_from_", "photo_form_"), True),
    "a bank misspelt where it is defined": ("vocabulary/banks.yaml", instead("icbc:", "icbcc:"), True),
    "a document misspelt where it is defined": ("sources.yaml", instead("sichuan_introduction", "sichuan_introdution"), True),
    "a rule misspelt where it is defined": ("china/sichuan/apply.yaml", instead("  photo:\n", "  phota:\n"), True),
    "no document": ("china/settings.yaml", instead("{document: cross_province_guide", "{document: cross_guide"), False),
}  # fmt: skip
"""By what is wrong: the file, the slip, and whether other faults follow from it."""
OWN = {
    "china/shandong/zibo/settings.yaml": ("cross_province_banks", "cross_province_bonks"),
    "china/sichuan/mianyang/region.yaml": ("level: city", "level: town"),
}
"""Slips that have nothing to do with the others."""


@pytest.fixture(scope="module")
def only_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(REGIONS, tmp_path_factory.mktemp("slips") / "regions"))


@contextmanager
def slipped(folder: Path, file: str, slip: Callable[[str], bytes]) -> Iterator[None]:
    """Make a slip, and mend it again."""
    path = folder / file
    right = path.read_bytes()
    path.write_bytes(slip(right.decode()))
    try:
        yield
    finally:
        path.write_bytes(right)


def reported(folder: Path) -> Report:
    return check_alone(folder, TODAY)[0]


@cache
def alone(folder: Path, what: str) -> Report:
    """Return what is reported of one slip."""
    file, slip, _ = SLIPS[what]
    with slipped(folder, file, slip):
        return reported(folder)


@pytest.mark.parametrize("what", SLIPS)
def test_a_slip_is_listed_alone(what: str, only_copy: Path) -> None:
    file, _, more = SLIPS[what]
    report = alone(only_copy, what)
    assert [fault.file for fault in report.faults] == [file]
    assert (report.consequences > 0) == more
    assert (f"{report.consequences} fault" in report.text("en").splitlines()[-3]) == more
    assert json.loads(report.json())["consequences"] == report.consequences


@pytest.mark.parametrize("what", SLIPS)
def test_slips_that_have_nothing_to_do_with_it_are_listed_too(what: str, only_copy: Path) -> None:
    file, slip, _ = SLIPS[what]
    bank, city = ((name, instead(*slip)) for name, slip in OWN.items())
    with slipped(only_copy, file, slip), slipped(only_copy, *bank), slipped(only_copy, *city):
        report = reported(only_copy)
    assert {fault.file for fault in report.faults} == {file, *OWN}
    assert len(report.faults) == len(alone(only_copy, what).faults) + len(OWN)


def test_a_name_that_no_file_defines_is_listed_whatever_stands_above(only_copy: Path) -> None:
    file = "china/sichuan/chengdu/apply.yaml"
    with (
        slipped(only_copy, "vocabulary/documents.yaml", gbk),
        slipped(only_copy, file, instead("document: passport", "document: pasport")),
    ):
        report = reported(only_copy)
    assert [(fault.file, fault.code) for fault in report.faults] == [
        (file, "UNKNOWN_TERM"),
        ("vocabulary/documents.yaml", "NOT_UTF8"),
    ]


def fault(file: str, about: tuple[str, ...] = (), *lost: str) -> Fault:
    """Return a fault that misses some things and takes away others."""
    nothing = next(iter(reported_of_nothing()))
    return Fault(file, 1, 1, "", "UNKNOWN_RULE", nothing.message, nothing.remedy, about, frozenset(lost))


def reported_of_nothing() -> tuple[Fault, ...]:
    try:
        load_tree(REGIONS / "nowhere")
    except PolicyFaults as found:
        return found.faults
    raise AssertionError


def test_what_follows_from_what_follows_is_counted_too() -> None:
    cause = fault("facts.yaml", (), "fact a.b")
    rule = fault("china/apply.yaml", ("fact a.b",), "rule r")
    child = fault("china/north/apply.yaml", ("rule r",), "rule r")
    assert without_consequences([child, rule, cause]) == ((cause,), 2)


def test_of_faults_that_could_only_follow_from_each_other_each_is_listed() -> None:
    one, other = fault("china/a.yaml", ("rule b",), "rule a"), fault("china/b.yaml", ("rule a",), "rule b")
    assert without_consequences([one, other]) == ((one, other), 0)


def test_what_is_missed_is_not_missed_because_of_a_region_beside_it() -> None:
    one, other = fault("china/north/settings.yaml", (), "setting s"), fault("china/south/apply.yaml", ("setting s",))
    assert without_consequences([one, other]) == ((one, other), 0)
    above = fault("china/settings.yaml", (), "setting s")
    assert without_consequences([above, other]) == ((above,), 1)


def test_a_running_service_names_the_cause_and_counts_the_rest(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(REGIONS, tmp_path / "regions"))
    live = LivePolicies(folder, Days, Ticking())
    with slipped(folder, "china/apply.yaml", tab):
        assert live.reload() is Reload.REFUSED
    assert [fault.file for fault in live.status.faults] == ["china/apply.yaml"]
    assert live.status.consequences > 3
    live.reload()
    assert (live.status.faults, live.status.consequences) == ((), 0)


def test_a_misspelt_definition_is_told_where_it_stands_with_the_name_that_is_missed(only_copy: Path) -> None:
    with slipped(only_copy, *SLIPS["a fact misspelt where it is defined"][:2]):
        (told,) = reported(only_copy).faults
    line = 1 + (REGIONS / "facts.yaml").read_text("utf-8").partition("holder.age:")[0].count("\n")
    assert (told.file, told.line, told.column, told.code) == ("facts.yaml", line, 1, "UNKNOWN_FACT")
    assert "要用 `holder.age`，却没有它的定义；这里定义的 `holder.agee` 没有一处用到" in told.message.zh
    assert told.remedy.zh == "是笔误的，把这里改为 `holder.age`；不是笔误的，另外定义 `holder.age`"


def test_of_a_name_that_is_missed_in_many_places_no_definition_is_blamed_that_something_uses(only_copy: Path) -> None:
    with slipped(
        only_copy, "china/sichuan/apply.yaml", lambda text: text.replace("photo_from_age", "foto_from_age").encode()
    ):
        report = reported(only_copy)
    assert len(report.faults) > 1
    assert {fault.file for fault in report.faults} == {"china/sichuan/apply.yaml"}


def test_the_folder_of_a_city_without_its_file_is_listed_alone(only_copy: Path) -> None:
    file = only_copy / "china/sichuan/chengdu/region.yaml"
    right = file.read_bytes()
    file.unlink()
    try:
        report = reported(only_copy)
    finally:
        file.write_bytes(right)
    assert [(fault.file, fault.code) for fault in report.faults] == [("china/sichuan/chengdu", "MISSING_REGION_FILE")]
    assert report.consequences > 3


def test_a_slip_that_is_read_for_many_regions_is_told_once_with_the_near_name(only_copy: Path) -> None:
    file = "china/apply.tests.yaml"
    with slipped(only_copy, file, instead("request.channel: national", "request.chanel: national")):
        found = [
            fault for fault in reported(only_copy).faults if fault.code == "UNKNOWN_FACT" and "defaults" in fault.path
        ]
    assert [(fault.file, "`request.channel`" in fault.remedy.zh) for fault in found] == [(file, True)]


GONE = {
    "facts.yaml": "UNKNOWN_FACT",
    "sources.yaml": "UNKNOWN_SOURCE",
    "vocabulary/services.yaml": "UNKNOWN_VOCABULARY",
    "vocabulary/channels.yaml": "UNKNOWN_VOCABULARY",
    "vocabulary/documents.yaml": "UNKNOWN_VOCABULARY",
    "vocabulary/banks.yaml": "UNKNOWN_VOCABULARY",
    "vocabulary": "UNKNOWN_VOCABULARY",
}
"""Files and folders that much is defined in, and the code of what is missed without them."""


@contextmanager
def removed(folder: Path, file: str) -> Iterator[None]:
    """Take a file or folder away, and put it back."""
    path, kept = folder / file, folder.parent / "kept"
    path.rename(kept)
    try:
        yield
    finally:
        kept.rename(path)


@pytest.mark.parametrize("file", GONE)
def test_a_file_that_is_gone_is_listed_alone(file: str, only_copy: Path) -> None:
    city = "china/sichuan/mianyang/region.yaml"
    with removed(only_copy, file):
        (told,) = (report := reported(only_copy)).faults
        with slipped(only_copy, city, instead(*OWN[city])):
            both = reported(only_copy).faults
    assert (told.file, told.line, told.code) == (file, 1, GONE[file])
    assert report.consequences > 10
    assert told.message.zh.startswith("没有这个文件")
    assert "is not there" in told.message.en
    assert sorted(fault.file for fault in both) == sorted((file, city))


def test_a_calendar_is_missed_by_nothing(only_copy: Path) -> None:
    with removed(only_copy, "calendar.yaml"):
        assert reported(only_copy).faults == ()


def test_a_running_service_names_the_file_that_is_gone(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(REGIONS, tmp_path / "regions"))
    live = LivePolicies(folder, Days, Ticking())
    with removed(folder, "sources.yaml"):
        assert live.reload() is Reload.REFUSED
    assert [(fault.file, fault.code) for fault in live.status.faults] == [("sources.yaml", "UNKNOWN_SOURCE")]


def test_a_vocabulary_that_is_misspelt_twice_is_not_one_whose_file_is_gone(only_copy: Path) -> None:
    with slipped(only_copy, "facts.yaml", lambda text: text.replace("of: relations", "of: relatons").encode()):
        report = reported(only_copy)
    assert [fault.file for fault in report.faults] == ["facts.yaml"] * 2


def test_what_is_missed_because_of_another_slip_is_not_missed_for_want_of_a_file(only_copy: Path) -> None:
    nation = "china/sources.yaml"
    (only_copy / "sources.yaml").rename(only_copy / nation)
    try:
        assert reported(only_copy).faults == ()
        with slipped(only_copy, nation, tab):
            assert [fault.file for fault in reported(only_copy).faults] == [nation]
    finally:
        (only_copy / nation).rename(only_copy / "sources.yaml")
