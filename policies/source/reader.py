"""YAML as officers mean it: every value keeps its place, and nothing changes type behind anybody's back.

PyYAML reads a bare `NO` as false, `007` as a number and lets the second of two equal keys win. Here the composed
nodes are read by the type that the language expects at that place, so none of it can happen; what YAML 1.1 and 1.2
would read differently is a fault, with "quote it" as the remedy.
"""

import re
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from domain.message import Message
from policies.source.consequences import lost_with
from policies.source.faults import (
    MAX_SUGGESTED,
    DidYouMean,
    FaultLog,
    Remedy,
    SourceLocation,
    Unreadable,
    near,
    suggesting,
    use_one_of,
)
from policies.source.half_width import ABOUT_WORDS, WIDE_BRACKETS, half_width, mend_first, named_in
from policies.source.nodes import Mapping, Node, Refused, Scalar, Sequence, as_text, compose, text_of
from policies.source.system_words import in_words

T = TypeVar("T")

MAX_FILE_BYTES = 256 * 1024
MAX_TEXT = 2_000
"""Characters in one text: a message goes out whole in every decision that it is part of."""

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
NAME_FORM = Message("用小写字母、数字和不连用的 `_`", "use lower-case letters, digits and single `_`")
"""What to do where a name is none."""
_AMBIGUOUS = re.compile(
    r"(?i:yes|no|on|off|y|n|true|false|null|~|\.inf|[-+]\.inf|\.nan)?"
    r"|[-+]?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|[-+]?\.[0-9_]+([eE][-+]?[0-9]+)?"
    r"|[-+]?0[xobXOB][0-9a-fA-F_]+|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"
    r"|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?([Tt \t].*)?|=|<<"
)
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,14})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TIME_FORM = r"([01][0-9]|2[0-3]):[0-5][0-9]"
MOMENT_FORM = rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{TIME_FORM}(:[0-5][0-9])?(Z|[+-]{TIME_FORM})"
_TIME = re.compile(TIME_FORM)
_MOMENT = re.compile(MOMENT_FORM)
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    r"\uffa0\ufff9-\uffff]"
)
"""What nobody sees: two texts that look alike would be two."""
_MAPPING = Message("映射", "a mapping")
_LIST = Message("列表", "a list")
_SINGLE = Message("单个值", "a single value")
_TEXT = Message("文字", "text")
_TRUTH = Message("是否（`true` 或 `false`）", "true or false")
_WRITTEN_TRUTH = Message(" `true` 或 `false`", "true or false")
_WHOLE_NUMBER = Message("整数", "a whole number")
_DAY = Message("日期", "a date")
_TIME_OF_DAY = Message("时刻", "a time of day")
_POINT_IN_TIME = Message("时点", "a moment")
MAX_SHOWN = 80
MAX_PATH = 240
_KEPT_PATH = MAX_PATH + 1
"""Enough of a path to know that it is cut where it is shown."""


@lru_cache(maxsize=16_384)
def _is_text(word: str, plain: bool) -> bool:
    return bool(word.strip()) and not _UNPRINTABLE.search(word) and not (plain and _AMBIGUOUS.fullmatch(word))


@lru_cache(maxsize=1_024)
def _names(required: tuple[str, ...], optional: tuple[str, ...]) -> frozenset[str]:
    return frozenset((*required, *optional))


def reads_as_text(word: str) -> bool:
    """Say whether every reader of YAML takes an unquoted word for text."""
    return _is_text(word, True)


def shown(text: str, length: int = MAX_SHOWN) -> str:
    """Return a value as messages name it: on one line, cut where it is long."""
    if len(text) <= length and text.isprintable():
        return text
    line = _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04X}", " ".join(text.split("\n")))
    return line if len(line) <= length else f"{line[:length]}…"


