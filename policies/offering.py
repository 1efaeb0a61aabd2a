"""What of the open values of a choice is really open: not those that another rule would refuse all the same."""

from collections.abc import Iterator, Sequence
from typing import Any

from policies.evaluation import Situation
from policies.facts import Reading
from policies.outcomes import Deny
from policies.service import Rule


def offered(reading: Reading, choice: str, open_values: Sequence[str]) -> tuple[str, ...]:
    """Return the values of a choice that no rule refuses for what they are, as far as the facts are known.

    A channel may be on a service's list while the city has not opened the service to it: nobody is sent there. Only rules
    count that look at the choice and the request alone: what hangs on anything else, such as an address that is still to
    be given, can be put right.

    Args:
        choice: the fact; open_values: what its rule leaves open.
    """
    against = [rule for rule in _denials(reading) if _reads(reading, rule, choice)]
    if not against:
        return tuple(open_values)
    return tuple(value for value in open_values if not _refused(reading, choice, value, against))


def _denials(reading: Reading) -> Iterator[Rule]:
    return (rule for rule in reading.policy.rules.values() if isinstance(rule.outcome, Deny))


def _reads(reading: Reading, rule: Rule, choice: str) -> bool:
    """Say whether a rule looks at a choice, and besides at nothing but the request."""
    reads = reading.policy.reads[rule.id]
    its = {name for name in reads if name == choice or name.startswith(f"{choice}.")}
    return bool(its) and all(name.startswith("request.") for name in reads - its)


def _refused(reading: Reading, choice: str, value: str, against: list[Rule]) -> bool:
    situation = _chosen(reading, choice, value)
    rules = reading.policy.rules.values()
    try:
        return any(
            situation.truth(rule.condition) is True
            # One that may be overruled does not refuse for sure.
            and all(situation.truth(other.condition) is False for other in rules if rule.id in other.instead_of)
            for rule in against
        )
    except (OverflowError, ValueError):
        return False  # A day beyond the calendar: whoever chooses this is told so.


def _chosen(reading: Reading, choice: str, value: str) -> Situation:
    """Return the request as if a value had been chosen, with what the vocabulary says of it."""
    policy = reading.policy
    definition = policy.fact(choice)
    term = policy.terms(definition.type.of or "").get(value) if definition is not None else None
    facts: dict[str, Any] = {**reading.facts, choice: value}
    known = {choice}
    for name in policy.facts_read:
        if name.startswith(f"{choice}."):
            facts[name] = term.attributes.get(name.rpartition(".")[2]) if term is not None else None
            known.add(name)
    return Situation(facts, reading.settings, reading.unknown - known, reading.days.calendar)
