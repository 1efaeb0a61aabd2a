"""Whether what was brought along satisfies what is required."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any, NamedTuple

from domain.decision import Need
from domain.duration import Duration, WorkingCalendar, move_date
from domain.evidence import DocumentEvidence
from domain.message import Message
from policies.engine.facts import CompletedFacts, is_settled, required_value, settled_value
from policies.language.outcomes.needs import NeedSpec
from policies.language.values import show_duration
from policies.language.vocabulary import FactDefinition, Lexicon

MILLIMETRES_PER_INCH = Fraction(254, 10)
"""A fraction: in binary floating point, 330 pixels at 254 DPI are a little less than 33 mm."""
_INCH_OVER, _INCH_UNDER = MILLIMETRES_PER_INCH.numerator, MILLIMETRES_PER_INCH.denominator
MOST_PLACES = 12
"""Decimal places of a size that is told: sizes of whole pixels and dots per inch differ from a bound long before."""

_NAMES: Mapping[str, Message] = {
    "width_px": Message("宽", "its width"),
    "height_px": Message("高", "its height"),
    "width_mm": Message("宽", "its width"),
    "height_mm": Message("高", "its height"),
    "dpi": Message("分辨率", "its resolution"),
}
_UNITS: Mapping[str, Message] = {
    "width_px": Message("像素", " pixels"),
    "height_px": Message("像素", " pixels"),
    "width_mm": Message("毫米", " mm"),
    "height_mm": Message("毫米", " mm"),
    "dpi": Message("DPI", " DPI"),
}
_UNREADABLE_SIZE = Message(
    "图像没有注明分辨率，无法换算尺寸，请换一张注明分辨率的",
    "it states no resolution, so its size is unknown; use one that states it",
)


Met = bool | Message
"""Whether a need is satisfied; where something was given that does not do, why."""


class NeedCheck:
    """One need of a rule, ready to be held to what was brought along.

    Args of what it holds:
        look: a function of a request that says whether the need is satisfied.
        is_settled: whether no fact has a say in what is asked for.
        key: what it is made of, by which equal ones can be found; None where facts have a say.
    """

    __slots__ = ("__weakref__", "_label", "_missing", "_spec", "_there", "_wanted", "is_settled", "key", "look")

    def __init__(self, spec: NeedSpec, label: Message, settings: Mapping[str, Any]) -> None:
        """Prepare a need.

        Args:
            spec: what the rule asks for; label: what people call it; settings: in force.
        """
        wanted: dict[str, Any] | None = None
        if all(map(is_settled, spec.specification.values())):
            wanted = {key: settled_value(operand, settings) for key, operand in spec.specification.items()}
        self._spec, self._label, self._wanted = spec, label, wanted
        self.is_settled = wanted is not None
        self.key = (spec.kind, spec.name, label, *_typed(wanted)) if wanted is not None else None
        self._there, self._missing = (
            Need(spec.kind, spec.name, label, wanted or {}, satisfied) for satisfied in (True, False)
        )
        self.look = _look(spec, wanted)

    def need(self, met: Met, reading: CompletedFacts) -> Need:
        """Return what a decision says of the need."""
        if self._wanted is not None and isinstance(met, bool):
            return self._there if met else self._missing
        problem = met if isinstance(met, Message) else None
        wanted = self._wanted if self._wanted is not None else _specified(self._spec, reading)
        return Need(self._spec.kind, self._spec.name, self._label, wanted, met is True, problem)


def _typed(wanted: Mapping[str, Any]) -> Iterator[tuple[str, type, Any]]:
    return ((name, type(value), value) for name, value in wanted.items())


def _look(spec: NeedSpec, settled: Mapping[str, Any] | None) -> Callable[[CompletedFacts], Met]:
    """Return whether a need is satisfied.

    Args:
        settled: what a document must be; None where that depends on the facts.
    """
    name = spec.name
    if spec.kind == "proof":
        return lambda reading: name in reading.evidence.proofs
    if spec.kind == "detail":
        return lambda reading: bool(reading.evidence.details.get(name, "").strip())

    def document(reading: CompletedFacts) -> Met:
        wanted = settled if settled is not None else _specified(spec, reading)
        found: Met = False
        for each in reading.evidence.documents:
            if each.type == name:
                problem = problem_with(each, wanted, reading.policy.words, reading.on, reading.days)
                found = found if found is True else True if problem is None else problem
        return found

    return document


def _specified(spec: NeedSpec, reading: CompletedFacts) -> Mapping[str, Any]:
    """Return what a document must be for a request."""
    specified = spec.specification.items()
    return {key: required_value(o, reading.facts, reading.settings, reading.days) for key, o in specified}


def problem_with(
    document: DocumentEvidence, wanted: Mapping[str, Any], words: Lexicon, on: date, calendar: WorkingCalendar
) -> Message | None:
    """Return everything about a document that is not as it must be, in one sentence, or None.

    Sizes in millimetres are computed from pixels and resolution; an original seen at a window has no file to measure,
    so it satisfies only what asks for nothing more than the document.

    Args:
        wanted: what it must be; words: for labels.
        on: the day, for how old it may be; calendar: for what is moved by working days.
    """
    if document.sighted and document.id is None:
        if not wanted:
            return None
        label = words.label("documents", document.type)
        return Message(
            f"请提供{label.zh}的电子件，以便核对规格。",
            f"A file of the {label.en} is needed, so that its specification can be checked.",
        )
    asked = _Asked(wanted, words, on, calendar)
    found = [problem for key, value in wanted.items() if (problem := _PROBLEMS[key](document, value, asked))]
    if not found:
        return None
    label = words.label("documents", document.type)
    return Message(
        f"{label.zh}不符合要求：{'；'.join(m.zh for m in found)}。",
        f"The {label.en} is not as required: {'; '.join(m.en for m in found)}.",
    )


class _Asked(NamedTuple):
    """What is asked of a document, and of whom."""

    wanted: Mapping[str, Any]
    words: Lexicon
    on: date
    calendar: WorkingCalendar


def _exactly(key: str) -> "_Problem":
    def problem(document: DocumentEvidence, value: int, asked: _Asked) -> Message | None:
        actual = getattr(document, key)
        return None if actual == value else _measured(key, actual, _with_unit(key, value))

    return problem


def _at_least(document: DocumentEvidence, value: int, asked: _Asked) -> Message | None:
    if (document.dpi or 0) >= value:
        return None
    least = _with_unit("dpi", value)
    return _measured("dpi", document.dpi, Message(f"不低于{least.zh}", f"at least {least.en}"))


def _millimetres(key: str, pixels_of: Callable[[DocumentEvidence], int | None]) -> "_Problem":
    def problem(document: DocumentEvidence, value: int, asked: _Asked) -> Message | None:
        tolerance, pixels = asked.wanted.get("tolerance_mm", 0), pixels_of(document)
        if pixels is None or not document.dpi:
            return _UNREADABLE_SIZE
        # Compared in whole numbers: every decision measures each photo, and fractions take ten times as long.
        length, unit = pixels * _INCH_OVER, document.dpi * _INCH_UNDER
        if abs(length - value * unit) <= tolerance * unit:
            return None
        should = _with_unit(key, value)
        if tolerance:
            allowed = _with_unit(key, tolerance)
            should = Message(f"{should.zh}（允许相差{allowed.zh}）", f"{should.en} (give or take {allowed.en})")
        return _measured(key, _shown(Fraction(length, unit), value, tolerance), should)

    return problem


def _colour(document: DocumentEvidence, value: bool, asked: _Asked) -> Message | None:
    if document.colour is value:
        return None
    if value:
        return Message("不是彩色的，请换彩色的", "it is not in colour; use one that is")
    return Message("不是黑白的，请换黑白的", "it is not black and white; use one that is")


def _background(document: DocumentEvidence, value: str, asked: _Asked) -> Message | None:
    if document.background == value:
        return None
    should = asked.words.label("backgrounds", value)
    return Message(f"背景不是{should.zh}，请换{should.zh}的", f"its background is not {should.en}; use one that is")


def _format(document: DocumentEvidence, value: tuple[str, ...], asked: _Asked) -> Message | None:
    if document.format in value:
        return None
    labels = [asked.words.label("file_formats", name) for name in value]
    zh, en = "或".join(label.zh for label in labels), " or ".join(label.en for label in labels)
    return Message(f"文件格式不对，请用{zh}", f"its format is not accepted; use {en}")


def _fresh(document: DocumentEvidence, value: Duration, asked: _Asked) -> Message | None:
    taken_on = document.taken_on
    if taken_on is not None and taken_on >= move_date(asked.on, value, asked.calendar, backwards=True):
        return None
    shown = show_duration(value)
    return Message(f"请用最近{shown.zh}内的", f"use one that is no older than {shown.en}")


def _size(document: DocumentEvidence, value: int, asked: _Asked) -> Message | None:
    actual = document.size_bytes
    return None if actual is not None and actual <= value else _too_large(actual, value)


_Problem = Callable[[DocumentEvidence, Any, _Asked], Message | None]
_PROBLEMS: Mapping[str, _Problem] = {
    "width_px": _exactly("width_px"),
    "height_px": _exactly("height_px"),
    "dpi": _exactly("dpi"),
    "min_dpi": _at_least,
    "width_mm": _millimetres("width_mm", lambda document: document.width_px),
    "height_mm": _millimetres("height_mm", lambda document: document.height_px),
    "tolerance_mm": lambda document, value, asked: None,  # part of the sizes
    "max_bytes": _size,
    "colour": _colour,
    "background": _background,
    "formats": _format,
    "taken_within": _fresh,
}
"""What is wrong with a document, and what to do about it, by each property that can be asked for."""


def _shown(actual: Fraction, value: int, tolerance: int) -> str:
    """Write a size that does not fit with one decimal place, or as many as it takes to be seen not to fit."""
    places = next((n for n in range(1, MOST_PLACES) if abs(round(actual, n) - value) > tolerance), MOST_PLACES)
    return f"{Decimal(int(round(actual, places) * 10**places)).scaleb(-places):f}"


def _with_unit(key: str, value: object) -> Message:
    return Message(f"{value}{_UNITS[key].zh}", f"{value}{_UNITS[key].en}")


def _measured(key: str, actual: object | None, should: Message) -> Message:
    """Say what was measured, None where it could not be, and what it should be."""
    name = _NAMES[key]
    if actual is None:
        return Message(f"{name.zh}不明，应为{should.zh}", f"{name.en} is unknown and should be {should.en}")
    found = _with_unit(key, actual)
    return Message(f"{name.zh}{found.zh}，应为{should.zh}", f"{name.en} is {found.en} and should be {should.en}")


def _too_large(actual: int | None, most: int) -> Message:
    zh, en = f"文件应不超过{_kilobytes(most)}", f"its file should have at most {_kilobytes(most)}"
    if actual is None:
        return Message(zh, en)
    return Message(f"文件有{_kilobytes(actual)}，应不超过{_kilobytes(most)}", f"{en}, not {_kilobytes(actual)}")


def _kilobytes(size: int) -> str:
    """Show a size, rounded up: what is over a limit never reads like the limit."""
    return f"{ceil(size * 10 / 1024) / 10:g}KB"


def declaration_need(definition: FactDefinition, label: Message) -> NeedCheck:
    """Return the document that a declaration must be proven with, whatever it is; its fact's definition names one."""
    assert definition.proof is not None  # noqa: S101 - only those with a proof are asked about
    return NeedCheck(NeedSpec("document", definition.proof, {}), label, {})


def must_be_proven(value: Any) -> bool:
    """Say whether a declaration claims anything: a declared False and a known-absent value need no proof."""
    return value is not None and value is not False
