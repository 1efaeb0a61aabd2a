"""The officers' commands: what they print, what they return, and that bad input is told in a line."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import main

REGIONS = Path(__file__).parents[1] / "regions"
ALONE = ["--fact", "request.channel=chengdu_wechat", "--fact", "actor.relation=self"]
WITHDRAWN = "history.applications_withdrawn_this_year"
EXPLAIN = ["policy", "explain", "510100", "apply", "--on", "2026-11-21"]


class Officer:
    """Somebody at the command line."""

    def __init__(self, capsys: pytest.CaptureFixture[str], regions: Path = REGIONS) -> None:
        self.capsys = capsys
        self.regions = regions

    def run(self, *arguments: str) -> tuple[int, str, str]:
        code = main.run(arguments, {"REGIONS_FOLDER": str(self.regions)})
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def json(self, *arguments: str) -> Any:
        code, out, _ = self.run(*arguments, "--json")
        assert code == 0
        return json.loads(out)


@pytest.fixture
def officer(capsys: pytest.CaptureFixture[str]) -> Officer:
    return Officer(capsys)


def test_an_explanation_for_tools_has_all_that_people_read(officer: Officer) -> None:
    found = officer.json(*EXPLAIN, "--born", "2010-03-02", *ALONE)
    assert (found["allowed"], found["on"], found["known"]) == (False, "2026-11-21", "2026-11-21")
    [rule] = [rule for rule in found["rules"] if rule["rule"] == "under_age_alone"]
    assert (rule["verdict"], rule["outcome"], rule["file"], rule["inherited"]) == (
        "applies",
        "deny",
        "china/apply.yaml",
        True,
    )
    assert [reason["holds"] for reason in rule["reasons"]] == [True, True]
    [age] = [value for value in found["values"] if value["setting"] == "acts_alone_from_age"]
    assert (age["value"], age["level"], age["replaces"][0]["shown"]["en"]) == (18, "province", "16")
    assert [(way["day"], way["facts"]) for way in found["ways"]] == [
        (None, {"actor.relation": ["guardian"]}),
        ("2028-03-02", {}),
    ]
    assert {need["name"] for need in found["ways"][1]["bring"]} == {"photo", "mobile", "residence_address"}
    assert found["search"]["complete"]


def test_evidence_at_hand_is_counted(officer: Officer) -> None:
    evidence = ["--evidence", "mobile", "--evidence", "residence_address"]
    found = officer.json(*EXPLAIN, "--born", "1990-01-01", *ALONE, *evidence)
    assert [missing["rule"] for missing in found["missing"]] == ["photo"]


def test_the_language_is_chinese_unless_asked_otherwise(officer: Officer) -> None:
    assert "怎样才能办理" in officer.run(*EXPLAIN, "--born", "2010-03-02", *ALONE)[1]
    assert "What would change it" in officer.run(*EXPLAIN, "--born", "2010-03-02", *ALONE, "--lang", "en")[1]


def test_what_happened_before_can_be_supposed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    shutil.copytree(REGIONS, tmp_path / "regions")
    file = tmp_path / "regions/china/sichuan/chengdu/apply.yaml"
    rule = f"  third:\n    when: {{{WITHDRAWN}: {{at_least: 2}}}}\n    deny: true\n"
    rule += "    message: {zh: 本年已撤回两次。, en: Withdrawn twice this year.}\n    source: assumption\n"
    file.write_text(file.read_text().rstrip("\n") + "\n" + rule)
    officer = Officer(capsys, tmp_path / "regions")
    adult = [*EXPLAIN, "--born", "1990-01-01", *ALONE]
    twice = ["--past", "apply=2026-02-01,state=withdrawn", "--past", "apply=2026-03-01T09:00+08:00,state=withdrawn"]

    def verdict(*past: str) -> str:
        rules = officer.json(*adult, *past)["rules"]
        return str(next(rule["verdict"] for rule in rules if rule["rule"] == "third"))

    assert verdict() == "may_apply"
    assert verdict("--past", "none") == "does_not_apply"
    assert verdict(*twice[:2]) == "does_not_apply"
    assert verdict(*twice[:2], "--past", "apply=2026-03-01") == "does_not_apply"
    assert verdict(*twice[:2], "--past", "apply=2025-03-01,state=withdrawn") == "does_not_apply"
    assert verdict(*twice) == "applies"
    assert [way["day"] for way in officer.json(*adult, *twice)["ways"]] == ["2027-01-01"]


def test_a_setting_moved_by_working_days_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    regions = shutil.copytree(REGIONS, tmp_path / "regions", ignore=shutil.ignore_patterns("*.tests.yaml"))
    for name, days in (("old", 10), ("new", 5)):
        folder = shutil.copytree(regions, tmp_path / name)
        dated = "values: [{value: 2027-02-17, from: 2026-01-01, source: assumption}]"
        settings = folder / "china/sichuan/settings.yaml"
        festival = f"  festival: {{type: date, label: {{zh: 春节, en: festival}}, {dated}}}\n"
        settings.write_text(settings.read_text().rstrip("\n") + "\n" + festival)
        apply = folder / "china/sichuan/chengdu/apply.yaml"
        when = f"{{request.today: {{on_or_after: {{setting: festival, minus: {days} working days}}}}}}"
        rule = f"  early:\n    when: {when}\n    deny: true\n    message: {{zh: 停。, en: Closed.}}\n    source: assumption\n"
        apply.write_text(apply.read_text().rstrip("\n") + "\n" + rule)
    officer = Officer(capsys, tmp_path / "new")
    code, out, _ = officer.run("policy", "show", "510100", "apply", "--on", "2026-11-21", "--lang", "en")
    assert code == 0
    assert "5 working days" in out
    on = ("--region", "510100", "--service", "apply", "--on", "2027-02-08", "--lang", "en")
    code, out, error = officer.run("policy", "diff", str(tmp_path / "old"), str(tmp_path / "new"), *on)
    assert (code, error) == (0, "")
    assert [line for line in out.splitlines() if "10 working days" in line and line.strip().startswith("- when: ")]
    assert [line for line in out.splitlines() if "5 working days" in line and line.strip().startswith("+ when: ")]


def test_a_declared_fact_can_be_declared_absent(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    regions = shutil.copytree(REGIONS, tmp_path / "regions")
    words, rules = (regions / f"china/sichuan/chengdu/{name}.yaml" for name in ("vocabulary", "apply"))
    fact = "  declared.note_on: {type: date, origin: declared, optional: true, label: {zh: 告知日期, en: day of the note}}\n"
    text = words.read_text().rstrip("\n") + "\n"
    words.write_text(text + ("" if "\nfacts:" in text else "facts:\n") + fact)
    rule = "  noted:\n    when: {declared.note_on: {present: true, before: 2026-01-01}}\n    deny: true\n"
    rule += "    message: {zh: 已告知。, en: There was a note.}\n    source: assumption\n"
    rules.write_text(rules.read_text().rstrip("\n") + "\n" + rule)
    officer = Officer(capsys, regions)

    def verdict(*fact: str) -> str:
        found = officer.json(*EXPLAIN, "--born", "1990-01-01", *ALONE, *fact)["rules"]
        return str(next(rule["verdict"] for rule in found if rule["rule"] == "noted"))

    assert verdict() == "may_apply"
    assert verdict("--fact", "declared.note_on=2025-12-31") == "applies"
    assert verdict("--fact", "declared.note_on=") == "does_not_apply"
    case = "  - {name: Nobody noted anything, facts: {request.channel: chengdu_wechat}, absent: [%s], expect: {denials: []}}\n"
    cases = regions / "china/sichuan/chengdu/apply.tests.yaml"
    good = cases.read_text().rstrip("\n") + "\n"
    cases.write_text(good + case % "declared.note_on")
    assert officer.run("policy", "check")[0] == 0
    for wrong, code in (("holder.age", "ALWAYS_PRESENT"), ("declared.noted", "UNKNOWN_FACT")):
        cases.write_text(good + case % wrong)
        assert code in officer.run("policy", "check")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["policy", "explain", "999999", "apply"], "REGION_UNKNOWN"),
        ([*EXPLAIN, "--past", "dance=2026-01-01"], "dance"),
        ([*EXPLAIN, "--past", "apply=yesterday"], "yesterday"),
        ([*EXPLAIN, "--past", "apply=2026-01-01T09:00"], "2026-01-01T09:00"),
        ([*EXPLAIN, "--past", "apply=2026-11-22"], "2026年11月22日晚于2026年11月21日"),
        ([*EXPLAIN, "--past", "apply=2026-01-01,colour=red"], "colour"),
        ([*EXPLAIN, "--past", "cancelled=2026-01-01,state=completed"], "state"),
        (["policy", "explain", "510100", "dance"], "dance"),
        (["policy", "explain", "510100", "apply", "--fact", "holder.agee=3"], "holder.agee"),
        (["policy", "explain", "510100", "apply", "--fact", "holder.age=old"], "应为整数"),
        (
            ["policy", "explain", "510100", "apply", "--fact", f"{WITHDRAWN}=2", "--lang", "en"],
            "is counted over the history",
        ),
        (
            ["policy", "explain", "510100", "apply", "--fact", "choice.outlet.bank=icbc", "--lang", "en"],
            "choice.outlet; suppose",
        ),
        (["policy", "explain", "510100", "apply", "--evidence", "papyrus"], "papyrus"),
        (
            ["policy", "explain", "510100", "apply", "--on", "2026-01-01", "--born", "2027-01-01"],
            "2027年1月1日晚于2026年1月1日",
        ),
        (["policy", "calendar", "999999"], "REGION_UNKNOWN"),
    ],
)
def test_what_nobody_can_explain_is_told_in_a_line(officer: Officer, arguments: list[str], said: str) -> None:
    code, out, error = officer.run(*arguments)
    assert (code, out) == (1, "")
    assert said in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--fact", "holder.age"],
        ["--past", "apply"],
        ["--past", "apply=2026-01-01,state"],
        ["--on", "tomorrow"],
        ["--lang", "fr"],
    ],
)
def test_what_is_not_written_as_it_must_be_is_refused(officer: Officer, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        officer.run(*EXPLAIN, *arguments)
    assert caught.value.code == 2


def test_a_threshold_that_is_not_reached_fails_and_names_the_rule(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shutil.copytree(REGIONS, tmp_path / "regions")
    file = tmp_path / "regions/china/correct.yaml"
    advice = "  untold:\n    tell: true\n    message: {zh: 知, en: know}\n    source: assumption\n"
    file.write_text(file.read_text().rstrip("\n") + "\n" + advice)
    officer = Officer(capsys, tmp_path / "regions")
    code, out, _ = officer.run("policy", "test", "--at-least", "100", "--lang", "en")
    assert code == 1
    assert "china/correct.yaml:" in out
    assert "untold of correct never decided" in out
    assert officer.run("policy", "test")[0] == 0
    found = officer.json("policy", "test", "--coverage", "--at-least", "99")
    assert found["failed"] == []
    assert [r["rule"] for r in found["coverage"]["rules"] if r["state"] != "tested"] == ["untold"]


def test_the_calendar_looks_from_today_unless_told_otherwise(officer: Officer) -> None:
    assert officer.json("policy", "calendar", "--until", "2020-01-01") == []
    changes = officer.json("policy", "calendar", "370100", "--after", "2021-11-01", "--until", "2021-12-31")
    assert {change["on"] for change in changes} == {"2021-12-01"}
    assert {change["file"] for change in changes} == {"china/shandong/jinan/settings.yaml"}


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=An officer", "-c", "user.email=officer@example.org"]
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def committed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Officer:
    """Return an officer whose files are committed, and then changed: the province's age is 17."""
    regions = tmp_path / "some/regions"
    shutil.copytree(REGIONS, regions, ignore=shutil.ignore_patterns("*.tests.yaml"))
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "As it was")
    git(tmp_path, "tag", "before")
    settings = regions / "china/sichuan/settings.yaml"
    settings.write_text(settings.read_text().replace("value: 18", "value: 17"))
    return Officer(capsys, regions)


