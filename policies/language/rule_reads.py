"""What a rule reads: facts, settings, and the settings that its message shows."""

from string import Formatter

from domain.message import Message
from policies.language.conditions import operand_facts, operand_settings, tests_of
from policies.language.service import Rule


def facts_read(rule: Rule) -> frozenset[str]:
    """Return the facts that a rule names, attributes as such."""
    tested = (name for test in tests_of(rule.condition) for name in (test.fact, *operand_facts(test.operand)))
    return frozenset((*tested, *rule.outcome.facts()))


def rule_settings(rule: Rule) -> frozenset[str]:
    """Return the settings that a rule's condition and outcome read."""
    tested = (name for test in tests_of(rule.condition) for name in operand_settings(test.operand))
    return frozenset((*tested, *rule.outcome.settings()))


def settings_shown(message: Message | None) -> frozenset[str]:
    """Return the settings whose values a message shows."""
    texts = (message.zh, message.en) if message is not None else ()
    # Most texts show none, and taking one apart costs more than looking for a brace.
    return frozenset(name for text in texts if "{" in text for _, name, _, _ in Formatter().parse(text) if name)


def names_read(rule: Rule) -> frozenset[str]:
    """Return the settings that a rule reads: those of its condition and outcome, and those that its message shows."""
    return rule_settings(rule) | settings_shown(rule.message)
