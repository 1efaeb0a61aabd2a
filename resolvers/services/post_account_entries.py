"""Posting entries of medical personal accounts, all of a batch or nothing (QD-7)."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from domain.account import AccountEntry, EntryKind
from domain.errors import Conflict, InvalidInput, NotFound
from domain.holder import Actor
from domain.message import Message
from domain.region import lies_within, province_of
from resolvers import rate_limiting
from resolvers.audit import told_of
from resolvers.changing import idempotency
from resolvers.changing.access import require_reach
from resolvers.changing.details import require_visible
from resolvers.changing.recording import keep_decision
from resolvers.changing.results import Posted
from resolvers.dependencies import Dependencies
from resolvers.looking_up.without_holder import decide_without_holder
from store import UnitOfWork
from store.audit.entries import AuditKind
from store.records import AccountBatch

SERVICE = "post_account_entries"
MAX_ENTRIES = 1000
"""As many as fit into the body of a request."""
MAX_REFERENCE = 100
MAX_DESCRIPTION = 200
MAX_AMOUNT = 10**12


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry as a settlement system posts it.

    Args:
        card_number: of a card of whose account it is.
        reference: the system's own name for it; kind: credit or spending; amount: in fen, above zero.
        occurred_at: when the money moved; description: what for.
    """

    card_number: str
    reference: str
    kind: EntryKind
    amount: int
    occurred_at: datetime
    description: str | None = None


async def post_entries(
    dependencies: Dependencies,
    actor: Actor,
    region: str,
    reference: str,
    entries: Sequence[NewEntry],
    key: idempotency.IdempotencyKey | None,
) -> Posted:
    """Post a batch of entries: all of it or nothing. The same batch again changes nothing.

    Args:
        reference: the settlement system's name for the batch, unique in the region.

    Raises:
        NotPermitted, DecisionRefused: whoever posts is no settlement system of the region.
        InvalidInput: an entry cannot be right; the field says which.
        NotFound: a card number is on no record.
        InvalidInput: a card has never been at home in the region (`CARD_OF_ANOTHER_REGION`).
        TooManyRequests: too many card numbers before were on no record, or another region's.
        Conflict: another batch has the reference (`BATCH_CHANGED`), or an entry is posted already (`ENTRY_EXISTS`).
    """
    require_reach(actor, region)
    _require_batch(reference, entries, dependencies.clock.now())
    await idempotency.repeat(dependencies, key)
    async with rate_limiting.turn(dependencies, actor):
        rate_limiting.require_numbers(dependencies, actor)
        try:
            return await _post(dependencies, actor, region, reference, entries, key)
        except (NotFound, InvalidInput) as wrong:
            if wrong.field is not None and wrong.field.endswith("cardNumber"):
                await rate_limiting.wrong_number(dependencies, actor)
            raise


async def _post(
    dependencies: Dependencies,
    actor: Actor,
    region: str,
    reference: str,
    entries: Sequence[NewEntry],
    key: idempotency.IdempotencyKey | None,
) -> Posted:
    fingerprint = _fingerprint(entries)
    async with dependencies.store.transaction() as work:
        now = dependencies.clock.now()
        await idempotency.take_turn(work, key, now)
        decision = await decide_without_holder(dependencies, work, actor, SERVICE, region, "office", now)
        await work.account_entries.take_turn(region, reference)
        known = await work.account_entries.find_batch(region, reference)
        if known is not None and known.fingerprint != fingerprint:
            raise _changed(reference)
        batch = known or AccountBatch(region, province_of(region), reference, fingerprint, now, len(entries))
        if known is None:
            await work.account_entries.add(batch, await _entries(work, region, entries, now))
            await keep_decision(work, dependencies.policies(), decision, now, None)
            about = {"region": region, "reference": reference, "digest": fingerprint}
            work.audit.tell(told_of(actor, now, AuditKind.CHANGE, SERVICE, **about))
        posted = Posted(reference, batch.posted_at, batch.entries, known is not None, decision)
        await idempotency.keep(work, key, posted, now)
        return posted


