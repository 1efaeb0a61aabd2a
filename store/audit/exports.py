"""Files to which the record was exported, held to its seals: whether all that is to go is there, just as it was sealed."""

import json
from collections.abc import Iterator, Mapping
from typing import IO, Any

from store.audit import merkle
from store.audit.seals import KeptSeal, Seal

Line = Mapping[str, Any]


def blocks(file: IO[bytes]) -> Iterator[tuple[Line, list[Line]]]:
    """Yield each seal of a file with its entries, as they stand there; lines of something else are passed over.

    Raises:
        ValueError: a line is no JSON.
    """
    seal: Line | None = None
    entries: list[Line] = []
    for text in file:
        line = json.loads(text) if text.strip() else {}
        if not isinstance(line, dict):
            continue
        if "body" in line:
            if seal is not None:
                yield seal, entries
            seal, entries = line, []
        elif "entry" in line:
            entries.append(line)
    if seal is not None:
        yield seal, entries


def is_whole(kept: KeptSeal, line: Line, entries: list[Line]) -> bool:
    """Say whether a seal is there as it is kept, with each of its entries as it was sealed and the audit path of it."""
    told = (line.get("seal"), line.get("body"), line.get("signature"), line.get("hash"))
    if told != (kept.number, kept.body, kept.signature, kept.hash):
        return False
    seal = Seal.parse(kept.body)
    places = [(each.get("entry"), each.get("seal"), each.get("place")) for each in entries]
    if places != [(number, seal.number, place) for place, number in enumerate(seal.ids.numbers())]:
        return False
    said = (f"{e.get('chain')}\n{e.get('number')}\n{e.get('mac')}\n{e.get('text')}" for e in entries)
    tree = merkle.levels([merkle.leaf(each.encode(errors="surrogatepass")) for each in said])
    return tree[-1][0].hex() == seal.root and all(
        each.get("path") == [hashed.hex() for hashed in merkle.path(tree, place)] for place, each in enumerate(entries)
    )
