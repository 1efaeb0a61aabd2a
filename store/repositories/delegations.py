"""Delegations: whom adults let act for them (SC-12)."""

from collections.abc import Iterable
from dataclasses import replace

from domain.holder import Delegation
from domain.message import Message
from domain.region import province_of
from store.models import DelegationRow
from store.repositories.repository import Repository, grouped

_PLAIN = ("region", "holder_id", "delegate_id", "reason", "granted_at", "until", "revoked_at")


class Delegations(Repository[DelegationRow, Delegation]):
    """Delegations on record, ended ones included."""

    row_class = DelegationRow
    noun = Message("委托", "delegation")

    async def add(self, delegation: Delegation) -> None:
        """Put a delegation on record.

        Raises:
            Conflict: the id is on record already.
        """
        row = DelegationRow(id=delegation.id, version=delegation.version, **self._columns(delegation))
        await self._session.insert(row, self._exists_already())

    async def update(self, delegation: Delegation) -> Delegation:
        """Replace the record of a delegation, and return it with its new version.

        Raises:
            NotFound: it is not on record.
            Conflict: the record has changed since this version was read.
        """
        await self._replace(delegation.id, delegation.version, self._columns(delegation))
        return replace(delegation, version=delegation.version + 1)

    async def between(self, delegate_id: str, holder_id: str) -> tuple[Delegation, ...]:
        """Return the delegations of one person to another, the oldest first."""
        rows = await self._rows(delegate_id=delegate_id, holder_id=holder_id).order_by("granted_at", "id")
        return tuple(self._value(row) for row in rows)

    async def of_holders(self, holder_ids: Iterable[str]) -> dict[str, tuple[Delegation, ...]]:
        """Return the delegations that people have granted, by holder, the oldest first."""
        rows = await self._rows(holder_id__in=set(holder_ids)).order_by("granted_at", "id")
        return grouped(rows, "holder_id", self._value)

    async def of_delegates(self, delegate_ids: Iterable[str]) -> dict[str, tuple[Delegation, ...]]:
        """Return the delegations that people were given, by delegate, the oldest first."""
        rows = await self._rows(delegate_id__in=set(delegate_ids)).order_by("granted_at", "id")
        return grouped(rows, "delegate_id", self._value)

    def _columns(self, delegation: Delegation) -> dict[str, object]:
        return {
            **{name: getattr(delegation, name) for name in _PLAIN},
            "province": province_of(delegation.region),
            "services": list(delegation.services),
        }

    def _value(self, row: DelegationRow) -> Delegation:
        return Delegation(
            id=row.id,
            services=tuple(row.services),
            version=row.version,
            **{name: getattr(row, name) for name in _PLAIN},
        )
