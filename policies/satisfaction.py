"""Whether what was brought along satisfies what is required."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Any

from domain.decision import Need
from domain.duration import Duration, WorkingCalendar, move_date
from domain.evidence import DocumentEvidence, Evidence
from domain.message import Message
from policies.facts import required_value
from policies.outcomes import NeedSpec
from policies.values import show_duration
from policies.vocabulary import Words

MILLIMETRES_PER_INCH = Fraction(254, 10)
"""A fraction: in binary floating point, 330 pixels at 254 DPI are a little less than 33 mm."""

_UNREADABLE_SIZE = Message("图像未注明分辨率，无法换算尺寸", "the image states no resolution, so its size is unknown")


def check_need(
    spec: NeedSpec,
    evidence: Evidence,
    facts: Mapping[str, Any],
    settings: Mapping[str, Any],
    words: Words,
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
        problem_with(document, wanted, on, calendar) for document in evidence.documents if document.type == spec.name
    ]
    satisfied = any(problem is None for problem in problems)
    return Need("document", spec.name, label, wanted, satisfied, None if satisfied or not problems else problems[-1])


def problem_with(
    document: DocumentEvidence, wanted: Mapping[str, Any], on: date, calendar: WorkingCalendar
) -> Message | None:
    """Return everything about a document that is not as it must be, in one message, or None.

    Sizes in millimetres are computed from pixels and resolution; an original seen at a window has no file to measure,
    so it satisfies only what asks for nothing more than the document.
    """
    if document.sighted and document.id is None:
        if not wanted:
            return None
        return Message("需提供电子件以核对规格", "a file is needed, so that its specification can be checked")
    found = [
        problem for key in wanted if (problem := _problem(key, wanted[key], document, wanted, on, calendar)) is not None
    ]
    if not found:
        return None
    return Message("；".join(m.zh for m in found), "; ".join(m.en for m in found))


def _problem(
    key: str,
    value: Any,
    document: DocumentEvidence,
    wanted: Mapping[str, Any],
    on: date,
    calendar: WorkingCalendar,
) -> Message | None:
    if key in ("width_px", "height_px", "dpi"):
        return _exactly(key, value, getattr(document, key))
    if key == "min_dpi":
        return None if (document.dpi or 0) >= value else _differs("分辨率", "resolution", document.dpi, f"≥{value} DPI")
    if key in ("width_mm", "height_mm"):
        return _millimetres(key, value, document, wanted.get("tolerance_mm", 0))
    if key == "max_bytes":
        return (
            None
            if document.size_bytes is not None and document.size_bytes <= value
            else _differs("文件大小", "size", document.size_bytes, f"≤{value}")
        )
    if key == "colour":
        return None if document.colour is value else _differs("色彩", "colour", document.colour, value)
    if key == "background":
        return None if document.background == value else _differs("背景", "background", document.background, value)
    if key == "formats":
        return None if document.format in value else _differs("格式", "format", document.format, "/".join(value))
    if key == "taken_within":
        return _fresh(value, document, on, calendar)
    return None  # tolerance_mm is part of the sizes


def _exactly(key: str, value: int, actual: int | None) -> Message | None:
    names = {"width_px": ("宽度", "width in px"), "height_px": ("高度", "height in px"), "dpi": ("分辨率", "DPI")}
    return None if actual == value else _differs(*names[key], actual, value)


def _millimetres(key: str, value: int, document: DocumentEvidence, tolerance: int) -> Message | None:
    pixels = document.width_px if key == "width_mm" else document.height_px
    if pixels is None or not document.dpi:
        return _UNREADABLE_SIZE
    actual = Fraction(pixels, document.dpi) * MILLIMETRES_PER_INCH
    if abs(actual - value) <= tolerance:
        return None
    zh, en = ("宽度", "width") if key == "width_mm" else ("高度", "height")
    return _differs(zh, en, f"{_shown(actual, value, tolerance)} mm", f"{value}±{tolerance} mm")


def _shown(actual: Fraction, value: int, tolerance: int) -> str:
    """Write a size that does not fit with one decimal place, or as many as it takes to be seen not to fit."""
    places = next(n for n in count(1) if abs(round(actual, n) - value) > tolerance)
    return f"{Decimal(int(round(actual, places) * 10**places)).scaleb(-places):f}"


def _fresh(value: Duration, document: DocumentEvidence, on: date, calendar: WorkingCalendar) -> Message | None:
    if document.taken_on is not None and document.taken_on >= move_date(on, value, calendar, backwards=True):
        return None
    shown = show_duration(value)
    return Message(f"须为近{shown.zh}内的", f"must be no older than {shown.en}")


def _differs(zh: str, en: str, actual: object, wanted: object) -> Message:
    actual_zh, actual_en = ("未知", "unknown") if actual is None else (actual, actual)
    return Message(f"{zh}为{actual_zh}，要求{wanted}", f"{en} is {actual_en}, must be {wanted}")


def declaration_needs(name: str, value: Any, words: Words, evidence: Evidence) -> Need | None:
    """Return the document that a declaration must be proven with, or None.

    A declared False and a known-absent value claim nothing, so they need no proof.
    """
    definition = words.fact(name)
    if definition is None or definition.proof is None or value is None or value is False:
        return None
    satisfied = any(document.type == definition.proof for document in evidence.documents)
    return Need("document", definition.proof, words.label("documents", definition.proof), {}, satisfied)
