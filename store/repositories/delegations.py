"""Delegations: whom adults let act for them (SC-12)."""

from collections.abc import Iterable

from domain.holder import Delegation
from domain.message import Message
from domain.region import province_of
from store.models import DelegationRow
from store.repositories.repository import Repository, grouped
from store.table import Derived, Table

_DELEGATIONS = Table(
    DelegationRow, Delegation, derived={"province": Derived(("region",), lambda sealer, region: province_of(region))}
)
_BETWEEN = _DELEGATIONS.select('WHERE "delegate_id" = $1 AND "holder_id" = $2 ORDER BY "granted_at", "id"')
_OF_HOLDERS = _DELEGATIONS.select('WHERE "holder_id" = ANY($1) ORDER BY "granted_at", "id"')
_OF_DELEGATES = _DELEGATIONS.select('WHERE "delegate_id" = ANY($1) ORDER BY "granted_at", "id"')


class Delegations(Repository[Delegation]):
    """Delegations on record, ended ones included."""

    table = _DELEGATIONS
    noun = Message("委托", "delegation")

    async def add(self, delegation: Delegation) -> None:
        """Put a delegation on record.

        Raises:
            Conflict: the id is on record already.
        """
        await self._insert(delegation)

    async def update(self, delegation: Delegation) -> Delegation:
        """Replace the record of a delegation, and return it with its new version.

        Raises:
            NotFound: it is not on record.
            Conflict: the record has changed since this version was read.
        """
        return await self._replace(delegation)

    async def between(self, delegate_id: str, holder_id: str) -> tuple[Delegation, ...]:
        """Return the delegations of one person to another, the oldest first."""
        return await self._all(_BETWEEN, delegate_id, holder_id)

    async def of_holders(self, holder_ids: Iterable[str]) -> dict[str, tuple[Delegation, ...]]:
        """Return the delegations that people have granted, by holder, the oldest first."""
        return grouped(await self._all(_OF_HOLDERS, list(holder_ids)), "holder_id")

    async def of_delegates(self, delegate_ids: Iterable[str]) -> dict[str, tuple[Delegation, ...]]:
        """Return the delegations that people were given, by delegate, the oldest first."""
        return grouped(await self._all(_OF_DELEGATES, list(delegate_ids)), "delegate_id")
