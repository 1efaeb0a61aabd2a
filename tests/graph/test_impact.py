"""Whom a draft of the policies changes, over a database that real people have filled through the graph."""

import asyncio
import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image

from domain.errors import InvalidInput
from domain.holder import Actor
from policies.engine.decide import Policies
from policies.replay.impact import Impact
from policies.replay.recorded import Standing, Undecided
from policies.tree.tree import load_tree
from resolvers.policy_tools.impact import Assumptions, Measuring, Selection, impact_of
from store import Keys, UnitOfWork
from store.records import DecisionFilter
from tests.commands import Run, run
from tests.databases import ENGINES
from tests.graph.conftest import fresh_database, key_variables
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, application, delivered_to, details, submitted
from tests.graph.service import NOW, REGIONS, GraphService, serve_graph
from tests.patience import PATIENCE

__all__ = ["run"]

OFFICER = Actor("officer", "policy_officer", "service_window")
ALLOWED, ASKED, REFUSED, UNDECIDED = Standing.ALLOWED, Standing.ASKED, Standing.REFUSED, Standing.UNDECIDED
JINAN_SETTINGS = "china/shandong/jinan/settings.yaml"
APPLY = "china/apply.yaml"
OLDER = "  acts_alone_from_age:\n    replaces: true\n    values: [{value: 40, from: 2017-01-01}]\n"
LATER = OLDER.replace("2017-01-01", "2028-01-01")
SAYS = "    message: {zh: 试行。, en: A trial.}\n"

Draft = Callable[..., Path]


@pytest.fixture(scope="module", params=ENGINES)
def used(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, keys: Keys
) -> Iterator[tuple[GraphService, dict[str, str]]]:
    """Serve the graph to six people, and yield it with the variables by which the command line finds its database.

    Three of 36 apply and choose delivery (12, 12 and 16 yuan); one of 36 comes without a face check, one of 15 alone; and one
    of 36 applies a year later, and stays without delivery.
    """
    folder = tmp_path_factory.mktemp("impact")
    with (
        fresh_database(request.param, request, folder) as url,
        serve_graph(folder, url, REGIONS, key_variables(keys)) as service,
    ):
        service.clock.set(NOW)
        for region in (QINGDAO, QINGDAO, CHENGDU):
            citizen = service.citizen(service.person())
            delivered_to(citizen, submitted(citizen), region)
        faceless = {"regionCode": JINAN, "bank": "ccb", "evidence": {"details": details()}}
        assert service.citizen(service.person()).change("applyForCard", **faceless)["errors"]
        child = service.citizen(service.person(date(2011, 3, 7)))
        assert child.change("applyForCard", **application(child))["errors"]
        service.clock.advance(timedelta(days=365))
        submitted(service.citizen(service.person()))
        service.clock.set(NOW)
        yield service, {"SERVICE_FOLDER": str(folder), "DATABASE_URL": url, **key_variables(keys)}


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    """Return what writes a copy of the regions with a change."""

    def written(file: str = APPLY, *, old: str = "", new: str = "", more: str = "") -> Path:
        shutil.copytree(REGIONS, tmp_path / "draft", dirs_exist_ok=True)
        text = (tmp_path / "draft" / file).read_text(encoding="utf-8")
        assert old in text
        changed = text.replace(old, new, 1) if old else text
        (tmp_path / "draft" / file).write_text(f"{changed.rstrip()}\n{more}", encoding="utf-8")
        return tmp_path / "draft"

    return written


def without_rule(file: Path, rule: str) -> None:
    """Take a rule out of a file."""
    text = file.read_text(encoding="utf-8")
    left = re.sub(rf"^  {rule}:\n(?:    .*\n)+", "", text, flags=re.MULTILINE)
    assert left != text
    file.write_text(left, encoding="utf-8")


def replayed(graph: GraphService, folder: Path, *, limit: int = 1000, **given: Any) -> Impact:
    """Ask what a draft changes, as the graph would."""
    days = {name: given.pop(name) for name in ("on", "known", "against") if name in given}
    assumed = Assumptions(Policies(load_tree(folder)), **days)

    measuring = Measuring(assumed)

    async def found() -> Impact:
        store = graph.running.dependencies.store
        try:
            return await impact_of(
                store, lambda page: asyncio.to_thread(measuring.page, page), limit, Selection(**given)
            )
        finally:
            measuring.end()
            assumed.draft.engine.clear()

    return asyncio.run_coroutine_threadsafe(found(), graph._loop).result(PATIENCE)


