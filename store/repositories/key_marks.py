"""What is known of the keys, by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from store.key_models import KeyMarkRow
from store.session import Session
from store.table import Table


@dataclass(frozen=True, slots=True)
class KeyMark:
    """What is known of the keys under one name.

    Args:
        id: the name; value: plain values by name; at: when it was written.
    """

    id: str
    value: Mapping[str, Any]
    at: datetime


KEY_MARKS = Table(KeyMarkRow, KeyMark)


class KeyMarks:
    """Marks by name; the last one who writes is right."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def get(self, name: str) -> Mapping[str, Any]:
        """Return what is known under a name; nothing if it was never written."""
        found = await self._session.first(KEY_MARKS.by_id, name)
        return dict(found.value) if found is not None else {}

    async def put(self, name: str, value: Mapping[str, Any]) -> None:
        """Write what is known under a name, in place of what was."""
        mark = KeyMark(name, value, datetime.now(UTC))
        if not await self._session.insert_if_new(KEY_MARKS, mark):
            columns = ("value", "at")
            written = KEY_MARKS.write(mark, columns, self._session.sealer)
            await self._session.run(KEY_MARKS.update(columns), *written, name)

    async def take_turn(self) -> None:
        """Keep everybody else who changes marks waiting until the commit."""
        await self._session.lock_names("key marks")
