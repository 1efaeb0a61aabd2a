"""Access tokens: who is asking, in which role, through which channel, for which office."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from domain.errors import NotAuthenticated
from domain.holder import Actor, VouchedIdentity
from domain.message import Message
from domain.region import NATION
from gateways.errors import GatewayConfigurationError

ALGORITHM = "EdDSA"
_REGION = re.compile(r"[0-9]{6}")
ISSUER = "social-security-card"
AUDIENCE = "social-security-card-graph"
LEEWAY = timedelta(seconds=30)
MAXIMUM_LENGTH = 4096
REMEMBERED = 10_000
"""Tokens whose signature is not checked again: some 500 bytes each."""
REQUIRED_CLAIMS: Mapping[str, tuple[str, ...]] = {
    "citizen": (),
    "clerk": ("office", "region"),
    "card_maker": ("office",),
    "bank": ("office",),
    "medical_institution": ("office",),
    "settlement_system": ("office", "region"),
    "policy_officer": (),
}
"""What a token must say of whom it acts for, by role: without it, it would reach what belongs to others.

A clerk and a settlement system work for one region; who works for the whole country says so with the region `000000`.
Card makers, banks and medical institutions may serve the whole country, and a region narrows that.
"""
OPTIONAL_CLAIMS = ("office", "region", "bank", "office_kind")
"""What a token may say besides of the office that somebody acts for: as `Actor` has it, in its order."""
VOUCHED = "identity"
"""The claim by which an identity provider vouches for who somebody is: `{"name", "identity_type", "identity_number"}`."""
_IDENTITY = ("name", "identity_type", "identity_number")
_CLAIM_NAMES = {"office": Message("所属机构", "office"), "region": Message("所属地区", "region")}


@dataclass(frozen=True, slots=True)
class _Signed:
    """What a token says whose signature is good, and when it counts, in seconds since 1970."""

    actor: Actor
    begins: float
    expires: float
    vouched: VouchedIdentity | None = None


@dataclass(frozen=True, slots=True)
class TokenVerifier:
    """Checks tokens with the identity provider's public key.

    A signature is checked once: what a token with a good one says is remembered by the token's hash, until it expires. The
    times are compared each time. Another key is another verifier, which remembers nothing.

    Args:
        key: Ed25519; issuer, audience: what a token must name.
    """

    key: Ed25519PublicKey
    issuer: str = ISSUER
    audience: str = AUDIENCE
    _signed: dict[bytes, _Signed] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def from_pem(cls, pem: bytes) -> "TokenVerifier":
        """Read a public key.

        Raises:
            GatewayConfigurationError: it is no Ed25519 public key in PEM.
        """
        refusal = GatewayConfigurationError(
            "The token key is no Ed25519 public key in PEM; give the identity provider's."
        )
        try:
            key = load_pem_public_key(pem)
        except ValueError:
            raise refusal from None
        if not isinstance(key, Ed25519PublicKey):
            raise refusal
        return cls(key)

    def verify(self, token: str, now: datetime) -> Actor:
        """Return who a token names.

        Raises:
            NotAuthenticated: it is forged, expired, not yet valid, or lacks a claim that its role must have.
        """
        try:
            signed = self._read(token, now.timestamp())
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError):
            raise NotAuthenticated(
                Message("令牌无效或已过期，请重新登录。", "The token is invalid or has expired; log in again.")
            ) from None
        actor = signed.actor
        if (missing := missing_claim(actor)) is not None:
            raise _without(actor.role, missing)
        # From here on "the whole country" is no region at all.
        return replace(actor, region=None) if actor.region == NATION else actor

    def vouched(self, token: str) -> VouchedIdentity | None:
        """Return who the identity provider vouches that somebody is, by a token that was verified; None where it does not say."""
        signed = self._signed.get(sha256(token.encode()).digest())
        return signed.vouched if signed is not None else None

    def _read(self, token: str, moment: float) -> _Signed:
        """Return what a token says at a moment.

        Raises:
            InvalidTokenError, ValueError, TypeError, OverflowError: it is not valid then, or never.
        """
        if len(token) > MAXIMUM_LENGTH:
            raise ValueError("too long")
        name = sha256(token.encode()).digest()
        # Taken out and put back, so that the one that has not been seen for longest comes first.
        signed = self._signed.pop(name, None) or self._check(token)
        if moment > signed.expires + LEEWAY.total_seconds():
            raise ValueError("expired")
        self._signed[name] = signed
        if len(self._signed) > REMEMBERED:
            del self._signed[next(iter(self._signed))]
        if moment < signed.begins - LEEWAY.total_seconds():
            raise ValueError("not yet valid")
        return signed

    def _check(self, token: str) -> _Signed:
        claims = jwt.decode(
            token,
            self.key,
            algorithms=[ALGORITHM],
            issuer=self.issuer,
            audience=self.audience,
            # The moment is given, not read from the machine's clock; it is compared by who asks.
            options={
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "require": ["sub", "role", "channel", "exp", "iat"],
            },
        )
        return _signed(claims)


def missing_claim(actor: Actor) -> str | None:
    """Return the first claim that a role must have and somebody has not; None where all are there."""
    return next((name for name in REQUIRED_CLAIMS.get(actor.role, ()) if not getattr(actor, name)), None)


def _without(role: str, claim: str) -> NotAuthenticated:
    name = _CLAIM_NAMES[claim]
    return NotAuthenticated(
        Message(
            f"令牌没有写明{name.zh}，不能办理业务。请联系身份认证系统的管理人员补充后，重新登录。",
            f"The token lacks the claim {claim!r}, which every token of the role {role} must have; "
            "have the identity provider add it, and log in again.",
        )
    )


def _signed(claims: dict[str, Any]) -> _Signed:
    issued, expires = claims["iat"], claims["exp"]
    begins = claims.get("nbf", issued)
    texts = [claims[name] for name in ("sub", "role", "channel")]
    optional = [claims.get(name) for name in (*OPTIONAL_CLAIMS, "jti")]
    if not all(isinstance(text, str) and 0 < len(text) <= 128 for text in texts):
        raise ValueError("claims are texts")
    if not all(text is None or (isinstance(text, str) and len(text) <= 128) for text in optional):
        raise ValueError("claims are texts")
    if not all(_is_time(time) for time in (issued, begins, expires)):
        raise ValueError("times are seconds since 1970")
    # One that is left empty says nothing.
    *said, token_id = (text.strip() or None if text else None for text in optional)
    person_id, role, channel = texts
    signed_by = {"issuer": claims["iss"], "token_id": token_id}
    actor = Actor(person_id, role, channel, **dict(zip(OPTIONAL_CLAIMS, said, strict=True)), **signed_by)
    return _Signed(actor, max(issued, begins), expires, _vouched(claims.get(VOUCHED)))


def _vouched(claim: object) -> VouchedIdentity | None:
    """Return the person that a token vouches for.

    Raises:
        ValueError: it vouches for something that is no person.
    """
    if claim is None:
        return None
    texts: list[Any] = [claim.get(name) for name in _IDENTITY] if isinstance(claim, dict) else []
    if not texts or not all(isinstance(text, str) and 0 < len(text) <= 128 for text in texts):
        raise ValueError("an identity is a name, a type and a number")
    return VouchedIdentity(*texts)


def _is_time(value: object) -> bool:
    """Return whether a claim is a NumericDate of RFC 7519, which may have a fraction."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True, slots=True)
