"""Which tokens count: what is forged, expired, of somebody else or lacks what its role must name is refused."""

import math
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.holder import Actor
from domain.region import NATION
from gateways.errors import GatewayConfigurationError
from gateways.tokens import AUDIENCE, ISSUER, REQUIRED_CLAIMS
from tests.graph.journey import CHENGDU
from tests.graph.service import GraphService


def raw(service: GraphService, header: str) -> tuple[int, str, str]:
    """Return status, code and message of an answer to a header."""
    headers = {"Authorization": header, "Accept-Language": "en"}
    answer = service.http.post("/graphql", json={"query": "{me{name}}"}, headers=headers)
    [error] = answer.json()["errors"]
    return answer.status_code, error["extensions"]["code"], error["message"]


def test_forged_expired_and_foreign_tokens_are_refused(service: GraphService) -> None:
    now = service.clock.now()
    person = service.person()
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": person.id, "role": "citizen", "channel": "qingdao_app"}
    claims |= {"iat": int(now.timestamp()), "exp": int(now.timestamp()) + 600}  # type: ignore[dict-item]
    own = service.signing_key
    good = jwt.encode(claims, own, algorithm="EdDSA")
    answer = service.http.post("/graphql", json={"query": "{me{name}}"}, headers={"Authorization": f"Bearer {good}"})
    assert answer.json() == {"data": {"me": {"name": "测试甲"}}}
    bad = [
        jwt.encode(claims, Ed25519PrivateKey.generate(), algorithm="EdDSA"),
        jwt.encode(claims, "x" * 32, algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        good[:-8] + "AAAAAAAA",
        *(
            jwt.encode(claims | change, own, algorithm="EdDSA")
            for change in (
                {"aud": "another-service"},
                {"iss": "somebody"},
                {"exp": int(now.timestamp()) - 60},
                {"iat": int(now.timestamp()) + 3600},
                {"sub": ""},
                {"sub": "x" * 200},
                {"role": "emperor"},
                {"channel": "pigeon"},
                {"exp": "soon"},
                {"exp": True},
                {"exp": math.inf},
                {"exp": math.nan},
                {"nbf": int(now.timestamp()) + 3600},
                {"nbf": "soon"},
                {"nbf": None},
                {"more": "x" * 4096},
            )
        ),
    ]
    for token in bad:
        assert raw(service, f"Bearer {token}")[:2] == (401, "NOT_AUTHENTICATED")
    for header in ("", "Bearer", "Basic YTpi", f"Bearer  {'x' * 9000}"):
        assert raw(service, header)[1] == "NOT_AUTHENTICATED"


def test_the_times_of_a_token_may_have_fractions_and_one_before_which_it_is_not_good(service: GraphService) -> None:
    now = service.clock.now().timestamp()
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": service.person().id, "role": "citizen", "channel": "qingdao_app"}
    times = {"iat": now - 0.5, "nbf": now + 120.25, "exp": now + 600.75}
    token = jwt.encode(claims | times, service.signing_key, algorithm="EdDSA")
    assert raw(service, f"Bearer {token}")[1] == "NOT_AUTHENTICATED"
    service.clock.advance(timedelta(seconds=121))
    headers = {"Authorization": f"Bearer {token}"}
    answer = service.http.post("/graphql", json={"query": "{me{name}}"}, headers=headers)
    assert answer.json() == {"data": {"me": {"name": "测试甲"}}}
    service.clock.advance(timedelta(seconds=600))
    assert raw(service, f"Bearer {token}")[1] == "NOT_AUTHENTICATED"


MISSING_CLAIMS = [
    ({"role": "clerk", "channel": "service_window", "office": "window"}, "region"),
    ({"role": "clerk", "channel": "bank_window", "office": "outlet", "region": ""}, "region"),
    ({"role": "clerk", "channel": "hotline_12333", "region": CHENGDU}, "office"),
    ({"role": "bank", "channel": "partner_system"}, "office"),
    ({"role": "bank", "channel": "partner_system", "office": " ", "region": CHENGDU}, "office"),
    ({"role": "card_maker", "channel": "partner_system"}, "office"),
    ({"role": "medical_institution", "channel": "partner_system"}, "office"),
    ({"role": "settlement_system", "channel": "partner_system", "office": "settlement"}, "region"),
]


@pytest.mark.parametrize(("given", "missing_claim"), MISSING_CLAIMS)
def test_a_token_without_what_its_role_must_name_is_refused(
    service: GraphService, given: dict[str, str], missing_claim: str
) -> None:
    now = int(service.clock.now().timestamp())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "somebody", "iat": now, "exp": now + 600, **given}
    token = jwt.encode(claims, service.signing_key, algorithm="EdDSA")
    status, code, message = raw(service, f"Bearer {token}")
    assert (status, code) == (401, "NOT_AUTHENTICATED")
    assert repr(missing_claim) in message
    office, region = (given.get(name, "").strip() or None for name in ("office", "region"))
    with pytest.raises(GatewayConfigurationError, match=missing_claim):
        service.token(Actor("somebody", given["role"], given["channel"], office, region))


def test_a_token_of_a_region_that_does_not_exist_is_refused(service: GraphService) -> None:
    now = int(service.clock.now().timestamp())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "x", "iat": now, "exp": now + 600}
    claims |= {"role": "clerk", "channel": "service_window", "office": "window"}
    for region in ("999999", "Chengdu", "51010", "990100"):
        token = jwt.encode(claims | {"region": region}, service.signing_key, algorithm="EdDSA")
        status, code, message = raw(service, f"Bearer {token}")
        assert (status, code) == (401, "NOT_AUTHENTICATED")
        assert "region" in message
    for region in ("Chengdu", "51010"):
        with pytest.raises(GatewayConfigurationError, match=region):
            service.token(Actor("x", "clerk", "service_window", "window", region))
    # A district without policies of its own is a region all the same.
    token = jwt.encode(claims | {"region": "510104"}, service.signing_key, algorithm="EdDSA")
    answer = service.http.post("/graphql", json={"query": "{me{name}}"}, headers={"Authorization": f"Bearer {token}"})
    assert answer.json() == {"data": {"me": None}}


def test_what_a_token_must_name_is_said_for_every_role(service: GraphService) -> None:
    roles = service.running.dependencies.policies().tree.regions[NATION].words.words_of("roles")
    assert set(REQUIRED_CLAIMS) == set(roles)


def test_a_token_runs_out(service: GraphService) -> None:
    actor = Actor(service.person().id, "citizen", "qingdao_app")
    token = service.token(actor, timedelta(minutes=5))
    service.clock.advance(timedelta(minutes=6))
    assert raw(service, f"Bearer {token}")[1] == "NOT_AUTHENTICATED"
