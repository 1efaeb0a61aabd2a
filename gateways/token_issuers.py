"""Whose tokens are accepted, and for what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import httpx
import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from domain.message import Message
from gateways.answers import MalformedAnswer
from gateways.errors import GatewayConfigurationError
from gateways.provider import Provider
from gateways.published_keys import HeldKey, PublishedKeys, usable_keys

ALGORITHMS: Final = ("EdDSA", "ES256", "RS256")
"""Signatures that an issuer may use: asymmetric, so that no public key can pass for a shared secret."""
DISCOVERY: Final = "/.well-known/openid-configuration"
LONGEST_LIFE: Final = timedelta(days=31)
REST: Final = timedelta(seconds=5)
"""How long an issuer that has failed is left in peace while none of its keys is trusted."""
PROVIDER: Final = Message("身份认证系统", "identity provider")
_KINDS: Final = {Ed25519PublicKey: "EdDSA", EllipticCurvePublicKey: "ES256", RSAPublicKey: "RS256"}


class Keys(Protocol):
    """What an issuer signs with."""

    @property
    def withdrawals(self) -> int:
        """Count the times that a key that was trusted is so no more."""
        ...

    @property
    def trusted_until(self) -> float:
        """Until when the keys count, in seconds since 1970."""
        ...

    async def find(self, key_id: str | None, now: datetime) -> jwt.PyJWK | None:
        """Return a key; None where there is no such one."""
        ...

    async def refresh(self, now: datetime) -> None:
        """Hear of the keys again."""
        ...


@dataclass(frozen=True, slots=True)
class Issuer:
    """An identity provider, and what the service believes of it.

    Args:
        name: its claim `iss`; for OpenID Connect its address.
        audience: what its tokens must name in `aud`.
        keys: what it signs with; algorithms: how.
        longest_life: a token that is good for longer is refused.
        roles, channels: terms of the vocabularies that its tokens may name; None for all.
        client_id: under which name it knows this service's own pages; None where nobody signs in through it there.
        scope: what those pages ask for.
    """

    name: str
    audience: str
    keys: Keys
    algorithms: tuple[str, ...] = ALGORITHMS
    longest_life: timedelta = timedelta(hours=1)
    roles: frozenset[str] | None = None
    channels: frozenset[str] | None = None
    client_id: str | None = None
    scope: str = "openid"


def published_by(
    issuer: str, algorithms: tuple[str, ...], longest_life: timedelta, client: httpx.AsyncClient
) -> PublishedKeys:
    """Return the keys of an OpenID Connect issuer, found by its discovery document.

    Once they were last heard of longer ago than a token lives, whoever shows a token that fits has got it from nobody that is
    known to be the issuer still: so long are the keys trusted while it does not answer.

    Raises:
        GatewayConfigurationError: the address cannot be an issuer's.
    """
    # Somebody may wait for it with a request, so it is given less time than other providers.
    provider = Provider(PROVIDER, issuer, None, client, timeout_seconds=3, attempts=2)

    async def fetch() -> Mapping[str, jwt.PyJWK]:
        found = await provider.ask("GET", DISCOVERY)
        with provider.reading():
            if found.text("issuer") != issuer:
                raise MalformedAnswer("issuer", "the issuer that was asked")
            published = await provider.document(found.text("jwks_uri"))
            return usable_keys(published.objects("keys"), algorithms)

    return PublishedKeys(fetch, trusted_for=longest_life, pause=timedelta(seconds=30), rest=REST)


def held_key(pem: bytes) -> HeldKey:
    """Read the public key of an issuer that publishes none.

    Raises:
        GatewayConfigurationError: it is no public key in PEM that tokens could be signed with.
    """
    try:
        return HeldKey(_public_key(pem))
    except (ValueError, StopIteration, UnsupportedAlgorithm, MalformedAnswer):
        raise GatewayConfigurationError(
            "The token key is no Ed25519 public key in PEM, nor one of P-256 or of RSA with 2048 bits; "
            "give the identity provider's."
        ) from None


def held(private: Any) -> HeldKey:
    """Return the public half of a key that this service signs with itself."""
    return held_key(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _public_key(pem: bytes) -> jwt.PyJWK:
    key = load_pem_public_key(pem)
    algorithm = next(name for kind, name in _KINDS.items() if isinstance(key, kind))
    written: Any = jwt.get_algorithm_by_name(algorithm).to_jwk(key, as_dict=True)
    return next(iter(usable_keys([written], ALGORITHMS).values()))
