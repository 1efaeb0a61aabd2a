"""Every decision of the officers' cases, decided again from the text that is kept of its policies and nothing else."""

import json
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from domain.decision import Decision
from domain.errors import DecisionFault, InvalidInput
from policies.cases.case_files import Case, load_cases
from policies.engine.decide import Policies
from policies.engine.engine import Engine
from policies.replay.repeating import NotRepeatable, policies_of_text, repeat
from policies.tree.tree import load_tree
from resolvers.changing.recording import decision_record
from store.encoding import dump, load
from tests.policies.support.regions import real_policies

GUANGDONG = Path("tests/policies/guangdong")
DAY = date(2026, 11, 20)


def kept(decision: Decision) -> dict[str, Any]:
    """Return what is kept of what came of a decision; lines are no part of what policies say."""
    outcome = dict(decision_record(decision, datetime(2026, 11, 20, tzinfo=UTC), None).outcome)
    outcome["denials"] = [{k: v for k, v in denial.items() if k != "line"} for denial in outcome["denials"]]
    return {"allowed": decision.allowed, "digest": decision.digest, **outcome}


def decided(policies: Policies, case: Case) -> Decision | None:
    """Decide a case as a change would be; None where that is a fault, or nobody has the service."""
    try:
        return policies.decide(
            case.service,
            case.region,
            case.facts,
            case.on,
            known=case.known,
            evidence=case.evidence,
            history=case.history,
        )
    except (DecisionFault, InvalidInput):
        return None


@pytest.mark.parametrize("tree", ["regions", "guangdong"])
def test_every_case_is_decided_again_from_the_kept_text(tree: str) -> None:
    policies = real_policies() if tree == "regions" else Policies(load_tree(GUANGDONG))
    engine, count, refused = Engine(), 0, 0
    for case in load_cases(policies.tree):
        decision = decided(policies, case)
        policy = policies.effective(case.service, case.region, case.on, case.known) if decision else None
        if decision is None or policy is None:
            continue
        known = case.known or case.on
        facts = load(dump(decision.facts))  # through the database
        again = repeat(policy.text(), decision.digest, facts, case.on, known, evidence=case.evidence, engine=engine)
        assert kept(again) == kept(decision), case.name
        assert again.facts == decision.facts
        count, refused = count + 1, refused + bool(decision.denials)
    assert count >= 60
    assert refused >= 10


def text_of(service: str = "apply", region: str = "510100") -> str:
    """Return what is kept of a real policy."""
    policy = real_policies().effective(service, region, DAY)
    assert policy is not None
    return policy.text()


def test_a_text_that_is_not_the_digests_own_decides_nothing() -> None:
    text = text_of()
    with pytest.raises(NotRepeatable, match="not the one of sha256:0"):
        repeat(text, "sha256:0", {}, DAY, DAY)
    changed = text.replace('"amount": 7', '"amount": 8')
    assert changed != text or '"amount": 7' not in text
    with pytest.raises(NotRepeatable, match="not the one of"):
        repeat(text + " ", "sha256:" + sha256(text.encode()).hexdigest(), {}, DAY, DAY)


@pytest.mark.parametrize("lacking", ["facts", "terms", "types", "rules", "settings", "title", "level"])
def test_a_text_that_says_too_little_decides_nothing(lacking: str) -> None:
    said = json.loads(text_of())
    del said[lacking]
    with pytest.raises(NotRepeatable):
        policies_of_text(json.dumps(said, ensure_ascii=False, sort_keys=True), DAY, DAY)


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", "{", '{"rules": [{"is": "Rule"}]}'])
def test_what_is_no_text_of_policies_decides_nothing(text: str) -> None:
    with pytest.raises(NotRepeatable):
        policies_of_text(text, DAY, DAY)


def test_the_day_is_part_of_the_question() -> None:
    """Asked for another day, on which other values hold, the text is found to say too little."""
    with pytest.raises(NotRepeatable):
        policies_of_text(text_of(), date(2001, 1, 1), date(2001, 1, 1))
