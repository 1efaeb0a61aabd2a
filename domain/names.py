"""Names of people, as keyboards and registers write them: which spellings are one name."""

import re
import unicodedata

from domain.spelling import one_width

MIDDLE_DOT = "\u00b7"
_DOTS = re.compile("[\u2022\u2027\u2219\u22c5\u30fb\u00b7]")
"""What stands for the dot in names such as those of many minorities; half-width forms are among them once normalised."""
_HAN = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_UNSEEN = frozenset({"Cc", "Cf"})
_DOT_OF_A_CHINESE_NAME = re.compile(rf"(?<=[{_HAN}]) ?[.{MIDDLE_DOT}] ?(?=[{_HAN}])")
_SPACE_IN_A_CHINESE_NAME = re.compile(rf"(?<=[{_HAN}]) (?=[{_HAN}])")


def normal_name(name: str) -> str:
    """Return a name as it is kept: one width, one middle dot (U+00B7), one space at most, nothing that cannot be seen.

    Capitals stay, and so does the full stop of a name in Latin letters.
    """
    text = " ".join(_DOTS.sub(MIDDLE_DOT, one_width(name)).split())
    text = " ".join("".join(character for character in text if unicodedata.category(character) not in _UNSEEN).split())
    return _DOT_OF_A_CHINESE_NAME.sub(MIDDLE_DOT, text)


def same_name(one: str, other: str) -> bool:
    """Say whether two spellings are one name."""
    return comparable_name(one) == comparable_name(other)


def comparable_name(name: str) -> str:
    """Return what all spellings of a name have in common; it is for comparing only, not for people to read."""
    text = _SPACE_IN_A_CHINESE_NAME.sub("", normal_name(name))
    return text.replace(".", MIDDLE_DOT).casefold()
