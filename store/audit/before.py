"""What was written down of looks at documents before there was the audit record: its first entries, which no process marked."""

from datetime import datetime
from typing import Any, Final

from store.audit.entries import AuditEntry, AuditKind, entry_text
from store.records import DisclosureKind

BEFORE: Final = "disclosures"
"""The chain of these entries: they were only kept, and count from the first seal on."""
_COLUMNS: Final = (
    "id",
    "at",
    "kind",
    "record_id",
    "operation_id",
    "holder_id",
    "actor_id",
    "role",
    "channel",
    "office",
)
_AFTER: Final = 'SELECT {columns} FROM "disclosures" WHERE "id" > {last} ORDER BY "id" LIMIT 1000'
_INSERT: Final = (
    'INSERT INTO "audit_entries" ("chain", "number", "at", "kind", "holder_id", "subject", "text", "mac") VALUES '
)


async def entries_of_disclosures(client: Any) -> None:
    """Make an entry of each row of the table in which looks were kept before; only who was at a window stays there."""
    kept = DisclosureKind.PRESENT.value
    on_postgresql = client.capabilities.dialect == "postgres"
    marks = ", ".join(f"${place}" if on_postgresql else "?" for place in range(1, 9))
    columns, last = ", ".join(f'"{name}"' for name in _COLUMNS), 0
    while True:
        _, rows = await client.execute_query(_AFTER.format(columns=columns, last=last))
        if not rows:
            break
        values = [_entry(dict(row)) for row in rows if row["kind"] != kept]
        if values:
            await client.execute_many(f"{_INSERT}({marks})", values)
        last = rows[-1]["id"]
    await client.execute_script(f'DELETE FROM "disclosures" WHERE "kind" <> \'{kept}\'')


def _entry(row: dict[str, Any]) -> list[Any]:
    at = row["at"]
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    entry = AuditEntry(
        at=moment,
        kind=AuditKind.LOOK,
        action=row["kind"],
        subject=row["actor_id"],
        role=row["role"],
        channel=row["channel"],
        office=row["office"],
        holder_id=row["holder_id"],
        record_id=row["record_id"],
        operation_id=row["operation_id"],
    )
    text = entry_text(entry, [], [])
    return [BEFORE, row["id"], at, entry.kind.value, entry.holder_id, entry.subject, text, ""]
