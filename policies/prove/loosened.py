"""Bound rules that a region's own values loosen: a request that the region above refuses, or asks for more, and this one not.

A bound rule can be neither replaced nor removed; but it reads settings, and where those are not bound too, a value can
take away what the binding was for.
"""

from collections.abc import Iterator, Mapping
from datetime import date

import z3

from domain.message import Message
from policies.compare.changes import setting_meaning
from policies.engine.decide import Policies
from policies.engine.effective import EffectivePolicy
from policies.language.rule_reads import names_read
from policies.language.service import Rule, Setting
from policies.solver.observed import DecisionFormulas
from policies.solver.proofs import Version
from policies.solver.solving import Solving
from policies.solver.universe import PolicyEncoding, Span, Universe
from policies.source.faults import SourceLocation
from policies.tree.tree import RegionPolicies
from policies.words.fact_text import told_facts
from policies.words.notices import Notice


def loosened(
    policies: Policies, place: RegionPolicies, service: str, span: Span, known: date | None
) -> Iterator[Notice]:
    """Yield the bound rules that a region's values loosen, against the region above.

    Raises:
        NotComparable, Unsettled, DecisionFault: it cannot be said.
    """
    above = policies.tree.regions.get(place.region.parent or "")
    if above is None or service not in above.services:
        return
    mine, theirs = place.services[service], above.services[service]
    rules = [rule for rule in mine.rules.values() if theirs.rules.get(rule.id) is rule and _binds(rule)]
    changed = [rule for rule in rules if _values_differ(rule, mine.settings, theirs.settings)]
    if not changed:
        return
    versions = [Version(policies, service, code, known) for code in (above.region.code, place.region.code)]
    parent, child = (version.effective(span.first) for version in versions)
    universe = Universe((parent, child), span)
    wide, narrow = (
        DecisionFormulas(PolicyEncoding(universe, policy, policies.calendar), {rule.id for rule in changed})
        for policy in (parent, child)
    )
    solving = Solving(universe, (wide, narrow))
    for rule in changed:
        if rule.holds(span.first, known or span.first):
            found = solving.find(z3.And(wide.condition(rule), z3.Not(narrow.condition(rule))))
            if found is not None:
                who = told_facts(child, found.facts, (rule,), found.on)
                yield _notice(rule, child, place, above, who)


def _binds(rule: Rule) -> bool:
    return rule.bound and rule.outcome.restricts


def _values_differ(rule: Rule, mine: Mapping[str, Setting], theirs: Mapping[str, Setting]) -> bool:
    return any(setting_meaning(mine[name]) != setting_meaning(theirs[name]) for name in names_read(rule))


def _notice(rule: Rule, child: EffectivePolicy, place: RegionPolicies, above: RegionPolicies, who: Message) -> Notice:
    names = sorted(names_read(rule))
    own = [child.values[name].citation for name in names if child.values[name].citation.region == place.region.code]
    at = SourceLocation(own[0].file, own[0].line, 1, "") if own else rule.place
    quoted = [f"`{name}`" for name in names]
    message = Message(
        f"约束规则 `{rule.id}`（{rule.place}）在 `{above.region.code}` 适用，"
        f"在 `{place.region.code}` 因 {'、'.join(quoted)} 的值不同而不适用：{who.zh}",
        f"the bound rule `{rule.id}` ({rule.place}) applies in {above.region.code} and not in {place.region.code},"
        f" by its values of {', '.join(quoted)}: {who.en}",
    )
    remedy = Message(
        "改用拒绝范围不小于上级的值，或在上级约束这些参数",
        "choose values that refuse no fewer, or bind the settings above",
    )
    return Notice("BOUND_RULE_LOOSENED", at, message, remedy)
