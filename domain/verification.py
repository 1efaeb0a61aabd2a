"""Verification codes: how they are guarded, and what they are for besides services."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from domain.message import Message

PERSONAL_COPY: Final = "personal_copy"
OTHER_PURPOSES: Final[Mapping[str, Message]] = MappingProxyType(
    {PERSONAL_COPY: Message("领取个人信息副本", "a copy of your data")}
)
"""What codes and face checks prove besides what services ask for, and what people call it. No region decides about it."""


@dataclass(frozen=True, slots=True)
class VerificationLimits:
    """How verification codes are guarded against guessing.

    Args:
        lifetime: how long a code is good; tries: how many wrong codes before it is void. How many are sent is in `domain/rate_limits.py`.
    """

    lifetime: timedelta = timedelta(minutes=5)
    tries: int = 5
