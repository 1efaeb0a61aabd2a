"""How long whoever asks has to wait, gathered while a request is answered, wherever in it that comes to light."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_WAITS: ContextVar[list[int] | None] = ContextVar("waits", default=None)


def note_wait(seconds: int) -> None:
    """Note that something of this request may be asked again after so many seconds."""
    waits = _WAITS.get()
    if waits is not None:
        waits.append(seconds)


@contextmanager
def noting_waits() -> Iterator[list[int]]:
    """Gather the seconds until the context is left."""
    waits: list[int] = []
    token = _WAITS.set(waits)
    try:
        yield waits
    finally:
        _WAITS.reset(token)
