"""Waiting for a database that is not there yet, as when it starts together with the service or is restarted."""

import asyncio
import time
from datetime import timedelta
from math import ceil

from composition import logs
from domain.message import Message
from store import Keys, Store, StoreUnreachable

TRY_SECONDS = 0.5
TELL_SECONDS = 10.0
WAITING = Message(
    "数据库{label}连接不上，正在等待，最多再等{seconds}秒。",
    "The database {label} cannot be reached; waiting for it, {seconds} more seconds at most.",
)
THERE = Message("数据库{label}已连接。", "The database {label} answers now.")


async def open_patiently(url: str, keys: Keys, patience: timedelta) -> Store:
    """Connect to a database, and wait for it if it cannot be reached.

    Args:
        patience: how long to wait, told on stderr in both languages; whatever else is wrong with the database ends it at once.

    Raises:
        StoreError: the database cannot be used; see `Store.open`.
    """
    until = time.monotonic() + patience.total_seconds()
    tell_at, waited_for = 0.0, ""
    while True:
        try:
            store = await Store.open(url, keys)
        except StoreUnreachable as unreachable:
            now, waited_for = time.monotonic(), unreachable.label
            if now >= until:
                raise
            if now >= tell_at:
                tell_at = now + TELL_SECONDS
                _tell(WAITING.format(label=waited_for, seconds=ceil(until - now)))
            await asyncio.sleep(min(TRY_SECONDS, until - now))
        else:
            if waited_for:
                _tell(THERE.format(label=waited_for))
            return store


def _tell(message: Message) -> None:
    for line in [message.en] if logs.is_json() else [message.zh, message.en]:
        logs.complain(line)
