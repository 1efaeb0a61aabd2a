"""Reading the definitions of facts: those of the whole country, and those that a region adds."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args

from domain.facts import is_provided
from domain.message import Message
from policies.language.history_counts import read_count
from policies.language.values import MOMENT_PARTS, Kind, ValueType, read_type
from policies.language.vocabulary import FactDefinition, Lexicon, Origin, already_defined, did_you_mean, no_vocabulary
from policies.source.faults import ANOTHER_NAME, FaultLog, Unreadable, use_one_of
from policies.source.reader import NAME, Value, read_each


def read_fact(name: str, value: Value, words: Lexicon) -> None:
    """Read one fact definition and add it to `words`."""
    if not all(NAME.fullmatch(part) for part in name.split(".")) or "." not in name:
        message = Message(f"`{name}` 不能用作事实的名称", f"`{name}` is not a fact name")
        remedy = Message("写成“主体.名称”，例如 `holder.age`", "write subject.name, such as holder.age")
        raise value.fault("BAD_NAME", message, remedy)
    if name in words.facts:
        raise value.fault("DUPLICATE_DEFINITION", already_defined(name, words.facts[name].place), ANOTHER_NAME)
    fields = value.fields(("type", "origin", "label"), ("of", "unit", "optional", "proof", "count"))
    readers: dict[str, Callable[[Value], Any]] = {
        "type": lambda _: _fact_type(fields),
        "origin": _read_origin,
        "label": Value.message,
        "unit": Value.text,
        "optional": Value.boolean,
        "count": lambda count: read_count(count, words),
        "proof": lambda proof: _read_proof(proof, words),
    }
    read = read_each(fields, readers)
    if "type" not in read or "origin" not in read:
        raise Unreadable
    _check_origin(name, value, fields, read)
    _check_provided(name, fields, read["origin"])
    count = read.get("count")
    words.facts[name] = FactDefinition(
        name=name,
        type=read["type"],
        unit=read.get("unit"),
        origin=read["origin"],
        label=read.get("label", Message(name, name)),
        optional=read.get("optional", False) or (count is not None and count.latest),
        place=value.place,
        proof=read.get("proof"),
        count=count,
    )


def _fact_type(fields: dict[str, Value]) -> ValueType:
    of_type = read_type(fields)
    if of_type.kind is Kind.DURATION:
        message = Message("事实的类型不能是 `duration`", "a fact cannot be a duration")
        remedy = Message("改用 `integer` 并写明单位", "use an integer with a unit")
        raise fields["type"].fault("UNKNOWN_TYPE", message, remedy)
    return of_type


def _read_origin(value: Value) -> str:
    origin = value.text()
    if origin not in get_args(Origin):
        message = Message(f"没有 `{origin}` 这种来源", f"`{origin}` is not an origin")
        raise value.fault("UNKNOWN_ORIGIN", message, use_one_of(get_args(Origin)))
    return origin


def _read_proof(value: Value, words: Lexicon) -> str:
    proof = value.text()
    words.check_term(value, "documents", proof)
    return proof


def _check_origin(name: str, value: Value, fields: Mapping[str, Value], read: Mapping[str, Any]) -> None:
    """Check that a fact's name, count, proof and type fit its origin."""
    origin, count = read["origin"], read.get("count")
    if ("count" in fields) != (origin == "counted"):
        message = Message("`count:` 与 `origin: counted` 应一并使用", "`count:` and `origin: counted` belong together")
        value.fault("BAD_COUNT", message, Message("加上或删去 `count:`", "add or remove `count:`"))
    if (origin == "declared") != name.startswith("declared."):
        message = Message(
            f"`{name}`：申报的事实应以 `declared.` 开头，其他事实不得以它开头",
            f"`{name}`: declared facts, and only they, are named declared.…",
        )
        value.fault("BAD_NAME", message, Message("更改事实的名称", "rename the fact"))
    if origin == "chosen" and name.startswith("choice.") and not read.get("optional", False):
        message = Message(f"`{name}` 并非必选，因此可能没有值", f"nobody need choose `{name}`, so it can be absent")
        value.fault("MISSING_KEY", message, Message("加上 `optional: true`", "add `optional: true`"))
    if "proof" in fields and origin != "declared":
        message = Message("只有申报的事实才有证明", "only a declared fact has a proof")
        fields["proof"].fault("UNKNOWN_KEY", message, Message("删去 `proof:`", "remove `proof:`"))
    if count is not None and read["type"].kind not in ((Kind.DATE, Kind.MOMENT) if count.latest else (Kind.INTEGER,)):
        message = Message(
            "计数的类型是 `integer`，带 `latest` 的是 `date` 或 `moment`",
            "a count is an integer, a `latest` is a date or a moment",
        )
        fields["type"].fault("BAD_COUNT", message, Message("更改类型", "change the type"))


def _check_provided(name: str, fields: Mapping[str, Value], origin: str) -> None:
    """Check that the software knows a fact that it would have to know, or every decision that reads it would fail."""
    if not is_provided(name, origin):
        message = Message(f"软件不提供事实 `{name}`", f"the software does not provide the fact `{name}`")
        remedy = Message(
            "改为申报的事实（`declared.…`）、计数的事实或选择（`choice.…`），或请开发人员加上",
            "make it a declared fact (`declared.…`), a counted one or a choice (`choice.…`), or have it added to the software",
        )
        fields["origin"].fault("FACT_NOT_PROVIDED", message, remedy)


def check_fact_types(names: Iterable[str], words: Lexicon, log: FaultLog) -> None:
    """Record facts whose vocabulary is missing, and facts with the name of a term's attribute."""
    for name in sorted(names):
        definition = words.facts[name]
        of = definition.type.of
        if of is not None and of not in words.vocabularies:
            remedy = did_you_mean(of, words.vocabularies)
            missed, lost = f"vocabulary {of}", frozenset({f"fact {name}"})
            log.add(definition.place, "UNKNOWN_VOCABULARY", no_vocabulary(of), remedy, missed, lost=lost)
            del words.facts[name]
        holder, _, attribute = name.rpartition(".")
        parent = words.facts.get(holder)
        vocabulary = words.vocabularies.get(parent.type.of or "") if parent else None
        if parent is not None and parent.type.kind is Kind.MOMENT and attribute in MOMENT_PARTS:
            message = Message(
                f"`{name}` 已表示 `{holder}` 这一时点的 `{attribute}`",
                f"`{name}` is the {attribute} of the moment in `{holder}`",
            )
            log.add(definition.place, "DUPLICATE_DEFINITION", message, ANOTHER_NAME)
        if vocabulary is not None and attribute in vocabulary.attributes:
            message = Message(
                f"`{name}` 已表示 `{holder}`（`{vocabulary.name}`）的属性 `{attribute}`",
                f"`{name}` is the attribute `{attribute}` of the {vocabulary.name} in `{holder}`",
            )
            log.add(definition.place, "DUPLICATE_DEFINITION", message, ANOTHER_NAME)
