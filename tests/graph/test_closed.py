"""What a production shows of its own inside: nothing, unless the operator opens it; and then to whom it is opened."""

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType
from starlette.routing import Mount, Route

from composition.openness import Openness, read_openness
from composition.settings import ConfigurationError, Settings
from domain.holder import Actor
from schema.build import build_schema
from tests.commands import production
from tests.graph.conftest import METRICS_KEY
from tests.graph.service import GraphService
from tests.patience import PATIENCE
from tests.statements import counted_statements

VERSION = re.compile(r"\b(?!127\.|0\.0)\d+\.\d+\.\d+\b")
OFFICER = Actor("officer-1", "policy_officer", "partner_system")
CITIZEN = Actor("person-1", "citizen", "national_mini_program")
CLERK = Actor("clerk-1", "clerk", "service_window", "window-1", "510100")
AUDITOR = Actor("auditor-1", "auditor", "partner_system")


@pytest.fixture
def service(closed_service: GraphService) -> GraphService:
    """Return the service that is closed."""
    return closed_service


def test_everything_is_open_in_development_and_nothing_in_production_unless_it_is_said() -> None:
    assert Settings.from_environment({}).openness == Openness(
        dict.fromkeys(("introspection", "graphiql", "metrics", "suggestions"))
    )
    assert Settings.from_environment({"OPEN": ""}).openness == Openness({})
    assert Settings.from_environment(production()).openness == Openness({})
    said = "graphiql, introspection:policy_officer,introspection:clerk,metrics,metrics:auditor"
    assert Settings.from_environment({**production(), "OPEN": said}).openness == Openness(
        {"graphiql": None, "introspection": frozenset({"policy_officer", "clerk"}), "metrics": None}
    )


@pytest.mark.parametrize("text", ["schema", "metrics:", "graphiql:clerk", "*"])
def test_what_cannot_be_opened_is_told(text: str) -> None:
    faults: list[str] = []
    assert read_openness([text], faults) == Openness({})
    assert len(faults) == 1
    with pytest.raises(ConfigurationError, match="OPEN "):
        Settings.from_environment({"OPEN": text})


def test_a_role_that_does_not_exist_keeps_the_service_from_starting(service: GraphService) -> None:
    told = [
        *Openness({"metrics": frozenset({"auditor", "operator"})}).without_role(service.running.live.current.policies)
    ]
    assert [line for line in told if "the role operator, which does not exist" in line] == told != []


def bearer(service: GraphService, actor: Actor | None) -> dict[str, str]:
    return {} if actor is None else {"Authorization": f"Bearer {service.token(actor)}"}


def answered(service: GraphService, actor: Actor | None, **asked: Any) -> httpx.Response:
    headers = {"Accept": "application/graphql-response+json", "Accept-Language": "en", **bearer(service, actor)}
    return service.http.post("/graphql", json=asked, headers=headers)


ASKING = {
    "schema": "{ __schema { types { name } } }",
    "type": '{ __type(name: "Card") { fields { name } } }',
    "another name": '{ regions { code } innocent: __type(name: "Card") { name } }',
    "fragment": "{ ...F } fragment F on Query { ... { __schema { queryType { name } } } }",
    "left out": "{ regions { code } __schema @include(if: false) { queryType { name } } }",
    "federation": "{ _service { sdl } }",
    "one of two": "query a { regions { code } } query b { __schema { queryType { name } } }",
}


@pytest.mark.parametrize("query", ASKING.values(), ids=ASKING.keys())
def test_what_the_graph_is_made_of_is_told_to_whom_it_is_opened(service: GraphService, query: str) -> None:
    asked = {"query": query} | ({"operationName": "a"} if "query a" in query else {})
    named = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": sha256(query.encode()).hexdigest()}}}
    # More than once, since a document is compiled when it is asked for again; and then by its hash, with the text and without.
    for how in (asked, asked, asked | named, {**asked, **named, "query": None}):
        answer = answered(service, OFFICER, **how)
        assert (answer.status_code, "errors" in answer.json()) == (200, False), answer.text
        for other in (None, CITIZEN, CLERK, AUDITOR):
            answer = answered(service, other, **how)
            [error] = answer.json()["errors"]
            assert (answer.status_code, error["extensions"]["code"]) == (403, "INTROSPECTION_CLOSED")
            assert "schema.graphql" in error["message"]


