"""Slots: one person, one card in a province (SC-1), as a constraint of the database."""

from collections.abc import Collection

from domain.card import Card
from domain.errors import Conflict
from domain.message import Message
from store.session import Session
from store.statement import Statement

_CLAIM = Statement(
    'INSERT INTO "slots" ("province", "holder_id", "operation_id") VALUES ($1, $2, $3) '
    'ON CONFLICT ("province", "holder_id") DO UPDATE SET "operation_id" = $3 '
    'WHERE "slots"."operation_id" = $3 OR "slots"."operation_id" = ANY($4) RETURNING 1'
)
_CLAIM_IF_FREE = Statement(
    'INSERT INTO "slots" ("province", "holder_id", "operation_id") VALUES ($1, $2, $3) '
    'ON CONFLICT ("province", "holder_id") DO NOTHING'
)
_HOLDER_OF = Statement('SELECT "operation_id" FROM "slots" WHERE "province" = $1 AND "holder_id" = $2')


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
    """The right to a card in a province, held by the operation that claimed it, until another takes it over.

    A card that was issued before this service came of no operation and holds it itself; further ones of that time hold none.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    async def claim(
        self, province: str, holder_id: str, operation_id: str, ended: Collection[str] = (), *, at_once: bool = True
    ) -> None:
        """Take a person's slot in a province for an operation. Claiming one's own slot again changes nothing.

        Args:
            ended: ids of operations and cards of which nothing is left that would need the slot; it is taken over from any.
            at_once: whether it is claimed now; else together with what is written next, and a conflict is told then.

        Raises:
            Conflict: another operation holds it (`ONE_CARD_PER_PROVINCE`).
        """
        claimed = province, holder_id, operation_id, list(ended)
        if not at_once:
            await self._session.put_off(_CLAIM, claimed, _one_card())
        elif not await self._session.run(_CLAIM, *claimed):
            raise _one_card()

    async def claim_for_cards(self, cards: Collection[Card]) -> None:
        """Take the slots of the holders of cards that were issued before this service, for these, where they are free."""
        await self._session.run_many(_CLAIM_IF_FREE, [(card.province, card.holder_id, card.id) for card in cards])

    async def holder_of(self, province: str, holder_id: str) -> str | None:
        """Return the id of the operation or card that claimed a slot last, if one did."""
        found = await self._session.run(_HOLDER_OF, province, holder_id)
        return found[0][0] if found else None
