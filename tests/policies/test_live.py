"""Loading on top of what was loaded, replacing policies as a whole, and memory that stays flat meanwhile."""

import gc
import os
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmarks.applicants import Applicant, applicant
from benchmarks.synthetic_regions import write_regions
from domain.duration import WorkingDay
from policies import live as live_module
from policies.live import LivePolicies, Reload
from policies.source.faults import PolicyFaults
from policies.tree.contents import Contents, Listings, survey
from policies.tree.tree import PolicyTree, SpecialDays, load_tree
from tests.policies.support.region_trees import write_tree
from tests.steps import steps

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
REGIONS = Path("regions")
CITY, OTHER = "510100", "370200"
APPLY = "china/sichuan/chengdu/apply.yaml"
LATER_NS = 10**18 * 9
"""A moment at which every file has been at rest for long."""


class Days:
    """A calendar that works on the days that officers list as worked."""

    def __init__(self, days: SpecialDays) -> None:
        self.days = days

    def day(self, on: date) -> WorkingDay:
        return WorkingDay(on in self.days.workdays, estimated=False)


class Ticking:
    """A clock that goes on by a second each time it is read."""

    def __init__(self) -> None:
        self.seconds = 0

    def __call__(self) -> datetime:
        self.seconds += 1
        return datetime.fromtimestamp(1_795_000_000 + self.seconds, UTC)


def copied(tmp_path: Path) -> Path:
    """Copy the real regions."""
    shutil.copytree(REGIONS, tmp_path / "regions")
    return tmp_path / "regions"


def started(folder: Path) -> LivePolicies:
    """Return the policies of a folder, as the service starts with them."""
    return LivePolicies(folder, Days, Ticking())


def with_rule(folder: Path, day: int, file: str = APPLY) -> None:
    """Give a service a rule that differs by a number."""
    path = folder / file
    text = path.read_text(encoding="utf-8").partition("  added_rule:")[0].rstrip("\n")
    path.write_text(
        f"{text}\n  added_rule:\n    when: {{request.day_of_month: {{above: {day}}}}}\n    deny: true\n"
        "    source: assumption\n    message: {zh: 本市另有规定。, en: The city has a rule of its own.}\n",
        encoding="utf-8",
    )


def somebody(live: LivePolicies, region: str) -> Applicant:
    """Return somebody who may apply in a region."""
    channel = {CITY: "chengdu_wechat", OTHER: "qingdao_app"}[region]
    return applicant(live.current.policies, "apply", region, channel)


# --- the same as from nothing


def loaded(folder: Path, before: PolicyTree | None = None) -> PolicyTree | tuple[Any, ...]:
    """Load a folder; return its faults where it has any."""
    try:
        return load_tree(folder, before)
    except PolicyFaults as found:
        return found.faults


