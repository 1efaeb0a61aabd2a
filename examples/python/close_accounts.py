"""A bank's closing of accounts: the social-security side of a card is cancelled first, then the bank closes its account.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.close_accounts CLOSED

CLOSED is a file with the numbers of the cards whose accounts the bank's own system has closed, one a line: they are reported as closed.
It may be given again as it is. Then come the numbers of cards that have ended, by a cancellation, a death, a new card or time alone, and
whose accounts are still open, those first that have waited longest. Ends with 1 if something was refused.
"""

from pathlib import Path
from typing import Any

from examples.python.graph import Graph, refusals
from examples.python.program import run

FIND = """
query Find($number: String!) {
  findCard(number: $number) { card { id number accountState } message { text } }
}
"""
TO_CLOSE = """
query ToClose($after: String) {
  accountsToClose(first: 100, after: $after) {
    edges { node { number } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
CLOSE = """
mutation Close($input: CloseAccountInput!) {
  closeAccount(input: $input) {
    card { accountState accountClosedAt }
    errors { code field message { text } }
  }
}
"""


def report_closed(graph: Graph, card: dict[str, Any]) -> list[str]:
    """Report that the account on a card is closed; return why that was refused, if it was."""
    given = {"cardId": card["id"], "idempotencyKey": f"close account {card['id']}"}
    return refusals(graph.ask(CLOSE, input=given)["closeAccount"])


def main(graph: Graph, closed: str) -> int:
    """Report the accounts that are closed, and list those to close."""
    failed = False
    for number in Path(closed).read_text(encoding="utf-8").split():
        found = graph.ask(FIND, number=number)["findCard"]
        if found["card"] and found["card"]["accountState"] == "CLOSED":
            continue
        refused = report_closed(graph, found["card"]) if found["card"] else [found["message"]["text"]]
        failed = failed or bool(refused)
        print("\n".join([f"{number} {'refused' if refused else 'closed'}", *refused]))
    for card in graph.pages(TO_CLOSE):
        print(f"{card['number']} to close")
    return 1 if failed else 0


if __name__ == "__main__":
    run(main)
