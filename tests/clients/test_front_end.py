"""The front-end of examples/web in Chromium, beside the running service: one page for every city, with no code for any."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from demo.running import ROOT, SMS_CODE, Running, running_service
from tests.browser import Visit, visiting
from tests.graph.journey import card_picture, portrait, two_inches
from tests.graph.service import GraphService
from tests.http_server import serve
from tests.node import node, npm_ci
from tests.patience import PATIENCE
from tests.web.bookshop import Contexts, make_schema
from tests.web.conftest import healthy
from tests.web.test_graphiql import behind_proxy, below_root_path
from web.app import create_app
from web.front_end import front_end
from web.graphql_endpoint import GraphQLEndpoint
from web.static_files import hashed_assets

FRONT_END = ROOT / "examples" / "web"
AXE = FRONT_END / "node_modules" / "axe-core" / "axe.min.js"
TELEPHONE = {"width": 360, "height": 740}
WHOSE = "query($id: ID!) { operation(id: $id) { holder { name } relation } }"
CITY = {
    "region.yaml": """code: "511500"
level: city
name: {zh: 示例新市, en: Newly Written City}
""",
    "vocabulary.yaml": """vocabularies:
  channels:
    terms:
      unionpay_app: {label: {zh: 银联“云闪付”APP, en: UnionPay app 云闪付}, kind: online, cross_province: false, source: assumption}
facts:
  declared.volunteer: {type: boolean, origin: declared, label: {zh: 新市志愿者, en: volunteer of the new city}}
""",
    "apply.yaml": """source: {document: assumption, note: {zh: 测试, en: a test}}
settings:
  channels:
    replaces: true
    values: [{value: [unionpay_app], from: 2017-01-01}]
rules:
  landline:
    require: {detail: landline}
    message: {zh: 新市要求填写固定电话。, en: The new city asks for a landline.}
  volunteers:
    when: {declared.volunteer: {is: true}}
    require: {detail: remarks}
    message: {zh: 新市志愿者请在备注中填写服务单位。, en: "As a volunteer, please name your group in the remarks."}
""",
}
"""A city that nobody has thought of: its own declaration and requirements."""
AT_ONCE = """source: {document: assumption, note: {zh: 测试, en: a test}}
settings:
  lost_after:
    replaces: true
    values: [{value: 0 natural days, from: 2017-01-01}]
"""
"""A city that lets people report a card lost in the post as soon as it is shipped."""


@pytest.fixture(scope="module")
def built() -> Path:
    """The built front-end; built here if what it is made of is newer."""
    npm_ci(FRONT_END)
    page = FRONT_END / "dist" / "index.html"
    sources = [
        *FRONT_END.glob("source/*"),
        *FRONT_END.glob("*.json"),
        FRONT_END / "build.mjs",
        ROOT / "schema" / "schema.graphql",
    ]
    if not page.is_file() or page.stat().st_mtime < max(source.stat().st_mtime for source in sources):
        subprocess.run([node(), "build.mjs"], cwd=FRONT_END, check=True, timeout=PATIENCE)
    return page.parent


@pytest.fixture(scope="module")
def regions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the policies, to write in."""
    return Path(shutil.copytree(ROOT / "regions", tmp_path_factory.mktemp("policies") / "regions"))


