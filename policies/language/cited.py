"""A `source:` as it is written beside a rule, a value or a word."""

from collections.abc import Collection
from dataclasses import dataclass

from domain.message import Message
from policies.source.faults import Unreadable, did_you_mean_or
from policies.source.reader import Value, read_each

ASSUMPTION = "assumption"


@dataclass(frozen=True, slots=True)
class Source:
    """A `source:` as it is written: the document's name or `assumption`, the clause, and a note."""

    document: str
    clause: str | None
    note: Message | str | None


def read_source(value: Value, documents: Collection[str]) -> Source:
    """Read a `source:`: a document's name, or its name with a clause and a note, which may be in both languages.

    Args:
        documents: the names of those that can be cited.

    Raises:
        Unreadable: it is not written so, or cites no such document.
    """
    fields = value.fields(("document",), ("clause", "note")) if value.is_mapping else {"document": value}
    read = read_each(fields, {"document": Value.text, "clause": Value.text, "note": Value.remark})
    if len(read) < len(fields) or "document" not in read:
        raise Unreadable
    document = read["document"]
    if document != ASSUMPTION and document not in documents:
        message = Message(f"没有所引用的文件 `{document}`", f"`{document}` is not a source document")
        add = Message(
            f"把所引用的文件加入 `sources.yaml`；没有文件依据的，写 `{ASSUMPTION}`",
            f"add the document that is cited to `sources.yaml`, or write `{ASSUMPTION}` where no document says it",
        )
        remedy = did_you_mean_or(document, [*documents, ASSUMPTION], add)
        raise fields["document"].fault("UNKNOWN_SOURCE", message, remedy, f"source {document}")
    return Source(document, read.get("clause"), read.get("note"))
