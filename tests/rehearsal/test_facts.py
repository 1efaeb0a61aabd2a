"""Every fact of the table can be arranged: what a case states of it is what the service supplies from its records."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from domain.facts import PROVIDED
from domain.services import records_of
from policies.cases.case_files import Case
from policies.engine.decide import Policies
from rehearsal import Rehearsed, rehearse
from tests.rehearsal.fact_values import BESIDES, VALUES
from tests.rehearsal.small_trees import CITY, DAY, MESSAGE, REQUESTS, Rule, requests_of, tree_of

FOLLOW = frozenset(
    f"request.{name}"
    for name in (
        *("service", "today", "weekday", "day_of_month", "days_left_in_month", "month", "month_and_day"),
        *("last_month_ended_on", "working_days_left_in_month", "is_working_day"),
    )
)
"""Facts that follow from the service and the day of a case, so that nothing is arranged for them."""
PREFERRED: Mapping[str, tuple[str, ...]] = {
    "choice.reissue_reason": ("reissue",),
    "choice.cancellation_reason": ("cancel",),
    "choice.delivery": ("deliver",),
    "choice": ("apply",),
    "delivery": ("deliver",),
    "password": ("change_password",),
    "guardian.present": ("end_guardianship",),
    "actor": ("report_formal_loss",),
    "operation": ("progress", "status"),
    "card": ("report_formal_loss", "receive"),
    "replaced": ("status", "receive"),
}
"""Services by which a fact is tried, by the fact or its record; any that reaches it otherwise."""


@dataclass(frozen=True)
class Trial:
    """One value of one fact, in one service."""

    fact: str
    value: Any
    service: str

    def __str__(self) -> str:
        return f"{self.fact}={self.value} in {self.service}"


def _trials() -> Iterator[Trial]:
    for fact, values in VALUES.items():
        record = fact.split(".")[0]
        any_other = next(service for service in REQUESTS if record in records_of(service))
        for service in PREFERRED.get(fact) or PREFERRED.get(record) or (any_other,):
            yield from (Trial(fact, value, service) for value in values)


TRIALS = tuple(_trials())


@cache
def _policies() -> tuple[Policies, Mapping[str, Case]]:
    """Return policies that read, in each service, every fact that it knows, and refuse nothing."""
    with TemporaryDirectory() as folder:
        rules = {service: _reading(service) for service in REQUESTS}
        policies, refused = tree_of(Path(folder) / "regions", rules)
        read = {(service, name) for service in rules for name in rules[service]} - refused
        assert {(trial.service, _id(trial.fact)) for trial in TRIALS if trial.fact not in FOLLOW} <= {
            (service, name.rpartition("_as_")[0]) for service, name in read
        }
        return policies, {case.service: case for case in requests_of(policies)}


def _id(fact: str) -> str:
    return fact.replace(".", "_")


def _reading(service: str) -> Mapping[str, Rule]:
    """Return rules that read each fact of a service: those that can be absent in one way, the others in another."""
    # What only tells refuses nobody, and what only shows tells nothing.
    outcome = "tell" if service in ("functions", "remind") else "deny"
    said = {outcome: True, "message": MESSAGE, "source": "assumption"}
    found: dict[str, Rule] = {}
    for fact in sorted(PROVIDED - FOLLOW):
        if fact.split(".")[0] in records_of(service):
            for way, test in (("present", {"present": True}), ("value", _test(fact))):
                found[f"{_id(fact)}_as_{way}"] = {"when": {fact: test}, **said}
    return found


def _test(fact: str) -> dict[str, Any]:
    """Return a test that reads a fact, of its kind."""
    value = next((each for each in VALUES[fact] if each not in ((), 0)), VALUES[fact][0])
    if isinstance(value, datetime):
        return {"before": value.isoformat(timespec="minutes")}
    if isinstance(value, tuple):
        return {"includes_none": list(value)}
    return {
        "is": "10 yuan" if fact.startswith("operation.due") else f"{value:%H:%M}" if isinstance(value, time) else value
    }


@cache
def _results() -> Mapping[Trial, Rehearsed]:
    policies, cases = _policies()
    asked = []
    for trial in TRIALS:
        case = cases[trial.service]
        facts = {**case.facts, **BESIDES.get(trial.fact, {}), trial.fact: trial.value}
        asked.append(replace(case, facts=facts))
    return dict(zip(TRIALS, rehearse(policies, asked), strict=True))


def test_every_fact_of_the_table_is_tried() -> None:
    assert VALUES.keys() | FOLLOW == PROVIDED
    assert ("510100", date(2026, 3, 2)) == (CITY, DAY)


@pytest.mark.parametrize("trial", TRIALS, ids=str)
def test_what_a_case_states_is_what_the_service_supplies(trial: Trial) -> None:
    told = [finding.message.en for finding in _results()[trial].findings]
    assert [text for text in told if trial.fact in text or "before it asks" in text] == []
