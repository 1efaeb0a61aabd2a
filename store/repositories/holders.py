"""Holders, found by id or by identity document."""

from collections.abc import Collection
from typing import Any

from domain.errors import Conflict
from domain.holder import Holder
from domain.message import Message
from domain.region import province_of
from store.models import HolderRow
from store.repositories.identity_documents import DOCUMENTS, main_document
from store.repositories.repository import Repository, storable
from store.sealing import Sealer
from store.statement import Statement
from store.table import Derived, Table

SEALED = (
    "name", "identity_type", "identity_number", "born_on", "mobile", "address", "postcode", "groups", "landline",
    "register_address",
)  # fmt: skip
_TAKEN = Message(
    "这个身份证件已有记录，请使用已有的记录，不要再建。",
    "A holder with this identity document is on record already; use that record.",
)


def _province(sealer: Sealer, *known: Any) -> str:
    """Return the province of the first region that is known."""
    address, insured_in, employed_in = known
    regions = (address, *insured_in, *employed_in)
    return next((province_of(region) for region in regions if region), "")


_HOLDERS = Table(
    HolderRow,
    Holder,
    personal=SEALED,
    derived={
        "province": Derived(("address_region", "insured_in", "employed_in"), _province),
        "identity_index": Derived(
            ("identity_type", "identity_number"), lambda sealer, *document: sealer.identity_index(*document)
        ),
        "namesake_index": Derived(("name", "born_on"), lambda sealer, *person: sealer.namesake_index(*person)),
    },
)
_BY_IDENTITY = _HOLDERS.select(
    'WHERE "identity_index" = ANY($1) '
    'OR "id" = (SELECT "holder_id" FROM "identity_documents" WHERE "identity_index" = ANY($1) LIMIT 1)'
)
# What a card or an operation is about is asked once, before the rows are looked for: a row that had to be waited for to be
# locked is still found when it was changed meanwhile. PostgreSQL may lose it where a query is joined with the other table.
_CONCERNED = _HOLDERS.select(
    'WHERE "id" = ANY($1) OR "id" = (SELECT "holder_id" FROM "cards" WHERE "id" = $2) '
    'OR "id" = (SELECT "holder_id" FROM "operations" WHERE "id" = $3) ORDER BY "id"'
)
_NAMESAKES = _HOLDERS.select('WHERE "namesake_index" = ANY($1) ORDER BY "id"')
_AFTER = _HOLDERS.select('WHERE "id" > $1 ORDER BY "id" LIMIT $2')
_OF_IDENTITIES = Statement(
    'SELECT "identity_index", "holder_id" FROM "identity_documents" WHERE "identity_index" = ANY($1)'
)
_LOCK_CONCERNED = _CONCERNED.locking()

_HOLD = Statement('SELECT "id" FROM "holders" WHERE "id" = ANY($1) FOR UPDATE SKIP LOCKED')


class Holders(Repository[Holder]):
    """People on record."""

    table = _HOLDERS
    noun = Message("持卡人", "holder")

    async def take_turn(self, identity_type: str, identity_number: str) -> None:
        """Keep everybody else who puts the person of this document on record waiting until the commit."""
        indexes = self._session.sealer.all_indexes(lambda by: by.identity_index(identity_type, identity_number))
        await self._session.lock_names(*(f"person {index}" for index in indexes))

    async def find_by_identity(self, identity_type: str, identity_number: str) -> Holder | None:
        """Return the person of an identity document, if they are on record by any that they have or had with its number."""
        indexes = self._session.sealer.all_indexes(lambda by: by.identity_index(identity_type, identity_number))
        return await self._first(_BY_IDENTITY, indexes)

    async def lock_by_identities(self, documents: Collection[tuple[str, str]]) -> dict[tuple[str, str], Holder]:
        """Return the people of identity documents who are on record, by document, and keep everybody else from changing them, and
        from putting people of these documents on record, until the commit.

        Args:
            documents: each its type and number.
        """
        indexes = self._session.sealer.by_index(documents, lambda by, document: by.identity_index(*document))
        await self._session.lock_names(*(f"person {index}" for index in indexes))
        ids: Any = await self._session.run(_OF_IDENTITIES, list(indexes))
        people = {holder.id: holder for holder in await self.lock_many({holder for _, holder in ids})}
        return {document: people[holder] for index, holder in ids if holder in people for document in indexes[index]}

    async def add_many(self, holders: Collection[Holder]) -> None:
        """Put people on record, each with the document that their record names.

        Raises:
            Conflict: somebody else has just put one of them on record; the transaction is to be given up.
        """
        sealer = self._session.sealer
        people = list(holders)
        if await self._session.is_taken(_HOLDERS, people):
            raise Conflict(_TAKEN, code="HOLDER_EXISTS")
        rows = [_HOLDERS.write(holder, _HOLDERS.columns, sealer) for holder in people]
        await self._session.insert_many(_HOLDERS, rows)
        documents = [DOCUMENTS.write(main_document(holder), DOCUMENTS.columns, sealer) for holder in holders]
        await self._session.insert_many(DOCUMENTS, documents)

    async def concerned(
        self, ids: Collection[str], *, card_id: str | None = None, operation_id: str | None = None, lock: bool
    ) -> dict[str, Holder]:
        """Return people, and whom a card or an operation is about, by id; ids of nothing are left out.

        Args:
            lock: whether everybody else is kept from changing them until the commit. They are locked in the order of their
                ids, so that two who want the same people never wait for each other.
        """
        if not ids and card_id is None and operation_id is None:
            return {}
        wanted = [storable(identifier) for identifier in ids]
        found = await self._all(_LOCK_CONCERNED if lock else _CONCERNED, wanted, card_id, operation_id)
        return {holder.id: holder for holder in found}

    async def namesakes(self, people: Collection[Holder]) -> dict[str, tuple[Holder, ...]]:
        """Return the others on record who share name and date of birth with people, by their ids."""
        sealer = self._session.sealer
        sought = sealer.by_index(people, lambda by, person: by.namesake_index(person.name, person.born_on))
        indexes = {person.id: sealer.namesake_index(person.name, person.born_on) for person in people}
        found: dict[str, list[Holder]] = {}
        for other in await self._all(_NAMESAKES, list(sought)):
            found.setdefault(sealer.namesake_index(other.name, other.born_on), []).append(other)
        return {
            identifier: tuple(other for other in found.get(index, ()) if other.id != identifier)
            for identifier, index in indexes.items()
        }

    async def after(self, identifier: str, limit: int) -> tuple[Holder, ...]:
        """Return people in the order of their ids, from above an id on.

        Args:
            limit: how many at most.
        """
        return await self._all(_AFTER, identifier, limit)

    async def hold(self, ids: Collection[str]) -> frozenset[str]:
        """Keep everybody else from changing people until the commit, and return whom: not those whom somebody changes just now.

        So whoever holds many waits for nobody.
        """
        return frozenset(found[0] for found in await self._session.run(_HOLD, list(ids)))

    async def add(self, holder: Holder) -> None:
        """Put a person on record, with the document that their record names.

        Raises:
            Conflict: the person of the identity document, or the id, is on record already (`HOLDER_EXISTS`).
        """
        await self._insert(holder, Conflict(_TAKEN, code="HOLDER_EXISTS"))
        await self._session.insert(DOCUMENTS, main_document(holder), Conflict(_TAKEN, code="HOLDER_EXISTS"))

    async def update(self, holder: Holder) -> Holder:
        """Replace the record of a person, and return it with its new version.

        Raises:
            NotFound: the person is not on record.
            Conflict: the record has changed since this version was read.
        """
        return await self._replace(holder)
