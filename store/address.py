"""Where a database is: a URL taken apart into what tortoise and the drivers want."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext, create_default_context
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from store.errors import StoreError

DEFAULT_PORT = 5432
POOL_SIZE = 10
MOST_CONNECTIONS = 1_000


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise ValueError(f"{text} is no time to wait; give seconds above 0")
    return seconds


def _connections(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < int(text[:9]) <= MOST_CONNECTIONS:
        raise ValueError(f"{text} is no pool_size; give 1 to {MOST_CONNECTIONS}")
    return int(text)


def _pooler(text: str) -> str:
    if text != "transaction":
        raise ValueError(f"{text} is no kind of pooler that is known; the one that is known is transaction")
    return text


def _sslmode(text: str) -> str:
    if text not in _SSL_MODES:
        raise ValueError(f"{text} is no sslmode; there are {', '.join(_SSL_MODES)}")
    return text


_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_SQLITE_OPTIONS: dict[str, Callable[[str], Any]] = {"busy_seconds": _seconds}
_POSTGRESQL_OPTIONS: dict[str, Callable[[str], Any]] = {
    "host": str,
    "pool_size": _connections,
    "sslmode": _sslmode,
    "sslrootcert": str,
    "statement_cache_size": int,
    "pooler": _pooler,
    "application_name": str,
}


@dataclass(frozen=True, slots=True)
class Address:
    """A database, as its driver wants it.

    Args:
        engine: `sqlite` or `postgresql`.
        label: how messages name it: the path, or host, port and database; never a password.
        credentials: the arguments of the connection.
    """

    engine: str
    label: str
    credentials: dict[str, Any]

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Read `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://user:password@host:port/name`.

        Raises:
            StoreError: the URL is neither, or holds an option that is not known.
        """
        try:
            parts = urlsplit(url)
            if parts.scheme == "sqlite":
                return _sqlite(parts)
            if parts.scheme in ("postgresql", "postgres"):
                return _postgresql(parts)
        except ValueError as error:
            raise StoreError(f"The database URL cannot be read: {error}.") from None
        raise StoreError("The database URL must start with sqlite:/// or postgresql://.")


def _sqlite(parts: SplitResult) -> Address:
    # `urlsplit` keeps the slash that ends the empty host: `/relative.db`, `//absolute.db`.
    path = unquote(parts.path)[1:]
    if parts.netloc or not path or ":memory:" in path:
        raise StoreError("An SQLite URL names a file: sqlite:///relative/path.db or sqlite:////absolute/path.db.")
    file = Path(path).absolute()
    return Address("sqlite", str(file), {"file_path": str(file), **_options(parts.query, _SQLITE_OPTIONS)})


def _postgresql(parts: SplitResult) -> Address:
    options = _options(parts.query, _POSTGRESQL_OPTIONS)
    host = parts.hostname or options.pop("host", None) or "localhost"
    options.pop("host", None)
    port = parts.port or DEFAULT_PORT
    database = unquote(parts.path)[1:] or None
    ssl = _tls(options.pop("sslmode", None), options.pop("sslrootcert", None))
    if ssl is not None:
        options["ssl"] = ssl
    credentials = {
        "user": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "host": unquote(host),
        "port": port,
        "database": database,
        "minsize": 1,
        "maxsize": options.pop("pool_size", POOL_SIZE),
        **options,
    }
    return Address("postgresql", f"{credentials['host']}:{port}/{database or ''}", credentials)


def _tls(mode: str | None, authorities: str | None) -> str | SSLContext | None:
    """Return how a connection is encrypted, as the driver wants it; it would look for authorities in the user's home alone."""
    if mode not in ("verify-ca", "verify-full"):
        return mode
    try:
        context = create_default_context(cafile=authorities)
    except OSError as error:
        raise StoreError(
            f"The file {authorities} (sslrootcert) has no certificates of authorities that can be read: {error.strerror or error}."
        ) from None
    context.check_hostname = mode == "verify-full"
    return context


def _options(query: str, known: Mapping[str, Callable[[str], Any]]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for name, value in parse_qsl(query, strict_parsing=bool(query)):
        if name not in known:
            raise StoreError(f"The database URL has an unknown option {name}; known are {', '.join(known)}.")
        options[name] = known[name](value)
    return options