@pytest.fixture(scope="module")
def running(built: Path, regions: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service with its demo, as `make run` starts it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REGIONS_FOLDER", str(regions))
        with running_service(tmp_path_factory.mktemp("service")) as service:
            yield service


@pytest.fixture
def visit(browser: Browser, running: Running) -> Iterator[Visit]:
    """A person with a telephone, whose browser is in Chinese."""
    with visiting(browser, running.url) as found:
        found.page.set_viewport_size(TELEPHONE)  # type: ignore[arg-type]
        yield found


@pytest.fixture
def english(browser: Browser, running: Running) -> Iterator[Visit]:
    """A person whose browser is in English."""
    with visiting(browser, running.url, language="en") as found:
        yield found


@pytest.fixture
def elsewhere(browser: Browser, built: Path, running: Running) -> Iterator[Visit]:
    """A person with a telephone, on whose city's own site the front-end is: another origin than the service's."""
    html = (built / "index.html").read_text("utf-8")
    told = html.replace('name="service" content="."', f'name="service" content="{running.url}"')
    assert told != html

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(told)

    site = Starlette(routes=[Route("/apply", page), hashed_assets("/apply/assets", built)])
    with serve(site) as address, visiting(browser, address.replace("127.0.0.1", "localhost"), running.url) as found:
        found.page.set_viewport_size(TELEPHONE)  # type: ignore[arg-type]
        yield found


def assert_accessible(page: Page) -> None:
    """Fail if axe finds anything serious in the page, or it is wider than the window."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run()")
    grave = [each for each in found["violations"] if each["impact"] in ("serious", "critical")]
    told = [(each["id"], [node["html"] for node in each["nodes"]]) for each in grave]
    assert not told
    assert found["passes"], "axe has looked at nothing"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def enter(page: Page, role: str, city: str) -> None:
    """Choose a demo role and a city."""
    page.goto("/apply")
    page.get_by_label(re.compile("演示身份|Demo role")).select_option(role)
    assert_accessible(page)
    page.get_by_role("link", name=city).click()
    assert_accessible(page)


def settled(page: Page) -> None:
    """Wait until the form has asked for all that it waits for."""
    expect(page.locator("[aria-busy=false] form")).to_be_visible()


def upload(page: Page, label: str, content: bytes) -> None:
    """Hand in a document, and wait until the service has it."""
    document = page.get_by_role("group", name=re.compile(f"^{label}"))
    document.locator("input[type=file]").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": content})
    expect(document.get_by_role("status")).to_have_text(re.compile("已上传|Uploaded"))


def send(page: Page, name: str = "提交") -> None:
    page.get_by_role("button", name=name, exact=True).click()


def asked(running: Running, who: str, query: str, variables: dict[str, Any]) -> Any:
    """Ask the graph beside the page."""
    headers = {"Authorization": f"Bearer {running.token(who)}"}
    with httpx.Client(base_url=running.url, trust_env=False, timeout=PATIENCE) as http:
        return http.post("/graphql", json={"query": query, "variables": variables}, headers=headers).json()["data"]


def partner(running: Running, who: str, mutation: str, **given: Any) -> Any:
    """Do what another than the person does."""
    kind = mutation[0].upper() + mutation[1:]
    query = f"mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ operation {{ state card {{ id number }} }} errors {{ code }} }} }}"
    found = asked(running, who, query, {"input": given})[mutation]
    assert not found["errors"]
    return found["operation"]


def typed(page: Page, label: str, keys: str) -> None:
    """Go to a field as people without a mouse do, and press keys in it; those of a list choose what begins with them."""
    field = page.get_by_label(label, exact=True)
    for _ in range(60):
        if field.evaluate("field => field === document.activeElement"):
            page.keyboard.type(keys)
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {label}")


def proven(page: Page, running: Running, number: str) -> None:
    """Show who one is by the card's number and a code."""
    settled(page)
    if page.get_by_label("社会保障卡号").count():
        page.get_by_label("社会保障卡号").fill(number)
    page.get_by_label(re.compile(r"^手机号码")).fill("13800138000")
    page.get_by_role("button", name="获取验证码").click()
    expect(page.get_by_text("验证码已发送至")).to_be_visible()
    page.get_by_label(re.compile("短信验证码")).fill(running.last(SMS_CODE))
    assert_accessible(page)
    send(page)
    page.wait_for_url(re.compile(r"/cards/[^/]+/\d+$"))


def corrected(page: Page, running: Running, operation: str) -> None:
    """Have a card maker send a request back, and put right what is wrong with it."""
    partner(running, "card_maker", "requestCorrection", operationId=operation, reason="常住地地址不完整")
    page.get_by_role("button", name="更新状态").click()
    expect(page.get_by_text("常住地地址不完整").first).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="修改申领信息").click()
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("成都市 修改申领信息")
    # What was handed in before stands: nothing has to be filled in again, and nothing of it to be proven.
    expect(page.get_by_label("手机号码", exact=True)).to_have_value("")
    expect(page.get_by_role("group", name=re.compile("^本人照片"))).to_be_visible()
    expect(page.get_by_label(re.compile("短信验证码"))).to_have_count(0)
    assert_accessible(page)
    send(page)
    expect(page.get_by_role("alert")).to_have_text(re.compile("没有修改任何内容"))
    page.get_by_label("常住地地址", exact=True).fill("锦江区示例路1号2单元301室")
    send(page)
    page.wait_for_url(f"**/apply#/operations/{operation}")
    expect(page.get_by_text("修改申领信息 → 受理制卡申请")).to_be_visible()
    expect(page.get_by_role("link", name="修改申领信息")).to_have_count(0)


