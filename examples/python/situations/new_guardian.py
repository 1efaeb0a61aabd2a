"""The guardian of a pupil changes: the one before sees and does nothing more for the pupil, the new one everything.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.new_guardian STEP …

    hand_over PUPIL BEFORE AFTER KINSHIP   a window, which has seen the ruling; the three are ids of people
    wards                                  a guardian, in an app: who is in one's care, with their cards
    lost CARD                              a guardian, in an app: the card of a ward is lost
    lost_for_good CARD GUARDIAN            a window, to which the guardian has come

`find` of window.py shows the ids of people.
"""

from examples.python.graph import Graph
from examples.python.program import run
from examples.python.situations.lost_elsewhere import REPORT
from examples.python.situations.newborn import GUARDIAN
from examples.python.situations.telling import tell_card

END = """
mutation End($input: EndGuardianshipInput!) {
  endGuardianship(input: $input) { endedAt errors { code field message { text } } }
}
"""
WARDS = "query Wards { me { wards { id name cards { id number state } } } }"
LOST = """
mutation Lost($input: ReportTemporaryLossInput!) {
  reportTemporaryLoss(input: $input) { card { id number state } errors { code field message { text } } }
}
"""


def hand_over(graph: Graph, pupil: str, before: str, after: str, kinship: str) -> None:
    """Record the new guardian, and that the one before is none any more."""
    evidence = {"sightedDocuments": ["guardianship_proof", "guardianship_ruling"]}
    new = {"guardianId": after, "wardId": pupil, "kinship": kinship, "evidence": evidence}
    print(f"the new one is on record since {graph.change(GUARDIAN, None, **new)['recordedAt']}")
    old = {"guardianId": before, "wardId": pupil, "evidence": evidence}
    print(f"the one before was a guardian until {graph.change(END, None, **old)['endedAt']}")


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
    run(hand_over, wards, lost, lost_for_good)
