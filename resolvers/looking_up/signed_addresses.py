"""Addresses that are good for two minutes, for whoever has them: they say themselves what they open, for whom, and are signed."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from domain.errors import NotPermitted
from domain.holder import Actor
from domain.message import Message
from resolvers.changing.results import SignedAddress
from resolvers.dependencies import Dependencies

LASTING: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Signing:
    """A kind of addresses.

    Args:
        path: where they are; purpose: keeps a signature of ours for something else from being one of these.
        over: what whoever comes with one that is over is told.
    """

    path: str
    purpose: bytes
    over: Message

    def sign(self, dependencies: Dependencies, actor: Actor, said: dict[str, Any]) -> SignedAddress:
        """Return an address.

        Args:
            actor: to whom it is given; said: what it opens.
        """
        expires_at = dependencies.clock.now() + LASTING
        body = _text(orjson.dumps({**said, "expires": expires_at.timestamp(), "actor": asdict(actor)}))
        return SignedAddress(
            f"{dependencies.public_url}{self.path}/{body}.{self._signature(dependencies, body)}", expires_at
        )

    def read(self, dependencies: Dependencies, token: str) -> tuple[dict[str, Any], Actor]:
        """Return what an address opens, and to whom it was given, by what follows the path.

        Raises:
            NotPermitted: it is not ours, or is over (`ADDRESS_EXPIRED`).
        """
        body, _, signature = token.partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(dependencies, body).encode()):
            raise self._over()
        said: dict[str, Any] = orjson.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        if dependencies.clock.now() >= datetime.fromtimestamp(said["expires"], UTC):
            raise self._over()
        return said, Actor(**said["actor"])

    def _signature(self, dependencies: Dependencies, body: str) -> str:
        return _text(hmac.new(dependencies.code_key, self.purpose + body.encode(), hashlib.sha256).digest())

    def _over(self) -> NotPermitted:
        return NotPermitted(self.over, code="ADDRESS_EXPIRED")


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
