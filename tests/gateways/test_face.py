import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import GatewayUnavailable
from gateways.errors import GatewayConfigurationError, InvalidSignature
from gateways.face import FaceCheckSession, HttpFaceCheck, SandboxFace
from gateways.face_assertion import FaceAssertion
from gateways.sandbox import Show
from tests.gateways.provider_server import ProviderServer, Reply

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
ISSUER, AUDIENCE = "https://face.example", "card-service"
JWKS = "/.well-known/jwks.json"
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
EDWARDS_KEY = ed25519.Ed25519PrivateKey.generate()
CLAIMS: dict[str, Any] = {
    "jti": "check-1",
    "sub": "person-1",
    "purpose": "reissue",
    "iat": int(NOW.timestamp()) - 60,
    "exp": int(NOW.timestamp()) + 300,
    "iss": ISSUER,
    "aud": AUDIENCE,
}
Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def published(**keys: Private) -> dict[str, Any]:
    return {"keys": [as_jwk(key) | {"kid": key_id, "use": "sig"} for key_id, key in keys.items()]}


def as_jwk(key: Private) -> dict[str, Any]:
    algorithm = "EdDSA" if isinstance(key, ed25519.Ed25519PrivateKey) else "ES256"
    jwk: dict[str, Any] = json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key()))
    return jwk


def signed(claims: dict[str, Any] | None = None, key: Any = KEY, algorithm: str = "ES256", kid: Any = "k1") -> str:
    return jwt.encode(CLAIMS | (claims or {}), key, algorithm, headers={"kid": kid})


def over_http(server: ProviderServer, client: httpx.AsyncClient) -> HttpFaceCheck:
    return HttpFaceCheck(server.base_url, "key", ISSUER, AUDIENCE, client)


async def refused(gateway: HttpFaceCheck | SandboxFace, assertion: str, now: datetime = NOW) -> InvalidSignature:
    with pytest.raises(InvalidSignature) as caught:
        await gateway.verify(assertion, now)
    assert caught.value.code == "FACE_ASSERTION_INVALID"
    assert "请重新识别" in caught.value.message.zh
    return caught.value


