"""SMS verification codes that were sent."""

from domain.message import Message
from store.models import VerificationCodeRow
from store.records import VerificationCode
from store.repositories.repository import Repository
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

    async def update(self, code: VerificationCode) -> None:
        """Replace the record of a code; lock it first.

        Raises:
            NotFound: the code is not on record.
        """
        await self._overwrite(code)

    def _indexes(self, mobile: str) -> list[str]:
        return self._session.sealer.all_indexes(lambda by: by.mobile_index(mobile))
