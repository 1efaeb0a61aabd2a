"""Where cards came from that were issued before this service."""

from datetime import datetime

import strawberry

from resolvers.changing.access import is_staff
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import field


@sees(WITH_IT)
@strawberry.type(description="The file or batch by which a card came on record that was issued before this service.")
class CardImport:
    """An import."""

    digest: str = field("SHA-256 of the file, or of the batch's key and who sent it, in hexadecimal.")
    begun_at: datetime = field("When it began.")
    office: str | None = field("The office that sent the batch; null of a file.")
    imported_by: str | None = field("Who imported it: offices and partners alone see that.")


async def card_import(info: Info, import_id: str | None) -> CardImport | None:
    """Return an import as the graph shows it, loaded with those of all cards of the request."""
    found = await info.context.loaders.card_imports.load(import_id) if import_id is not None else None
    if found is None:
        return None
    by = found.actor_id if is_staff(info.context.require_actor()) else None
    return CardImport(digest=found.id, begun_at=found.begun_at, office=found.office, imported_by=by)
