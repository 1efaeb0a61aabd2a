"""Vocabularies, typed facts and source documents: the words that policies are written in.

`regions/vocabulary/` holds those of the whole country; a region folder adds its own in `vocabulary.yaml` (outlets,
declared facts …), visible there and below.
"""

from collections import ChainMap
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, get_args

from domain.message import Message
from policies.faults import Place, Unreadable
from policies.reader import NAME, Value
from policies.values import LISTS, Kind, ValueType, read_duration, read_plain_value, read_type, show

Origin = Literal["computed", "claimed", "chosen", "declared", "counted"]


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a vocabulary.

    Args:
        name: its id.
        label: what people read.
        attributes: further values by name, typed by the vocabulary.
        assumed: True when no document names it (samples).
    """

    name: str
    label: Message
    attributes: Mapping[str, Any]
    assumed: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A list of words with typed attributes."""

    name: str
    label: Message
    attributes: Mapping[str, ValueType]
    terms: Mapping[str, Term]


@dataclass(frozen=True, slots=True)
class Count:
    """How a counted fact is computed from the holder's history.

    Args:
        of: `operation` or `card_state`; names: which services or states, empty for all.
        where: attributes that must match.
        within: `calendar_year`, `calendar_month`, `lifetime`, or None with `last`.
        last: a duration back from the day asked.
        latest: True to give the date of the newest match instead of the number.
    """

    of: Literal["operation", "card_state"]
    names: tuple[str, ...]
    where: Mapping[str, tuple[str, ...]]
    within: Literal["calendar_year", "calendar_month", "lifetime"] | None
    last: Any
    latest: bool


