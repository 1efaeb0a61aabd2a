"""A card is lost in the post, and another one is made without being paid for again.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.lost_in_post STEP …

    report OPERATION               the holder, in an app, once the card is overdue: it has not come
    returned OPERATION WRONG       a window or a card maker, whenever it knows: WRONG is true if the address was, else false

Then people.py delivers to another address, if that is wanted, and pays what may be due by failed_payment.py; works.py makes a card with
another number and ships it. The lost one can never be used.
"""

from examples.python.graph import Graph
from examples.python.program import run
from examples.python.situations.telling import TOLD, tell

LOST = """
mutation Lost($input: ReportLostInPostInput!) {
  reportLostInPost(input: $input) { operation { ...Told } errors { code field message { text } } }
}
"""
PARCEL = "query Parcel($id: ID!) { operation(id: $id) { trackingNumber } }"


def report(graph: Graph, operation: str) -> None:
    """Report that a card has not come. The parcel is part of the key, for the next one may be lost as well."""
    parcel = graph.ask(PARCEL, id=operation)["operation"]["trackingNumber"]
    tell(graph.change(LOST + TOLD, f"lost {operation} {parcel}", operationId=operation)["operation"])


def returned(graph: Graph, operation: str, wrong: str) -> None:
    """Report that a card has come back, or is lost, and why."""
    parcel = graph.ask(PARCEL, id=operation)["operation"]["trackingNumber"]
    evidence = {"declarations": [{"name": "declared.wrong_delivery_address", "value": wrong}]}
    given = {"operationId": operation, "evidence": evidence}
    tell(graph.change(LOST + TOLD, f"lost {operation} {parcel}", **given)["operation"])


if __name__ == "__main__":
    run(report, returned)
