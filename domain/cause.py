"""On whose account something is done: a request, a sweep, or a command, by an id that logs and the audit record share."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import uuid4

_CAUSE: ContextVar[str | None] = ContextVar("cause", default=None)

_COMMITS: ContextVar[list[None] | None] = ContextVar("commits", default=None)
_REFUSALS: ContextVar[list[str] | None] = ContextVar("refusals", default=None)


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


@contextmanager
def noting_refusals() -> Iterator[list[str]]:
    """Have the codes of what is refused within noted, in the list that this gives; outside of it nobody notes any."""
    noted = _REFUSALS.get()
    token = _REFUSALS.set(noted := [] if noted is None else noted)
    try:
        yield noted
    finally:
        _REFUSALS.reset(token)


def note_refusals(codes: Iterable[str]) -> None:
    """Note that something was refused, for whoever logs or follows the request."""
    if (noted := _REFUSALS.get()) is not None:
        noted += codes


@contextmanager
def noting_commits() -> Iterator[list[None]]:
    """Have each transaction noted that is begun to be committed within, in the list that this gives; nothing is saved while it is empty."""
    commits: list[None] = []
    token = _COMMITS.set(commits)
    try:
        yield commits
    finally:
        _COMMITS.reset(token)


def note_commit() -> None:
    """Note that from now on something may be saved."""
    if (commits := _COMMITS.get()) is not None:
        commits.append(None)


def new_cause(kind: str) -> str:
    """Return an id that nothing else has, such as `sweep-9f0c…`."""
    return f"{kind}-{uuid4().hex}"
