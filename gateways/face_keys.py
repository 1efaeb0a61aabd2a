"""The face-check provider's public keys: fetched, kept for a while, and fetched again when a new one appears."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import anyio
import jwt

from gateways.answers import MalformedAnswer
from gateways.face_assertion import ALGORITHMS, invalid
from gateways.provider import Provider

LIFETIME = timedelta(hours=1)
"""How long keys are kept: a key that the provider withdraws is trusted no longer than this."""

PAUSE = timedelta(minutes=1)
"""How long an unknown key waits for the next fetch, lest made-up key names make us flood the provider."""


class FaceKeys:
    """The keys of a provider's JWKS by their ids.

    Args:
        provider: where they are published.
        path: of the JWKS below the provider's address.
    """

    def __init__(self, provider: Provider, path: str = "/.well-known/jwks.json") -> None:
        self._provider = provider
        self._path = path
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._lock = anyio.Lock()

    async def get(self, key_id: str, now: datetime) -> jwt.PyJWK:
        """Return a key.

        Raises:
            InvalidSignature: FACE_ASSERTION_INVALID, the provider has no such key.
            GatewayUnavailable: the keys cannot be fetched.
        """
        if self._should_fetch(key_id, now):
            async with self._lock:
                # Whoever held the lock may have fetched it meanwhile.
                if self._should_fetch(key_id, now):
                    await self._fetch(now)
        try:
            return self._keys[key_id]
        except KeyError:
            raise invalid("密钥未知", "the provider has no such key") from None

    def _should_fetch(self, key_id: str, now: datetime) -> bool:
        if _since(self._fetched_at, now) >= LIFETIME:
            return True
        return key_id not in self._keys and _since(self._tried_at, now) >= PAUSE

    async def _fetch(self, now: datetime) -> None:
        self._tried_at = now
        answer = await self._provider.ask("GET", self._path)
        with self._provider.reading():
            self._keys = _usable(answer.objects("keys"))
        self._fetched_at = now


def _since(moment: datetime | None, now: datetime) -> timedelta:
    return timedelta.max if moment is None else now - moment


def _usable(keys: list[dict[str, object]]) -> Mapping[str, jwt.PyJWK]:
    """Return the keys that can sign assertions; a provider may publish others for other uses."""
    usable = {}
    for key in keys:
        try:
            parsed = jwt.PyJWK(key)
        except (jwt.PyJWTError, ValueError, TypeError, KeyError):
            continue
        if parsed.key_id and parsed.algorithm_name in ALGORITHMS and parsed.public_key_use in (None, "sig"):
            usable[parsed.key_id] = parsed
    if not usable:
        raise MalformedAnswer("keys", f"keys for {' or '.join(ALGORITHMS)} with their ids")
    return usable
