"""Service passwords of cards (CD-5, SC-6, SC-7): only their hashes, and those sealed."""

from collections.abc import Iterable

from store.models import PasswordRow
from store.records import ServicePassword
from store.session import Session


class Passwords:
    """Service passwords by card. The card is locked by whoever writes, so that tries are counted one by one."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def of_card(self, card_id: str) -> ServicePassword | None:
        """Return the password of a card, if one is set."""
        return (await self.of_cards([card_id])).get(card_id)

    async def of_cards(self, card_ids: Iterable[str]) -> dict[str, ServicePassword]:
        """Return the passwords of cards, by card; a card that has none is left out."""
        rows = await self._session.rows(PasswordRow).filter(id__in=set(card_ids))
        return {row.id: self._value(row) for row in rows}

    async def keep(self, password: ServicePassword, province: str, *, first: bool = False) -> None:
        """Write the password of a card, in place of an earlier one.

        Args:
            province: of the card; first: whether there is none most probably.
        """
        columns = {
            "province": province,
            "sealed": self._session.sealer.seal({"hash": password.password_hash}),
            "errors": password.errors,
            "changed_at": password.changed_at,
        }
        if not first or not await self._session.insert_if_new(PasswordRow(id=password.card_id, **columns)):
            rows = self._session.writable_rows(PasswordRow).filter(id=password.card_id)
            if not await rows.update(**columns):
                await self._session.append(PasswordRow(id=password.card_id, **columns))

    def _value(self, row: PasswordRow) -> ServicePassword:
        return ServicePassword(row.id, self._session.sealer.unseal(row.sealed)["hash"], row.changed_at, row.errors)
