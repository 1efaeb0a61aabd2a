"""Characters that a Chinese keyboard writes wide where the language wants the ordinary ones of half the width."""

import re

from domain.message import Message

_WIDE = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_WIDE |= {"、": ",", "。": ".", "“": '"', "”": '"', "‘": "'", "’": "'", "【": "[", "】": "]", "\u3000": " "}
_TABLE = str.maketrans(_WIDE)
_ANY = re.compile(f"[{re.escape(''.join(_WIDE))}]")
_NAMED = re.compile(r'`([^`]*)`|"(.*)"')
MAX_NAMED = 12
WIDE_BRACKETS = ("［", "｛", "【")
"""Brackets with which people begin a list or mapping, and YAML reads a plain word."""
ABOUT_WORDS = frozenset(
    {
        "BAD_BINDING",
        "BAD_LEVEL",
        "BAD_NAME",
        "BAD_REGION_CODE",
        "UNKNOWN_FACT",
        "UNKNOWN_KEY",
        "UNKNOWN_ORIGIN",
        "UNKNOWN_REGION",
        "UNKNOWN_RULE",
        "UNKNOWN_SERVICE",
        "UNKNOWN_SETTING",
        "UNKNOWN_SOURCE",
        "UNKNOWN_TERM",
        "UNKNOWN_TEST",
        "UNKNOWN_TYPE",
        "UNKNOWN_VOCABULARY",
        "WRONG_TYPE",
    }
)
"""Codes of faults about a word of the language, not about a text for people, who may well be shown wide characters."""


def half_width(text: str) -> str:
    """Return a text with ordinary characters for wide ones."""
    return text.translate(_TABLE)


def named_in(message: Message) -> str:
    """Return the words that a message names."""
    return " ".join(one or other for one, other in _NAMED.findall(message.en))


def mend_first(text: str, remedy: Message) -> Message:
    """Put in front of a remedy which wide characters a word holds and what to write instead; of none, say nothing."""
    found = list(dict.fromkeys(_ANY.findall(text)))[:MAX_NAMED]
    if not found:
        return remedy
    zh = "，".join(f"{_shown(wide, '全角空格')} 改为 {_shown(_WIDE[wide], '半角空格')}" for wide in found)
    en = ", ".join(f"{_shown(_WIDE[wide], 'a blank')} for {_shown(wide, 'the wide blank')}" for wide in found)
    return Message(f"有全角字符，请改为半角：{zh}；{remedy.zh}", f"write half-width characters: {en}; {remedy.en}")


def _shown(character: str, blank: str) -> str:
    return blank if character.isspace() else f"`{character}`"