def test_what_an_officer_has_changed_is_compared_with_the_last_commit(committed: Officer) -> None:
    code, out, _ = committed.run("policy", "diff", "--service", "apply", "--lang", "en", "--after", "2026-11-28")
    assert code == 0
    assert "setting acts_alone_from_age: changed (values)  china/sichuan/settings.yaml:5" in out
    assert "in: apply (Sichuan 510000, Chengdu 510100, Mianyang 510700)" in out
    assert "no longer refused: on 2026-11-28, relation to the holder: the holder, age: 17" in out
    assert "- refused; UNDER_AGE_ALONE: Under 18, please let a guardian (such as a parent) apply." in out
    assert "不再是不予办理" in committed.run("policy", "diff", "--service", "apply")[1]


def test_revisions_and_folders_are_versions(committed: Officer) -> None:
    assert committed.run("policy", "diff", "HEAD", "before", "--lang", "en")[1] == "The two versions do not differ.\n"
    code, out, _ = committed.run("policy", "diff", str(committed.regions), "before", "--must-be-alike", "--json")
    assert code == 1
    found = json.loads(out)
    assert not found["alike"]
    [group] = [group for group in found["groups"] if group["service"] == "record_guardianship"]
    assert group["changes"][0]["old"] == {"file": "china/sichuan/settings.yaml", "line": 5}
    [witness] = group["spans"][0]["witnesses"]
    assert (witness["facts"]["holder.age"], witness["old"]["refused"], witness["new"]["refused"]) == (17, True, False)
    assert witness["differs"] == [["deny", "capable_adult"], ["lapse", "submitted"]]
    assert committed.run("policy", "diff", "HEAD", "HEAD", "--must-be-alike")[0] == 0


