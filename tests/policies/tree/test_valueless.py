"""A value that has ended, or not begun, while a rule in force reads it: a fault, on just the days on which nothing can be decided."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from domain.errors import DecisionFault
from policies.checks.checking import check
from policies.engine.decide import Policies
from policies.live import LivePolicies, Reload
from policies.source.faults import PolicyFaults
from policies.tree.tree import load_tree
from tests.policies.support.golden import files_of, write
from tests.policies.test_live import Days

LAST = date(2026, 5, 1)
DAY_AFTER = date(2026, 5, 2)
FILE = "china/north/settings.yaml"
SETTINGS = "source: guide\nsettings:\n  limit: {{type: integer, label: {{zh: 限, en: limit}}, values: [{}]}}\n"
ENDS = "{value: 1, from: 2021-01-01, until: 2026-05-01}"
GOES_ON = "{value: 2, from: 2026-05-02}, " + ENDS
READS = """source: guide
rules:
  late: {deny: true, when: {holder.age: {below: {setting: limit}}}, message: {zh: 一, en: one}}
"""
TELLS = READS.replace("when: {holder.age: {below: {setting: limit}}}, ", "").replace("zh: 一", 'zh: "{limit}"')
OWN = "source: guide\nsettings: {limit: {replaces: true, values: [" + ENDS + "]}}\n"
REPLACED = OWN.replace(ENDS, "{value: 3, from: 2021-01-01}")
RULES = "china/north/first/apply.yaml"

FAULTY: dict[str, dict[str, str]] = {
    "a condition reads it": {FILE: SETTINGS.format(ENDS), RULES: READS},
    "a message shows it": {FILE: SETTINGS.format(ENDS), RULES: TELLS},
    "the next value begins too late": {FILE: SETTINGS.format("{value: 2, from: 2026-05-03}, " + ENDS), RULES: READS},
    "the next value is published too late": {
        FILE: SETTINGS.format("{value: 2, from: 2026-05-02, published: 2026-05-03}, " + ENDS), RULES: READS,
    },
    "a rule of the province reads it": {FILE: SETTINGS.format(ENDS), "china/north/apply.yaml": READS},
}  # fmt: skip
GOOD: dict[str, dict[str, str]] = {
    "another follows": {FILE: SETTINGS.format(GOES_ON), RULES: READS},
    "the parent's applies again": {
        FILE: SETTINGS.format("{value: 2, from: 2020-01-01}"), "china/north/first/settings.yaml": OWN, RULES: READS,
    },
    "the rule has ended too": {FILE: SETTINGS.format(ENDS), RULES: READS.replace("deny:", "until: 2026-05-01, deny:")},
    "the rule has not begun": {FILE: SETTINGS.format(ENDS), RULES: READS.replace("deny:", "from: 2026-06-01, deny:")},
    "the city has its own": {
        FILE: SETTINGS.format(ENDS), "china/north/first/settings.yaml": REPLACED, "china/north/apply.yaml": READS,
    },
    "nothing reads it": {FILE: SETTINGS.format(ENDS)},
}  # fmt: skip


def tree(folder: Path, files: dict[str, str]) -> Path:
    return write(folder / "regions", {**files_of("base"), **files})


def undecided(folder: Path, on: date) -> bool:
    """Say whether a decision of the city fails on a day."""
    try:
        Policies(load_tree(folder)).effective("apply", "110100", on)
    except DecisionFault:
        return True
    return False


@pytest.mark.parametrize("why", FAULTY)
def test_it_is_a_fault_from_the_day_after_on(why: str, tmp_path: Path) -> None:
    folder = tree(tmp_path, FAULTY[why])
    assert check(folder, LAST).ok
    report = check(folder, DAY_AFTER)
    assert [(fault.code, fault.file) for fault in report.faults] == [("VALUE_MISSING", FILE)]
    assert report.warnings == ()
    assert (undecided(folder, LAST), undecided(folder, DAY_AFTER)) == (False, True)


@pytest.mark.parametrize("why", GOOD)
def test_it_is_none_where_everything_can_be_decided(why: str, tmp_path: Path) -> None:
    folder = tree(tmp_path, GOOD[why])
    assert check(folder, LAST).ok
    assert check(folder, DAY_AFTER).ok
    assert not undecided(folder, DAY_AFTER)


def test_a_value_that_begins_after_the_rule_is_missed_until_then(tmp_path: Path) -> None:
    folder = tree(tmp_path, {FILE: SETTINGS.format("{value: 1, from: 2026-05-02}"), RULES: READS})
    assert not check(folder, LAST).ok
    assert check(folder, DAY_AFTER).ok


def test_one_fault_names_all_regions(tmp_path: Path) -> None:
    second = 'code: "110200"\nlevel: city\nname: {zh: 二市, en: Second}\n'
    files = {FILE: SETTINGS.format(ENDS), "china/north/apply.yaml": READS, "china/north/second/region.yaml": second}
    [fault] = check(tree(tmp_path, files), DAY_AFTER).faults
    assert "in 110100 and 1 more" in fault.message.en
    assert "`110100`等2个地区" in fault.message.zh


class Clock:
    """A clock that stands where it is put: at noon in China."""

    def __init__(self, day: date) -> None:
        self.day = day

    def __call__(self) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, 4, tzinfo=UTC)


def test_no_service_starts_with_what_cannot_decide_today(tmp_path: Path) -> None:
    folder = tree(tmp_path, FAULTY["a condition reads it"])
    with pytest.raises(PolicyFaults) as refused:
        LivePolicies(folder, Days, Clock(DAY_AFTER))
    assert [fault.code for fault in refused.value.faults] == ["VALUE_MISSING"]
    assert LivePolicies(folder, Days, Clock(LAST)).status.faults == ()


def test_a_running_service_keeps_what_is_in_force(tmp_path: Path) -> None:
    folder = tree(tmp_path, GOOD["another follows"])
    live = LivePolicies(folder, Days, Clock(DAY_AFTER))
    good = live.status.digest
    write(folder, {FILE: SETTINGS.format(ENDS)})
    assert live.reload() is Reload.REFUSED
    assert ([fault.code for fault in live.status.faults], live.status.digest) == (["VALUE_MISSING"], good)
    write(folder, {FILE: SETTINGS.format(GOES_ON)})
    live.reload()
    assert (live.status.faults, live.status.digest) == ((), good)


def test_a_running_service_says_beforehand_that_a_value_ends_and_that_it_has(tmp_path: Path) -> None:
    clock = Clock(date(2026, 3, 1))
    live = LivePolicies(tree(tmp_path, FAULTY["a condition reads it"]), Days, clock)
    told = {}
    for day in (date(2026, 3, 1), date(2026, 3, 2), LAST, DAY_AFTER):
        clock.day = day
        live.reload()
        told[day] = [warning.code for warning in live.status.warnings]
    assert list(told.values()) == [[], ["VALUE_ENDS"], ["VALUE_ENDS"], ["VALUE_MISSING"]]
    assert live.status.faults == ()
