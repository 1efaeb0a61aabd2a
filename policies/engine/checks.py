"""The checks of the facts that a policy reads, made once: what each must be, and what it is derived from."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from weakref import WeakValueDictionary

from domain.history import History
from policies.language.history_counts import count_history
from policies.language.known_facts import as_known
from policies.language.values import LIMIT, LISTS, Kind, has_type, moment_part
from policies.language.vocabulary import FactDefinition, Lexicon, Term

MISSING: Final[Any] = object()
"""Stands for a fact that nobody has said."""
SAID: Final = ("chosen", "declared")
"""Origins of what people say themselves: it must be possible, whether a rule reads it or not."""

Fits = Callable[[Any], bool]
Derive = Callable[[Mapping[str, Any], History | None, date], Any]
Terms = Mapping[str, Term]


@dataclass(slots=True, weakref_slot=True, eq=False)
class Check:
    """What is checked of one fact.

    Args:
        name: of the fact; definition: as the service knows it.
        fits: whether a value is one that it can have.
        derive: its value from the other facts, the history and the day asked, or `MISSING`; None where nothing tells it.
        made_of: what it was made of.
        declared: whether it is asked for where nobody has said it; else it must be there.
        is_read: whether a rule reads it; else it is looked at only where it is there.
    """

    name: str
    definition: FactDefinition
    fits: Fits
    derive: Derive | None
    made_of: object
    declared: bool
    is_read: bool


class Checks:
    """Makes the checks of many policies, those that are alike once; what no policy uses any more is forgotten."""

    def __init__(self) -> None:
        """Start with none."""
        self._made: WeakValueDictionary[tuple[Any, ...], Check] = WeakValueDictionary()

    def of(self, names: Iterable[str], service: str, words: Lexicon, *, is_read: bool) -> tuple[Check, ...]:
        """Return the checks of facts, in order; a name that no vocabulary defines is left out.

        Args:
            names: of facts; service: that knows them; words: of the region.
            is_read: whether rules read them.
        """
        found = (self._check(name, service, words, is_read) for name in names)
        return tuple(check for check in found if check is not None)

    def _check(self, name: str, service: str, words: Lexicon, is_read: bool) -> Check | None:
        definition = words.fact(name)
        if definition is None:
            return None
        parent = words.facts.get(definition.parent) if definition.parent is not None else None
        base = parent if parent is not None else definition
        terms = (_terms(words, definition), _terms(words, parent) if parent is not None else None)
        # A check holds on to all that its key numbers, so that no number in it is given anew.
        key = (name, service, id(base), *map(id, terms), is_read)
        found = self._made.get(key)
        if found is None:
            definition = as_known(definition, service)
            derive = _derive(definition, parent, terms[1])
            declared = (parent or definition).origin == "declared"
            found = Check(name, definition, _fits(definition, terms[0]), derive, (base, terms), declared, is_read)
            self._made[key] = found
        return found


def _terms(words: Lexicon, definition: FactDefinition) -> Terms | None:
    """Return the words that a fact can be; None where it is no word."""
    if definition.type.of is None:
        return None
    known = words.vocabularies.get(definition.type.of)
    return known.terms if known else {}


def _fits(definition: FactDefinition, terms: Terms | None) -> Fits:
    """Return whether a value is one of a fact's: of its type, a word of its vocabulary, absent where it can be."""
    of_type, optional = definition.type, definition.optional
    right = _plain(of_type.kind, terms)
    if right is None:
        if terms is not None and of_type.kind in LISTS:
            right = lambda value: has_type(value, of_type) and all(name in terms for name in value)  # noqa: E731
        else:
            right = lambda value: has_type(value, of_type)  # noqa: E731
    return (lambda value: value is None or right(value)) if optional else right


def _plain(kind: Kind, terms: Terms | None) -> Fits | None:
    """Return what `has_type` says of the commonest types, without asking for the type each time."""
    if kind is Kind.TERM and terms is not None:
        return lambda value: type(value) is str and value in terms
    if kind is Kind.BOOLEAN:
        return lambda value: value is True or value is False
    if kind in (Kind.INTEGER, Kind.MONEY):
        return lambda value: type(value) is int and -LIMIT < value < LIMIT
    if kind is Kind.DATE:
        return lambda value: type(value) is date
    return (lambda value: type(value) is str) if kind is Kind.TEXT else None


def _derive(definition: FactDefinition, parent: FactDefinition | None, terms: Terms | None) -> Derive | None:
    """Return what tells a counted fact, or an attribute of a term or a moment, from what else is known."""
    if parent is not None:
        return _attribute(definition, parent, terms)
    count = definition.count
    if count is None:
        return None
    dated = definition.type.kind is Kind.DATE

    def counted(facts: Mapping[str, Any], history: History | None, on: date) -> Any:
        if history is None:
            return MISSING
        found = count_history(count, history, on)
        return moment_part(found, "day") if dated and isinstance(found, datetime) else found

    return counted


def _attribute(definition: FactDefinition, parent: FactDefinition, terms: Terms | None) -> Derive | None:
    holder, attribute = parent.name, definition.name.rpartition(".")[2]
    above = _derive(parent, None, None)

    def held(facts: Mapping[str, Any], history: History | None, on: date) -> Any:
        found = facts.get(holder, MISSING)
        return above(facts, history, on) if found is MISSING and above is not None else found

    def part(facts: Mapping[str, Any], history: History | None, on: date) -> Any:
        moment = held(facts, history, on)
        if moment is MISSING:
            return MISSING
        return moment_part(moment, attribute) if has_type(moment, parent.type) else None

    if parent.type.kind is Kind.MOMENT:
        return part
    if terms is None:
        return None

    def said(facts: Mapping[str, Any], history: History | None, on: date) -> Any:
        name = facts.get(holder, MISSING)
        if name is MISSING:
            return MISSING
        term = terms.get(name) if isinstance(name, str) else None
        return term.attributes.get(attribute) if term is not None else None

    return said
