"""Somebody has a new name and a new identity number, and gets a card that says so.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.new_name STEP …

    register NAME TYPE NUMBER           a window puts the person on record anew; the population register knows no more than that
    merge PERSON BEFORE                 two clerks, one after the other, have seen the papers: both records are one person's
    replace CARD BANK OUTLET            a window asks for a card with the new name, in place of the old one

PERSON and BEFORE are ids of people, of which `find` of window.py shows the earlier one. works.py makes the card, window.py
hands it over, and people.py activates it, with which the old one ends.
"""

from examples.python.graph import Graph
from examples.python.program import run
from examples.python.situations.foreigner import REISSUE
from examples.python.situations.telling import TOLD, tell
from examples.python.situations.window import register

MERGE = """
mutation Merge($input: MergeHoldersInput!) {
  mergeHolders(input: $input) { state holder { id name } errors { code field message { text } } }
}
"""
IDENTITY_CARD = ["identity_card_front", "identity_card_back"]


def merge(graph: Graph, person: str, before: str) -> None:
    """Say that two records are of one person. It is done when another clerk says so too."""
    evidence = {"sightedDocuments": [*IDENTITY_CARD, "household_register"]}
    answer = graph.change(MERGE, None, holderId=person, duplicateId=before, evidence=evidence)
    print(f"{answer['state']}: {answer['holder']['id']} {answer['holder']['name']}")


def replace(graph: Graph, card: str, bank: str, outlet: str) -> None:
    """Ask for a card with what has changed."""
    evidence = {"sightedDocuments": ["social_security_card", *IDENTITY_CARD]}
    place = {"bank": bank, "outlet": outlet, "delivery": {"method": "outlet"}}
    asked = {"cardId": card, "reason": "key_information_changed", "evidence": evidence, **place}
    tell(graph.change(REISSUE + TOLD, f"new name on {card}", **asked)["operation"])


if __name__ == "__main__":
    run(register, merge, replace)
