"""Face checks: a session at a provider, and the signed assertion it gives the person to bring back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import uuid4

import httpx
import jwt

from domain.message import Message
from gateways.face_assertion import (
    ALGORITHMS,
    FaceAssertion,
    invalid,
    key_id_of,
    load_signing_key,
    sign_assertion,
    verify_assertion,
)
from gateways.provider import Provider
from gateways.published_keys import PublishedKeys, usable_keys
from gateways.sandbox import Show, refuse_production

FACE_PROVIDER = Message("人脸核验服务商", "face-check provider")

KEYS_TRUSTED_FOR = timedelta(hours=1)
"""A key that the provider withdraws is trusted no longer than this."""

SANDBOX_LIFETIME = timedelta(minutes=10)
_SANDBOX_ISSUER = "sandbox:face-check"
_SANDBOX_AUDIENCE = "social-security-card"
_SANDBOX_KEY_ID = "sandbox"


@dataclass(frozen=True, slots=True)
class FaceCheckSession:
    """A check that has been started.

    Args:
        url: where the person's device goes on; holds nothing secret.
        expires_at: when the session ends, in UTC.
    """

    url: str
    expires_at: datetime


class FaceCheckGateway(Protocol):
    """Checks faces."""

    async def start(self, person_id: str, purpose: str, now: datetime) -> FaceCheckSession:
        """Start a check.

        Args:
            person_id: whose face it must be.
            purpose: the service it is for.
            now: an aware moment.

        Raises:
            GatewayUnavailable: the provider has started none.
        """
        ...

    async def verify(self, assertion: str, now: datetime) -> FaceAssertion:
        """Read what the provider has given the person.

        The caller compares person and purpose, and accepts each assertion's id once only.

        Args:
            assertion: a JWT.
            now: an aware moment.

        Raises:
            InvalidSignature: FACE_ASSERTION_INVALID, with what is wrong.
            GatewayUnavailable: the provider's keys cannot be fetched.
        """
        ...


class HttpFaceCheck:
    """Checks faces at a provider: POST `/sessions`, GET `/.well-known/jwks.json`.

    Args:
        base_url, api_key: the provider's address and our key there.
        issuer, audience: what its assertions say of the provider and of us.
        client: the connection pool.
        page_hosts: hosts besides the provider's own where its pages may be.
        timeout_seconds, attempts: for each try; how many tries.

    Raises:
        GatewayConfigurationError: the address or key cannot work.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        issuer: str,
        audience: str,
        client: httpx.AsyncClient,
        *,
        page_hosts: Collection[str] = (),
        timeout_seconds: float = 5.0,
        attempts: int = 3,
    ) -> None:
        self._provider = Provider(FACE_PROVIDER, base_url, api_key, client, timeout_seconds, attempts, page_hosts)
        self._keys = PublishedKeys(self._published, trusted_for=KEYS_TRUSTED_FOR)
        self._issuer = issuer
        self._audience = audience

    async def start(self, person_id: str, purpose: str, now: datetime) -> FaceCheckSession:
        """Start a check; see `FaceCheckGateway.start`."""
        body = {"person_id": person_id, "purpose": purpose, "audience": self._audience}
        answer = await self._provider.ask("POST", "/sessions", body)
        with self._provider.reading():
            return FaceCheckSession(self._provider.page(answer, "url"), answer.moment("expires_at"))

    async def verify(self, assertion: str, now: datetime) -> FaceAssertion:
        """Read an assertion; see `FaceCheckGateway.verify`."""
        key = await self._keys.find(key_id_of(assertion), now)
        if key is None:
            raise invalid("密钥未知", "the provider has no such key")
        return verify_assertion(assertion, key, self._issuer, self._audience, now)

    async def _published(self) -> Mapping[str, jwt.PyJWK]:
        answer = await self._provider.ask("GET", "/.well-known/jwks.json")
        with self._provider.reading():
            return usable_keys(answer.objects("keys"), ALGORITHMS)


class SandboxFace:
    """Passes every face check at once and shows the assertion on the console.

    Args:
        environment: what the installation calls itself.
        show: shows one line to the developer.
        private_key_pem: a P-256 or Ed25519 key; the same in every process, so that each reads the others' assertions.

    Raises:
        GatewayConfigurationError: this is production, or the key is of another kind.
    """

    def __init__(self, environment: str, show: Show, private_key_pem: bytes) -> None:
        refuse_production(environment, "SandboxFace")
        self._show = show
        self._key = load_signing_key(private_key_pem)

    async def start(self, person_id: str, purpose: str, now: datetime) -> FaceCheckSession:
        """Show an assertion; see `FaceCheckGateway.start`."""
        passed = FaceAssertion(str(uuid4()), person_id, purpose, now, now + SANDBOX_LIFETIME)
        text = sign_assertion(self._key, _SANDBOX_KEY_ID, _SANDBOX_ISSUER, _SANDBOX_AUDIENCE, passed)
        self._show(f"[sandbox face check] passed for {purpose}, good until {passed.expires_at:%H:%M:%S %Z}: {text}")
        return FaceCheckSession("sandbox:face-check", passed.expires_at)

    async def verify(self, assertion: str, now: datetime) -> FaceAssertion:
        """Read an assertion; see `FaceCheckGateway.verify`."""
        key_id_of(assertion)
        return verify_assertion(assertion, self._key.public, _SANDBOX_ISSUER, _SANDBOX_AUDIENCE, now)
