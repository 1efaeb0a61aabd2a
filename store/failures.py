"""What databases and drivers complain of, told in words: a StoreError for operators, a domain error for callers."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from tortoise.exceptions import BaseORMException, DBConnectionError, ValidationError

from domain.errors import Conflict, DomainError, InvalidInput
from domain.message import Message
from store.errors import StoreError, StoreUnavailable, StoreUnreachable

_SQLITE = {
    sqlite3.SQLITE_BUSY: "is locked by another process; stop that process or wait until it is done",
    sqlite3.SQLITE_LOCKED: "is locked by another process; stop that process or wait until it is done",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check that its folder exists and that this user may write to it",
    sqlite3.SQLITE_READONLY: "cannot be written; give this user the right to write to the file and its folder",
    sqlite3.SQLITE_PERM: "cannot be opened; give this user the right to read and write it",
    sqlite3.SQLITE_NOTADB: "is not an SQLite database; name another file",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore it from a backup",
    sqlite3.SQLITE_FULL: "cannot grow, the disk is full; make room",
    sqlite3.SQLITE_IOERR: "cannot be read or written, the disk reports an error; check the disk",
}
_LOST = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
"""What nobody heals by trying again."""
_POSTGRESQL: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (
        (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError),
        "refuses the user or the password; check both in the database URL",
    ),
    (asyncpg.InvalidCatalogNameError, "does not exist on that server; create it or name another"),
    (asyncpg.InsufficientPrivilegeError, "denies this user a right; grant it"),
    (asyncpg.TooManyConnectionsError, "accepts no more connections; raise max_connections or lower pool_size"),
    ((asyncpg.QueryCanceledError, asyncpg.DiskFullError), "gave up on a statement; see the log of the server"),
    (asyncpg.ReadOnlySQLTransactionError, "is read-only; name the primary server"),
)
_GONE = (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.InterfaceError)
"""The server stops, starts, or went away."""
_OVERTAKEN = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError)
_TAKEN = (asyncpg.UniqueViolationError,)
_TAKEN_CODES = frozenset({sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY})
"""Another row has what no two may have; who inserts such rows looks first, and who changes one rarely makes it another's."""
_UNSTORABLE = (UnicodeEncodeError, ValidationError, asyncpg.DataError)


def unreachable(label: str) -> StoreUnreachable:
    """Return the error for a server that does not answer."""
    return StoreUnreachable(
        f"The database {label} cannot be reached; check that the server runs and the URL names it.", label
    )


def unproved(label: str, reason: str) -> StoreUnavailable:
    """Return the error for a server that does not prove by its certificate who it is."""
    return StoreUnavailable(
        f"The database {label} does not prove who it is: {reason}. Name its authorities by sslrootcert in the URL, and the server as "
        "its certificate does; a lower sslmode trusts whoever answers."
    )


def busy(label: str, seconds: float) -> StoreUnavailable:
    """Return the error for a wait that took too long."""
    return StoreUnavailable(f"The database {label} is too busy: no connection was free within {seconds:g} seconds.")


@contextmanager
def told_in_words(label: str) -> Iterator[None]:
    """Turn a driver's exception inside into one that says what to do; every other exception passes.

    Raises:
        StoreError: the database cannot be used; a `StoreUnavailable` where it can be once that is mended.
        Conflict: the database broke off this transaction in favour of another.
        InvalidInput: a value cannot be stored.
    """
    try:
        yield
    except (DomainError, StoreError):
        raise
    except Exception as error:
        words = explain(error, label)
        if words is None:
            raise
        raise words from error


def explain(error: Exception, label: str) -> StoreError | DomainError | None:
    """Return what to tell instead of an exception of tortoise or a driver, or None for any other exception."""
    cause = _cause(error)
    if isinstance(cause, _TAKEN) or getattr(cause, "sqlite_errorcode", None) in _TAKEN_CODES:
        return _taken()
    if isinstance(cause, sqlite3.Error):
        # A closed connection has no code; the low byte is the kind of an extended code.
        code = getattr(cause, "sqlite_errorcode", None)
        text = _SQLITE.get(code & 0xFF) if code is not None else None
        kind = StoreError if code is not None and code & 0xFF in _LOST else StoreUnavailable
        return kind(f"The database file {label} {text}.") if text else None
    if isinstance(cause, _OVERTAKEN):
        return _overtaken()
    if isinstance(cause, _UNSTORABLE):
        return _unstorable()
    if isinstance(cause, DBConnectionError):
        return unreachable(label)
    for kinds, text in _POSTGRESQL:
        if isinstance(cause, kinds):
            return StoreUnavailable(f"The database {label} {text}.")
    if isinstance(cause, _GONE):
        text = "cannot be reached or broke the connection; check that the server runs"
        return StoreUnreachable(f"The database {label} {text}.", label)
    return None


def _cause(error: BaseException) -> BaseException:
    """Return the driver's exception that tortoise wrapped, if it did."""
    if isinstance(error, BaseORMException):
        if error.args and isinstance(error.args[0], Exception):
            return _cause(error.args[0])
        if error.__cause__ is not None:
            return _cause(error.__cause__)
    return error


def _overtaken() -> Conflict:
    return Conflict(
        Message(
            "有人正在修改同样的内容，这次没有保存，请再试一次。",
            "Another operation holds the same records; try again.",
        )
    )


def _taken() -> Conflict:
    return Conflict(
        Message(
            "已有另一条记录使用同样的内容，这次没有保存，请核对后再试。",
            "Another record has what no two may have, so nothing was saved; check it and try again.",
        )
    )


def _unstorable() -> InvalidInput:
    return InvalidInput(
        Message(
            "有一项内容太长，或者有不能保存的字符，请改正后再试。",
            "A value in the request is too long or holds characters that cannot be stored; correct it and try again.",
        )
    )
