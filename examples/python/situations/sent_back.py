"""An application is sent back, put right, and goes on.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.sent_back STEP …

    apply KEY REGION BANK MOBILE ADDRESS    the holder, in the national service: with a check of the face
    accept OPERATION                        a card maker begins with it
    send_back OPERATION REASON              … and cannot go on
    put_right OPERATION MOBILE ADDRESS      the holder reads why, and sends what is right

Between the first two people.py delivers and failed_payment.py pays; after them works.py makes the card.
"""

from examples.python.graph import Graph
from examples.python.program import run
from examples.python.situations.evidence import face
from examples.python.situations.people import APPLY
from examples.python.situations.telling import TOLD, tell
from examples.python.situations.works import ACCEPT

SEND_BACK = """
mutation SendBack($input: RequestCorrectionInput!) {
  requestCorrection(input: $input) { operation { ...Told } errors { code field message { text } } }
}
"""
REASON = "query Reason($id: ID!) { operation(id: $id) { correctionReason } }"
PUT_RIGHT = """
mutation PutRight($input: CorrectApplicationInput!) {
  correctApplication(input: $input) { operation { ...Told } errors { code field message { text } } }
}
"""
AGREEMENT = {"name": "declared.agreement_accepted", "value": "true"}


def apply(graph: Graph, key: str, region: str, bank: str, mobile: str, address: str) -> None:
    """Apply, with the agreement ticked."""
    details = {"mobile": mobile, "residenceAddress": address}
    evidence = {"details": details, "faceAssertion": face(graph, "apply"), "declarations": [AGREEMENT]}
    tell(graph.change(APPLY + TOLD, key, regionCode=region, bank=bank, evidence=evidence)["operation"])


def accept(graph: Graph, operation: str) -> None:
    """Begin with an application."""
    tell(graph.change(ACCEPT + TOLD, f"accept {operation}", operationId=operation)["operation"])


def send_back(graph: Graph, operation: str, reason: str) -> None:
    """Ask the applicant for something else."""
    tell(graph.change(SEND_BACK + TOLD, None, operationId=operation, reason=reason)["operation"])


def put_right(graph: Graph, operation: str, mobile: str, address: str) -> None:
    """Send what was asked for."""
    print(f"sent back: {graph.ask(REASON, id=operation)['operation']['correctionReason']}")
    evidence = {"details": {"mobile": mobile, "residenceAddress": address}}
    tell(graph.change(PUT_RIGHT + TOLD, None, operationId=operation, evidence=evidence)["operation"])


if __name__ == "__main__":
    run(apply, accept, send_back, put_right)