def test_everybody_may_ask_for_the_name_of_a_type(service: GraphService) -> None:
    answer = answered(service, None, query="{ __typename regions { __typename code } }").json()
    assert (answer["data"]["__typename"], answer["data"]["regions"][0]["__typename"]) == ("Query", "Region")


def schema_names() -> set[str]:
    """Return the names in the schema that are no words of a message: with a capital or a line within."""
    kinds = build_schema(True)._schema.type_map
    found = {name for name in kinds if not name.startswith("__")}
    for kind in kinds.values():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            found |= {*kind.fields, *chain.from_iterable(field.args for field in kind.fields.values())}
        elif isinstance(kind, GraphQLInputObjectType):
            found |= {*kind.fields}
        elif isinstance(kind, GraphQLEnumType):
            found |= {*kind.values}
    return found


NAMES = schema_names()
WRONG: dict[str, dict[str, Any]] = {
    "field": {"query": "{ region { code } }"},
    "field of an interface": {"query": '{ node(id: "x") { number } }'},
    "argument": {"query": '{ region(codes: "510100") { code } }'},
    "argument that is missing": {"query": "{ node { id } }"},
    "no selection": {"query": "{ regions }"},
    "a selection of a leaf": {"query": "{ regions { code { x } } }"},
    "type": {"query": "{ regions { ... on Regions { code } } }"},
    "type of a variable": {"query": "query q($x: ApplyForCardInputs) { regions { code } }"},
    "type that is no input": {"query": "query q($x: Card) { regions { code } }"},
    "fragment that cannot be": {"query": "{ regions { ... on Card { id } } }"},
    "variable of another type": {"query": "query q($x: Int!) { node(id: $x) { id } }"},
    "variable in an input": {"query": "mutation m($x: Int) { applyForCard(input: {holderId: $x}) { __typename } }"},
    "conflict": {"query": "{ regions { a: code a: level } }"},
    "directive": {"query": "{ regions @includ(if: true) { code } }"},
    "directive's argument": {"query": "{ regions @include { code } }"},
    "mutation": {"query": "mutation { applyForCards { x } }"},
    "empty input": {"query": "mutation { applyForCard(input: {}) { __typename } }"},
    "unknown field of an input": {"query": "mutation { applyForCard(input: {holder: 1}) { __typename } }"},
    "no input": {"query": "mutation { applyForCard(input: 7) { __typename } }"},
    "no word": {"query": "{ audit(filter: {kind: WRONGLY}) { __typename } }"},
    "variable": {
        "query": "mutation m($x: ApplyForCardInput!) { applyForCard(input: $x) { __typename } }",
        "variables": {"x": {"holder": 1}},
    },
    "missing variable": {
        "query": "mutation m($x: ApplyForCardInput!) { applyForCard(input: $x) { __typename } }",
        "variables": {},
    },
    "one of": {"query": "{ checkEligibility(input: {request: {}}) { __typename } }"},
}


NAMES_ITS_OWN = {"type that is no input", "conflict", "directive", "missing variable", "one of"}
"""What is wrong in these is said without another name in any case."""


@pytest.mark.parametrize("what", WRONG)
def test_an_error_names_nothing_of_the_graph_that_the_request_does_not(service: GraphService, what: str) -> None:
    wrong = WRONG[what]

    def names(actor: Actor | None) -> set[str]:
        answer = answered(service, actor, **wrong)
        assert answer.status_code in (400, 405), answer.text
        told = [
            json.dumps([e["message"], e["extensions"].get("field")], ensure_ascii=False)
            for e in answer.json()["errors"]
        ]
        quoted = {name for text in told for part in re.findall("'([^']*)'", text) for name in re.findall(r"\w+", part)}
        distinct = {
            name
            for text in told
            for name in re.findall(r"\w+", text)
            if re.search("[A-Z_].*[a-z]|[a-z].*[A-Z_]|^[A-Z_]{3,}$", name)
        }
        return ((quoted | distinct) & NAMES) - set(re.findall(r"\w+", json.dumps(wrong)))

    assert (names(None), names(CITIZEN)) == (set(), set())
    assert (names(OFFICER) == set()) is (what in NAMES_ITS_OWN)


