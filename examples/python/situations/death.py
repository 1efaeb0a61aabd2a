"""A relative reports a death at a window: the cards and requests of the dead end, and what others might do for them.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.death DAY NAME TYPE NUMBER RELATIVE TYPE NUMBER

DAY is that of the death, such as 2026-11-18; each TYPE and NUMBER is of an identity document. The window has seen the death
certificate and a proof of kinship. The relative then brings the card to its bank, which closes the account: close_accounts.py.
"""

from examples.python.graph import Graph
from examples.python.program import run
from examples.python.situations.window import found

DIED = """
mutation Died($input: RecordDeathInput!) {
  recordDeath(input: $input) {
    recordedAt
    holder { name deceasedAt cards { id number state accountState } }
    errors { code field message { text } }
  }
}
"""


def record(
    graph: Graph, day: str, name: str, kind: str, number: str, relative: str, its_kind: str, its_number: str
) -> None:
    """Record a death."""
    dead, present = found(graph, name, kind, number)["id"], found(graph, relative, its_kind, its_number)["id"]
    seen = {"sightedDocuments": ["death_certificate", "kinship_proof"]}
    given = {"holderId": dead, "diedOn": day, "presentPersonId": present, "evidence": seen}
    answer = graph.change(DIED, f"death of {dead}", **given)
    print(f"{answer['holder']['name']}: the death on {day} is on record since {answer['recordedAt']}")
    for card in answer["holder"]["cards"]:
        print(f"card {card['id']} {card['number']} {card['state']}, account {card['accountState']}")


if __name__ == "__main__":
    run(record)
