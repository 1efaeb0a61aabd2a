"""An old parent cannot go out: a child applies for the parent's card, and collects it.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.old_parent STEP …

    allow REGION PARENT TYPE NUMBER CHILD TYPE NUMBER UNTIL
        a window, to which both have come: the child may apply for the parent until that day
    apply KEY PARENT REGION BANK OUTLET MOBILE ADDRESS KIND=FILE …
        the child, in an app: PARENT is the id that the first step has shown, KEY your own name for the application

works.py makes the card, and window.py hands it over to the child.
"""

from examples.python.graph import Graph
from examples.python.program import run
from examples.python.situations.evidence import uploaded
from examples.python.situations.people import APPLY
from examples.python.situations.telling import TOLD, tell
from examples.python.situations.window import found

ALLOW = """
mutation Allow($input: GrantDelegationInput!) {
  grantDelegation(input: $input) {
    delegation { id delegateName services until holder { id name } }
    errors { code field message { text } }
  }
}
"""


def allow(
    graph: Graph,
    region: str,
    parent: str,
    kind: str,
    number: str,
    child: str,
    its_kind: str,
    its_number: str,
    until: str,
) -> None:
    """Record whom the parent trusts, and why somebody else has to come."""
    reason = {"name": "declared.delegation_reason", "value": "elderly_limited_mobility"}
    seen = ["identity_card_front", "identity_card_back"]
    granted = graph.change(
        ALLOW,
        None,
        regionCode=region,
        holderId=found(graph, parent, kind, number)["id"],
        delegate={"name": child, "identityType": its_kind, "identityNumber": its_number},
        services=["apply"],
        until=until,
        evidence={"sightedDocuments": seen, "declarations": [reason]},
    )["delegation"]
    holder, services = granted["holder"], ", ".join(granted["services"])
    print(f"{granted['delegateName']} may do for {holder['id']} {holder['name']} until {granted['until']}: {services}")


def apply(
    graph: Graph, key: str, parent: str, region: str, bank: str, outlet: str, mobile: str, address: str, *papers: str
) -> None:
    """Apply for the parent."""
    ids = uploaded(graph, key, region, papers, parent)
    evidence = {"details": {"mobile": mobile, "residenceAddress": address}, "documentIds": ids}
    place = {"regionCode": region, "bank": bank, "outlet": outlet, "delivery": {"method": "outlet"}}
    tell(graph.change(APPLY + TOLD, key, holderId=parent, **place, evidence=evidence)["operation"])


if __name__ == "__main__":
    run(allow, apply)
