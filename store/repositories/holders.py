"""Holders, found by id or by identity document."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from domain.errors import Conflict
from domain.holder import Holder
from domain.message import Message
from domain.region import province_of
from store.models import CardRow, HolderRow, OperationRow
from store.repositories.repository import OneOf, Repository

_SEALED = (
    "name", "identity_type", "identity_number", "born_on", "mobile", "address", "postcode", "groups", "landline",
    "register_address",
)  # fmt: skip
_TAKEN = Message(
    "这个身份证件已有记录，请使用已有的记录，不要再建。",
    "A holder with this identity document is on record already; use that record.",
)


def _province(holder: Holder) -> str:
    known = (holder.address_region, *holder.insured_in, *holder.employed_in)
    return next((province_of(region) for region in known if region), "")


class Holders(Repository[HolderRow, Holder]):
    """People on record."""

    row_class = HolderRow
    noun = Message("持卡人", "holder")

    async def take_turn(self, identity_type: str, identity_number: str) -> None:
        """Keep everybody else who puts the person of this document on record waiting until the commit."""
        index = self._session.sealer.identity_index(identity_type, identity_number)
        await self._session.lock_names(f"person {index}")

    async def find_by_identity(self, identity_type: str, identity_number: str) -> Holder | None:
        """Return the person of an identity document, if they are on record, by this document or another with its number."""
        index = self._session.sealer.identity_index(identity_type, identity_number)
        row = await self._rows(identity_index=index).first()
        return None if row is None else self._value(row)

    async def concerned(
        self, ids: Collection[str], *, card_id: str | None = None, operation_id: str | None = None, lock: bool
    ) -> dict[str, Holder]:
        """Return people, and whom a card or an operation is about, by id; ids of nothing are left out.

        Args:
            lock: whether everybody else is kept from changing them until the commit. They are locked in the order of their
                ids, so that two who want the same people never wait for each other.
        """
        about = ((CardRow, card_id), (OperationRow, operation_id))
        queries = [
            self._session.rows(table).filter(id=identifier).values("holder_id")
            for table, identifier in about
            if identifier is not None
        ]
        if not ids and not queries:
            return {}
        rows = (self._locked_rows if lock else self._rows)(id__in=OneOf(ids, queries))
        return {row.id: self._value(row) for row in await rows.order_by("id")}

    async def hold(self, ids: Collection[str]) -> frozenset[str]:
        """Keep everybody else from changing people until the commit, and return whom: not those whom somebody changes just now.

        So whoever holds many waits for nobody.
        """
        if not self._session.on_postgresql:
            return frozenset(ids)
        text = "SELECT id FROM holders WHERE id = ANY($1::text[]) FOR UPDATE SKIP LOCKED"
        _, rows = await self._session.writer.execute_query(text, [list(ids)])
        return frozenset(row["id"] for row in rows)

    async def add(self, holder: Holder) -> None:
        """Put a person on record.

        Raises:
            Conflict: the person of the identity document, or the id, is on record already (`HOLDER_EXISTS`).
        """
        row = HolderRow(id=holder.id, version=holder.version, **self._columns(holder))
        await self._session.insert(row, Conflict(_TAKEN, code="HOLDER_EXISTS"))

    async def update(self, holder: Holder) -> Holder:
        """Replace the record of a person, and return it with its new version.

        Raises:
            NotFound: the person is not on record.
            Conflict: the record has changed since this version was read.
        """
        await self._replace(holder.id, holder.version, self._columns(holder))
        return replace(holder, version=holder.version + 1)

    def _columns(self, holder: Holder) -> dict[str, Any]:
        sealer = self._session.sealer
        return {
            "province": _province(holder),
            "identity_index": sealer.identity_index(holder.identity_type, holder.identity_number),
            "holder_type": holder.holder_type,
            "sealed": sealer.seal({name: getattr(holder, name) for name in _SEALED}),
            "address_region": holder.address_region,
            "insured_in": list(holder.insured_in),
            "employed_in": list(holder.employed_in),
            "full_capacity": holder.full_capacity,
            "photo_on_file": holder.photo_on_file,
            "photo_taken_on": holder.photo_taken_on,
            "deceased_at": holder.deceased_at,
        }

    def value(self, row: HolderRow) -> Holder:
        """Return the person that a row holds."""
        return self._value(row)

    def _value(self, row: HolderRow) -> Holder:
        return Holder(
            id=row.id,
            holder_type=row.holder_type,
            address_region=row.address_region,
            insured_in=tuple(row.insured_in),
            employed_in=tuple(row.employed_in),
            full_capacity=row.full_capacity,
            photo_on_file=row.photo_on_file,
            photo_taken_on=row.photo_taken_on,
            deceased_at=row.deceased_at,
            version=row.version,
            **self._session.sealer.unseal(row.sealed),
        )
