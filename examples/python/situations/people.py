"""What a person does in an app, whatever the situation: each step prints where the request or card stands, and what comes next.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.people STEP …

    deliver OPERATION REGION RECIPIENT MOBILE ADDRESS   have the card posted
    follow OPERATION                                    see where a request stands
    receive OPERATION                                   say that the card has come
    bind CARD NUMBER MOBILE                             where a channel asks for it: tie the card to it, before it is activated
    activate CARD NUMBER MOBILE                         make the card usable

GRAPH_TOKEN is the person's, whoever of holder, guardian or delegate that is. For the last two a code is sent to MOBILE.
"""

from examples.python.graph import Graph
from examples.python.program import run
from examples.python.situations.evidence import code
from examples.python.situations.telling import TOLD, tell, tell_card

APPLY = """
mutation Apply($input: ApplyForCardInput!) {
  applyForCard(input: $input) { operation { ...Told } errors { code field message { text } } }
}
"""
DELIVER = """
mutation Deliver($input: SetDeliveryInput!) {
  setDelivery(input: $input) { operation { ...Told } errors { code field message { text } } }
}
"""
FOLLOW = "query Follow($id: ID!) { operation(id: $id) { ...Told } }"
RECEIVE = """
mutation Receive($input: ConfirmReceiptInput!) {
  confirmReceipt(input: $input) { operation { ...Told } errors { code field message { text } } }
}
"""
BIND = """
mutation Bind($input: BindCardInput!) {
  bindCard(input: $input) { card { id number state } errors { code field message { text } } }
}
"""
ACTIVATE = """
mutation Activate($input: ActivateCardInput!) {
  activateCard(input: $input) { card { id number state } errors { code field message { text } } }
}
"""


def deliver(graph: Graph, operation: str, region: str, recipient: str, mobile: str, address: str) -> None:
    """Have the card posted."""
    to = {"method": "post", "regionCode": region, "recipient": recipient, "mobile": mobile, "address": address}
    tell(graph.change(DELIVER + TOLD, None, operationId=operation, delivery=to)["operation"])


def follow(graph: Graph, operation: str) -> None:
    """See where a request stands."""
    tell(graph.ask(FOLLOW + TOLD, id=operation)["operation"])


def receive(graph: Graph, operation: str) -> None:
    """Say that the card has come."""
    tell(graph.change(RECEIVE + TOLD, f"receive {operation}", operationId=operation)["operation"])


def bind(graph: Graph, card: str, number: str, mobile: str) -> None:
    """Tie a card to the channel."""
    details = {"cardNumber": number, "mobile": mobile}
    evidence = {"details": details, "verificationCode": code(graph, "bind_card", mobile)}
    tell_card(graph.change(BIND, None, cardId=card, evidence=evidence)["card"])


def activate(graph: Graph, card: str, number: str, mobile: str) -> None:
    """Make a card usable."""
    details = {"cardNumber": number, "mobile": mobile}
    evidence = {"details": details, "verificationCode": code(graph, "activate", mobile)}
    tell_card(graph.change(ACTIVATE, None, cardId=card, evidence=evidence)["card"])


if __name__ == "__main__":
    run(deliver, follow, receive, bind, activate)
