"""SMS verification codes that were sent."""

from datetime import datetime
from typing import Any

from domain.message import Message
from store.models import VerificationCodeRow
from store.records import VerificationCode
from store.repositories.repository import Repository

_PLAIN = ("person_id", "purpose", "code_hash", "sent_at", "expires_at", "tries", "consumed_at")


class Codes(Repository[VerificationCodeRow, VerificationCode]):
    """Verification codes on record."""

    row_class = VerificationCodeRow
    noun = Message("验证码", "verification code")

    async def add(self, code: VerificationCode) -> None:
        """Put a code on record.

        Raises:
            Conflict: the id is on record already.
        """
        row = VerificationCodeRow(id=code.id, **self._columns(code))
        await self._session.insert(row, self._exists_already())

    async def lock_latest(self, person_id: str, purpose: str, mobile: str) -> VerificationCode | None:
        """Return the code last sent to a mobile number for a person and purpose, and lock it until the commit."""
        index = self._session.sealer.mobile_index(mobile)
        rows = self._locked_rows(person_id=person_id, purpose=purpose, mobile_index=index)
        row = await rows.order_by("-sent_at", "-id").first()
        return None if row is None else self._value(row)

    async def take_turn(self, person_id: str, mobile: str) -> None:
        """Wait for whoever else sends a code for this person or to this number, and go before the next until the commit.

        Requests at the same moment would each find that none has been sent yet.
        """
        index = self._session.sealer.mobile_index(mobile)
        await self._session.lock_names(f"codes of person {person_id}", f"codes to number {index}")

    async def update(self, code: VerificationCode) -> None:
        """Replace the record of a code; lock it first.

        Raises:
            NotFound: the code is not on record.
        """
        await self._overwrite(code.id, self._columns(code))

    async def sent_since(self, since: datetime, *, person_id: str | None = None, mobile: str | None = None) -> int:
        """Return how many codes a person asked for, or a mobile number got, from a moment on.

        Raises:
            ValueError: neither a person nor a mobile number is given.
        """
        if person_id is None and mobile is None:
            raise ValueError("name a person or a mobile number")
        rows = self._rows(sent_at__gte=since)
        if person_id is not None:
            rows = rows.filter(person_id=person_id)
        if mobile is not None:
            rows = rows.filter(mobile_index=self._session.sealer.mobile_index(mobile))
        return await rows.count()

    def _columns(self, code: VerificationCode) -> dict[str, Any]:
        return {
            **{name: getattr(code, name) for name in _PLAIN},
            "mobile_index": self._session.sealer.mobile_index(code.mobile),
            "sealed": self._session.sealer.seal({"mobile": code.mobile}),
        }

    def _value(self, row: VerificationCodeRow) -> VerificationCode:
        personal = self._session.sealer.unseal(row.sealed)
        return VerificationCode(id=row.id, **{name: getattr(row, name) for name in _PLAIN}, **personal)
