"""Every fact of the table can be arranged: what a case states of it is what the service supplies from its records."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from domain.duration import CHINA_TIME
from domain.facts import PROVIDED
from domain.services import records_of
from policies.cases.case_files import Case
from policies.engine.decide import Policies
from rehearsal import Rehearsed, rehearse
from tests.rehearsal.random_outcomes import CITY, DAY, MESSAGE, REQUESTS, Rule, requests_of, tree_of

MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=CHINA_TIME)
YESTERDAY = datetime(2026, 3, 1, 15, 0, tzinfo=CHINA_TIME)
FOLLOW = frozenset(
    f"request.{name}"
    for name in (
        *("service", "today", "weekday", "day_of_month", "days_left_in_month", "month", "month_and_day"),
        *("last_month_ended_on", "working_days_left_in_month", "is_working_day"),
    )
)
"""Facts that follow from the service and the day of a case, so that nothing is arranged for them."""
CLERK = {"request.role": "clerk", "request.channel": "service_window"}
LOST = {"card.state": "formally_lost"}
VALUES: Mapping[str, tuple[Any, ...]] = {
    "request.channel": ("national_mini_program", "service_window"),
    "request.role": ("citizen", "clerk"),
    "request.office": ("an office",),
    "request.now": (MORNING,),
    "request.time_of_day": (MORNING.time(),),
    "actor.relation": ("self", "guardian", "delegate"),
    "actor.age": (30,),
    "actor.office_in_city": (True, False),
    "actor.office_region": ("510100", "510700"),
    "actor.kind_of_office": ("bank_outlet", "community_centre"),
    "actor.outlet": ("chengdu_sample_icbc",),
    "actor.bank": ("icbc", "ccb"),
    "holder.type": ("citizen", "foreigner"),
    "holder.identity_type": ("resident_identity_card", "passport"),
    "holder.age": (0, 15, 70),
    "holder.full_capacity": (True, False),
    "holder.deceased": (False,),
    "holder.groups": ((), ("student",)),
    "holder.photo_on_file": (True, False),
    "holder.photo_taken_on": (date(2025, 5, 1),),
    "holder.mobile_bound": (True, False),
    "holder.insured_in": ((), ("510100", "110105")),
    "holder.employed_in": ((), ("510700",)),
    **{f"holder.{how}_in_{where}": (True, False) for how in ("insured", "employed") for where in ("city", "province")},
    "holder.address_region": ("510104", "110105"),
    "holder.address_in_city": (True, False),
    "holder.address_in_province": (True, False),
    "holder.guardians_on_record": (0, 2),
    "holder.cards_in_province": (1, 2),
    "holder.cards_elsewhere": (0, 2),
    "holder.card_generations": (("second", "third"),),
    "holder.card_banks": (("ccb", "icbc"),),
    "holder.applications_in_province": (0, 1),
    "card.state": ("sealed", "active", "temporarily_lost", "formally_lost", "locked", "cancelled"),
    "card.bank": ("icbc", "ccb"),
    "card.region": ("510100",),
    "card.generation": ("second", "third"),
    "card.issued_on": (date(2020, 1, 1),),
    "card.issued_at_age": (5, 30),
    "card.expires_on": (date(2030, 1, 1),),
    "card.state_until": (date(2026, 3, 9),),
    "card.state_since": (YESTERDAY,),
    "card.loss_reported_at": (YESTERDAY,),
    "card.password_locked": (True, False),
    "card.in_city": (True,),
    "card.in_province": (True,),
    "card.account_state": ("open", "closed"),
    "card.account_closed_at": (YESTERDAY,),
    "card.being_replaced": (True, False),
    "card.replaces_another": (True, False),
    "card.received": (True, False),
    "card.has_password": (True, False),
    "card.password_errors": (0, 3),
    "replaced.state": ("formally_lost", "cancelled"),
    "replaced.bank": ("icbc", "ccb"),
    "replaced.region": ("510100",),
    "replaced.generation": ("second", "third"),
    "replaced.issued_on": (date(2015, 1, 1),),
    "replaced.expires_on": (date(2026, 1, 1),),
    "replaced.account_state": ("open", "closed"),
    "replaced.account_closed_at": (YESTERDAY,),
    "operation.service": ("apply", "reissue"),
    "operation.replaces_card": (True, False),
    "operation.reissue_reason": ("lost",),
    "operation.state": ("submitted", "paid", "accepted", "correction_requested", "produced", "shipped", "received"),
    "operation.channel": ("service_window",),
    "operation.relation": ("self", "delegate"),
    "operation.bank": ("icbc", "ccb"),
    "operation.outlet": ("chengdu_sample_icbc",),
    "operation.submitted_at": (YESTERDAY,),
    "operation.paid_at": (YESTERDAY,),
    "operation.accepted_at": (YESTERDAY,),
    "operation.produced_at": (YESTERDAY,),
    "operation.shipped_at": (YESTERDAY,),
    "operation.received_at": (YESTERDAY,),
    "operation.promised_at": (datetime(2026, 3, 20, 23, 59, tzinfo=CHINA_TIME),),
    "operation.corrections": (0, 2),
    "operation.due": (0, 1000),
    "operation.due_before": (0, 1000),
    "operation.delivery_method": ("post", "outlet"),
    "choice.bank": ("icbc", "ccb"),
    "choice.outlet": ("chengdu_sample_icbc",),
    "choice.delivery": ("outlet", "post"),
    "choice.reissue_reason": ("lost", "damaged"),
    "choice.cancellation_reason": ("extra_card",),
    "delivery.zone": ("same_city", "same_province", "other_province"),
    "delivery.region": ("510104",),
    "password.length": (6, 9),
    "password.digits_only": (True, False),
    "password.simple": (True, False),
    "password.same_as_old": (True, False),
    "change.fields": (("mobile",), ("landline", "remarks")),
    "insurance.held": (("pension",), ()),
    "insurance.chosen": (("pension", "medical"),),
    "delegation.services": (("reissue", "status"),),
    "delegation.until": (date(2026, 12, 31),),
    "delegation.delegate_age": (17, 40),
    "guardian.age": (17, 40),
    "guardian.full_capacity": (True, False),
    "guardian.present": (True, False),
}
"""Values of each fact that a record can have."""
BESIDES: Mapping[str, Mapping[str, Any]] = {
    **dict.fromkeys(
        ("request.office", "actor.office_in_city", "actor.office_region", "actor.outlet", "actor.bank"), CLERK
    ),
    "actor.kind_of_office": CLERK,
    "card.loss_reported_at": LOST,
    "card.state_since": {"card.state": "locked"},
    "card.state_until": {"card.state": "temporarily_lost"},
    "card.password_locked": LOST,
    "operation.paid_at": {"operation.state": "accepted"},
    "operation.accepted_at": {"operation.state": "accepted"},
    "operation.produced_at": {"operation.state": "produced"},
    "operation.shipped_at": {"operation.state": "shipped", "operation.delivery_method": "post"},
    "operation.received_at": {"operation.state": "received", "operation.delivery_method": "post"},
    "operation.corrections": {"operation.state": "accepted"},
    "operation.reissue_reason": {"operation.service": "reissue"},
    "delivery.zone": {"choice.delivery": "post"},
    "delivery.region": {"choice.delivery": "post"},
}
"""What has to be stated beside a fact, so that a record can have it."""
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
