"""Facts of a request, for those who read warnings."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from domain.message import Message, joined
from policies.engine.effective import EffectivePolicy
from policies.language.rule_reads import facts_read
from policies.language.service import Rule
from policies.language.values import show_day

UNSAID = frozenset({"request.service", "request.today"})
_NOTHING = Message("无", "none")


def told_facts(policy: EffectivePolicy, facts: Mapping[str, Any], rules: Iterable[Rule], on: date) -> Message:
    """Say in one line on which facts some rules would be decided, as far as the rules read them.

    Args:
        policy: whose words are used; on: the day of the request.
    """
    names = dict.fromkeys(name for rule in rules for name in sorted(facts_read(rule)))
    parts = [Message(show_day(on), f"on {on}")]
    for name in names:
        definition = policy.fact(name)
        if definition is not None and name in facts and name not in UNSAID:
            value = facts[name]
            shown = policy.words.show(value, definition.type) if value is not None else _NOTHING
            label = definition.label
            parts.append(Message(f"{label.zh}：{shown.zh or '无'}", f"{label.en}: {shown.en or 'none'}"))
    return joined(parts, "，", ", ")
