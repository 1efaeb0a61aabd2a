"""Slots: one person, one card in a province (SC-1), as a constraint of the database."""

from domain.errors import Conflict
from domain.message import Message
from store.models import SlotRow
from store.session import Session


def _one_card() -> Conflict:
    return Conflict(
        Message(
            "省内一人一卡：持卡人在本省已有社会保障卡，或者已提交申领，不能再申领。请查询原来的卡或申领进度。",
            "This person has a card, or an application for one, in this province already, and each person "
            "may have one there; look that one up.",
        ),
        code="ONE_CARD_PER_PROVINCE",
    )


class Slots:
    """The right to a card in a province, held by the operation that claimed it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def claim(self, province: str, holder_id: str, operation_id: str) -> None:
        """Take a person's slot in a province for an operation. Claiming one's own slot again changes nothing.

        Raises:
            Conflict: another operation holds it (`ONE_CARD_PER_PROVINCE`).
        """
        row = SlotRow(province=province, holder_id=holder_id, operation_id=operation_id)
        if not await self._session.insert_if_new(row) and await self.holder_of(province, holder_id) != operation_id:
            raise _one_card()

    async def release(self, province: str, holder_id: str) -> None:
        """Give a slot back, after a withdrawal or a cancellation; nothing happens when nobody holds it."""
        await self._session.writable_rows(SlotRow).filter(province=province, holder_id=holder_id).delete()

    async def holder_of(self, province: str, holder_id: str) -> str | None:
        """Return the id of the operation that holds a slot, if one does."""
        row = await self._session.rows(SlotRow).filter(province=province, holder_id=holder_id).first()
        return None if row is None else str(row.operation_id)
