"""Which facts each rule of a form waits for: what is shown as conditional hangs on these, and on nothing else."""

from collections.abc import Mapping

from policies.engine.decide import Trial
from policies.language.conditions import operand_facts
from policies.language.outcomes.charge import ChargeSpec
from policies.language.outcomes.waive import Waive


def waiting_for(trial: Trial) -> Mapping[str, tuple[str, ...]]:
    """Return the facts, not known yet, on which it hangs whether a rule applies and what comes of it, by rule.

    Facts are those that can be supposed: of an attribute of a term, the fact that holds the term.
    """
    situation, policy, unknown = trial.situation, trial.policy, trial.reading.unknown
    found: dict[str, set[str]] = {}
    for name in trial.possible - trial.sure:
        rule = policy.rules[name]
        facts = {fact for test in situation.reasons(rule.condition) for fact in test.unknown}
        for hanging in (name, *rule.instead_of):
            found.setdefault(hanging, set()).update(facts)
    for name in trial.possible:
        read = {fact for operand in policy.rules[name].outcome.operands() for fact in operand_facts(operand)}
        found.setdefault(name, set()).update(read & unknown)
    waived = {
        rule.outcome.fee: name
        for name, rule in policy.rules.items()
        if isinstance(rule.outcome, Waive) and name in trial.possible - trial.sure
    }
    for name in trial.possible:
        outcome = policy.rules[name].outcome
        if isinstance(outcome, ChargeSpec) and outcome.fee in waived:
            found[name] |= found[waived[outcome.fee]]
    return {name: _rooted(trial, facts) for name, facts in found.items() if facts}


def _rooted(trial: Trial, facts: set[str]) -> tuple[str, ...]:
    roots = set()
    for fact in facts:
        definition = trial.policy.fact(fact)
        roots.add(definition.parent or fact if definition is not None else fact)
    return tuple(sorted(roots))