def test_a_folder_that_no_revision_has_is_told_in_a_line(committed: Officer, tmp_path: Path) -> None:
    practice = shutil.copytree(committed.regions, tmp_path / "practice/regions")
    code, out, error = Officer(committed.capsys, practice).run("policy", "diff")
    assert (code, out, error.count("\n")) == (1, "", 1)
    assert "practice/regions" in error
    assert "policy diff regions" in error


def test_only_what_is_asked_about_is_compared(committed: Officer) -> None:
    assert committed.run("policy", "diff", "--region", "370200", "--must-be-alike")[0] == 0
    assert committed.run("policy", "diff", "--service", "produce", "--must-be-alike")[0] == 0
    found = committed.json("policy", "diff", "--region", "510100", "--on", "2026-11-28", "--service", "apply")
    assert [(group["regions"], group["spans"][0]["last"]) for group in found["groups"]] == [(["510100"], "2026-11-28")]
    code, out, error = committed.run("policy", "diff", "--region", "999999")
    assert (code, out) == (1, "")
    assert "REGION_UNKNOWN" in error


@pytest.mark.parametrize("command", ["diff", "prove"])
def test_a_service_that_is_not_there_is_told_with_those_that_are(committed: Officer, command: str) -> None:
    code, out, error = committed.run("policy", command, "--service", "aply", "--lang", "en")
    assert (code, out, error.count("\n")) == (1, "", 1)
    assert "There is no service aply; there are: accept, " in error
    code, out, error = committed.run("policy", command, "--service", "aply", "--region", "510100")
    assert (code, out, error.count("\n")) == (1, "", 1)
    assert "地区510100没有服务事项“aply”；现有：accept, " in error


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("nowhere", "'nowhere' is neither a folder nor a revision"),
        ("--end-of-options", "revision"),
        ("HEAD:", "neither"),
    ],
)
def test_what_is_no_version_is_told_in_a_line(committed: Officer, version: str, said: str) -> None:
    named = f"./{version}" if version.startswith("-") else version
    code, out, error = committed.run("policy", "diff", "HEAD", named, "--lang", "en")
    assert (code, out, error.count("\n")) == (1, "", 1)
    assert said in error


