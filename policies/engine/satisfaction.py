"""Whether what was brought along satisfies what is required."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any

from domain.decision import Need
from domain.duration import Duration, WorkingCalendar, move_date
from domain.evidence import DocumentEvidence, Evidence
from domain.message import Message
from policies.engine.facts import required_value
from policies.language.outcomes.needs import NeedSpec
from policies.language.values import show_duration
from policies.language.vocabulary import Lexicon

MILLIMETRES_PER_INCH = Fraction(254, 10)
"""A fraction: in binary floating point, 330 pixels at 254 DPI are a little less than 33 mm."""
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


def check_need(
    spec: NeedSpec,
    evidence: Evidence,
    facts: Mapping[str, Any],
    settings: Mapping[str, Any],
    words: Lexicon,
    on: date,
    calendar: WorkingCalendar,
) -> Need:
    """Say whether one need is satisfied, and if something was given that does not do, why.

    Args:
        spec: what the rule asks for; evidence: what is at hand.
        facts, settings: for the operands of a document's specification.
        words: for labels; on: the day, for how old a document may be; calendar: for what is moved by working days.
    """
    label = words.label(f"{spec.kind}s", spec.name)
    specified = spec.specification.items()
    wanted = {key: required_value(operand, facts, settings, calendar) for key, operand in specified}
    if spec.kind == "proof":
        return Need("proof", spec.name, label, {}, spec.name in evidence.proofs)
    if spec.kind == "detail":
        return Need("detail", spec.name, label, {}, bool(evidence.details.get(spec.name, "").strip()))
    problems = [
        problem_with(document, wanted, words, on, calendar)
        for document in evidence.documents
        if document.type == spec.name
    ]
    satisfied = any(problem is None for problem in problems)
    return Need("document", spec.name, label, wanted, satisfied, None if satisfied or not problems else problems[-1])


def problem_with(
    document: DocumentEvidence, wanted: Mapping[str, Any], words: Lexicon, on: date, calendar: WorkingCalendar
) -> Message | None:
    """Return everything about a document that is not as it must be, in one sentence, or None.

    Sizes in millimetres are computed from pixels and resolution; an original seen at a window has no file to measure,
    so it satisfies only what asks for nothing more than the document.
    """
    label = words.label("documents", document.type)
    if document.sighted and document.id is None:
        if not wanted:
            return None
        return Message(
            f"请提供{label.zh}的电子件，以便核对规格。",
            f"A file of the {label.en} is needed, so that its specification can be checked.",
        )
    asked = _Asked(document, wanted, words, on, calendar)
    found = [problem for key in wanted if (problem := asked.problem(key)) is not None]
    if not found:
        return None
    return Message(
        f"{label.zh}不符合要求：{'；'.join(m.zh for m in found)}。",
        f"The {label.en} is not as required: {'; '.join(m.en for m in found)}.",
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A document, and what is asked of it."""

    document: DocumentEvidence
    wanted: Mapping[str, Any]
    words: Lexicon
    on: date
    calendar: WorkingCalendar

    def problem(self, key: str) -> Message | None:
        """Say what is wrong with one property, and what to do about it."""
        value, document = self.wanted[key], self.document
        if key in ("width_px", "height_px", "dpi"):
            actual = getattr(document, key)
            return None if actual == value else _measured(key, actual, _with_unit(key, value))
        if key == "min_dpi":
            least = _with_unit("dpi", value)
            at_least = Message(f"不低于{least.zh}", f"at least {least.en}")
            return None if (document.dpi or 0) >= value else _measured("dpi", document.dpi, at_least)
        if key in ("width_mm", "height_mm"):
            return self._millimetres(key, value)
        if key == "max_bytes":
            return _too_large(document.size_bytes, value)
        if key == "colour":
            return None if document.colour is value else _colour(value)
        if key == "background":
            return None if document.background == value else self._background(value)
        if key == "formats":
            return None if document.format in value else self._format(value)
        if key == "taken_within":
            return self._fresh(value)
        return None  # tolerance_mm is part of the sizes

    def _millimetres(self, key: str, value: int) -> Message | None:
        document, tolerance = self.document, self.wanted.get("tolerance_mm", 0)
        pixels = document.width_px if key == "width_mm" else document.height_px
        if pixels is None or not document.dpi:
            return _UNREADABLE_SIZE
        # Compared in whole numbers: every decision measures each photo, and fractions take ten times as long.
        length, unit = pixels * MILLIMETRES_PER_INCH.numerator, document.dpi * MILLIMETRES_PER_INCH.denominator
        if abs(length - value * unit) <= tolerance * unit:
            return None
        should = _with_unit(key, value)
        if tolerance:
            allowed = _with_unit(key, tolerance)
            should = Message(f"{should.zh}（允许相差{allowed.zh}）", f"{should.en} (give or take {allowed.en})")
        return _measured(key, _shown(Fraction(length, unit), value, tolerance), should)

    def _background(self, value: str) -> Message:
        should = self.words.label("backgrounds", value)
        return Message(f"背景不是{should.zh}，请换{should.zh}的", f"its background is not {should.en}; use one that is")

    def _format(self, value: tuple[str, ...]) -> Message:
        labels = [self.words.label("file_formats", name) for name in value]
        zh, en = "或".join(label.zh for label in labels), " or ".join(label.en for label in labels)
        return Message(f"文件格式不对，请用{zh}", f"its format is not accepted; use {en}")

    def _fresh(self, value: Duration) -> Message | None:
        taken_on = self.document.taken_on
        if taken_on is not None and taken_on >= move_date(self.on, value, self.calendar, backwards=True):
            return None
        shown = show_duration(value)
        return Message(f"请用最近{shown.zh}内的", f"use one that is no older than {shown.en}")


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


def _too_large(actual: int | None, most: int) -> Message | None:
    if actual is not None and actual <= most:
        return None
    zh, en = f"文件应不超过{_kilobytes(most)}", f"its file should have at most {_kilobytes(most)}"
    if actual is None:
        return Message(zh, en)
    return Message(f"文件有{_kilobytes(actual)}，应不超过{_kilobytes(most)}", f"{en}, not {_kilobytes(actual)}")


def _kilobytes(size: int) -> str:
    """Show a size, rounded up: what is over a limit never reads like the limit."""
    return f"{ceil(size * 10 / 1024) / 10:g}KB"


def _colour(wanted: bool) -> Message:
    if wanted:
        return Message("不是彩色的，请换彩色的", "it is not in colour; use one that is")
    return Message("不是黑白的，请换黑白的", "it is not black and white; use one that is")


def declaration_needs(name: str, value: Any, words: Lexicon, evidence: Evidence) -> Need | None:
    """Return the document that a declaration must be proven with, or None.

    A declared False and a known-absent value claim nothing, so they need no proof.
    """
    definition = words.fact(name)
    if definition is None or definition.proof is None or value is None or value is False:
        return None
    satisfied = any(document.type == definition.proof for document in evidence.documents)
    return Need("document", definition.proof, words.label("documents", definition.proof), {}, satisfied)
