"""Steps about what waits for a second clerk: seen, confirmed, objected to. new_guardian.py has them among its own."""

from typing import Any

from examples.python.graph import Graph

WAITING = """
query Waiting($service: String!) {
  operations(filter: { service: $service, states: [SUBMITTED] }, order: LONGEST_WAITING_FIRST, first: 100) {
    edges { node { id stateUntil holder { name } guardianship { guardianName kinship papers } } }
  }
}
"""
CONFIRM = """
mutation Confirm($input: ConfirmGuardianshipInput!) {
  confirmGuardianship(input: $input) {
    operation { id state stateUntil guardianship { state } } errors { code field message { text } }
  }
}
"""
OBJECT = """
mutation Object($input: ObjectToGuardianshipInput!) {
  objectToGuardianship(input: $input) {
    operation { id state stateUntil guardianship { state } } errors { code field message { text } }
  }
}
"""


def waiting(graph: Graph) -> None:
    """Show what waits for another clerk."""
    for service in ("record_guardianship", "end_guardianship"):
        for edge in graph.ask(WAITING, service=service)["operations"]["edges"]:
            node = edge["node"]
            asked = node["guardianship"]
            papers = " ".join(asked["papers"])
            print(
                f"{node['id']} {service}: {asked['guardianName']} ({asked['kinship']}), {papers}, until {node['stateUntil']}"
            )


def confirm(graph: Graph, operation: str) -> None:
    """Confirm what another clerk has asked."""
    _tell_change(graph.change(CONFIRM, None, operationId=operation)["operation"])


def object_to(graph: Graph, operation: str) -> None:
    """Object to what is asked, as the guardian on record."""
    _tell_change(graph.change(OBJECT, None, operationId=operation)["operation"])


def _tell_change(operation: dict[str, Any]) -> None:
    until = f" until {operation['stateUntil']}" if operation["stateUntil"] else ""
    print(f"{operation['state']}{until}: the guardianship is {operation['guardianship']['state']}")
