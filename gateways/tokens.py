"""Access tokens: who is asking, in which role, through which channel, for which office."""

import asyncio
import logging
import math
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from domain.errors import GatewayUnavailable, NotAuthenticated
from domain.holder import Actor, VouchedIdentity
from domain.message import Message
from domain.region import NATION
from domain.revocation import RevokedTokens
from domain.spelling import hidden_at
from gateways.errors import GatewayConfigurationError
from gateways.token_issuers import Issuer, Keys

logger = logging.getLogger(__name__)
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
    "auditor": (),
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
_CLAIM_NAMES = {
    "office": Message("所属机构", "office"),
    "region": Message("所属地区", "region"),
    "role": Message("角色", "role"),
    "channel": Message("渠道", "channel"),
}
_TYPES = frozenset({"jwt", "at+jwt"})
"""What a token may call itself: a JWT, or an access token of RFC 9068; a token for signing out is none, nor is a face check."""
UNTIMED: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}


@dataclass(frozen=True, slots=True)
class _Signed:
    """What a token says whose signature is good, and when it counts, in seconds since 1970.

    Args:
        session: of which sign-in it is, its claim `sid`; issued: when.
        keys: of whoever signed it; withdrawals: how often one of these had been withdrawn when the signature was checked.
    """

    actor: Actor
    begins: float
    expires: float
    vouched: VouchedIdentity | None
    session: str | None
    issued: float
    keys: Keys
    withdrawals: int

    def stands(self, moment: float) -> bool:
        """Say whether the signature is as good at a moment as when it was checked."""
        return self.withdrawals == self.keys.withdrawals and moment < self.keys.trusted_until


class TokenVerifier:
    """Checks tokens with the keys of the identity providers that are trusted.

    A signature is checked once: what a token with a good one says is remembered by the token's hash, until it expires, or until
    its issuer withdraws a key. The times are compared each time.

    Args:
        issuers: whose tokens are accepted; revoked: which of these count no more.
    """

    def __init__(self, issuers: Iterable[Issuer], revoked: RevokedTokens | None = None) -> None:
        self.issuers: Mapping[str, Issuer] = {issuer.name: issuer for issuer in issuers}
        self._revoked = revoked or RevokedTokens()
        self._signed: dict[bytes, _Signed] = {}

    async def verify(self, token: str, now: datetime) -> Actor:
        """Return who a token names.

        Raises:
            NotAuthenticated: it is forged, expired, not yet valid, revoked, good for too long, says what its issuer may not say, or lacks a
                claim that its role must have.
            GatewayUnavailable: its issuer's keys cannot be had.
        """
        try:
            signed = await self._read(token, now)
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, RecursionError):
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

    async def hear_again_and_again(self, clock: Callable[[], datetime], every: timedelta) -> None:
        """Hear of all issuers' keys until cancelled; an issuer that does not answer is told in the log and asked again."""
        while True:
            for issuer in self.issuers.values():
                try:
                    await issuer.keys.refresh(clock())
                except GatewayUnavailable:
                    pass  # told by who asked it
                except Exception:
                    # One issuer keeps nobody from hearing that a key of another one is withdrawn.
                    logger.exception(
                        "the keys of the issuer %s could not be read; they are asked for again in %s",
                        issuer.name,
                        every,
                    )
            await asyncio.sleep(every.total_seconds())

    async def _read(self, token: str, now: datetime) -> _Signed:
        """Return what a token says at a moment.

        Raises:
            InvalidTokenError, ValueError, TypeError, OverflowError, RecursionError: it is not valid then, or never.
            NotAuthenticated: it says what its issuer may not say.
            GatewayUnavailable: its issuer's keys cannot be had.
        """
        if len(token) > MAXIMUM_LENGTH:
            raise ValueError("too long")
        name, moment = sha256(token.encode()).digest(), now.timestamp()
        # Taken out and put back, so that the one that has not been seen for longest comes first.
        signed = self._signed.pop(name, None)
        if signed is None or not signed.stands(moment):
            signed = await self._check(token, now)
        if moment > signed.expires + LEEWAY.total_seconds():
            raise ValueError("expired")
        self._signed[name] = signed
        if len(self._signed) > REMEMBERED:
            del self._signed[next(iter(self._signed))]
        if moment < signed.begins - LEEWAY.total_seconds():
            raise ValueError("not yet valid")
        actor = signed.actor
        if self._revoked.covers(actor.issuer, actor.token_id, signed.session, actor.person_id, signed.issued):
            raise ValueError("revoked")
        return signed

    async def _check(self, token: str, now: datetime) -> _Signed:
        issuer, key = await signer_of(token, self.issuers, now)
        withdrawals = issuer.keys.withdrawals
        read = jwt.decode_complete(
            token,
            key,
            algorithms=issuer.algorithms,
            issuer=issuer.name,
            audience=issuer.audience,
            # The moment is given, not read from the machine's clock; it is compared by who asks.
            options=UNTIMED | {"require": ["sub", "role", "channel", "exp", "iat"]},
        )
        if str(read["header"].get("typ") or "JWT").lower().removeprefix("application/") not in _TYPES:
            raise ValueError("no access token")
        claims = read["payload"]
        signed = _signed(claims, issuer.keys, withdrawals)
        _refuse_beyond(issuer, signed.actor, claims["exp"] - claims["iat"])
        return signed


