"""One spelling for what people type: full-width and half-width forms are one."""

import unicodedata
from typing import Final

MOST_SPELT: Final = 500
"""Characters; no name or number of a document is longer. Accents one after another are put in order in quadratic time."""


_DIRECTIONS: Final = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Classes of characters that make the text after them be shown in another order than it has."""
_INVISIBLE: Final = frozenset({"Cc", "Zl", "Zp"})


def hidden_at(text: str) -> int | None:
    """Return the place, from 0, of the first control character of a text, or of one that makes it read otherwise than it is written."""
    if text.isprintable():
        return None  # nearly every text: all of these characters are none that is printed
    for place, character in enumerate(text):
        if unicodedata.category(character) in _INVISIBLE or unicodedata.bidirectional(character) in _DIRECTIONS:
            return place
    return None


def one_width(text: str) -> str:
    """Return a text with the compatible form of each character (NFKC); one that is too long for a name or number, as it is."""
    return text if len(text) > MOST_SPELT else unicodedata.normalize("NFKC", text)
