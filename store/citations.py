"""Citations as structures that a column holds, and back."""

from dataclasses import asdict
from typing import Any

from domain.decision import Citation
from domain.message import Message


def plain_citation(citation: Citation | None) -> dict[str, Any] | None:
    """Return a citation as a structure of texts."""
    return None if citation is None else asdict(citation)


def citation(kept: dict[str, Any] | None) -> Citation | None:
    """Return the citation that `plain_citation` made a structure of."""
    if kept is None:
        return None
    note = kept["note"]
    return Citation(**{**kept, "note": Message(**note) if isinstance(note, dict) else note})
