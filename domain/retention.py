"""How long records are kept that serve for a while only: what regions say of it, and in which setting."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Kept(StrEnum):
    """What is kept for a time; the value is the shared setting that says how long."""

    CODES = "keep_codes_for"  # from when it was sent
    FACE_CHECKS = "keep_face_checks_for"  # from when it was used
    ANSWERS = "keep_answers_for"  # from when it was given
    DISCLOSURES = "keep_disclosures_for"  # from when it was shown
    NOTICES = "keep_notices_for"  # from when it came on record
    UNUSED_DOCUMENTS = "keep_unused_documents_for"  # from when it was uploaded, where nothing has taken it
    AUDIT = "keep_audit_for"  # from when it was sealed; goes by `main.py audit drop` alone
    DOCUMENTS = "keep_documents_for"  # from when it was uploaded


RETENTION: Final[Mapping[str, Kept]] = {kind.value: kind for kind in Kept}
"""The settings of how long something is kept, which the service itself reads, whether a rule does or not."""
