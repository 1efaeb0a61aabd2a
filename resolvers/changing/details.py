"""What can be right in a filled-in detail, whichever service it comes with."""

import re
import unicodedata

from domain.errors import InvalidInput
from domain.message import Message
from policies.language.region_codes import RegionCodes

_DIRECTIONS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Classes of characters that make the text after them be shown in another order than it has."""
_INVISIBLE = frozenset({"Cc", "Zl", "Zp"})
_POSTCODE = re.compile(r"[0-9]{6}")
_LANDLINE = re.compile(r"(?=.*[0-9])[0-9 +()-]{5,20}")
_POSTCODES, _LANDLINES, _REGIONS = ("residence_postcode",), ("landline",), ("residence_region",)


def require_detail(name: str, text: str, field: str, codes: RegionCodes) -> None:
    """Refuse what cannot be right in a detail.

    Args:
        name: a term of the details; text: trimmed, not empty; field: the input field, for the error.
        codes: those that regions have.

    Raises:
        InvalidInput: with what is allowed there.
    """
    require_visible(text, field)
    if name in _POSTCODES:
        require_postcode(text, field)
    if name in _LANDLINES and not _LANDLINE.fullmatch(text):
        raise InvalidInput(
            Message(
                "固定电话不对。请填写5至20位的号码，例如028-86151234。",
                "A landline has 5 to 20 characters: digits, spaces and + - ( ), such as 028-86151234.",
            ),
            field=field,
        )
    if name in _REGIONS:
        require_known_region(text, field, codes)


def require_visible(text: str, field: str) -> None:
    """Refuse control characters, and those that make a text read otherwise than it is written."""
    for place, character in enumerate(text, start=1):
        if unicodedata.category(character) in _INVISIBLE or unicodedata.bidirectional(character) in _DIRECTIONS:
            raise InvalidInput(
                Message(
                    "填写的内容里有看不见的字符，请重新输入，不要换行。",
                    f"Character {place} (U+{ord(character):04X}) is a control character; "
                    "give visible characters on one line only.",
                ),
                field=field,
            )


def require_postcode(text: str, field: str) -> None:
    """Refuse what is no postcode of mainland China."""
    if not _POSTCODE.fullmatch(text):
        raise InvalidInput(
            Message("邮政编码不对。请填写6位数字，例如610041。", "A postcode has six digits, such as 610041."),
            field=field,
        )


def require_known_region(code: str, field: str, codes: RegionCodes) -> None:
    """Refuse what cannot be the code of a region."""
    if not codes.may_have(code):
        raise InvalidInput(
            Message(
                "没有这个地区，请重新选择省、市、区（县）。",
                "There is no region with that code; give six digits of GB/T 2260, such as 510104.",
            ),
            field=field,
        )
