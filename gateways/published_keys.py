"""Public keys that somebody publishes as a JWKS: fetched, kept for a while, and fetched again when a new one appears."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from domain.errors import GatewayUnavailable
from gateways.answers import MalformedAnswer

LEAST_RSA_BITS: Final = 2048
_NO_KEY: Final = (
    jwt.PyJWTError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
)
"""What PyJWT and cryptography raise at a key that is none, or of another kind."""
Fetch = Callable[[], Awaitable[Mapping[str, jwt.PyJWK]]]


class PublishedKeys:
    """The keys that somebody signs with, by their ids.

    Whoever waits for a fetch waits for the one that is under way, and gives up alone: the fetch goes on for the others.

    Args:
        fetch: asks for all keys; raises GatewayUnavailable where they cannot be had.
        trusted_for: how long keys count after they were last heard of; a key that is withdrawn counts no longer either.
        pause: how long an unknown key waits for the next fetch, lest made-up key ids make us flood who publishes them.
        rest: how long nothing is fetched after a fetch that failed while no key is trusted.
    """

    def __init__(
        self,
        fetch: Fetch,
        *,
        trusted_for: timedelta,
        pause: timedelta = timedelta(minutes=1),
        rest: timedelta = timedelta(0),
    ) -> None:
        self.withdrawals = 0
        """Counts the times that a key that was trusted is so no more; what was concluded from one ends with it."""
        self.trusted_until = float("-inf")
        """In seconds since 1970; no key counts after it."""
        self._fetch = fetch
        self._trusted_for = trusted_for
        self._pause, self._rest = pause, rest
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._tried_at: datetime | None = None
        self._failure: GatewayUnavailable | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, key_id: str | None, now: datetime) -> jwt.PyJWK | None:
        """Return a key; None where there is no such one.

        Args:
            key_id: None names the only key, where there is but one.

        Raises:
            GatewayUnavailable: the keys cannot be fetched, and none is trusted, or it may be a new one.
        """
        if not self._trusted(now):
            if self._failure is not None and _since(self._tried_at, now) < self._rest:
                raise self._failure.with_traceback(None)
            await self.refresh(now)
        elif self._known(key_id) is None and _since(self._tried_at, now) >= self._pause:
            await self.refresh(now)
        return self._known(key_id)

    async def refresh(self, now: datetime) -> None:
        """Fetch the keys, or wait for who does.

        Raises:
            GatewayUnavailable: they cannot be had.
        """
        if self._fetching is None:
            self._fetching = asyncio.get_running_loop().create_task(self._refresh(now))
            self._fetching.add_done_callback(self._fetched)
        await asyncio.shield(self._fetching)

    def _trusted(self, now: datetime) -> bool:
        return now.timestamp() < self.trusted_until

    def _known(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(key_id)

    async def _refresh(self, now: datetime) -> None:
        self._tried_at = now
        try:
            found = await self._fetch()
        except GatewayUnavailable as failure:
            self._failure = failure
            raise
        self._failure = None
        if any(key_id not in found or found[key_id].key != key.key for key_id, key in self._keys.items()):
            self.withdrawals += 1
        self._keys = found
        self.trusted_until = (now + self._trusted_for).timestamp()

    def _fetched(self, task: asyncio.Task[None]) -> None:
        self._fetching = None
        if not task.cancelled():
            task.exception()  # told to whoever waited; where nobody did, it is not to be reported as forgotten


class HeldKey:
    """A key that was given once and for all, whatever a signature calls it."""

    withdrawals: Final = 0
    trusted_until: Final = float("inf")

    def __init__(self, key: jwt.PyJWK) -> None:
        self._key = key

    async def find(self, key_id: str | None, now: datetime) -> jwt.PyJWK | None:
        """Return the key."""
        return self._key

    async def refresh(self, now: datetime) -> None:
        """Do nothing."""


def usable_keys(published: list[dict[str, Any]], algorithms: Collection[str]) -> Mapping[str, jwt.PyJWK]:
    """Return the keys that can sign with some algorithms, by their ids; whoever publishes them may have others for other uses.

    A key without an id is called by nothing, and counts only where it is alone.

    Raises:
        MalformedAnswer: there is none.
    """
    usable = {}
    for key in published:
        try:
            parsed = jwt.PyJWK(key)
        except _NO_KEY:
            continue
        named = parsed.key_id or ""
        signs = parsed.algorithm_name in algorithms and parsed.public_key_use in (None, "sig")
        if signs and isinstance(named, str) and _is_strong(parsed):
            usable[named] = parsed
    if not usable:
        raise MalformedAnswer("keys", f"keys for {' or '.join(algorithms)} with their ids")
    return usable


def _is_strong(key: jwt.PyJWK) -> bool:
    return not isinstance(key.key, RSAPublicKey) or key.key.key_size >= LEAST_RSA_BITS


def _since(moment: datetime | None, now: datetime) -> timedelta:
    return timedelta.max if moment is None else now - moment
