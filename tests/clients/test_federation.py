"""The graph as a part of a supergraph: composed with another by Hive's composition, and asked by reference as a router asks."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from store import Keys
from tests.clients.conftest import run_node, serve_for_clients
from tests.graph.cards import add_card
from tests.graph.journey import QINGDAO
from tests.graph.service import GraphService, holder_id

ENTITIES = """query($representations: [_Any!]!) { _entities(representations: $representations) {
  ... on Holder { name } ... on Card { bank holder { name } } } }"""


@pytest.fixture(scope="module")
def federated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, keys: Keys
) -> Iterator[GraphService]:
    """A service whose graph can be a part of a supergraph."""
    with serve_for_clients(request, tmp_path_factory.mktemp("federated"), keys, federated=True) as running:
        yield running


def test_it_composes_with_another_graph_that_knows_more_of_its_people(
    clients: Path, federated: GraphService, tmp_path: Path
) -> None:
    subgraph = tmp_path / "cards.graphql"
    subgraph.write_text(federated.caller(None).ask("{ _service { sdl } }")["_service"]["sdl"], encoding="utf-8")
    supergraph = run_node(clients, "compose.mjs", str(subgraph))
    [holder] = re.findall(r"\ntype Holder implements[^{]*{[^}]*}", supergraph)
    assert '@join__type(graph: CARDS, key: "id")' in holder
    assert '@join__type(graph: PENSIONS, key: "id")' in holder
    assert "pension: Pension @join__field(graph: PENSIONS)" in holder
    for entity in ("Card", "Operation"):
        assert f'type {entity} implements Node @join__type(graph: CARDS, key: "id")' in " ".join(supergraph.split())


def test_a_reference_shows_what_node_shows(federated: GraphService) -> None:
    person, stranger = federated.person(), federated.person()
    card = add_card(federated, person, QINGDAO)
    asked = [
        {"__typename": "Holder", "id": holder_id(person)},
        {"__typename": "Holder", "id": holder_id(stranger)},
        {"__typename": "Card", "id": card.id},
    ]
    for _ in range(2):  # As it comes, and compiled.
        answer = federated.citizen(person, "qingdao_app").answer(ENTITIES, {"representations": asked})
        mine = {"bank": "ccb", "holder": {"name": person.name}}
        assert answer["data"]["_entities"] == [{"name": person.name}, None, mine]
        [error] = answer["errors"]
        assert (error["path"], error["extensions"]["code"]) == (["_entities", 1], "NOT_FOUND")


@pytest.mark.parametrize(
    "reference",
    [
        {},
        {"__typename": "Holder"},
        {"__typename": "Query", "id": "x"},
        {"__typename": "Holder", "id": 7},
        {"__typename": ["Holder"], "id": "x"},
        {"id": "x"},
        "Holder",
        [],
        7,
    ],
)
def test_what_is_no_reference_is_told(federated: GraphService, reference: Any) -> None:
    caller = federated.citizen(federated.person())
    assert caller.failure(ENTITIES, {"representations": [reference]}) == "INVALID_INPUT"


def test_a_router_asks_for_a_hundred_at_most(federated: GraphService) -> None:
    reference = {"__typename": "Holder", "id": "x"}
    answer = federated.caller(None).answer(ENTITIES, {"representations": [reference] * 101})
    assert "data" not in answer
    assert "100" in answer["errors"][0]["message"]


def test_only_a_graph_that_is_to_be_a_part_has_any_of_it(service: GraphService) -> None:
    for query in ("{ _service { sdl } }", "{ _entities(representations: []) { __typename } }"):
        assert service.caller(None).failure(query) == "VALIDATION_FAILED"
    assert "@key" not in Path("schema/schema.graphql").read_text(encoding="utf-8")
