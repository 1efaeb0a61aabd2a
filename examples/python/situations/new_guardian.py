"""The guardian of a pupil changes: the one before sees and does nothing more for the pupil, the new one everything.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.new_guardian STEP …

    hand_over PUPIL BEFORE AFTER KINSHIP   a window, which has seen the ruling; the three are ids of people
    waiting                                another clerk of the region: what waits to be confirmed
    confirm OPERATION                      that clerk, who has looked at the papers too
    object_to OPERATION                    a guardian on record, in an app, who does not agree
    wards                                  a guardian, in an app: who is in one's care, with their cards
    lost CARD                              a guardian, in an app: the card of a ward is lost
    lost_for_good CARD GUARDIAN            a window, to which the guardian has come

`find` of window.py shows the ids of people.
"""

from typing import Any

from examples.python.graph import Graph
from examples.python.program import run
from examples.python.situations.lost_elsewhere import REPORT
from examples.python.situations.second_clerk import confirm, object_to, waiting
from examples.python.situations.telling import tell_card

END = """
mutation End($input: EndGuardianshipInput!) {
  endGuardianship(input: $input) { endedAt operation { id state } errors { code field message { text } } }
}
"""
ASKED = """
mutation Asked($input: RecordGuardianshipInput!) {
  recordGuardianship(input: $input) { recordedAt operation { id state } errors { code field message { text } } }
}
"""
WARDS = "query Wards { me { wards { id name cards { id number state } } } }"
LOST = """
mutation Lost($input: ReportTemporaryLossInput!) {
  reportTemporaryLoss(input: $input) { card { id number state } errors { code field message { text } } }
}
"""


def hand_over(graph: Graph, pupil: str, before: str, after: str, kinship: str) -> None:
    """Ask that the new guardian comes on record, and that the one before is none any more; another clerk confirms both."""
    evidence = {"sightedDocuments": ["guardianship_proof", "guardianship_ruling"]}
    new = {"guardianId": after, "wardId": pupil, "kinship": kinship, "evidence": evidence}
    tell_asked(graph.change(ASKED, None, **new)["operation"])
    old = {"guardianId": before, "wardId": pupil, "evidence": evidence}
    tell_asked(graph.change(END, None, **old)["operation"])


def tell_asked(operation: dict[str, Any]) -> None:
    """Show where a request stands: SUBMITTED waits for another clerk, COMPLETED is done."""
    print(f"{operation['id']} {operation['state']}")


def wards(graph: Graph) -> None:
    """Show who is in one's care."""
    found = graph.ask(WARDS)["me"]["wards"]
    print(f"{len(found)} in your care")
    for ward in found:
        print(f"{ward['id']} {ward['name']}")
        for card in ward["cards"]:
            tell_card(card)


def lost(graph: Graph, card: str) -> None:
    """Report that a ward's card is lost for the time being."""
    tell_card(graph.change(LOST, None, cardId=card)["card"])


def lost_for_good(graph: Graph, card: str, guardian: str) -> None:
    """Report at the window that a ward's card is lost for good."""
    evidence = {"sightedDocuments": ["identity_card_front", "identity_card_back"]}
    tell_card(graph.change(REPORT, None, cardId=card, presentPersonId=guardian, evidence=evidence)["card"])


if __name__ == "__main__":
    run(hand_over, waiting, confirm, object_to, wards, lost, lost_for_good)