class TokenSigner:
    """Makes tokens from a development key; a real identity provider does this elsewhere."""

    key: Ed25519PrivateKey

    @classmethod
    def from_pem(cls, pem: bytes) -> "TokenSigner":
        """Read a private key.

        Raises:
            GatewayConfigurationError: it is no Ed25519 private key in PEM.
        """
        refusal = GatewayConfigurationError("The token signing key is no Ed25519 private key in PEM.")
        try:
            key = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError):
            raise refusal from None
        if not isinstance(key, Ed25519PrivateKey):
            raise refusal
        return cls(key)

    def sign(self, actor: Actor, now: datetime, lifetime: timedelta, vouched: VouchedIdentity | None = None) -> str:
        """Make a token for somebody.

        Args:
            actor: who; now: from when; lifetime: for how long; vouched: who they are, as is vouched for.

        Raises:
            GatewayConfigurationError: the service would refuse the token: a claim is missing, or no region can have such a code.
        """
        if (missing := missing_claim(actor)) is not None:
            raise GatewayConfigurationError(
                f"A token of the role {actor.role} needs the claim {missing!r}, and {actor.person_id!r} has none; "
                "give it one."
            )
        if actor.region is not None and not _REGION.fullmatch(actor.region):
            raise GatewayConfigurationError(
                f"{actor.region!r} is no region for the token of {actor.person_id!r}: give the six digits of GB/T 2260."
            )
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": actor.person_id,
            "role": actor.role,
            "channel": actor.channel,
            "jti": actor.token_id or str(uuid4()),
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
        }
        claims |= {name: value for name in OPTIONAL_CLAIMS if (value := getattr(actor, name))}
        if vouched is not None:
            claims[VOUCHED] = {name: getattr(vouched, name) for name in _IDENTITY}
        return jwt.encode(claims, self.key, algorithm=ALGORITHM)
