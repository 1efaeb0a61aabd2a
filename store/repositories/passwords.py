"""Service passwords of cards (CD-5, SC-6, SC-7): only their hashes, and those sealed."""

from collections.abc import Iterable

from store.models import PasswordRow
from store.records import ServicePassword
from store.session import Session
from store.table import Table

PASSWORDS = Table(
    PasswordRow, ServicePassword, identifier="card_id", personal=("password_hash",), sealed_as={"password_hash": "hash"}
)


class Passwords:
    """Service passwords by card. The card is locked by whoever writes, so that tries are counted one by one."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def of_card(self, card_id: str) -> ServicePassword | None:
        """Return the password of a card, if one is set."""
        return (await self.of_cards([card_id])).get(card_id)

    async def of_cards(self, card_ids: Iterable[str]) -> dict[str, ServicePassword]:
        """Return the passwords of cards, by card; a card that has none is left out."""
        found = await self._session.find(PASSWORDS.by_ids, list(card_ids))
        return {password.card_id: password for password in found}

    async def keep(self, password: ServicePassword, province: str, *, first: bool = False) -> None:
        """Write the password of a card, in place of an earlier one.

        Args:
            province: of the card; first: whether there is none most probably.
        """
        if not first or not await self._session.insert_if_new(PASSWORDS, password, province=province):
            names = PASSWORDS.changed(None, password)
            columns = PASSWORDS.write(password, names, self._session.sealer, province=province)
            if not await self._session.run(PASSWORDS.update(names), *columns, password.card_id):
                await self._session.append(PASSWORDS, password, province=province)
