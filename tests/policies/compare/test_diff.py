"""What differs between two versions of the files: each kind of change, whose decisions it changes, and what is proven alike."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from composition.commands.loaded import load_policies
from policies.compare.changes import Comparing
from policies.compare.diff import Days, Diff, Group, Wanted, diff
from policies.compare.diff_text import DiffText
from policies.engine.decide import Policies
from policies.engine.engine import Engine
from policies.solver.proofs import Version, compare
from policies.solver.universe import Span
from policies.tree.tree import load_tree
from tests.policies.engine.test_oracle import Inverting, Lossy
from tests.policies.support.golden import files_of, write

TODAY = date(2026, 3, 2)
APPLY, SETTINGS = "china/apply.yaml", "china/settings.yaml"


class Versions:
    """Two versions of a small tree."""

    def __init__(self, folder: Path, new: Mapping[str, str], old: Mapping[str, str] | None = None) -> None:
        base = {**files_of("base"), **(old or {})}
        self.old = Policies(load_tree(write(folder / "old", base)))
        self.new = Policies(load_tree(write(folder / "new", {**base, **new})))

    def diff(self, days: Days | None = None, wanted: Wanted | None = None) -> Diff:
        return diff(self.old, self.new, days or Days.from_day(TODAY), wanted)

    def text(self, found: Diff) -> str:
        return DiffText(found, self.old, self.new, "en").text()


def changed(file: str, before: str, after: str) -> dict[str, str]:
    text = files_of("base")[file]
    assert text.count(before) == 1
    return {file: text.replace(before, after)}


def only_group(found: Diff) -> Group:
    [group] = found.groups
    return group


def flips(group: Group) -> list[tuple[date, bool, bool, object]]:
    return [(w.on, w.old.allowed, w.new.allowed, w.facts["holder.age"]) for v in group.verdicts for w in v.witnesses]


def test_the_same_files_do_not_differ(tmp_path: Path) -> None:
    versions = Versions(tmp_path, {})
    found = versions.diff()
    assert (found.groups, found.proven_alike) == ([], True)
    assert versions.text(found) == "The two versions do not differ."


def test_a_raised_age_refuses_those_between(tmp_path: Path) -> None:
    versions = Versions(tmp_path, changed(SETTINGS, "value: 16", "value: 18"))
    found = versions.diff()
    group = only_group(found)
    assert group.regions == ["000000", "110000", "110100"]
    [setting] = group.change.settings
    assert (setting.name, setting.parts) == ("from_age", ("values",))
    [(on, before, after, age)] = flips(group)
    assert (on, before, after, age in (16, 17)) == (TODAY, True, False, True)
    text = versions.text(found)
    assert "setting from_age: changed (values)  china/settings.yaml:4" in text
    assert "refused now: on 2026-03-02, age: 1" in text
    assert "TOO_YOUNG: Under 18. (china/apply.yaml:13)" in text
    assert "decisions change in 3, are proven alike in 0, and could not be settled in 0" in text


def test_what_is_only_written_otherwise_is_proven_alike(tmp_path: Path) -> None:
    split = "when: {not: {holder.age: {at_least: {setting: from_age}}}}"
    versions = Versions(tmp_path, changed(APPLY, "when: {holder.age: {below: {setting: from_age}}}", split))
    found = versions.diff()
    group = only_group(found)
    assert [rule.parts for rule in group.change.rules] == [("when",)]
    assert group.only == {"too_young"}
    assert (group.proven_alike, found.proven_alike) == (True, True)
    assert "Proven by the solver: no decision changes." in versions.text(found)


def test_words_for_people_change_no_decision(tmp_path: Path) -> None:
    versions = Versions(tmp_path, changed(APPLY, "Please provide a photo.", "Please bring a photo."))
    found = versions.diff()
    assert [rule.parts for rule in only_group(found).change.rules] == [("message",)]
    assert (only_group(found).only, found.proven_alike) == (frozenset(), True)
    assert "Only words for people changed" in versions.text(found)


def test_a_change_to_come_is_told_for_its_days(tmp_path: Path) -> None:
    later = "value: 16, from: 2020-01-01}, {value: 18, from: 2027-01-01}"
    found = Versions(tmp_path, changed(SETTINGS, "value: 16, from: 2020-01-01}", later)).diff()
    first, second = only_group(found).verdicts
    assert (first.span, first.proven_alike) == (Span(TODAY, date(2026, 12, 31)), True)
    assert second.span.first == date(2027, 1, 1)
    [witness] = second.witnesses
    assert witness.on >= date(2027, 1, 1)
    assert not witness.new.allowed


def test_what_is_not_published_yet_changes_nothing_for_who_knows_no_more(tmp_path: Path) -> None:
    later = "value: 16, from: 2020-01-01}, {value: 18, from: 2026-01-01, published: 2026-06-01}"
    versions = Versions(tmp_path, changed(SETTINGS, "value: 16, from: 2020-01-01}", later))
    assert only_group(versions.diff(Days.from_day(TODAY, known=date(2026, 5, 31)))).proven_alike
    told = only_group(versions.diff())
    assert [verdict.span.first for verdict in told.verdicts if verdict.witnesses] == [date(2026, 6, 1)]


def test_a_new_rule_and_one_taken_away_are_told(tmp_path: Path) -> None:
    rule = "  too_old: {when: {holder.age: {above: 90}}, deny: true, message: {zh: 过老。, en: Too old.}}\n"
    text = files_of("base")[APPLY].replace(
        "  photo:\n    require: {document: photo}\n", "  picture:\n    require: {document: student_card}\n"
    )
    text = text.replace("instead_of: [photo]", "instead_of: [picture]")
    versions = Versions(tmp_path, {APPLY: text.rstrip("\n") + "\n" + rule})
    found = versions.diff(wanted=Wanted(region="110100"))
    group = only_group(found)
    assert {(rule.name, rule.what.value) for rule in group.change.rules} == {
        ("photo", "removed"), ("picture", "added"), ("too_old", "added"), ("code", "changed"),
    }  # fmt: skip
    told = versions.text(found)
    assert "refused now: on 2026-03-02, age: 91" in told
    assert "- refused; asks for: photo; does not ask for it" in told
    assert "+ refused; does not ask for it; asks for: student card" in told
    assert sum(len(verdict.witnesses) for verdict in group.verdicts) == 2


def test_fees_promises_choices_and_advice_are_compared(tmp_path: Path) -> None:
    old = {
        "china/north/apply.yaml": """source: guide
