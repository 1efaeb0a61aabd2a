"""JSON Schema for what stands in one place: a value of a type, an operand, a condition, texts, names and sources.

Editors read YAML 1.2, where a bare date is text, so a date is a text of a certain form here. What schemas cannot say
(that a setting exists, that a fact is guarded) is for `policy check`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.duration import DURATION_FORM
from policies.language import values
from policies.language.conditions import MOVED_BY, list_type, words_for
from policies.language.known_facts import absent_somewhere
from policies.language.region_codes import REGION_CODE
from policies.language.told import DEGREES, Told
from policies.language.values import LISTS, MOMENT_PARTS, ORDERED, Kind, ValueType
from policies.language.vocabulary import FactDefinition, Lexicon, Vocabulary
from policies.source.reader import MAX_TEXT, MOMENT_FORM, NAME, TIME_FORM

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT, "pattern": r"\S"}
BOOLEAN: Schema = {"type": "boolean"}
TRUE: Schema = {"const": True}
_LARGEST = 10**15 - 1
_PLACE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def matching(pattern: str) -> Schema:
    """Return the schema of texts that a pattern fits from end to end."""
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


DATE: Schema = {"type": "string", "format": "date", "pattern": _PLACE}
NAME_TEXT = matching(NAME.pattern)
DURATION = matching(DURATION_FORM)
_PLAIN: Mapping[Kind, Schema] = {
    Kind.BOOLEAN: BOOLEAN,
    Kind.INTEGER: {"type": "integer", "minimum": -_LARGEST, "maximum": _LARGEST},
    Kind.DECIMAL: {"type": "number", "exclusiveMinimum": -(10**9), "exclusiveMaximum": 10**9},
    Kind.MONEY: matching(values.MONEY_FORM),
    Kind.DATE: DATE,
    Kind.TIME: matching(TIME_FORM),
    Kind.MOMENT: matching(MOMENT_FORM),
    Kind.DURATION: DURATION,
    Kind.TEXT: TEXT,
    Kind.REGION: matching(REGION_CODE.pattern),
}


def fields(required: Iterable[str], /, **properties: Any) -> Schema:
    """Return the schema of a mapping with known keys; a key named like a keyword of Python ends with `_`."""
    named = {key.removesuffix("_"): schema for key, schema in properties.items()}
    return {"type": "object", "properties": named, "required": list(required), "additionalProperties": False}


def entries(schema: Schema, keys: Schema | None = None) -> Schema:
    """Return the schema of a mapping whose keys an officer chooses."""
    return {"type": "object", "propertyNames": keys or NAME_TEXT, "additionalProperties": schema}


def items(schema: Schema, least: int = 1) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": schema, "minItems": least}


MESSAGE = fields(("zh", "en"), zh=TEXT, en=TEXT)
SOURCE_TEXT = NAME_TEXT
TOLD: Mapping[Told, Schema] = {
    Told.MESSAGE: MESSAGE,
    Told.POINT: fields(
        tuple(DEGREES),
        **{name: {"type": "number", "minimum": -most, "maximum": most} for name, most in DEGREES.items()},
    ),
}
"""What attributes hold that are for people alone."""


@dataclass(slots=True)
class Definitions:
    """The schemas of one file that others in it refer to, by name.

    Args:
        words: everything that can be named in any region.
        defined: those made so far, in the order in which they were first asked for.
    """

    words: Lexicon
    defined: dict[str, Schema] = field(default_factory=dict)

    def whole(self, title: str, schema: Schema) -> Schema:
        """Return the schema of a file, with the definitions that it refers to."""
        head: Schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
        return {**head, **schema, "$defs": dict(sorted(self.defined.items()))}

    def _ref(self, name: str, schema: Schema) -> Schema:
        self.defined[name] = schema
        return {"$ref": f"#/$defs/{name}"}

    def term(self, vocabulary: str) -> Schema:
        """Return the schema of a word of a vocabulary."""
        known = self.words.vocabularies.get(vocabulary)
        terms = known.terms if known is not None else {}
        labels = [f"{term.label.zh} · {term.label.en}" for term in terms.values()]
        # A vocabulary without words yet takes any; `enum` of nothing is no schema.
        schema: Schema = {"enum": list(terms), "enumDescriptions": labels} if terms else NAME_TEXT
        return self._ref(f"term.{vocabulary}", schema)

    def value(self, of_type: ValueType) -> Schema:
        """Return the schema of a value of a type."""
        if of_type.kind in LISTS:
            return {"type": "array", "items": self.value(of_type.item), "uniqueItems": True}
        return self.term(of_type.of) if of_type.of is not None else _PLAIN[of_type.kind]

    def message(self) -> Schema:
        """Return the schema of a text in both languages."""
        return self._ref("message", MESSAGE)

    def remark(self) -> Schema:
        """Return the schema of a text in both languages or in one."""
        return {"anyOf": [TEXT, self.message()]}

    def source(self) -> Schema:
        """Return the schema of where something comes from."""
        document: Schema = {"enum": [*self.words.documents, "assumption"]}
        return self._ref(
            "source", {"anyOf": [document, fields(("document",), document=document, clause=TEXT, note=self.remark())]}
        )

    def facts(self) -> dict[str, FactDefinition]:
        """Return every fact, attributes of terms included."""
        found = dict(self.words.facts)
        for name, fact in self.words.facts.items():
            vocabulary = self.words.vocabularies.get(fact.type.of or "") if fact.type.kind is Kind.TERM else None
            attributes = MOMENT_PARTS if fact.type.kind is Kind.MOMENT else vocabulary.attributes if vocabulary else ()
            for attribute in attributes:
                definition = self.words.fact(f"{name}.{attribute}")
                if definition is not None:
                    found[definition.name] = definition
        return found

    def operand(self, of_type: ValueType) -> Schema:
        """Return the schema of a literal, or of a setting or fact of the type with its offset."""
        name = f"operand.{of_type.kind}{f'.{of_type.of}' if of_type.of else ''}"
        if name not in self.defined:
            self.defined[name] = {}  # offsets may be operands of the same type
            self.defined[name] = {"anyOf": [self.value(of_type), self._taken(of_type)]}
        return {"$ref": f"#/$defs/{name}"}

    def _taken(self, of_type: ValueType) -> Schema:
        named = [name for name, fact in self.facts().items() if fact.type == of_type]
        taken: Schema = {"setting": NAME_TEXT}
        if named:
            taken["fact"] = {"enum": named}
        numeric = of_type.kind in (Kind.INTEGER, Kind.MONEY)
        if numeric:
            taken["times"] = self.operand(ValueType(Kind.INTEGER))
        if numeric or of_type.kind in MOVED_BY:
            moved = self.operand(ValueType(Kind.DURATION) if of_type.kind in MOVED_BY else of_type)
            taken |= {"plus": moved, "minus": moved}
        one = [{"required": [key]} for key in ("setting", "fact") if key in taken]
        return {**fields((), **taken), "oneOf": one, "not": {"required": ["plus", "minus"]}}

    def condition(self) -> Schema:
        """Return the schema of a condition."""
        if "condition" not in self.defined:
            self.defined["condition"] = {}  # conditions stand in conditions
            inner = {"$ref": "#/$defs/condition"}
            tested = {name: self._tests(fact) for name, fact in self.facts().items()}
            schema = fields((), all=items(inner), any=items(inner), **tested)
            schema["properties"]["not"] = inner
            self.defined["condition"] = {**schema, "minProperties": 1}
        return {"$ref": "#/$defs/condition"}

    def _tests(self, fact: FactDefinition) -> Schema:
        of_type, absent = fact.type, absent_somewhere(fact) or fact.origin == "declared"
        tests = {word: self._operand_of(of_type, wants) for word, wants in words_for(of_type).items()}
        if of_type.kind in ORDERED:
            tests["between"] = {**items(self.operand(of_type), 2), "maxItems": 2}
        if absent:
            tests["present"] = BOOLEAN
        name = f"tests.{of_type.kind}{f'.{of_type.of}' if of_type.of else ''}{'.optional' if absent else ''}"
        schema = {"type": "object", "properties": tests, "additionalProperties": False, "minProperties": 1}
        found = self._ref(name, schema)
        return {**found, "description": f"{fact.label.zh} · {fact.label.en}"}

    def _operand_of(self, of_type: ValueType, wants_list: bool) -> Schema:
        if not wants_list:
            return self.operand(of_type.item)
        listed = items(self.value(of_type.item))
        taken = list_type(of_type)
        return listed if taken is None else {"anyOf": [listed, self._taken(taken)]}


def all_words(known: Iterable[Lexicon]) -> Lexicon:
    """Return everything that any region can name."""
    found = Lexicon.empty()
    for words in known:
        for name, vocabulary in words.vocabularies.items():
            before = found.vocabularies.get(name)
            terms = {**(before.terms if before else {}), **vocabulary.terms}
            attributes = {**(before.attributes if before else {}), **vocabulary.attributes}
            partial = vocabulary.partial | (before.partial if before else frozenset())
            told = {**(before.told if before else {}), **vocabulary.told}
            found.vocabularies[name] = Vocabulary(name, vocabulary.label, attributes, terms, {}, partial, told=told)
        found.facts.update(words.facts)
        found.documents.update(words.documents)
    return found
