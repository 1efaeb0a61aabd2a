"""The slip behind YAML that cannot be parsed: libyaml says where it gave up, this says what to do about it."""

import re
from collections.abc import Callable, Iterator

from domain.message import Message

MAX_LINE = 2_000
"""Longer lines, which no officer writes, are not looked at."""
_LINE_END = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_KEY = r"(?:^\s*(?:- +)*|[{,]\s*)([A-Za-z_][\w.]*|\"\")"
_WIDE_COLON = re.compile(rf"{_KEY}\s*：")
_WIDE_COMMA = re.compile(r"，\s*(?:[A-Za-z_][\w.]*\s*:|[\[{]|\"\")|(?:[\]}]|\"\")\s*，")
_TIGHT_COLON = re.compile(rf"{_KEY}:(?=[^\s:/,}}\]])")
_SECOND_COLON = re.compile(rf"{_KEY}:\s+([^\s\"'\[{{|>#][^{{}}\[\],]*?:)(\s|$)")
# What no quote ends is taken to the end of the line, and what was taken stays so: else each quote in it would be tried.
_QUOTED = re.compile(r'"(?:[^"\\]|\\.?)*+("|$)' + r"|(?<![\w'])'(?:[^']|'')*+('|$)")
_COMMENT = re.compile(r"(^|\s)#.*")
_WIDE_OPENING = re.compile(rf"{_KEY}:\s*([［｛【])")
_START = re.compile(
    rf"(?:{_KEY}:\s+|^\s+(?:- +)*|^(?:- +)+)(?=([*&%@`]|[|>](?=[-+0-9]{{0,2}}(?:\s+\S|[^-+0-9\s]))|[\[{{]|\"\"))"
)
"""The start of a value that is no bare word, after its key or at the start of a line."""
_GOES_ON = re.compile(r"\s*(?!\s|$|[]}]|[,，]\s*$|[,，]?\s*(?:[A-Za-z_][\w.]*|\"\")\s*[:：])")
"""What follows a list, a mapping or a quoted text and belongs to nothing but a text."""
_SHOWN = 20
_PAIRS = {"]": "[", "}": "{"}
_WIDE_BRACKETS = {"［": "[", "］": "]", "｛": "{", "｝": "}", "【": "[", "】": "]"}


def remedy(text: str, line: int, opened: int | None) -> Message:
    """Say what to do about text that is not YAML.

    Args:
        line: where the parser gave up, from 1.
        opened: where what it was reading began, where it says so.
    """
    lines = _LINE_END.split(text)
    line = min(line, len(lines))
    here = line if _bare(lines[line - 1]) else _before(lines, line) or line
    before = _before(lines, here)
    numbers = [number for number in dict.fromkeys((here, before, opened)) if number and number <= len(lines)]
    for check in _CHECKS:
        for number in numbers:
            if len(lines[number - 1]) <= MAX_LINE and (said := check(lines[number - 1])):
                return Message(f"第{number}行：{said.zh}", f"line {number}: {said.en}")
    indented = _indentation(lines, here, before) if before else None
    return indented or _nothing_found(before)


def _nothing_found(before: int | None) -> Message:
    if before is None:
        return Message("改正此处，检查缩进、引号和括号", "mend it; check the indentation, the quotes and the brackets")
    return Message(
        f"检查此处的缩进、引号和括号；错也可能出在前面的第{before}行",
        f"check the indentation, the quotes and the brackets here; the slip may also stand in line {before}, before it",
    )


def _bare(line: str) -> str:
    """Return a line without its comment and without what stands in quotes; a line that is too long, as it is."""
    return line.rstrip() if len(line) > MAX_LINE else _COMMENT.sub("", _QUOTED.sub(_emptied, line)).rstrip()


def _emptied(quoted: re.Match[str]) -> str:
    """Return the quotes alone; where only one of them is there, it with what follows but for further ones."""
    if quoted[1] or quoted[2]:
        return '""'
    text = quoted[0]
    return text[0] + text[1:].replace(text[0], "")


def _before(lines: list[str], line: int) -> int | None:
    return next((number for number in range(line - 1, 0, -1) if _bare(lines[number - 1])), None)


def _tab(line: str) -> Message | None:
    if "\t" not in _bare(line):
        return None
    return Message("用空格缩进，不用制表符", "use spaces, not tabs")


def _wide_colon(line: str) -> Message | None:
    if not _WIDE_COLON.search(_bare(line)):
        return None
    return Message(
        "冒号是全角的“：”，请改为英文冒号加空格", "the colon is the wide `：`; write an ordinary one and a blank"
    )


def _wide_comma(line: str) -> Message | None:
    """Find a wide comma between the items of a list or mapping, told from one in a text by what stands beside it."""
    if not _WIDE_COMMA.search(_bare(line)):
        return None
    return Message(
        "逗号是全角的“，”，请改为英文逗号加空格", "the comma is the wide `，`; write an ordinary one and a blank"
    )


def _tight_colon(line: str) -> Message | None:
    found = _TIGHT_COLON.search(_bare(line))
    if not found:
        return None
    return Message(f"`{found[1]}:` 的冒号后面应有空格", f"put a blank after the colon of `{found[1]}:`")


def _open_quote(line: str) -> Message | None:
    bare = _bare(line)
    opens = _opens(bare)
    if not opens:
        return None
    if opens == '"' and re.search("[“”]", bare):
        return Message(
            '引号没有成对：一个是英文的 `"`，另一个是全角的，请都用英文引号',
            'the quotes do not match: one is `"`, the other is wide; write `"` for both',
        )
    return Message(f"引号 `{opens}` 没有成对", f"a quote `{opens}` has no counterpart")


