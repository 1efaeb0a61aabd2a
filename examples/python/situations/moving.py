"""Somebody moves to another city of the province and takes the card along; a card of another province stays what it is.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.moving NUMBER REGION MOBILE

The holder, in an app: NUMBER is the one on the card, REGION the city that takes it in, MOBILE where the code goes.
"""

from examples.python.graph import Graph
from examples.python.program import run
from examples.python.situations.evidence import code
from examples.python.situations.lost_elsewhere import mine

HELD = """
query Held($card: ID!, $region: String!) {
  heldInsurance(cardId: $card, region: $region) { name label { text } }
}
"""
MOVE = """
mutation Move($input: TransferCardInInput!) {
  transferCardIn(input: $input) {
    card { id number regionCode regionName { text } state }
    errors { code field message { text } }
  }
}
"""


def move(graph: Graph, number: str, region: str, mobile: str) -> None:
    """Take a card to a city, with the insurance that one has there."""
    card = mine(graph, number)
    kinds = graph.ask(HELD, card=card, region=region)["heldInsurance"]
    print(f"insured there: {', '.join(kind['label']['text'] for kind in kinds)}")
    details = {"cardNumber": number, "mobile": mobile}
    evidence = {"details": details, "verificationCode": code(graph, "transfer_in", mobile)}
    given = {"cardId": card, "regionCode": region, "insuranceKinds": [kind["name"] for kind in kinds]}
    moved = graph.change(MOVE, None, **given, evidence=evidence)["card"]
    print(f"card {moved['id']} {moved['number']} {moved['state']} in {moved['regionName']['text']}")


if __name__ == "__main__":
    run(move)