def test_a_version_with_faults_is_refused_with_all_of_them(committed: Officer) -> None:
    broken = committed.regions / "china/sichuan/settings.yaml"
    broken.write_text(broken.read_text().replace("value: 17", "value: 15"))
    code, out, error = committed.run("policy", "diff")
    assert (code, out) == (1, "")
    assert "LOOSENS_BOUND_SETTING" in error
    assert error.endswith("错误：政策文件有1处错误\n")
    assert committed.run("policy", "diff", "--lang", "en")[2].endswith("error: 1 fault in the policy files\n")


def test_the_solver_warns_with_places_and_can_fail(officer: Officer) -> None:
    code, out, _ = officer.run("policy", "prove", "--region", "510100", "--strict", "--on", "2026-11-28")
    assert code == 0
    assert "0处警告，0个问题未能判定" in out
    found = officer.json("policy", "prove", "--region", "370300", "--on", "2026-11-28")
    assert {warning["code"] for warning in found["warnings"]} == {"SERVICE_UNOBTAINABLE"}
    assert {warning["file"] for warning in found["warnings"]} == {"china/shandong/zibo/region.yaml"}
    assert officer.run("policy", "prove", "--region", "370300", "--strict", "--on", "2026-11-28")[0] == 1
    said = officer.run("policy", "prove", "--region", "370300", "--on", "2026-11-28", "--lang", "en")[1]
    assert "warning: china/shandong/zibo/region.yaml" in said
    assert said.endswith(" 0 questions not settled\n")


