"""Somebody from abroad has a new passport, and stays one person with one card. A window does all of it.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.foreigner STEP …

    apply NAME PASSPORT REGION BANK OUTLET MOBILE ADDRESS PHOTO
        put somebody on record, and ask for a card that is collected at an outlet; PHOTO is a file
    activate CARD
        make the card usable, which the holder has brought along
    renew NAME PASSPORT NEW_PASSPORT REGION
        record the new passport in place of the old one; `find` of window.py shows that both lead to the same person
    replace CARD BANK OUTLET
        report the card lost for good, and ask for another one

works.py makes the card, and window.py hands it over.
"""

from examples.python.graph import Graph
from examples.python.program import run
from examples.python.situations.evidence import uploaded
from examples.python.situations.lost_elsewhere import REPORT
from examples.python.situations.people import ACTIVATE, APPLY
from examples.python.situations.telling import TOLD, tell, tell_card
from examples.python.situations.window import found, registered

DOCUMENTS = "query Documents($id: ID!) { node(id: $id) { ... on Holder { documents { id state } } } }"
RENEW = """
mutation Renew($input: RecordIdentityDocumentInput!) {
  recordIdentityDocument(input: $input) {
    holder { id documents { type number state } }
    errors { code field message { text } }
  }
}
"""
REISSUE = """
mutation Reissue($input: ReissueCardInput!) {
  reissueCard(input: $input) { operation { ...Told } errors { code field message { text } } }
}
"""
PASSPORT = {"sightedDocuments": ["passport"]}


def apply(
    graph: Graph, name: str, passport: str, region: str, bank: str, outlet: str, mobile: str, address: str, photo: str
) -> None:
    """Ask for somebody's first card."""
    holder, key = registered(graph, name, "passport", passport), f"application with passport {passport}"
    ids = uploaded(graph, key, region, (f"photo={photo}",), holder)
    evidence = {"details": {"mobile": mobile, "residenceAddress": address}, "documentIds": ids, **PASSPORT}
    place = {"regionCode": region, "bank": bank, "outlet": outlet, "delivery": {"method": "outlet"}}
    tell(graph.change(APPLY + TOLD, key, holderId=holder, **place, evidence=evidence)["operation"])


def activate(graph: Graph, card: str) -> None:
    """Make a card usable at the window."""
    seen = {"sightedDocuments": ["passport", "social_security_card"]}
    tell_card(graph.change(ACTIVATE, f"activate {card}", cardId=card, evidence=seen)["card"])


def renew(graph: Graph, name: str, passport: str, new_passport: str, region: str) -> None:
    """Record a new passport of somebody who is on record with the old one."""
    holder = found(graph, name, "passport", passport)["id"]
    [old] = [each for each in graph.ask(DOCUMENTS, id=holder)["node"]["documents"] if each["state"] == "CURRENT"]
    document = {"identityType": "passport", "identityNumber": new_passport, "replacesId": old["id"]}
    key = f"passport {new_passport} of {holder}"
    given = {"holderId": holder, "regionCode": region, **document, "evidence": PASSPORT}
    for paper in graph.change(RENEW, key, **given)["holder"]["documents"]:
        print(f"{paper['type']} {paper['number']} {paper['state']}")


def replace(graph: Graph, card: str, bank: str, outlet: str) -> None:
    """Replace a card that is lost."""
    lost = {"cardId": card, "evidence": PASSPORT}
    tell_card(graph.change(REPORT, f"lost {card}", **lost)["card"])
    place = {"bank": bank, "outlet": outlet, "delivery": {"method": "outlet"}}
    tell(graph.change(REISSUE + TOLD, f"replace {card}", **lost, **place, reason="lost")["operation"])


if __name__ == "__main__":
    run(apply, activate, renew, replace)