# Not frozen: a load makes a million of these, and setting fields of frozen ones takes three times as long.
@dataclass(slots=True)
class Value:
    """One YAML value with its place and the log that its faults go to."""

    node: Node
    file: str
    path: str
    log: FaultLog

    @property
    def place(self) -> SourceLocation:
        """Where the value stands."""
        return SourceLocation(self.file, self.node.line, self.node.column, shown(self.path, MAX_PATH))

    def fault(
        self, code: str, message: Message, remedy: Remedy, *about: str, lost: frozenset[str] = frozenset()
    ) -> Unreadable:
        """Record a fault at this place; where a word holds wide characters, the remedy says that first."""
        remedy = remedy.among(self.log, self.place) if isinstance(remedy, DidYouMean) else remedy
        if code in ABOUT_WORDS:
            remedy = mend_first(f"{named_in(message)}{self._wide_opening()}", remedy)
        return self.log.fail(self.place, code, message, remedy, *about, lost=lost)

    def key(self, name: str) -> str:
        """Return what is missed where a key is missing here; see `Fault.about`."""
        return f"key {self.file}:{self.path}.{name}"

    def _wide_opening(self) -> str:
        """Return what stands here where a list or mapping seems to be meant, written with wide brackets."""
        word = self.node.value if isinstance(self.node, Scalar) and self.node.plain else ""
        return word if word.startswith(WIDE_BRACKETS) else ""

    @property
    def is_mapping(self) -> bool:
        """Whether this is a mapping."""
        return isinstance(self.node, Mapping)

    @property
    def is_list(self) -> bool:
        """Whether this is a list."""
        return isinstance(self.node, Sequence)

    @property
    def kind(self) -> Message:
        """What this is, in words."""
        return _MAPPING if self.is_mapping else _LIST if self.is_list else _SINGLE

    def _expected(self, expected: Message, remedy: Message) -> Unreadable:
        """Record that something of another kind stands here."""
        message = Message(f"应为{expected.zh}，实为{self.kind.zh}", f"expected {expected.en}, found {self.kind.en}")
        if isinstance(self.node, Scalar) and self.node.plain and not self.node.value:
            message = Message(f"此处没有内容，应为{expected.zh}", f"nothing stands here; expected {expected.en}")
            zh, en = "，或删去此项", ", or remove it"
            remedy = Message(f"{remedy.zh}{zh}", f"{remedy.en}{en}")
        # Where a part of the file is left empty, all of what others count on may have been meant to stand there.
        text = text_of(self.node) or (None if "." not in self.path else "")
        lost = lost_with(self.file, text) if expected is _MAPPING else frozenset[str]()
        return self.fault("WRONG_TYPE", message, remedy, lost=lost)

    def _unreadable_word(self, expected: Message, value: str, remedy: Message) -> Unreadable:
        """Record that a word stands here that cannot be read as what is expected."""
        message = Message(f"`{shown(value)}` 不是{expected.zh}", f"`{shown(value)}` is not {expected.en}")
        return self.fault("WRONG_TYPE", message, remedy)

    def entries(self) -> dict[str, "Value"]:
        """Return a mapping's entries in order; a repeated or ambiguous key is a fault."""
        if not isinstance(self.node, Mapping):
            raise self._expected(_MAPPING, Message("在此逐行写 `键: 值`", "write `key: value` lines here"))
        found: dict[str, Value] = {}
        # A path is cut where it is shown, so that a long key is not copied into the paths of all that stands below it.
        file, log, start = self.file, self.log, f"{self.path}."[:_KEPT_PATH] if self.path else ""
        lines: dict[str, int] = {}
        for key_node, value_node in self.node.entries:
            key = self._key(key_node)
            if key in found:
                lines = lines or self._first_lines()
                first = lines[key]
                message = Message(
                    f"`{shown(key)}` 在此重复出现，已写在第{first}行",
                    f"`{shown(key)}` stands here twice; first in line {first}",
                )
                remedy = Message("保留其中一个", "keep one of the two")
                lost = lost_with(file, text_of(value_node))
                Value(key_node, file, self.path, log).fault("DUPLICATE_KEY", message, remedy, lost=lost)
            elif key is not None:
                found[key] = Value(value_node, file, start + key[:_KEPT_PATH], log)
        return found

    def _first_lines(self) -> dict[str, int]:
        """Return in which line each key of a mapping stands first."""
        entries = self.node.entries if isinstance(self.node, Mapping) else ()
        return {node.value: node.line for node, _ in reversed(entries) if isinstance(node, Scalar)}

    def _key(self, node: Node) -> str | None:
        if type(node) is Scalar and _is_text(node.value, node.plain):
            return node.value
        with suppress(Unreadable):
            Value(node, self.file, self.path, self.log).text()
        # The fault is recorded; what stands under the key is read all the same.
        return node.value if isinstance(node, Scalar) else None

    def fields(self, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()) -> dict[str, "Value"]:
        """Return a mapping's entries where the keys are the language's own; unknown and missing keys are faults."""
        return self.known(self.entries(), required, optional)

    def known(
        self, entries: dict[str, "Value"], required: tuple[str, ...] = (), optional: tuple[str, ...] = ()
    ) -> dict[str, "Value"]:
        """Return those of this mapping's entries whose keys the language knows; see `fields`."""
        if not entries.keys() <= _names(required, optional):
            for key in entries.keys() - _names(required, optional):
                message = Message(f"此处不能写 `{shown(key)}`", f"`{shown(key)}` means nothing here")
                words = (*required, *optional)
                written = half_width(key).partition(":")[0]
                meant = near(written, words) if len(self.log.faults) < MAX_SUGGESTED else []
                remedy = suggesting(meant, use_one_of(words))
                if written in words:
                    remedy = Message("键和值之间写英文冒号加空格", "put an ordinary colon and a blank after the key")
                odd = entries.pop(key)
                lost = frozenset(map(self.key, meant)) | lost_with(self.file, text_of(odd.node))
                odd.fault("UNKNOWN_KEY", message, remedy, f"attribute {key}", lost=lost)
        for key in required:
            if key not in entries:
                message = Message(f"缺少 `{key}`", f"`{key}` is missing")
                remedy = Message(f"补上 `{key}:`", f"add `{key}:`")
                self.fault("MISSING_KEY", message, remedy, self.key(key))
        return entries

    def items(self) -> list["Value"]:
        """Return a list's items."""
        if not isinstance(self.node, Sequence):
            raise self._expected(_LIST, Message("逐行写 `- 项`，或写 `[a, b]`", "write `- item` lines or `[a, b]`"))
        file, path, log = self.file, self.path, self.log
        return [Value(node, file, f"{path}[{number}]", log) for number, node in enumerate(self.node.items)]

    def _scalar(self, expected: Message) -> Scalar:
        if not isinstance(self.node, Scalar):
            raise self._expected(expected, Message(f"写成{expected.zh}", f"write {expected.en}"))
        return self.node

    def plain(self, expected: Message) -> str:
        """Return the words of an unquoted scalar: numbers, dates and truth values are written without quotes."""
        node = self._scalar(expected)
        if not node.plain:
            found = shown(node.value)
            message = Message(
                f"应为{expected.zh}，实为文字“{found}”", f'expected {expected.en}, found the text "{found}"'
            )
            remedy = Message(f"写成{expected.zh}，不加引号", f"write {expected.en}, unquoted")
            raise self.fault("WRONG_TYPE", message, remedy)
        if not node.value:
            raise self._expected(expected, Message(f"写成{expected.zh}", f"write {expected.en}"))
        return node.value

    def text(self) -> str:
        """Return a text. A bare word that some YAML reader would take for something else is a fault."""
        node = self.node
        if not isinstance(node, Scalar):
            raise self._expected(_TEXT, as_text(node, self.path))
        if not _is_text(node.value, node.plain):
            raise self._no_text(node)
        if len(node.value) > MAX_TEXT:
            length = len(node.value)
            message = Message(
                f"文字有{length:,}个字符，最多可有{MAX_TEXT:,}个",
                f"a text of {length:,} characters; {MAX_TEXT:,} are possible",
            )
            remedy = Message(
                "缩短文字，并注明其余内容见哪份文件", "shorten it, and name the document where the rest stands"
            )
            raise self.fault("TEXT_TOO_LONG", message, remedy)
        return node.value

    def _no_text(self, node: Scalar) -> Unreadable:
        value = shown(node.value)
        if node.plain and _AMBIGUOUS.fullmatch(node.value):
            if not value:
                remedy = Message("写上一个值，或删去这个键", "write a value, or remove the key")
                return self.fault("AMBIGUOUS_VALUE", Message("此处没有内容", "nothing stands here"), remedy)
            message = Message(
                f"并非所有YAML软件都把 `{value}` 读作文字", f"`{value}` is not read as text by every YAML reader"
            )
            remedy = Message(f'加上引号：`"{value}"`', f'put it in quotes: "{value}"')
            return self.fault("AMBIGUOUS_VALUE", message, remedy)
        if not value.strip():
            return self.fault(
                "BAD_TEXT", Message("文字为空", "the text is empty"), Message("写上内容", "write something")
            )
        unseen = _UNPRINTABLE.search(node.value)
        named = f"U+{ord(unseen[0]):04X}" if unseen else ""
        message = Message(f"“{value}”里有看不见的字符", f'"{value}" holds a character that nobody can see')
        remedy = Message(
            f"删去字符 `{named}`；找不到的，把这段文字重新输入",
            f"remove {named}; where it cannot be found, type the text again",
        )
        return self.fault("BAD_TEXT", message, remedy)

    def name(self) -> str:
        """Return an id: lower-case words joined by underscores."""
        value = self.text()
        if not NAME.fullmatch(value):
            message = Message(f"`{shown(value)}` 不能用作名称", f"`{shown(value)}` is not a name")
            raise self.fault("BAD_NAME", message, NAME_FORM)
        return value

    def boolean(self) -> bool:
        """Return true or false; `yes`, `no`, `on` and `off` are faults."""
        value = self.plain(_TRUTH)
        if value not in ("true", "false"):
            raise self._unreadable_word(_WRITTEN_TRUTH, value, Message("写 `true` 或 `false`", "write true or false"))
        return value == "true"

    def integer(self) -> int:
        """Return a whole number in decimal digits."""
        value = self.plain(_WHOLE_NUMBER)
        if not _INTEGER.fullmatch(value):
            remedy = Message("只写数字，最多15位，例如 `16`", "write up to 15 digits only, such as 16")
            raise self._unreadable_word(_WHOLE_NUMBER, value, remedy)
        return int(value)

    def date(self) -> date:
        """Return a day written as YYYY-MM-DD."""
        value = self.plain(_DAY)
        try:
            # The library alone would also take a week such as 2026-W09-1.
            return date.fromisoformat(value if _DATE.fullmatch(value) else "")
        except ValueError:
            remedy = Message("写成年-月-日，例如 `2026-03-01`", "write YYYY-MM-DD, such as 2026-03-01")
            raise self._unreadable_word(_DAY, value, remedy) from None

    def time(self) -> time:
        """Return a time of day written in quotes as HH:MM (bare, YAML 1.1 would read a number)."""
        value = self.text()
        if not _TIME.fullmatch(value):
            remedy = Message('写成时:分并加引号，例如 `"17:00"`', 'write HH:MM in quotes, such as "17:00"')
            raise self._unreadable_word(_TIME_OF_DAY, value, remedy)
        return time.fromisoformat(value)

    def moment(self) -> datetime:
        """Return a point in time written in quotes, with its zone."""
        value = self.text()
        try:
            # A year from the ends of the calendar, for the moment must be one in every zone.
            usual = _MOMENT.fullmatch(value) and "0001" < value[:4] < "9999"
            return datetime.fromisoformat(value if usual else "")
        except ValueError:
            remedy = Message(
                '写明日期、时刻和时区并加引号，例如 `"2026-03-01T17:00+08:00"`',
                'write date, time and zone in quotes, such as "2026-03-01T17:00+08:00"',
            )
            raise self._unreadable_word(_POINT_IN_TIME, value, remedy) from None

    def message(self) -> Message:
        """Return a text in both languages."""
        fields = self.fields(("zh", "en"))
        texts = read_all(fields, {"zh": Value.text, "en": Value.text})
        return Message(texts["zh"], texts["en"])

    def remark(self) -> Message | str:
        """Return a text of officers for officers: in both languages, or in the one that they write in."""
        return self.message() if self.is_mapping else self.text()


