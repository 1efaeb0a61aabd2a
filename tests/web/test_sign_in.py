"""A real OpenID Connect provider: what the service believes of its tokens, and signing in to GraphiQL with it."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from anyio.from_thread import start_blocking_portal
from playwright.sync_api import Browser, Page, expect

from domain.errors import NotAuthenticated
from domain.holder import Actor
from gateways.token_issuers import Issuer, published_by
from gateways.tokens import TokenVerifier
from tests.browser import visiting
from tests.commands import serving
from tests.node import node, npm_ci
from tests.patience import PATIENCE
from tests.web.test_graphiql import replace_operation
from web.development_issuer import CLIENT, PATH

PROVIDER = Path(__file__).parents[1] / "identity_provider"
AUDIENCE = "https://cards.example.cn/graph"
CLERK = {"role": "clerk", "channel": "service_window", "office": "window-510100", "region": "510100"}
ISSUERS = """
[[issuers]]
issuer = "{issuer}"
audience = "{audience}"
algorithms = ["ES256"]
roles = ["clerk"]
channels = ["service_window"]
client_id = "pages"
"""


@dataclass
class Provider:
    """A running provider; `token` asks it for one, as a machine does."""

    url: str
    http: httpx.Client

    def token(self, resource: str = AUDIENCE, ttl: int = 600, **say: Any) -> str:
        given = {"grant_type": "client_credentials", "resource": resource, "ttl": ttl, "say": json.dumps(CLERK | say)}
        answer = self.http.post("/token", data=given, auth=("machine", "machine"))
        return str(answer.json()["access_token"])


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    npm_ci(PROVIDER)
    command = [node(), "provider.mjs", AUDIENCE]
    with subprocess.Popen(
        command, cwd=PROVIDER, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = next(line.strip() for line in process.stdout if line.startswith("http://"))
            with httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE) as http:
                yield Provider(url, http)
        finally:
            process.kill()


@contextmanager
def verifying(provider: Provider, **how: Any) -> Iterator[tuple[Callable[..., Actor], Callable[..., None]]]:
    """Yield what verifies a token at a moment, and what hears of the provider's keys at one.

    In a thread of its own: the browser's loop has this one.
    """
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(httpx.AsyncClient(trust_env=False)) as client,
    ):
        keys = published_by(provider.url, ("ES256",), timedelta(hours=1), client)
        verifier = TokenVerifier([Issuer(provider.url, AUDIENCE, keys, ("ES256",), roles=frozenset({"clerk"}))])

        def verify(token: str, at: datetime) -> Actor:
            return portal.call(verifier.verify, token, at)

        yield verify, lambda at: portal.call(keys.refresh, at)


def test_tokens_of_a_real_provider_count_as_far_as_it_is_trusted(provider: Provider) -> None:
    now = datetime.now(UTC)
    with verifying(provider) as (verify, _):
        who = verify(provider.token(), now)
        assert (who.person_id, who.role, who.region, who.issuer) == ("machine", "clerk", "510100", provider.url)
        assert who.token_id
        for wrong in (
            provider.token(resource="https://other.example.cn/"),
            provider.token(ttl=10 * 365 * 86400),
            provider.token(role="policy_officer"),
            provider.token(region=None),
        ):
            with pytest.raises(NotAuthenticated):
                verify(wrong, now)
        with pytest.raises(NotAuthenticated):
            verify(provider.token(ttl=60), now + timedelta(minutes=5))


def test_a_provider_changes_its_keys(provider: Provider) -> None:
    now, before = datetime.now(UTC), provider.token()
    with verifying(provider) as (verify, hear):
        assert verify(before, now)
        provider.http.post("/rotate").raise_for_status()
        after = provider.token()
        assert verify(after, now + timedelta(minutes=1))
        # The provider has withdrawn the key that it signed with before.
        with pytest.raises(NotAuthenticated):
            verify(before, now + timedelta(minutes=1))
        provider.http.post("/rotate").raise_for_status()
        assert verify(after, now + timedelta(minutes=1, seconds=10))
        hear(now + timedelta(minutes=2))
        with pytest.raises(NotAuthenticated):
            verify(after, now + timedelta(minutes=2))


@pytest.fixture(scope="module")
def service(provider: Provider, graphiql: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo, served with the provider beside the issuer of its own."""
    folder = tmp_path_factory.mktemp("sign-in")
    file = folder.with_name(f"{folder.name}-issuers.toml")
    file.write_text(ISSUERS.format(issuer=provider.url, audience=AUDIENCE))
    with serving(folder, "--demo", values={"TOKEN_ISSUERS": str(file)}) as (_, url):
        provider.http.post("/pages", params={"url": url}).raise_for_status()
        yield url


def sent_by(page: Page) -> str | None:
    """Run what is in the editor, and return the token that it was sent with."""
    with page.expect_request("**/graphql") as sent:
        page.get_by_role("button", name="Execute query").click()
    header = sent.value.headers.get("authorization")
    return header.removeprefix("Bearer ") if header is not None else None


