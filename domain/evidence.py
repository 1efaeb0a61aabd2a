"""What a request brings along to satisfy requirements: proofs, documents, filled-in details."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from domain.frozen import quickly_made

PHOTO = "photo"
"""The term of the documents vocabulary for the picture that a card shows."""


@quickly_made
@dataclass(frozen=True, slots=True)
class DocumentEvidence:
    """An uploaded (or sighted) document as it was measured when it came in.

    Args:
        id: UUID of the stored file; None for an original seen by a clerk at a window.
        type: a term of the documents vocabulary.
        format: `jpeg`, `png`, `pdf` …; None for a sighted original.
        size_bytes: length of the file.
        width_px, height_px, dpi: pixels and resolution (dots per inch), where the file says.
        colour: False for a grey image.
        background: `white`, `not_white`; None where it was not measured.
        taken_on: the day it was taken or issued, if known.
        sighted: True when a clerk has seen the original.
    """

    id: str | None
    type: str
    format: str | None = None
    size_bytes: int | None = None
    width_px: int | None = None
    height_px: int | None = None
    dpi: int | None = None
    colour: bool | None = None
    background: str | None = None
    taken_on: date | None = None
    sighted: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything brought along.

    Args:
        proofs: terms of the proofs vocabulary that have been verified for this person and purpose.
        documents: uploaded or sighted documents.
        details: filled-in form fields, by name of the fields vocabulary.
    """

    proofs: frozenset[str] = frozenset()
    documents: tuple[DocumentEvidence, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)
