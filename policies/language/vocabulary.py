"""Vocabularies, typed facts and source documents: the words that policies are written in.

`regions/vocabulary/` holds those of the whole country; a region folder adds its own in `vocabulary.yaml` (outlets,
declared facts …), visible there and below.
"""

from collections.abc import Iterable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from domain.message import Message
from domain.place import Point
from domain.services import is_service, service_names
from policies.language.cited import ASSUMPTION, Source, read_source
from policies.language.history_counts import Count
from policies.language.region_codes import RegionCodes, require_codes
from policies.language.told import FOR_PEOPLE, Told, read_told
from policies.language.values import (
    LATER,
    LISTS,
    MOMENT_PARTS,
    Kind,
    ValueType,
    read_plain_value,
    read_type,
    show,
)
from policies.source.faults import ANOTHER_NAME, DidYouMean, SourceLocation, Unreadable, use_one_of
from policies.source.nodes import Scalar
from policies.source.reader import NAME, NAME_FORM, Value, read_definitions, read_each, read_entries

Origin = Literal["computed", "claimed", "chosen", "declared", "counted"]


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a vocabulary.

    Args:
        name: its id.
        label: what people read.
        attributes: further values by name, typed by the vocabulary.
        assumed: True when no document names it (samples).
        told: what else it tells people, by name; source: where the word and what it tells come from.
    """

    name: str
    label: Message
    attributes: Mapping[str, Any]
    assumed: bool
    place: SourceLocation
    told: Mapping[str, Message | Point] = field(default_factory=dict, metadata=FOR_PEOPLE)
    source: Source | None = field(default=None, metadata=FOR_PEOPLE)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A list of words with typed attributes, and what people call those.

    Args:
        partial: attributes that a region added, so that terms from above may be without.
        closed: the software knows all of its terms, so that no region adds one.
        told: attributes for people alone, which no rule reads and any term may be without.
    """

    name: str
    label: Message
    attributes: Mapping[str, ValueType]
    terms: Mapping[str, Term]
    attribute_labels: Mapping[str, Message] = field(default_factory=dict)
    partial: frozenset[str] = frozenset()
    closed: bool = False
    told: Mapping[str, Told] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OwnVocabulary:
    """What the files of one folder say of a vocabulary: of a new one, or more of a parent's.

    Args:
        label: None where the parent's stays.
        attributes, attribute_labels, told: those that are added.
        terms: those that are added; given: what terms from above have for the added attributes.
        extends: whether the vocabulary is a parent's.
    """

    name: str
    label: Message | None
    attributes: Mapping[str, ValueType]
    attribute_labels: Mapping[str, Message]
    terms: Mapping[str, Term]
    given: Mapping[str, Mapping[str, Any]]
    extends: bool
    closed: bool
    told: Mapping[str, Told] = field(default_factory=dict)

    def over(self, above: Vocabulary | None) -> Vocabulary:
        """Return the vocabulary as it is with this, on top of what it is above; see `fits`."""
        if above is None:
            label = self.label or Message(self.name, self.name)
            return Vocabulary(
                self.name, label, self.attributes, self.terms, self.attribute_labels, closed=self.closed, told=self.told
            )
        given = {
            term: replace(above.terms[term], attributes={**above.terms[term].attributes, **values})
            for term, values in self.given.items()
        }
        return replace(
            above,
            label=self.label or above.label,
            attributes={**above.attributes, **self.attributes},
            terms={**above.terms, **given, **self.terms},
            attribute_labels={**above.attribute_labels, **self.attribute_labels},
            partial=above.partial.union(self.attributes),
            told={**above.told, **self.told},
        )

    def fits(self, above: Vocabulary | None) -> bool:
        """Say whether reading this again would find no fault, on top of what the vocabulary is above."""
        if above is None or not self.extends:
            return above is None and not self.extends
        return (
            not (above.closed and self.terms)
            and self.terms.keys().isdisjoint(above.terms)
            and {*self.attributes, *self.told}.isdisjoint((*above.attributes, *above.told))
            and self.given.keys() <= above.terms.keys()
        )


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
        partial: for an attribute that not every term has; the term may be there without it.
    """

    name: str
    type: ValueType
    unit: str | None
    origin: Origin
    label: Message
    optional: bool
    place: SourceLocation
    proof: str | None = None
    count: Count | None = None
    parent: str | None = None
    partial: bool = field(default=False, metadata=LATER)

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
class Lexicon:
    """Everything that can be named in a region: its own words over its parents'."""

    vocabularies: MutableMapping[str, Vocabulary]
    facts: MutableMapping[str, FactDefinition]
    documents: MutableMapping[str, SourceDocument]
    codes: RegionCodes = field(default_factory=RegionCodes)
    _by_origin: dict[str, tuple[FactDefinition, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def empty(cls, codes: RegionCodes | None = None) -> "Lexicon":
        """Return no words at all, with the codes that regions have."""
        return cls({}, {}, {}, codes or RegionCodes())

    def child(self) -> "Lexicon":
        """Return words that start as these and can be added to without changing these."""
        return Lexicon(dict(self.vocabularies), dict(self.facts), dict(self.documents), self.codes)

    def calling(self, vocabulary: str, labels: Mapping[str, Message]) -> "Lexicon":
        """Return the same words with other labels for terms of a vocabulary, by name; words that it has not are left out."""
        found = self.vocabularies.get(vocabulary)
        terms = found.terms if found else {}
        called = {name: label for name, label in labels.items() if name in terms and terms[name].label != label}
        if found is None or not called:
            return self
        renamed = {name: replace(terms[name], label=label) for name, label in called.items()}
        return replace(self, vocabularies={**self.vocabularies, vocabulary: replace(found, terms={**terms, **renamed})})

    def words_of(self, vocabulary: str) -> tuple[str, ...]:
        """Return the words of a vocabulary, in order; none where there is no such vocabulary."""
        found = self.vocabularies.get(vocabulary)
        return tuple(found.terms) if found else ()

    def term(self, vocabulary: str, name: str) -> Term | None:
        """Return a term, or None where there is no such word."""
        found = self.vocabularies.get(vocabulary)
        return found.terms.get(name) if found else None

    def label(self, vocabulary: str, name: str) -> Message:
        """Return the label of a term; of an unknown one, its name."""
        term = self.term(vocabulary, name)
        return term.label if term else Message(name, name)

    def fact(self, name: str) -> FactDefinition | None:
        """Return a fact's definition; `choice.outlet.bank` is the attribute `bank` of the term in `choice.outlet`.

        Likewise `request.now.day` is the day of the moment in `request.now`.
        """
        if name in self.facts:
            return self.facts[name]
        parent_name, _, attribute = name.rpartition(".")
        parent = self.facts.get(parent_name)
        if parent is not None and parent.type.kind is Kind.MOMENT and attribute in MOMENT_PARTS:
            of_type, called = MOMENT_PARTS[attribute]
            label = Message(called.zh.format(parent.label.zh), called.en.format(parent.label.en))
            return replace(parent, name=name, type=of_type, unit=None, label=label, count=None, parent=parent_name)
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
            optional=parent.optional or attribute in vocabulary.partial,
            place=parent.place,
            parent=parent_name,
            partial=attribute in vocabulary.partial,
        )

    def facts_of(self, origin: str) -> tuple[FactDefinition, ...]:
        """Return the facts of an origin, in their order; found once, so only to be asked for when all words are there."""
        if origin not in self._by_origin:
            self._by_origin[origin] = tuple(fact for fact in self.facts.values() if fact.origin == origin)
        return self._by_origin[origin]

    def missed(self, name: str) -> tuple[str, ...]:
        """Return what is missed where a fact is not known; see `Fault.about`."""
        holder, _, attribute = name.rpartition(".")
        parent = self.facts.get(holder)
        if parent is None:
            return (f"fact {name}", f"fact {holder}")
        return (f"fact {name}", f"attribute {attribute}", f"vocabulary {parent.type.of}")

    def called(self, name: str) -> Message | None:
        """Return what people call a fact; of an attribute, its own label. None where it has none."""
        definition = self.fact(name)
        if definition is None or definition.parent is None:
            return definition.label if definition else None
        parent = self.facts[definition.parent]
        if parent.type.kind is Kind.MOMENT:
            return definition.label
        return self.vocabularies[parent.type.of or ""].attribute_labels.get(name.rpartition(".")[2])

    def read(self, value: Value, of_type: ValueType) -> Any:
        """Read a value of a type, terms checked against their vocabulary and regions against the list of their codes."""
        result = read_plain_value(value, of_type)
        if of_type.item.kind is Kind.REGION:
            require_codes(value, result, self.codes)
        if of_type.of is not None:
            names = result if of_type.kind in LISTS else (result,)
            places = value.items() if of_type.kind in LISTS else [value]
            wrong = [self.wrong_term(place, of_type.of, name) for name, place in zip(names, places, strict=True)]
            for fault in filter(None, wrong):
                raise fault
        return result

    def check_term(self, value: Value, vocabulary: str, name: str) -> None:
        """Record a fault when a word is not in a vocabulary.

        Raises:
            Unreadable: it is not.
        """
        fault = self.wrong_term(value, vocabulary, name)
        if fault is not None:
            raise fault

    def wrong_term(self, value: Value, vocabulary: str, name: str) -> Unreadable | None:
        """Record a fault when a word is not in a vocabulary, and return what to raise; None where it is."""
        if vocabulary not in self.vocabularies:
            remedy, about = Message("改用已有的词表", "name an existing one"), f"vocabulary {vocabulary}"
            return value.fault("UNKNOWN_VOCABULARY", no_vocabulary(vocabulary), remedy, about)
        terms = self.vocabularies[vocabulary].terms
        if name in terms:
            return None
        message = Message(f"`{name}` 不是词表 `{vocabulary}` 的词条", f"`{name}` is not one of the {vocabulary}")
        return value.fault("UNKNOWN_TERM", message, did_you_mean(name, terms), f"term {name}")

    def show(self, value: Any, of_type: ValueType) -> Message:
        """Show a value to a person, terms by their labels."""
        if of_type.of is None or value is None:
            return show(value, of_type)
        labels = [self.label(of_type.of, name) for name in (value if of_type.kind in LISTS else (value,))]
        return Message("、".join(m.zh for m in labels), ", ".join(m.en for m in labels))


def did_you_mean(name: str, known: Iterable[str]) -> DidYouMean:
    """Suggest the nearest known names."""
    return DidYouMean(name, known, _mean)


def _mean(found: list[str]) -> Message:
    if found:
        return Message(
            f"是否应为 {' 或 '.join(f'`{each}`' for each in found)}？", f"did you mean {' or '.join(found)}?"
        )
    return Message("使用已定义的名称，或先定义此名称", "use a defined name, or define this one first")


def check_name(name: str, value: Value) -> None:
    """Record a fault when the key of a value is not a name.

    Raises:
        Unreadable: it is not.
    """
    if not NAME.fullmatch(name):
        raise value.fault("BAD_NAME", Message(f"`{name}` 不能用作名称", f"`{name}` is not a name"), NAME_FORM)


def no_vocabulary(name: str) -> Message:
    """Say that there is no such vocabulary."""
    return Message(f"没有词表 `{name}`", f"there is no vocabulary `{name}`")


def already_defined(name: str, place: SourceLocation) -> Message:
    """Say that a name is taken, and where."""
    return Message(f"`{name}` 已在 {place} 定义", f"`{name}` is already defined at {place}")


def read_vocabulary(name: str, value: Value, words: Lexicon) -> OwnVocabulary:
    """Read one vocabulary (label, attributes, terms), or more terms and attributes of a parent's; add it to `words`.

    Returns:
        What is said of it here.
    """
    check_name(name, value)
    known = words.vocabularies.get(name)
    fields = value.fields((), ("label", "attributes", "terms", *(("closed",) if known is None else ())))
    closed = known.closed if known else read_each(fields, {"closed": Value.boolean}).get("closed", False)
    if known is None and "label" not in fields:
        message = Message(f"上级没有定义词表 `{name}`", f"no parent defines the vocabulary `{name}`")
        remedy = Message("为它加上 `label:`", "give it a `label:`")
        value.fault("UNKNOWN_VOCABULARY", message, remedy, f"vocabulary {name}", value.key("label"))
    label = read_each(fields, {"label": Value.message}).get("label")
    labels: dict[str, Message] = {}
    specs = dict(read_entries(fields.get("attributes")))
    for taken in {*known.attributes, *known.told} & specs.keys() if known else ():
        message = Message(f"上级已定义属性 `{taken}`", f"a parent defines the attribute `{taken}`")
        specs.pop(taken).fault("DUPLICATE_DEFINITION", message, ANOTHER_NAME)
    added, told = _read_attributes(specs, labels, ("values",) if known else ())
    own = OwnVocabulary(name, label, added, labels, {}, {}, known is not None, closed, told)
    # The vocabulary must be known before its terms are read: an attribute may name a term of the same vocabulary.
    terms = dict(known.terms) if known else {}
    words.vocabularies[name] = so_far = replace(own.over(known), terms=terms)
    _check_no_fact(name, specs, words)
    given: dict[str, dict[str, Any]] = {}
    for attribute in added if known else ():
        _give_values(attribute, specs[attribute], so_far, given, words)

    def read(term: str, spec: Value) -> None:
        if known is not None and closed:
            raise _closed(known, term, spec)
        if name == "services" and not is_service(term):
            raise _not_built(term, spec)
        _add_term(term, spec, so_far, terms, words)

    read_definitions(read_entries(fields.get("terms")), "term", read)
    added_terms = {term: spec for term, spec in terms.items() if known is None or term not in known.terms}
    own = replace(own, terms=added_terms, given=given)
    words.vocabularies[name] = own.over(known)
    return own


def _closed(vocabulary: Vocabulary, term: str, value: Value) -> Unreadable:
    """Record that a region adds a word that the software does not know, so that nothing could ever come of it."""
    message = Message(
        f"词表 `{vocabulary.name}` 的词条由软件规定，地区不能增加 `{term}`",
        f"the software knows all words of {vocabulary.name}, so that a region cannot add `{term}`",
    )
    return value.fault("CLOSED_VOCABULARY", message, use_one_of(vocabulary.terms))


def _not_built(service: str, value: Value) -> Unreadable:
    """Record a service that the software does not have, so that nobody could ever ask for it."""
    message = Message(f"软件没有事项 `{service}`", f"the software has no service `{service}`")
    return value.fault("SERVICE_NOT_PROVIDED", message, did_you_mean(service, service_names()))


def _check_no_fact(vocabulary: str, attributes: Mapping[str, Value], words: Lexicon) -> None:
    """Record a fault for each attribute that would be named like a fact."""
    holding = [fact.name for fact in words.facts.values() if fact.type == ValueType(Kind.TERM, vocabulary)]
    for attribute, spec in attributes.items():
        for name in (f"{fact}.{attribute}" for fact in holding):
            if name in words.facts:
                place = words.facts[name].place
                message = Message(f"`{name}` 是在 {place} 定义的事实", f"`{name}` is a fact, defined at {place}")
                spec.fault("DUPLICATE_DEFINITION", message, ANOTHER_NAME)


def _give_values(
    name: str, spec: Value, vocabulary: Vocabulary, given: dict[str, dict[str, Any]], words: Lexicon
) -> None:
    """Read a new attribute of the terms from above, as far as they are named."""
    for term, value in read_entries(spec.entries().get("values")):
        with suppress(Unreadable):
            words.check_term(value, vocabulary.name, term)
            given.setdefault(term, {})[name] = words.read(value, vocabulary.attributes[name])


def _read_attributes(
    specs: Mapping[str, Value], labels: dict[str, Message], more: tuple[str, ...]
) -> tuple[dict[str, ValueType], dict[str, Told]]:
    """Read the types of attributes; what people call them goes into `labels`.

    Args:
        more: further keys, which are read elsewhere.
    """
    attributes: dict[str, ValueType] = {}
    told: dict[str, Told] = {}

    def read(name: str, spec: Value) -> None:
        if not NAME.fullmatch(name) or name in ("label", "source"):
            message = Message(f"`{name}` 不能用作属性", f"`{name}` cannot be an attribute")
            raise spec.fault("BAD_NAME", message, ANOTHER_NAME)
        entries = spec.entries()
        kind = entries["type"].node if "type" in entries else None
        # What is told has its source beside the term, so that nobody tells it of a term from above.
        is_told = isinstance(kind, Scalar) and kind.value in list(Told)
        fields = spec.known(entries, ("type",), ("label",) if is_told else ("of", "label", *more))
        if is_told:
            told[name] = Told(fields["type"].text())
        elif "type" in fields:
            attributes[name] = read_type(fields)
        if "label" in fields:
            labels[name] = fields["label"].message()

    read_definitions(specs.items(), "attribute", read)
    return attributes, told


def _read_attribute(name: str, value: Value, vocabulary: Vocabulary, words: Lexicon) -> Any:
    if name in vocabulary.told:
        return read_told(value, vocabulary.told[name])
    return words.read(value, vocabulary.attributes[name])


def _add_term(name: str, value: Value, vocabulary: Vocabulary, terms: dict[str, Term], words: Lexicon) -> None:
    check_name(name, value)
    if name in terms:
        value.fault("DUPLICATE_DEFINITION", already_defined(name, terms[name].place), ANOTHER_NAME)
    fields = value.fields(("label", *vocabulary.attributes), ("source", *vocabulary.told))
    readers = {"label": Value.message, "source": lambda given: read_source(given, words.documents)}
    read = read_each(fields, readers)
    values: dict[str, Any] = {}
    for key in (*vocabulary.attributes, *vocabulary.told):
        if key in fields:
            with suppress(Unreadable):
                values[key] = _read_attribute(key, fields[key], vocabulary, words)
    told = {key: values.pop(key) for key in vocabulary.told if key in values}
    if told and "source" not in fields:
        _no_source(value)
    source = read.get("source")
    assumed = source is not None and source.document == ASSUMPTION
    terms[name] = Term(name, read.get("label", Message(name, name)), values, assumed, value.place, told, source)


def _no_source(value: Value) -> None:
    """Record that a word tells people something, and nothing says who says so: an address is not made up."""
    message = Message("没有注明地址等信息的依据", "nothing says where what it tells people comes from")
    remedy = Message(
        f"补上 `source:`；没有文件依据的，写 `{ASSUMPTION}`", f"add `source:`; `{ASSUMPTION}` where no document says it"
    )
    value.fault("MISSING_SOURCE", message, remedy, value.key("source"))
