"""Reading JSON from outside with its types exact: no "9" for 9, no 1 for true, nothing missing."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import orjson


class MalformedAnswer(Exception):
    """JSON from outside is not what was agreed.

    Args:
        field: which part of it; `body` for the whole. Its value is never told: it may be personal.
        must_be: what was agreed.
    """

    def __init__(self, field: str, must_be: str) -> None:
        super().__init__(f"{field!r} must be {must_be}")
        self.field = field


class Answer:
    """A JSON object, read field by field.

    Args:
        content: the bytes of one JSON object.

    Raises:
        MalformedAnswer: the bytes are not JSON, or not an object.
    """

    def __init__(self, content: bytes) -> None:
        try:
            fields: object = orjson.loads(content)
        except orjson.JSONDecodeError:
            raise MalformedAnswer("body", "JSON") from None
        if not isinstance(fields, dict):
            raise MalformedAnswer("body", "a JSON object")
        self._fields: dict[str, object] = fields

    def text(self, name: str) -> str:
        """Return a text that is not empty."""
        value = self._fields.get(name)
        if not isinstance(value, str) or not value:
            raise MalformedAnswer(name, "a text")
        return value

    def whole(self, name: str) -> int:
        """Return a whole number; true and 1.0 are none."""
        value = self._fields.get(name)
        if type(value) is not int:
            raise MalformedAnswer(name, "a whole number")
        return value

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self._fields.get(name)
        if type(value) is not bool:
            raise MalformedAnswer(name, "true or false")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        values = self._fields.get(name)
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise MalformedAnswer(name, "a list of texts")
        return tuple(values)

    def objects(self, name: str) -> list[dict[str, object]]:
        """Return a list of objects."""
        values = self._fields.get(name)
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise MalformedAnswer(name, "a list of objects")
        return values

    def choice(self, name: str, among: Sequence[str]) -> str:
        """Return a text that is one of a few."""
        if (value := self.text(name)) not in among:
            raise MalformedAnswer(name, f"one of {', '.join(among)}")
        return value

    def day(self, name: str) -> date:
        """Return a date written `YYYY-MM-DD`."""
        value = self.text(name)
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = None
        # Python reads `20260131` and `2026-W05-6` too.
        if day is None or day.isoformat() != value:
            raise MalformedAnswer(name, "a date such as 2026-01-31")
        return day

    def optional_day(self, name: str) -> date | None:
        """Return a date, or None where the field is null or left out."""
        return None if self._fields.get(name) is None else self.day(name)

    def moment(self, name: str) -> datetime:
        """Return a moment (RFC 3339, with its offset) in UTC."""
        value = self.text(name)
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise MalformedAnswer(name, "a moment such as 2026-01-31T12:00:00+08:00")
