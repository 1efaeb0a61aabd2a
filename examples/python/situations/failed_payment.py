"""A payment fails, and is made again.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.failed_payment OPERATION

Whoever applies: says what has become of each payment so far, and where to pay what is due. Run it again when the page of the
payment provider has been seen.
"""

from examples.python.graph import Graph
from examples.python.program import run
from examples.python.situations.telling import TOLD, tell

PAYMENTS = """
query Payments($id: ID!) { operation(id: $id) { ...Told payments { status amount } } }
"""
PAY = """
mutation Pay($input: PayOperationInput!) {
  payOperation(input: $input) { payment { amount payUrl } errors { code field message { text } } }
}
"""


def pay(graph: Graph, operation: str) -> None:
    """Pay what is due."""
    found = graph.ask(PAYMENTS + TOLD, id=operation)["operation"]
    for payment in found["payments"]:
        print(f"{payment['amount'] / 100:.2f} yuan: {payment['status']}")
    tell(found)
    if found["due"]:
        # Asked again it is the same payment, and a new one after the last has failed.
        payment = graph.change(PAY, None, operationId=operation)["payment"]
        print(f"pay {payment['amount'] / 100:.2f} yuan at {payment['payUrl']}")


if __name__ == "__main__":
    run(pay)
