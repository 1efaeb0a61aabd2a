"""Cards from before this service come in, and somebody's extra one is cancelled.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.old_cards STEP …

    bring_in NAME FILE    an office: FILE is CSV with the names of the graph's inputs in the first line, as cards.csv beside this
                          program; NAME is your own name for it, under which a run that broke off is begun again
    cancel CARD           a window, which has seen both cards and the identity card: this one is one too many

`find` of window.py shows what somebody has. Ends with 1 if something was refused.
"""

import csv
from pathlib import Path

from examples.python.batches import batch
from examples.python.graph import Graph, refusals
from examples.python.program import run

BRING_IN = """
mutation BringIn($input: ImportCardsBatchInput!) {
  importCardsBatch(input: $input) {
    rows { card { id number state } known errors { code field message { text } } }
    notReached
    errors { code field message { text } }
  }
}
"""
CANCEL = """
mutation Cancel($input: CancelCardInput!) {
  cancelCard(input: $input) { card { id number state accountState } errors { code field message { text } } }
}
"""


def bring_in(graph: Graph, name: str, file: str) -> int:
    """Put cards on record that were issued before."""
    with Path(file).open(encoding="utf-8-sig", newline="") as opened:
        rows = [{name: value for name, value in row.items() if value} for row in csv.DictReader(opened)]
    done = 0
    for row, answer in batch(graph, BRING_IN, name, rows):
        if refused := refusals(answer):
            print("\n".join([f"{row['cardNumber']} refused", *refused]))
            continue
        done += 1
        card, known = answer["card"], ", known already" if answer["known"] else ""
        print(f"card {card['id']} {card['number']} {card['state']}{known}")
    print(f"{done} of {len(rows)} on record")
    return 0 if done == len(rows) else 1


def cancel(graph: Graph, card: str) -> None:
    """Cancel an extra card."""
    seen = {"sightedDocuments": ["social_security_card", "identity_card_front", "identity_card_back"]}
    ended = graph.change(CANCEL, f"cancel {card}", cardId=card, reason="extra_card", evidence=seen)["card"]
    print(f"card {ended['id']} {ended['number']} {ended['state']}, account {ended['accountState']}")


if __name__ == "__main__":
    run(bring_in, cancel)