def reasons(impact: Impact) -> Counter[tuple[Standing, Standing, bool, str]]:
    """Return the reasons, without their places."""
    found: Counter[tuple[Standing, Standing, bool, str]] = Counter()
    for why, count in impact.total.why.items():
        found[(*why.move, why.gone, why.reason.rule)] += count
    return found


def test_files_that_say_the_same_change_nothing(used: tuple[GraphService, Any]) -> None:
    total = replayed(used[0], REGIONS).total
    assert total.moves == {(ALLOWED, ALLOWED): 7, (ASKED, ASKED): 1, (REFUSED, REFUSED): 1}
    assert (total.unchanged, total.flips, total.why, total.undecided) == (9, 0, {}, {})
    assert [(fee.before, fee.after, fee.gained, fee.lost) for fee in total.fees.values()] == [
        (0, 0, 0, 0),
        (4000, 4000, 0, 0),
    ]


def test_a_higher_age_refuses_those_below_it_and_names_the_rule(used: tuple[GraphService, Any], draft: Draft) -> None:
    found = replayed(used[0], draft(JINAN_SETTINGS, more=OLDER))
    assert found.cells[JINAN, "apply"].moves == {
        (ALLOWED, REFUSED): 4,
        (ASKED, REFUSED): 1,
        (REFUSED, REFUSED): 1,
    }
    assert found.total.flips == 4
    assert reasons(found) == {
        (ALLOWED, REFUSED, False, "under_age_alone"): 4,
        (ASKED, REFUSED, False, "under_age_alone"): 1,
        (ASKED, REFUSED, True, "agreement_not_accepted"): 1,
        (ASKED, REFUSED, True, "face_check"): 1,
    }
    denying = next(why.reason for why in found.total.why if not why.gone)
    assert denying.file == APPLY
    assert denying.line is not None
    assert (REGIONS / APPLY).read_text().splitlines()[denying.line - 2].strip() == "under_age_alone:"
    assert found.by_service()["deliver"].unchanged == 3


def test_a_dearer_fee_is_summed_and_counted(used: tuple[GraphService, Any], draft: Draft) -> None:
    folder = draft("china/deliver.yaml", old="value: 12 yuan", new="value: 21.50 yuan")
    total = replayed(used[0], folder).total
    fee = total.fees["postage", "holder"]
    assert (fee.before, fee.after, fee.gained, fee.lost, fee.pending) == (4000, 5900, 1900, 0, 0)
    assert (fee.more, fee.less, total.flips, total.unchanged) == (2, 0, 0, 7)


def test_a_removed_rule_lets_those_through_who_brought_all_else(used: tuple[GraphService, Any], draft: Draft) -> None:
    text = (REGIONS / APPLY).read_text(encoding="utf-8")
    rule = text[text.index("  under_age_alone:") : text.index("  guardianship:")]
    found = replayed(used[0], draft(old=rule))
    assert found.cells[JINAN, "apply"].moves == {(ALLOWED, ALLOWED): 4, (ASKED, ASKED): 1, (REFUSED, ALLOWED): 1}
    assert reasons(found) == {(REFUSED, ALLOWED, True, "under_age_alone"): 1}


def test_a_new_requirement_asks_everybody_for_what_nobody_was_asked_for(
    used: tuple[GraphService, Any], draft: Draft
) -> None:
    found = replayed(used[0], draft(more=f"  trial:\n    require: {{proof: presence}}\n{SAYS}"))
    assert found.cells[JINAN, "apply"].moves == {(ALLOWED, ASKED): 4, (ASKED, ASKED): 1, (REFUSED, REFUSED): 1}
    assert reasons(found) == {(ALLOWED, ASKED, False, "trial"): 4, (ASKED, ASKED, False, "trial"): 1}
    assert found.total.reasons_changed == 1


def test_what_was_brought_then_is_not_asked_for_again(used: tuple[GraphService, Any], draft: Draft) -> None:
    found = replayed(used[0], draft(more=f"  trial:\n    require: [{{proof: face_check}}, {{detail: mobile}}]\n{SAYS}"))
    assert found.cells[JINAN, "apply"].moves == {(ALLOWED, ALLOWED): 4, (ASKED, ASKED): 1, (REFUSED, REFUSED): 1}
    assert reasons(found) == {(ASKED, ASKED, False, "trial"): 1}


def test_what_reads_a_fact_that_nobody_recorded_is_counted_and_named(
    used: tuple[GraphService, Any], draft: Draft
) -> None:
    more = f"  trial:\n    when: {{holder.employed_in_city: {{is: true}}}}\n    deny: true\n{SAYS}"
    total = replayed(used[0], draft(more=more)).total
    assert total.undecided == {Undecided("MISSING_FACT", ("holder.employed_in_city",)): 5}
    # The child is refused whatever it is.
    assert total.moves[REFUSED, REFUSED] == 1
    assert total.unchanged == 4