async def test_a_session_is_started(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    url = f"{provider.base_url}/check/1"
    provider.reply_json("/sessions", {"url": url, "expires_at": "2026-11-20T12:10:00+08:00"})
    session = await over_http(provider, client).start("person-1", "reissue", NOW)
    assert session == FaceCheckSession(url, datetime(2026, 11, 20, 4, 10, tzinfo=UTC))
    assert provider.received[0].json == {"person_id": "person-1", "purpose": "reissue", "audience": AUDIENCE}


@pytest.mark.parametrize(
    "answer",
    [{}, {"url": "https://attacker.example/", "expires_at": "2026-11-20T12:10:00+08:00"}, {"url": "sandbox:face"}],
)
async def test_a_session_elsewhere_is_not_believed(
    provider: ProviderServer, client: httpx.AsyncClient, answer: dict[str, str]
) -> None:
    provider.reply_json("/sessions", answer)
    with pytest.raises(GatewayUnavailable) as caught:
        await over_http(provider, client).start("person-1", "reissue", NOW)
    assert "人脸核验服务商" in caught.value.message.zh


@pytest.mark.parametrize(("key", "algorithm"), [(KEY, "ES256"), (EDWARDS_KEY, "EdDSA")])
async def test_an_assertion_is_read(
    provider: ProviderServer, client: httpx.AsyncClient, key: Private, algorithm: str
) -> None:
    provider.reply_json(JWKS, published(k1=key))
    assertion = await over_http(provider, client).verify(signed(key=key, algorithm=algorithm), NOW)
    assert assertion == FaceAssertion(
        "check-1", "person-1", "reissue", NOW - timedelta(minutes=1), NOW + timedelta(minutes=5)
    )


@pytest.mark.parametrize(
    ("claims", "word"),
    [
        ({"aud": "another-service"}, "受众"),
        ({"aud": None}, "受众"),
        ({"iss": "https://attacker.example"}, "签发方"),
        ({"jti": None}, "签发方"),
        ({"jti": ""}, "不完整"),
        ({"jti": 7}, "签发方"),
        ({"sub": None}, "签发方"),
        ({"sub": "p" * 129}, "不完整"),
        ({"purpose": None}, "签发方"),
        ({"purpose": ["reissue"]}, "不完整"),
        ({"exp": None}, "签发方"),
        ({"exp": "1e9"}, "时间不正确"),
        ({"exp": 1e300}, "时间不正确"),
        ({"exp": 10**18}, "时间不正确"),
        ({"exp": True}, "时间不正确"),
        ({"iat": -1}, "时间不正确"),
        ({"exp": int(NOW.timestamp())}, "已过期"),
        ({"iat": int(NOW.timestamp()) + 61}, "尚未生效"),
        # It would count again once nobody knows any more that it was used.
        ({"iat": int(NOW.timestamp()) - 86_400}, "有效期过长"),
    ],
)
async def test_assertions_with_wrong_claims_are_refused(
    provider: ProviderServer, client: httpx.AsyncClient, claims: dict[str, Any], word: str
) -> None:
    provider.reply_json(JWKS, published(k1=KEY))
    assert word in (await refused(over_http(provider, client), signed(claims))).message.zh


async def test_time_is_the_callers(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    provider.reply_json(JWKS, published(k1=KEY))
    gateway = over_http(provider, client)
    assert await gateway.verify(signed(), NOW + timedelta(seconds=299))
    assert "已过期" in (await refused(gateway, signed(), NOW + timedelta(seconds=300))).message.zh


async def test_forged_signatures_are_refused(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    provider.reply_json(JWKS, published(k1=KEY))
    gateway = over_http(provider, client)
    # The classic confusion: the published public key used as a shared secret.
    public = as_jwk(KEY)["x"].encode()
    unsigned = jwt.encode(CLAIMS, "", "none", headers={"kid": "k1"})
    header, payload, signature = signed().split(".")
    for forged in (
        signed(key=OTHER_KEY),
        signed(key=public, algorithm="HS256"),
        signed(key=EDWARDS_KEY, algorithm="EdDSA"),
        unsigned,
        f"{header}.{payload}.",
        f"{header}.{payload}.{signature[::-1]}",
        f"{header}.{signed({'sub': 'person-2'}).split('.')[1]}.{signature}",
    ):
        await refused(gateway, forged)


async def test_keys_for_other_uses_sign_nothing(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    rsa_key = rsa.generate_private_key(65537, 2048)
    rsa_jwk = json.loads(jwt.get_algorithm_by_name("RS256").to_jwk(rsa_key.public_key()))
    oct_jwk = {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", "kid": "shared"}
    encrypting = as_jwk(OTHER_KEY) | {"kid": "enc", "use": "enc"}
    keys = [rsa_jwk | {"kid": "rsa"}, oct_jwk, encrypting, {"kty": "EC"}, {}, *published(k1=KEY)["keys"]]
    provider.reply_json(JWKS, {"keys": keys})
    gateway = over_http(provider, client)
    assert await gateway.verify(signed(), NOW)
    for forged in (
        signed(key=rsa_key, algorithm="RS256", kid="rsa"),
        signed(key=b"secret-secret-secret-secret-secret", algorithm="HS256", kid="shared"),
        signed(key=OTHER_KEY, kid="enc"),
    ):
        assert "密钥未知" in (await refused(gateway, forged)).message.zh


async def test_keys_are_kept_for_their_lifetime(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    provider.reply_json(JWKS, published(k1=KEY))
    gateway = over_http(provider, client)
    later = {"exp": CLAIMS["exp"] + 7200}
    for minutes in (0, 30, 59):
        await gateway.verify(signed(later), NOW + timedelta(minutes=minutes))
    assert len(provider.received) == 1
    provider.reply_json(JWKS, published(k2=OTHER_KEY))  # the provider withdraws its key
    await refused(gateway, signed(later), NOW + timedelta(minutes=60))
    assert len(provider.received) == 2


async def test_a_new_key_is_fetched_at_once_but_made_up_ones_are_not(
    provider: ProviderServer, client: httpx.AsyncClient
) -> None:
    provider.reply_json(JWKS, published(k1=KEY))
    gateway = over_http(provider, client)
    await gateway.verify(signed(), NOW)
    provider.reply_json(JWKS, published(k1=KEY, k2=OTHER_KEY))
    assert await gateway.verify(signed(key=OTHER_KEY, kid="k2"), NOW + timedelta(minutes=1))
    for number in range(20):
        await refused(gateway, signed(kid=f"made-up-{number}"), NOW + timedelta(minutes=1, seconds=number))
    assert len(provider.received) == 2
    assert await gateway.verify(signed(), NOW + timedelta(minutes=2))


async def test_keys_that_cannot_be_had_are_no_refusal(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    gateway = over_http(provider, client)
    for reply in (Reply(status=500), Reply(b"nonsense"), Reply(b'{"keys": []}'), Reply(b'{"keys": 1}'), Reply()):
        provider.reply(JWKS, reply)
        with pytest.raises(GatewayUnavailable):
            await gateway.verify(signed(), NOW)
    provider.reply_json(JWKS, published(k1=KEY))
    assert await gateway.verify(signed(), NOW)  # and the next try is not held up


async def test_a_failing_provider_is_not_flooded_for_made_up_keys(
    provider: ProviderServer, client: httpx.AsyncClient
) -> None:
    provider.reply_json(JWKS, published(k1=KEY))
    gateway = over_http(provider, client)
    await gateway.verify(signed(), NOW)
    provider.reply(JWKS, Reply(status=400))
    with pytest.raises(GatewayUnavailable):
        await gateway.verify(signed(kid="made-up"), NOW + timedelta(minutes=2))
    await refused(gateway, signed(kid="made-up"), NOW + timedelta(minutes=2))
    assert await gateway.verify(signed(), NOW + timedelta(minutes=2))
    assert len(provider.received) == 2


def pem_of(key: Any) -> bytes:
    pem: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem


def sandbox(show: Show = str, key: Any = KEY) -> SandboxFace:
    return SandboxFace("development", show, pem_of(key))


@pytest.mark.parametrize("key", [KEY, EDWARDS_KEY])
async def test_the_sandbox_shows_an_assertion_that_it_reads_after_a_restart(key: Private) -> None:
    shown: list[str] = []
    session = await sandbox(shown.append, key).start("person-1", "reissue", NOW)
    assert session == FaceCheckSession("sandbox:face-check", NOW + timedelta(minutes=10))
    (line,) = shown
    assertion = await sandbox(key=key).verify(line.split()[-1], NOW + timedelta(minutes=9))
    assert (assertion.person_id, assertion.purpose) == ("person-1", "reissue")
    assert (assertion.verified_at, assertion.expires_at) == (NOW, NOW + timedelta(minutes=10))


async def test_the_sandbox_gives_each_assertion_its_own_id_and_believes_no_other_key() -> None:
    shown: list[str] = []
    gateway = sandbox(shown.append)
    for _ in range(2):
        await gateway.start("person-1", "reissue", NOW)
    first, second = [line.split()[-1] for line in shown]
    assert (await gateway.verify(first, NOW)).id != (await gateway.verify(second, NOW)).id
    await refused(sandbox(key=OTHER_KEY), first)


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"not a key",
        pem_of(ec.generate_private_key(ec.SECP384R1())),
        pem_of(rsa.generate_private_key(65537, 2048)),
        KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    ],
)
def test_other_keys_are_refused(pem: bytes) -> None:
    with pytest.raises(GatewayConfigurationError, match="face-check key"):
        SandboxFace("development", print, pem)


@pytest.mark.parametrize("kid", [None, 7, "k2", "../k1"])
async def test_an_assertion_must_name_its_key(provider: ProviderServer, client: httpx.AsyncClient, kid: Any) -> None:
    provider.reply_json(JWKS, published(k1=KEY))
    header = {"alg": "ES256", "kid": kid} if kid is not None else {"alg": "ES256"}
    encoded = jwt.utils.base64url_encode(json.dumps(header).encode()).decode()
    await refused(over_http(provider, client), f"{encoded}.{signed().split('.', 1)[1]}")


@pytest.mark.parametrize(
    "inside", [b"[" * 2500, b"{}", b"null", b'"a"', b"\xff", b'{"alg": "ES256", "kid": "k1", "crit": ["x"]}']
)
async def test_strange_headers_are_refused(inside: bytes) -> None:
    await refused(sandbox(), jwt.utils.base64url_encode(inside).decode() + ".e30.AAAA")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text()
    | st.binary().map(lambda content: content.decode("latin-1"))
    | st.just("\udc80.e30.")
    | st.just("a" * 9999)
)
async def test_no_text_does_more_than_be_refused(anyio_backend: str, text: str) -> None:
    await refused(sandbox(), text)
