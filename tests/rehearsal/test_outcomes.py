"""Outcome by service: what loading accepts is carried out, and what is not carried out is a fault at load."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rehearsal import rehearse
from tests.rehearsal.random_outcomes import MESSAGE, REQUESTS, Rule, requests_of, tree_of

SAID = {"message": MESSAGE, "source": "assumption"}
LASTING: Mapping[str, tuple[str, str]] = {
    "activate": ("active", "cancelled"),
    "report_temporary_loss": ("temporarily_lost", "formally_lost"),
    "report_formal_loss": ("formally_lost", "cancelled"),
    "produce": ("sealed", "cancelled"),
    "receive": ("sealed", "cancelled"),
}
"""The state that a service leaves a card in, and what that may become by time alone."""


def _lapse(service: str) -> Rule:
    state, becomes = LASTING.get(service, ("active", "cancelled"))
    return {"lapse": {"state": state, "after": "30 natural days", "becomes": becomes}, **SAID}


def _same(rule: Rule) -> Any:
    return lambda service: dict(rule)


OUTCOMES = {
    "charge": _same({"charge": {"fee": "card_fee", "amount": "10 yuan", "payer": "holder"}, **SAID}),
    "charge of the bank": _same({"charge": {"fee": "card_fee", "amount": "10 yuan", "payer": "bank"}, **SAID}),
    "promise": _same(
        {"promise": {"what": "card_issued", "within": "7 working days", "counted_from": "submitted"}, **SAID}
    ),
    "lapse": _lapse,
    "lapse of what waits": _same(
        {"lapse": {"state": "submitted", "after": "24 hours", "becomes": "withdrawn"}, **SAID}
    ),
    "lapse of the old card": _same(
        {"lapse": {"state": "replaced", "after": "3 natural days", "becomes": "cancelled"}, **SAID}
    ),
    "archive": _same({"archive": ["passport"], "source": "assumption"}),
    "tell": _same({"tell": True, **SAID}),
    "deny": _same({"deny": True, **SAID}),
}
"""A rule for each outcome, by service."""


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_each_service_carries_an_outcome_out_or_its_policy_does_not_load(tmp_path: Path, outcome: str) -> None:
    rules = {service: {"rule": OUTCOMES[outcome](service)} for service in REQUESTS}
    policies, refused = tree_of(tmp_path / "regions", rules)
    assert len(refused) < len(rules), "no service carries it out"
    results = rehearse(policies, requests_of(policies))
    assert [result.text("en") for result in results if not result.passed] == []