@dataclass(frozen=True, slots=True)
class FactDefinition:
    """A fact that rules may read.

    Args:
        name: dotted; the part before the first dot is its subject.
        type: what it holds; unit: in which unit, for people.
        origin: computed from records, claimed by the token, chosen or declared by the applicant, counted over history.
        optional: it can be known to be absent, and rules must guard for that with `present`.
        proof: the document that a declaration needs.
        count: how a counted fact is computed.
        parent: for an attribute of a term, the fact that holds the term.
    """

    name: str
    type: ValueType
    unit: str | None
    origin: Origin
    label: Message
    optional: bool
    place: Place
    proof: str | None = None
    count: Count | None = None
    parent: str | None = None

    @property
    def subject(self) -> str:
        """The part of the name before the first dot."""
        return self.name.split(".", 1)[0]


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A document that policies cite."""

    name: str
    title: str
    publisher: str | None
    number: str | None


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that can be named in a region: its own words over its parents'."""

    vocabularies: MutableMapping[str, Vocabulary]
    facts: MutableMapping[str, FactDefinition]
    documents: MutableMapping[str, SourceDocument]

    @classmethod
    def empty(cls) -> "Words":
        """Return no words at all."""
        return cls({}, {}, {})

    def child(self) -> "Words":
        """Return words that start as these and can be added to without changing these."""
        return Words(ChainMap({}, self.vocabularies), ChainMap({}, self.facts), ChainMap({}, self.documents))

    def term(self, vocabulary: str, name: str) -> Term | None:
        """Return a term, or None where there is no such word."""
        found = self.vocabularies.get(vocabulary)
        return found.terms.get(name) if found else None

    def label(self, vocabulary: str, name: str) -> Message:
        """Return the label of a term; of an unknown one, its name."""
        term = self.term(vocabulary, name)
        return term.label if term else Message(name, name)

    def fact(self, name: str) -> FactDefinition | None:
        """Return a fact's definition; `choice.outlet.bank` is the attribute `bank` of the term in `choice.outlet`."""
        if name in self.facts:
            return self.facts[name]
        parent_name, _, attribute = name.rpartition(".")
        parent = self.facts.get(parent_name)
        if parent is None or parent.type.kind is not Kind.TERM:
            return None
        vocabulary = self.vocabularies.get(parent.type.of or "")
        if vocabulary is None or attribute not in vocabulary.attributes:
            return None
        return FactDefinition(
            name=name,
            type=vocabulary.attributes[attribute],
            unit=None,
            origin=parent.origin,
            label=parent.label,
            optional=parent.optional,
            place=parent.place,
            parent=parent_name,
        )

    def read(self, value: Value, of_type: ValueType) -> Any:
        """Read a value of a type, terms checked against their vocabulary."""
        result = read_plain_value(value, of_type)
        if of_type.of is not None:
            names = result if of_type.kind in LISTS else (result,)
            places = value.items() if of_type.kind in LISTS else [value]
            for name, place in zip(names, places, strict=True):
                self.check_term(place, of_type.of, name)
        return result

    def check_term(self, value: Value, vocabulary: str, name: str) -> None:
        """Record a fault when a word is not in a vocabulary."""
        if vocabulary not in self.vocabularies:
            raise value.fault("UNKNOWN_VOCABULARY", f"there is no vocabulary `{vocabulary}`", "name an existing one")
        terms = self.vocabularies[vocabulary].terms
        if name not in terms:
            raise value.fault("UNKNOWN_TERM", f"`{name}` is not one of the {vocabulary}", did_you_mean(name, terms))

    def show(self, value: Any, of_type: ValueType) -> Message:
        """Show a value to a person, terms by their labels."""
        if of_type.of is None or value is None:
            return show(value, of_type)
        labels = [self.label(of_type.of, name) for name in (value if of_type.kind in LISTS else (value,))]
        return Message("、".join(m.zh for m in labels), ", ".join(m.en for m in labels))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the nearest known names."""
    near = get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else "use a defined name, or define this one first"


def read_vocabulary(name: str, value: Value, words: Words) -> None:
    """Read one vocabulary (label, attributes, terms) or more terms of one that a parent defines; add it to `words`."""
    fields = value.fields((), ("label", "attributes", "terms"))
    known = words.vocabularies.get(name)
    if known is None and "label" not in fields:
        raise value.fault("UNKNOWN_VOCABULARY", f"no parent defines the vocabulary `{name}`", "give it a `label:`")
    label = known.label if known else fields["label"].message()
    attributes = dict(known.attributes) if known else {}
    if "attributes" in fields:
        if known is not None:
            raise fields["attributes"].fault(
                "DUPLICATE_DEFINITION", f"a parent defines the attributes of `{name}`", "add terms only"
            )
        for attribute, spec in fields["attributes"].entries().items():
            attributes[attribute] = read_type(spec.fields(("type",), ("of",)))
    # The vocabulary must be known before its terms are read: an attribute may name a term of the same vocabulary.
    terms = dict(known.terms) if known else {}
    words.vocabularies[name] = Vocabulary(name, label, attributes, terms)
    if "terms" in fields:
        for term_name, spec in fields["terms"].entries().items():
            try:
                _add_term(term_name, spec, attributes, terms, words)
            except Unreadable:
                continue


def _add_term(
    name: str, value: Value, attributes: Mapping[str, ValueType], terms: dict[str, Term], words: Words
) -> None:
    if not NAME.fullmatch(name):
        raise value.fault("BAD_NAME", f"`{name}` is not a name", "use lower-case letters, digits and single `_`")
    if name in terms:
        raise value.fault(
            "DUPLICATE_DEFINITION", f"`{name}` is already defined at {terms[name].place}", "use another name"
        )
    fields = value.fields(("label", *attributes), ("source",))
    if not {"label", *attributes} <= fields.keys():
        raise Unreadable
    assumed = "source" in fields and fields.pop("source").text() == "assumption"
    label = fields.pop("label").message()
    values = {key: words.read(spec, attributes[key]) for key, spec in fields.items()}
    terms[name] = Term(name, label, values, assumed, value.place)


def read_fact(name: str, value: Value, words: Words) -> None:
    """Read one fact definition and add it to `words`."""
    if not all(NAME.fullmatch(part) for part in name.split(".")) or "." not in name:
        raise value.fault("BAD_NAME", f"`{name}` is not a fact name", "write subject.name, such as holder.age")
    if name in words.facts:
        raise value.fault(
            "DUPLICATE_DEFINITION", f"`{name}` is already defined at {words.facts[name].place}", "use another name"
        )
    fields = value.fields(("type", "origin", "label"), ("of", "unit", "optional", "proof", "count"))
    if not {"type", "origin", "label"} <= fields.keys():
        raise Unreadable
    origin = fields["origin"].text()
    if origin not in get_args(Origin):
        raise fields["origin"].fault(
            "UNKNOWN_ORIGIN", f"`{origin}` is not an origin", f"use one of: {', '.join(get_args(Origin))}"
        )
    if ("count" in fields) != (origin == "counted"):
        raise value.fault("BAD_COUNT", "`count:` and `origin: counted` belong together", "add or remove `count:`")
    declared = origin == "declared"
    if declared != name.startswith("declared."):
        raise value.fault("BAD_NAME", "declared facts, and only they, are named declared.…", "rename the fact")
    proof = fields["proof"].text() if "proof" in fields else None
    if proof is not None:
        if not declared:
            raise fields["proof"].fault("UNKNOWN_KEY", "only a declared fact has a proof", "remove `proof:`")
        words.check_term(fields["proof"], "documents", proof)
    of_type = read_type(fields)
    if of_type.kind is Kind.DURATION:
        raise fields["type"].fault("UNKNOWN_TYPE", "a fact cannot be a duration", "use an integer with a unit")
    count = read_count(fields["count"]) if "count" in fields else None
    if count is not None and of_type.kind is not (Kind.DATE if count.latest else Kind.INTEGER):
        raise fields["type"].fault("BAD_COUNT", "a count is an integer, a `latest` is a date", "change the type")
    words.facts[name] = FactDefinition(
        name=name,
        type=of_type,
        unit=fields["unit"].text() if "unit" in fields else None,
        origin=origin,  # type: ignore[arg-type]
        label=fields["label"].message(),
        optional=("optional" in fields and fields["optional"].boolean()) or (count is not None and count.latest),
        place=value.place,
        proof=proof,
        count=count,
    )


def read_count(value: Value) -> Count:
    """Read how a counted fact is computed."""
    fields = value.fields(("of",), ("names", "where", "within", "last", "latest"))
    if "of" not in fields:
        raise Unreadable
    of = fields["of"].text()
    if of not in ("operation", "card_state"):
        raise fields["of"].fault("BAD_COUNT", f"`{of}` cannot be counted", "use operation or card_state")
    if ("within" in fields) == ("last" in fields):
        raise value.fault("BAD_COUNT", "a count needs exactly one of `within` and `last`", "keep one of them")
    within = fields["within"].text() if "within" in fields else None
    if within not in (None, "calendar_year", "calendar_month", "lifetime"):
        raise fields["within"].fault(
            "BAD_COUNT", f"`{within}` is not a period", "use calendar_year, calendar_month or lifetime"
        )
    where = fields["where"].entries() if "where" in fields else {}
    return Count(
        of=of,  # type: ignore[arg-type]
        names=tuple(item.text() for item in fields["names"].items()) if "names" in fields else (),
        where={key: tuple(item.text() for item in spec.items()) for key, spec in where.items()},
        within=within,  # type: ignore[arg-type]
        last=read_duration(fields["last"]) if "last" in fields else None,
        latest="latest" in fields and fields["latest"].boolean(),
    )


def read_document(name: str, value: Value, words: Words) -> None:
    """Read one source document and add it to `words`."""
    if name in words.documents or name == "assumption":
        raise value.fault("DUPLICATE_DEFINITION", f"`{name}` is already defined", "use another name")
    fields = value.fields(("title",), ("publisher", "number"))
    if "title" not in fields:
        raise Unreadable
    texts = {key: spec.text() for key, spec in fields.items()}
    words.documents[name] = SourceDocument(name, texts["title"], texts.get("publisher"), texts.get("number"))
