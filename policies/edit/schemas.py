"""JSON Schema files for editors, one for each kind of file in a regions folder, made from the language itself.

An editor that knows them completes keys, facts and words, shows their labels, and marks mistakes while they are made.
Which words there are is read from the regions, so that the files are made anew when a word or a fact is added.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from domain.region import Level
from policies.cases.case_files import DOCUMENT_TYPES
from policies.cases.expectation_kinds import EXPECTATIONS
from policies.language.history_counts import RECORD_KINDS
from policies.language.inheritance import RULE_WORDS
from policies.language.json_schema import (
    BOOLEAN,
    DATE,
    DURATION,
    NAME_TEXT,
    TEXT,
    TOLD,
    TRUE,
    Definitions,
    Schema,
    all_words,
    entries,
    fields,
    items,
    matching,
)
from policies.language.known_facts import absent_somewhere
from policies.language.outcomes.table import OUTCOMES
from policies.language.region_codes import REGION_CODE
from policies.language.settings import BINDINGS
from policies.language.told import Told
from policies.language.values import Kind, ValueType
from policies.language.vocabulary import Lexicon, Origin
from policies.source.reader import TIME_FORM
from policies.tree.tree import PolicyTree

FOLDER = ".schema"
SCHEMA_MARK = "# yaml-language-server:"
"""How the line begins by which editors find the schema of a file."""
_FACT_NAME = matching(r"[a-z0-9_]+(\.[a-z0-9_]+)+")
_TOP = {
    "facts.yaml": "facts",
    "sources.yaml": "sources",
    "calendar.yaml": "calendar",
    "region_codes.yaml": "region_codes",
}
_OF_REGION = {
    "region.yaml": "region",
    "vocabulary.yaml": "words",
    "sources.yaml": "sources",
    "settings.yaml": "settings",
    "rules.yaml": "rules",
}


def kind_of(file: str) -> str:
    """Return which kind of file one is.

    Args:
        file: its name relative to the regions folder, with slashes.
    """
    folder, _, name = file.rpartition("/")
    if not folder:
        return _TOP.get(name, "facts")
    if folder == "vocabulary":
        return "vocabulary"
    return _OF_REGION.get(name) or ("tests" if name.endswith(".tests.yaml") else "service")


def schema_line(file: str) -> str:
    """Return the first line of a file, which tells editors which schema it follows."""
    return f"{SCHEMA_MARK} $schema={'../' * file.count('/')}{FOLDER}/{kind_of(file)}.json"


def schemas(tree: PolicyTree) -> dict[str, Schema]:
    """Return the schema of each kind of file, for a loaded tree."""
    words = all_words(place.words for place in tree.regions.values())
    makers = {
        "region": _region,
        "vocabulary": _vocabulary,
        "words": _words,
        "facts": _facts,
        "sources": _sources,
        "calendar": _calendar,
        "region_codes": _region_codes,
        "settings": _settings_file,
        "rules": _rules_file,
        "service": _service,
        "tests": _tests,
    }
    return {name: maker(Definitions(words)) for name, maker in makers.items()}


def schema_texts(tree: PolicyTree) -> dict[str, str]:
    """Return the schema files by name, as they are written."""
    made = schemas(tree).items()
    return {f"{name}.json": json.dumps(schema, ensure_ascii=False, indent=1) + "\n" for name, schema in made}


def write_schemas(tree: PolicyTree) -> list[Path]:
    """Write the schema files into the regions folder and return them."""
    folder = tree.folder / FOLDER
    folder.mkdir(exist_ok=True)
    written = []
    for name, text in schema_texts(tree).items():
        (folder / name).write_text(text, encoding="utf-8")
        written.append(folder / name)
    return written


def _region(known: Definitions) -> Schema:
    level = {"enum": list(get_args(Level))}
    code = matching(REGION_CODE.pattern)
    return known.whole("region.yaml", fields(("code", "level", "name"), code=code, level=level, name=known.message()))


def _of_type(known: Definitions) -> Schema:
    """Return what `type` and `of` may be together; the vocabularies are not listed, for the same file may add one."""
    of = {"if": {"properties": {"type": {"enum": [Kind.TERM, Kind.TERMS]}}}}
    return {**of, "then": {"required": ["of"]}, "else": {"properties": {"of": False}}}


def _one_vocabulary(known: Definitions, told: Mapping[str, Told] | None = None) -> Schema:
    # Values are for the terms of a parent; which those are, the same file cannot know.
    types = fields(("type",), type={"enum": [*Kind, *Told]}, of=NAME_TEXT, label=known.message(), values=entries({}))
    telling = {name: TOLD[kind] for name, kind in (told or {}).items()}
    properties = {"label": known.message(), "source": known.source(), **telling}
    term = {"type": "object", "properties": properties, "required": ["label"]}
    attributes = entries({**types, **_of_type(known)})
    return fields((), label=known.message(), attributes=attributes, terms=entries(term))


def _vocabulary(known: Definitions) -> Schema:
    schema = _one_vocabulary(known)
    properties = {**schema["properties"], "closed": BOOLEAN}
    return known.whole("a vocabulary", {**schema, "properties": properties, "required": ["label"]})


def _one_fact(known: Definitions) -> Schema:
    records: dict[str, Schema] = {
        "of": {"enum": list(RECORD_KINDS)},
        "names": items(TEXT, 0),
        "where": entries(items(TEXT, 0)),
    }
    count = fields(
        ("of",),
        **records,
        within={"enum": ["calendar_year", "calendar_month", "lifetime"]},
        last=DURATION,
        since=fields(("of",), **records),
        latest=BOOLEAN,
    )
    count["oneOf"] = [{"required": [period]} for period in ("within", "last", "since")]
    schema = fields(
        ("type", "origin", "label"),
        type={"enum": [kind for kind in Kind if kind is not Kind.DURATION]},
        of=NAME_TEXT,
        unit=TEXT,
        origin={"enum": list(get_args(Origin))},
        optional=BOOLEAN,
        proof=known.term("documents"),
        count=count,
        label=known.message(),
    )
    counted = {"if": {"properties": {"origin": {"const": "counted"}}}, "then": {"required": ["count"]}}
    return {**schema, "allOf": [_of_type(known), {**counted, "else": {"properties": {"count": False}}}]}


def _facts(known: Definitions) -> Schema:
    return known.whole("facts.yaml", entries(_one_fact(known), _FACT_NAME))


def _words(known: Definitions) -> Schema:
    telling = {name: each.told for name, each in known.words.vocabularies.items() if each.told}
    vocabularies = {
        **entries(_one_vocabulary(known)),
        "properties": {name: _one_vocabulary(known, told) for name, told in telling.items()},
    }
    facts = entries(_one_fact(known), _FACT_NAME)
    return known.whole("vocabulary.yaml of a region", fields((), vocabularies=vocabularies, facts=facts))


def _sources(known: Definitions) -> Schema:
    document = fields(("title",), title=TEXT, publisher=TEXT, number=TEXT)
    return known.whole("sources.yaml", entries(document))


def _calendar(known: Definitions) -> Schema:
    days = {**items(fields(("date", "name"), date=DATE, name=TEXT, source={}), 0), "uniqueItems": True}
    return known.whole("calendar.yaml", fields(("holidays", "workdays"), holidays=days, workdays=days))


def _region_codes(known: Definitions) -> Schema:
    return known.whole("region_codes.yaml", entries(known.message(), matching(REGION_CODE.pattern)))


def _settings(known: Definitions) -> Schema:
    dated = fields(("value", "from"), value={}, from_=DATE, until=DATE, published=DATE, source=known.source())
    new = fields(
        ("type", "label"),
        type={"enum": list(Kind)},
        of=NAME_TEXT,
        unit=TEXT,
        label=known.message(),
        bind=fields(("children_may",), children_may={"enum": list(BINDINGS)}),
        values=items(dated),
    )
    new["allOf"] = [_of_type(known), *(_values_of(of_type, known) for of_type in _types(known.words))]
    replaced = fields(("replaces", "values"), replaces=TRUE, values=items(dated), label=known.message())
    return entries({"if": {"required": ["replaces"]}, "then": replaced, "else": new})


def _types(words: Lexicon) -> list[ValueType]:
    plain = [ValueType(kind) for kind in Kind if kind not in (Kind.TERM, Kind.TERMS)]
    return [*plain, *(ValueType(kind, name) for name in words.vocabularies for kind in (Kind.TERM, Kind.TERMS))]


def _values_of(of_type: ValueType, known: Definitions) -> Schema:
    """Return that the values of a setting are of its type."""
    asked: Schema = {"type": {"const": of_type.kind}} | ({"of": {"const": of_type.of}} if of_type.of else {})
    value = {"properties": {"values": {"items": {"properties": {"value": known.value(of_type)}}}}}
    return {"if": {"properties": asked, "required": list(asked)}, "then": value}


def _rule(known: Definitions, *, shared: bool) -> Schema:
    services = items(known.term("services"))
    made: dict[str, Schema] = {
        "when": known.condition(),
        "message": known.message(),
        "source": known.source(),
        "from": DATE,
        "until": DATE,
        "published": DATE,
        "bind": BOOLEAN,
        "instead_of": items(NAME_TEXT, 0),
        "replaces": {"anyOf": [BOOLEAN, services]} if shared else BOOLEAN,
    }
    outcomes = {word: outcome.schema(known) for word, outcome in OUTCOMES.items()}
    needed = ("services",) if shared else ()
    several = {"services": services} if shared else {}
    stated = {**several, **{word: made[word] for word in RULE_WORDS}, **outcomes}
    rule = fields(needed, **stated)
    rule["oneOf"] = [{"required": [word]} for word in outcomes]
    rule["dependentRequired"] = {word: ["message"] for word, outcome in OUTCOMES.items() if outcome.speaks}
    removed = fields((*needed, "removed", "source"), **several, removed=TRUE, source=known.source())
    return {"if": {"required": ["removed"]}, "then": removed, "else": rule}


def _settings_file(known: Definitions) -> Schema:
    return known.whole("settings.yaml", fields((), source=known.source(), settings=_settings(known)))


def _rules_file(known: Definitions) -> Schema:
    rules = entries(_rule(known, shared=True))
    return known.whole("rules.yaml", fields((), source=known.source(), rules=rules))


def _service(known: Definitions) -> Schema:
    schema = fields(
        (),
        title=known.message(),
        source=known.source(),
        review_every=matching("[1-9][0-9]{0,4} (natural day|month|year)s?"),
        reviewed=DATE,
        settings=_settings(known),
        rules=entries(_rule(known, shared=False)),
    )
    return known.whole("a service", schema)


def _tests(known: Definitions) -> Schema:
    stated = {
        "region": matching("[0-9]{6}"),
        "date": DATE,
        "known": DATE,
        "form": BOOLEAN,
        "history": items(_record(known), 0),
        "facts": _case_facts(known),
        "evidence": _evidence(known),
    }
    without = items({"enum": list(known.words.facts)}, 0)
    absent = items(
        {"enum": [fact.name for fact in known.words.facts.values() if absent_somewhere(fact) and fact.count is None]}, 0
    )
    case = fields(
        ("name", "expect"), name=known.remark(), **stated, without=without, absent=absent, expect=_expect(known)
    )
    return known.whole("tests of a service", fields(("cases",), defaults=fields((), **stated), cases=items(case)))


def _record(known: Definitions) -> Schema:
    one = {kind: known.term(of) for kind, of in RECORD_KINDS.items()}
    names = {"anyOf": list(one.values())}
    return fields(
        ("kind", "name", "date"),
        kind={"enum": list(one)},
        name=names,
        date=DATE,
        time=matching(TIME_FORM),
        region=TEXT,
        attributes={"type": "object", "additionalProperties": TEXT},
    )


def _case_facts(known: Definitions) -> Schema:
    stated = {
        name: {**known.value(fact.type), "description": f"{fact.label.zh} · {fact.label.en}"}
        for name, fact in known.words.facts.items()
        if fact.origin != "counted"
    }
    return fields((), **stated)


def _evidence(known: Definitions) -> Schema:
    document = fields(("type",), **{key: known.value(of_type) for key, of_type in DOCUMENT_TYPES.items()})
    return fields(
        (),
        proofs=known.value(ValueType(Kind.TERMS, "proofs")),
        documents=items({"anyOf": [known.term("documents"), document]}, 0),
        details=entries(TEXT, known.term("details")),
    )


def _expect(known: Definitions) -> Schema:
    made = {what: kind.schema(known) for what, kind in EXPECTATIONS.items()}
    alone = {"if": {"required": ["fault"]}, "then": {"maxProperties": 1}}
    return {**fields((), **made), "minProperties": 1, **alone}
