"""A bank's closing of accounts: the social-security side of a card is cancelled first, then the bank closes its account.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.close_accounts CLOSED

Lists the numbers of cancelled cards whose accounts are open, those first that have waited longest. CLOSED is a file with the numbers of
the accounts that the bank's own system has closed, one a line: they are reported as closed. It may be given again as it is.
Ends with 1 if something was refused.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from examples.python.graph import Graph, refusals

CANCELLED = """
query Cancelled($after: String) {
  operations(filter: { service: "cancel", states: [COMPLETED] }, order: LONGEST_WAITING_FIRST, first: 100, after: $after) {
    edges { node { card { id number accountState } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
CLOSE = """
mutation Close($input: CloseAccountInput!) {
  closeAccount(input: $input) {
    card { accountState accountClosedAt }
    errors { code message { text } }
  }
}
"""


def open_accounts(graph: Graph) -> Iterator[dict[str, Any]]:
    """Yield the bank's cancelled cards whose accounts are open."""
    cards = (operation["card"] for operation in graph.pages(CANCELLED))
    return (card for card in cards if card["accountState"] == "OPEN")


def report_closed(graph: Graph, card: dict[str, Any]) -> list[str]:
    """Report that the account on a card is closed; return why that was refused, if it was."""
    given = {"cardId": card["id"], "idempotencyKey": f"close account {card['id']}"}
    return refusals(graph.ask(CLOSE, input=given)["closeAccount"])


def main(closed: str) -> int:
    """List the accounts to close, and report those that are closed."""
    graph, failed = Graph.of_environment(), False
    numbers = set(Path(closed).read_text(encoding="utf-8").split())
    # All of them first: a list that is read while it changes would be read twice.
    for card in list(open_accounts(graph)):
        if card["number"] not in numbers:
            print(f"{card['number']} to close")
            continue
        refused = report_closed(graph, card)
        failed = failed or bool(refused)
        print("\n".join([f"{card['number']} {'refused' if refused else 'closed'}", *refused]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