def edit(random: Random, folder: Path, files: list[Path]) -> None:
    """Do something to the files as an officer, an editor or git might, well or badly."""
    file, other = random.choice(files), random.choice(files)
    text = file.read_text(encoding="utf-8")
    kind = random.randrange(8)
    if kind == 0:
        file.write_text(f"# moved down\n{text}", encoding="utf-8")
    elif kind == 1:
        file.write_text(text.replace("2025", "2024"), encoding="utf-8")
    elif kind == 2:
        file.unlink()
    elif kind == 3:
        file.write_text(text[: len(text) // 2], encoding="utf-8")
    elif kind == 4:
        os.utime(file)
    elif kind == 5 and other != file:
        shutil.copyfile(file, other)
    elif kind == 6 and file.parent not in (folder, folder / "vocabulary"):
        shutil.copytree(file.parent, file.parent.with_name(f"copy_{random.randrange(9)}"), dirs_exist_ok=True)
    else:
        (file.parent / random.choice(("settings.yaml", "vocabulary.yaml", "sources.yaml"))).write_text("{}\n")


@pytest.mark.parametrize("seed", range(60 if SOAK else 6))
def test_a_tree_loaded_on_top_of_another_is_the_one_loaded_from_nothing(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    write_tree(random, tmp_path / "good")
    folder = tmp_path / "edited"
    shutil.copytree(tmp_path / "good", folder)
    base = load_tree(folder)
    for _ in range(15):
        edit(random, folder, sorted(folder.rglob("*.yaml")))
        found, fresh = loaded(folder, base), loaded(folder)
        if isinstance(fresh, PolicyTree):
            assert isinstance(found, PolicyTree)
            assert (found.digest, found.regions, found.days) == (fresh.digest, fresh.regions, fresh.days)
            base = found
        else:
            assert found == fresh
            if random.random() < 0.7:
                shutil.rmtree(folder)
                shutil.copytree(tmp_path / "good", folder)


def test_what_does_not_change_is_taken_over_as_it_is(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    before = load_tree(folder)
    with_rule(folder, 40)
    after = load_tree(folder, before)
    changed = {code for code in after.regions if after.regions[code] is not before.regions[code]}
    assert changed == {CITY}
    path = folder / "china/sichuan/settings.yaml"
    path.write_text(path.read_text() + "# a remark\n")
    remarked = load_tree(folder, after)
    assert all(remarked.regions[code] is place for code, place in after.regions.items())
    path.write_text("# above all\n" + path.read_text())
    further = load_tree(folder, remarked)
    changed = {code for code in further.regions if further.regions[code] is not after.regions[code]}
    assert changed == {code for code in further.regions if code.startswith("51")}


def test_the_digest_is_of_the_files_and_of_no_place_or_test(tmp_path: Path) -> None:
    first, second = copied(tmp_path / "a"), copied(tmp_path / "b")
    assert load_tree(first).digest == load_tree(second).digest
    tests = next(first.rglob("*.tests.yaml"))
    tests.write_text(tests.read_text() + "# a remark\n")
    assert load_tree(first).digest == load_tree(second).digest
    with_rule(first, 40)
    assert load_tree(first).digest != load_tree(second).digest


def test_files_at_rest_are_not_read_again_and_no_change_is_overlooked(tmp_path: Path) -> None:
    file = tmp_path / "file.yaml"
    file.write_text("first")

    def read(before: Contents | None, now: int) -> tuple[Contents, bytes, bool]:
        contents = Contents(before, lambda: now)
        contents.listing(str(tmp_path))
        digest = contents.digest(str(file))
        return contents, digest, contents.take(str(file)) is not None

    at_rest, digest, was_read = read(None, LATER_NS)
    assert was_read
    assert read(at_rest, LATER_NS)[1:] == (digest, False)
    fresh, _, _ = read(None, file.stat().st_mtime_ns)
    assert read(fresh, LATER_NS)[1:] == (digest, True)
    times = file.stat()
    file.write_text("other")  # of the same length, with its time put back
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    _, other, was_read = read(at_rest, LATER_NS)
    assert (other != digest, was_read) == (True, True)


def test_a_survey_sees_every_kind_of_change_and_no_hidden_file(tmp_path: Path) -> None:
    (tmp_path / "city").mkdir()
    file = tmp_path / "city" / "apply.yaml"
    file.write_text("a")
    seen = [survey(tmp_path).fingerprint]
    for change in (
        lambda: file.write_text("b"),
        lambda: os.utime(file, ns=(1, 1)),
        lambda: (tmp_path / "city" / "new.yaml").write_text(""),
        lambda: (tmp_path / "city").rename(tmp_path / "town"),
    ):
        change()
        seen.append(survey(tmp_path).fingerprint)
    assert len(set(seen)) == 5
    (tmp_path / "town" / ".apply.yaml.swp").write_text("")
    (tmp_path / "town" / "apply.yaml~").write_text("")
    os.symlink(tmp_path, tmp_path / "town" / "up")
    (tmp_path / "town" / "up").unlink()
    assert survey(tmp_path).fingerprint == seen[-1]
    assert not survey(tmp_path).settled
    assert survey(tmp_path, lambda: LATER_NS).settled
    os.symlink(tmp_path, tmp_path / "town" / "up")
    assert survey(tmp_path).fingerprint  # it ends


# --- replaced as a whole


def test_policies_are_replaced_refused_and_recovered(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    live = started(folder)
    first = live.current
    assert live.reload() is Reload.UNCHANGED
    assert live.current is first
    with_rule(folder, 40)
    good = (folder / APPLY).read_text()
    assert live.reload() is Reload.REPLACED
    second = live.current
    assert second.since > first.since
    assert second.policies.tree.digest == live.status.digest != first.policies.tree.digest
    (folder / APPLY).write_text(good + "nonsense: [")
    assert live.reload() is Reload.REFUSED
    assert live.current is second
    status = live.status
    assert (status.digest, status.loaded_at) == (second.policies.tree.digest, second.since)
    assert [(fault.file, fault.code) for fault in status.faults] == [(APPLY, "NOT_YAML")]
    assert live.reload() is Reload.UNCHANGED
    assert live.status.faults == status.faults
    (folder / APPLY).write_text(good)
    assert live.reload() is Reload.REPLACED
    assert live.current is second
    assert live.status.faults == ()
    assert live.status.tried_at > status.tried_at


def test_the_calendar_comes_with_the_policies_it_belongs_to(tmp_path: Path) -> None:
    folder, day = copied(tmp_path), date(2026, 11, 21)
    live = started(folder)
    before = live.current
    (folder / "calendar.yaml").write_text(f'holidays: []\nworkdays: [{{date: {day}, name: "补班"}}]\n')
    assert live.reload() is Reload.REPLACED
    assert live.current.calendar.day(day).working
    assert not before.calendar.day(day).working
    assert all(
        live.current.policies.tree.regions[code] is place for code, place in before.policies.tree.regions.items()
    )


def test_what_changes_while_it_is_read_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = copied(tmp_path)
    live = started(folder)
    before = live.current
    with_rule(folder, 40)

    def disturbed(path: Path, base: PolicyTree, listings: Listings) -> PolicyTree:
        tree = load_tree(path, base, listings)
        with_rule(folder, 50)
        return tree

    with monkeypatch.context() as patch:
        patch.setattr(live_module, "load_tree", disturbed)
        assert live.reload() is Reload.CHANGING
    assert live.current is before
    assert live.reload() is Reload.REPLACED


def test_a_defect_of_ours_keeps_what_is_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = copied(tmp_path)
    live = started(folder)
    before = live.current
    with_rule(folder, 40)

    def broken(path: Path, base: PolicyTree, listings: Listings) -> PolicyTree:
        raise RecursionError("too deep")

    with monkeypatch.context() as patch:
        patch.setattr(live_module, "load_tree", broken)
        assert live.reload() is Reload.REFUSED
    assert live.current is before
    assert [fault.code for fault in live.status.faults] == ["INTERNAL_ERROR"]
    assert live.status.faults[0].message.en.endswith("RecursionError")
    with_rule(folder, 50)
    assert live.reload() is Reload.REPLACED


# --- what is compiled


def test_only_what_changed_is_compiled_anew(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    live = started(folder)
    here, elsewhere = somebody(live, CITY), somebody(live, OTHER)
    first = elsewhere.ask(live.current.policies)
    engine = live.current.policies.engine
    compiled = engine.compiled
    with_rule(folder, 40)
    live.reload()
    assert elsewhere.ask(live.current.policies) == first
    assert engine.compiled == compiled
    here.ask(live.current.policies)
    assert engine.compiled > compiled


def test_rulesets_are_freed_once_neither_policies_nor_requests_need_them(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    live = started(folder)
    here = somebody(live, CITY)
    engine = live.current.policies.engine
    pinned = live.current  # as a request holds it
    answer = here.ask(pinned.policies)
    with_rule(folder, -1)
    live.reload()
    denied = here.ask(live.current.policies)
    assert "ADDED_RULE" in [denial.code for denial in denied.denials]
    compiled = engine.compiled
    assert live.free_unused() == 0
    assert here.ask(pinned.policies) == answer
    assert engine.compiled == compiled
    kept = len(engine)
    del pinned
    gc.collect()
    assert live.free_unused() > 0
    assert len(engine) < kept
    assert here.ask(live.current.policies) == denied
    assert (engine.compiled, engine.abandoned) == (compiled, 0)


# --- memory

RELOADING = """
import gc, os, sys
from pathlib import Path
from tests.policies.test_live import CITY, OTHER, somebody, started, with_rule
folder, count = Path(sys.argv[1]), int(sys.argv[2])
def resident():
    gc.collect()
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
live = started(folder)
people = [somebody(live, region) for region in (CITY, OTHER)]
def go_on(numbers):
    for number in numbers:
        with_rule(folder, 100 + number)
        live.reload()
        for person in people:
            assert person.ask(live.current.policies).allowed
go_on(range(count // 10))
go_on(n % 2 for n in range(count // 10))
before = resident()
go_on(n % 2 for n in range(count // 2))
alternating = resident()
go_on(range(count))
engine = live.current.policies.engine
assert engine.compiled > count and engine.abandoned == 0, (engine.compiled, engine.abandoned)
print(f"{before:.1f} {alternating:.1f} {resident():.1f} {len(engine)}")
"""


def reloaded(folder: Path, count: int, prelude: str = "") -> tuple[float, float, int]:
    """Reload in a process of its own; return MiB gained by texts that alternate, by new ones, and the rulesets left."""
    done = subprocess.run(
        [sys.executable, "-c", prelude + RELOADING, str(folder), str(count)],
        env={**os.environ, "PYTHONPATH": os.getcwd(), "MALLOC_PERTURB_": "165"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    before, alternating, new, rulesets = map(float, done.stdout.split())
    print(f"MiB: {before} before, {alternating} after texts that alternate, {new} after {count} new ones")
    return alternating - before, new - alternating, int(rulesets)


def test_memory_stays_flat_over_many_reloads_and_would_not_without_freeing(tmp_path: Path) -> None:
    folder, count = copied(tmp_path), 1_000 if SOAK else 60
    alternating, new, rulesets = reloaded(folder, count)
    assert (alternating < 8, new < 8, rulesets < 20) == (True, True, True), (alternating, new, rulesets)
    keeping = "import durable_rules_engine\ndurable_rules_engine.delete_ruleset = lambda handle: None\n"
    assert reloaded(folder, 60, keeping)[1] > 8


# --- many regions


def test_one_changed_file_among_many_regions_takes_a_fraction_of_a_start(tmp_path: Path) -> None:
    folder = tmp_path / "regions"
    codes = write_regions(REGIONS, folder, 3_000 if SOAK else 300)
    held: list[LivePolicies] = []
    start = steps(lambda: held.append(started(folder)))
    [live] = held
    (path,) = [path.parent for path in folder.rglob("region.yaml") if f'"{codes[7]}"' in path.read_text()]
    with_rule_file = path / "settings.yaml"
    with_rule_file.write_text(
        with_rule_file.read_text() + "# a remark\n" if with_rule_file.exists() else "settings: {}\n"
    )
    came: list[Reload] = []
    taken = steps(lambda: came.append(live.reload()))
    assert came == [Reload.REPLACED]
    assert taken < start / 5, (taken, start)
