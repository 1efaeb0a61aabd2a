"""What keeps an installation from being used in production: every fault at once, each one plain line without any secret in it."""

from base64 import b64decode, urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

KEY_BYTES: Final = 32
MOST_DISTINCT: Final = 20
"""Of 32 random bytes, 30 are different ones; fewer than these are by less than one in a billion."""
LEAST_CHARACTERS: Final = 32
PROVIDERS: Final = ("SMS", "PAYMENT", "FACE", "REGISTRY", "INSURANCE", "MOBILE")
"""Providers that production must name, each by NAME_URL and NAME_KEY."""
NEEDED: Final = (
    *(f"{name}_{part}" for name in PROVIDERS for part in ("URL", "KEY")),
    "DATABASE_URL", "PUBLIC_URL", "ENCRYPTION_KEYS", "INDEX_KEY", "AUDIT_KEYS", "FILE_KEYS", "CODE_KEY", "PAYMENT_SECRET",
    "FACE_ISSUER", "FACE_AUDIENCE",
)  # fmt: skip
_KEYS: Final[Mapping[str, Callable[[str], bytes]]] = {
    "ENCRYPTION_KEYS": lambda text: b64decode(text, validate=True),
    "INDEX_KEY": lambda text: b64decode(text, validate=True),
    "AUDIT_KEYS": lambda text: b64decode(text, validate=True),
    "FILE_KEYS": urlsafe_b64decode,
}
"""The variables that hold binary keys, several by commas, each with what reads one."""
_SECRETS: Final = ("CODE_KEY", "PAYMENT_SECRET", "METRICS_KEY", *(f"{name}_KEY" for name in PROVIDERS))
KEYS_AND_SECRETS: Final = (*_KEYS, *_SECRETS, "TOKEN_SIGNING_KEY", "FACE_SIGNING_KEY")
"""What must never be shown; the last two sign in development alone."""


def production_faults(values: Mapping[str, str]) -> list[str]:
    """Return everything that is wrong with the environment variables of a production; nothing where all is well."""
    found = (_missing, _weak_keys, _weak_secrets, _unsendable, _equal, _in_clear, _addresses)
    return [fault for each in found for fault in each(values)]


def over_tls(database_url: str) -> str:
    """Return the URL of a database, whose server has to prove who it is unless the URL says otherwise.

    A socket on this machine needs no proof.
    """
    parts = urlsplit(database_url)
    options = dict(parse_qsl(parts.query))
    host = parts.hostname or options.get("host", "")
    if parts.scheme not in ("postgresql", "postgres") or "sslmode" in options or host.startswith("/"):
        return database_url
    more = urlencode({"sslmode": "verify-full"})
    return parts._replace(query=f"{parts.query}&{more}" if parts.query else more).geturl()


def _missing(values: Mapping[str, str]) -> Iterator[str]:
    missing = [name for name in NEEDED if not values.get(name, "").strip()]
    if not any(values.get(name, "").strip() for name in ("TOKEN_ISSUERS", "TOKEN_PUBLIC_KEY")):
        missing.append("TOKEN_ISSUERS or TOKEN_PUBLIC_KEY")
    if missing:
        yield f"Production needs these environment variables: {', '.join(missing)}."


def _weak_keys(values: Mapping[str, str]) -> Iterator[str]:
    for name in _KEYS:
        for place, key in enumerate(_keys(values, name), 1):
            if key is None:
                yield f"{name}: key {place} is not base64; give 32 random bytes in base64."
            elif weakness := _weakness(key):
                yield f"{name}: key {place} {weakness}; make one by: openssl rand -base64 32."


def _weakness(key: bytes) -> str | None:
    if len(key) < KEY_BYTES:
        return f"is shorter than {KEY_BYTES} bytes"
    if all(32 <= each < 127 for each in key):
        return "is a text that somebody has typed, and not random"
    if (
        len(set(key)) < MOST_DISTINCT
        or len({(after - before) % 256 for before, after in pairwise(key)}) < MOST_DISTINCT
    ):
        return "repeats itself, and is not random"
    return None


def _weak_secrets(values: Mapping[str, str]) -> Iterator[str]:
    for name in ("CODE_KEY", "PAYMENT_SECRET", "METRICS_KEY"):
        text = values.get(name, "")
        if text and (len(text) < LEAST_CHARACTERS or len(set(text)) < 8):
            yield f"{name} is shorter than {LEAST_CHARACTERS} characters or repeats itself; make one by: openssl rand -base64 48."


def _unsendable(values: Mapping[str, str]) -> Iterator[str]:
    """Tell of secrets that no header can carry: the first request to a provider would fail."""
    for name in (*(f"{provider}_KEY" for provider in PROVIDERS), "METRICS_KEY"):
        text = values.get(name, "")
        if text.strip() and (text != text.strip() or not text.isascii() or not text.isprintable()):
            yield f"{name} has blanks around it, or characters that no header can carry; give the secret alone."


def _equal(values: Mapping[str, str]) -> Iterator[str]:
    """Tell of secrets that are one, as bytes or as they are written: whoever gets the one that matters least has the other."""
    holders: dict[bytes, list[str]] = {}
    for name in _KEYS:
        written = [text.strip().encode() for text in values.get(name, "").split(",") if text.strip()]
        for key in (*_keys(values, name), *written):
            if key is not None:
                holders.setdefault(key, []).append(name)
    for name in _SECRETS:
        if text := values.get(name, "").strip():
            holders.setdefault(text.encode(), []).append(name)
    for names in dict.fromkeys(tuple(each) for each in holders.values() if len(each) > 1):
        yield f"{' and '.join(names)} hold one secret; give each its own."


def _in_clear(values: Mapping[str, str]) -> Iterator[str]:
    database = values.get("DATABASE_URL", "")
    if database and urlsplit(database).scheme not in ("postgresql", "postgres"):
        yield "DATABASE_URL names no PostgreSQL database; SQLite is for development."
    for name in ("PUBLIC_URL", *(f"{provider}_URL" for provider in PROVIDERS)):
        if (url := values.get(name, "").strip()) and not _is_https(url):
            yield f"{name} is not an https address; personal data and secrets would go over the network in clear."


def _is_https(url: str) -> bool:
    return url.strip().lower().startswith("https:")


def _addresses(values: Mapping[str, str]) -> Iterator[str]:
    """Tell of addresses that nobody could be reached by, or that say what is nobody's business."""
    for name in ("PUBLIC_URL", *(f"{provider}_URL" for provider in PROVIDERS)):
        url = values.get(name, "")
        try:
            parts = urlsplit(url)
            is_one = bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_one = False
        if not _is_https(url):
            continue  # That is told already.
        if not is_one or not url.isprintable() or " " in url:
            yield f"{name} is no address; give one such as https://cards.example.cn, without blanks."
        elif "@" in parts.netloc:
            yield f"{name} names a user; leave that out, for the address is told to others, and secrets have variables of their own."
        elif name == "PUBLIC_URL" and (parts.query or parts.fragment):
            yield f"{name} has a query or a fragment; end it with the path."


def _keys(values: Mapping[str, str], name: str) -> Iterator[bytes | None]:
    """Yield the keys that a variable holds; None for one that cannot be read."""
    for text in values.get(name, "").split(","):
        if text.strip():
            try:
                yield _KEYS[name](text.strip())
            except ValueError:
                yield None
