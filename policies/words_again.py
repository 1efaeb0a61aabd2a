"""The words of a region on top of words above that have changed, without reading the region's files again.

Only for words above that went on: all that was there is there and means the same, labels and lines apart; more may
have come. What else could touch a region's own words is looked at here; in any doubt the region's files are read.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from policies.vocabulary import FactDefinition, Term, Vocabulary, Words

T = TypeVar("T")


class WordsAgain:
    """Takes over words of a tree that was read before; what it has compared it does not compare again."""

    def __init__(self) -> None:
        """Start with nothing compared."""
        # By identity, and with the words themselves kept alive, so that no others can have the same one.
        self._compared: dict[tuple[int, int], tuple[Words, Words, bool]] = {}

    def goes_on(self, was: Words, now: Words) -> bool:
        """Say whether whatever could be read with some words can be read with others, and means the same."""
        if was is now:
            return True
        known = self._compared.get((id(was), id(now)))
        if known is None:
            known = self._compared[id(was), id(now)] = (was, now, _goes_on(was, now))
        return known[2]

    def again(self, was: Words, above_was: Words, above: Words) -> Words | None:
        """Return a region's words on top of other words above; None where the region's files must be read for that.

        Args:
            was: the region's words as they were, and still are in its files.
            above_was: the words above as they were then; above: as they are now.
        """
        if not self.goes_on(above_was, above):
            return None
        if was is above_was or above_was is above:
            return above if was is above_was else was
        found = _own_again(was, above_was, above)
        if found is not None:
            # What is above went on, and the region's own words are the same.
            self._compared[id(was), id(found)] = (was, found, True)
        return found


def _goes_on(was: Words, now: Words) -> bool:
    return not _shadows(was, now.facts) and (
        all(_is_same_fact(fact, now.facts.get(name)) for name, fact in was.facts.items())
        and all(now.documents.get(name) == document for name, document in was.documents.items())
        and all(_has_more(vocabulary, now.vocabularies.get(name)) for name, vocabulary in was.vocabularies.items())
    )


def _shadows(was: Words, facts: Mapping[str, FactDefinition]) -> bool:
    """Say whether facts that are new have the name of a term's attribute, in whose place they would be read."""
    return any(was.fact(name) is not None for name in facts.keys() - was.facts.keys())


def _is_same_fact(was: FactDefinition, now: FactDefinition | None) -> bool:
    return was is now or (now is not None and replace(now, label=was.label, place=was.place) == was)


def _has_more(was: Vocabulary, now: Vocabulary | None) -> bool:
    """Say whether a vocabulary is another one, perhaps with more terms and other labels."""
    if was is now:
        return True
    if now is None or replace(now, terms=was.terms, label=was.label, attribute_labels=was.attribute_labels) != was:
        return False
    return all(_is_same_term(term, now.terms.get(name)) for name, term in was.terms.items())


def _is_same_term(was: Term, now: Term | None) -> bool:
    return was is now or (now is not None and replace(now, label=was.label, place=was.place) == was)


def _own_again(was: Words, above_was: Words, above: Words) -> Words | None:
    facts = _own(was.facts, above_was.facts)
    documents = _own(was.documents, above_was.documents)
    if not above.facts.keys().isdisjoint(facts) or not above.documents.keys().isdisjoint(documents):
        return None  # defined twice now
    if _shadows(was, above.facts) or any(_has_new_holder(name, was, above) for name in facts):
        return None
    vocabularies: dict[str, Vocabulary] = {}
    for name, vocabulary in _own(was.vocabularies, above_was.vocabularies).items():
        found = _vocabulary_again(vocabulary, above_was.vocabularies.get(name), above.vocabularies.get(name))
        if found is None:
            return None
        vocabularies[name] = found
    return Words({**above.vocabularies, **vocabularies}, {**above.facts, **facts}, {**above.documents, **documents})


def _own(was: Mapping[str, T], above_was: Mapping[str, T]) -> dict[str, T]:
    return {name: found for name, found in was.items() if found is not above_was.get(name)}


def _has_new_holder(fact: str, was: Words, above: Words) -> bool:
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
