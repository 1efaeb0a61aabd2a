"""What front-ends' builds make of the schema and of documents: types that a strict compiler takes, and manifests to be trusted."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.holder import Actor
from store import Keys
from tests.clients.conftest import run_node, serve_for_clients
from tests.graph.journey import CHENGDU
from tests.graph.service import GraphService, holder_id

OPENINGS = "query Openings"


@pytest.fixture(scope="module")
def typed(clients: Path) -> dict[str, str]:
    """The manifest of GraphQL codegen, which also writes the types of all documents."""
    run_node(clients, "node_modules/@graphql-codegen/cli/cjs/bin.js", "--config", "codegen.json")
    return read(clients / "generated" / "persisted-documents.json")


@pytest.fixture(scope="module")
def relay(clients: Path) -> dict[str, str]:
    """The manifest of relay-compiler, which also checks the documents by Relay's rules."""
    written, manifest = clients / "generated" / "relay", clients / "generated" / "relay.json"
    # It adds to what is there, and leaves alone what has not changed.
    shutil.rmtree(written, ignore_errors=True)
    written.mkdir(parents=True)
    manifest.write_text("{}")
    run_node(clients, "node_modules/relay-compiler/cli.js", "relay.config.json")
    return read(manifest)


def read(manifest: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))
    return found


def id_of(manifest: dict[str, str], beginning: str) -> str:
    [found] = [identifier for identifier, text in manifest.items() if text.startswith(beginning)]
    return found


@pytest.fixture(scope="module")
def trusting(
    clients: Path,
    typed: dict[str, str],
    relay: dict[str, str],
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    keys: Keys,
) -> Iterator[GraphService]:
    """A service that executes only what the manifests hold for the national mini program and for those without a token."""
    folder = clients / "generated"
    how: dict[str, Any] = {
        "trusted_documents": (folder / "persisted-documents.json", folder / "relay.json"),
        "trusted_channels": frozenset({"national_mini_program", "anonymous"}),
    }
    with serve_for_clients(request, tmp_path_factory.mktemp("trusting"), keys, **how) as running:
        yield running


def ask(service: GraphService, actor: Actor | None, **body: Any) -> Any:
    headers = {"Authorization": f"Bearer {service.token(actor)}"} if actor else {}
    return service.http.post("/graphql", json=body, headers=headers).json()


def test_what_codegen_writes_is_taken_by_a_strict_compiler(clients: Path, typed: dict[str, str]) -> None:
    run_node(clients, "node_modules/typescript/bin/tsc", "--project", ".")
    assert len(typed) > 20


def test_documents_of_both_manifests_are_executed_by_their_ids(
    trusting: GraphService, typed: dict[str, str], relay: dict[str, str]
) -> None:
    variables = {"region": CHENGDU}
    shown = ask(trusting, None, documentId=id_of(typed, OPENINGS), variables=variables)
    assert "errors" not in shown
    person = trusting.person()
    citizen = Actor(person.id, "citizen", "national_mini_program")
    mine = ask(trusting, citizen, documentId=id_of(relay, "query MineQuery"), variables={"first": 5})
    assert mine["data"]["operations"]["edges"] == []
    again = {"id": holder_id(person), "last": 5}
    cards = ask(trusting, citizen, documentId=id_of(relay, "query MineCardsQuery"), variables=again)
    assert cards["data"]["node"]["cardsConnection"]["edges"] == []


def test_nothing_else_is_executed_for_the_chosen_channels(trusting: GraphService) -> None:
    person = trusting.person()
    for actor in (None, Actor(person.id, "citizen", "national_mini_program")):
        [error] = ask(trusting, actor, query="{ regions { code } }")["errors"]
        assert error["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
    free = ask(trusting, Actor(person.id, "citizen", "service_window"), query="{ regions { code } }")
    assert "errors" not in free