def me(service: str, token: str) -> dict[str, Any]:
    """Return the answer to a question that takes a token."""
    given, headers = {"query": "{me{name}}"}, {"Authorization": f"Bearer {token}"}
    answer = httpx.post(f"{service}/graphql", json=given, headers=headers, trust_env=False, timeout=PATIENCE)
    found: dict[str, Any] = answer.json()
    return found


def open_page(page: Page) -> None:
    page.goto("/graphql")
    expect(page.locator("[aria-label='Operation Editor'] .monaco-editor:visible").first).to_be_visible()
    # Answered to whoever asks; the schema's own question, in the first tab, is sent without a token.
    replace_operation(page, "{ regions { code } }")


def signed_in(page: Page) -> None:
    """Wait until somebody has been led back, to the tab where they were."""
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    expect(page.locator("[aria-label='Operation Editor'] .monaco-editor:visible").first).to_be_visible()


def test_staff_sign_in_to_graphiql_with_the_provider_and_are_out_once_they_sign_out(
    browser: Browser, service: str, provider: Provider
) -> None:
    with visiting(browser, service, provider.url) as visit:
        page = visit.page
        open_page(page)
        assert sent_by(page) is None
        page.get_by_title(provider.url).click()
        signed_in(page)
        # What the provider has led back with is out of the address, and the token is in no storage.
        assert page.url == f"{service}/graphql"
        token = sent_by(page)
        assert token is not None
        assert token not in str(page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])"))
        claims = jwt.decode(token, options={"verify_signature": False})
        assert (claims["iss"], claims["sub"], claims["role"]) == (provider.url, "clerk-7", "clerk")
        assert me(service, token) == {"data": {"me": None}}
        # Nor is it a cookie: what another page has the browser send is nobody's, as before.
        ask = """async (body) => await (await fetch("/graphql", {
            method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)
        })).json()"""
        answer = page.evaluate(ask, {"query": "{me{name}}"})
        assert answer["errors"][0]["extensions"]["code"] == "NOT_AUTHENTICATED"
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("button", name="Yes").click()
        expect(page.get_by_title(provider.url)).to_be_visible()
        # The provider has told the service, which refuses the token though it is good for ten minutes.
        assert me(service, token)["errors"][0]["extensions"]["code"] == "NOT_AUTHENTICATED"
        assert sent_by(page) is None
        visit.assert_clean()


def test_the_development_issuer_signs_in_as_anybody_of_the_demo_and_gives_no_code_away(service: str) -> None:
    with httpx.Client(base_url=service, trust_env=False, timeout=PATIENCE) as http:
        pages = f"{service}/graphql"
        good = {
            "client_id": CLIENT, "redirect_uri": pages, "response_type": "code", "state": "s", "as": "clerk",
            "code_challenge_method": "S256", "code_challenge": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
        }  # fmt: skip
        for wrong in (
            {"redirect_uri": "https://elsewhere.example.cn/"},
            {"redirect_uri": f"{pages}/"},
            {"client_id": "x"},
        ):
            answer = http.get(f"{PATH}/authorize", params=good | wrong)
            assert (answer.status_code, "location" in answer.headers) == (400, False)
        for wrong in (
            {"code_challenge_method": "plain"},
            {"code_challenge": ""},
            {"as": "emperor"},
            {"response_type": "token"},
        ):
            location = http.get(f"{PATH}/authorize", params=good | wrong).headers["location"]
            assert set(parse_qs(urlsplit(location).query)) == {"error", "state", "iss"}

        def code() -> str:
            location = http.get(f"{PATH}/authorize", params=good).headers["location"]
            return parse_qs(urlsplit(location).query)["code"][0]

        def redeem(**changes: str) -> httpx.Response:
            given = {
                "grant_type": "authorization_code",
                "client_id": CLIENT,
                "redirect_uri": pages,
                "code_verifier": "",
            }
            return http.post(f"{PATH}/token", data=given | changes)

        # The challenge is of the empty verifier.
        assert redeem(code=code(), code_verifier="x").status_code == 400
        assert redeem(code=code(), redirect_uri=service).status_code == 400
        assert redeem(code="x").status_code == 400
        once = code()
        given = redeem(code=once).json()
        assert redeem(code=once).status_code == 400
        # By the keys that the service publishes to itself, and no other way.
        claims = jwt.decode(given["access_token"], options={"verify_signature": False})
        assert (claims["iss"], claims["role"]) == (service + PATH, "clerk")
        assert me(service, given["access_token"]) == {"data": {"me": None}}
        # Neither is the word for the page a token, nor the code.
        for other in (given["id_token"], code()):
            assert me(service, other)["errors"][0]["extensions"]["code"] == "NOT_AUTHENTICATED"
