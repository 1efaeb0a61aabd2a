"""How a state ends by time alone."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from domain.decision import Citation

State = TypeVar("State", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Ending(Generic[State]):
    """When a state ends by time alone, and what it becomes then.

    Args:
        source: who says so; None of what was recorded before that was kept.
    """

    at: datetime
    then: State
    source: Citation | None = None
