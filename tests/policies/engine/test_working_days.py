"""Rules that count working days: by which calendar, how honestly, and again the same when an old decision is repeated."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.decision import Decision
from domain.duration import CHINA_TIME, Duration, Unit, WeekdayCalendar, WorkingCalendar
from domain.errors import DecisionFault
from gateways.working_calendar import ChineseWorkingCalendar
from policies.engine.asking import Asked
from policies.engine.decide import Policies
from policies.engine.facts import required_value
from policies.explain.change_dates import turning_days
from policies.explain.explanation import explain
from policies.explain.explanation_text import explanation_json, explanation_text
from policies.explain.ways import Ways
from policies.language.conditions import Operand
from policies.language.conditions import Test as OneTest
from policies.language.conditions import tests_of as each_test
from policies.language.operators import Op
from policies.language.values import Kind, ValueType
from policies.replay.repeating import repeat
from resolvers.changing.recording import decision_record
from tests.policies.support.regions import real_policies
from tests.policies.support.small_trees import FACTS, deny, policies_of
from tests.recorded_calendar import counted_days

HOLIDAY = date(2026, 10, 1)
"""A Thursday; the holiday lasts to the 7th, and Saturday the 10th is worked for it."""
REPORTED = date(2026, 9, 30)
RULES: dict[str, Any] = {
    "too_early": deny({"s.date": {"before": {"fact": "s.other_date", "plus": "3 working days"}}}),
    "too_late": deny({"s.date": {"after": {"fact": "s.other_date", "plus": {"setting": "most"}}}}),
}
SETTINGS = {
    "most": {
        "type": "duration",
        "label": {"zh": "期限", "en": "time limit"},
        "values": [{"value": "5 working days", "from": date(2020, 1, 1)}],
    }
}


def counting(folder: Path, calendar: WorkingCalendar | None = None) -> Policies:
    """Return policies that deny before the third and after the fifth working day."""
    return Policies(policies_of(folder, RULES, settings=SETTINGS).tree, calendar=calendar)


def announced() -> ChineseWorkingCalendar:
    """Return a calendar for which 2026 is announced."""
    days = {HOLIDAY + timedelta(days=number): "国庆节" for number in range(7)}
    return ChineseWorkingCalendar(days, {date(2026, 10, 10): "国庆节"})


def asked_on(policies: Policies, day: date, since: date = REPORTED) -> Decision:
    """Decide with one day counted from another."""
    return policies.decide("apply", "000000", FACTS | {"s.date": day, "s.other_date": since}, day, history=())


def denials(policies: Policies, day: date, since: date = REPORTED) -> list[str]:
    """Return which rules deny."""
    return [denial.rule for denial in asked_on(policies, day, since).denials]


def test_days_off_and_make_up_days_are_counted_as_they_are_announced(tmp_path: Path) -> None:
    policies = counting(tmp_path, announced())
    # The 8th, the 9th and, a Saturday, the 10th are the first three working days after the 30th of September.
    assert denials(policies, date(2026, 10, 9)) == ["too_early"]
    assert denials(policies, date(2026, 10, 10)) == []
    assert denials(policies, date(2026, 10, 13)) == []
    assert denials(policies, date(2026, 10, 14)) == ["too_late"]


def test_a_decision_says_whether_a_day_that_it_counted_is_only_estimated(tmp_path: Path) -> None:
    policies = counting(tmp_path, announced())
    assert not asked_on(policies, date(2026, 10, 10)).estimated
    unannounced = date(2090, 12, 29)
    assert asked_on(policies, unannounced + timedelta(days=9), unannounced).estimated
    assert not asked_on(
        policies_of(tmp_path / "other", {"never": deny({"s.integer": {"below": 0}})}), HOLIDAY
    ).estimated


def test_without_a_calendar_everything_is_an_estimate(tmp_path: Path) -> None:
    decision = asked_on(counting(tmp_path), date(2026, 10, 5))
    assert decision.denials == ()
    assert decision.estimated
    assert decision.special_days == {}


def test_what_is_evaluated_with_no_calendar_at_all_refuses(tmp_path: Path) -> None:
    rule = counting(tmp_path).effective("apply", "000000", REPORTED)
    assert rule is not None
    [test] = each_test(rule.rules["too_early"].condition)
    assert test.operand is not None
    with pytest.raises(ValueError, match="no calendar says whether 2026-10-01 is a working day"):
        required_value(test.operand, {"s.other_date": REPORTED}, {})


def test_a_repeated_decision_counts_the_days_as_they_were_counted_then(tmp_path: Path) -> None:
    """The calendar is corrected after the decision; what was decided stays what it was."""
    policies = counting(tmp_path, announced())
    day = date(2026, 10, 10)
    policy, decision = policies.effective("apply", "000000", day), asked_on(policies, day)
    assert policy is not None
    assert decision.special_days[date(2026, 10, 10)] is True
    assert decision.special_days[HOLIDAY] is False
    corrected = counting(tmp_path / "corrected", WeekdayCalendar())
    assert denials(corrected, date(2026, 10, 9)) == ["too_late"]
    kept = counted_days(decision_record(decision, datetime(2026, 10, 10, tzinfo=CHINA_TIME), None))
    again = repeat(policy.text(), decision.digest, decision.facts, day, day, **kept)
    assert (again.denials, again.estimated, again.special_days) == ((), False, decision.special_days)
    otherwise = repeat(policy.text(), decision.digest, decision.facts, day, day)
    assert [denial.rule for denial in otherwise.denials] == ["too_late"]


def test_a_calendar_that_ends_is_a_fault_and_no_answer(tmp_path: Path) -> None:
    with pytest.raises(DecisionFault, match="out of range"):
        asked_on(counting(tmp_path, announced()), REPORTED, date.max)


def test_an_officer_reads_what_was_counted_and_from_what(tmp_path: Path) -> None:
    found = explain(counting(tmp_path, announced()), _asked(date(2026, 10, 9)))
    said = {rule.rule.id: rule.sentence for rule in found.rules}
    assert said["too_early"].en == (
        "applies because the label (2026-10-09) is before 2026-10-10 (label plus 3 working days)"
    )
    assert said["too_early"].zh == "适用，因为名（2026年10月9日）早于2026年10月10日（名加3个工作日）"
    assert "2026-10-13 (label plus 5 working days (time limit; label, an assumption))" in said["too_late"].en


@pytest.mark.parametrize(("since", "estimated"), [(REPORTED, False), (date(2090, 12, 29), True)])
def test_an_officer_is_told_of_an_estimate(tmp_path: Path, since: date, estimated: bool) -> None:
    policies = counting(tmp_path, announced())
    asked = replace(_asked(since), facts=FACTS | {"s.date": since, "s.other_date": since})
    found, ways = explain(policies, asked), Ways((), 0, complete=True)
    assert ("按星期估算" in explanation_text(found, ways, policies, "zh")) is estimated
    assert ("estimated from the weekday" in explanation_text(found, ways, policies, "en")) is estimated
    assert json.loads(explanation_json(found, ways, policies))["estimated"] is estimated


def _asked(day: date) -> Asked:
    facts = FACTS | {"s.date": day, "s.other_date": REPORTED}
    return Asked("apply", "000000", day, facts=facts, history=(), form=False)


def test_moments_wait_for_hours_and_minutes(tmp_path: Path) -> None:
    rules = {"within": deny({"s.moment": {"after": {"fact": "s.other_moment", "plus": "48 hours"}}})}
    policies = policies_of(tmp_path, rules)
    reported = datetime(2026, 3, 2, 10, 0, 0, 5, CHINA_TIME)
    for later, expected in ((timedelta(0), []), (timedelta(microseconds=1), ["within"])):
        facts = FACTS | {"s.other_moment": reported, "s.moment": reported + timedelta(hours=48) + later}
        decision = policies.decide("apply", "000000", facts, REPORTED, history=())
        assert [denial.rule for denial in decision.denials] == expected


def test_the_moment_of_a_request_follows_from_its_day_and_time_and_moves_with_it() -> None:
    asked = Asked("apply", "510100", REPORTED, facts={"request.time_of_day": time(10)})
    assert asked.all_facts(real_policies())["request.now"] == datetime(2026, 9, 30, 10, tzinfo=CHINA_TIME)
    stated = replace(asked, facts={"request.now": datetime(2026, 9, 30, 2, 30, tzinfo=UTC)})
    assert stated.all_facts(real_policies())["request.time_of_day"] == time(10, 30)
    [moved] = stated.moved(HOLIDAY)
    assert moved.facts["request.now"] == datetime(2026, 10, 1, 10, 30, tzinfo=CHINA_TIME)


def test_a_way_waits_for_the_third_working_day() -> None:
    """In the real words of the country: a rule of working days is turned by the day that comes."""
    test = OneTest(
        "request.today",
        ValueType(Kind.DATE),
        Op.LT,
        Operand("fact", "card.issued_on", 1, Operand("literal", Duration(3, Unit.WORKING_DAYS))),
    )
    facts = {"request.today": REPORTED, "card.issued_on": REPORTED}
    asked = Asked("reissue", "510100", REPORTED, facts=facts)
    policies = Policies(real_policies().tree, calendar=announced())
    trial = asked.trial(policies)
    assert trial is not None
    days = turning_days(asked, trial, next(iter(trial.policy.rules.values())), [test])
    assert date(2026, 10, 10) in days
    assert trial.reading.days.special == {}  # looking ahead is not deciding
