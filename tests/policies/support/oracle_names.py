"""What a rule as it is written names: its outcome, and the facts and settings that it reads."""

from collections.abc import Iterable
from string import Formatter

from tests.policies.support.oracle_tree import OUTCOMES, Raw


def outcome_of(rule: Raw) -> tuple[str, Raw]:
    kind = next(kind for kind in OUTCOMES if kind in rule)
    return kind, rule[kind]


def operands_in(raw: Raw) -> Iterable[tuple[str, str]]:
    """Find every {setting: …} and {fact: …} inside some YAML."""
    if isinstance(raw, dict):
        for key, value in raw.items():
            if key in ("setting", "fact") and isinstance(value, str):
                yield key, value
            else:
                yield from operands_in(value)
    elif isinstance(raw, list):
        for item in raw:
            yield from operands_in(item)


def facts_in(raw: Raw) -> list[str]:
    return [name for key, name in operands_in(raw) if key == "fact"]


def tested(raw: Raw) -> Iterable[str]:
    for key, value in raw.items():
        if key in ("all", "any"):
            for part in value:
                yield from tested(part)
        elif key == "not":
            yield from tested(value)
        else:
            yield key


def outcome_facts(rule: Raw) -> list[str]:
    return facts_in(outcome_of(rule)[1])


def facts_named(rule: Raw) -> set[str]:
    kind, spec = outcome_of(rule)
    choice = [spec["choice"]] if kind == "route" else []
    when = rule.get("when", {})
    return {*tested(when), *facts_in(when), *outcome_facts(rule), *choice}


def settings_named(rule: Raw) -> set[str]:
    texts = rule.get("message", {}).values()
    places = {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}
    parts = (rule.get("when"), outcome_of(rule)[1])
    return places | {name for part in parts for key, name in operands_in(part) if key == "setting"}
