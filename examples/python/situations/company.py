"""A company's people get cards: they apply together, and are handed the cards together. A window does it, for hundreds at once.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.company STEP NAME FOLDER …

    apply NAME FOLDER REGION BANK SEEN …   put newcomers on record, and apply for all whose papers the window has seen
    hand_out NAME FOLDER                   say that they have their cards

NAME is your own name for the work: a run that broke off is begun again under it, and nothing is done twice. FOLDER has `people.csv`
(name, identityType, identityNumber, mobile, residenceAddress), and then `applied.txt` and `handed_out.txt` with the ids of requests,
one a line. Between the two card_maker.py has the cards made, in one night or several. Ends with 1 if something was refused.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from examples.python.batches import batch
from examples.python.graph import Graph, refusals
from examples.python.program import run

REGISTER = """
mutation Register($input: RegisterHolderBatchInput!) {
  registerHolderBatch(input: $input) {
    rows { holder { id } errors { code field message { text } } }
    notReached
    errors { code field message { text } }
  }
}
"""
APPLY = """
mutation ApplyTogether($input: ApplyBatchInput!) {
  applyBatch(input: $input) {
    rows { operation { id state } errors { code field message { text } } }
    notReached
    errors { code field message { text } }
  }
}
"""
HAND_OUT = """
mutation HandOut($input: ConfirmReceiptBatchInput!) {
  confirmReceiptBatch(input: $input) {
    rows { operation { id state } errors { code field message { text } } }
    notReached
    errors { code field message { text } }
  }
}
"""


def of(people: list[dict[str, str]], *names: str) -> list[dict[str, str]]:
    """Return some columns of what a file says of people."""
    return [{name: person[name] for name in names} for person in people]


def answered(
    graph: Graph, document: str, name: str, rows: list[dict[str, Any]]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the place and the answer of each row that was done, and print why others were not."""
    for place, (_, answer) in enumerate(batch(graph, document, name, rows)):
        if refused := refusals(answer):
            print("\n".join([f"row {place + 1} refused", *refused]))
        else:
            yield place, answer


def apply(graph: Graph, name: str, folder: str, region: str, bank: str, *seen: str) -> int:
    """Apply for the people of a company; the cards are collected at the bank."""
    with Path(folder, "people.csv").open(encoding="utf-8-sig", newline="") as opened:
        people = list(csv.DictReader(opened))
    known = answered(graph, REGISTER, name, of(people, "name", "identityType", "identityNumber"))
    ids = {place: answer["holder"]["id"] for place, answer in known}
    place_and_bank = {"regionCode": region, "bank": bank, "delivery": {"method": "outlet"}}
    details = of(people, "mobile", "residenceAddress")
    rows = [
        {**place_and_bank, "holderId": holder, "evidence": {"details": details[place], "sightedDocuments": seen}}
        for place, holder in ids.items()
    ]
    applied = [answer["operation"]["id"] for _, answer in answered(graph, APPLY, name, rows)]
    Path(folder, "applied.txt").write_text("\n".join(applied), encoding="utf-8")
    print(f"{len(applied)} of {len(people)} applied for")
    return 0 if len(applied) == len(people) else 1


def hand_out(graph: Graph, name: str, folder: str) -> int:
    """Say which cards have been handed out."""
    handed_out = Path(folder, "handed_out.txt").read_text(encoding="utf-8").split()
    rows = [{"operationId": each} for each in handed_out]
    done = len(list(answered(graph, HAND_OUT, name, rows)))
    print(f"{done} of {len(rows)} handed out")
    return 0 if done == len(rows) else 1


if __name__ == "__main__":
    run(apply, hand_out)
