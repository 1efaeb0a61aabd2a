"""Rules that nothing can reach: their condition cannot hold, or another always holds in their place."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from domain.message import Message, joined
from policies.engine.contradictions import alternatives, can_hold, implies
from policies.language.conditions import AllOf, Condition, Operand, Test
from policies.language.normal_form import ConditionTooComplex
from policies.language.operators import Op
from policies.language.service import Rule, ServicePolicy
from policies.language.values import Kind, ValueType
from policies.source.faults import SourceLocation
from policies.tree.remembered import SeenByIdentity
from policies.tree.tree import PolicyTree
from policies.words.notices import Notice

SERVICE = "request.service"
"""The fact that says which service is asked."""


_Alternatives = tuple[frozenset[Test], ...]


@dataclass(slots=True)
class KnownRule:
    """What is known of the rules at one place, over all services and regions that have them.

    Args:
        name: their id; possible: whether the condition can hold in some; free: whether some is not always overruled.
        overruled_by: a rule that always overrules it.
    """

    name: str
    possible: bool = False
    free: bool = False
    overruled_by: dict[str, SourceLocation] = field(default_factory=dict)

    def with_other(self, other: "KnownRule") -> "KnownRule":
        """Return this with what is known from other regions."""
        overruled = {**self.overruled_by, **other.overruled_by}
        return KnownRule(self.name, self.possible or other.possible, self.free or other.free, overruled)


@dataclass(frozen=True, slots=True)
class Reach:
    """Which rules of some regions something can reach: what is known of those at each place."""

    seen: Mapping[SourceLocation, KnownRule]

    @classmethod
    def of(cls, tree: PolicyTree) -> "Reach":
        """Look at all rules of a tree."""
        search = _Search()
        for place in tree.regions.values():
            for policy in place.services.values():
                search.look(policy)
        return cls(search.seen)

    def only(self, wanted: Callable[[SourceLocation], bool]) -> "Reach":
        """Return what is known of the rules at some places."""
        return Reach({where: found for where, found in self.seen.items() if wanted(where)})

    def with_other(self, other: "Reach") -> "Reach":
        """Return this with what is known from other regions."""
        both = {where: found.with_other(self.seen[where]) for where, found in other.seen.items() if where in self.seen}
        return Reach({**self.seen, **other.seen, **both})

    def notices(self) -> Iterator[Notice]:
        """Yield the rules that apply in no service and no region that has them, whatever the facts and the day."""
        for where, found in self.seen.items():
            if not found.possible:
                name = found.name
                message = Message(f"`{name}` 的条件永不成立", f"nothing can meet the condition of `{name}`")
                remedy = Message(
                    "改正互相矛盾的条件，或删去该规则", "mend the tests that exclude each other, or remove it"
                )
                yield Notice("RULE_NEVER_HOLDS", where, message, remedy)
            elif not found.free:
                yield _overruled(where, found)


def _overruled(where: SourceLocation, found: KnownRule) -> Notice:
    named = (
        Message(f"`{name}`（{place}）", f"`{name}` ({place})") for name, place in sorted(found.overruled_by.items())
    )
    others = joined(named, "、", " and ")
    message = Message(
        f"`{found.name}` 永不适用：凡它本应适用之处，都由 {others.zh}优先",
        f"`{found.name}` never applies: wherever it would, {others.en} overrules it",
    )
    remedy = Message("删去本条，或给另一条补上条件", "remove it, or give the other a condition of its own")
    return Notice("RULE_ALWAYS_OVERRULED", where, message, remedy)


class _Search:
    """Looks at every rule; what regions inherit unchanged is looked at once, however many they are."""

    def __init__(self) -> None:
        self.seen: dict[SourceLocation, KnownRule] = {}
        # By identity: the tree keeps them alive, and a rule is one service's alone.
        self._is_new = SeenByIdentity()
        self._settled: set[int] = set()
        self._can_hold: dict[int, bool] = {}
        self._alternatives: dict[int, _Alternatives | None] = {}

    def look(self, policy: ServicePolicy) -> None:
        """Look at the rules of one service in one region."""
        if not self._is_new(policy.rules):
            return
        rules = [rule for rule in policy.rules.values() if id(rule) not in self._settled]
        if not rules:
            return
        overruling: dict[str, list[Rule]] = {}
        for rule in policy.rules.values():
            for name in rule.instead_of if rule.instead_of and self._is_possible(rule, policy.name) else ():
                overruling.setdefault(name, []).append(rule)
        for rule in rules:
            found = self.seen.get(rule.place)
            if found is None:
                found = self.seen[rule.place] = KnownRule(rule.id)
            if self._is_possible(rule, policy.name):
                found.possible = True
                self._compare(rule, overruling.get(rule.id, []), policy.name, found)
            if found.free:
                self._settled.add(id(rule))  # whatever other regions make of it

    def _compare(self, rule: Rule, others: list[Rule], service: str, found: KnownRule) -> None:
        for other in others if not found.free else ():
            own, wide = self._of(rule, service), self._of(other, service)
            if wide is not None and own is not None and _in_force_throughout(other, rule) and implies(own, wide):
                found.overruled_by[other.id] = other.place
                return
        found.free = True

    def _is_possible(self, rule: Rule, service: str) -> bool:
        """Say whether some facts may meet a rule's condition."""
        known = self._can_hold.get(id(rule))
        if known is None:
            try:
                known = can_hold(_asked(rule, service))
            except ConditionTooComplex:
                known = True
            self._can_hold[id(rule)] = known
        return known

    def _of(self, rule: Rule, service: str) -> _Alternatives | None:
        """Return the alternatives of a rule that some facts may meet, or None where they are too many to say."""
        if id(rule) not in self._alternatives:
            try:
                self._alternatives[id(rule)] = alternatives(_asked(rule, service))
            except ConditionTooComplex:
                self._alternatives[id(rule)] = None
        return self._alternatives[id(rule)]


def _asked(rule: Rule, service: str) -> Condition:
    """Return a rule's condition with what is certain of every request that reaches it: which service is asked."""
    of_service = Test(SERVICE, ValueType(Kind.TERM, "services"), Op.EQ, Operand("literal", service))
    return of_service if rule.condition is None else AllOf((of_service, rule.condition))


def _in_force_throughout(other: Rule, rule: Rule) -> bool:
    """Say whether a rule is in force, and published, on every day on which another is."""
    return (
        (other.start or date.min) <= (rule.start or date.min)
        and (rule.end or date.max) <= (other.end or date.max)
        and (other.published or date.min) <= (rule.published or date.min)
    )
