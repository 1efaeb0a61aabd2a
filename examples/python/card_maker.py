"""A card maker's night: tell what the machines have made and the post has taken, accept what waits, and say what to print.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.card_maker FOLDER NIGHT

FOLDER holds what the works know, as CSV with the names of the graph's inputs in the first line: `printed.csv` (operationId,
cardNumber, generation, and bank where the applicant chose none) and `parcels.csv` (operationId, trackingNumber). The program writes
`to_print.csv` and the photos that it names. NIGHT names the night, such as 2026-11-20: a night that broke off is begun again
under its name, and nothing is done twice.
Ends with 1 if something was refused.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

from examples.python.batches import batch
from examples.python.graph import Graph, refusals
from examples.python.program import run

PRINTED = ["name", "identityNumber", "bank"]
OPERATIONS = """
query Operations($states: [OperationState!], $after: String) {
  operations(filter: { states: $states }, order: LONGEST_WAITING_FIRST, first: 100, after: $after) {
    edges { node { id next { by } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
TO_PRINT = """
query ToPrint($after: String) {
  operations(filter: { states: [ACCEPTED] }, order: LONGEST_WAITING_FIRST, first: 20, after: $after) {
    edges { node { id printData { name identityNumber bank photo { format address { url } } } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
ANSWER = "rows { errors { code field message { text } } } notReached errors { code field message { text } }"
ACCEPT = f"mutation Accept($input: AcceptBatchInput!) {{ acceptBatch(input: $input) {{ {ANSWER} }} }}"
PRODUCED = f"mutation Made($input: RecordProducedBatchInput!) {{ recordProducedBatch(input: $input) {{ {ANSWER} }} }}"
SHIPPED = f"mutation Sent($input: RecordShippedBatchInput!) {{ recordShippedBatch(input: $input) {{ {ANSWER} }} }}"


def waiting(graph: Graph) -> list[dict[str, str]]:
    """Return the rows of what the card maker may accept, the longest waiting first. The region's policy says what that is."""
    found = graph.pages(OPERATIONS, states=["SUBMITTED", "PAID"])
    return [{"operationId": each["id"]} for each in found if "card_maker" in (each["next"] or {"by": []})["by"]]


def to_print(graph: Graph, folder: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of what the machines print: what this card maker has accepted and not produced. Photos come beside."""
    for place, operation in enumerate(graph.pages(TO_PRINT), 1):
        if data := operation["printData"]:
            row = {"operationId": operation["id"], "photo": "", **{name: data[name] for name in PRINTED}}
            if photo := data["photo"]:
                row["photo"] = f"{place}.{photo['format']}"
                (folder / row["photo"]).write_bytes(graph.file(photo["address"]["url"]))
            yield row


def read(file: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file without their empty fields; none where there is no file."""
    rows = csv.DictReader(file.open(encoding="utf-8-sig", newline="")) if file.exists() else []
    return [{name: value for name, value in row.items() if value} for row in rows]


def main(graph: Graph, folder: str, night: str) -> int:
    """Do what a night has to do."""
    failed = False
    Path(folder).mkdir(parents=True, exist_ok=True)
    works = {PRODUCED: read(Path(folder, "printed.csv")), SHIPPED: read(Path(folder, "parcels.csv"))}
    for document, rows in (works | {ACCEPT: waiting(graph)}).items():
        for row, answer in batch(graph, document, night, rows):
            refused = refusals(answer)
            failed = failed or bool(refused)
            print("\n".join([f"{row['operationId']} {'refused' if refused else 'done'}", *refused]))
    found = list(to_print(graph, Path(folder)))
    with Path(folder, "to_print.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["operationId", "photo", *PRINTED])
        writer.writeheader()
        writer.writerows(found)
    print(f"{len(found)} to print")
    return 1 if failed else 0


if __name__ == "__main__":
    run(main)
