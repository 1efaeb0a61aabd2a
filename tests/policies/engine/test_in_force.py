"""What is in force is worked out once for all days on which nothing begins or ends, and kept up to a number of bytes."""

import tracemalloc
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from sys import getsizeof
from typing import Any

import pytest

from domain.errors import DomainError
from policies.cases.case_files import load_cases
from policies.cases.cases import asked_of
from policies.engine import decide as decide_module
from policies.engine.decide import Policies
from policies.engine.effective import EffectivePolicy, effective_policy
from policies.tree.tree import load_tree
from tests.policies.support.random_words import LABEL
from tests.policies.support.regions import REGIONS, real_policies
from tests.policies.support.small_trees import DAY, FACTS, deny, policies_of

SPRING, SUMMER, AUTUMN = date(2026, 3, 1), date(2026, 6, 1), date(2026, 9, 1)


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """The days for which it was worked out what is in force."""
    days: list[date] = []

    def noted(policy: Any, region: Any, words: Any, on: date, *more: Any) -> EffectivePolicy:
        days.append(on)
        return effective_policy(policy, region, words, on, *more)

    monkeypatch.setattr(decide_module, "effective_policy", noted)
    return days


def dated(folder: Path) -> Policies:
    """Return policies of which a rule begins in spring and ends before autumn, and a value changes in summer."""
    values = [
        {"value": 10, "from": date(2020, 1, 1), "source": "assumption"},
        {"value": 20, "from": SUMMER, "published": SPRING, "source": "assumption"},
    ]
    rules = {
        "young": deny({"s.integer": {"below": {"setting": "limit"}}}),
        "for_a_while": deny({}) | {"from": SPRING, "until": AUTUMN - timedelta(days=1)},
    }
    del rules["for_a_while"]["when"]
    return policies_of(folder, rules, settings={"limit": {"type": "integer", "label": LABEL, "values": values}})


def test_a_new_day_costs_nothing_until_something_begins_or_ends(tmp_path: Path, worked_out: list[date]) -> None:
    policies = dated(tmp_path)
    denied: dict[date, set[str]] = {}
    for number in range(365):
        day = date(2026, 1, 1) + timedelta(days=number)
        decision = policies.decide("apply", "000000", FACTS | {"s.integer": 15}, day, history=())
        assert (decision.on, decision.known) == (day, day)
        denied[day] = {denial.rule for denial in decision.denials}
    assert worked_out == [date(2026, 1, 1), SPRING, SUMMER, AUTUMN]
    changed = [day for day in denied if day > min(denied) and denied[day] != denied[day - timedelta(days=1)]]
    assert changed == [SPRING, SUMMER, AUTUMN]


def test_both_clocks_tell_apart_what_is_in_force(tmp_path: Path) -> None:
    policies = dated(tmp_path)
    before, after = SPRING - timedelta(days=1), SPRING

    def limit(on: date, known: date) -> Any:
        found = policies.effective("apply", "000000", on, known)
        assert found is not None
        assert found.span.has(on, known)
        return found.settings["limit"]

    for _ in range(2):
        assert [limit(SUMMER, known) for known in (before, after, SUMMER)] == [10, 20, 20]
        assert [limit(SUMMER - timedelta(days=1), known) for known in (before, after)] == [10, 10]


@pytest.mark.parametrize("service", sorted(real_policies().region("510100").services))
def test_what_is_kept_reads_as_if_it_were_worked_out_for_the_day(service: str) -> None:
    """On the days around every turn of the real policies, on either clock."""
    policies = Policies(real_policies().tree)
    place = policies.region("510100")
    first = policies.effective(service, "510100", DAY)
    turns = {day for policy in (first,) if policy is not None for day in policy.span if date.min < day < date.max}
    for on in sorted({DAY, *(turn + timedelta(days=by) for turn in turns for by in (-1, 0, 1))}):
        for known in {on, DAY, on - timedelta(days=1)}:
            try:
                found = policies.effective(service, "510100", on, known)
            except Exception as fault:
                with pytest.raises(type(fault)):
                    effective_policy(place.services[service], place.region, place.words, on, known, policies._shared)
                continue
            assert found is not None
            anew = effective_policy(place.services[service], place.region, place.words, on, known, policies._shared)
            assert (found.digest, found.text()) == (anew.digest, anew.text())


def test_what_is_kept_is_bounded_by_bytes(monkeypatch: pytest.MonkeyPatch, worked_out: list[date]) -> None:
    policies = Policies(load_tree(REGIONS))
    kept = policies._in_force
    asked = [(service, code) for code in ("510100", "370100") for service in policies.region(code).services]
    first = policies.effective(*asked[0], DAY)
    assert first is not None
    monkeypatch.setattr(decide_module, "MAX_BYTES", 20 * first.weight)
    for service, code in asked:
        policies.decide(service, code, {}, DAY, form=True)
        policies.decide(*asked[0], {}, DAY, form=True)  # what is asked about again and again stays
        assert sum(policy.weight for policy in kept.policies()) < 30 * first.weight
    assert len(worked_out) == len(asked)
    for service, code in asked:
        policies.decide(service, code, {}, DAY, form=True)
    assert len(worked_out) > len(asked)


def test_what_is_kept_is_weighed_about_right() -> None:
    policies = Policies(real_policies().tree)
    asked = [asked_of(case) for case in load_cases(policies.tree)][::4]
    for weighed in (False, True):
        tracemalloc.start()
        for arguments, more in asked:
            with suppress(DomainError):
                policies.decide(*arguments, **more)
        taken, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        if not weighed:
            taken -= sum(getsizeof(text) for _, text, _ in policies._pieces._known.values())
            weight = sum(policy.weight for policy in policies._in_force.policies())
            assert weight / 2 < taken < weight * 2
    assert taken < weight / 10  # asked again, nothing more is kept
