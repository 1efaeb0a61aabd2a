"""Rules that nothing can reach: their condition cannot hold, or another always holds in their place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from policies.conditions import All, Condition, Op, Operand, Test
from policies.contradictions import can_hold, implies
from policies.faults import Place
from policies.notices import Notice
from policies.service import Rule, ServicePolicy
from policies.tree import PolicyTree
from policies.values import Kind, ValueType

SERVICE = "request.service"
"""The fact that says which service is asked."""


@dataclass(slots=True)
class _Seen:
    """What is known of the rules at one place, over all services and regions that have them.

    Args:
        rule: one of them; possible: whether the condition can hold in some; free: whether some is not always overruled.
        overruled_by: a rule that always overrules it.
    """

    rule: Rule
    possible: bool = False
    free: bool = False
    overruled_by: dict[str, Place] = field(default_factory=dict)


def unreachable(tree: PolicyTree) -> Iterator[Notice]:
    """Yield the rules that apply in no service and no region that has them, whatever the facts and the day."""
    seen: dict[Place, _Seen] = {}
    known: set[int] = set()  # regions that inherit a service unchanged share its rules
    for place in tree.regions.values():
        for policy in place.services.values():
            if id(policy.rules) not in known:
                known.add(id(policy.rules))
                _look(policy, seen)
    for where, found in seen.items():
        if not found.possible:
            message = f"nothing can meet the condition of `{found.rule.id}`"
            yield Notice("RULE_NEVER_HOLDS", where, message, "mend the tests that exclude each other, or remove it")
        elif not found.free:
            yield _overruled(where, found)


def _overruled(where: Place, found: _Seen) -> Notice:
    others = " and ".join(f"`{name}` ({place})" for name, place in sorted(found.overruled_by.items()))
    message = f"`{found.rule.id}` never applies: wherever it would, {others} overrules it"
    return Notice("RULE_ALWAYS_OVERRULED", where, message, "remove it, or give the other a condition of its own")


def _look(policy: ServicePolicy, seen: dict[Place, _Seen]) -> None:
    conditions = {rule.id: _asked(rule, policy.name) for rule in policy.rules.values()}
    possible = {name for name, condition in conditions.items() if can_hold(condition)}
    overruling: dict[str, list[Rule]] = {}
    for rule in policy.rules.values():
        for name in rule.instead_of if rule.id in possible else ():
            overruling.setdefault(name, []).append(rule)
    for rule in policy.rules.values():
        found = seen.setdefault(rule.place, _Seen(rule))
        if rule.id in possible:
            found.possible = True
            _compare(rule, overruling.get(rule.id, []), conditions, found)


def _compare(rule: Rule, others: list[Rule], conditions: Mapping[str, Condition], found: _Seen) -> None:
    for other in others:
        if _in_force_throughout(other, rule) and implies(conditions[rule.id], conditions[other.id]):
            found.overruled_by[other.id] = other.place
            return
    found.free = True


def _asked(rule: Rule, service: str) -> Condition:
    """Return a rule's condition with what is certain of every request that reaches it: which service is asked."""
    of_service = Test(SERVICE, ValueType(Kind.TERM, "services"), Op.EQ, Operand("literal", service))
    return of_service if rule.condition is None else All((of_service, rule.condition))


def _in_force_throughout(other: Rule, rule: Rule) -> bool:
    """Say whether a rule is in force, and published, on every day on which another is."""
    return (
        (other.start or date.min) <= (rule.start or date.min)
        and (rule.end or date.max) <= (other.end or date.max)
        and (other.published or date.min) <= (rule.published or date.min)
    )
