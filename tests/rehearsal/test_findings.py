"""What cannot be, and what the service does otherwise than a case says: each told, with the fact and what is so."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from domain.evidence import Evidence
from policies.cases.case_files import Case, load_cases
from rehearsal import Rehearsed, rehearse
from tests.policies.support.regions import real_policies


@cache
def cases() -> Mapping[str, Case]:
    """Return the cases of the regions, which hold, by their English names."""
    return {found.name.en: found for found in reversed(load_cases(real_policies().tree))}


def case(name: str) -> Case:
    """Return a case of the regions that holds, by its English name."""
    return cases()[name]


def _with(name: str, facts: Mapping[str, Any] | None = None, **other: Any) -> Case:
    found = case(name)
    return replace(found, **{"facts": {**found.facts, **(facts or {})}, **other})


RECEIVED = "NX-5 what was shipped is received"
ACTIVATED = "NX-2 the holder of a sealed card activates it at once"
AT_A_WINDOW = "A formal loss is reported at a window with the identity document, without end (assumption)"
APPLIED = "NX-1 a parent applies for a minor child, on record and with proof"
NOBODY = "Nobody else confirms the receipt (assumption)"
WRONG = {
    "a clerk is no holder at the receipt": (
        _with(RECEIVED, {"request.role": "clerk", "request.channel": "bank_window"}),
        "the case states actor.relation: self, and the service supplies office",
    ),
    "no application is ever completed": (
        _with(RECEIVED, {"operation.state": "completed"}),
        "operation.state: an operation of apply is never completed",
    ),
    "who is insured in the city is so in every fact": (
        _with(ACTIVATED, {"holder.insured_in": ("370100",), "holder.insured_in_city": False}),
        "the case states holder.insured_in_city: false, and the service supplies true",
    ),
    "the clerk at a window sees who is there": (
        _with(AT_A_WINDOW, evidence=replace(case(AT_A_WINDOW).evidence, proofs=frozenset())),
        "proof presence: the service has it and the case has not",
    ),
    "a guardian's guardianship is on record": (
        _with(APPLIED, evidence=replace(case(APPLIED).evidence, proofs=frozenset({"face_check"}))),
        "proof guardianship: the service has it and the case has not",
    ),
    "the day is one day of the week": (
        _with(ACTIVATED, {"request.weekday": 7}),
        "the case states request.weekday: 7, and the service supplies 1",
    ),
    "a stranger is told nothing, and a case says so": (
        _with(NOBODY, expected={"denials": frozenset({"not_permitted"})}),
        "the service answers NOT_FOUND before it asks the policies",
    ),
    "another answer is another": (
        _with(NOBODY, expected={"denials": frozenset({"not_permitted"}), "answered": "NOT_PERMITTED"}),
        "the service answers NOT_FOUND before it asks the policies",
    ),
    "what the policies are asked is not answered before": (
        _with(ACTIVATED, expected={"allowed": True, "answered": "NOT_FOUND"}),
        "NOT_FOUND is to be answered, but the service asks the policies",
    ),
    "what is decided otherwise is told as in the tests of policies": (
        _with(ACTIVATED, evidence=Evidence(), expected={"allowed": True}),
        "allowed: expected yes, but it is no",
    ),
}
"""By what is wrong: the case, and what must be told of it."""


@cache
def results() -> Mapping[str, Rehearsed]:
    rehearsed = rehearse(real_policies(), [found for found, _ in WRONG.values()])
    return dict(zip(WRONG, rehearsed, strict=True))


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told(name: str) -> None:
    _, wanted = WRONG[name]
    told = [finding.message.en for finding in results()[name].findings]
    assert any(wanted in text for text in told), told


def test_the_case_itself_is_named_with_its_place() -> None:
    text = results()["no application is ever completed"].text("zh")
    assert text.startswith("未通过 china/receive.tests.yaml:")
    assert "operation.state" in text
