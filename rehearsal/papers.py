"""Arranging papers: uploaded documents as they measured, and the originals that a clerk has seen."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from domain.evidence import DocumentEvidence
from domain.region import province_of
from rehearsal.scene import Scene
from store.records import StoredDocument

MEASURED: Final = DocumentEvidence(
    id=None,
    type="",
    format="jpeg",
    size_bytes=60_000,
    width_px=856,
    height_px=540,
    dpi=300,
    colour=True,
    background="white",
)
"""What an upload measures of every picture; a case states what matters to it."""


def arrange_documents(scene: Scene) -> None:
    """Put the uploaded documents on record that the case brings along."""
    for document in scene.case.evidence.documents:
        if document.sighted:
            continue
        given: dict[str, Any] = {name: value for name in _MEASURES if (value := getattr(document, name)) is not None}
        evidence = replace(MEASURED, id=str(uuid4()), type=document.type, **given)
        scene.documents.append(
            StoredDocument(
                evidence=evidence,
                owner_id=scene.holder.id,
                uploaded_by=scene.holder.id,
                province=province_of(scene.region),
                uploaded_at=scene.now - timedelta(hours=1),
                sha256="0" * 64,
                name=f"{evidence.id}.jpg",
            )
        )


_MEASURES: Final = ("format", "size_bytes", "width_px", "height_px", "dpi", "colour", "background", "taken_on")


def sighted(scene: Scene) -> list[str]:
    """Return the types of the originals that the clerk has seen."""
    return [document.type for document in scene.case.evidence.documents if document.sighted]
