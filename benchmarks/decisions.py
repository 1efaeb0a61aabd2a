"""Decisions in one process: whole ones of the service beside engines that hold the same rules, and the first of a day.

The peers know which rules refuse and nothing else: no texts, sources, fees, deadlines, or what a form must ask.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from time import process_time_ns
from typing import Any

from benchmarks.applicants import ON, Applicant, applicant
from benchmarks.kit.options import Options
from benchmarks.kit.turns import microseconds
from benchmarks.peers import engines
from benchmarks.peers.refusals import plain_facts
from domain.evidence import Evidence
from policies.engine.decide import Policies
from policies.engine.effective import EffectivePolicy
from policies.language.values import Kind
from policies.tree.tree import load_tree

REGIONS = Path("regions")
CASES = (("510100", "chengdu_wechat"), ("370200", "qingdao_app"))
DENIED: Mapping[str, Any] = {"holder__age": 10, "holder__full_capacity": False, "holder__cards_in_province": 1}
CALLS_A_SECOND = 100
AGREED = 600
"""Requests made at random on which all engines must agree."""
DAYS = 60


@dataclass(frozen=True, slots=True)
class Work:
    """A decision to measure: the usual request, and what makes it a refused one."""

    name: str
    service: str
    region: str
    channel: str
    usual: Mapping[str, Any]
    refused: Mapping[str, Any]

    def policy(self, policies: Policies) -> EffectivePolicy:
        """Return the policy in force."""
        found = policies.effective(self.service, self.region, ON)
        assert found is not None
        return found

    def usually(self, policies: Policies, **changes: Any) -> Applicant:
        """Return who asks as usual, but for some facts."""
        return applicant(policies, self.service, self.region, self.channel, **{**self.usual, **changes})


WORKS = (
    Work("apply in Chengdu", "apply", *CASES[0], {}, DENIED),
    Work("apply in Qingdao", "apply", *CASES[1], {}, DENIED),
    Work(
        "temporary loss",
        "report_temporary_loss",
        "370200",
        "qingdao_app",
        {"card__state": "active"},
        {"card__state": "sealed", "holder__full_capacity": False},
    ),
)


def run(options: Options) -> dict[str, Any]:
    """Measure, once all engines have agreed."""
    policies = Policies(load_tree(REGIONS))
    calls = round(CALLS_A_SECOND * options.seconds)
    measured, refused = {}, {}
    for work in WORKS:
        policy = work.policy(policies)
        peers = {"cedarpy": engines.cedar(policy), "zen": engines.zen(policy), "closures": engines.closures(policy)}
        refused[work.name] = agree(policies, policy, peers, work.usually(policies))
        for what, changes in (("allowed", {}), ("refused", work.refused)):
            who = work.usually(policies, **changes)
            decision = who.ask(policies)
            assert decision.allowed is (what == "allowed"), decision.denials
            facts = _facts(policy, decision.facts, who.evidence)
            contenders: dict[str, Callable[[], Any]] = {"service": partial(who.ask, policies)}
            contenders |= {name: partial(ask, facts[name]) for name, ask in peers.items()}
            figures = microseconds(contenders, 3 * options.rounds, calls)
            measured[f"{work.name}, {what}"] = {name: round(value, 2) for name, value in figures.items()}
    return {
        "decisions": measured,
        "agreed": {"requests": AGREED, "refused": refused},
        "first of a day": _days(policies),
    }


def _facts(policy: EffectivePolicy, facts: Mapping[str, Any], evidence: Evidence) -> dict[str, dict[str, Any]]:
    """Return what each peer is asked with: what the rules read, and what was brought along."""
    plain = plain_facts(facts, evidence)
    return {"cedarpy": plain, "zen": plain, "closures": {**facts, "brought": set(plain["brought"])}}


def agree(policies: Policies, policy: EffectivePolicy, peers: Mapping[str, engines.Refusing], usual: Applicant) -> int:
    """Ask everybody the same at random, and return how many requests all of them refuse.

    Raises:
        RuntimeError: somebody refuses by other rules.
    """
    refused = 0
    for who in _at_random(policy, usual):
        decision = who.ask(policies)
        expected = {denial.rule for denial in decision.denials} | {missing.rule for missing in decision.missing}
        refused += not decision.allowed
        facts = _facts(policy, decision.facts, who.evidence)
        for name, ask in peers.items():
            if ask(facts[name]) != expected:
                raise RuntimeError(f"{name}: {ask(facts[name])}, expected {expected} of {facts[name]}")
    return refused


def _at_random(policy: EffectivePolicy, usual: Applicant) -> Iterator[Applicant]:
    random, given = Random(1), [name for name in sorted(policy.facts_read) if name in usual.facts]
    for _ in range(AGREED):
        facts = dict(usual.facts)
        for name in given:
            if random.random() < 0.15 and not name.startswith("choice.") and name != "request.service":
                facts[name] = _value(policy, name, random, facts[name])
        evidence = usual.evidence
        documents = tuple(document for document in evidence.documents if random.random() < 0.9)
        details = {name: value for name, value in evidence.details.items() if random.random() < 0.9}
        yield replace(usual, facts=facts, evidence=replace(evidence, documents=documents, details=details))


def _value(policy: EffectivePolicy, name: str, random: Random, usual: Any) -> Any:
    definition = policy.words.fact(name)
    assert definition is not None
    kind = definition.type.kind
    if kind is Kind.BOOLEAN:
        return random.random() < 0.5
    if kind is Kind.INTEGER:
        return random.randrange(90) if name.endswith("age") else random.randrange(2)
    if kind is Kind.TERM:
        return random.choice(sorted(policy.words.vocabularies[definition.type.of or ""].terms))
    return usual


def _days(policies: Policies) -> dict[str, float]:
    """Return microseconds of the first decision of each of many days, and of the one after it; the median."""
    who = applicant(policies, "apply", *CASES[0])
    first: list[float] = []
    second: list[float] = []
    for number in range(1, DAYS + 1):
        day = ON + timedelta(days=number)
        facts = {**who.facts, "request.today": day} if "request.today" in who.facts else who.facts
        for times in (first, second):
            began = process_time_ns()
            policies.decide(who.service, who.region, facts, day, evidence=who.evidence, history=())
            times.append((process_time_ns() - began) / 1e3)
    return {"first": round(median(first), 1), "second": round(median(second), 1)}
