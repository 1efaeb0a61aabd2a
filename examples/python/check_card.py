"""A hospital's check before it takes a card.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.check_card NUMBER

Says whether the card may be used, and if not, why and what its holder does. Ends with 0 if it may be used, else with 1.
"""

from examples.python.graph import Graph
from examples.python.program import run

USABLE = """
query Usable($number: String!) {
  cardUsable(cardNumber: $number) {
    usable
    reasons { code message { text } }
    advice { message { text } }
  }
}
"""


def check(graph: Graph, number: str) -> tuple[bool, list[str]]:
    """Return whether a card may be used, and what to tell whoever brings it."""
    found = graph.ask(USABLE, number=number)["cardUsable"]
    told = [f"{reason['code']}: {reason['message']['text']}" for reason in found["reasons"]]
    return found["usable"], told + [note["message"]["text"] for note in found["advice"]]


def main(graph: Graph, number: str) -> int:
    """Check the card of a number."""
    usable, told = check(graph, number)
    print("\n".join(["usable" if usable else "not usable", *told]))
    return 0 if usable else 1


if __name__ == "__main__":
    run(main)
