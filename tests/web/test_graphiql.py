"""GraphiQL in a real browser, cut off from the network."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.browser import visiting
from tests.http_server import serve
from tests.web.bookshop import Contexts, make_schema
from tests.web.conftest import GRAPHIQL, healthy
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


def open_graphiql(page: Page, path: str = "/graphql") -> None:
    """Go to the page and wait for its editors, before which the run button does nothing."""
    page.goto(path)
    for place in ("[aria-label='Operation Editor']", "[aria-label='Variables']", ".result-window"):
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
    expect(page.get_by_role("tab", name="00 Schema")).to_have_count(0)


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
        expect(visit.page.get_by_role("tab", name="00 Schema")).to_be_visible()
        run(visit.page)
        expect(visit.page.locator(".result-window")).to_contain_text("queryType")
        visit.assert_clean()


def test_the_tabs_have_the_numbers_of_the_examples(browser: Browser, address: str) -> None:
    with visiting(browser, address) as visit:
        page = visit.page
        open_graphiql(page)
        tabs = page.get_by_role("tab")
        numbers = [file.name.partition("-")[0] for file in sorted((GRAPHIQL / "examples").glob("*.graphql"))]
        expect(tabs).to_have_count(len(numbers))
        for place, number in enumerate(numbers):
            expect(tabs.nth(place)).to_have_accessible_name(re.compile(rf"^{number} \w"))
        tabs.nth(1).click()
        page.get_by_role("button", name="Close Tab").first.click()  # The one in front is the only one that shows it.
        expect(tabs.nth(1)).to_have_accessible_name(re.compile(r"^02 "))
        visit.assert_clean()


def test_a_token_given_once_serves_every_tab_and_outlives_a_reload(
    browser: Browser, address: str, visitors: Visitors
) -> None:
    with visiting(browser, address) as visit:
        page = visit.page
        open_graphiql(page)
        assert set(visitors.tokens) <= {None}
        for given in ("owner", "Bearer owner "):
            page.get_by_label("Token for all tabs").fill(given)
            for name in ("00 Schema", "03 "):
                page.get_by_role("tab", name=name).click()
                with page.expect_request("**/graphql") as sent:
                    run(page)
                assert sent.value.headers["authorization"] == "Bearer owner"
        visitors.tokens.clear()
        page.reload()
        expect(page.get_by_label("Token for all tabs")).to_have_value("owner")
        expect(page.locator(".graphiql-query-editor .monaco-editor:visible").first).to_be_visible(timeout=20_000)
        assert set(visitors.tokens) <= {None}, "the schema is asked for without a token, which may have run out"
        assert not visit.strangers  # The bookshop refuses the document of the second tab, which the page complains of.


def test_a_tab_may_have_a_token_of_its_own_and_an_empty_one_is_not_sent(
    browser: Browser, address: str, visitors: Visitors
) -> None:
    with visiting(browser, address) as visit:
        page = visit.page
        open_graphiql(page)
        page.get_by_role("button", name="Headers").click()
        expect(page.locator("[aria-label='Headers']")).to_contain_text("右上角")
        replace_operation(page, "{ till }")
        page.get_by_label("Token for all tabs").fill("somebody")
        replace(page, "Headers", '{ "authorization": "owner" }')
        run(page)
        expect(page.locator(".result-window")).to_contain_text("42")
        visit.assert_clean()
    assert visitors.tokens[0] is None
    assert visitors.tokens[-1] == "owner"


def test_a_demo_role_is_chosen_from_a_menu_and_serves_every_tab(
    browser: Browser, graphiql: Path, visitors: Visitors
) -> None:
    endpoint = GraphQLEndpoint(make_schema(), visitors, graphiql=graphiql)
    roles = [
        {"name": "somebody", "about": "reads", "token": "some"},
        {"name": "owner", "about": "owns", "token": "owner"},
    ]
    app = create_app(endpoint=endpoint, health=healthy, graphiql_folder=graphiql, roles=roles)
    with serve(app) as address, visiting(browser, address) as visit:
        page = visit.page
        open_graphiql(page)
        page.get_by_label("Demo role").select_option("owner")
        expect(page.get_by_label("Token for all tabs")).to_have_value("owner")
        for name in ("00 Schema", "03 "):
            page.get_by_role("tab", name=name).click()
            with page.expect_request("**/graphql") as sent:
                run(page)
            assert sent.value.headers["authorization"] == "Bearer owner"
        assert not visit.strangers  # The bookshop refuses the document of the second tab, which the page complains of.


def test_a_chosen_file_takes_the_place_of_the_null(browser: Browser, address: str, visitors: Visitors) -> None:
    with visiting(browser, address) as visit:
        page = visit.page
        open_graphiql(page)
        photo = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"12345"}
        page.get_by_label("File to upload").set_input_files(photo)  # type: ignore[arg-type] # a FilePayload
        replace_operation(page, "mutation($file: Upload!) { send(files: [$file]) }")
        replace(page, "Variables", '{ "file": null }')
        run(page)
        expect(page.locator(".result-window")).to_contain_text("photo.jpg:5")
        replace(page, "Operation Editor", "{ hello }")
        run(page)
        expect(page.locator(".result-window")).to_contain_text("hello world")
        visit.assert_clean()


def test_an_error_links_to_its_page(browser: Browser, address: str) -> None:
    with visiting(browser, address) as visit:
        page = visit.page
        open_graphiql(page)
        assert page.get_by_label("Demo role").count() == 0
        replace_operation(page, "{ missing }")
        run(page)
        with page.expect_popup() as opened:
            page.get_by_role("link", name="NOT_FOUND").click()
        expect(opened.value.locator("body")).to_contain_text("What to do:")
        assert opened.value.url == f"{address}/errors/NOT_FOUND"
        replace(page, "Operation Editor", "{ hello }")
        run(page)
        expect(page.get_by_role("link", name="NOT_FOUND")).to_have_count(0)
        visit.assert_clean()


def test_the_name_of_the_service_is_there_to_its_last_character(browser: Browser, address: str) -> None:
    with visiting(browser, address) as visit:
        page = visit.page
        for width in (1400, 700):
            page.set_viewport_size({"width": width, "height": 900})
            open_graphiql(page)
            lines = page.get_by_text("社会保障卡", exact=True).evaluate(
                """name => {
                  const text = document.createRange();
                  text.selectNodeContents(name);
                  return [...text.getClientRects()].map(({ left, top, right }) => [left, top, right]);
                }"""
            )
            [(left, top, right)] = lines  # On one line, and all of it in the window.
            assert left >= 0
            assert top >= 0
            assert right <= width
        visit.assert_clean()


def behind_proxy(app: ASGIApp, prefix: str) -> ASGIApp:
    """Return what a proxy makes of an application that it serves below a path, of which the application knows nothing."""

    async def proxied(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if not scope["path"].startswith(f"{prefix}/"):
                await Response(status_code=404)(scope, receive, send)
                return
            scope = {**scope, "path": scope["path"].removeprefix(prefix)}
        await app(scope, receive, send)

    return proxied


def below_root_path(app: ASGIApp, prefix: str) -> ASGIApp:
    """Return an application that has been told the path that it is served below, as by `uvicorn --root-path`."""
    return Starlette(routes=[Mount(prefix, app)])


@pytest.mark.parametrize("served", [behind_proxy, below_root_path])
@pytest.mark.parametrize("path", ["/api/card/graphql", "/api/card/", "/api/card/graphql/"])
def test_the_page_works_below_whatever_path(
    browser: Browser, graphiql: Path, served: Callable[[ASGIApp, str], ASGIApp], path: str
) -> None:
    endpoint = GraphQLEndpoint(make_schema(), Contexts(), graphiql=graphiql)
    app = create_app(endpoint=endpoint, health=healthy, graphiql_folder=graphiql)
    with serve(served(app, "/api/card")) as address, visiting(browser, address) as visit:
        open_graphiql(visit.page, path)
        assert visit.page.url == f"{address}/api/card/graphql"
        replace_operation(visit.page, '{ hello(name: "卡") }')
        run(visit.page)
        expect(visit.page.locator(".result-window")).to_contain_text("hello 卡")
        visit.assert_clean()


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
