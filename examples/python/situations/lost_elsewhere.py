"""A card is reported lost, handed in at a window of another province, and made usable again by its holder from wherever that is.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.lost_elsewhere STEP …

    report NUMBER MOBILE    the holder, in an app: the card is lost for good; a code is sent to the telephone
    handed_in NUMBER        a window, wherever it is: whose card may this be
    lift NUMBER [MOBILE]    the holder: the card is back; without MOBILE the answer says what is needed

NUMBER is the one on the card, MOBILE the one that is bound. check_card.py says at each point whether the card may be used.
"""

from examples.python.graph import Graph, GraphRefused
from examples.python.program import run
from examples.python.situations.evidence import code
from examples.python.situations.telling import tell_card

MINE = "query Mine { me { cards { id number } } }"
REPORT = """
mutation Report($input: ReportFormalLossInput!) {
  reportFormalLoss(input: $input) { card { id number state } errors { code field message { text } } }
}
"""
FIND = """
query Find($number: String!) {
  findCard(number: $number) { card { id number state } reason regionCode regionName { text } message { text } }
}
"""
LIFT = """
mutation Lift($input: CancelLossReportInput!) {
  cancelLossReport(input: $input) { card { id number state } errors { code field message { text } } }
}
"""


def mine(graph: Graph, number: str) -> str:
    """Return the id of one's own card.

    Raises:
        GraphRefused: there is none of that number.
    """
    for card in graph.ask(MINE)["me"]["cards"]:
        if card["number"] == number:
            return str(card["id"])
    raise GraphRefused(f"{number} is not the number of a card of yours; look at the side with the photo")


def report(graph: Graph, number: str, mobile: str) -> None:
    """Report a card lost for good."""
    card = mine(graph, number)
    evidence = {"details": {"mobile": mobile}, "verificationCode": code(graph, "report_formal_loss", mobile)}
    tell_card(graph.change(REPORT, None, cardId=card, evidence=evidence)["card"])


def handed_in(graph: Graph, number: str) -> None:
    """See what to do with a card that somebody has found."""
    found = graph.ask(FIND, number=number)["findCard"]
    if card := found["card"]:
        tell_card(card)
        return
    print(f"{found['reason']}: {found['message']['text']}")
    if found["regionCode"]:
        print(f"turn to {found['regionName']['text']} ({found['regionCode']})")


def lift(graph: Graph, number: str, mobile: str | None = None) -> None:
    """Make a card usable again that was found."""
    given, evidence = {"cardId": mine(graph, number)}, {}
    if mobile:
        details = {"mobile": mobile, "cardNumber": number}
        evidence = {"details": details, "verificationCode": code(graph, "cancel_loss_report", mobile)}
    tell_card(graph.change(LIFT, None, **given, evidence=evidence)["card"])


if __name__ == "__main__":
    run(report, handed_in, lift)
