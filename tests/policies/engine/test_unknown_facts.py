"""What nobody has said yet never decides by accident: it is asked for, or shown as what may apply."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from domain.decision import Decision
from domain.errors import DecisionFault
from domain.evidence import DocumentEvidence, Evidence
from policies.engine.decide import Policies
from tests.policies.support.random_words import LABEL
from tests.policies.support.small_trees import DAY, FACTS, decide, deny, policies_of

CHARGE = {"fee": "fee_1", "amount": "10 yuan"}
STUDENT = {"declared.student": {"is": True}}


def asked(decision: Decision) -> list[str]:
    """Return the declarations that are asked for."""
    needs = [need for r in decision.missing for needs in r.alternatives for need in needs]
    return sorted(need.name for need in needs if need.kind == "declaration")


def form(policies: Policies, facts: Mapping[str, Any] = FACTS) -> Decision:
    """Return what a form is told."""
    return policies.decide("apply", "000000", facts, DAY, form=True)


def test_a_denial_that_waits_for_a_declaration_asks_for_it_and_then_decides(tmp_path: Path) -> None:
    policies = policies_of(tmp_path, {"students": deny(STUDENT)})
    assert asked(decide(policies)) == ["declared.student"]
    assert not decide(policies).allowed
    assert decide(policies, declared__student=False).allowed
    assert [d.rule for d in form(policies).conditional_denials] == ["students"]


def test_the_attribute_of_a_declared_term_asks_for_the_term_and_its_proof(tmp_path: Path) -> None:
    policies = policies_of(tmp_path, {"small_banks": deny({"declared.branch.bank": {"is": "ccb"}})})
    assert asked(decide(policies)) == ["declared.branch"]
    without = decide(policies, declared__branch="north_gate")
    assert [need.name for r in without.missing for needs in r.alternatives for need in needs] == ["passport"]
    brought = Evidence(documents=(DocumentEvidence("a", "passport"),))
    facts = FACTS | {"declared.branch": "north_gate"}
    assert policies.decide("apply", "000000", facts, DAY, evidence=brought, history=()).allowed


def test_a_denial_that_an_undeclared_fact_would_overrule_asks_also_where_the_overruling_rule_is_overruled(
    tmp_path: Path,
) -> None:
    rules = {
        "always": deny({"s.integer": {"is": 9}}),
        "unless": deny(STUDENT) | {"instead_of": ["always"]},
        "surely": deny({"s.integer": {"is": 9}}) | {"instead_of": ["unless"]},
    }
    policies = policies_of(tmp_path, rules)
    assert asked(decide(policies)) == ["declared.student"]
    assert {d.rule for d in decide(policies, declared__student=False).denials} == {"always", "surely"}


def test_a_charge_that_may_be_waived_or_overruled_is_not_certain(tmp_path: Path) -> None:
    waived = policies_of(tmp_path / "a", {"fee": {"charge": CHARGE}, "free": {"when": STUDENT, "waive": "fee_1"}})
    cheaper = {"when": STUDENT, "charge": CHARGE | {"amount": "5 yuan"}, "instead_of": ["fee"]}
    overruled = policies_of(tmp_path / "b", {"fee": {"charge": CHARGE}, "cheaper": cheaper})
    for policies in (waived, overruled):
        assert form(policies).fees == ()
        assert form(policies).charges[0].conditional
        assert asked(decide(policies)) == ["declared.student"]
        assert decide(policies).charges == ()
        assert [fee.amount for fee in decide(policies, declared__student=False).fees] == [1000]
    assert decide(waived, declared__student=True).fees == ()
    assert [fee.amount for fee in decide(overruled, declared__student=True).fees] == [500]


@pytest.mark.parametrize(
    "outcome",
    [
        {"charge": CHARGE | {"amount": {"fact": "declared.income"}}},
        {"route": {"choice": "s.region", "open": {"fact": "declared.regions"}}},
        {"route": {"choice": "choice.outlet", "where": {"bank": {"fact": "declared.branch.bank"}}}},
    ],
)
def test_an_outcome_of_an_undeclared_value_asks_for_it(tmp_path: Path, outcome: Any) -> None:
    policies = policies_of(tmp_path, {"rule": {**outcome}})
    (name,) = asked(decide(policies, choice__outlet=None))
    assert name.startswith("declared.")
    assert form(policies).charges == ()
    assert [route.conditional for route in form(policies).routes] == [False] * ("where" in str(outcome))


def test_an_outcome_of_an_absent_value_is_refused(tmp_path: Path) -> None:
    specification = {"document": "photo", "specification": {"min_dpi": {"fact": "o.integer"}}}
    rules = {"photo": {"require": specification, "message": LABEL}}
    with pytest.raises(DecisionFault) as fault:
        decide(policies_of(tmp_path, rules))
    assert fault.value.code == "MISSING_FACT"


def test_a_message_that_names_a_setting_without_a_value_is_refused(tmp_path: Path) -> None:
    rules = {"late": deny({"s.integer": {"above": 5}}) | {"message": {"zh": "{age}", "en": "{age}"}}}
    settings = {"age": {"type": "integer", "label": LABEL, "values": [{"value": 1, "from": DAY.replace(year=2030)}]}}
    with pytest.raises(DecisionFault) as fault:
        decide(policies_of(tmp_path, rules, settings=settings))
    assert fault.value.code == "SETTING_NOT_IN_FORCE"