def replaced(page: Page, running: Running) -> None:
    """Ask for a new card in place of the one that is lost for good."""
    page.get_by_role("link", name="补换社会保障卡", exact=True).click()
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("成都市 补换社会保障卡")
    assert_accessible(page)
    page.get_by_label("补换原因*", exact=True).select_option(label="遗失")
    page.get_by_label("发卡网点*", exact=True).select_option(label="示例网点（工商银行）")
    page.get_by_label("领卡方式*", exact=True).select_option(label="网点领取")
    # Online only a lost card is replaced, so that this is the only reason to choose.
    expect(page.get_by_label("补换原因*", exact=True).locator("option")).to_have_text(["", "遗失"])
    proven(page, running, "")
    page.get_by_role("link", name="我的卡和业务").click()
    page.get_by_role("link", name=re.compile("^成都市 补换社会保障卡 申请提交成功")).click()
    expect(page.locator("dd").first).to_have_text("申请提交成功")
    expect(page.get_by_text("受理制卡申请").first).to_be_visible()
    assert_accessible(page)


def applied_in_chengdu(page: Page) -> str:
    """Apply for a card, wrongly at first; return the operation."""
    page.get_by_role("link", name="申领社会保障卡").click()
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("成都市 申领社会保障卡")
    assert_accessible(page)
    send(page)
    expect(page.get_by_label("手机号码")).to_be_focused()
    assert_accessible(page)
    page.get_by_label("手机号码").fill("13800138000")
    page.get_by_label("常住地地址").fill("锦江区示例路1号")
    send(page)
    expect(page.locator(".error-detail").get_by_text("请上传一张本人二寸白底彩色照片").first).to_be_visible()
    upload(page, "本人照片", two_inches())
    upload(page, "居民身份证正面", card_picture())
    upload(page, "居民身份证背面", card_picture())
    send(page)
    page.wait_for_url("**/apply#/operations/*")
    assert_accessible(page)
    return page.url.rpartition("/")[2]


def delivered_and_paid(page: Page) -> None:
    """Have the card sent to one's address, and pay for that."""
    page.get_by_role("link", name="选择领卡方式").click()
    settled(page)
    expect(page.get_by_text("（领卡方式 邮寄 · 邮寄区间 同城）")).to_be_visible()
    page.get_by_label("领卡方式").select_option(label="邮寄")
    page.get_by_label(re.compile(r"^收件人\*?$")).fill("王示例")
    page.get_by_label("收件人手机号码").fill("13800138000")
    page.get_by_label("收件地址").fill("锦江区示例路1号")
    page.get_by_label("收件地区").fill("510104")
    send(page)
    page.get_by_role("link", name="缴费").click()
    settled(page)
    send(page)
    with page.expect_popup() as opened:
        page.get_by_role("link", name="打开支付页面").click()
    opened.value.get_by_role("button", name="支付 / Pay").click()
    expect(opened.value.locator("body")).to_have_text("paid")
    opened.value.close()  # In its shadow the page is drawn once a second.
    page.get_by_role("link", name="更新状态").click()
    expect(page.get_by_text("缴费成功").first).to_be_visible()


