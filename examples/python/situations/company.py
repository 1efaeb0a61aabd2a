"""A company's people get cards: they apply together, and are handed the cards together. A window does it, for hundreds at once.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.company STEP NAME FOLDER …

    apply NAME FOLDER REGION BANK SEEN …   put newcomers on record, and apply for all whose papers the window has seen
    hand_out NAME FOLDER                   say that they have their cards

NAME is your own name for the work: a run that broke off is begun again under it, and nothing is done twice. FOLDER has `people.csv`
(name, identityType, identityNumber, mobile, residenceAddress; outlet, and the file of a photo, where the city asks for them), and
then `applied.txt` and `handed_out.txt` with the ids of requests, one a line. In between card_maker.py has the cards made, in one
night or several. Ends with 1 if something was refused.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from examples.python.batches import batch
from examples.python.graph import Graph, refusals
from examples.python.program import run
from examples.python.situations.evidence import uploaded

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


def of(person: dict[str, str], *names: str) -> dict[str, str]:
    """Return some of what a file says of somebody."""
    return {name: person[name] for name in names}


def answered(graph: Graph, document: str, name: str, rows: dict[str, dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield each row that was done with its answer, by what people call it; print why others were not."""
    for called, (_, answer) in zip(rows, batch(graph, document, name, list(rows.values())), strict=True):
        if refused := refusals(answer):
            print("\n".join([f"{called} refused", *refused]))
        else:
            yield called, answer


def apply(graph: Graph, name: str, folder: str, region: str, bank: str, *seen: str) -> int:
    """Apply for the people of a company; the cards are collected."""
    with Path(folder, "people.csv").open(encoding="utf-8-sig", newline="") as opened:
        people = {f"{row['name']}, line {line}": row for line, row in enumerate(csv.DictReader(opened), 2)}
    rows = {}
    newcomers = {called: of(person, "name", "identityType", "identityNumber") for called, person in people.items()}
    for called, answer in answered(graph, REGISTER, name, newcomers):
        person, holder = people[called], answer["holder"]["id"]
        photos = (f"photo={photo}",) if (photo := person.get("photo")) else ()
        evidence = {
            "details": of(person, "mobile", "residenceAddress"),
            "sightedDocuments": seen,
            "documentIds": uploaded(graph, f"{name} {holder}", region, photos, holder),
        }
        place = {"regionCode": region, "bank": bank, "outlet": person.get("outlet"), "delivery": {"method": "outlet"}}
        rows[called] = {"holderId": holder, **place, "evidence": evidence}
    applied = [answer["operation"]["id"] for _, answer in answered(graph, APPLY, name, rows)]
    Path(folder, "applied.txt").write_text("\n".join(applied), encoding="utf-8")
    print(f"{len(applied)} of {len(people)} applied for")
    return 0 if len(applied) == len(people) else 1


def hand_out(graph: Graph, name: str, folder: str) -> int:
    """Say which cards have been handed out."""
    handed_out = Path(folder, "handed_out.txt").read_text(encoding="utf-8").split()
    done = len(list(answered(graph, HAND_OUT, name, {each: {"operationId": each} for each in handed_out})))
    print(f"{done} of {len(handed_out)} handed out")
    return 0 if done == len(handed_out) else 1


if __name__ == "__main__":
    run(apply, hand_out)
