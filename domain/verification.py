"""Verification codes: how they are guarded."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class VerificationLimits:
    """How verification codes are guarded against guessing.

    Args:
        lifetime: how long a code is good; tries: how many wrong codes before it is void. How many are sent is in `domain/rate_limits.py`.
    """

    lifetime: timedelta = timedelta(minutes=5)
    tries: int = 5
