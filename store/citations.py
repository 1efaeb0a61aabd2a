"""Citations as structures that a column holds, and back."""

from typing import Any

from domain.decision import Citation
from domain.message import Message
from store.encoding import parts
from store.table import Structure


def _citation(kept: dict[str, Any]) -> Citation:
    note = kept["note"]
    return Citation(**{**kept, "note": Message(**note) if isinstance(note, dict) else note})


CITATION = Structure(parts, _citation)
