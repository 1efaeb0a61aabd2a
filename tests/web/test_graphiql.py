"""GraphiQL in a real browser, cut off from the network."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.browser import visiting
from tests.http_server import serve
from tests.web.bookshop import Contexts, make_schema
from tests.web.conftest import healthy
from web.app import create_app
from web.graphql_endpoint import GraphQLEndpoint


class Visitors(Contexts):
    """Contexts that remember the tokens that came in."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: list[str | None] = []

    async def __call__(self, request: Request) -> dict[str, object]:
        self.tokens.append(request.headers.get("authorization"))
        return await super().__call__(request)


@pytest.fixture
def visitors() -> Visitors:
    return Visitors()


@pytest.fixture
def address(graphiql: Path, visitors: Visitors) -> Iterator[str]:
    endpoint = GraphQLEndpoint(make_schema(), visitors, graphiql=graphiql)
    with serve(create_app(endpoint=endpoint, health=healthy, graphiql_folder=graphiql)) as served:
        yield served


def open_graphiql(page: Page) -> None:
    """Go to the page and wait for its editors, before which the run button does nothing."""
    page.goto("/graphql")
    for place in ("[aria-label='Operation Editor']", "[aria-label='Headers']", ".result-window"):
        expect(page.locator(f"{place} .monaco-editor:visible").first).to_be_visible()


def run(page: Page) -> None:
    page.get_by_role("button", name="Execute query").click()


def replace(page: Page, editor: str, text: str) -> None:
    page.locator(f"[aria-label='{editor}'] .monaco-editor:visible .view-lines").first.click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    # Pasted rather than typed, as the editor closes brackets of its own accord.
    page.keyboard.insert_text(text)


def replace_operation(page: Page, text: str) -> None:
    """Write an operation without a name, and wait until GraphiQL has noticed that the example's is gone."""
    replace(page, "Operation Editor", text)
    expect(page.get_by_role("tab", name="Schema")).to_have_count(0)


def test_a_query_typed_into_graphiql_is_answered_with_the_network_cut(browser: Browser, address: str) -> None:
    with visiting(browser, address) as visit:
        page = visit.page
        open_graphiql(page)
        replace_operation(page, '{ hello(name: "卡") }')
        run(page)
        expect(page.locator(".result-window")).to_contain_text("hello 卡")
        visit.assert_clean()


def test_the_examples_are_tabs_and_run_as_they_are(browser: Browser, address: str) -> None:
    with visiting(browser, address) as visit:
        open_graphiql(visit.page)
        expect(visit.page.get_by_role("tab", name="Schema")).to_be_visible()
        run(visit.page)
        expect(visit.page.locator(".result-window")).to_contain_text("queryType")
        visit.assert_clean()


def test_a_token_has_its_place_and_is_sent_only_when_it_is_filled_in(
    browser: Browser, address: str, visitors: Visitors
) -> None:
    with visiting(browser, address) as visit:
        page = visit.page
        open_graphiql(page)
        expect(page.locator("[aria-label='Headers']")).to_contain_text("粘贴令牌")
        replace_operation(page, "{ till }")
        replace(page, "Headers", '{ "Authorization": "owner" }')
        run(page)
        expect(page.locator(".result-window")).to_contain_text("42")
        visit.assert_clean()
    assert visitors.tokens[0] is None
    assert visitors.tokens[-1] == "owner"


def test_the_page_follows_the_colour_scheme_of_the_system(browser: Browser, address: str) -> None:
    with visiting(browser, address) as visit:
        page = visit.page
        colours = []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            open_graphiql(page)
            colours.append(page.evaluate("getComputedStyle(document.querySelector('.graphiql-container')).color"))
        assert colours[0] != colours[1]
        visit.assert_clean()


async def _bad_page(request: Request) -> Response:
    return HTMLResponse(
        "<script>alert(1)</script><script src='/bad.js'></script><img src='https://elsewhere.invalid/'>"
    )


async def _bad_script(request: Request) -> Response:
    return Response(
        "fetch('http://elsewhere.invalid/').catch(() => null); throw Error('broken')", 200, {}, "text/javascript"
    )


def test_the_watch_notices_other_hosts_errors_and_violations(browser: Browser) -> None:
    endpoint = GraphQLEndpoint(make_schema(), Contexts())
    routes = [Route("/bad", _bad_page), Route("/bad.js", _bad_script)]
    app = create_app(endpoint=endpoint, health=healthy, routes=routes)
    with serve(app) as address, visiting(browser, address) as visit:
        visit.page.goto("/bad")
        visit.page.wait_for_load_state("networkidle")
        complaints = " ".join(visit.complaints)
        assert "broken" in complaints
        assert "script-src 'self'" in complaints
        assert "img-src" in complaints
        assert "connect-src" in complaints
        with pytest.raises(AssertionError, match="errors in the page"):
            visit.assert_clean()
    unguarded = HTMLResponse("<img src='http://elsewhere.invalid/x.png'>")
    with serve(unguarded) as address, visiting(browser, address) as visit:
        visit.page.goto("/")
        with pytest.raises(AssertionError, match="requests to other hosts"):
            visit.assert_clean()
