"""A check in several processes finds what one finds, whatever is wrong and wherever it stands."""

import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from benchmarks.synthetic_regions import write_regions
from policies.checks import checking, forks
from policies.checks.checking import check
from policies.words.report import Report

REGIONS = Path(__file__).parents[3] / "regions"
TODAY = date(2026, 11, 21)

Edit = Callable[[Path], None]


class Checks:
    """Checks of one folder in two ways.

    Args:
        came: of each try with several processes, whether what they found was taken.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.came: list[bool] = []

    def alone(self, folder: Path) -> Report:
        """Check in one process."""
        with self.monkeypatch.context() as patched:
            patched.setattr(checking, "processors", lambda: 1)
            return check(folder, TODAY)

    def at_once(self, folder: Path) -> Report:
        """Check in two, however little there is to check."""

        def noted(*given: object) -> object:
            found = at_once(*given)  # type: ignore[arg-type]
            self.came.append(found is not None)
            return found

        at_once = checking._at_once
        with self.monkeypatch.context() as patched:
            patched.setattr(checking, "processors", lambda: 2)
            patched.setattr(checking, "MANY", 1)
            patched.setattr(checking, "_at_once", noted)
            return check(folder, TODAY)


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Checks:
    return Checks(monkeypatch)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred cities in two provinces beside the real ones, with their tests, and none that anything is wrong with."""
    folder = tmp_path_factory.mktemp("many") / "regions"
    write_regions(REGIONS, folder, 100)
    for tests in REGIONS.rglob("*.tests.yaml"):
        shutil.copy(tests, folder / tests.relative_to(REGIONS))
    return folder


@pytest.fixture
def folder(many: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(many, tmp_path / "regions"))


def appended(file: str, text: str) -> Edit:
    def edit(folder: Path) -> None:
        with (folder / file).open("a", encoding="utf-8") as stream:
            stream.write(text)

    return edit


def written(file: str, text: str) -> Edit:
    def edit(folder: Path) -> None:
        (folder / file).write_text(text, encoding="utf-8")

    return edit


UNREAD = """
  nobody_reads: {type: integer, label: {zh: 无, en: none}, values: [{value: 1, from: 2020-01-01, source: assumption}]}
"""
READ = """
rules:
  never:
    when: {holder.age: {below: {setting: nobody_reads}}}
    deny: true
    message: {zh: 无, en: none}
    source: assumption
"""
CASE = """
cases:
  - name: {name}
    date: 2026-03-02
    region: "{code}"
    facts: {{request.channel: service_window, holder.age: {age}}}
    expect: {{allowed: true}}
"""