settings:
  open_banks: {type: terms, of: banks, label: {zh: 银行, en: banks}, values: [{value: [icbc], from: 2020-01-01}]}
rules:
  fee: {charge: {fee: postage, amount: 10 yuan}}
  in_time: {promise: {what: done, within: 7 natural days, counted_from: submitted}}
  bank: {route: {choice: choice.bank, open: {setting: open_banks}}}
  ends: {lapse: {state: lost, after: 7 natural days, becomes: active}, message: {zh: 到期。, en: Ends.}}
  keeps: {archive: [photo]}
  says: {tell: true, message: {zh: 知。, en: Know.}}
"""
    }
    new = old["china/north/apply.yaml"]
    for before, after in (
        ("10 yuan", "12 yuan"), ("7 natural days, counted", "5 natural days, counted"), ("[icbc]", "[icbc, ccb]"),
        ("7 natural days, becomes", "9 natural days, becomes"), ("archive: [photo]", "archive: [student_card]"),
        ("says:", "says_now:"),
    ):  # fmt: skip
        assert new.count(before) == 1
        new = new.replace(before, after)
    versions = Versions(tmp_path, {"china/north/apply.yaml": new}, old)
    found = versions.diff(wanted=Wanted(region="110000"))
    kinds = {key for v in only_group(found).verdicts for w in v.witnesses for key in w.differs}
    assert kinds == {
        ("charge", "postage"), ("promise", "done"), ("route", "choice.bank"), ("lapse", "lost"), ("archive", "photo"),
        ("archive", "student_card"), ("tell", "says"), ("tell", "says_now"), ("deny", "bank"),
    }  # fmt: skip
    told = versions.text(found)
    assert "charges postage 10 yuan" in told
    assert "charges postage 12 yuan" in told
    assert "bank open: CCB, ICBC" in told
    assert "active after 9 natural days" in told


def test_regions_and_services_that_come_and_go_are_told(tmp_path: Path) -> None:
    more = {
        "china/south/region.yaml": 'code: "220000"\nlevel: province\nname: {zh: 南省, en: South}\n',
        "china/north/status.yaml": "title: {zh: 查询, en: Look up}\nsource: guide\nrules:\n  told:\n    deny: true\n"
        "    message: {zh: 请稍候。, en: Please wait.}\n",
    }
    versions = Versions(tmp_path, more)
    found = versions.diff()
    assert found.added == ["220000"]
    assert found.added_services == [("110000", "status"), ("110100", "status")]
    assert not found.proven_alike
    assert "regions added: South 220000" in versions.text(found)
    assert "service added: status (North 110000, First 110100)" in versions.text(found)
    back = diff(versions.new, versions.old, Days.from_day(TODAY))
    assert (back.removed, back.removed_services) == (["220000"], [("110000", "status"), ("110100", "status")])


def test_a_new_word_that_a_list_does_not_open_changes_nobody(tmp_path: Path) -> None:
    words = (
        files_of("base")["vocabulary/channels.yaml"].rstrip("\n")
        + "\n  kiosk: {label: {zh: 自助机, en: kiosk}, kind: window}\n"
    )
    found = Versions(tmp_path, {"vocabulary/channels.yaml": words}).diff()
    group = only_group(found)
    assert [(item.name, item.parts) for item in group.change.vocabularies] == [("channels", ("terms", "label"))]
    assert group.proven_alike


def test_only_the_rules_that_hang_together_are_asked_about(tmp_path: Path) -> None:
    versions = Versions(
        tmp_path, changed(APPLY, "when: {request.channel: {is: app}}", "when: {request.channel: {is: counter}}")
    )
    group = only_group(versions.diff())
    assert group.only == {"code", "photo"}
    comparing = Comparing()
    rules = versions.old.tree.regions["000000"].services["apply"].rules
    assert comparing.reads(rules["too_young"]).settings == {"from_age"}


@pytest.mark.parametrize("broken", [Lossy, Inverting])
def test_nothing_is_claimed_that_the_engine_does_not_confirm(tmp_path: Path, broken: type[Engine]) -> None:
    """The solver is right here and the engine wrong: they must find that they disagree."""
    versions = Versions(tmp_path, changed(SETTINGS, "value: 16", "value: 18"))
    for policies in (versions.old, versions.new):
        policies.engine = broken()
    old, new = (Version(policies, "apply", "110100") for policies in (versions.old, versions.new))
    verdict = compare(old, new, Span(TODAY, TODAY))
    assert all(witness.old.shows != witness.new.shows for witness in verdict.witnesses)
    right = [Version(Policies(policies.tree), "apply", "110100") for policies in (versions.old, versions.new)]
    sound = compare(right[0], right[1], Span(TODAY, TODAY))
    assert [w.differs for w in sound.witnesses] == [(("deny", "too_young"),)]
    assert verdict.open
    assert not verdict.proven_alike


def test_a_version_that_decides_nothing_on_a_day_differs_from_one_that_does(tmp_path: Path) -> None:
    found = Versions(tmp_path, changed(SETTINGS, "from: 2020-01-01", "from: 2026-06-01")).diff()
    first, second = only_group(found).verdicts
    [witness] = first.witnesses
    assert (witness.old.fault, witness.new.fault) == (None, "SETTING_NOT_IN_FORCE")
    assert (second.span.first, second.proven_alike) == (date(2026, 6, 1), True)


def test_a_new_holiday_changes_whoever_is_counted_by_working_days(tmp_path: Path) -> None:
    rule = "rules:\n  late:\n    when: {card.expires_on: {present: true}, request.today: {after: {fact: card.expires_on, plus: 1 working day}}}\n"
    late = {
        "china/north/apply.yaml": f"source: guide\n{rule}    deny: true\n    message: {{zh: 逾期。, en: Too late.}}\n"
    }
    day = "holidays: [{date: 2026-03-03, name: 示例}]\nworkdays: []\n"
    versions = Versions(tmp_path, {"calendar.yaml": day}, late | {"calendar.yaml": "holidays: []\nworkdays: []\n"})
    versions.old, versions.new = load_policies(tmp_path / "old"), load_policies(tmp_path / "new")
    group = only_group(versions.diff(Days(date(2026, 3, 4), date(2026, 3, 4))))
    assert group.change.calendar
    assert group.only == {"late"}
    [witness] = [witness for verdict in group.verdicts for witness in verdict.witnesses]
    assert witness.facts["card.expires_on"] == date(2026, 3, 2)
    assert (witness.old.allowed, witness.new.allowed) == (False, True)
    assert "the working calendar" in versions.text(versions.diff())


def told(versions: Versions) -> list[str]:
    """Return what is said of what is written otherwise."""
    lines = versions.text(versions.diff()).split("\n\n")[0].splitlines()
    return [line.strip() for line in lines if line.strip().startswith(("- ", "+ "))]


def test_of_a_rule_only_what_changed_is_told(tmp_path: Path) -> None:
    base = files_of("base")[APPLY]
    condition = "when: {holder.age: {below: {setting: from_age}}}"
    assert condition in base
    also = condition.replace("}}}", "}}, declared.student: {is: true}}")
    literal = condition.replace("{setting: from_age}", "16")
    for number, (after, said) in enumerate(
        {
            also: ["+ when: student: yes"],
            literal: ["- when: the age is below 16 (age; China, 示例指南)", "+ when: the age is below 16"],
            f"{condition}\n    until: 2026-12-31": ["- China (000000); 示例指南", "+ China (000000); 示例指南; until 2026-12-31"],
            f"from: 2027-01-01\n    {also}": ["+ when: student: yes", "- China (000000); 示例指南", "+ China (000000); 示例指南; from 2027-01-01"],
        }.items()
    ):  # fmt: skip
        assert told(Versions(tmp_path / str(number), changed(APPLY, condition, after))) == said


def test_of_an_outcome_the_effect_is_told_as_people_read_it(tmp_path: Path) -> None:
    fee = "  fee: {charge: {fee: postage, amount: 10 yuan}}\n"
    old = {APPLY: files_of("base")[APPLY] + fee}
    versions = Versions(tmp_path, {APPLY: old[APPLY].replace("10 yuan", "12 yuan")}, old)
    assert told(versions) == [
        "- charges: postage, 10 yuan, paid by the holder",
        "+ charges: postage, 12 yuan, paid by the holder",
    ]


def test_of_a_setting_the_values_are_told_as_people_read_them(tmp_path: Path) -> None:
    versions = Versions(tmp_path, changed(APPLY, "value: [app]", "value: [app, counter]"))
    assert [line.partition("  ")[0] for line in told(versions)] == [
        "- app (2020-01-01…)",
        "+ app, counter (2020-01-01…)",
    ]
