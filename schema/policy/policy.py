"""The policy in force, with the source and level of every value."""

from datetime import date

import strawberry

from policies.engine.effective import EffectivePolicy
from policies.explain.policy_view import PolicyOfDay
from policies.language.service import DatedValue, Rule, Setting
from policies.language.values import Kind, as_json
from schema.kit.access import WITH_IT, sees
from schema.kit.described import field, shown
from schema.kit.scalars import Json
from schema.kit.text import Text, text
from schema.types.citations import Citation, citation
from schema.types.closed_sets import RuleOutcome


@sees(WITH_IT)
@strawberry.type(description="A named value of a policy.")
class PolicySetting:
    """A setting in force."""

    name: str = field("Its id.")
    label: Text = field("What people call it.")
    type: str = field("What it holds; of words, also of which vocabulary.")
    value_kind: Kind = shown("What it holds.", lambda setting: Kind(setting.type.partition(" ")[0]))
    unit: str | None = field("In which unit.")
    value: Json = field("The value; money in fen.")
    shown: Text = field("The value as people read it.")
    valid_from: date = field("First day in force.")
    valid_until: date | None = field("Last day in force, if it ends.")
    published: date | None = field("The day it became known, if it is stated.")
    bound: str | None = field("What regions below may do with it: raise, lower, narrow or nothing.")
    citation: Citation = field("Where it comes from.")


@sees(WITH_IT)
@strawberry.type(description="A rule of a policy.")
class PolicyRule:
    """A rule in force."""

    rule: str = field("Its id in the policy file.")
    outcome: str = field(
        "What it does: deny, require, charge, waive, refund, promise, lapse, route, archive or tell.",
        instead="Use `does`.",
    )
    does: RuleOutcome = shown("What it does.", lambda rule: RuleOutcome(rule.outcome))
    message: Text | None = field("What people are told.")
    facts: list[str] = field("The facts it reads.")
    instead_of: list[str] = field("Rules that do not apply where this one does.")
    bound: bool = field("Whether regions below may not loosen it.")
    valid_from: date | None = field("First day in force, if it is stated.")
    valid_until: date | None = field("Last day in force, if it ends.")
    citation: Citation = field("Where it comes from.")


@sees(WITH_IT)
@strawberry.type(description="Everything that holds for a service in a region on a day.")
class Policy:
    """A policy in force."""

    region: str = field("GB/T 2260.")
    service: str = field("A term of the services vocabulary.")
    title: Text = field("What people call the service.")
    on: date = field("The day in force.")
    known: date = field("The day by which it had to be published.")
    digest: str = field("Content hash of everything in force.")
    settings: list[PolicySetting] = field("Values, with their source and level.")
    rules: list[PolicyRule] = field("Rules, with their source and level.")


def _setting(setting: Setting, value: DatedValue, policy: EffectivePolicy) -> PolicySetting:
    return PolicySetting(
        name=setting.name,
        label=text(setting.label),
        type=str(setting.type),
        unit=setting.unit,
        value=Json(as_json(value.value)),
        shown=text(policy.words.show(value.value, setting.type)),
        valid_from=value.start,
        valid_until=value.end,
        published=value.published,
        bound=setting.binding.children_may if setting.binding else None,
        citation=citation(value.citation),
    )


def _rule(rule: Rule, policy: EffectivePolicy) -> PolicyRule:
    message = policy.message(rule)
    return PolicyRule(
        rule=rule.id,
        outcome=rule.outcome.word,
        message=text(message) if message else None,
        facts=sorted(policy.reads[rule.id]),
        instead_of=list(rule.instead_of),
        bound=rule.bound,
        valid_from=rule.start,
        valid_until=rule.end,
        citation=citation(rule.citation),
    )


def policy_node(found: PolicyOfDay) -> Policy:
    """Return a policy as the graph shows it."""
    policy = found.policy
    settings = policy.policy.settings
    return Policy(
        region=policy.region.code,
        service=policy.policy.name,
        title=text(policy.policy.title),
        on=found.on,
        known=found.known,
        digest=policy.digest,
        settings=[_setting(settings[name], value, policy) for name, value in sorted(policy.values.items())],
        rules=[_rule(rule, policy) for rule in policy.rules.values()],
    )
