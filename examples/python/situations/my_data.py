"""Somebody wants to know who has looked at their data, and to have a copy of all that is on record.

GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.my_data STEP …

looked                the holder: who has looked, the newest first
copy FILE             the holder types in the code that goes to the bound number; the copy is in FILE, for nobody else to read
"""

import json
import os
from pathlib import Path

from examples.python.graph import Graph
from examples.python.program import run
from examples.python.situations.evidence import code

LOOKED = """
query Looked($after: String) {
  me {
    accesses(first: 100, after: $after) {
      edges { node { at shown office roleTerm { label { text } } } } pageInfo { hasNextPage endCursor } completeSince
    }
  }
}
"""
COPY = """
mutation Copy($input: RequestPersonalCopyInput!) {
  requestPersonalCopy(input: $input) { address { url expiresAt } errors { code field message { text } } }
}
"""


def looked(graph: Graph) -> None:
    """List who has looked, and since when the list is complete."""
    more, after, found = True, None, {}
    while more:
        found = graph.ask(LOOKED, after=after)["me"]["accesses"]
        for each in (edge["node"] for edge in found["edges"]):
            print(f"{each['at']} {each['shown']} {each['roleTerm']['label']['text']} {each['office'] or ''}".rstrip())
        more, after = found["pageInfo"]["hasNextPage"], found["pageInfo"]["endCursor"]
    print(f"complete since {found['completeSince']}")


def copy(graph: Graph, file: str) -> None:
    """Take a copy; its address is good for two minutes, for whoever has it."""
    proof = code(graph, "personal_copy")
    address = graph.change(COPY, None, verificationCode=proof)["address"]
    content = graph.file(address["url"])
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as kept:
        kept.write(content)
    for table, rows in json.loads(Path(file).read_bytes()).items():
        print(f"{table} {len(rows)}")


if __name__ == "__main__":
    run(looked, copy)
