"""The face-check provider's signed word that a living person was checked, for whom and for what."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from domain.message import Message
from gateways.errors import GatewayConfigurationError, InvalidSignature

ALGORITHMS = ("ES256", "EdDSA")
"""The only signatures that are accepted: asymmetric, so that no public key can pass for a shared secret."""

LEEWAY = timedelta(minutes=1)
"""How far the provider's clock may be ahead of ours."""

LONGEST_LIFE = timedelta(days=1)
"""How long a check may count, however long the provider would have it: that it was used is known for longer (`keep_face_checks_for`)."""

MAXIMUM_LENGTH = 4096
MAXIMUM_TERM = 128  # what the records have room for
_LATEST = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())

# PyJWT would read the ambient clock; `_claims_to_assertion` compares with the injected one.
_OPTIONS: Any = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "require": ["jti", "sub", "purpose", "iat", "exp", "aud", "iss"],
}


@dataclass(frozen=True, slots=True)
class FaceAssertion:
    """One passed face check.

    Args:
        id: the provider's name for the check; whoever accepts it must accept it once only.
        person_id: who was checked.
        purpose: the service it was made for.
        verified_at, expires_at: when it was made and when it stops counting, in UTC.
    """

    id: str
    person_id: str
    purpose: str
    verified_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key that can sign assertions, and the algorithm it is for."""

    private: EllipticCurvePrivateKey | Ed25519PrivateKey
    algorithm: str

    @property
    def public(self) -> jwt.PyJWK:
        """The key to verify with."""
        algorithm = jwt.get_algorithm_by_name(self.algorithm)
        return jwt.PyJWK.from_json(algorithm.to_jwk(self.private.public_key()), self.algorithm)


def load_signing_key(pem: bytes) -> SigningKey:
    """Read a private key.

    Args:
        pem: an unencrypted P-256 or Ed25519 private key.

    Raises:
        GatewayConfigurationError: it is something else.
    """
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise GatewayConfigurationError("The face-check key must be an unencrypted private key in PEM.") from error
    if isinstance(key, Ed25519PrivateKey):
        return SigningKey(key, "EdDSA")
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        return SigningKey(key, "ES256")
    raise GatewayConfigurationError("The face-check key must be a P-256 or Ed25519 private key.")


def sign_assertion(key: SigningKey, key_id: str, issuer: str, audience: str, assertion: FaceAssertion) -> str:
    """Write an assertion as the provider does."""
    claims = {
        "jti": assertion.id,
        "sub": assertion.person_id,
        "purpose": assertion.purpose,
        "iat": int(assertion.verified_at.timestamp()),
        "exp": int(assertion.expires_at.timestamp()),
        "iss": issuer,
        "aud": audience,
    }
    return jwt.encode(claims, key.private, key.algorithm, headers={"kid": key_id})


def key_id_of(text: str) -> str:
    """Return the name of the key that an assertion says it is signed with; nothing in it is to be believed yet.

    Raises:
        InvalidSignature: FACE_ASSERTION_INVALID, the text is not an assertion.
    """
    if len(text) > MAXIMUM_LENGTH:
        raise invalid("内容过长", f"it is longer than {MAXIMUM_LENGTH} characters")
    try:
        key_id: object = jwt.get_unverified_header(text).get("kid")
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise invalid("格式不正确", "it is not a JWT") from error
    if not isinstance(key_id, str):
        raise invalid("没有指明密钥", "it names no key")
    return key_id


def verify_assertion(text: str, key: jwt.PyJWK, issuer: str, audience: str, now: datetime) -> FaceAssertion:
    """Read an assertion, if the key's owner made it for us and it still counts.

    Args:
        text: a JWT.
        key: the public key it must be signed with.
        issuer, audience: what its claims must say.
        now: an aware moment.

    Raises:
        InvalidSignature: FACE_ASSERTION_INVALID, with what is wrong.
    """
    try:
        claims = jwt.decode(text, key, list(ALGORITHMS), _OPTIONS, audience=audience, issuer=issuer)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise invalid("签名、签发方或受众不符", f"its signature or claims are not right ({error})") from error
    assertion = _read(claims)
    if assertion.verified_at > now + LEEWAY:
        raise invalid("尚未生效", "it is dated in the future")
    if assertion.expires_at - assertion.verified_at > LONGEST_LIFE:
        raise invalid("有效期过长", f"it is good for longer than {LONGEST_LIFE}")
    if assertion.expires_at <= now:
        raise invalid("已过期", f"it expired at {assertion.expires_at.isoformat()}")
    return assertion


def invalid(zh: str, en: str) -> InvalidSignature:
    """Describe an assertion that is not accepted."""
    return InvalidSignature(
        Message(
            f"人脸识别结果不能使用（{zh}），请重新识别。",
            f"The face check is not accepted: {en}. Do the face check again.",
        ),
        code="FACE_ASSERTION_INVALID",
    )


def _read(claims: dict[str, Any]) -> FaceAssertion:
    identity, person_id, purpose = claims["jti"], claims["sub"], claims["purpose"]
    if not all(isinstance(text, str) and 0 < len(text) <= MAXIMUM_TERM for text in (identity, person_id, purpose)):
        raise invalid("内容不完整", f"jti, sub and purpose must be texts of 1 to {MAXIMUM_TERM} characters")
    return FaceAssertion(identity, person_id, purpose, _moment(claims["iat"]), _moment(claims["exp"]))


def _moment(seconds: object) -> datetime:
    if type(seconds) is not int or not 0 <= seconds < _LATEST:
        raise invalid("时间不正确", "iat and exp must be whole seconds")
    return datetime.fromtimestamp(seconds, UTC)
