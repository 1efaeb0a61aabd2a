"""A card that nobody has collected ends, and its holder applies for another one.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.not_collected KEY REGION BANK OUTLET MOBILE ADDRESS KIND=FILE …

The holder, in an app: says what has become of earlier cards, and applies for one that is collected at an outlet. KEY is your own
name for the application: run again under it, nothing is done twice. works.py makes the card, and window.py hands it over.
"""

from examples.python.graph import Graph
from examples.python.program import run
from examples.python.situations.evidence import uploaded
from examples.python.situations.people import APPLY
from examples.python.situations.telling import TOLD, tell

CARDS = "query Cards { me { cards { number state history { state since reason } } } }"


def apply(graph: Graph, key: str, region: str, bank: str, outlet: str, mobile: str, address: str, *papers: str) -> None:
    """Apply, whatever has become of the cards before."""
    for card in graph.ask(CARDS)["me"]["cards"]:
        last = card["history"][-1]
        why = f" ({last['reason']})" if last["reason"] else ""
        print(f"card {card['number']} {card['state']} since {last['since']}{why}")
    ids = uploaded(graph, key, region, papers)
    evidence = {"details": {"mobile": mobile, "residenceAddress": address}, "documentIds": ids}
    place = {"regionCode": region, "bank": bank, "outlet": outlet, "delivery": {"method": "outlet"}}
    tell(graph.change(APPLY + TOLD, key, **place, evidence=evidence)["operation"])


if __name__ == "__main__":
    run(apply)
