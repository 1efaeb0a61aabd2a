"""An issuer's signed word that a session is over: the logout token of OpenID Connect Back-Channel Logout 1.0."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import jwt

from domain.message import Message
from domain.revocation import Revocation, Revokes
from domain.spelling import hidden_at
from gateways.errors import InvalidSignature
from gateways.token_issuers import Issuer
from gateways.tokens import LEEWAY, MAXIMUM_LENGTH, UNTIMED, signer_of

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_TYPES: Final = frozenset({"jwt", "logout+jwt"})
_LONGEST: Final = 128


async def read_logout_token(token: str, issuers: Mapping[str, Issuer], now: datetime) -> Revocation:
    """Return what an issuer revokes: a session, or where it names none all that a subject was issued until then.

    Raises:
        InvalidSignature: LOGOUT_TOKEN_INVALID, it is not an issuer's, not for this service, or not of now.
        GatewayUnavailable: the issuer's keys cannot be had.
    """
    try:
        return await _read(token, issuers, now)
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, RecursionError) as error:
        reason = str(error) if isinstance(error, _Wrong) else "its signature, issuer, audience or times are not right"
        raise _invalid(reason) from error


class _Wrong(ValueError):
    """What a signed token says cannot be."""


async def _read(token: str, issuers: Mapping[str, Issuer], now: datetime) -> Revocation:
    if len(token) > MAXIMUM_LENGTH:
        raise _Wrong(f"it is longer than {MAXIMUM_LENGTH} characters")
    issuer, key = await signer_of(token, issuers, now)
    if str(jwt.get_unverified_header(token).get("typ") or "JWT").lower() not in _TYPES:
        raise _Wrong("its type is not logout+jwt")
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=issuer.algorithms,
        issuer=issuer.name,
        # To the issuer, this service is a client where people sign in to its pages, and else the audience of its tokens.
        audience=issuer.client_id or issuer.audience,
        options=UNTIMED | {"require": ["iat", "exp", "jti", "events"]},
    )
    if not isinstance(claims["events"], dict) or not isinstance(claims["events"].get(EVENT), dict):
        raise _Wrong("it is of no logout")
    if "nonce" in claims:
        raise _Wrong("it has a nonce, as tokens for signing in have")
    issued = _moment(claims["iat"])
    if issued > now + LEEWAY or _moment(claims["exp"]) < now - LEEWAY:
        raise _Wrong("it is not of now")
    until = now + issuer.longest_life + 2 * LEEWAY
    for revokes in (Revokes.SESSION, Revokes.SUBJECT):
        if (value := claims.get(revokes.value)) is not None:
            if not isinstance(value, str) or not 0 < len(value) <= _LONGEST or hidden_at(value) is not None:
                raise _Wrong(f"{revokes.value} is no text of at most {_LONGEST} visible characters")
            return Revocation(issuer.name, revokes, value, issued, until)
    raise _Wrong("it names neither a session nor a subject")


def _moment(value: object) -> datetime:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong("a time is no number")
    return datetime.fromtimestamp(value, UTC)


def _invalid(reason: str) -> InvalidSignature:
    return InvalidSignature(
        Message(
            "退出通知没有被接受。请身份认证系统核对签名密钥、受众和系统时间，再重新发送。",
            f"The logout token is not accepted: {reason}. The identity provider should check its key, audience and clock, and send again.",
        ),
        code="LOGOUT_TOKEN_INVALID",
    )