def test_a_fact_that_nobody_recorded_stands_in_the_way_only_where_something_hangs_on_it(
    used: tuple[GraphService, Any], draft: Draft
) -> None:
    condition = "{holder.age: {above: 60}, holder.employed_in_city: {is: true}}"
    total = replayed(used[0], draft(more=f"  trial:\n    when: {condition}\n    deny: true\n{SAYS}")).total
    assert (total.unchanged, total.undecided) == (9, {})


def test_a_service_that_the_draft_no_longer_has_refuses_everybody(used: tuple[GraphService, Any], draft: Draft) -> None:
    folder = draft("china/rules.yaml", old="[deliver, pay", new="[pay")
    for file in folder.rglob("deliver*.yaml"):
        if "vocabulary" not in file.parts:
            file.unlink()
    # Rules about a way of delivery that nothing decides any more are faults.
    without_rule(folder / "china/shandong/qingdao/apply.yaml", "delivery")
    without_rule(folder / "china/sichuan/chengdu/reissue.yaml", "way_of_delivery")
    found = replayed(used[0], folder)
    assert found.cells[JINAN, "deliver"].moves == {(ALLOWED, REFUSED): 3}
    assert reasons(found) == {(ALLOWED, REFUSED, False, "service_offered"): 3}
    assert found.total.fees["postage", "holder"].lost == 4000


def test_a_region_that_the_draft_no_longer_has_is_named(used: tuple[GraphService, Any], draft: Draft) -> None:
    folder = draft()
    shutil.rmtree(folder / "china/shandong/jinan")
    assert replayed(used[0], folder).total.undecided == {Undecided("REGION_UNKNOWN", (JINAN,)): 9}


def test_a_change_to_come_changes_nothing_before_its_day(used: tuple[GraphService, Any], draft: Draft) -> None:
    folder = draft(JINAN_SETTINGS, more=LATER)
    assert replayed(used[0], folder).total.unchanged == 9
    assert replayed(used[0], folder, on=date(2028, 1, 1)).total.flips == 4
    assert replayed(used[0], folder, on=date(2027, 12, 31)).total.flips == 0


def test_with_other_files_only_what_the_draft_changes_counts(used: tuple[GraphService, Any], draft: Draft) -> None:
    folder = draft(JINAN_SETTINGS, more=OLDER)
    against = Policies(load_tree(folder))
    total = replayed(used[0], folder, against=against).total
    assert (total.unchanged, total.flips) == (9, 0)
    assert total.moves == {(REFUSED, REFUSED): 6, (ALLOWED, ALLOWED): 3}


def test_decisions_are_selected_by_place_service_and_day_and_the_newest_come_first(
    used: tuple[GraphService, Any],
) -> None:
    def count(**given: Any) -> int:
        return replayed(used[0], REGIONS, **given).total.decisions

    assert [count(region=region) for region in ("000000", "370000", JINAN, QINGDAO)] == [9, 9, 9, 0]
    assert [count(service=service) for service in ("apply", "deliver", "cancel")] == [6, 3, 0]
    assert [count(since=date(2027, 11, 20)), count(until=date(2027, 11, 19)), count(limit=4)] == [1, 8, 4]
    assert count(since=date(2026, 11, 20), until=date(2026, 11, 20)) == 8
    assert replayed(used[0], REGIONS, limit=1).cells.keys() == {(JINAN, "apply")}


def test_only_policy_officers_may_ask(used: tuple[GraphService, Any]) -> None:
    for role in ("clerk", "citizen", "bank"):
        office, region = ("office", JINAN) if role != "citizen" else (None, None)
        somebody = used[0].caller(Actor("somebody", role, "service_window", office, region))
        assert somebody.failure(IN_THE_GRAPH, {"files": []}) == "NOT_PERMITTED"
    with pytest.raises(InvalidInput, match="Between 1 and"):
        replayed(used[0], REGIONS, limit=0)


def test_what_is_kept_of_what_people_brought_is_what_was_asked_for(used: tuple[GraphService, Any]) -> None:
    async def outcomes(work: UnitOfWork) -> list[dict[str, Any]]:
        return [json.loads(kept.outcome) for kept in await work.decisions.page(DecisionFilter(), None, 100)]

    kept = used[0].work(outcomes)
    plain = {"kind": "proof", "name": "face_check", "specification": {}}
    assert sum(plain in outcome["met"] for outcome in kept) == 5
    assert all(met.keys() == {"kind", "name", "specification"} for outcome in kept for met in outcome["met"])


# --- the graph

