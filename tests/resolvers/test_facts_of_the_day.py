"""The facts of the day asked: the service computes them by the clock of China, and the officers' tests from the date."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from domain.card import CardState
from domain.duration import CHINA_TIME, WorkingCalendar, WorkingDay
from domain.holder import Actor
from domain.operation import OperationState, TimelineEntry
from policies.cases.case_files import read_cases
from policies.language.vocabulary import Lexicon
from policies.source.faults import FaultLog
from policies.tree.tree import load_tree
from resolvers.facts import TABLE, DecisionSubject
from store.records import CardStateEntry
from tests.store import samples


class EveryDay:
    """A calendar without a day off."""

    def day(self, on: date) -> WorkingDay:
        return WorkingDay(working=True, estimated=False)


def situation_at(now: datetime, calendar: WorkingCalendar | None = None) -> DecisionSubject:
    somebody = Actor("somebody", "citizen", "service_window")
    return DecisionSubject(
        "status", somebody, now, calendar or EveryDay(), "510100", Lexicon.empty(), None, "somebody", "self"
    )


def facts_of(situation: DecisionSubject, record: str) -> dict[str, object]:
    return {name: fact.compute(situation) for name, fact in TABLE.items() if name.startswith(f"{record}.")}


def facts_at(now: datetime) -> dict[str, object]:
    return facts_of(situation_at(now), "request")


@pytest.mark.parametrize(
    ("day", "left"), [(date(2026, 2, 28), 0), (date(2028, 2, 28), 1), (date(2026, 12, 1), 30), (date(2026, 4, 30), 0)]
)
def test_days_left_in_the_month(day: date, left: int) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=CHINA_TIME)
    assert facts_at(noon)["request.days_left_in_month"] == left


def test_the_month_ends_at_midnight_in_china() -> None:
    evening = datetime(2026, 2, 28, 15, 59, tzinfo=UTC)
    assert facts_at(evening)["request.days_left_in_month"] == 0
    assert facts_at(evening.replace(hour=16, minute=0))["request.days_left_in_month"] == 30


def test_the_officers_tests_know_the_same_of_a_day() -> None:
    log = FaultLog()
    cases = read_cases(load_tree(Path("regions")), log)
    case = next(case for case in cases if case.service == "status")
    computed = facts_at(datetime(case.on.year, case.on.month, case.on.day, 12, tzinfo=CHINA_TIME))
    own = {name: value for name, value in case.facts.items() if name.startswith("request.") and value is not None}
    same = own.keys() & computed.keys() - {"request.channel"}
    assert "request.days_left_in_month" in same
    assert {name: own[name] for name in same} == {name: computed[name] for name in same}


class Weekdays:
    """A calendar without holidays."""

    def day(self, on: date) -> WorkingDay:
        return WorkingDay(working=on.weekday() < 5, estimated=False)


@pytest.mark.parametrize(("day", "left"), [(29, 2), (30, 1), (31, 0), (28, 2), (1, 22)])
def test_working_days_left_in_the_month(day: int, left: int) -> None:
    """In March 2026 the 28th is a Saturday."""
    noon = datetime(2026, 3, day, 12, tzinfo=CHINA_TIME)
    known = facts_of(situation_at(noon, Weekdays()), "request")
    assert known["request.working_days_left_in_month"] == left


def test_the_moment_of_a_request_is_of_its_day_and_time() -> None:
    evening = datetime(2026, 2, 28, 16, 0, 30, tzinfo=UTC)
    known = facts_at(evening)
    assert known["request.now"] == evening
    assert known["request.today"] == date(2026, 3, 1)
    assert known["request.time_of_day"] == time(0, 0)


LOST, FORMALLY, ACTIVE = CardState.TEMPORARILY_LOST, CardState.FORMALLY_LOST, CardState.ACTIVE


@pytest.mark.parametrize(
    ("states", "reported"),
    [
        ((ACTIVE,), None),
        ((ACTIVE, LOST), 1),
        ((ACTIVE, LOST, FORMALLY), 1),
        ((ACTIVE, LOST, ACTIVE), None),
        ((ACTIVE, LOST, ACTIVE, FORMALLY), 3),
        ((), None),
    ],
)
def test_a_loss_was_reported_when_it_began(states: tuple[CardState, ...], reported: int | None) -> None:
    def at(hour: int) -> datetime:
        return datetime(2026, 3, 1, hour, tzinfo=CHINA_TIME)

    card = samples.card("card")
    situation = replace(situation_at(at(20)), about_card=card)
    entries = tuple(CardStateEntry(card.id, "510100", state, at(hour)) for hour, state in enumerate(states))
    situation.loaded.states = {card.id: entries}
    expected = None if reported is None else at(reported)
    assert TABLE["card.loss_reported_at"].compute(situation) == expected


def test_an_operation_that_was_corrected_is_accepted_when_it_was_accepted_last() -> None:
    S = OperationState
    steps = [(None, S.SUBMITTED), (S.SUBMITTED, S.ACCEPTED), (S.ACCEPTED, S.CORRECTION_REQUESTED)]
    steps += [(S.CORRECTION_REQUESTED, S.ACCEPTED), (S.ACCEPTED, S.PRODUCED), (S.PRODUCED, S.PRODUCED)]
    start = datetime(2026, 3, 1, tzinfo=CHINA_TIME)
    timeline = tuple(
        TimelineEntry("o", start + timedelta(hours=hour), "e", before, after, None, "r", None, None, None)
        for hour, (before, after) in enumerate(steps)
    )
    situation = replace(situation_at(start), about_operation=samples.operation("o"))
    situation.loaded.timeline = timeline
    known = facts_of(situation, "operation")
    assert known["operation.accepted_at"] == start + timedelta(hours=3)
    assert known["operation.produced_at"] == start + timedelta(hours=4)
    assert known["operation.shipped_at"] is None
    assert known["operation.corrections"] == 1
