"""How long whoever asks has to wait, gathered while a request is answered, wherever in it that comes to light."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_WAITS: ContextVar[list[tuple[int, str | None]] | None] = ContextVar("waits", default=None)


def note_wait(seconds: int, failure: str | None = None) -> None:
    """Note that something of this request may be asked again after so many seconds.

    Args:
        failure: the code of a failure of the service itself that stands in a payload, and is to be counted with those of whole answers.
    """
    waits = _WAITS.get()
    if waits is not None:
        waits.append((seconds, failure))


@contextmanager
def noting_waits() -> Iterator[list[tuple[int, str | None]]]:
    """Gather the seconds, each with the failure, until the context is left."""
    waits: list[tuple[int, str | None]] = []
    token = _WAITS.set(waits)
    try:
        yield waits
    finally:
        _WAITS.reset(token)