def lost_in_the_post(page: Page, regions: Path) -> None:
    """Report a card lost in the post, once the region lets people."""
    lost = page.get_by_role("link", name="报告邮寄丢失")
    expect(lost).to_have_count(0)
    (regions / "china/sichuan/chengdu/report_lost_in_post.yaml").write_text(AT_ONCE, encoding="utf-8")
    until = time.monotonic() + PATIENCE
    while lost.count() == 0 and time.monotonic() < until:
        page.get_by_role("button", name="更新状态").click()
        page.wait_for_load_state("networkidle")
    expect(lost).to_be_visible()
    assert_accessible(page)
    lost.click()
    settled(page)
    send(page)
    expect(page.locator("dd").first).to_have_text("受理制卡申请")


def test_a_card_is_applied_for_paid_followed_activated_and_lost_in_chengdu_from_another_origin(
    elsewhere: Visit, running: Running, regions: Path
) -> None:
    page = elsewhere.page
    enter(page, "citizen-chengdu", "成都市")
    operation = applied_in_chengdu(page)
    delivered_and_paid(page)
    number = "C51000099"
    partner(running, "card_maker", "acceptForProduction", operationId=operation)
    corrected(page, running, operation)
    given = {"cardNumber": "C51000098", "bank": "icbc", "generation": "third"}
    partner(running, "card_maker", "recordProduced", operationId=operation, **given)
    partner(running, "card_maker", "recordShipped", operationId=operation, trackingNumber="SF1234567890")
    page.get_by_role("button", name="更新状态").click()
    expect(page.get_by_text("SF1234567890")).to_be_visible()
    lost_in_the_post(page, regions)
    partner(running, "card_maker", "recordProduced", operationId=operation, **given | {"cardNumber": number})
    partner(running, "card_maker", "recordShipped", operationId=operation, trackingNumber="SF7777777777")
    page.get_by_role("button", name="更新状态").click()
    page.get_by_role("link", name="确认领卡").click()
    settled(page)
    send(page)
    bind = page.get_by_role("link", name="绑卡", exact=True)
    expect(bind).to_be_visible()
    page.get_by_role("link", name="查看社会保障卡").click()
    expect(page.get_by_role("alert")).to_contain_text("请先绑卡")
    expect(page.get_by_role("main").get_by_role("link")).to_have_text(["绑卡"])
    for service, state in (("绑卡", "封存"), ("激活社会保障卡", "正常"), ("正式挂失", "正式挂失")):
        page.get_by_role("link", name=service, exact=True).click()
        proven(page, running, number)
        expect(page.locator("dd").first).to_have_text(state)
    assert_accessible(page)
    replaced(page, running)
    elsewhere.assert_clean()


def test_a_guardian_applies_for_a_child_of_whom_other_things_are_asked(visit: Visit, running: Running) -> None:
    page = visit.page
    enter(page, "citizen-chengdu", "成都市")
    page.get_by_role("link", name="申领社会保障卡").click()
    settled(page)
    whom = page.get_by_label("为谁办理")
    expect(whom.locator("option")).to_have_text(["王示例", "王小例", "王幼例"])
    expect(page.get_by_role("group", name=re.compile("^本人照片"))).to_be_visible()
    whom.select_option(label="王幼例")
    settled(page)
    expect(page.get_by_text("未满7周岁可以不交照片")).to_be_visible()
    expect(page.get_by_role("group", name=re.compile("^本人照片"))).to_have_count(0)
    page.get_by_label("手机号码").fill("13800138000")
    page.get_by_label("常住地地址").fill("锦江区示例路1号")
    upload(page, "户口簿", card_picture())
    upload(page, "出生医学证明", card_picture())
    assert_accessible(page)
    send(page)
    page.wait_for_url("**/apply#/operations/*")
    expect(page.get_by_role("link", name="选择领卡方式")).to_be_visible()
    found = asked(running, "citizen-chengdu", WHOSE, {"id": page.url.rpartition("/")[2]})["operation"]
    assert found == {"holder": {"name": "王幼例"}, "relation": "guardian"}
    visit.assert_clean()


