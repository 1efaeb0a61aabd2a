"""Cards, and the states that they entered."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from domain.card import LAPSED, REPLACED, AccountState, Card, CardState
from domain.errors import Conflict
from domain.message import Message
from store.citations import citation, plain_citation
from store.models import CardRow, CardStateRow
from store.records import CardStateEntry, LapsedCard, NumberedCard
from store.repositories.due import Place, lapsed
from store.repositories.repository import OneOf, Repository, grouped
from store.session import AT_ONCE, Session

_TAKEN = Message(
    "这个社会保障卡号已有记录，请核对。",
    "A card with this number is on record already; check the number.",
)


def state_entry(row: CardStateRow) -> CardStateEntry:
    """Return the entry that a row holds."""
    return CardStateEntry(
        card_id=row.card_id,
        region=row.region,
        state=CardState(row.state),
        since=row.since,
        until=row.until,
        then=CardState(row.then) if row.then else None,
        ends_at=row.ends_at,
        operation_id=row.operation_id,
        reason=row.reason,
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


def _ends(card: Card) -> dict[str, Any]:
    """Return how the state of a card ends by time alone, by the columns of its history."""
    return {"until": card.state_until, "then": card.state_then, "ends_at": card.ends_at}


class Cards(Repository[CardRow, Card]):
    """Cards on record."""

    row_class = CardRow
    noun = Message("社会保障卡", "card")

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        # The cards as they were read or written here: their states need not be read again to be written.
        self._read: dict[str, Card] = {}

    async def of_holders(self, holder_ids: Iterable[str]) -> dict[str, tuple[Card, ...]]:
        """Return the cards of people, by holder, the oldest first; who has none is left out."""
        rows = await self._rows(holder_id__in=set(holder_ids)).order_by("issued_on", "id")
        return grouped(rows, "holder_id", self._value)

    async def find_by_number(self, number: str) -> Card | None:
        """Return the card with the number that is printed on it, if there is one."""
        row = await self._rows(number_index=self._session.sealer.card_number_index(number)).first()
        return None if row is None else self._value(row)

    async def beside(self, card_id: str, *, lock: bool) -> tuple[Card, ...]:
        """Return all cards of the holder of a card, itself among them; none where there is no such card.

        Args:
            lock: whether everybody else is kept from changing them until the commit; their holder is locked before them.
        """
        holder = OneOf((), [self._rows(id=card_id).values("holder_id")])
        rows = (self._locked_rows if lock else self._rows)(holder_id__in=holder)
        return tuple(self._value(row) for row in await rows.order_by("issued_on", "id"))

    async def lock_of_holder(self, holder_id: str) -> tuple[Card, ...]:
        """Return all cards of a person, and keep everybody else from changing them until the commit."""
        rows = await self._locked_rows(holder_id=holder_id).order_by("issued_on", "id")
        return tuple(self._value(row) for row in rows)

    async def of_numbers(self, numbers: Iterable[str]) -> dict[str, NumberedCard]:
        """Return whose cards are and where they were at home, by their numbers; numbers on no record are left out."""
        indexes: dict[str, list[str]] = {}
        for number in numbers:
            indexes.setdefault(self._session.sealer.card_number_index(number), []).append(number)
        wanted, found = list(indexes), {}
        for start in range(0, len(wanted), AT_ONCE):
            cards = self._rows(number_index__in=wanted[start : start + AT_ONCE])
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

    async def add(self, card: Card, *, operation_id: str | None = None, reason: str | None = None) -> None:
        """Put a card on record, and the state it begins in.

        Args:
            card: the card.
            operation_id: what produced it; reason: a word for its history.

        Raises:
            Conflict: the number, or the id, is on record already (`CARD_EXISTS`).
        """
        row = CardRow(id=card.id, version=card.version, **self._columns(card))
        await self._session.insert(row, Conflict(_TAKEN, code="CARD_EXISTS"))
        await self._append_state(card, operation_id, reason)
        self._read[card.id] = card

    async def update(self, card: Card, *, operation_id: str | None = None, reason: str | None = None) -> Card:
        """Replace the record of a card, note the state it entered, if it did, and return it with its new version.

        Raises:
            NotFound: the card is not on record.
            Conflict: the record has changed since this version was read.
        """
        await self._replace(card.id, card.version, self._columns(card))
        await self._enter_state(card, operation_id, reason)
        written = self._read[card.id] = replace(card, version=card.version + 1)
        return written

    async def lapsed(self, now: datetime, after: Place | None, limit: int) -> tuple[LapsedCard, ...]:
        """Name the cards whose recorded state has ended by time alone, the one that ended first first.

        Only named: what is sealed in one of them may be unreadable, and must not keep the others from being found. One whose
        time has run out and that a new card has ended as well is named twice.

        Args:
            after: when the last one of the page before was due, and its id; limit: how many at most.
        """
        found = await lapsed(self._session, "cards", ("state_until", "ends_at"), now, after, limit)
        return tuple(LapsedCard(*row) for row in found)

    async def states_of_cards(self, card_ids: Iterable[str], now: datetime) -> dict[str, tuple[CardStateEntry, ...]]:
        """Return the states that cards entered, by card, the first one first; ids of nothing are left out.

        Args:
            now: a state that has run out by then is followed by the one it became, written down or not.
        """
        rows = await self._session.rows(CardStateRow).filter(card_id__in=set(card_ids)).order_by("id")
        return {
            card: tuple(with_lapses(entries, now)) for card, entries in grouped(rows, "card_id", state_entry).items()
        }

    async def _enter_state(self, card: Card, operation_id: str | None, reason: str | None) -> None:
        """Append to the history; an update that leaves the state as it was must not count as a second loss."""
        read, entered = self._read.get(card.id), False
        if read is not None and read.version == card.version:
            entered = (read.state, read.state_since) != (card.state, card.state_since)
            if not entered and _ends(read) == _ends(card):
                return
        states = self._session.writable_rows(CardStateRow)
        latest = OneOf((), [states.filter(card_id=card.id).order_by("-id").limit(1).values("id")])
        same = states.filter(id__in=latest, state=card.state, since=card.state_since)
        if not entered and await same.update(**_ends(card)):
            return
        await self._append_state(card, operation_id, reason)

    async def _append_state(self, card: Card, operation_id: str | None, reason: str | None) -> None:
        row = CardStateRow(
            province=card.province,
            region=card.region,
            card_id=card.id,
            state=card.state,
            since=card.state_since,
            operation_id=operation_id,
            reason=reason,
            **_ends(card),
        )
        await self._session.append(row)

    def _columns(self, card: Card) -> dict[str, Any]:
        sealer = self._session.sealer
        return {
            "province": card.province,
            "region": card.region,
            "holder_id": card.holder_id,
            "number_index": sealer.card_number_index(card.number),
            "sealed": sealer.seal({"number": card.number, "social_security_number": card.social_security_number}),
            "bank": card.bank,
            "generation": card.generation,
            "state": card.state,
            "issued_on": card.issued_on,
            "expires_on": card.expires_on,
            "state_since": card.state_since,
            "state_until": card.state_until,
            "state_then": card.state_then,
            "state_source": plain_citation(card.state_source),
            "ends_at": card.ends_at,
            "ends_source": plain_citation(card.ends_source),
            "password_locked": card.password_locked,
            "replaces_id": card.replaces_id,
            "account_state": card.account_state,
            "account_closed_at": card.account_closed_at,
        }

    def _value(self, row: CardRow) -> Card:
        card = self._read[row.id] = Card(
            id=row.id,
            holder_id=row.holder_id,
            region=row.region,
            province=row.province,
            bank=row.bank,
            generation=row.generation,
            state=CardState(row.state),
            issued_on=row.issued_on,
            expires_on=row.expires_on,
            state_since=row.state_since,
            state_until=row.state_until,
            state_then=CardState(row.state_then) if row.state_then else None,
            state_source=citation(row.state_source),
            ends_at=row.ends_at,
            ends_source=citation(row.ends_source),
            password_locked=row.password_locked,
            replaces_id=row.replaces_id,
            account_state=AccountState(row.account_state),
            account_closed_at=row.account_closed_at,
            version=row.version,
            **self._session.sealer.unseal(row.sealed),
        )
        return card
