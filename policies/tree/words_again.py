"""The words of a region on top of words above that have changed, without reading the region's files again.

Most of what was there is there and means the same, labels and lines apart, and more may have come. What is gone, or
means something else, is told by name: a file in which none of these names stands is read as it was. What else could
touch a region's own words is looked at here; in any doubt the region's files are read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from policies.language.values import Kind
from policies.language.vocabulary import FactDefinition, Lexicon, Term, Vocabulary

T = TypeVar("T")

Lost = frozenset[str] | None
"""The names of what is gone or means something else; None where names cannot tell it."""
NOTHING: frozenset[str] = frozenset()


class WordsAgain:
    """Takes over words of a tree that was read before; what it has compared it does not compare again."""

    def __init__(self) -> None:
        """Start with nothing compared."""
        # By identity, and with the words themselves kept alive, so that no others can have the same one.
        self._compared: dict[tuple[int, int], tuple[Lexicon, Lexicon, Lost]] = {}

    def lost(self, was: Lexicon, now: Lexicon) -> Lost:
        """Return what cannot be read with some words as it was with others; nothing where there may only be more."""
        if was is now:
            return NOTHING
        known = self._compared.get((id(was), id(now)))
        if known is None:
            known = self._compared[id(was), id(now)] = (was, now, _lost(was, now))
        return known[2]

    def again(self, was: Lexicon, above_was: Lexicon, above: Lexicon) -> Lexicon | None:
        """Return a region's words on top of other words above; None where the region's files must be read for that.

        No name that is lost above stands in those files.

        Args:
            was: the region's words as they were, and still are in its files.
            above_was: the words above as they were then; above: as they are now.
        """
        lost = self.lost(above_was, above)
        if lost is None:
            return None
        if was is above_was or above_was is above:
            return above if was is above_was else was
        found = _own_again(was, above_was, above)
        if found is not None:
            # The region's own words are the same.
            self._compared[id(was), id(found)] = (was, found, lost)
        return found


def _lost(was: Lexicon, now: Lexicon) -> Lost:
    names = {*_shadowing(was, now.facts), *(was.codes.added.keys() - now.codes.added.keys())}
    for name, fact in was.facts.items():
        if not _is_same_fact(fact, other := now.facts.get(name)):
            if other is not None and other.type != fact.type and {other.type.kind, fact.type.kind} & _HOLDING:
                return None  # it has other attributes now
            names.add(name)
    names.update(name for name, document in was.documents.items() if now.documents.get(name) != document)
    for name, vocabulary in was.vocabularies.items():
        other_words = now.vocabularies.get(name)
        if other_words is None or not _is_same_apart_from_terms(vocabulary, other_words):
            return None
        terms = other_words.terms
        names.update(term for term, spec in vocabulary.terms.items() if not _is_same_term(spec, terms.get(term)))
    return frozenset(names)


_HOLDING = frozenset((Kind.TERM, Kind.MOMENT))
"""Kinds of facts of which attributes can be read."""


def _shadowing(was: Lexicon, facts: Mapping[str, FactDefinition]) -> Iterator[str]:
    """Yield the facts that are new and have the name of a term's attribute, in whose place they would be read."""
    return (name for name in facts.keys() - was.facts.keys() if was.fact(name) is not None)


def _is_same_fact(was: FactDefinition, now: FactDefinition | None) -> bool:
    return was is now or (now is not None and replace(now, label=was.label, place=was.place) == was)


def _is_same_apart_from_terms(was: Vocabulary, now: Vocabulary) -> bool:
    return was is now or replace(now, terms=was.terms, label=was.label, attribute_labels=was.attribute_labels) == was


def _is_same_term(was: Term, now: Term | None) -> bool:
    return was is now or (now is not None and replace(now, label=was.label, place=was.place) == was)


def _own_again(was: Lexicon, above_was: Lexicon, above: Lexicon) -> Lexicon | None:
    facts = _own(was.facts, above_was.facts)
    documents = _own(was.documents, above_was.documents)
    if not above.facts.keys().isdisjoint(facts) or not above.documents.keys().isdisjoint(documents):
        return None  # defined twice now
    if any(_shadowing(was, above.facts)) or any(_has_new_holder(name, was, above) for name in facts):
        return None
    vocabularies: dict[str, Vocabulary] = {}
    for name, vocabulary in _own(was.vocabularies, above_was.vocabularies).items():
        found = _vocabulary_again(vocabulary, above_was.vocabularies.get(name), above.vocabularies.get(name))
        if found is None:
            return None
        vocabularies[name] = found
    return Lexicon(
        {**above.vocabularies, **vocabularies},
        {**above.facts, **facts},
        {**above.documents, **documents},
        above.codes,
    )


def _own(was: Mapping[str, T], above_was: Mapping[str, T]) -> dict[str, T]:
    return {name: found for name, found in was.items() if found is not above_was.get(name)}


def _has_new_holder(fact: str, was: Lexicon, above: Lexicon) -> bool:
    """Say whether what stands before a fact's last dot has become a fact, whose attribute it could now be."""
    holder = fact.rpartition(".")[0]
    return holder in above.facts and holder not in was.facts


def _vocabulary_again(was: Vocabulary, above_was: Vocabulary | None, above: Vocabulary | None) -> Vocabulary | None:
    """Return a region's vocabulary, its own or more terms of a parent's, on top of the parent's as it is now."""
    if above_was is above:
        return was
    if above_was is None or above is None:
        return None
    # The region says nothing of it but terms, and the parent has changed nothing else either.
    if not replace(was, terms={}) == replace(above_was, terms={}) == replace(above, terms={}):
        return None
    own = _own(was.terms, above_was.terms)
    if any(name in above_was.terms or name in above.terms for name in own):
        return None
    return replace(above, terms={**above.terms, **own})
