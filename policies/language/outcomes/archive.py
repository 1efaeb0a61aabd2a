"""`archive`: materials that the handling office must keep."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from domain.decision import Decision
from domain.message import Message, joined
from policies.language.conditions import Scope
from policies.language.json_schema import Definitions, Schema
from policies.language.outcomes.outcome import Key, Outcome, Phrasing
from policies.language.values import Kind, ValueType
from policies.source.reader import Value

_DOCUMENTS = ValueType(Kind.TERMS, "documents")


@dataclass(frozen=True, slots=True)
class Archive(Outcome):
    """Materials that the handling office must keep."""

    documents: tuple[str, ...]

    word = "archive"
    does = Message("留存", "keeps on file")
    done = Message("列入办件的留存材料", "listed with the operation as what the office keeps")
    done_is_told = True

    @classmethod
    def read(cls, value: Value, scope: Scope) -> Self:
        """Read a list of documents."""
        return cls(scope.words.read(value, _DOCUMENTS))

    @classmethod
    def schema(cls, known: Definitions) -> Schema:
        """Return the JSON Schema of a list of documents."""
        return known.value(_DOCUMENTS)

    def stated(self, wording: Phrasing) -> Message:
        """Say what is kept."""
        return joined((wording.label("documents", name) for name in self.documents), "、", ", ")

    def shared(self, rule: str) -> frozenset[Key]:
        """Return the documents."""
        return frozenset(("archive", document) for document in self.documents)

    @classmethod
    def shown(cls, decision: Decision) -> Mapping[Key, Any]:
        """Return the documents that are kept."""
        return {("archive", item.document): True for item in decision.archive if not item.conditional}

    @classmethod
    def answer(cls, key: Key, decision: Decision, wording: Phrasing) -> Message:
        """Say that a document is kept."""
        label = wording.label("documents", key[1])
        return Message(f"留存{label.zh}", f"keeps {label.en}")
