"""A token's signature is checked once, and all else about it every time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.errors import NotAuthenticated
from domain.holder import Actor
from gateways import tokens
from gateways.token_issuers import Issuer, held
from gateways.tokens import AUDIENCE, ISSUER, LEEWAY, TokenSigner, TokenVerifier

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WHO = Actor("somebody", "citizen", "qingdao_app", issuer=ISSUER, token_id="of-this-token")
SIGNER = TokenSigner(Ed25519PrivateKey.generate())


def trusting(signer: TokenSigner) -> TokenVerifier:
    return TokenVerifier([Issuer(ISSUER, AUDIENCE, held(signer.key))])


def token(number: int = 0, at: datetime = NOW) -> str:
    return SIGNER.sign(Actor(f"somebody-{number}", "citizen", "qingdao_app"), at, HOUR)


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the tokens whose signature has been checked, in this order."""
    found: list[str] = []
    decode: Callable[..., dict[str, Any]] = jwt.decode_complete

    def noted(text: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        found.append(text)
        return decode(text, *arguments, **options)

    monkeypatch.setattr(jwt, "decode_complete", noted)
    return found


@pytest.fixture
def verifier() -> TokenVerifier:
    return trusting(SIGNER)


async def test_a_signature_is_checked_once(verifier: TokenVerifier, checked: list[str]) -> None:
    given = SIGNER.sign(WHO, NOW, HOUR)
    assert [await verifier.verify(given, NOW + minutes * timedelta(minutes=1)) for minutes in range(5)] == [WHO] * 5
    assert checked == [given]


async def test_each_token_has_a_name_of_its_own(verifier: TokenVerifier) -> None:
    named = [await verifier.verify(token(), NOW) for _ in range(2)]
    assert {who.issuer for who in named} == {ISSUER}
    assert len({who.token_id for who in named} - {None}) == 2


async def test_a_token_whose_signature_is_known_expires_all_the_same(verifier: TokenVerifier) -> None:
    given = token()
    last = NOW + HOUR + LEEWAY
    assert (await verifier.verify(given, last)).person_id == "somebody-0"
    for _ in range(2):
        with pytest.raises(NotAuthenticated):
            await verifier.verify(given, last + timedelta(seconds=1))
    # A clock that is set back does not make it a stranger.
    assert (await verifier.verify(given, last)).person_id == "somebody-0"


async def test_a_token_that_is_not_yet_valid_is_refused_until_it_is(verifier: TokenVerifier) -> None:
    given = token(at=NOW + HOUR)
    for _ in range(2):
        with pytest.raises(NotAuthenticated):
            await verifier.verify(given, NOW)
    assert (await verifier.verify(given, NOW + HOUR)).person_id == "somebody-0"
    with pytest.raises(NotAuthenticated):
        await verifier.verify(given, NOW)


async def test_a_forged_token_is_refused_each_time_beside_the_good_one(
    verifier: TokenVerifier, checked: list[str]
) -> None:
    good = token()
    head, body, signature = good.split(".")
    forged = [f"{head}.{body}.{'A' * len(signature)}", f"{head}.{token(1).split('.')[1]}.{signature}", f"{good}="]
    assert await verifier.verify(good, NOW)
    for text in forged * 2:
        with pytest.raises(NotAuthenticated):
            await verifier.verify(text, NOW)
    assert checked == [good, *forged * 2]


async def test_another_key_knows_no_token_of_the_former(verifier: TokenVerifier) -> None:
    given = token()
    assert await verifier.verify(given, NOW)
    with pytest.raises(NotAuthenticated):
        await trusting(TokenSigner(Ed25519PrivateKey.generate())).verify(given, NOW)


async def test_what_is_remembered_is_bounded_and_the_one_not_seen_for_longest_goes(
    verifier: TokenVerifier, checked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "REMEMBERED", 3)
    given = [token(number) for number in range(4)]
    for text in (*given[:3], given[0], given[3], given[0], given[2], given[3]):
        await verifier.verify(text, NOW)
    assert checked == given
    await verifier.verify(given[1], NOW)
    assert checked == [*given, given[1]]
