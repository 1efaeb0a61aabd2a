"""What nothing uses: settings and declared facts that no rule reads, and waivers and refunds of fees that no rule charges."""

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field

from domain.message import Message
from domain.notice import IN_ENGLISH
from domain.notice import SETTINGS as NOTICES
from domain.retention import RETENTION
from domain.services import SERVICES, About
from policies.language.outcomes.charge import ChargeSpec
from policies.language.outcomes.refund import RefundSpec
from policies.language.outcomes.waive import Waive
from policies.language.rule_reads import facts_read, names_read
from policies.language.service import Rule
from policies.source.faults import SourceLocation
from policies.tree.region_policies import RegionPolicies, own_settings
from policies.tree.remembered import IdentityCache
from policies.tree.tree import PolicyTree
from policies.words.notices import Notice

SETTING, FACT = "SETTING_UNUSED", "FACT_UNUSED"
WAIVER, REFUND = "WAIVES_NOTHING", "REFUNDS_NOTHING"
_OF_THE_SERVICE = frozenset({*RETENTION, *NOTICES.values(), IN_ENGLISH})
"""Settings that the service itself reads."""
_REMOVE = Message("删去，或让规则使用它", "remove it, or use it")


def _said(code: str, name: str) -> tuple[Message, Message]:
    """Say of a setting, a declared fact, a waiver or a refund what is wrong with it, and what to do."""
    if code == SETTING:
        return Message(f"没有规则使用 `{name}`", f"no rule reads `{name}`"), _REMOVE
    if code == FACT:
        message = Message(
            f"没有规则读取申报事项 `{name}`，不会有人被问到", f"no rule reads `{name}`, so that nobody is asked for it"
        )
        return message, _REMOVE
    if code == REFUND:
        message = Message(
            f"没有规则收取可退还的 `{name}`，退还不起作用",
            f"no rule charges `{name}` as refundable, so that its refund gives nothing back",
        )
        return message, Message(
            "在收费处写明 `refundable: true`，或者删去该规则",
            "write `refundable: true` where it is charged, or remove the rule",
        )
    message = Message(
        f"这里没有 `{name}` 可免：没有规则收取", f"there is no `{name}` to be waived here: no rule charges it"
    )
    return message, Message(
        "删去该规则，改正费用的名称，或者写到收取它的事项里",
        "remove the rule, mend the name of the fee, or state it in the service that charges it",
    )


@dataclass(frozen=True, slots=True)
class Use:
    """What some regions define, and what of it their rules use.

    Args:
        defined: by place, the code of the warning that it would get, and its name; of a waiver or refund the fee.
        read: the places of those that are used.
    """

    defined: dict[SourceLocation, tuple[str, str]]
    read: set[SourceLocation]

    @classmethod
    def of(cls, tree: PolicyTree) -> "Use":
        """Look at all settings, declared facts and rules of a tree."""
        found = cls({}, _read(tree))
        settings = own_settings(tree.regions.values())
        found.defined.update(
            {s.place: (SETTING, s.name) for s in settings if s.place == s.origin and s.name not in _OF_THE_SERVICE}
        )
        rules = IdentityCache(_RulesUse.of)
        for place in tree.regions.values():
            found._look(place, {name: rules(policy.rules) for name, policy in place.services.items()})
        return found

    def _look(self, place: RegionPolicies, services: "Mapping[str, _RulesUse]") -> None:
        """Look at the declared facts, waivers and refunds of one region."""
        facts = place.words.facts
        declared = (fact for fact in facts.values() if fact.origin == "declared")
        self.defined.update({fact.place: (FACT, fact.name) for fact in declared})
        charged = set[str]().union(*(service.charged for service in services.values()))
        refundable = set[str]().union(*(service.refundable for service in services.values()))
        for name, service in services.items():
            # Of an attribute, the fact that has it is read.
            named = (facts.get(each) or facts.get(each.rpartition(".")[0]) for each in service.facts)
            self.read.update(fact.place for fact in named if fact is not None)
            self._given(WAIVER, service.waived, service.charged if _has_its_own_bill(name) else charged)
            self._given(REFUND, service.refunded, refundable)

    def _given(self, code: str, given: Mapping[SourceLocation, str], charged: Set[str]) -> None:
        """Look at the waivers or refunds of a service, and at the fees of which there can be any."""
        self.defined.update({where: (code, fee) for where, fee in given.items()})
        self.read.update(where for where, fee in given.items() if fee in charged)

    def only(self, wanted: Callable[[SourceLocation], bool]) -> "Use":
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
    """What the rules of a service use: the facts that they read, the fees that they charge, waive and give back."""

    facts: frozenset[str]
    charged: frozenset[str]
    refundable: frozenset[str]
    waived: Mapping[SourceLocation, str] = field(default_factory=dict)
    refunded: Mapping[SourceLocation, str] = field(default_factory=dict)

    @classmethod
    def of(cls, rules: Mapping[str, Rule]) -> "_RulesUse":
        """Look at the rules of a service in one region."""
        outcomes = [(rule.place, rule.outcome) for rule in rules.values()]
        charges = [outcome for _, outcome in outcomes if isinstance(outcome, ChargeSpec)]
        return cls(
            frozenset[str]().union(*map(facts_read, rules.values())),
            frozenset(charge.fee for charge in charges),
            frozenset(charge.fee for charge in charges if charge.refundable),
            {place: outcome.fee for place, outcome in outcomes if isinstance(outcome, Waive)},
            {place: outcome.fee for place, outcome in outcomes if isinstance(outcome, RefundSpec)},
        )


def _has_its_own_bill(service: str) -> bool:
    """Say whether a service begins a bill and ends it, so that nothing else is on it: what is done at once with a card."""
    known = SERVICES.get(service)
    return known is not None and known.about is About.CARD and not known.makes_card


def _read(tree: PolicyTree) -> set[SourceLocation]:
    """Return the places of the settings that rules read."""
    read: set[SourceLocation] = set()
    named = IdentityCache(names_read)
    names: IdentityCache[Mapping[str, Rule], frozenset[str]] = IdentityCache(
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
