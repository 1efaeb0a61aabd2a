"""Tokens that count no more: by the identity provider's word, by a command, in every process."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import main
from composition.token_issuers import DEMO_LIFE
from domain.revocation import RevokedTokens
from gateways.logout_tokens import EVENT
from gateways.tokens import AUDIENCE, ISSUER, LEEWAY
from resolvers.dependencies import Dependencies
from resolvers.revoked import OVERLAP, catch_up
from tests.graph.service import GraphService
from web.signing_out import LOGOUT_CALLBACK, MAX_BODY_BYTES

LOGOUT: dict[str, Any] = {"iss": ISSUER, "aud": AUDIENCE, "events": {EVENT: {}}, "jti": "logout-1"}


def access(service: GraphService, person: str, **claims: Any) -> str:
    """Return an access token of an hour."""
    now = int(service.clock.now().timestamp())
    said = {"iss": ISSUER, "aud": AUDIENCE, "sub": person, "role": "citizen", "channel": "qingdao_app"}
    return jwt.encode(said | {"iat": now, "exp": now + 3600} | claims, service.signing_key, "EdDSA")


def logout(service: GraphService, typ: str = "logout+jwt", key: Any = None, **claims: Any) -> str:
    now = int(service.clock.now().timestamp())
    said = LOGOUT | {"iat": now, "exp": now + 120} | claims
    said = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(said, key or service.signing_key, "EdDSA", headers={"typ": typ})


def post(service: GraphService, token: str) -> tuple[int, dict[str, Any]]:
    answer = service.http.post(LOGOUT_CALLBACK, data={"logout_token": token})
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()


def counts(service: GraphService, token: str) -> bool:
    """Say whether a token is taken."""
    answer = service.http.post(
        "/graphql", json={"query": "{me{id}}"}, headers={"Authorization": f"Bearer {token}"}
    ).json()
    assert "errors" not in answer or answer["errors"][0]["extensions"]["code"] == "NOT_AUTHENTICATED"
    return "errors" not in answer


def another_process(service: GraphService) -> Dependencies:
    """Return what a process has that knows of no revocation yet."""
    return replace(service.running.dependencies, revoked=RevokedTokens())


def test_a_session_that_its_issuer_ends_takes_its_tokens_along_and_no_others(service: GraphService) -> None:
    person = service.person().id
    first, second = (access(service, person, sid=f"{person}-1", jti=name) for name in ("a", "b"))
    other, nameless = access(service, person, sid=f"{person}-2"), access(service, person)
    for token in (first, second, other, nameless):
        assert counts(service, token)
    assert post(service, logout(service, sid=f"{person}-1", sub=person)) == (200, {})
    assert [counts(service, token) for token in (first, second, other, nameless)] == [False, False, True, True]
    # Nor does a token count that is issued to that session afterwards.
    service.clock.advance(timedelta(minutes=1))
    assert not counts(service, access(service, person, sid=f"{person}-1"))


def test_a_person_who_is_signed_out_signs_in_again(service: GraphService) -> None:
    person, stranger = service.person().id, service.person().id
    before, others = access(service, person), access(service, stranger)
    service.clock.advance(timedelta(seconds=5))
    word, meanwhile = logout(service, sub=person), access(service, person, jti="meanwhile")
    assert post(service, word)[0] == 200
    # One of that very second counts no more either.
    assert not counts(service, before)
    assert not counts(service, meanwhile)
    assert counts(service, others)
    service.clock.advance(timedelta(seconds=1))
    after, signed_in = access(service, person), service.clock.now().timestamp()
    assert counts(service, after)
    # The same word again, as somebody could who has seen it, ends no later session.
    assert post(service, word)[0] == 200
    assert counts(service, after)
    # Nor does it give back what a later word has ended, here or to a process that reads what is on record.
    service.clock.advance(timedelta(seconds=1))
    assert post(service, logout(service, sub=person))[0] == 200
    service.clock.advance(timedelta(seconds=1))
    assert post(service, word)[0] == 200
    assert not counts(service, after)
    elsewhere = another_process(service)
    asyncio.run_coroutine_threadsafe(catch_up(elsewhere, None), service._loop).result()
    assert elsewhere.revoked.covers(ISSUER, None, None, person, signed_in)


def test_what_no_issuer_says_ends_nothing(service: GraphService) -> None:
    person = service.person().id
    token, now = access(service, person), int(service.clock.now().timestamp())
    bad = [
        logout(service, sub=person, key=Ed25519PrivateKey.generate()),
        logout(service, sub=person, typ="at+jwt"),
        logout(service, sub=person, aud="another-client"),
        logout(service, sub=person, iss="https://elsewhere.example.cn"),
        logout(service, sub=person, nonce="x"),
        logout(service, sub=person, events={}),
        logout(service, sub=person, events=[EVENT]),
        logout(service, sub=person, exp=now - int(LEEWAY.total_seconds()) - 1),
        logout(service, sub=person, iat=now + 3600, exp=now + 3700),
        logout(service, sub=person, iat="now"),
        logout(service, sub=person, jti=None),
        logout(service, sub=person, exp=None),
        logout(service),
        logout(service, sid=7),
        logout(service, sid="x" * 129),
        token,
        "",
        "x" * 5000,
    ]
    for word in bad:
        status, answer = post(service, word)
        assert (status, answer["error"]) == (400, "invalid_request"), jwt.decode(
            word, options={"verify_signature": False}
        )
    for body in (b"", b"logout_token=a&logout_token=b", b"\xff", b"&".join([b"a=b"] * 40)):
        assert service.http.post(LOGOUT_CALLBACK, content=body).status_code == 400
    assert service.http.post(LOGOUT_CALLBACK, content=b"x" * (MAX_BODY_BYTES + 1)).status_code == 413
    assert service.http.get(LOGOUT_CALLBACK).status_code == 405
    assert counts(service, token)
    # A word to sign out lets nobody in.
    assert not counts(service, logout(service, sub=person, role="citizen", channel="qingdao_app"))


def test_every_process_hears_of_it_and_forgets_it_when_the_token_has_expired(service: GraphService) -> None:
    person = service.person().id
    elsewhere = another_process(service)

    def heard(since: datetime | None) -> datetime:
        return asyncio.run_coroutine_threadsafe(catch_up(elsewhere, since), service._loop).result()

    def covers(**claims: Any) -> bool:
        given = {"token_id": None, "session": None, "subject": person, "issued": 0.0} | claims
        return elsewhere.revoked.covers(ISSUER, **given)

    begun = heard(None)
    assert not covers()
    assert post(service, logout(service, sub=person))[0] == 200
    assert post(service, logout(service, sid="of-one-issuer"))[0] == 200
    # One that was long under way is heard of too.
    service.clock.advance(OVERLAP)
    heard(begun + OVERLAP)
    assert covers()
    assert covers(session="of-one-issuer", subject="somebody")
    assert not covers(issued=service.clock.now().timestamp())
    # What another issuer calls so is not meant.
    assert not elsewhere.revoked.covers("https://another.example.cn", None, "of-one-issuer", person, 0.0)
    # Whoever signs out once more, later, is heard of again.
    service.clock.advance(timedelta(minutes=10))
    again = service.clock.now()
    assert post(service, logout(service, sub=person))[0] == 200
    heard(again)
    assert covers(issued=again.timestamp() - 1)
    # The longest token of then counts a little longer than it says, and is known as long.
    service.clock.set(again + DEMO_LIFE + LEEWAY)
    heard(None)
    assert covers()
    # Once it has expired, nobody needs to know: neither the process nor the database.
    service.clock.advance(timedelta(days=1))
    heard(service.clock.now())
    assert not covers()
    service.sweep()
    service.clock.set(begun)
    heard(None)
    assert not covers()


def test_an_operator_revokes_by_a_command(service: GraphService, capsys: pytest.CaptureFixture[str]) -> None:
    # The command goes by the machine's own clock.
    service.clock.set(datetime.now(UTC))
    settings = service.running.settings
    where = {"DATABASE_URL": settings.database_url, "SERVICE_FOLDER": str(settings.folder), **settings.values}
    tokens = []
    for claim in ("jti", "sid", "sub"):
        person = service.person().id
        value = person if claim == "sub" else f"{person}-{claim}"
        tokens.append(access(service, person, **{claim: value}))
        assert main.run(["revoke", f"--{claim}", value, "--lang", "en"], where) == 0
        assert "within seconds" in capsys.readouterr().out
    assert all(counts(service, token) for token in tokens)
    asyncio.run_coroutine_threadsafe(catch_up(service.running.dependencies, None), service._loop).result()
    assert not any(counts(service, token) for token in tokens)
    assert main.run(["revoke", "--jti", "x", "--issuer", "nobody", "--lang", "en"], where) == 1
    assert "There is no issuer 'nobody'" in capsys.readouterr().err
