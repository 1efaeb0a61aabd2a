"""The working days that a recorded decision counted, as it has to be told to repeat it."""

from datetime import date
from typing import Any

from store.records import DecisionRecord


def counted_days(record: DecisionRecord) -> dict[str, Any]:
    """Return which days a decision counted as working days, as `repeat` takes it."""
    kept = record.outcome.get("calendar", {})
    special = {date.fromisoformat(day): working for day, working in kept.get("special_days", {}).items()}
    return {"special_days": special, "estimated": kept.get("estimated", False)}
