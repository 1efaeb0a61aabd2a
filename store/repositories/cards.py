"""Cards, and the states that they entered."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from domain.card import IMPORTED, LAPSED, REPLACED, Card, CardState
from domain.errors import Conflict
from domain.message import Message
from store.blind_index import BlindIndex
from store.card_models import CardRow, CardStateRow
from store.citations import CITATION
from store.records import CardStateEntry, LapsedCard, NumberedCard, Place
from store.repositories.due import CARDS, lapsed
from store.repositories.operation_changes import CHANGED_IN
from store.repositories.repository import Repository, grouped, storable
from store.session import AT_ONCE
from store.statement import Statement
from store.table import Derived, Table

_TAKEN = Message(
    "这个社会保障卡号已有记录，请核对。",
    "A card with this number is on record already; check the number.",
)


def with_lapses(entries: Sequence[CardStateEntry], now: datetime | None) -> Iterator[CardStateEntry]:
    """Yield the states of one card and, after each that ran out before the next, the state it became by time alone.

    Args:
        now: when the last one is looked at; without it, the last one is left as it is.
    """
    locked = False
    for entry, following in pairwise([*entries, None]):
        if entry is None:
            continue
        yield entry
        # A lock outlasts a loss: who was locked before it is locked after it (`Card.lapsed`).
        locked = entry.state is CardState.LOCKED or (locked and entry.state is not CardState.ACTIVE)
        ended = following.since if following is not None else now
        written = following is not None and following.reason == LAPSED
        if ended is not None and not written and _ends_by_itself(entry, ended):
            lock_stays = locked and entry.state is not CardState.LOCKED and entry.then is CardState.ACTIVE
            became = CardState.LOCKED if lock_stays else entry.then or entry.state
            since = entry.until or ended
            yield CardStateEntry(entry.card_id, entry.region, became, since, reason=LAPSED, ends_at=entry.ends_at)
        if following is None and now is not None and entry.ends_at is not None and entry.ends_at <= now:
            yield CardStateEntry(entry.card_id, entry.region, CardState.CANCELLED, entry.ends_at, reason=REPLACED)


def _ends_by_itself(entry: CardStateEntry, ended: datetime) -> bool:
    """Say whether a state runs out by a moment, and before a new card ends the card."""
    if entry.until is None or entry.then is None or entry.until > ended:
        return False
    return entry.ends_at is None or entry.until < entry.ends_at


def _ends(card: Card) -> tuple[datetime | None, CardState | None, datetime | None]:
    """Return how the state of a card ends by time alone."""
    return card.state_until, card.state_then, card.ends_at


def _entered(card: Card, operation_id: str | None, reason: str | None, import_id: str | None = None) -> CardStateEntry:
    """Return the line of its history by which a card enters the state that it is in."""
    until, then, ends_at = _ends(card)
    return CardStateEntry(
        card.id, card.region, card.state, card.state_since, until, then, operation_id, reason, ends_at, import_id
    )


_CARDS = Table(
    CardRow,
    Card,
    personal=("number", "social_security_number"),
    structures={"state_source": CITATION, "ends_source": CITATION},
    derived={"number_index": Derived(("number",), lambda sealer, number: sealer.card_number_index(number))},
)
_OF_HOLDERS = _CARDS.select('WHERE "holder_id" = ANY($1) ORDER BY "issued_on", "id"')
_BY_NUMBER = _CARDS.select('WHERE "number_index" = ANY($1)')
_BESIDE = _CARDS.select(
    'WHERE "holder_id" = (SELECT "holder_id" FROM "cards" WHERE "id" = $1) ORDER BY "issued_on", "id"'
)
_LOCK_BESIDE = _BESIDE.locking()
_LOCK_OF_HOLDERS = _OF_HOLDERS.locking()
_OWNERS = Statement('SELECT "number_index", "holder_id" FROM "cards" WHERE "number_index" = ANY($1)')
_STATES = Table(CardStateRow, CardStateEntry, computed=CHANGED_IN)
_STATES_OF_CARDS = _STATES.select('WHERE "card_id" = ANY($1) ORDER BY "id"')
# The latest is asked for by itself, before the row is looked for.
_SAY_AGAIN = Statement(
    'UPDATE "card_states" SET "until" = $4, "then" = $5, "ends_at" = $6 '
    'WHERE "id" = (SELECT "id" FROM "card_states" WHERE "card_id" = $1 ORDER BY "id" DESC LIMIT 1) '
    'AND "state" = $2 AND "since" = $3 RETURNING 1'
)


class Cards(Repository[Card]):
    """Cards on record."""

    table = _CARDS
    noun = Message("社会保障卡", "card")

    async def of_holders(self, holder_ids: Iterable[str]) -> dict[str, tuple[Card, ...]]:
        """Return the cards of people, by holder, the oldest first; who has none is left out."""
        return grouped(await self._all(_OF_HOLDERS, list(holder_ids)), "holder_id")

    async def find_by_number(self, number: str) -> Card | None:
        """Return the card with the number that is printed on it, if there is one."""
        return await self._first(_BY_NUMBER, self._session.sealer.all_indexes(lambda by: by.card_number_index(number)))

    async def beside(self, card_id: str, *, lock: bool) -> tuple[Card, ...]:
        """Return all cards of the holder of a card, itself among them; none where there is no such card.

        Args:
            lock: whether everybody else is kept from changing them until the commit; their holder is locked before them.
        """
        return await self._all(_LOCK_BESIDE if lock else _BESIDE, storable(card_id))

    async def lock_of_holder(self, holder_id: str) -> tuple[Card, ...]:
        """Return all cards of a person, and keep everybody else from changing them until the commit."""
        return await self._all(_LOCK_OF_HOLDERS, [holder_id])

    async def of_numbers(self, numbers: Iterable[str]) -> dict[str, NumberedCard]:
        """Return whose cards are and where they were at home, by their numbers; numbers on no record are left out."""
        indexes = self._session.sealer.by_index(numbers, BlindIndex.card_number_index)
        wanted, found = list(indexes), {}
        for start in range(0, len(wanted), AT_ONCE):
            cards = self._session.rows(CardRow).filter(number_index__in=wanted[start : start + AT_ONCE])
            rows = await cards.only("id", "number_index", "holder_id", "region")
            homes = {row.id: {row.region} for row in rows}
            for state in (
                await self._session.rows(CardStateRow).filter(card_id__in=list(homes)).only("card_id", "region")
            ):
                homes[state.card_id].add(state.region)
            for row in rows:
                card = NumberedCard(row.holder_id, frozenset(homes[row.id]))
                found.update(dict.fromkeys(indexes[row.number_index], card))
        return found

    async def owners(self, numbers: Iterable[str]) -> dict[str, str]:
        """Return the ids of the holders of cards, by the numbers of these; numbers on no record are left out."""
        indexes = self._session.sealer.by_index(numbers, BlindIndex.card_number_index)
        rows: Any = await self._session.run(_OWNERS, list(indexes))
        return {number: holder for index, holder in rows for number in indexes[index]}

    async def add_imported(self, cards: Sequence[Card], import_id: str) -> None:
        """Put cards on record that were issued before this service, with the state that each is in.

        Args:
            import_id: by which they come.

        Raises:
            Conflict: somebody else has just put one of the numbers on record; the transaction is to be given up.
        """
        sealer = self._session.sealer
        if await self._session.is_taken(_CARDS, cards):
            raise Conflict(_TAKEN, code="CARD_EXISTS")
        await self._session.insert_many(_CARDS, [_CARDS.write(card, _CARDS.columns, sealer) for card in cards])
        entries = [(card.province, _entered(card, None, IMPORTED, import_id)) for card in cards]
        rows = [_STATES.write(entry, _STATES.columns, sealer, province=province) for province, entry in entries]
        await self._session.insert_many(_STATES, rows)

    async def add(self, card: Card, *, operation_id: str | None = None, reason: str | None = None) -> None:
        """Put a card on record, and the state it begins in.

        Args:
            card: the card.
            operation_id: what produced it; reason: a word for its history.

        Raises:
            Conflict: the number, or the id, is on record already (`CARD_EXISTS`).
        """
        await self._insert(card, Conflict(_TAKEN, code="CARD_EXISTS"))
        await self._append_state(card, operation_id, reason)

    async def update(self, card: Card, *, operation_id: str | None = None, reason: str | None = None) -> Card:
        """Replace the record of a card, note the state it entered, if it did, and return it with its new version.

        Raises:
            NotFound: the card is not on record.
            Conflict: the record has changed since this version was read.
        """
        before = self._known.get(card.id)
        written = await self._replace(card)
        await self._enter_state(before, card, operation_id, reason)
        return written

    async def lapsed(self, now: datetime, after: Place | None, limit: int) -> tuple[LapsedCard, ...]:
        """Name the cards whose recorded state has ended by time alone, the one that ended first first.

        Only named: what is sealed in one of them may be unreadable, and must not keep the others from being found. One whose
        time has run out and that a new card has ended as well is named twice.

        Args:
            after: when the last one of the page before was due, and its id; limit: how many at most.
        """
        found = await lapsed(self._session, CARDS, now, after, limit)
        return tuple(LapsedCard(*row) for row in found)

    async def states_of_cards(self, card_ids: Iterable[str], now: datetime) -> dict[str, tuple[CardStateEntry, ...]]:
        """Return the states that cards entered, by card, the first one first; ids of nothing are left out.

        Args:
            now: a state that has run out by then is followed by the one it became, written down or not.
        """
        found = grouped(await self._session.find(_STATES_OF_CARDS, list(card_ids)), "card_id")
        return {card: tuple(with_lapses(entries, now)) for card, entries in found.items()}

    async def _enter_state(self, before: Card | None, card: Card, operation_id: str | None, reason: str | None) -> None:
        """Append to the history; an update that leaves the state as it was must not count as a second loss."""
        entered = False
        if before is not None and before.version == card.version:
            entered = (before.state, before.state_since) != (card.state, card.state_since)
            if not entered and _ends(before) == _ends(card):
                return
        state = card.id, card.state, card.state_since
        if not entered and await self._session.run(_SAY_AGAIN, *state, *_ends(card)):
            return
        await self._append_state(card, operation_id, reason)

    async def _append_state(self, card: Card, operation_id: str | None, reason: str | None) -> None:
        await self._session.append(_STATES, _entered(card, operation_id, reason), province=card.province)