def _require_batch(reference: str, entries: Sequence[NewEntry], now: datetime) -> None:
    _length(reference, MAX_REFERENCE, "input.reference")
    if not 0 < len(entries) <= MAX_ENTRIES:
        raise InvalidInput(
            Message(f"每批应有1至{MAX_ENTRIES}条明细，请分批提交。", f"A batch has 1 to {MAX_ENTRIES} entries."),
            field="input.entries",
        )
    for place, entry in enumerate(entries):
        field = f"input.entries.{place}"
        _length(entry.reference, MAX_REFERENCE, f"{field}.reference")
        _length(entry.description or "-", MAX_DESCRIPTION, f"{field}.description")
        if not 0 < entry.amount <= MAX_AMOUNT:
            raise InvalidInput(
                Message(
                    f"金额应为1至{MAX_AMOUNT}分，不能是{entry.amount}分，请改正。",
                    f"The amount {entry.amount} is not between 1 and {MAX_AMOUNT} fen.",
                ),
                field=f"{field}.amount",
            )
        if not _happened(entry.occurred_at, now):
            raise InvalidInput(
                Message(
                    "发生时间应带时区，并且不晚于现在，请改正。", "The moment needs a zone and is not in the future."
                ),
                field=f"{field}.occurredAt",
            )
    if len({entry.reference for entry in entries}) < len(entries):
        raise InvalidInput(
            Message("同一批里有两条明细的编号相同，请改正。", "Two entries of the batch have one reference."),
            field="input.entries",
        )


def _happened(moment: datetime, now: datetime) -> bool:
    """Say whether something can have happened at a moment: it has a zone, lies in the past, and can be counted in UTC."""
    if moment.tzinfo is None:
        return False
    try:
        return moment.astimezone(UTC) <= now
    except OverflowError:
        return False


def _length(text: str, most: int, field: str) -> None:
    if not 0 < len(text.strip()) <= most:
        raise InvalidInput(Message(f"应为1至{most}个字符，请改正。", f"It has 1 to {most} characters."), field=field)
    require_visible(text, field)


def _fingerprint(entries: Sequence[NewEntry]) -> str:
    """Return the hash by which the same batch is told from another of its name."""
    lines = [[e.card_number, e.reference, e.kind, e.amount, e.occurred_at.timestamp(), e.description] for e in entries]
    return hashlib.sha256(json.dumps(lines, ensure_ascii=True).encode()).hexdigest()


async def _entries(work: UnitOfWork, region: str, entries: Sequence[NewEntry], now: datetime) -> list[AccountEntry]:
    cards = await work.cards.of_numbers({entry.card_number for entry in entries})
    found = []
    for place, entry in enumerate(entries):
        field = f"input.entries.{place}.cardNumber"
        card = cards.get(entry.card_number)
        if card is None:
            raise NotFound(
                Message(
                    f"没有社会保障卡号“{entry.card_number}”，这一批没有入账，请核对。",
                    f"There is no card with the number {entry.card_number}; nothing of this batch is posted.",
                ),
                field=field,
            )
        # An account outlives the card's stay: what was spent before it moved away is posted after.
        if not any(lies_within(home, region) for home in card.regions):
            raise _elsewhere(entry.card_number, region, field)
        found.append(
            AccountEntry(
                id=str(uuid4()),
                holder_id=card.holder_id,
                region=region,
                province=province_of(region),
                reference=entry.reference,
                kind=entry.kind,
                amount=entry.amount,
                occurred_at=entry.occurred_at,
                posted_at=now,
                description=entry.description,
            )
        )
    return found


def _elsewhere(number: str, region: str, field: str) -> InvalidInput:
    return InvalidInput(
        Message(
            f"社会保障卡号“{number}”没有归属过这个地区，这一批没有入账。请核对卡号，或向卡归属地入账。",
            f"The card {number} has never been at home in {region}, so nothing of this batch is posted; "
            "check the number, or post the entry in the card's region.",
        ),
        field=field,
        code="CARD_OF_ANOTHER_REGION",
    )


def _changed(reference: str) -> Conflict:
    return Conflict(
        Message(
            f"批次“{reference}”已经入账，内容与这次的不同；要更正的，请另用新的批次编号。",
            f"The batch {reference} is posted already, with other contents; post corrections under a new reference.",
        ),
        field="input.reference",
        code="BATCH_CHANGED",
    )
