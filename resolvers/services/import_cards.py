"""Putting cards on record that were issued before this service, with their holders: a piece of a file, or a row of a batch.

Several cards of one person in one province come in, for there are such. The first that is alive takes the person's slot there; what
this service issues stays one card a person and province.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from domain.card import Card, CardState
from domain.errors import Conflict, DomainError, InvalidInput, NotPermitted
from domain.frozen import replace
from domain.holder import Actor, Holder
from domain.identity import person_key
from domain.message import Message
from domain.names import same_name
from resolvers.audit import told_of
from resolvers.changing import idempotency
from resolvers.changing.access import require_channel, require_reach
from resolvers.changing.deaths import require_living
from resolvers.changing.imported_cards import CardReader, GivenCard, ReadCard
from resolvers.changing.results import Imported
from resolvers.dependencies import Dependencies
from store import UnitOfWork
from store.audit.entries import AuditKind
from store.records import CardImport

SERVICE = "import_cards"
TRIES = 5
"""How often rows are put on record anew after somebody else was faster with one of them."""


@dataclass(slots=True)
class Piece:
    """What came of some rows that were read.

    Args:
        people, cards: that are to come on record; known: the rows whose card is there already, by their place.
        refused: why rows cannot come on record, by their place; holders: whose the card of a row is, by its place.
    """

    people: list[Holder] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    known: set[int] = field(default_factory=set)
    refused: dict[int, DomainError] = field(default_factory=dict)
    holders: dict[int, Holder] = field(default_factory=dict)


async def put_on_record(work: UnitOfWork, rows: Sequence[ReadCard], import_id: str, now: datetime) -> Piece:
    """Put the cards of rows on record, and those holders who are not there yet; nobody else changes the others until the commit.

    Args:
        import_id: of the import by which they come.

    Raises:
        Conflict: somebody else has just put one of them on record; the transaction is to be given up, and begun anew.
    """
    piece = Piece()
    people = await work.holders.lock_by_identities({_document(row.holder) for row in rows})
    owners = await work.cards.owners({row.card.number for row in rows})
    new: dict[tuple[str, str], Holder] = {}
    for place, row in enumerate(rows):
        key = person_key(*_document(row.holder))
        holder = people.get(_document(row.holder)) or new.get(key)
        owner = owners.get(row.card.number)
        if owner is not None and (holder is None or owner != holder.id):
            piece.refused[place] = _taken()
        elif holder is not None and (wrong := _cannot_be_theirs(holder, row)) is not None:
            piece.refused[place] = wrong
        else:
            if holder is None:
                holder = new[key] = row.holder
            piece.holders[place] = holder
            if owner is not None:
                piece.known.add(place)
            else:
                owners[row.card.number] = holder.id
                piece.cards.append(replace(row.card, holder_id=holder.id))
    piece.people.extend(new.values())
    await work.holders.add_many(piece.people)
    await work.cards.add_imported(piece.cards, import_id)
    await work.slots.claim_for_cards([card for card in piece.cards if card.reads_as(now) is not CardState.CANCELLED])
    return piece


async def import_card(
    dependencies: Dependencies, actor: Actor, given: GivenCard, import_id: str, key: idempotency.IdempotencyKey | None
) -> Imported:
    """Put one card on record, as a row of a batch.

    Args:
        import_id: of the batch, see `batch_id`.

    Raises:
        NotPermitted: whoever asks is of another region; or the holder's death is on record and the card is not cancelled.
        InvalidInput: it cannot be right, or the document is of somebody else on record (`HOLDER_DIFFERS`).
        Conflict: somebody else has a card with that number (`CARD_EXISTS`).
    """
    policies = dependencies.policies()
    row = CardReader(policies, dependencies.clock.now()).read(given)
    require_reach(actor, row.card.region)
    require_channel(policies, actor, row.card.region)
    await idempotency.repeat(dependencies, key)
    for _ in range(TRIES - 1):
        try:
            return await _import_card(dependencies, actor, row, import_id, key)
        except Conflict as overtaken:
            if overtaken.code != Conflict.default_code:
                raise
    return await _import_card(dependencies, actor, row, import_id, key)


async def _import_card(
    dependencies: Dependencies, actor: Actor, row: ReadCard, import_id: str, key: idempotency.IdempotencyKey | None
) -> Imported:
    async with dependencies.store.transaction() as work:
        now = dependencies.clock.now()
        await idempotency.take_turn(work, key, now)
        piece = await put_on_record(work, [row], import_id, now)
        for refused in piece.refused.values():
            raise refused
        await work.card_imports.begin(CardImport(import_id, actor.person_id, actor.office, now, now))
        await work.card_imports.go_on(progress(import_id, piece, 1, 0), None, now)
        known = await work.cards.find_by_number(row.card.number) if piece.known else None
        about = {"holder_id": piece.holders[0].id, "region": row.card.region, "reference": import_id}
        work.audit.tell(told_of(actor, now, AuditKind.IMPORT, SERVICE, **about))
        answer = Imported(piece.cards[0] if known is None else known, piece.holders[0], known is not None)
        await idempotency.keep(work, key, answer, now)
        return answer


def progress(import_id: str, piece: Piece, rows: int, unread: int) -> CardImport:
    """Return what is to be counted for a piece.

    Args:
        rows: how many it had; unread: those of them that could not be read.
    """
    counts = len(piece.cards), len(piece.people), len(piece.known), len(piece.refused) + unread
    never = datetime.min
    return CardImport(import_id, "", None, never, never, rows, *counts)


def batch_id(actor: Actor, key: str) -> str:
    """Return by what a batch is known as the origin of its cards: who sent it, and the key under which they did."""
    return sha256(f"importCardsBatch\n{actor.person_id}\n{key}".encode()).hexdigest()


def _document(holder: Holder) -> tuple[str, str]:
    return holder.identity_type, holder.identity_number


def _cannot_be_theirs(holder: Holder, row: ReadCard) -> DomainError | None:
    """Return why somebody who is on record cannot have the card of a row."""
    if holder.born_on != row.holder.born_on or not same_name(holder.name, row.holder.name):
        return _somebody_else()
    if row.card.state is not CardState.CANCELLED:
        try:
            require_living(holder)
        except NotPermitted as dead:
            return dead
    return None


def _taken() -> Conflict:
    return Conflict(
        Message(
            "这个社会保障卡号在记录里是另一个人的卡，请核对卡号。",
            "On record, the card with this number is somebody else's; check the number.",
        ),
        field="input.cardNumber",
        code="CARD_EXISTS",
    )


def _somebody_else() -> InvalidInput:
    return InvalidInput(
        Message(
            "这个证件号码在记录里的姓名或出生日期与这一行不同，请对照证件核对。",
            "On record, whoever has this document has another name or date of birth; compare the row with the document.",
        ),
        field="input.identityNumber",
        code="HOLDER_DIFFERS",
    )
