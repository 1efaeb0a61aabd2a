"""What nothing uses: settings and declared facts that no rule reads, and waivers of fees that no rule charges."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from domain.message import Message
from policies.language.outcomes import ChargeSpec, Waive
from policies.language.rule_reads import facts_read, names_read
from policies.language.service import Rule
from policies.source.faults import Place
from policies.tree.region_policies import RegionPolicies, own_settings
from policies.tree.remembered import Remembered
from policies.tree.tree import PolicyTree
from policies.words.notices import Notice

SETTING, FACT, WAIVER = "SETTING_UNUSED", "FACT_UNUSED", "WAIVES_NOTHING"
_REMOVE = Message("删去，或让规则使用它", "remove it, or use it")


def _said(code: str, name: str) -> tuple[Message, Message]:
    """Say of a setting, a declared fact or a waiver what is wrong with it, and what to do."""
    if code == SETTING:
        return Message(f"没有规则使用 `{name}`", f"no rule reads `{name}`"), _REMOVE
    if code == FACT:
        message = Message(
            f"没有规则读取申报事项 `{name}`，不会有人被问到", f"no rule reads `{name}`, so that nobody is asked for it"
        )
        return message, _REMOVE
    message = Message(
        f"没有规则收取 `{name}`，免收不起作用", f"no rule charges `{name}`, so that its waiver changes nothing"
    )
    return message, Message("删去该规则，或者改正费用的名称", "remove the rule, or mend the name of the fee")


@dataclass(frozen=True, slots=True)
class Use:
    """What some regions define, and what of it their rules use.

    Args:
        defined: by place, the code of the warning that it would get, and its name; of a waiver the fee.
        read: the places of those that are used.
    """

    defined: dict[Place, tuple[str, str]]
    read: set[Place]

    @classmethod
    def of(cls, tree: PolicyTree) -> "Use":
        """Look at all settings, declared facts and rules of a tree."""
        found = cls({}, _read(tree))
        settings = own_settings(tree.regions.values())
        found.defined.update({s.place: (SETTING, s.name) for s in settings if s.place == s.origin})
        rules = Remembered(_RulesUse.of)
        for place in tree.regions.values():
            found._look(place, [rules(policy.rules) for policy in place.services.values()])
        return found

    def _look(self, place: RegionPolicies, services: "list[_RulesUse]") -> None:
        """Look at the declared facts and waivers of one region."""
        facts = place.words.facts
        declared = (fact for fact in facts.values() if fact.origin == "declared")
        self.defined.update({fact.place: (FACT, fact.name) for fact in declared})
        charged = set[str]().union(*(service.charged for service in services))
        for service in services:
            # Of an attribute, the fact that has it is read.
            named = (facts.get(name) or facts.get(name.rpartition(".")[0]) for name in service.facts)
            self.read.update(fact.place for fact in named if fact is not None)
            for where, fee in service.waived.items():
                self.defined[where] = (WAIVER, fee)
                if fee in charged:
                    self.read.add(where)

    def only(self, wanted: Callable[[Place], bool]) -> "Use":
        """Return what is known of what stands at some places."""
        return Use({p: n for p, n in self.defined.items() if wanted(p)}, {*filter(wanted, self.read)})

    def with_other(self, other: "Use") -> "Use":
        """Return this with what is known from other regions."""
        return Use(self.defined | other.defined, self.read | other.read)

    def notices(self) -> Iterator[Notice]:
        """Yield what no rule uses, neither in its own region nor anywhere below it."""
        for place, (code, name) in self.defined.items():
            if place not in self.read:
                yield Notice(code, place, *_said(code, name))


@dataclass(frozen=True, slots=True)
class _RulesUse:
    """What the rules of a service use: the facts that they read, the fees that they charge, and those that they waive."""

    facts: frozenset[str]
    charged: frozenset[str]
    waived: Mapping[Place, str] = field(default_factory=dict)

    @classmethod
    def of(cls, rules: Mapping[str, Rule]) -> "_RulesUse":
        """Look at the rules of a service in one region."""
        outcomes = [(rule.place, rule.outcome) for rule in rules.values()]
        return cls(
            frozenset[str]().union(*map(facts_read, rules.values())),
            frozenset(outcome.fee for _, outcome in outcomes if isinstance(outcome, ChargeSpec)),
            {place: outcome.fee for place, outcome in outcomes if isinstance(outcome, Waive)},
        )


def _read(tree: PolicyTree) -> set[Place]:
    """Return the places of the settings that rules read."""
    read: set[Place] = set()
    named = Remembered(names_read)
    names: Remembered[Mapping[str, Rule], frozenset[str]] = Remembered(
        lambda rules: frozenset[str]().union(*map(named, rules.values()))
    )
    seen: set[tuple[int, int]] = set()
    for place in tree.regions.values():
        here: set[str] = set()
        for policy in place.services.values():
            used = names(policy.rules)
            here |= used
            both = (id(policy.rules), id(policy.own_settings))
            if policy.own_settings and both not in seen:
                seen.add(both)
                read |= {setting.origin for name, setting in policy.own_settings.items() if name in used}
        # A service's own settings never have the name of a shared one.
        read |= {setting.origin for name, setting in place.shared_settings.items() if name in here}
    return read
