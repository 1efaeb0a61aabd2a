"""Several identity providers: each with its keys, which change, and with what it may say."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain.errors import GatewayUnavailable, NotAuthenticated
from gateways.errors import GatewayConfigurationError
from gateways.published_keys import HeldKey
from gateways.token_issuers import ALGORITHMS, DISCOVERY, Issuer, held, held_key, published_by
from gateways.tokens import TokenVerifier
from tests.gateways.provider_server import ProviderServer, Reply

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
AUDIENCE = "cards"
JWKS = "/keys"
KEYS: Mapping[str, Any] = {
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "RS256": rsa.generate_private_key(65537, 2048),
}
OTHER = ec.generate_private_key(ec.SECP256R1())
WEAK = rsa.generate_private_key(65537, 1024)


def jwk(key: Any, algorithm: str, **more: str) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key()))
    return written | more


def publish(server: ProviderServer, *keys: dict[str, Any], issuer: str | None = None) -> None:
    server.reply_json(DISCOVERY, {"issuer": issuer or server.base_url, "jwks_uri": server.base_url + JWKS})
    server.reply_json(JWKS, {"keys": list(keys)})


def publish_all(server: ProviderServer) -> None:
    publish(server, *(jwk(key, algorithm, kid=algorithm) for algorithm, key in KEYS.items()))


def signed(issuer: str, algorithm: str = "ES256", key: Any = None, typ: str = "JWT", **claims: Any) -> str:
    """Return a token as an issuer signs it; `kid` among the claims is the header's."""
    said: dict[str, Any] = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": "somebody",
        "role": "citizen",
        "channel": "qingdao_app",
    }
    said |= {"iat": NOW.timestamp(), "exp": (NOW + HOUR).timestamp()}
    headers = {"kid": claims.pop("kid", algorithm), "typ": typ}
    headers = {name: value for name, value in headers.items() if value is not None}
    return jwt.encode(said | claims, KEYS[algorithm] if key is None else key, algorithm, headers=headers)


def of(server: ProviderServer, client: httpx.AsyncClient, **how: Any) -> Issuer:
    keys = published_by(server.base_url, how.get("algorithms", ALGORITHMS), HOUR, client)
    return Issuer(server.base_url, AUDIENCE, keys, **how)


async def refused(verifier: TokenVerifier, token: str, now: datetime = NOW) -> str:
    with pytest.raises(NotAuthenticated) as caught:
        await verifier.verify(token, now)
    return caught.value.message.en


