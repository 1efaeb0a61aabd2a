"""How the Chinese that people read is checked: the rules of style that a machine can hold, and the names of `docs/terms.md`.

Texts are given as they stand in a message: `{name}` is a place that is filled in later, `code` in backticks is left out.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROPER = frozenset({"APP", "DPI", "JPEG", "PDF", "PNG"})
"""Latin words that people know by that name."""

_CODE = re.compile(r"`[^`\n]*`")
_PLACE = re.compile(r"\{\w+\}")
_HAN = r"\u3400-\u9fff〇"
_SOLID = rf"[{_HAN}0-9A-Za-z，。；：、（）“”‘’《》〔〕！？]"
_BLANK = re.compile(rf"(?<={_SOLID})[ \u3000]+(?={_SOLID})")
_HALF_WIDTH = re.compile(r"[,;!?()'\"<>\[\]]|(?<!\d)[.:]|[.:](?!\d)")
_LATIN = re.compile(r"[A-Za-z][A-Za-z_]*")
_ENDS = re.compile(r"[。！？][”）]?\Z")
_NEXT_STEP = re.compile(r"(?<!申)请(?!求)|(?<!不)可以|改用|拨打|不用")
_TABLE = re.compile(r"<!-- terms:.*?-->\n(.*?)<!-- end -->", re.DOTALL)
_TERMS = Path(__file__).parents[1] / "docs" / "terms.md"


def slips(text: str, proper: Iterable[str] = PROPER) -> list[str]:
    """Return what is wrong with the form of a Chinese text, one short sentence each; none if it is well written.

    Args:
        text: in Chinese.
        proper: Latin words that may stand in it.
    """
    # A number stands for what is filled in, and a sign of no kind for code, which may have blanks beside it.
    bare = _CODE.sub("\ufffc", _PLACE.sub("0", text))
    for name in sorted(proper, key=len, reverse=True):
        bare = re.sub(rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])", "A", bare)
    found = [f"{word!r} is no Chinese" for word in _LATIN.findall(bare) if word.strip("A")]
    found += [f"half-width {mark!r}" for mark in sorted(set(_HALF_WIDTH.findall(bare)))]
    if _BLANK.search(bare):
        found.append("a blank beside Chinese, a digit or a Latin letter")
    if bare != bare.strip():
        found.append("a blank at an end")
    return found + _quotes(bare)


def _quotes(text: str) -> list[str]:
    depth = 0
    for mark in re.findall("[“”]", text):
        depth += 1 if mark == "“" else -1
        if depth > 1:
            return ["a quote in a quote"]
        if depth < 0:
            break
    return ["quotes that do not match"] if depth else []


def unfinished(text: str) -> bool:
    """Say whether a message ends without the end of a sentence."""
    return not all(_ENDS.search(line) for line in text.splitlines())


def says_what_to_do(text: str) -> bool:
    """Say whether a refusal says what to do next: 请…, 可以…, 改用…, 拨打…, or that nothing needs doing (不用…)."""
    return bool(_NEXT_STEP.search(text))


@dataclass(frozen=True, slots=True)
class Term:
    """One row of the list of terms: the names to use, and those to use nowhere or not to citizens."""

    english: str
    names: frozenset[str]
    never: frozenset[str]
    not_to_citizens: frozenset[str]


@cache
def terms() -> tuple[Term, ...]:
    """Return the rows of `docs/terms.md`."""
    table = _TABLE.search(_TERMS.read_text("utf-8"))
    assert table, f"{_TERMS} has no table of terms"
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table[1].splitlines()[2:]]
    return tuple(
        Term(english, _names(citizens) | _names(officers), _names(never), _names(not_to_citizens))
        for english, citizens, officers, never, not_to_citizens in rows
    )


def _names(cell: str) -> frozenset[str]:
    return frozenset(name.strip() for name in cell.split("、") if name.strip())


def other_names(text: str, *, citizens: bool) -> list[str]:
    """Return the names in a text that are not those of `docs/terms.md`, each with what to write.

    Args:
        text: in Chinese.
        citizens: whether citizens read it.
    """
    found = []
    bare = _CODE.sub("", text)
    good = {name for term in terms() for name in term.names}
    for term in terms():
        refused = term.never | (term.not_to_citizens if citizens else frozenset())
        for name in sorted(refused):
            # What is part of a right name, of this term or another, is not meant.
            rest = bare
            for right in sorted((right for right in good - refused if name in right), key=len, reverse=True):
                rest = rest.replace(right, "")
            if name in rest:
                found.append(f"{name}: {'、'.join(sorted(term.names))}")
    return found
