"""On whose account something is done: a request, a sweep, or a command, by an id that logs and the audit record share."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import uuid4

_CAUSE: ContextVar[str | None] = ContextVar("cause", default=None)


def current_cause() -> str | None:
    """Return the id of the request, sweep or command that is being answered or carried out; None outside of any."""
    return _CAUSE.get()


@contextmanager
def caused_by(identifier: str) -> Iterator[None]:
    """Do something on account of a request, sweep or command."""
    token = _CAUSE.set(identifier)
    try:
        yield
    finally:
        _CAUSE.reset(token)


def new_cause(kind: str) -> str:
    """Return an id that nothing else has, such as `sweep-9f0c…`."""
    return f"{kind}-{uuid4().hex}"
