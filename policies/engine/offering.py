"""What of the open values of a choice is really open: not those that another rule would refuse all the same."""

from collections.abc import Iterator, Mapping
from typing import Any

from policies.engine.effective import EffectivePolicy, Refusing
from policies.engine.evaluation import Situation
from policies.engine.facts import CompletedFacts
from policies.language.outcomes.deny import Deny
from policies.language.service import Rule


def offered(reading: CompletedFacts, choice: str, open_values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the values of a choice that no rule refuses for what they are, as far as the facts are known.

    A channel may be on a service's list while the city has not opened the service to it: nobody is sent there. Only rules
    count that look at the choice and the request alone: what hangs on anything else, such as an address that is still to
    be given, can be put right.

    Args:
        choice: the fact; open_values: what its rule leaves open.
    """
    refusing = _refusing(reading.policy, choice)
    if not refusing.rules:
        return open_values
    return tuple(value for value in open_values if not _refused(reading, choice, value, refusing))


def besides(policy: EffectivePolicy, choice: str) -> tuple[str, ...]:
    """Return the facts that it hangs on which values of a choice are offered, but for the choice's own."""
    return _refusing(policy, choice).besides


def _refusing(policy: EffectivePolicy, choice: str) -> Refusing:
    found = policy.refusing.get(choice)
    if found is None:
        rules = policy.rules.values()
        against = tuple(
            # One that may be overruled does not refuse for sure.
            (rule, tuple(other for other in rules if rule.id in other.instead_of))
            for rule in _denials(policy)
            if _reads(policy, rule, choice)
        )
        read = frozenset[str]().union(*(policy.reads[r.id] for rule, others in against for r in (rule, *others)))
        own = {name: name.rpartition(".")[2] for name in policy.facts_read if name.startswith(f"{choice}.")}
        others = policy.shared.alike(tuple(sorted(read - own.keys() - {choice})))
        found = policy.refusing[choice] = Refusing(against, others, policy.shared.mapping(own))
    return found


def _denials(policy: EffectivePolicy) -> Iterator[Rule]:
    return (rule for rule in policy.rules.values() if isinstance(rule.outcome, Deny))


def _reads(policy: EffectivePolicy, rule: Rule, choice: str) -> bool:
    """Say whether a rule looks at a choice, and besides at nothing but the request."""
    reads = policy.reads[rule.id]
    its = {name for name in reads if name == choice or name.startswith(f"{choice}.")}
    return bool(its) and all(name.startswith("request.") for name in reads - its)


def _refused(reading: CompletedFacts, choice: str, value: str, refusing: Refusing) -> bool:
    situation = _chosen(reading, choice, value, refusing.own)
    try:
        return any(
            situation.truth(rule.condition) is True
            and all(situation.truth(other.condition) is False for other in others)
            for rule, others in refusing.rules
        )
    except (OverflowError, ValueError):
        return False  # A day beyond the calendar: whoever chooses this is told so.


def _chosen(reading: CompletedFacts, choice: str, value: str, own: Mapping[str, str]) -> Situation:
    """Return the request as if a value had been chosen, with what the vocabulary says of it."""
    policy = reading.policy
    definition = policy.fact(choice)
    term = policy.terms(definition.type.of or "").get(value) if definition is not None else None
    said = {name: term.attributes.get(attribute) if term is not None else None for name, attribute in own.items()}
    facts: dict[str, Any] = {**reading.facts, choice: value, **said}
    return Situation(facts, reading.settings, reading.unknown - {choice, *own}, reading.days.calendar)
