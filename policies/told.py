"""Facts of a request in one line, for those who read warnings."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from policies.changes import facts_read
from policies.effective import EffectivePolicy
from policies.service import Rule

UNSAID = frozenset({"request.service", "request.today"})


def told_facts(policy: EffectivePolicy, facts: Mapping[str, Any], rules: Iterable[Rule], on: date) -> str:
    """Say on which facts some rules would be decided, as far as the rules read them.

    Args:
        policy: whose words are used; on: the day of the request.
    """
    names = dict.fromkeys(name for rule in rules for name in sorted(facts_read(rule)))
    parts = [f"on {on}"]
    for name in names:
        definition = policy.fact(name)
        if definition is not None and name in facts and name not in UNSAID:
            value = facts[name]
            shown = policy.words.show(value, definition.type).en if value is not None else "none"
            parts.append(f"{definition.label.en}: {shown or 'none'}")
    return ", ".join(parts)
