"""What a process that works apart may answer: plain values, and dataclasses and named tuples of our own.

Whoever has taken over a decoder by a picture writes what they like into the pipe, and a pickle may name any function of any module,
to be called as it is read. So only what is listed is read.
"""

import pickle
from collections import Counter
from dataclasses import is_dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from domain.errors import DomainError, restored

OURS: Final = frozenset({"domain", "gateways", "policies", "resolvers"})
"""The packages whose dataclasses, named tuples, enumerations and expected failures may come."""
PLAIN: Final = frozenset(
    (
        each.__module__,
        each.__qualname__,
    )  # not the same in each version of Python: of paths it is `pathlib._local` in 3.13
    for each in (frozenset, set, Counter, date, datetime, timedelta, timezone, Decimal, type(Path()), restored)
)
"""What else may come, by modules and names; `restored` makes an expected failure, of a class that is let through here."""


def read_answer(told: bytes) -> Any:
    """Return what a process has answered.

    Raises:
        UnpicklingError: it is no answer, or has something in it that no answer has.
    """
    try:
        return _Answer(BytesIO(told)).load()
    except pickle.UnpicklingError:
        raise
    except Exception as broken:
        # What is no pickle, or none of these classes as they are, fails in whichever way.
        raise pickle.UnpicklingError("it is no answer") from broken


class _Answer(pickle.Unpickler):
    """Reads an answer."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what an answer names. No module is imported that is not ours."""
        if (module, name) in PLAIN:
            return super().find_class(module, name)
        if module.partition(".")[0] in OURS:
            found = super().find_class(module, name)
            if isinstance(found, type) and (_is_record(found) or issubclass(found, Enum | DomainError)):
                return found
        raise pickle.UnpicklingError(f"no answer has {module}.{name}")


def _is_record(kind: type) -> bool:
    return is_dataclass(kind) or (issubclass(kind, tuple) and hasattr(kind, "_fields"))
