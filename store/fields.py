"""The one column type of ours: a moment, stored in UTC whatever zone it comes in."""

from datetime import UTC, datetime
from typing import Any

from tortoise.fields import DatetimeField


class MomentField(DatetimeField[Any]):
    """An aware moment. SQLite compares moments as text, which is only right when all of them are in one zone."""

    def to_db_value(self, value: Any, instance: Any) -> Any:
        """Return the moment in UTC.

        Raises:
            ValueError: the moment is naive, so nobody knows when it is.
        """
        if isinstance(value, datetime):
            value = self._aware(value).astimezone(UTC)
        return super().to_db_value(value, instance)

    def to_python_value(self, value: Any) -> datetime | None:
        """Return the moment with Python's own UTC, on every database.

        Raises:
            ValueError: the moment is naive.
        """
        if isinstance(value, str):
            # Several times as fast as tortoise's own reading, and a list of operations holds very many moments.
            value = datetime.fromisoformat(value)
        return None if value is None else self._aware(value).astimezone(UTC)

    def _aware(self, moment: datetime) -> datetime:
        if moment.tzinfo is None:
            raise ValueError(f"{self.model_field_name} needs an aware datetime, got {moment.isoformat()}")
        return moment