def test_metrics_are_for_a_role_or_whoever_has_the_key(service: GraphService) -> None:
    def status(**headers: str) -> int:
        return service.http.get("/metrics", headers=headers).status_code

    refused = service.http.get("/metrics", headers={"Accept-Language": "en"})
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert status(Authorization=f"Bearer {METRICS_KEY}x") == 401
    assert status(Authorization="Bearer") == 401
    assert status(**bearer(service, OFFICER)) == 403
    assert status(**bearer(service, AUDITOR)) == 200
    shown = service.http.get("/metrics", headers={"Authorization": f"Bearer {METRICS_KEY}"})
    assert (shown.status_code, "graphql_requests_total" in shown.text) == (200, True)
    # What is wrong, and what is in force, is for those who look after the service.
    assert service.http.get("/health").json() == {"status": "ok"}
    assert service.http.get("/health", headers=bearer(service, OFFICER)).json() == {"status": "ok"}
    assert "policies" in service.http.get("/health", headers={"Authorization": f"Bearer {METRICS_KEY}"}).json()


def test_many_who_ask_for_health_share_one_look_and_strangers_cost_no_more(
    service: GraphService, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = monotonic() + 60
    running, store = service.running, service.running.dependencies.store
    for look in (running.looked, running.readiness._shared):
        monkeypatch.setattr(look, "_clock", lambda: now)
    pages = ("/health", "/health/ready") * 20
    shown = {"Authorization": f"Bearer {METRICS_KEY}"}

    def ask(page: str, headers: dict[str, str]) -> int:
        return service.http.get(page, headers=headers).status_code

    async def counted() -> tuple[list[str], list[int]]:
        async with counted_statements(store) as statements:
            with ThreadPoolExecutor(8) as threads:
                loop = asyncio.get_running_loop()
                asked = [loop.run_in_executor(threads, ask, page, who) for page in pages for who in ({}, shown)]
                return statements, [*await asyncio.gather(*asked)]

    def asked() -> tuple[list[str], list[int]]:
        return asyncio.run_coroutine_threadsafe(counted(), service._loop).result(PATIENCE)

    statements, answers = asked()
    assert {*answers} == {200}
    assert 2 <= len(statements) == 2 * len({*statements})  # one look of either page
    assert asked()[0] == []
    now += 2
    assert len(asked()[0]) == len(statements)


def test_there_is_no_page_to_try_the_graph_with(service: GraphService) -> None:
    page = service.http.get("/graphql", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (page.status_code, page.headers["content-type"]) == (400, "application/json; charset=utf-8")
    assert service.http.get("/sign-in").status_code == 404


def test_each_address_has_the_headers_once_and_tells_no_version(service: GraphService) -> None:
    routes = [each for each in service.running.app().routes if isinstance(each, Route | Mount)]
    paths = {re.sub(r"\{[^}]*\}", "nothing", each.path) for each in routes} | {
        "/nothing",
        "/graphql?query={__typename}",
    }
    assert {
        "/",
        "/graphql",
        "/health",
        "/metrics",
        "/callbacks/payment",
        "/batches/nothing",
        "/documents/nothing",
    } <= paths
    key = {"Authorization": f"Bearer {METRICS_KEY}"}
    for path in sorted(paths):
        for method in ("GET", "POST", "OPTIONS", "TRACE", "PUT"):
            answer = service.http.request(method, path, headers=key if path in ("/metrics", "/health") else {})
            names = [name.lower() for name, _ in answer.headers.multi_items()]
            for name in (
                "content-security-policy", "x-content-type-options", "referrer-policy", "cross-origin-opener-policy",
                "strict-transport-security",
            ):  # fmt: skip
                assert names.count(name) == 1, (method, path, name)
            assert not {"server", "x-powered-by", "via"} & set(names), (method, path)
            # The format of the metrics has a version, which is no program's.
            told = "\n".join(
                [*(value for name, value in answer.headers.items() if name != "date"), answer.text]
            ).replace("; version=1.0.0", "")
            assert VERSION.search(told) is None, (method, path, VERSION.search(told))
    assert VERSION.search(Path("schema/schema.graphql").read_text("utf-8")) is None
