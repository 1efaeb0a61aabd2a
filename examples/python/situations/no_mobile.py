"""Somebody has no telephone bound to the card, so that an app can send no code: told the way, they go it.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.no_mobile STEP …

    lose CARD               a window, which has seen the identity card: the card is lost for good
    lift NUMBER             the holder, in an app, has found it, and is told to go to a window
    bind CARD MOBILE        the window, which has seen both cards: from now on codes go to this number
    lift NUMBER MOBILE      the holder, in the app: the card can be used again

NUMBER is the one on the card.
"""

from examples.python.graph import Graph
from examples.python.program import run
from examples.python.situations.lost_elsewhere import REPORT, lift
from examples.python.situations.telling import tell_card

BIND = """
mutation Bind($input: UpdateInformationInput!) {
  updateInformation(input: $input) { holder { name mobile } errors { code field message { text } } }
}
"""
IDENTITY_CARD = ["identity_card_front", "identity_card_back"]


def lose(graph: Graph, card: str) -> None:
    """Report a card lost at the window."""
    tell_card(graph.change(REPORT, None, cardId=card, evidence={"sightedDocuments": IDENTITY_CARD})["card"])


def bind(graph: Graph, card: str, mobile: str) -> None:
    """Bind a number."""
    evidence = {"details": {"mobile": mobile}, "sightedDocuments": ["social_security_card", *IDENTITY_CARD]}
    holder = graph.change(BIND, None, cardId=card, evidence=evidence)["holder"]
    print(f"{holder['name']} {holder['mobile']}")


if __name__ == "__main__":
    run(lose, lift, bind)
