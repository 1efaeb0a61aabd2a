"""Verification codes: how they are guarded."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class VerificationLimits:
    """How verification codes are guarded against guessing and flooding.

    Args:
        lifetime: how long a code is good; tries: how many wrong codes before it is void.
        resend_after: the least time between two codes; an_hour, a_day: the most codes to one person or number.
    """

    lifetime: timedelta = timedelta(minutes=5)
    tries: int = 5
    resend_after: timedelta = timedelta(seconds=60)
    an_hour: int = 5
    a_day: int = 10
