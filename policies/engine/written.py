"""What is in force, written down: all that decides as canonical JSON, from which an old decision can be repeated."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import Field, fields, is_dataclass
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Any

from domain.region import Region
from policies.language.known_facts import as_known
from policies.language.outcomes.route import RouteSpec
from policies.language.service import DatedValue, Rule, ServicePolicy
from policies.language.values import as_json
from policies.language.vocabulary import FactDefinition, Lexicon


def written(
    policy: ServicePolicy,
    region: Region,
    words: Lexicon,
    rules: Mapping[str, Rule],
    values: Mapping[str, DatedValue],
    facts: Iterable[str],
) -> str:
    """Return what is in force as one text.

    Args:
        policy, region, words: of what; rules, values: in force; facts: that the rules read.
    """
    settings = policy.settings
    return json.dumps(
        {
            "service": policy.name,
            "title": plain(policy.title),
            "region": region.code,
            "level": region.level,
            "rules": (plain_rules := [plain(rule) for rule in rules.values()]),
            "settings": (plain_values := {name: plain(value) for name, value in values.items()}),
            "types": {
                name: {"type": plain(settings[name].type), "label": plain(settings[name].label)} for name in values
            },
            **plain(_words_behind(policy.name, words, facts, rules.values(), (plain_rules, plain_values))),
        },
        ensure_ascii=False,
        sort_keys=True,
    )


def defined(names: Iterable[str], words: Lexicon) -> list[FactDefinition]:
    """Return the definitions of facts, of those that have one."""
    return [definition for name in names if (definition := words.fact(name)) is not None]


def _words_behind(
    service: str, words: Lexicon, facts: Iterable[str], rules: Iterable[Rule], written: Any
) -> dict[str, Mapping[str, Any]]:
    """Return the words that a decision needs beside the rules: definitions of facts, and terms.

    Args:
        facts: that rules read; written: rules and values as JSON, for the terms that they name.
    """
    definitions = {definition.name: as_known(definition, service) for definition in defined(facts, words)}
    for definition in tuple(definitions.values()):
        while definition.parent is not None and (parent := words.fact(definition.parent)) is not None:
            definition = definitions[parent.name] = as_known(parent, service)
    chosen = {r.outcome.choice for r in rules if isinstance(r.outcome, RouteSpec) and r.outcome.where}
    whole = {definitions[name].type.of for name in chosen if name in definitions}
    named = frozenset(_texts(written)).union(d.proof for d in definitions.values() if d.proof is not None)
    terms = {
        name: {n: t for n, t in vocabulary.terms.items() if n in named or name in whole}
        for name, vocabulary in words.vocabularies.items()
    }
    return {"facts": definitions, "terms": {name: found for name, found in terms.items() if found}}


def _texts(value: Any) -> Iterable[str]:
    """Yield every text within a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)


def _belongs_to_text(field: Field[Any], value: Any) -> bool:
    """Say whether a field belongs to the text: neither where something stands, nor what a later version added and nobody uses."""
    later = field.metadata.get("later", False) and getattr(value, field.name) == field.default
    return field.name not in ("place", "line") and not later


def plain(value: Any) -> Any:
    """Turn a rule or value into JSON: all that decides, without the line it stands on; `repeating` reads it back."""
    if is_dataclass(value) and not isinstance(value, type):
        shown = {f.name: plain(getattr(value, f.name)) for f in fields(value) if _belongs_to_text(f, value)}
        return {"is": type(value).__name__, **shown}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    # Told apart from texts, or nobody could tell what they were.
    return {"is": type(value).__name__, "value": as_json(value)} if isinstance(value, date | time | Decimal) else value
