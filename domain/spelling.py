"""One spelling for what people type: full-width and half-width forms are one."""

import unicodedata
from typing import Final

MOST_SPELT: Final = 500
"""Characters; no name or number of a document is longer. Accents one after another are put in order in quadratic time."""


def one_width(text: str) -> str:
    """Return a text with the compatible form of each character (NFKC); one that is too long for a name or number, as it is."""
    return text if len(text) > MOST_SPELT else unicodedata.normalize("NFKC", text)