IN_THE_GRAPH = """query($files: [PolicyFileInput!]!, $about: AboutInput) {policyDraft(files: $files) {impact(about: $about) {
decisions flips cells{region service decisions flips unchanged moves{before after decisions}
reasons{rule gone asks decisions}}}}}"""


def test_an_officer_asks_the_graph_whom_files_change(used: tuple[GraphService, Any]) -> None:
    officer = used[0].caller(OFFICER)

    def impact(**file: str) -> Any:
        asked = {"files": [file], "about": {"region": JINAN, "service": "apply"}}
        return officer.ask(IN_THE_GRAPH, asked)["policyDraft"]["impact"]

    text = (REGIONS / JINAN_SETTINGS).read_text(encoding="utf-8")
    found = impact(file=JINAN_SETTINGS, text=text.rstrip("\n") + "\n" + OLDER)
    assert (found["decisions"], found["flips"]) == (6, 4)
    [cell] = found["cells"]
    assert (cell["region"], cell["service"], cell["decisions"], cell["unchanged"]) == (JINAN, "apply", 6, 1)
    assert [(move["before"], move["after"], move["decisions"]) for move in cell["moves"]] == [
        ("allowed", "refused", 4),
        ("asked", "refused", 1),
    ]
    assert [(reason["rule"], reason["gone"], reason["decisions"]) for reason in cell["reasons"]] == [
        ("under_age_alone", False, 5),
        ("face_check", True, 1),
        ("agreement_not_accepted", True, 1),
    ]
    same = impact(file=JINAN_SETTINGS, text=text)
    assert (same["decisions"], same["flips"], [cell["unchanged"] for cell in same["cells"]]) == (6, 0, [6])


# --- the command line


Impacts = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(used: tuple[GraphService, dict[str, str]], run: Run) -> Impacts:
    """Return what runs `main.py policy impact` as an officer does."""
    variables = used[1]
    return partial(run, Path(variables["SERVICE_FOLDER"]), "policy", "impact", values=variables)


def test_the_command_tells_and_draws_what_a_draft_changes(command: Impacts, draft: Draft, tmp_path: Path) -> None:
    folder, picture = draft(JINAN_SETTINGS, more=OLDER), tmp_path / "impact.svg"
    done = command(str(folder), "--plot", str(picture), "--lang", "en", "--processes", "2")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert done.stdout.startswith(
        "9 decisions replayed, compared with the answers then: 4 do not change at all, 4 flip"
    )
    assert ["allowed", "refused", "4"] in lines
    assert ["Jinan", JINAN, "9", "4", "5", "0", "0", "0", "0", "0", "4"] in lines
    assert any("under_age_alone" in line and line[-1] == "4" for line in lines)
    assert max(map(len, done.stdout.splitlines())) < 200
    texts = [element.text or "" for element in ElementTree.parse(picture).iter() if element.tag.endswith("text")]
    assert {f"Jinan {JINAN}", "By service (decisions)", "→ refused"} <= set(texts)


def test_the_command_gives_tools_all_of_it_and_draws_pixels(command: Impacts, draft: Draft, tmp_path: Path) -> None:
    folder, picture = draft(JINAN_SETTINGS, more=OLDER), tmp_path / "impact.png"
    done = command(str(folder), "--json", "--plot", str(picture), "--processes", "1", "--against", str(REGIONS))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["total"]["decisions"], found["total"]["flips"]) == (9, 4)
    assert [cell["service"] for cell in found["cells"]] == ["apply", "deliver"]
    [reason] = [r for r in found["regions"][JINAN]["reasons"] if r["before"] == "allowed"]
    assert (reason["rule"], reason["file"], reason["count"]) == ("under_age_alone", APPLY, 4)
    colours = Image.open(picture).convert("RGB").getcolors(1 << 24)
    assert colours is not None
    assert {colour: count for count, colour in colours}[0xC0, 0x39, 0x2B] > 500


def test_a_draft_with_faults_is_told_in_full(command: Impacts, draft: Draft) -> None:
    folder = draft(more="  one: {deny: yes}\n  two: {deny: true}\n")
    done = command(str(folder))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "one" in done.stderr
    assert "two" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (["no/such/folder"], 1, "`no/such/folder` 既不是文件夹，也不是"),
        (["regions", "--service", "cancel", "--lang", "en"], 0, "no decisions on record"),
        (["regions", "--plot", "impact.gif"], 2, "不是图片"),
        (["regions", "--processes", "0"], 2, "进程数不能是"),
        (["regions", "--on", "tomorrow"], 2, "--on"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(command: Impacts, given: list[str], code: int, said: str) -> None:
    done = command(*given)
    assert done.returncode == code
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
