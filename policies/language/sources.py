"""Where rules and values come from: each cites a document, or says that it is an assumption."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from domain.decision import Citation
from domain.message import Message
from domain.region import Region
from policies.language.cited import ASSUMPTION, Source, read_source
from policies.language.vocabulary import Lexicon, SourceDocument, check_name
from policies.source.faults import ANOTHER_NAME
from policies.source.reader import Value, read_each


@dataclass(slots=True)
class Sources:
    """The sources of one file.

    Args:
        region, words: where the file stands and what can be named there.
        default: the file's own `source:`, which stands in where a rule or value states none.
    """

    region: Region
    words: Lexicon
    default: Value | None
    _default_read: list[Source | None] = field(default_factory=list)

    def check_default(self) -> None:
        """Record what is wrong with the file's own `source:`, also where nothing needs it."""
        if self.default is not None:
            self._read_default(self.default)

    def citation(self, fields: Mapping[str, Value], owner: Value) -> Citation:
        """Read the source of a rule or value.

        Args:
            fields: of the rule or value; owner: the rule or value itself.

        Raises:
            Unreadable: nothing says where it comes from, or not in a way that can be read.
        """
        if "source" in fields:
            source: Source | None = read_source(fields["source"], self.words.documents)
        elif self.default is not None:
            source = self._read_default(self.default)
        else:
            message = Message("没有注明依据", "nothing says where this comes from")
            remedy = Message("在此处或文件开头补上 `source:`", "add `source:`, here or on top")
            raise owner.fault(
                "MISSING_SOURCE", message, remedy, owner.key("source"), replace(owner, path="").key("source")
            )
        # What is wrong with the file's own source is recorded once: each rule below it is read all the same.
        source = source or Source(ASSUMPTION, None, None)
        assumed = source.document == ASSUMPTION
        return Citation(
            document=ASSUMPTION if assumed else self.words.documents[source.document].title,
            clause=source.clause,
            note=source.note,
            assumed=assumed,
            region=self.region.code,
            level=self.region.level,
            file=owner.file,
            line=owner.node.line,
        )

    def _read_default(self, default: Value) -> Source | None:
        if not self._default_read:
            read = read_each({"source": default}, {"source": partial(read_source, documents=self.words.documents)})
            self._default_read.append(read.get("source"))
        return self._default_read[0]


def read_document(name: str, value: Value, words: Lexicon) -> None:
    """Read one source document and add it to `words`."""
    check_name(name, value)
    if name in words.documents or name == "assumption":
        message = Message(f"`{name}` 已经定义", f"`{name}` is already defined")
        raise value.fault("DUPLICATE_DEFINITION", message, ANOTHER_NAME)
    fields = value.fields(("title",), ("publisher", "number"))
    texts = read_each(fields, {"title": Value.text, "publisher": Value.text, "number": Value.text})
    title = texts.get("title", name)
    words.documents[name] = SourceDocument(name, title, texts.get("publisher"), texts.get("number"))