async def signer_of(token: str, issuers: Mapping[str, Issuer], now: datetime) -> tuple[Issuer, jwt.PyJWK]:
    """Return whose token one claims to be, and the key that it claims to be signed with; nothing of it is to be believed yet.

    Raises:
        InvalidTokenError, ValueError, TypeError: it is nobody's, or no key of theirs.
        GatewayUnavailable: the keys cannot be had.
    """
    header, claims = _unread(token)
    name = claims.get("iss")
    issuer = issuers.get(name) if isinstance(name, str) else None
    # An algorithm that the issuer does not use is not worth a fetch.
    if issuer is None or header.get("alg") not in issuer.algorithms:
        raise ValueError("nobody's")
    key = await issuer.keys.find(header.get("kid"), now)
    if key is None:
        raise ValueError("no such key")
    return issuer, key


def _unread(token: str) -> list[dict[str, Any]]:
    """Return the head and the claims that stand in a token, read loosely: PyJWT reads them strictly once it is known with which key.

    Raises:
        ValueError: they do not stand there.
    """
    head, claims, _ = token.split(".")
    read = [orjson.loads(urlsafe_b64decode(f"{part}==")) for part in (head, claims)]
    if not all(isinstance(part, dict) for part in read):
        raise ValueError("no token")
    return read


def _refuse_beyond(issuer: Issuer, actor: Actor, life: float) -> None:
    """Refuse a token that says more than its issuer may say.

    Raises:
        NotAuthenticated: it does.
    """
    if life > issuer.longest_life.total_seconds():
        longest = int(issuer.longest_life / timedelta(minutes=1))
        raise NotAuthenticated(
            Message(
                f"令牌的有效期超过{longest}分钟，不能使用。请联系身份认证系统的管理人员缩短有效期后，重新登录。",
                f"The token is good for longer than {longest} minutes, the most for its issuer; "
                "have the identity provider shorten it, and log in again.",
            )
        )
    for claim, value, allowed in (("role", actor.role, issuer.roles), ("channel", actor.channel, issuer.channels)):
        if allowed is not None and value not in allowed:
            name = _CLAIM_NAMES[claim]
            raise NotAuthenticated(
                Message(
                    f"令牌的签发方不能签发{name.zh} `{value}` 的令牌，请从正确的入口重新登录。",
                    f"The issuer of the token may not name the {name.en} {value}; log in where that {name.en} logs in.",
                )
            )


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


def _signed(claims: dict[str, Any], keys: Keys, withdrawals: int) -> _Signed:
    issued, expires = claims["iat"], claims["exp"]
    begins = claims.get("nbf", issued)
    texts = [claims[name] for name in ("sub", "role", "channel")]
    optional = [claims.get(name) for name in (*OPTIONAL_CLAIMS, "jti", "sid")]
    if not all(isinstance(text, str) and 0 < len(text) <= 128 for text in texts):
        raise ValueError("claims are texts")
    if not all(text is None or (isinstance(text, str) and len(text) <= 128) for text in optional):
        raise ValueError("claims are texts")
    if any(hidden_at(text) is not None for text in (*texts, *optional) if text):
        # They name people and offices in every record, and a database may not even take them.
        raise ValueError("claims are visible")
    if not all(_is_time(time) for time in (issued, begins, expires)):
        raise ValueError("times are seconds since 1970")
    # One that is left empty says nothing.
    *said, token_id, session = (text.strip() or None if text else None for text in optional)
    person_id, role, channel = texts
    signed_by = {"issuer": claims["iss"], "token_id": token_id}
    actor = Actor(person_id, role, channel, **dict(zip(OPTIONAL_CLAIMS, said, strict=True)), **signed_by)
    return _Signed(
        actor, max(issued, begins), expires, _vouched(claims.get(VOUCHED)), session, issued, keys, withdrawals
    )


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
    """Makes tokens from a development key; a real identity provider does this elsewhere.

    Args:
        issuer: its claim `iss`; key_id: how it calls the key, None where it has but one.
    """

    key: Ed25519PrivateKey
    issuer: str = ISSUER
    key_id: str | None = None

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
            "iss": self.issuer,
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
        headers = {"kid": self.key_id} if self.key_id is not None else None
        return jwt.encode(claims, self.key, algorithm=ALGORITHM, headers=headers)
