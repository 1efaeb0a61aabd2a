"""Where rules and values come from: each cites a document, or says that it is an assumption."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self

from domain.decision import Citation
from domain.message import Message
from domain.region import Level, Region
from policies.language.cited import ASSUMPTION, Source, read_source
from policies.language.vocabulary import Lexicon, SourceDocument, check_name
from policies.source.faults import ANOTHER_NAME, SourceLocation
from policies.source.reader import MAX_PATH, Value, read_each, shown


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A file of a region, relative to the regions folder, with the code and the level of the region."""

    name: str
    region: str
    level: Level

    @classmethod
    def of(cls, name: str, region: Region) -> "PolicyFile":
        """Return a file of a region."""
        return cls(name, region.code, region.level)


@dataclass(frozen=True, slots=True)
class Stated:
    """What a file says of where something comes from, and where in the file that is; the same in files that say the same.

    Args:
        document, clause, note, assumed: as of a `Citation`; line, column, path: as of a `SourceLocation`.
    """

    document: str
    clause: str | None
    note: Message | str | None
    assumed: bool
    line: int
    column: int
    path: str


@dataclass(frozen=True, slots=True)
class Cited:
    """What some file says with a source. There are many of these, so place and citation are made when they are asked for."""

    stated: Stated
    policy_file: PolicyFile

    @property
    def citation(self) -> Citation:
        """Where it comes from."""
        stated, file = self.stated, self.policy_file
        source = (stated.document, stated.clause, stated.note, stated.assumed)
        return Citation(*source, file.region, file.level, file.name, stated.line)

    def in_file(self, file: PolicyFile) -> Self:
        """Return the same as another file says it, at the same line."""
        return replace(self, policy_file=file)

    @property
    def place(self) -> SourceLocation:
        """Where it stands."""
        return SourceLocation(self.policy_file.name, self.stated.line, self.stated.column, self.stated.path)


def cited_by(citation: Citation) -> tuple[Stated, PolicyFile]:
    """Return what makes up a citation, of what stands nowhere in its file any more."""
    source = (citation.document, citation.clause, citation.note, citation.assumed)
    return Stated(*source, citation.line, 1, ""), PolicyFile(citation.file, citation.region, citation.level)


@dataclass(slots=True)
class Sources:
    """The sources of one file.

    Args:
        file: whose sources they are; words: what can be named there.
        default: the file's own `source:`, which stands in where a rule or value states none.
    """

    file: PolicyFile
    words: Lexicon
    default: Value | None
    _default_read: list[Source | None] = field(default_factory=list)

    def check_default(self) -> None:
        """Record what is wrong with the file's own `source:`, also where nothing needs it."""
        if self.default is not None:
            self._read_default(self.default)

    def cite(self, fields: Mapping[str, Value], owner: Value) -> tuple[Stated, PolicyFile]:
        """Read the source of a rule or value.

        Args:
            fields: of the rule or value; owner: the rule or value itself.

        Returns:
            What it says in which file.

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
        document = ASSUMPTION if assumed else self.words.documents[source.document].title
        node, path = owner.node, shown(owner.path, MAX_PATH)
        return Stated(document, source.clause, source.note, assumed, node.line, node.column, path), self.file

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
