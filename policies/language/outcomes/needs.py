"""Needs, which `require` asks for: proofs, documents (to a specification) and details, and how they are combined."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.message import Message, joined
from policies.language.conditions import Operand, Scope, cannot_move, read_operand
from policies.language.json_schema import Definitions, Schema, fields, items
from policies.language.outcomes.outcome import Phrasing, operand_reader, read_term
from policies.language.values import Kind, ValueType
from policies.source.faults import Unreadable
from policies.source.reader import Value, read_all, read_each, read_items

MAX_ALTERNATIVES = 32
TAKEN_WITHIN = "taken_within"
_NEEDS = ("proof", "document", "detail", "one_of", "all_of")

SPECIFICATION: Mapping[str, ValueType] = {
    "width_px": ValueType(Kind.INTEGER),
    "height_px": ValueType(Kind.INTEGER),
    "width_mm": ValueType(Kind.INTEGER),
    "height_mm": ValueType(Kind.INTEGER),
    "tolerance_mm": ValueType(Kind.INTEGER),
    "dpi": ValueType(Kind.INTEGER),
    "min_dpi": ValueType(Kind.INTEGER),
    "max_bytes": ValueType(Kind.INTEGER),
    "colour": ValueType(Kind.BOOLEAN),
    "background": ValueType(Kind.TERM, "backgrounds"),
    "formats": ValueType(Kind.TERMS, "file_formats"),
    TAKEN_WITHIN: ValueType(Kind.DURATION),
}
"""What a document can be asked to be, and the type of each."""

SPECIFIED: Mapping[str, Message] = {
    "width_px": Message("宽度（像素）：{}", "width in pixels: {}"),
    "height_px": Message("高度（像素）：{}", "height in pixels: {}"),
    "width_mm": Message("宽度（毫米）：{}", "width in mm: {}"),
    "height_mm": Message("高度（毫米）：{}", "height in mm: {}"),
    "tolerance_mm": Message("允许相差（毫米）：{}", "give or take, in mm: {}"),
    "dpi": Message("分辨率（DPI）：{}", "resolution in DPI: {}"),
    "min_dpi": Message("分辨率不低于（DPI）：{}", "resolution in DPI, at least: {}"),
    "max_bytes": Message("文件大小不超过（字节）：{}", "size of the file in bytes, at most: {}"),
    "colour": Message("彩色：{}", "in colour: {}"),
    "background": Message("背景：{}", "background: {}"),
    "formats": Message("文件格式：{}", "format: {}"),
    "taken_within": Message("拍摄不超过：{}", "taken within: {}"),
}
"""What a document can be asked to be, as people read it."""


@dataclass(frozen=True, slots=True)
class NeedSpec:
    """One thing asked for: a proof, a document (to a specification) or a detail."""

    kind: str
    name: str
    specification: Mapping[str, Operand]

    def label(self, wording: Phrasing) -> Message:
        """Return what people call it."""
        return wording.label(f"{self.kind}s", self.name)

    def stated(self, wording: Phrasing) -> Message:
        """Name it, with its specification."""
        label = self.label(wording)
        if not self.specification:
            return label
        specified = joined((_specified(*entry, wording) for entry in self.specification.items()), "；", "; ")
        return Message(f"{label.zh}（{specified.zh}）", f"{label.en} [{specified.en}]")


def _specified(name: str, operand: Operand, wording: Phrasing) -> Message:
    shown, told = wording.operand(operand, SPECIFICATION[name]), SPECIFIED[name]
    return Message(told.zh.replace("{}", shown.zh), told.en.replace("{}", shown.en))


def read_needs(value: Value, scope: Scope) -> list[tuple[NeedSpec, ...]]:
    """Read a tree of needs into its alternatives (disjunctive normal form)."""
    if value.is_list:
        return _combine(value, scope)
    fields = value.fields((), (*_NEEDS, "specification"))
    given = [key for key in fields if key != "specification"]
    if len(given) != 1:
        message = Message(
            f"应写其中之一：{'、'.join(f'`{word}`' for word in _NEEDS)}", f"expected one of {', '.join(_NEEDS)}"
        )
        remedy = Message(
            "只写其中一个；有几个的，分列为列表项",
            "write one of them; where there are several, make each an item of a list",
        )
        raise value.fault("BAD_REQUIREMENT", message, remedy)
    key, spec = given[0], fields[given[0]]
    if key == "all_of":
        return _combine(spec, scope)
    if key == "one_of":
        return _at_most(spec, [alternative for needs in _read_each_need(spec, scope) for alternative in needs])
    read = read_each(fields, {key: lambda item: read_term(item, f"{key}s", scope)})
    specification = _read_specification(key, fields["specification"], scope) if "specification" in fields else {}
    if key not in read:
        raise Unreadable
    return [(NeedSpec(key, read[key], specification),)]


def _read_specification(key: str, value: Value, scope: Scope) -> dict[str, Operand]:
    if key != "document":
        message = Message(
            f"`{key}` 没有规格要求，只有 `document` 才有", f"a {key} has no specification, only a document has"
        )
        raise value.fault("UNKNOWN_KEY", message, Message("删去此项", "remove it"))
    fields = value.fields((), tuple(SPECIFICATION))
    readers = {name: operand_reader(SPECIFICATION[name], scope) for name in fields}
    if TAKEN_WITHIN in fields:
        readers[TAKEN_WITHIN] = lambda item: _read_taken_within(item, scope)
    return read_all(fields, readers)


def _read_taken_within(value: Value, scope: Scope) -> Operand:
    operand = read_operand(value, SPECIFICATION[TAKEN_WITHIN], scope)
    remedy = cannot_move(Kind.DATE, operand.value) if operand.source == "literal" else None
    if remedy is not None:
        message = Message(
            f"拍摄时间不能以 `{operand.value}` 为限", f"a document cannot be taken within {operand.value}"
        )
        raise value.fault("BAD_OPERAND", message, remedy)
    return operand


def _read_each_need(value: Value, scope: Scope) -> list[list[tuple[NeedSpec, ...]]]:
    """Read the items of a list of needs, recording the faults of all before giving up."""
    items = value.items()
    if not items:
        message = Message("没有要求任何内容", "requires nothing")
        raise value.fault("BAD_REQUIREMENT", message, Message("至少写明一项", "name at least one thing"))
    found = read_items(value, lambda item: read_needs(item, scope))
    if len(found) < len(items):
        raise Unreadable
    return found


def _combine(value: Value, scope: Scope) -> list[tuple[NeedSpec, ...]]:
    found: list[tuple[NeedSpec, ...]] = [()]
    for needs in _read_each_need(value, scope):
        found = _at_most(value, [done + more for more in needs for done in found])
    return found


def _at_most(value: Value, found: list[tuple[NeedSpec, ...]]) -> list[tuple[NeedSpec, ...]]:
    if len(found) > MAX_ALTERNATIVES:
        message = Message(
            f"备选方案有{len(found)}种，允许1至{MAX_ALTERNATIVES}种",
            f"{len(found)} alternatives; 1 to {MAX_ALTERNATIVES} are possible",
        )
        raise value.fault("BAD_REQUIREMENT", message, Message("把本规则拆开", "split the rule"))
    return found


def needs_schema(known: Definitions) -> Schema:
    """Return the JSON Schema of a tree of needs."""
    if "needs" not in known.defined:
        known.defined["needs"] = {}  # needs stand in needs
        inner = {"$ref": "#/$defs/needs"}
        specified = fields((), **{name: known.operand(of_type) for name, of_type in SPECIFICATION.items()})
        one = [
            fields(("proof",), proof=known.term("proofs")),
            fields(("detail",), detail=known.term("details")),
            fields(("document",), document=known.term("documents"), specification=specified),
            fields(("all_of",), all_of=items(inner)),
            fields(("one_of",), one_of=items(inner)),
        ]
        known.defined["needs"] = {"anyOf": [items(inner), *one]}
    return {"$ref": "#/$defs/needs"}
