"""Uploads: how many, and how much, somebody may bring in a day."""

from dataclasses import dataclass
from typing import Final

MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class UploadQuota:
    """What one subject may upload in a day.

    Args:
        number: of uploads; size_bytes: of all of them together.
    """

    number: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What may be uploaded in a day: by a person, and by whoever of the staff uploads for others."""

    person: UploadQuota = UploadQuota(60, 200 * MIB)
    staff: UploadQuota = UploadQuota(2_000, 8_000 * MIB)