def _opens(bare: str) -> str:
    """Return the quote that has no counterpart, if one has none."""
    return '"' if bare.replace('""', "").count('"') % 2 else "'" if re.search(r"(^|[\s:,\[{])'", bare) else ""


def _wide_opening(line: str) -> Message | None:
    found = _WIDE_OPENING.search(_bare(line))
    return _bracket(found[2], found[2]) if found else None


def _second_colon(line: str) -> Message | None:
    found = _SECOND_COLON.search(_bare(line))
    if not found:
        return None
    return Message(
        f"`{found[1]}` 的值里另有冒号：给值加上引号，或另起一行",
        f"the value of `{found[1]}` holds a colon too: put the value in quotes, or start a new line",
    )


def _no_quotes(line: str) -> Message | None:
    """Find a text that is not in quotes and starts with what YAML takes for something else."""
    bare = _bare(line)
    ends, quoted = _ends(bare), [] if _opens(bare) else [found[0] for found in _QUOTED.finditer(line)]
    for found in _START.finditer(bare):
        key, start, at = found[1], found[2], found.end()
        if start == '""':
            number = bare.count('""', 0, at)
            if number < len(quoted) and _goes_on(bare, at + 2, key):
                return _more_quotes(key, quoted[number])
        elif start not in "[{":
            return _quotes(key, start)
        elif at in ends and _goes_on(bare, ends[at], key):
            whole = bare[at : ends[at]]
            return _quotes(key, whole if len(whole) <= _SHOWN and '"' not in whole else start)
    return None


def _ends(bare: str) -> dict[int, int]:
    """Return where brackets that are closed again start, each with where what they hold ends."""
    found, opened = dict[int, int](), list[int]()
    for at, character in enumerate(bare):
        if character in "[{":
            opened.append(at)
        elif character in _PAIRS and opened and bare[opened[-1]] == _PAIRS[character]:
            found[opened.pop()] = at + 1
    return found


def _goes_on(bare: str, end: int, key: str | None) -> bool:
    # At the start of a line, what a colon follows is a key itself.
    return _GOES_ON.match(bare, end) is not None and (key is not None or bare[end : end + 1] not in (":", "："))


def _quotes(key: str | None, start: str) -> Message:
    right = _written(key, f'"{start}…"')
    if start == "`":
        return Message("以反引号开头的文字要整段加引号", "put the whole text in quotes: it starts with a backtick")
    return Message(
        f"以 `{start}` 开头的文字要整段加引号：`{right}`",
        f"put the whole text in quotes, for it starts with `{start}`: `{right}`",
    )


def _more_quotes(key: str | None, quoted: str) -> Message:
    mark = quoted[0]
    start = quoted if len(quoted) <= _SHOWN else f"{mark}…{mark}"
    double = mark == "'"
    outer = '"' if double else "'"
    right = _written(key, f"{outer}{start}…{outer}")
    return Message(
        f"引号后面还有文字，要在整段文字外面加{'双' if double else '单'}引号：`{right}`",
        f"text follows the closing quote: put {'double' if double else 'single'} quotes around all of it: `{right}`",
    )


def _written(key: str | None, value: str) -> str:
    return value if key in (None, '""') else f"{key}: {value}"


def _unmatched(line: str) -> Message | None:
    bare = _bare(line)
    wide = next((character for character in bare if character in _WIDE_BRACKETS), None)
    opened: list[str] = []
    for character in bare:
        if character in "[{":
            opened.append(character)
        elif character in _PAIRS and (not opened or opened.pop() != _PAIRS[character]):
            return _bracket(character, wide)
    return _bracket(opened[-1], wide) if opened else None


def _bracket(bracket: str, wide: str | None) -> Message:
    if wide is not None:
        right = _WIDE_BRACKETS[wide]
        return Message(f"括号是全角的“{wide}”，请改为 `{right}`", f"the bracket is the wide `{wide}`; write `{right}`")
    return Message(f"括号 `{bracket}` 没有成对", f"the bracket `{bracket}` has no counterpart")


_CHECKS: tuple[Callable[[str], Message | None], ...] = (
    _tab,
    _wide_colon,
    _no_quotes,
    _wide_comma,
    _open_quote,
    _tight_colon,
    _wide_opening,
    _second_colon,
    _unmatched,
)


def _indentation(lines: list[str], here: int, before: int) -> Message | None:
    """Say so where the indentation of a line is that of no line which it could belong to."""
    mine, above = _indent(lines[here - 1]), _indent(lines[before - 1])
    last = _bare(lines[before - 1])
    if mine > above and not last.endswith((":", "-", "|", ">", "[", "{", ",")) and not last.lstrip().startswith("- "):
        return Message(
            f"第{here}行：缩进比第{before}行多，第{before}行却不以冒号结尾；请与第{before}行对齐",
            f"line {here}: it is indented more than line {before}, which does not end in a colon; "
            f"start it below line {before}",
        )
    levels = dict(_levels(lines, before))
    if mine < above and mine not in levels.values():
        nearest = min(levels, key=lambda number: abs(levels[number] - mine))
        return Message(
            f"第{here}行：缩进{mine}个空格，与上面各行都不一致；请与第{nearest}行对齐（{levels[nearest]}个空格）",
            f"line {here}: its indentation of {mine} is that of no line above; "
            f"indent it as line {nearest}, by {levels[nearest]}",
        )
    return None


def _levels(lines: list[str], start: int) -> Iterator[tuple[int, int]]:
    """Yield the lines that are open above, each with its indentation, the nearest first."""
    deepest: int | None = None
    for number in range(start, 0, -1):
        if not _bare(lines[number - 1]):
            continue
        indent = _indent(lines[number - 1])
        if deepest is None or indent < deepest:
            deepest = indent
            yield number, indent


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
