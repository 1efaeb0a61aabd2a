"""Other engines with the same rules: cedarpy, zen-engine, and plain Python closures. Each names the rules that refuse."""

import importlib
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.closures import closure
from benchmarks.peers import install
from benchmarks.peers.refusals import BROUGHT, Dialect, plain_name, refusals
from policies.engine.effective import EffectivePolicy
from policies.language.outcomes.deny import Deny
from policies.language.outcomes.require import Require
from policies.language.outcomes.route import RouteSpec

Refusing = Callable[[Mapping[str, Any]], set[str]]
"""Returns the ids of the rules that refuse, of facts as `plain_facts` has them."""


def _json(value: Any) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value)


CEDAR = Dialect(
    both=" && ",
    either=" || ",
    name=lambda fact: f"context.{plain_name(fact)}",
    negated=lambda condition: f"!({condition})",
    literal=_json,
    one_of=lambda name, values: f"{values}.contains({name})",
    present=lambda fact: f"context has {plain_name(fact)}",
    has_all=lambda names: f"context.{BROUGHT}.containsAll({_json(names)})",
)
ZEN = Dialect(
    both=" and ",
    either=" or ",
    name=plain_name,
    negated=lambda condition: f"not ({condition})",
    literal=_json,
    one_of=lambda name, values: f"{name} in {values}",
    present=lambda fact: f"{plain_name(fact)} != null",
    has_all=lambda names: f"({' and '.join(f'{_json(name)} in {BROUGHT}' for name in names)})",
)


def _installed(name: str) -> Any:
    folder = str(install.engines())
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name)


def cedar(policy: EffectivePolicy) -> Refusing:
    """Return Cedar's answers: whatever is not forbidden is permitted; the policies that forbid are its reasons."""
    cedarpy = _installed("cedarpy")
    texts = ["permit(principal, action, resource);"]
    texts += [
        f'@id("{rule}")\nforbid(principal, action, resource) when {{ {condition} }};'
        for rule, condition in refusals(policy, CEDAR)
    ]
    rules = cedarpy.PolicySet.from_str("\n".join(texts))
    entities = cedarpy.Entities.from_json_str("[]")
    asked = {"principal": 'User::"me"', "action": 'Action::"ask"', "resource": 'Card::"mine"'}
    names = {f"policy{number}": name for number, (name, _) in enumerate(refusals(policy, CEDAR), 1)}

    def ask(facts: Mapping[str, Any]) -> set[str]:
        answer = cedarpy.is_authorized({**asked, "context": facts}, rules, entities)
        return set() if answer.allowed else {names[reason] for reason in answer.diagnostics.reasons}

    return ask


def zen(policy: EffectivePolicy) -> Refusing:
    """Return ZEN's answers: a decision table with a row for each rule, which collects all that hold."""
    engine = _installed("zen")
    rows = [{"_id": rule, "when": condition, "then": _json(rule)} for rule, condition in refusals(policy, ZEN)]
    table = {
        "hitPolicy": "collect",
        "inputs": [{"id": "when", "name": "when", "field": ""}],
        "outputs": [{"id": "then", "name": "rule", "field": "rule"}],
        "rules": rows,
    }
    graph = {
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode"},
            {"id": "table", "name": "table", "type": "decisionTableNode", "content": table},
            {"id": "out", "name": "out", "type": "outputNode"},
        ],
        "edges": [
            {"id": "1", "sourceId": "in", "targetId": "table"},
            {"id": "2", "sourceId": "table", "targetId": "out"},
        ],
    }
    decision = engine.ZenEngine().create_decision(json.dumps(graph))
    return lambda facts: {row["rule"] for row in decision.evaluate(facts)["result"]}


def closures(policy: EffectivePolicy) -> Refusing:
    """Return what plain Python answers, to see how fast deciding could be."""
    tests = []
    for rule in policy.rules.values():
        if isinstance(rule.outcome, Deny | Require | RouteSpec):
            tests.append((rule.id, closure(rule.condition), _unmet(rule.outcome, policy.settings)))
    settings = policy.settings

    def ask(facts: Mapping[str, Any]) -> set[str]:
        return {name for name, holds, unmet in tests if holds(facts, settings) and unmet(facts)}

    return ask


def _unmet(outcome: object, settings: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], bool]:
    if isinstance(outcome, Require):
        ways = [{f"{need.kind}:{need.name}" for need in way} for way in outcome.alternatives]
        return lambda facts: not any(way.issubset(facts[BROUGHT]) for way in ways)
    if isinstance(outcome, RouteSpec) and outcome.open is not None:
        value = settings[outcome.open.value] if outcome.open.source == "setting" else outcome.open.value
        return lambda facts: facts.get(outcome.choice) not in value
    return lambda facts: isinstance(outcome, Deny)