def read_each(fields: dict[str, Value], readers: dict[str, Callable[[Value], Any]]) -> dict[str, Any]:
    """Read several fields, recording the faults of all; those that are missing or cannot be read are left out."""
    results: dict[str, Any] = {}
    for key, reader in readers.items():
        if key in fields:
            try:  # not `suppress`, which costs more than most readers: nothing is asked for more often
                results[key] = reader(fields[key])
            except Unreadable:
                continue
    return results


def read_all(fields: dict[str, Value], readers: dict[str, Callable[[Value], Any]]) -> dict[str, Any]:
    """Read several fields, recording the faults of all before giving up.

    Raises:
        Unreadable: one of them is missing or could not be read.
    """
    results = read_each(fields, readers)
    if len(results) < len(readers):
        raise Unreadable
    return results


def read_items(value: Value, reader: Callable[[Value], T]) -> list[T]:
    """Read a list's items, recording the faults of all; those that cannot be read are left out."""
    results: list[T] = []
    for item in value.items():
        try:
            results.append(reader(item))
        except Unreadable:
            continue
    return results


def read_entries(value: Value | None) -> list[tuple[str, Value]]:
    """Return a mapping's entries; of nothing, or of what is no mapping, none (the fault is recorded)."""
    with suppress(Unreadable):
        return list(value.entries().items()) if value is not None else []
    return []


