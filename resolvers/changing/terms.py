"""Words of vocabularies that somebody gives: a word that there is not is told with those that there are."""

from collections.abc import Iterable
from typing import Final

from domain.errors import InvalidInput, PossibleValue
from domain.message import Message
from domain.verification import OTHER_PURPOSES
from policies.language.vocabulary import Lexicon, Term

MOST_CHOICES: Final = 100
"""More are not told with an error: `vocabulary` lists them all."""


def require_term(words: Lexicon, vocabulary: str, name: str, field: str, label: Message | None = None) -> Term:
    """Return a word of a vocabulary.

    Args:
        field: the input that has it; label: what people call that, the vocabulary's own label if None.

    Raises:
        InvalidInput: the region knows no such word; the error has those that it knows.
    """
    found = words.term(vocabulary, name)
    if found is None:
        raise unknown_term(words, vocabulary, field, label)
    return found


def require_purpose(words: Lexicon, purpose: str) -> None:
    """Refuse a code or face check that is for no service and nothing else that there is.

    Raises:
        InvalidInput: nothing is called that; the error has the services.
    """
    if purpose not in OTHER_PURPOSES:
        require_term(words, "services", purpose, "input.purpose")


def unknown_term(words: Lexicon, vocabulary: str, field: str, label: Message | None = None) -> InvalidInput:
    """Return the answer to a word that there is not; it is not repeated, for it may be anything."""
    known = words.vocabularies[vocabulary]
    label = label or known.label
    return InvalidInput(
        Message(f"“{label.zh}”没有这一项，请在所列各项中选择。", f"{label.en}: choose one of those listed."),
        field=field,
        code="VALUE_NOT_POSSIBLE",
        choices=possible_values(known.terms.values()),
    )


def possible_values(terms: Iterable[Term]) -> tuple[PossibleValue, ...]:
    """Return words as an error tells them."""
    return tuple(PossibleValue(term.name, term.label, term.attributes) for term in terms)[:MOST_CHOICES]
