"""What is in force, written down: all that decides as canonical JSON, from which an old decision can be repeated."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

from domain.region import Region
from policies.language.known_facts import as_known
from policies.language.outcomes.route import RouteSpec
from policies.language.service import DatedValue, Rule, ServicePolicy
from policies.language.sources import Cited
from policies.language.values import as_json
from policies.language.vocabulary import FactDefinition, Lexicon
from policies.source.reader import NAME


class Pieces:
    """Pieces of such texts that many regions share, written once. What a region's own files say is written each time."""

    def __init__(self) -> None:
        """Start with none."""
        self._known: dict[int, tuple[object, str, frozenset[str]]] = {}

    def of(self, thing: Any, file: str, region: Region) -> tuple[str, frozenset[str]]:
        """Return a rule, value, definition or term as JSON, with all texts within it that could name a term.

        Args:
            file: where it stands; region: whose text it goes into.
        """
        known = self._known.get(id(thing))
        if known is None:
            whole = plain(thing)
            named = frozenset(text for text in _texts(whole) if NAME.fullmatch(text))
            known = (thing, _json(whole), named)
            if file.rpartition("/")[0] != region.path:
                self._known[id(thing)] = known
        return known[1:]


def written(
    policy: ServicePolicy,
    region: Region,
    words: Lexicon,
    rules: Mapping[str, Rule],
    values: Mapping[str, DatedValue],
    facts: Iterable[str],
    pieces: Pieces | None = None,
) -> str:
    """Return what is in force as one text.

    Args:
        policy, region, words: of what; rules, values: in force; facts: that the rules read.
        pieces: written before.
    """
    pieces, settings, named = pieces or Pieces(), policy.settings, set[str]()

    def piece(thing: Any, file: str) -> str:
        text, names = pieces.of(thing, file, region)
        named.update(names)
        return text

    plain_rules = [piece(rule, rule.place.file) for rule in rules.values()]
    plain_values = {name: piece(value, value.citation.file) for name, value in values.items()}
    types = {name: {"type": plain(settings[name].type), "label": plain(settings[name].label)} for name in values}
    definitions = _definitions(policy.name, words, facts)
    chosen = {r.outcome.choice for r in rules.values() if isinstance(r.outcome, RouteSpec) and r.outcome.where}
    whole = {definitions[name].type.of for name in chosen if name in definitions}
    named.update(d.proof for d in definitions.values() if d.proof is not None)
    terms = {
        name: _object(
            {n: pieces.of(t, t.place.file, region)[0] for n, t in terms.items() if n in named or name in whole}
        )
        for name, terms in ((name, vocabulary.terms) for name, vocabulary in words.vocabularies.items())
    }
    return _object(
        {
            "service": _json(policy.name),
            "title": _json(plain(policy.title)),
            "region": _json(region.code),
            "level": _json(region.level),
            "rules": f"[{', '.join(plain_rules)}]",
            "settings": _object(plain_values),
            "types": _json(types),
            "facts": _object({name: _definition(d, words, pieces, region) for name, d in definitions.items()}),
            "terms": _object({name: text for name, text in terms.items() if text != "{}"}),
        }
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _object(members: Mapping[str, str]) -> str:
    """Return an object of values that are JSON already."""
    return f"{{{', '.join(f'{_json(key)}: {members[key]}' for key in sorted(members))}}}"


def _definition(definition: FactDefinition, words: Lexicon, pieces: Pieces, region: Region) -> str:
    """Return a fact's definition as JSON: a piece where it is the vocabulary's own, and not made for the service."""
    if definition is words.facts.get(definition.name):
        return pieces.of(definition, definition.place.file, region)[0]
    return _json(plain(definition))


def _definitions(service: str, words: Lexicon, facts: Iterable[str]) -> dict[str, FactDefinition]:
    """Return the definitions of facts, and of the terms and moments behind attributes, as a service knows them."""
    definitions = {definition.name: as_known(definition, service) for definition in defined(facts, words)}
    for definition in tuple(definitions.values()):
        while definition.parent is not None and (parent := words.fact(definition.parent)) is not None:
            definition = definitions[parent.name] = as_known(parent, service)
    return definitions


def defined(names: Iterable[str], words: Lexicon) -> list[FactDefinition]:
    """Return the definitions of facts, of those that have one."""
    return [definition for name in names if (definition := words.fact(name)) is not None]


def _texts(value: Any) -> Iterator[str]:
    """Yield every text within a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


NOT_WRITTEN = frozenset({"place", "line", "stated", "policy_file"})
"""Fields that say where something stands, or whose citation is written in their place."""
_AS_IT_IS: Any = object()


@cache
def _fields(kind: type) -> tuple[tuple[str, Any], ...]:
    """Return the fields of a kind that belong to the text: all but where it stands, and what is for people alone.

    What a later version has added comes with its default, at which it does not belong there.
    """
    return tuple(
        (field.name, field.default if field.metadata.get("later", False) else _AS_IT_IS)
        for field in fields(kind)
        if field.name not in NOT_WRITTEN and not field.metadata.get("for people", False)
    ) + ((("citation", _AS_IT_IS),) if issubclass(kind, Cited) else ())


def plain(value: Any) -> Any:
    """Turn a rule or value into JSON: all that decides, without the line it stands on; `repeating` reads it back."""
    kind = type(value)
    if value is None or kind in (str, int, bool):
        return value
    if is_dataclass(kind):
        shown: dict[str, Any] = {"is": kind.__name__}
        for name, unless in _fields(kind):
            held = getattr(value, name)
            if unless is _AS_IT_IS or held != unless:
                shown[name] = plain(held)
        return shown
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    # Told apart from texts, or nobody could tell what they were.
    return {"is": kind.__name__, "value": as_json(value)} if isinstance(value, date | time | Decimal) else value