def read_definitions(entries: Iterable[tuple[str, Value]], kind: str, reader: Callable[[str, Value], object]) -> None:
    """Read entries that define something by name; the faults of one that cannot be read say that its name is lost."""
    for name, spec in entries:
        before = len(spec.log.faults)
        try:
            reader(name, spec)
        except Unreadable:
            spec.log.lose(before, f"{kind} {name}")


def read_file(path: Path, file: str, log: FaultLog, content: bytes | None = None) -> Value:
    """Read one YAML file.

    Args:
        path: the file.
        file: its name in messages, relative to the regions folder.
        log: where faults go.
        content: what the file holds, where it has been read already.

    Raises:
        Unreadable: the file is too large, not UTF-8, not YAML, or empty; the fault is recorded.
    """
    start = SourceLocation(file, 1, 1, "")
    if content is None:
        content = _read_content(path, start, log)
    if len(content) > MAX_FILE_BYTES:
        message = Message(f"文件超过{MAX_FILE_BYTES:,}字节", f"the file has more than {MAX_FILE_BYTES:,} bytes")
        remedy = Message("拆分或缩短文件", "split it or shorten it")
        raise log.fail(start, "FILE_TOO_LARGE", message, remedy, lost=_lost(file, content))
    try:
        return read_text(content.decode("utf-8"), file, log)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = f"0x{content[error.start]:02X}"
        number = error.start + 1
        message = Message(f"第{number}字节（{byte}）不是UTF-8编码", f"byte {number} ({byte}) is not UTF-8")
        remedy = Message("用UTF-8编码保存文件", "save the file in the encoding UTF-8")
        saved = "UTF-16" if b"\0" in content else "GBK" if _decodes(content, "gb18030") else None
        if saved is not None:
            remedy = Message(
                f"文件大概是以{saved}编码保存的：请另存为UTF-8编码",
                f"the file was probably saved in the encoding {saved}: save it in the encoding UTF-8",
            )
        raise log.fail(
            SourceLocation(file, line, 1, ""), "NOT_UTF8", message, remedy, lost=_lost(file, content)
        ) from None