def shares_of(folder: Path) -> list[list[Path]]:
    """Return the provinces that each process would have, had they enough in them."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(checking, "MANY", 1)
        return [[folder / path for path in sorted(share)] for share in checking._shares(folder, 2)]


def city_of(folder: Path, share: int) -> Path:
    """Return the first synthetic city of a share."""
    return next(path for province in shares_of(folder)[share] for path in sorted(province.glob("city_*")))


def code_of(region: Path) -> str:
    return (region / "region.yaml").read_text().split('code: "')[1][:6]


def no_edit(folder: Path) -> None:
    """Leave the folder as it is."""


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        pytest.param(no_edit, "TESTS_MISSING", id="nothing is wrong"),
        pytest.param(appended("china/settings.yaml", UNREAD), "SETTING_UNUSED", id="a setting that nobody reads"),
        pytest.param(appended("calendar.yaml", "more: []\n"), "UNKNOWN_KEY", id="a fault above all"),
        pytest.param(
            written("china/province_12/city_3/settings.yaml", "settings: 3\n"), "WRONG_TYPE", id="a fault in a city"
        ),
        pytest.param(appended("china/apply.tests.yaml", "  - 3\n"), "WRONG_TYPE", id="a fault in tests above all"),
        pytest.param(
            appended("china/sichuan/apply.tests.yaml", "  - 3\n"), "WRONG_TYPE", id="a fault in a province's tests"
        ),
        pytest.param(
            lambda folder: os.mkfifo(folder / "china/account_entries.tests.yaml"),
            "FILE_UNREADABLE",
            id="a pipe for tests",
        ),
        pytest.param(
            lambda folder: (folder / "china/account_entries.tests.yaml").symlink_to("nowhere"),
            "FILE_UNREADABLE",
            id="a link for tests that leads nowhere",
        ),
        pytest.param(written("china/region.yaml", "code: 3\n"), "MISSING_KEY", id="no nation to speak of"),
    ],
)
def test_several_processes_find_what_one_does(folder: Path, checks: Checks, edit: Edit, code: str) -> None:
    edit(folder)
    found = checks.at_once(folder)
    assert checks.came == [True]
    assert found == checks.alone(folder)
    assert code in {fault.code for fault in found.faults} | {notice.code for notice in found.warnings}


@pytest.mark.parametrize("share", [0, 1])
def test_what_only_one_share_reads_is_read(folder: Path, checks: Checks, share: int) -> None:
    """A setting of the nation that a single city reads, in whichever process has it."""
    appended("china/settings.yaml", UNREAD)(folder)
    (city_of(folder, share) / "record_guardianship.yaml").write_text(READ)
    found = checks.at_once(folder)
    assert found == checks.alone(folder)
    assert found.ok
    assert "SETTING_UNUSED" not in {one.code for one in found.warnings}


@pytest.mark.parametrize("share", [0, 1])
def test_tests_of_the_nation_may_be_about_any_region(folder: Path, checks: Checks, share: int) -> None:
    file = folder / "china/use.tests.yaml"
    file.write_text(CASE.format(name="A known one", code=code_of(city_of(folder, share)), age=30))
    known = checks.at_once(folder)
    assert known == checks.alone(folder)
    assert "UNKNOWN_REGION" not in {fault.code for fault in known.faults}
    file.write_text(CASE.format(name="An unknown one", code="659999", age=30))
    unknown = checks.at_once(folder)
    assert unknown == checks.alone(folder)
    assert [fault.code for fault in unknown.faults] == ["UNKNOWN_REGION"]
    assert checks.came == [True, True]


def test_a_code_in_two_shares_is_a_fault_all_the_same(
    folder: Path, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    province = city_of(folder, 0).parent
    shutil.copytree(province, folder / "china/copied")
    shares = [{f"china/{province.name}"}, {"china/copied"}]
    monkeypatch.setattr(checking, "_shares", lambda *_: shares)
    found = checks.at_once(folder)
    assert checks.came == [False]
    assert found == checks.alone(folder)
    assert "DUPLICATE_DEFINITION" in {fault.code for fault in found.faults}


@pytest.mark.parametrize("limit", ["MAX_REGIONS", "MAX_ENTRIES", "MAX_TREE_BYTES"])
def test_the_limits_are_those_of_the_whole(
    folder: Path, checks: Checks, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(checking, limit, 100)
    checks.at_once(folder)
    assert checks.came == [False]


def test_where_another_process_dies_one_does_it_all(
    folder: Path, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking._Found, "handed_over", lambda *_: os._exit(3))
    found = checks.at_once(folder)
    assert checks.came == [False]
    assert found == checks.alone(folder)


def test_few_regions_are_not_worth_a_second_process(tmp_path: Path) -> None:
    (tmp_path / "china/sichuan").mkdir(parents=True)
    assert checking._shares(tmp_path, 4) == []
    assert checking._shares(tmp_path / "missing", 4) == []


def test_provinces_are_shared_out_by_what_is_in_them(tmp_path: Path) -> None:
    for name, entries in {"large": 600, "small": 300, "smaller": 290}.items():
        for number in range(entries):
            (tmp_path / "china" / name / str(number)).mkdir(parents=True)
    assert checking._shares(tmp_path, 1) == [{"china/large", "china/small", "china/smaller"}]
    assert checking._shares(tmp_path, 2) == [{"china/large"}, {"china/small", "china/smaller"}]
    assert checking._shares(tmp_path, 8) == [{"china/large"}, {"china/small"}, {"china/smaller"}]


def test_forks_hand_back_what_they_found_or_nothing() -> None:
    assert forks.in_forks([lambda: 1, lambda: 2]) == [1, 2]
    assert forks.in_forks([lambda: 1, lambda: 1 // 0]) is None
    large = "x" * 10_000_000
    assert forks.in_forks([lambda: large, lambda: "", lambda: large]) == [large, "", large]


def test_where_no_process_is_to_be_had_nothing_is_handed_back(monkeypatch: pytest.MonkeyPatch) -> None:
    left = iter([os.fork])

    def fork() -> int:
        for one in left:
            return one()
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fork)
    assert forks.in_forks([lambda: 1, lambda: 2, lambda: 3]) is None
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)  # the one that was started has been waited for
