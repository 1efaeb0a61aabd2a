"""All that is on record about one person, in whichever table: read as it is, and erased but for what has to stay."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from domain.holder import Holder
from store.columns import Row
from store.encoding import load
from store.repositories.cards import Cards
from store.repositories.documents import Documents
from store.repositories.holders import Holders
from store.repositories.operations import Operations
from store.repositories.sealed_rows import TABLES
from store.session import Session
from store.statement import Statement
from store.table import Table

_OF_CARDS: Final = '"card_id" IN (SELECT "id" FROM "cards" WHERE "holder_id" = $1)'
_OF_OPERATIONS: Final = '"operation_id" IN (SELECT "id" FROM "operations" WHERE "holder_id" = $1)'
ABOUT: Final[Mapping[str, str]] = {
    "holders": '"id" = $1',
    "identity_documents": '"holder_id" = $1',
    "guardianships": '"guardian_id" = $1 OR "ward_id" = $1',
    "delegations": '"holder_id" = $1 OR "delegate_id" = $1',
    "merges": '"kept_id" = $1 OR "gone_id" = $1',
    "cards": '"holder_id" = $1',
    "card_states": _OF_CARDS,
    "passwords": '"id" IN (SELECT "id" FROM "cards" WHERE "holder_id" = $1)',
    "slots": '"holder_id" = $1',
    "operations": '"holder_id" = $1',
    "timeline": _OF_OPERATIONS,
    "decisions": _OF_OPERATIONS,
    "payments": _OF_OPERATIONS,
    "refunds": _OF_OPERATIONS,
    "documents": '"owner_id" = $1',
    "uploads": '"uploaded_by" = $1',
    "disclosures": '"holder_id" = $1',
    "verification_codes": '"person_id" = $1',
    "face_checks": '"person_id" = $1',
    "answers": '"person_id" = $1',
    "account_entries": '"holder_id" = $1',
    "audit_entries": '"holder_id" = $1',
    "notices": '"holder_id" = $1',
}
"""Where rows about a person are, by table; a test holds it to the tables that there are."""
_SECRET: Final = frozenset({"password_hash", "code_hash", "key_hash", "fingerprint", "answer"})
"""What is about a person and of no use to them, but to whoever wants to act in their name; and kept answers, which say what other
tables do, also of others for whom that person asked.
"""
_VALUES: Final[Mapping[str, Table[Any]]] = {each.name: each for each in (*TABLES.values(), Documents.table)}
"""Tables of which a row is a value with parts, by name; others are read column by column."""
DELETED: Final = (
    "verification_codes", "face_checks", "answers", "passwords", "account_entries", "delegations", "guardianships", "slots",
    "identity_documents", "notices",
)  # fmt: skip
"""Whose rows go with the person."""
ERASED_NAME: Final = "已删除"
_NOTES: Final = Statement(
    f'UPDATE "timeline" SET "sealed" = NULL WHERE {_OF_OPERATIONS} AND "sealed" IS NOT NULL RETURNING 1'
)
_DROP: Final = {table: Statement(f'DELETE FROM "{table}" WHERE {ABOUT[table]} RETURNING 1') for table in DELETED}
_DROP_DOCUMENTS: Final = Statement('DELETE FROM "documents" WHERE "id" = ANY($1) RETURNING 1')


class PersonData:
    """What is on record about a person."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def ids(self, table: str, person_id: str) -> list[Any]:
        """Return the ids of the rows about a person of a table, in order."""
        found = await self._session.run(
            Statement(f'SELECT "id" FROM "{table}" WHERE {ABOUT[table]} ORDER BY "id"'), person_id
        )
        return [identifier for (identifier,) in found]

    async def rows(self, table: str, ids: Sequence[Any]) -> list[dict[str, Any]]:
        """Return rows of a table: what is sealed opened, what serves to prove who somebody is left out."""
        known = _VALUES.get(table)
        if known is not None:
            values = await self._session.find(known.select('WHERE "id" = ANY($1) ORDER BY "id"'), list(ids))
            return [_shown(_structure(value)) for value in values]
        model = next(each for each in Row.__subclasses__() if each._meta.db_table == table)
        columns = list(model._meta.db_fields)
        named = ", ".join(f'"{column}"' for column in columns)
        rows = await self._session.run(
            Statement(f'SELECT {named} FROM "{table}" WHERE "id" = ANY($1) ORDER BY "id"'), list(ids)
        )
        return [_shown(dict(zip(columns, map(_plain, row), strict=True))) for row in rows]

    async def count(self, table: str, person_id: str) -> int:
        """Return how many rows of a table are about a person."""
        where = Statement(f'SELECT count(*) FROM "{table}" WHERE {ABOUT[table]}')
        return int((await self._session.run(where, person_id))[0][0])

    async def delete(self, table: str, person_id: str) -> int:
        """Delete the rows about a person of a table that goes with them, and return how many there were."""
        return len(await self._session.run(_DROP[table], person_id))

    async def drop_documents(self, ids: Sequence[str]) -> int:
        """Delete documents, whose files are gone, and return how many there were."""
        return len(await self._session.run(_DROP_DOCUMENTS, list(ids)))

    async def empty(self, person_id: str) -> dict[str, int]:
        """Empty the records that have to stay of what is personal in them; return how many of each table were not empty yet."""
        holder, session = await self._one(person_id), self._session
        operations = await session.find(Operations.table.select(f"WHERE {ABOUT['operations']}"), person_id)
        cards = await session.find(Cards.table.select(f"WHERE {ABOUT['cards']}"), person_id)
        emptied: dict[str, list[tuple[Table[Any], Any, Any]]] = {
            "holders": [(Holders.table, holder, _nobody(holder))],
            "cards": [(Cards.table, each, replace(each, number=each.id, social_security_number="")) for each in cards],
            "operations": [(Operations.table, each, _without_details(each)) for each in operations],
        }
        found = {"timeline": len(await session.run(_NOTES, person_id))}
        for name, rows in emptied.items():
            changed = [(table, before, after) for table, before, after in rows if before != after]
            for table, before, after in changed:
                names = table.changed(before, after)
                written = table.write(after, names, session.sealer)
                await session.run(table.update(names), *written, before.id, before.version)
            found[name] = len(changed)
        return found

    async def _one(self, person_id: str) -> Holder:
        return await Holders(self._session).lock(person_id)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _SECRET}


def _structure(value: Any) -> Any:
    """Return a value as mappings, lists and plain values, whatever it is made of."""
    if hasattr(value, "__dataclass_fields__"):
        return {name: _structure(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {name: _structure(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_structure(part) for part in value]
    return value


def _plain(value: Any) -> Any:
    """Return a structure as what it is, and not as the text in which it is kept."""
    return load(value) if isinstance(value, str) and value[:1] in "[{" and value[-1:] in "]}" and value else value


def _nobody(holder: Holder) -> Holder:
    """Return the record of a person with nothing about them: what stays on record still leads somewhere."""
    return Holder(
        id=holder.id,
        name=ERASED_NAME,
        holder_type=holder.holder_type,
        identity_type=holder.identity_type,
        identity_number=holder.id,
        born_on=date(1900, 1, 1),
        deceased_at=holder.deceased_at,
        version=holder.version,
    )


def _without_details(operation: Any) -> Any:
    return replace(
        operation,
        details={},
        declarations={},
        sighted=(),
        delivery=None,
        correction_reason=None,
        tracking_number=None,
        postponed=None,
    )
