"""What was shown to whom; entries are only ever added."""

from collections.abc import Iterable

from store.models import DisclosureRow
from store.records import Disclosure
from store.session import Session
from store.table import Table

_DISCLOSURES = Table(DisclosureRow, Disclosure)
_OF_HOLDER = _DISCLOSURES.select('WHERE "holder_id" = $1 ORDER BY "at", "id"')


class Disclosures:
    """What was shown of people's papers and data."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, disclosures: Iterable[Disclosure]) -> None:
        """Write down what is shown, before it is."""
        for each in disclosures:
            await self._session.append(_DISCLOSURES, each)

    async def of_holder(self, holder_id: str) -> tuple[Disclosure, ...]:
        """Return what was shown about a person, the oldest first."""
        return tuple(await self._session.find(_OF_HOLDER, holder_id))