SHOW = ["policy", "show", "510100", "apply", "--on", "2026-11-21"]


def test_what_holds_is_shown_with_level_source_and_what_it_replaced(officer: Officer) -> None:
    found = officer.json(*SHOW)
    assert (found["region"], found["service"], found["on"], found["known"]) == (
        "510100", "apply", "2026-11-21", "2026-11-21",
    )  # fmt: skip
    [age] = [value for value in found["values"] if value["setting"] == "acts_alone_from_age"]
    assert (age["value"], age["level"], age["file"], age["bound"]) == (
        18,
        "province",
        "china/sichuan/settings.yaml",
        "raise",
    )
    assert [other["shown"]["en"] for other in age["replaces"]] == ["16"]
    [rule] = [rule for rule in found["rules"] if rule["rule"] == "under_age_alone"]
    assert (rule["outcome"], rule["bound"], rule["inherited"]) == ("deny", True, True)
    assert rule["message"]["en"] == "Under 18, please let a guardian (such as a parent) apply."
    assert [test["zh"] for test in rule["when"]["all"]][1] == "与持卡人的关系不是监护人"


def test_what_is_shown_has_the_digest_of_the_decision(officer: Officer) -> None:
    digest = officer.json(*SHOW)["digest"]
    assert digest.startswith("sha256:")
    assert digest in officer.run(*SHOW, "--lang", "en")[1]
    assert digest != officer.json("policy", "show", "370200", "apply", "--on", "2026-11-21")["digest"]
    code, _, error = officer.run("policy", "show", "510100", "apply", "--on", "2019-01-01")
    assert (code, error.count("\n")) == (1, 1)
    assert "SETTING_NOT_IN_FORCE" in error


def test_what_holds_is_what_was_published_by_the_day_that_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shutil.copytree(REGIONS, tmp_path / "regions")
    file = tmp_path / "regions/china/shandong/jinan/settings.yaml"
    value = "    values: [{value: 17, from: 2026-01-01, published: 2026-06-01, source: assumption}]\n"
    file.write_text(file.read_text().rstrip("\n") + "\n  acts_alone_from_age:\n    replaces: true\n" + value)
    officer = Officer(capsys, tmp_path / "regions")

    def age(known: str) -> Any:
        values = officer.json("policy", "show", "370100", "apply", "--on", "2026-03-01", "--known", known)["values"]
        return next(value["value"] for value in values if value["setting"] == "acts_alone_from_age")

    assert (age("2026-05-31"), age("2026-06-01")) == (16, 17)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["999999", "apply"], "REGION_UNKNOWN"),
        (["510100", "dance"], "dance"),
        (["370200", "delegate"], "account_entries"),
    ],
)
def test_what_nobody_can_show_is_told_in_a_line(officer: Officer, arguments: list[str], said: str) -> None:
    code, out, error = officer.run("policy", "show", *arguments)
    assert (code, out) == (1, "")
    assert said in error
    assert error.count("\n") == 1


def test_whoever_has_seen_enough_is_not_told_of_it() -> None:
    command = [sys.executable, "main.py", "policy", "show", "510100", "apply"]
    with subprocess.Popen(command, cwd=REGIONS.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.close()
        assert running.stderr is not None
        assert running.stderr.read() == b""


def test_suppositions_are_named_as_people_name_them_and_a_wrong_one_is_told_the_right_ones(officer: Officer) -> None:
    ask = ("policy", "explain", "510100", "apply", "--json")
    named = officer.run(*ask, "--fact", "holder.type=citizen", "--evidence", "household_register")
    labelled = officer.run(*ask, "--fact", "人员类别=foreigner", "--evidence", "户口簿")
    assert (named[0], labelled[0]) == (0, 0)
    wrong = officer.run(*ask[:4], "--fact", "holder.type=citizens")
    assert wrong[0] == 1
    assert "没有“citizens”这一项，可写：`citizen`（" in wrong[2]
    assert "是否应为 `holder.type`" in officer.run(*ask[:4], "--fact", "holder.typ=citizen")[2]
    assert "请写：`identity_card_front`（居民身份证正面）" in officer.run(*ask[:4], "--evidence", "身份证")[2]
