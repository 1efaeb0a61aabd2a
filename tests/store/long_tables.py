"""Long tables: 100,000 rows of each list that grows, and how a database is filled with them."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from tests.store.samples import NOW

ROWS = 100_000
PLACES = [f"{province}{city:02}00" for province in (37, 44, 51, 62) for city in range(1, 6)]
DESERTED = "510104"
"""A district where nobody asks for anything."""
STATES = [*["received"] * 12, *["completed"] * 6, "submitted"]
SERVICES = [*["apply"] * 9, *["reissue"] * 8]
BANKS = [*["large_bank"] * 7, *["other_bank"] * 6]
RARE_STATE, RARE_SERVICE, RARE_BANK = "correction_requested", "end_guardianship", "small_bank"
HOLDERS, CARDS = ROWS // 2, ROWS // 4
BUSY = "holder-7"
"""Whose account has 300 entries, and at whose data others have looked 3,000 times."""

Rows = Iterator[dict[str, Any]]


LOOKED_AT = NOW.astimezone(UTC) + timedelta(days=400)
LAPSES_EVERY = 4_000
"""Of so many operations one has lapsed and is not written down; what the others wait for runs out later."""


LATE_EVERY = 8_000
"""Of so many operations one is promised and late: one that waits, while the promises of all others are not over, or kept."""


def moment(number: int) -> datetime:
    return NOW.astimezone(UTC) + timedelta(minutes=number // 3)


def operation_rows() -> Rows:
    for number in range(ROWS):
        place = PLACES[number * 7 % 20]
        rare = number % 10_000 == 4_711
        yield {
            "id": f"{number * 7919 % ROWS:036}", "province": f"{place[:2]}0000", "region": place,
            "service": RARE_SERVICE if rare else SERVICES[number % 17],
            "holder_id": f"holder-{number % HOLDERS}", "actor_id": "somebody", "relation": "self",
            "state": RARE_STATE if rare else STATES[number % 19], **_ending(number, rare), "channel": "app", "created_at": moment(number),
            "updated_at": moment(number), "policy_digest": "sha256:" + "a" * 64,
            "bank": RARE_BANK if rare else BANKS[number % 13], "replaced_card_id": f"card-{number}",
            "sealed": "x" * 300, "documents": "[]", "fees": "[]", "promise_estimated": False, "archive": "[]", "version": 1,
            "promised_at": LOOKED_AT + timedelta(days=-1 if number % LATE_EVERY in range(2_000, 2_019) else 1),
        }  # fmt: skip


def _ending(number: int, rare: bool) -> dict[str, Any]:
    if not rare and STATES[number % 19] != "submitted":
        return {"state_until": None, "state_then": None}
    lapsed = rare or number % LAPSES_EVERY < 19
    return {"state_until": LOOKED_AT + timedelta(days=-1 if lapsed else 1), "state_then": "withdrawn"}


def _decisions() -> Rows:
    for number in range(ROWS):
        place = PLACES[number * 7 % 20]
        yield {
            "id": f"{number * 7919 % ROWS:036}", "province": f"{place[:2]}0000", "region": place,
            "operation_id": f"operation-{number}", "at": moment(number), "on": moment(number).date(),
            "service": RARE_SERVICE if number % 10_000 == 4_711 else SERVICES[number % 17],
            "known": moment(number).date(), "digest": "sha256:" + "a" * 64, "allowed": True,
            "facts": json.dumps({"holder.age": number, "text": "x" * 300}), "outcome": "{}",
        }  # fmt: skip


def _timeline() -> Rows:
    for number in range(ROWS):
        place = PLACES[number * 7 % 20]
        yield {
            "province": f"{place[:2]}0000", "operation_id": f"{number * 7919 % ROWS:036}", "at": moment(number),
            "event": "apply", "to_state": "submitted", "role": "citizen",
        }  # fmt: skip


def _entries() -> Rows:
    for number in range(ROWS):
        yield {
            "id": f"{number * 7919 % ROWS:036}", "province": "510000", "region": "510100", "reference": f"entry-{number}",
            "holder_id": BUSY if number < 300 else f"holder-{number % HOLDERS}",
            "kind": "credit" if number % 12 == 0 else "spending", "amount": 100, "occurred_at": moment(number),
            "posted_at": moment(number), "sealed": "x" * 300,
        }  # fmt: skip


def card_rows() -> Rows:
    for number in range(CARDS):
        place = PLACES[number * 7 % 20]
        ended, lapses = number % 3 == 0, LOOKED_AT - timedelta(days=1)
        lapsed = number % 400 == 1 and not ended
        yield {
            "id": f"{number * 7919 % ROWS:036}", "province": f"{place[:2]}0000", "region": place, "generation": "third",
            "holder_id": f"holder-{number % HOLDERS}", "number_index": f"number-{number}", "sealed": "x" * 100,
            "bank": BANKS[number % 13], "issued_on": NOW.date(), "state": "cancelled" if ended else "active",
            "state_since": moment(number), "account_state": "closed" if ended and number % 30 else "open", "version": 1,
            "state_until": lapses if lapsed else None, "state_then": "cancelled" if lapsed else None,
            "ends_at": lapses if number % 400 == 2 and not ended else None,
        }  # fmt: skip


def _card_states() -> Rows:
    for card in card_rows():
        yield {
            "province": card["province"], "region": card["region"], "card_id": card["id"], "state": card["state"],
            "since": card["state_since"],
        }  # fmt: skip


def _audit_entries() -> Rows:
    for number in range(CARDS):
        yield {
            "chain": "chain", "number": number, "at": moment(number), "kind": "look" if number % 4 < 2 else "change",
            "holder_id": BUSY if number % 8 == 0 or number % 250 == 3 else f"holder-{number % HOLDERS}", "subject": "clerk",
            "text": '{"action": "holder", "role": "clerk", "at": "2026-11-21T00:00:00Z"}' + " " * 100, "mac": "x",
        }  # fmt: skip


TABLES = {
    "operations": operation_rows,
    "timeline": _timeline,
    "decisions": _decisions,
    "account_entries": _entries,
    "cards": card_rows,
    "card_states": _card_states,
    "audit_entries": _audit_entries,
}


def _columns(rows: Rows) -> tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]:
    first = next(rows)
    return tuple(first), (tuple(row.values()) for row in (first, *rows))


def fill_file(file: Path) -> None:
    connection = sqlite3.connect(file)
    # All of it stays in memory until it is committed, and nobody misses it after a power cut.
    connection.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000")
    # An index is made of rows that are there, in order, in a fraction of the time that it takes to be kept row by row.
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f'DROP INDEX "{name}"')
    for table, make in TABLES.items():
        names, rows = _columns(make())
        into = ", ".join(f'"{name}"' for name in names)
        connection.executemany(f"INSERT INTO {table} ({into}) VALUES ({', '.join('?' * len(names))})", rows)
    for _, made_by in indexes:
        connection.execute(made_by)
    connection.commit()
    connection.close()


async def fill_server(url: str) -> None:
    connection = await asyncpg.connect(url)
    for table, make in TABLES.items():
        names, rows = _columns(make())
        await connection.copy_records_to_table(table, columns=names, records=rows)
        # What PostgreSQL does itself within minutes of such a load.
        await connection.execute(f"VACUUM ANALYZE {table}")
    await connection.close()