def test_another_city_asks_for_other_things_in_english_and_by_keyboard(english: Visit) -> None:
    page = english.page
    enter(page, "citizen-qingdao", "Qingdao")
    page.get_by_role("link", name="Apply for a card").press("Enter")
    settled(page)
    assert_accessible(page)
    typed(page, "issuing bank*", "Ind")
    typed(page, "issuing outlet*", "sample outlet (ordinary)")
    typed(page, "mobile number*", "13900139000")
    typed(page, "address of residence*", "2 Sample Road, Shinan")
    upload(page, "front of the identity card", card_picture())
    upload(page, "back of the identity card", card_picture())
    taken = page.get_by_label("photo of the holder Day it was taken or issued")
    taken.fill((datetime.now(UTC) - timedelta(days=30)).date().isoformat())
    upload(page, "photo of the holder", portrait(True, 358, 441, 350))
    typed(page, "way of delivery*", "at an")
    settled(page)
    page.get_by_role("button", name="Send").press("Enter")
    page.wait_for_url("**/apply#/operations/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Qingdao Apply for a card")
    expect(page.get_by_role("main")).to_be_focused()
    assert_accessible(page)
    page.get_by_role("link", name="My cards and requests").press("Enter")
    expect(page.get_by_role("link", name=re.compile("^Qingdao Apply for a card"))).to_be_visible()
    assert_accessible(page)
    english.assert_clean()


def test_a_city_that_is_written_while_the_service_runs_appears_with_its_own_form(
    visit: Visit, running: Running, regions: Path
) -> None:
    page = visit.page
    page.goto("/apply")
    expect(page.get_by_role("link", name="成都市")).to_be_visible()
    expect(page.get_by_role("link", name="示例新市")).to_have_count(0)
    folder = regions / "china" / "sichuan" / "new_city"
    folder.mkdir()
    for name, text in CITY.items():
        (folder / name).write_text(text, encoding="utf-8")
    until = time.monotonic() + PATIENCE
    while page.get_by_role("link", name="示例新市").count() == 0 and time.monotonic() < until:
        page.reload()
        expect(page.get_by_role("link", name="成都市")).to_be_visible()
    enter(page, "citizen-mianyang", "示例新市")
    page.get_by_role("link", name="申领社会保障卡").click()
    settled(page)
    expect(page.get_by_text("新市要求填写固定电话。").first).to_be_visible()
    expect(page.get_by_label("固定电话*", exact=True)).to_be_visible()
    expect(page.get_by_label("备注*", exact=True)).to_have_count(0)
    page.get_by_label("新市志愿者").check()
    expect(page.get_by_label("备注*", exact=True)).to_be_visible()
    assert_accessible(page)
    visit.assert_clean()


@pytest.mark.parametrize("served", [behind_proxy, below_root_path])
@pytest.mark.parametrize("path", ["/api/card/apply", "/api/card/apply/"])
def test_the_page_works_below_whatever_path(
    browser: Browser, built: Path, served: Callable[[ASGIApp, str], ASGIApp], path: str
) -> None:
    endpoint = GraphQLEndpoint(make_schema(), Contexts())
    role = {"name": "somebody", "about": "", "role": "citizen", "channel": "app", "token": "token"}
    app = create_app(endpoint=endpoint, health=healthy, routes=front_end(built), roles=[role])
    with serve(served(app, "/api/card")) as address, visiting(browser, address) as visit:
        with visit.page.expect_response("**/api/card/graphql"):
            visit.page.goto(path)
        assert visit.page.url == f"{address}/api/card/apply"
        visit.page.get_by_label("演示身份").select_option("somebody")
        assert not visit.strangers  # The bookshop knows no regions, which the page complains of.


def test_production_does_not_show_the_page(service: GraphService, built: Path) -> None:
    shown = [
        {getattr(route, "path", "") for route in app.routes}
        for app in (service.running.app(), replace(service.running, sandbox=None).app())
    ]
    of_the_example = {"/apply", "/apply/", "/apply/assets"}
    assert [paths & of_the_example for paths in shown] == [of_the_example, set()]
