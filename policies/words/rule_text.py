"""Rules as they are written, in words: their conditions and outcomes without any request, from the labels of the words.

`wording` says what a test saw of the facts at hand; here there are none, and what is said is what the rule says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.fee import Due
from domain.message import Message
from policies.language import outcomes
from policies.language.conditions import AllOf, Condition, Not, Op, Operand, Test, push_negations
from policies.language.outcomes import SPECIFICATION, ChargeSpec, LapseSpec, NeedSpec, PromiseSpec, Require, RouteSpec
from policies.language.values import Kind, ValueType
from policies.words.wording import Wording, joined

PAYERS: Mapping[str, Message] = {
    "holder": Message("持卡人", "the holder"),
    "bank": Message("银行", "the bank"),
    "government": Message("财政", "the government"),
}
"""Who bears a fee, as people read it."""
DUES: Mapping[Due, Message] = {
    Due.BEFORE: Message("，先缴费后办理", ", before it is done"),
    Due.AFTER: Message("，先办理后缴费", ", after it is done"),
}
"""When a fee is paid, as people read it."""

_ALL = Message("同时满足：", "all of these:")
_ANY = Message("满足其一：", "one of these:")
_MONEY = ValueType(Kind.MONEY)
_DURATION = ValueType(Kind.DURATION)


@dataclass(frozen=True, slots=True)
class StatedGroup:
    """Conditions of which all must hold, or one."""

    all: bool
    parts: "tuple[Stated, ...]"


Stated = Message | StatedGroup
"""A condition in words: one test, or a group of them."""


def stated_condition(condition: Condition, wording: Wording) -> Stated:
    """Say a condition as it is written; `not` is said of each test within."""
    return _stated(push_negations(condition), wording)


def _stated(condition: Condition, wording: Wording) -> Stated:
    if isinstance(condition, Test):
        return stated_test(condition, wording)
    of_all = isinstance(condition, AllOf)  # of `Not`, none is left
    inner = () if isinstance(condition, Not) else condition.parts
    parts: list[Stated] = []
    for part in (_stated(each, wording) for each in inner):
        if isinstance(part, StatedGroup) and part.all is of_all:
            parts.extend(part.parts)
        else:
            parts.append(part)
    return StatedGroup(of_all, tuple(parts))


def stated_test(test: Test, wording: Wording) -> Message:
    """Say one test as it is written."""
    if test.op in (Op.PRESENT, Op.ABSENT):
        return wording.there(test.fact, test.op)
    label, op = wording.fact(test.fact), test.op
    if test.type.kind is Kind.BOOLEAN and test.operand is not None and test.operand.source == "literal":
        value = test.operand.value if op is Op.EQ else not test.operand.value
        shown = wording.show(value, test.type)
        return Message(f"{label.zh}：{shown.zh}", f"{label.en}: {shown.en}")
    told = wording.compared(op, test)
    return Message(f"{label.zh}{told.zh}", f"the {label.en} {told.en}")


def lines_of(stated: Stated, depth: int = 0) -> Iterator[tuple[int, Message]]:
    """Yield a condition a line a test, each with how deep it is nested."""
    if isinstance(stated, Message):
        yield depth, stated
        return
    if depth or not stated.all:
        yield depth, _ALL if stated.all else _ANY
        depth += 1
    for part in stated.parts:
        yield from lines_of(part, depth)


def stated_outcome(rule_outcome: outcomes.Outcome, wording: Wording) -> Message | None:
    """Say what a rule does as it is written; None where only its message says it."""
    if isinstance(rule_outcome, Require):
        return _required(rule_outcome, wording)
    if isinstance(rule_outcome, ChargeSpec):
        return _charged(rule_outcome, wording)
    if isinstance(rule_outcome, outcomes.Waive | outcomes.RefundSpec):
        return wording.words.label("fees", rule_outcome.fee)
    if isinstance(rule_outcome, PromiseSpec):
        return _promised(rule_outcome, wording)
    if isinstance(rule_outcome, LapseSpec):
        return _lapsing(rule_outcome, wording)
    if isinstance(rule_outcome, RouteSpec):
        return _routed(rule_outcome, wording)
    if isinstance(rule_outcome, outcomes.Archive):
        return joined((wording.words.label("documents", name) for name in rule_outcome.documents), "、", ", ")
    if isinstance(rule_outcome, outcomes.Tell) and rule_outcome.contact is not None:
        return Message(f"联系：{rule_outcome.contact}", f"contact {rule_outcome.contact}")
    return None


def _required(outcome: Require, wording: Wording) -> Message:
    sets = (joined((_need(need, wording) for need in needs), "、", " and ") for needs in outcome.alternatives)
    return joined(sets, "；或者", ", or ")


def _need(need: NeedSpec, wording: Wording) -> Message:
    label = wording.words.label(f"{need.kind}s", need.name)
    if not need.specification:
        return label
    specified = joined((_specified(name, operand, wording) for name, operand in need.specification.items()), "；", "; ")
    return Message(f"{label.zh}（{specified.zh}）", f"{label.en} [{specified.en}]")


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


def _specified(name: str, operand: Operand, wording: Wording) -> Message:
    shown, told = wording.operand(operand, SPECIFICATION[name]), SPECIFIED[name]
    return Message(told.zh.replace("{}", shown.zh), told.en.replace("{}", shown.en))


def terms_of(due: Due | None, *, refundable: bool) -> Iterator[Message]:
    """Yield what is said of a charge beside who bears it, each to be put behind it."""
    if due is not None:
        yield DUES[due]
    if refundable:
        yield Message("，可退", ", refundable")


def _charged(outcome: ChargeSpec, wording: Wording) -> Message:
    fee, amount = wording.words.label("fees", outcome.fee), wording.operand(outcome.amount, _MONEY)
    payer = PAYERS[outcome.payer]
    more = joined(terms_of(outcome.due, refundable=outcome.refundable), "", "")
    return Message(
        f"{fee.zh}，{amount.zh}，由{payer.zh}承担{more.zh}", f"{fee.en}, {amount.en}, paid by {payer.en}{more.en}"
    )


def _promised(outcome: PromiseSpec, wording: Wording) -> Message:
    what, within = wording.words.label("promises", outcome.what), wording.operand(outcome.within, _DURATION)
    since = wording.words.label("moments", outcome.counted_from)
    return Message(f"{what.zh}：从{since.zh}算起，{within.zh}", f"{what.en}, {within.en}, counted from {since.en}")


def _lapsing(outcome: LapseSpec, wording: Wording) -> Message:
    ends, becomes = (wording.words.label("lapsing_states", name) for name in (outcome.state, outcome.becomes))
    after = wording.operand(outcome.after, _DURATION)
    if outcome.at_once:
        return Message(f"“{ends.zh}”即时变为“{becomes.zh}”", f"{ends.en} becomes {becomes.en} by itself, at once")
    return Message(
        f"“{ends.zh}”满{after.zh}，自动变为“{becomes.zh}”",
        f"{ends.en} becomes {becomes.en} by itself, after {after.en}",
    )


def _routed(outcome: RouteSpec, wording: Wording) -> Message:
    label, definition = wording.fact(outcome.choice), wording.policy.fact(outcome.choice)
    if definition is None:
        return label
    if outcome.open is not None:
        listed = outcome.open.source == "literal" and isinstance(outcome.open.value, tuple)
        shown = (
            wording.show(outcome.open.value, definition.type)
            if listed
            else wording.operand(outcome.open, definition.type)
        )
        return Message(f"{label.zh}：{shown.zh}", f"{label.en}: {shown.en}")
    narrowed = joined(
        (_attribute(outcome.choice, name, operand, wording) for name, operand in outcome.where.items()), "，且", " and "
    )
    return Message(f"{label.zh}：符合以下条件的：{narrowed.zh}", f"{label.en}: those of which {narrowed.en}")


def _attribute(choice: str, name: str, operand: Operand, wording: Wording) -> Message:
    definition = wording.policy.fact(f"{choice}.{name}")
    if definition is None:
        return Message(name, name)
    return stated_test(Test(definition.name, definition.type, Op.EQ, operand), wording)
