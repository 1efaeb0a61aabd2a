"""What a card maker does for one request, as a machine at a window does it at once; card_maker.py does a night's work.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.works STEP …

    make OPERATION NUMBER    accept a request, unless it is accepted, and make the card with that number
    ship OPERATION PARCEL    the post has taken it; PARCEL is the post's number of the parcel

Each step prints where the request stands, and what comes next.
"""

from examples.python.graph import Graph
from examples.python.program import run
from examples.python.situations.telling import TOLD, tell

STATE = "query State($id: ID!) { operation(id: $id) { state } }"
ACCEPT = """
mutation Accept($input: AcceptForProductionInput!) {
  acceptForProduction(input: $input) { operation { ...Told } errors { code field message { text } } }
}
"""
PRODUCED = """
mutation Produced($input: RecordProducedInput!) {
  recordProduced(input: $input) { operation { ...Told } errors { code field message { text } } }
}
"""
SHIPPED = """
mutation Shipped($input: RecordShippedInput!) {
  recordShipped(input: $input) { operation { ...Told } errors { code field message { text } } }
}
"""


def make(graph: Graph, operation: str, number: str) -> None:
    """Accept a request and make its card at once, as a machine at a window does; see card_maker.py for a night's work."""
    if graph.ask(STATE, id=operation)["operation"]["state"] != "ACCEPTED":
        graph.change(ACCEPT + TOLD, f"accept {operation}", operationId=operation)
    given = {"operationId": operation, "cardNumber": number, "generation": "third"}
    tell(graph.change(PRODUCED + TOLD, f"produced {operation} {number}", **given)["operation"])


def ship(graph: Graph, operation: str, parcel: str) -> None:
    """Say that the post has taken a card."""
    given = {"operationId": operation, "trackingNumber": parcel}
    tell(graph.change(SHIPPED + TOLD, f"shipped {operation} {parcel}", **given)["operation"])


if __name__ == "__main__":
    run(make, ship)