async def test_a_token_may_be_signed_in_each_of_three_ways(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    publish_all(provider)
    verifier = TokenVerifier([of(provider, client)])
    for algorithm in KEYS:
        who = await verifier.verify(signed(provider.base_url, algorithm, jti=f"of-{algorithm}"), NOW)
        assert (who.person_id, who.issuer, who.token_id) == ("somebody", provider.base_url, f"of-{algorithm}")
    assert await verifier.verify(signed(provider.base_url, typ="at+jwt"), NOW)
    assert len(provider.received) == 2


async def test_what_an_issuer_has_not_signed_for_this_service_is_refused(
    provider: ProviderServer, client: httpx.AsyncClient
) -> None:
    publish_all(provider)
    verifier, issuer = TokenVerifier([of(provider, client, algorithms=("ES256", "RS256"))]), provider.base_url
    assert await verifier.verify(signed(issuer), NOW)
    public = jwk(KEYS["ES256"], "ES256")["x"].encode()  # the classic confusion: the public key as a shared secret
    bad = [
        signed(issuer, "EdDSA"),  # an algorithm that the issuer does not use
        signed(issuer, "RS256", kid="ES256"),  # another key under that id, for another algorithm
        signed(issuer, key=OTHER),
        jwt.encode({"iss": issuer, "aud": AUDIENCE}, public, "HS256", headers={"kid": "ES256"}),
        jwt.encode({"iss": issuer, "aud": AUDIENCE}, "", "none", headers={"kid": "ES256"}),
        signed("https://elsewhere.example.cn"),
        signed(issuer, aud="client"),
        signed(issuer, typ="logout+jwt"),
        signed(issuer, typ="dpop+jwt"),
        signed(issuer, nbf=(NOW + HOUR).timestamp()),
        signed(issuer, iat=(NOW + HOUR).timestamp(), exp=(NOW + HOUR).timestamp() + 60),
        signed(issuer, iat=(NOW + HOUR).timestamp(), exp=(NOW + HOUR).timestamp() + 60, nbf=NOW.timestamp()),
        signed(issuer, more="x" * 4096),
        # PostgreSQL takes no NUL, and so would take no entry of the audit record that waits beside one of theirs.
        signed(issuer, sub="some\0body"),
        signed(issuer, office="window\u202e"),
        signed(issuer, sid="one\ntwo"),
    ]
    for token in bad:
        assert "invalid or has expired" in await refused(verifier, token), jwt.decode_complete(
            token, options={"verify_signature": False}
        )


async def test_issuers_do_not_speak_for_each_other(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    publish_all(provider)
    own = Issuer("https://partners.example.cn", AUDIENCE, held(OTHER), roles=frozenset({"bank"}))
    verifier = TokenVerifier(
        [of(provider, client, roles=frozenset({"citizen"}), channels=frozenset({"qingdao_app"})), own]
    )
    assert await verifier.verify(signed(provider.base_url), NOW)
    assert await verifier.verify(signed(own.name, key=OTHER, role="bank", office="ccb"), NOW)
    assert "invalid" in await refused(verifier, signed(provider.base_url, key=OTHER))
    assert "invalid" in await refused(verifier, signed(own.name))
    assert "the role bank" in await refused(verifier, signed(provider.base_url, role="bank", office="ccb"))
    assert "the channel unionpay_app" in await refused(verifier, signed(provider.base_url, channel="unionpay_app"))


async def test_a_token_that_is_good_for_years_is_refused(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    publish_all(provider)
    verifier = TokenVerifier([of(provider, client)])
    for life in (HOUR + timedelta(seconds=1), timedelta(days=3652)):
        assert "longer than 60 minutes" in await refused(
            verifier, signed(provider.base_url, exp=(NOW + life).timestamp())
        )
    # Nor does it help to be of old.
    old: Any = {"iat": (NOW - timedelta(days=3652)).timestamp(), "nbf": NOW.timestamp()}
    assert "longer than 60 minutes" in await refused(verifier, signed(provider.base_url, **old))


async def test_a_new_key_is_heard_of_at_once_and_one_that_is_withdrawn_signs_nothing_more(
    provider: ProviderServer, client: httpx.AsyncClient
) -> None:
    publish_all(provider)
    issuer = of(provider, client)
    verifier, known = TokenVerifier([issuer]), signed(provider.base_url)
    new = signed(provider.base_url, key=OTHER, kid="new")
    assert await verifier.verify(known, NOW)
    publish(provider, jwk(KEYS["ES256"], "ES256", kid="ES256"), jwk(OTHER, "ES256", kid="new"))
    assert await verifier.verify(new, NOW + MINUTE)
    # The remembered signature has to be looked at again, since some key has gone; its own has not.
    assert await verifier.verify(known, NOW + MINUTE)
    publish(provider, jwk(OTHER, "ES256", kid="new"))
    await issuer.keys.refresh(NOW + 2 * MINUTE)
    assert "invalid" in await refused(verifier, known, NOW + 2 * MINUTE)
    # The same id for another key is another key, for a signature that is remembered too.
    assert await verifier.verify(new, NOW + 2 * MINUTE)
    publish(provider, jwk(KEYS["ES256"], "ES256", kid="new"))
    await issuer.keys.refresh(NOW + 3 * MINUTE)
    assert "invalid" in await refused(verifier, new, NOW + 3 * MINUTE)


async def test_made_up_keys_fetch_nothing_more_than_twice_a_minute(
    provider: ProviderServer, client: httpx.AsyncClient
) -> None:
    publish_all(provider)
    verifier = TokenVerifier([of(provider, client)])
    assert await verifier.verify(signed(provider.base_url), NOW)
    later = NOW + MINUTE
    made_up = [signed(provider.base_url, kid=f"made-up-{number}") for number in range(30)]
    provider.received.clear()
    asked = [refused(verifier, token, later + number * timedelta(seconds=1)) for number, token in enumerate(made_up)]
    assert all("invalid" in told for told in await asyncio.gather(*asked))
    assert len(provider.received) == 2
    assert "invalid" in await refused(verifier, signed(provider.base_url, "EdDSA", kid=None), later + MINUTE)


async def test_who_waits_for_keys_is_not_let_down_by_who_gives_up(
    provider: ProviderServer, client: httpx.AsyncClient
) -> None:
    publish_all(provider)
    provider.reply(DISCOVERY, Reply(provider_document(provider), pause=0.2))
    verifier = TokenVerifier([of(provider, client)])
    hasty = asyncio.create_task(verifier.verify(signed(provider.base_url), NOW))
    patient = asyncio.create_task(verifier.verify(signed(provider.base_url), NOW))
    await asyncio.sleep(0.05)
    hasty.cancel()
    assert (await patient).person_id == "somebody"
    assert len(provider.received) == 2


def provider_document(server: ProviderServer) -> bytes:
    return json.dumps({"issuer": server.base_url, "jwks_uri": server.base_url + JWKS}).encode()


async def test_keys_outlast_an_issuer_that_is_down_by_as_much_as_a_token_lives(
    provider: ProviderServer, client: httpx.AsyncClient
) -> None:
    publish_all(provider)
    issuer = of(provider, client)
    verifier = TokenVerifier([issuer])
    at = NOW + HOUR - MINUTE
    later: Any = {"iat": at.timestamp(), "exp": (at + HOUR).timestamp()}
    assert await verifier.verify(signed(provider.base_url), NOW)
    provider.reply(DISCOVERY, Reply(status=500))
    with pytest.raises(GatewayUnavailable):
        await issuer.keys.refresh(NOW + HOUR / 2)
    known = signed(provider.base_url, **later)
    assert await verifier.verify(known, at)
    with pytest.raises(GatewayUnavailable) as caught:
        await verifier.verify(known, at + 2 * MINUTE)
    assert "identity provider" in caught.value.message.en
    # Those who come after do not have it asked again and again.
    provider.received.clear()
    for _ in range(5):
        with pytest.raises(GatewayUnavailable):
            await verifier.verify(known, at + 2 * MINUTE)
    assert provider.received == []
    publish_all(provider)
    assert await verifier.verify(known, at + 3 * MINUTE)


@pytest.mark.parametrize(
    "wrong",
    [
        Reply(b"nonsense"),
        Reply(b'{"issuer": "https://elsewhere.example.cn", "jwks_uri": "ISSUER/keys"}'),
        Reply(b'{"issuer": "ISSUER", "jwks_uri": "http://elsewhere.example.cn/keys"}'),
        Reply(b'{"issuer": "ISSUER", "jwks_uri": "file:///etc/passwd"}'),
        Reply(b'{"issuer": "ISSUER"}'),
        Reply(status=302, headers={"Location": "https://elsewhere.example.cn"}),
        Reply(b" " * 1_000_001),
    ],
)
async def test_a_discovery_document_that_cannot_be_the_issuers_is_not_believed(
    provider: ProviderServer, client: httpx.AsyncClient, wrong: Reply
) -> None:
    publish_all(provider)
    body = wrong.body.replace(b"ISSUER", provider.base_url.encode())
    provider.reply(DISCOVERY, Reply(body, wrong.status, wrong.headers))
    asked: list[str] = []

    async def note(request: httpx.Request) -> None:
        asked.append(str(request.url))

    client.event_hooks["request"].append(note)
    with pytest.raises(GatewayUnavailable):
        await TokenVerifier([of(provider, client)]).verify(signed(provider.base_url), NOW)
    assert asked == [provider.base_url + DISCOVERY]


async def test_an_issuer_whose_keys_break_keeps_nobody_from_hearing_of_those_of_another(
    provider: ProviderServer, client: httpx.AsyncClient
) -> None:
    class Broken(HeldKey):
        async def refresh(self, now: datetime) -> None:
            raise LookupError("no key of any kind that we know")

    publish_all(provider)
    broken = Issuer("https://broken.example.cn", AUDIENCE, Broken(held(OTHER)._key))
    verifier, asked = TokenVerifier([broken, of(provider, client)]), 0

    def clock() -> datetime:
        nonlocal asked
        asked += 1
        if asked == 5:
            hearing.cancel()
        return NOW

    hearing = asyncio.create_task(verifier.hear_again_and_again(clock, timedelta(0)))
    with pytest.raises(asyncio.CancelledError):
        await hearing
    assert [received.path for received in provider.received] == [DISCOVERY, JWKS] * 2


async def test_keys_that_are_weak_or_for_other_uses_sign_nothing(
    provider: ProviderServer, client: httpx.AsyncClient
) -> None:
    good = jwk(KEYS["ES256"], "ES256", kid="ES256")
    weak, encrypting = jwk(WEAK, "RS256", kid="RS256"), jwk(OTHER, "ES256", kid="enc", use="enc")
    odd: list[Any] = [{"kty": "EC"}, good | {"alg": "none", "kid": "odd"}, good | {"kid": ["ES256"]}]
    publish(provider, weak, encrypting, {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"}, *odd, good)
    verifier = TokenVerifier([of(provider, client)])
    assert await verifier.verify(signed(provider.base_url), NOW)
    # The only key that is left needs no name.
    assert await verifier.verify(signed(provider.base_url, kid=None), NOW)
    for forged in (signed(provider.base_url, "RS256", WEAK), signed(provider.base_url, key=OTHER, kid="enc")):
        assert "invalid" in await refused(verifier, forged)


@pytest.mark.parametrize("key", [WEAK, ec.generate_private_key(ec.SECP384R1()), None])
def test_a_key_that_tokens_cannot_be_signed_with_is_none(key: Any) -> None:
    pem = b"no key" if key is None else key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(GatewayConfigurationError, match="Ed25519"):
        held_key(pem)
