"""A newborn gets a card: a window puts the child and its parent on record, and the parent applies in an app, without a photo.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.newborn STEP …

    register NAME NUMBER PARENT TYPE PARENT_NUMBER KINSHIP
        a window: NUMBER is the child's in the household register, TYPE and PARENT_NUMBER are of a document of the parent
    apply KEY CHILD REGION BANK MOBILE ADDRESS KIND=FILE …
        the parent: KEY is your own name for the application; run again under it, nothing is done twice

Then people.py delivers and failed_payment.py pays, works.py makes and ships the card, and people.py receives and activates it.
"""

from examples.python.graph import Graph
from examples.python.program import run
from examples.python.situations.evidence import uploaded
from examples.python.situations.people import APPLY
from examples.python.situations.telling import TOLD, tell
from examples.python.situations.window import found, registered

GUARDIAN = """
mutation Guardian($input: RecordGuardianshipInput!) {
  recordGuardianship(input: $input) { recordedAt errors { code field message { text } } }
}
"""
WARDS = "query Wards { me { wards { id name } } }"


def register(
    graph: Graph, name: str, number: str, parent: str, parent_type: str, parent_number: str, kinship: str
) -> None:
    """Put a child on record, and who its parent is, whose papers the window has seen."""
    guardian = found(graph, parent, parent_type, parent_number)["id"]
    child = registered(graph, name, "household_register", number)
    given = {"guardianId": guardian, "wardId": child, "kinship": kinship}
    seen = {"sightedDocuments": ["birth_certificate"]}
    recorded = graph.change(GUARDIAN, f"guardian {guardian} {child}", **given, evidence=seen)
    print(f"{child} {name}")
    print(f"in the care of {parent} since {recorded['recordedAt']}")


def apply(graph: Graph, key: str, child: str, region: str, bank: str, mobile: str, address: str, *papers: str) -> None:
    """Apply for a child."""
    for ward in graph.ask(WARDS)["me"]["wards"]:
        print(f"in your care: {ward['id']} {ward['name']}")
    ids = uploaded(graph, key, region, papers, child)
    evidence = {"details": {"mobile": mobile, "residenceAddress": address}, "documentIds": ids}
    asked = {"regionCode": region, "holderId": child, "bank": bank, "evidence": evidence}
    tell(graph.change(APPLY + TOLD, key, **asked)["operation"])


if __name__ == "__main__":
    run(register, apply)
