"""Demo data: invented people, their guardians and drawn pictures. Loading twice changes nothing."""

from collections.abc import Mapping
from datetime import date
from io import BytesIO
from typing import Any

from domain.evidence import DocumentEvidence
from domain.holder import Guardianship, Holder
from domain.operation import SYSTEM
from domain.region import province_of
from gateways.registry import RegistryPerson
from resolvers.audit import told_of
from resolvers.dependencies import Dependencies
from resolvers.looking_up.documents import uploaded
from store.audit.entries import AuditKind
from store.records import StoredDocument

PHOTO = "photo"


def register_people(data: Mapping[str, Any]) -> list[RegistryPerson]:
    """Return whom the pretended population register knows: everybody in the demo."""
    fields = RegistryPerson.__dataclass_fields__
    return [
        RegistryPerson(**{key: _tuple(value) for key, value in person.items() if key in fields})
        for person in (*data["people"], *data["register"])
    ]


def held_insurance(data: Mapping[str, Any]) -> dict[tuple[str, str], frozenset[str]]:
    """Return what the pretended insurance register knows: kinds by social security number and city."""
    people = {person["id"]: person for person in data["people"]}
    return {
        (people[entry["person"]]["identity_number"], entry["region"]): frozenset(entry["kinds"])
        for entry in data["insurance"]
    }


def bound_mobiles(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what the pretended register of mobile numbers knows: identity numbers by the numbers that people have bound."""
    return {person["mobile"]: person["identity_number"] for person in data["people"] if "mobile" in person}


async def load_demo(dependencies: Dependencies, data: Mapping[str, Any]) -> int:
    """Put the demo on record where it is not yet.

    Args:
        data: the contents of `demo/demo.toml`.

    Returns:
        How many people were added.
    """
    now = dependencies.clock.now()
    people = [Holder(**{key: _tuple(value) for key, value in person.items()}) for person in data["people"]]
    async with dependencies.store.transaction() as work:
        known = await work.holders.get_many([person.id for person in people])
        added = [person for person in people if person.id not in known]
        for person in added:
            await work.holders.add(person)
        for entry in data["guardianships"]:
            if await work.guardianships.open_between(entry["guardian"], entry["ward"], now) is None:
                await work.guardianships.add(Guardianship(entry["guardian"], entry["ward"], entry["kinship"], now))
        if added:
            work.audit.tell(told_of(None, now, AuditKind.IMPORT, "demo", role=SYSTEM))
    for entry in data["documents"]:
        await _add_document(dependencies, entry)
    return len(added)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


async def _add_document(dependencies: Dependencies, entry: Mapping[str, Any]) -> None:
    # What reads and draws pictures is loaded for a demo alone.
    from gateways.images import measure

    async with dependencies.store.reading() as work:
        if await work.documents.get_many([entry["id"]]):
            return
    content = picture(entry["type"] == PHOTO, entry["width_px"], entry["height_px"], entry["dpi"])
    measured = measure(content)
    file = await dependencies.files.save(content)
    now = dependencies.clock.now()
    evidence = DocumentEvidence(
        id=entry["id"],
        type=entry["type"],
        format=measured.format,
        size_bytes=len(content),
        width_px=measured.width_px,
        height_px=measured.height_px,
        dpi=measured.dpi,
        colour=measured.colour,
        background=measured.background,
        taken_on=date(now.year, now.month, 1),
    )
    stored = StoredDocument(
        evidence=evidence,
        owner_id=entry["owner"],
        uploaded_by=entry["owner"],
        province=province_of(entry["region"]),
        uploaded_at=now,
        sha256=file.sha256,
        name=file.name,
    )
    async with dependencies.store.transaction() as work:
        await work.documents.add(stored)
        work.audit.tell(uploaded(None, stored))


def picture(portrait: bool, width: int, height: int, dpi: int) -> bytes:
    """Draw a JPEG: head and shoulders on white, or something like a card.

    Args:
        width, height: in pixels; dpi: as the file says.
    """
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    if portrait:
        draw.ellipse((width * 0.3, height * 0.2, width * 0.7, height * 0.6), fill=(214, 170, 140))
        draw.ellipse((width * 0.12, height * 0.62, width * 0.88, height * 1.3), fill=(40, 70, 130))
    else:
        draw.rounded_rectangle((4, 4, width - 5, height - 5), 30, outline=(60, 120, 160), width=6)
        draw.rectangle((width * 0.64, height * 0.2, width * 0.9, height * 0.7), fill=(214, 170, 140))
        for line in range(4):
            top = height * (0.2 + 0.15 * line)
            draw.rectangle((width * 0.08, top, width * 0.5, top + height * 0.05), fill=(90, 90, 90))
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=92, dpi=(dpi, dpi))
    return buffer.getvalue()
