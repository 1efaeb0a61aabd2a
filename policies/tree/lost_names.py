"""Which words are gone, or mean something else, once the words of a region have changed.

Most of what was there is there and means the same, labels and lines apart, and more may have come. A file in which none
of the names that are lost stands means what it meant.
"""

from collections.abc import Mapping
from dataclasses import replace

from policies.language.values import Kind
from policies.language.vocabulary import FactDefinition, Lexicon, Term, Vocabulary

LostNames = frozenset[str] | None
"""The names of what is gone or means something else; None where names cannot tell it, so that every file is read again."""
NOTHING_LOST: frozenset[str] = frozenset()
_HOLDING = frozenset((Kind.TERM, Kind.MOMENT))
"""Kinds of facts of which attributes can be read."""


def lost_names(before: Lexicon, now: Lexicon) -> LostNames:
    """Return the names that cannot be read with some words as they were with others; none where there is only more."""
    if before is now:
        return NOTHING_LOST
    # A new fact with the name of a term's attribute is read in its place.
    names = {name for name in now.facts.keys() - before.facts.keys() if before.fact(name) is not None}
    names.update(before.codes.added.keys() - now.codes.added.keys())
    for name, fact in before.facts.items():
        if not _is_same_fact(fact, other := now.facts.get(name)):
            if other is not None and other.type != fact.type and {other.type.kind, fact.type.kind} & _HOLDING:
                return None  # it has other attributes now
            names.add(name)
    names.update(name for name, document in before.documents.items() if now.documents.get(name) != document)
    for name, vocabulary in before.vocabularies.items():
        other_words = now.vocabularies.get(name)
        if other_words is None or not _is_same_apart_from_terms(vocabulary, other_words):
            return None
        names.update(_lost_terms(vocabulary.terms, other_words.terms))
    return frozenset(names)


def _is_same_fact(before: FactDefinition, now: FactDefinition | None) -> bool:
    return before is now or (now is not None and replace(now, label=before.label, place=before.place) == before)


def _is_same_apart_from_terms(before: Vocabulary, now: Vocabulary) -> bool:
    alike = replace(now, terms=before.terms, label=before.label, attribute_labels=before.attribute_labels)
    return before is now or alike == before


def _lost_terms(before: Mapping[str, Term], now: Mapping[str, Term]) -> set[str]:
    return {name for name, term in before.items() if not _is_same_term(term, now.get(name))}


def _is_same_term(before: Term, now: Term | None) -> bool:
    if before is now or now is None:
        return before is now
    return replace(now, label=before.label, place=before.place, told=before.told, source=before.source) == before
