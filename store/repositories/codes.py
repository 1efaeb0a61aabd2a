"""SMS verification codes that were sent."""

from datetime import datetime

from domain.message import Message
from store.models import VerificationCodeRow
from store.records import VerificationCode
from store.repositories.repository import Repository
from store.statement import Statement
from store.table import Derived, Table

_CODES = Table(
    VerificationCodeRow,
    VerificationCode,
    personal=("mobile",),
    derived={"mobile_index": Derived(("mobile",), lambda sealer, mobile: sealer.mobile_index(mobile))},
)
_LOCK_LATEST = _CODES.select(
    'WHERE "person_id" = $1 AND "purpose" = $2 AND "mobile_index" = ANY($3) ORDER BY "sent_at" DESC, "id" DESC LIMIT 1 FOR UPDATE'
)
_SENT = 'SELECT COUNT(*) FROM "verification_codes" WHERE "sent_at" >= $1'
_SENT_FOR = Statement(f'{_SENT} AND "person_id" = $2')
_SENT_TO = Statement(f'{_SENT} AND "mobile_index" = ANY($2)')
_SENT_FOR_AND_TO = Statement(f'{_SENT} AND "person_id" = $2 AND "mobile_index" = ANY($3)')


class Codes(Repository[VerificationCode]):
    """Verification codes on record."""

    table = _CODES
    noun = Message("验证码", "verification code")

    async def add(self, code: VerificationCode) -> None:
        """Put a code on record.

        Raises:
            Conflict: the id is on record already.
        """
        await self._insert(code)

    async def lock_latest(self, person_id: str, purpose: str, mobile: str) -> VerificationCode | None:
        """Return the code last sent to a mobile number for a person and purpose, and lock it until the commit."""
        return await self._first(_LOCK_LATEST, person_id, purpose, self._indexes(mobile))

    async def take_turn(self, person_id: str, mobile: str) -> None:
        """Wait for whoever else sends a code for this person or to this number, and go before the next until the commit.

        Requests at the same moment would each find that none has been sent yet.
        """
        numbers = (f"codes to number {index}" for index in self._indexes(mobile))
        await self._session.lock_names(f"codes of person {person_id}", *numbers)

    async def update(self, code: VerificationCode) -> None:
        """Replace the record of a code; lock it first.

        Raises:
            NotFound: the code is not on record.
        """
        await self._overwrite(code)

    async def sent_since(self, since: datetime, *, person_id: str | None = None, mobile: str | None = None) -> int:
        """Return how many codes a person asked for, or a mobile number got, from a moment on.

        Raises:
            ValueError: neither a person nor a mobile number is given.
        """
        if mobile is None:
            if person_id is None:
                raise ValueError("name a person or a mobile number")
            found = await self._session.run(_SENT_FOR, since, person_id)
        else:
            index = self._indexes(mobile)
            if person_id is None:
                found = await self._session.run(_SENT_TO, since, index)
            else:
                found = await self._session.run(_SENT_FOR_AND_TO, since, person_id, index)
        return int(found[0][0])

    def _indexes(self, mobile: str) -> list[str]:
        return self._session.sealer.all_indexes(lambda by: by.mobile_index(mobile))