def _lost(file: str, content: bytes) -> frozenset[str]:
    return lost_with(file, None if b"\0" in content else content.decode("utf-8", "replace"))


def _decodes(content: bytes, encoding: str) -> bool:
    with suppress(UnicodeDecodeError):
        content.decode(encoding)
        return True
    return False


def _read_content(path: Path, start: SourceLocation, log: FaultLog) -> bytes:
    try:
        # A pipe or a device would block or never end.
        if not stat.S_ISREG(path.stat().st_mode):
            remedy = Message("换成文件，或改名", "put a file there, or rename it")
            message = Message("这不是文件", "it is not a file")
            raise log.fail(start, "FILE_UNREADABLE", message, remedy, lost=lost_with(start.file, None))
        with path.open("rb") as stream:
            return stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        why = in_words(error)
        message = Message(f"无法读取：{why.zh}", f"cannot be read: {why.en}")
        remedy = Message("检查文件及其权限", "check the file and its permissions")
        raise log.fail(start, "FILE_UNREADABLE", message, remedy, lost=lost_with(start.file, None)) from None


def read_text(text: str, file: str, log: FaultLog) -> Value:
    """Read YAML text; see `read_file`."""
    try:
        node = compose(text)
    except Refused as refused:
        place = SourceLocation(file, refused.line, refused.column, "")
        raise log.fail(place, refused.code, refused.message, refused.remedy, lost=lost_with(file, text)) from None
    if node is None:
        remedy = Message("写上内容，或删去文件", "write its contents or delete it")
        message = Message("文件为空", "the file is empty")
        raise log.fail(SourceLocation(file, 1, 1, ""), "FILE_EMPTY", message, remedy, lost=lost_with(file, None))
    return Value(node, file, "", log)
