"""JSON as this service takes it: strict, bounded, and never a surprise further in."""

import json
import math
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, NoReturn

from starlette.requests import ClientDisconnect, Request

from domain.message import Message
from web.core_messages import is_plain
from web.refusal import RequestRefused

# No input of the graph nests deeper than a dozen; orjson writes 254 levels at most, and what comes in may go out again.
MAX_NESTING: Final = 64
SMALL_BYTES: Final = 16 * 1024
"""What is read in four milliseconds at most; longer texts are read beside the loop."""

_NOT_UTF8 = Message(
    "请求内容的第{position}字节不是UTF-8编码，请用UTF-8编码。",
    "The text is not UTF-8 at byte {position}; encode it as UTF-8",
)
_NOT_JSON = Message(
    "请求内容不是JSON（`{reason}`），请发送JSON对象。",
    "The text is not JSON: {reason}; send a JSON object",
)
_DUPLICATE = Message(
    "JSON对象里的键 `{key}` 出现了多次，请只保留一个。",
    "A JSON object holds the key {key!r} more than once; keep one",
)
_DUPLICATE_KEY = Message(
    "JSON对象里有一个键出现了多次，请只保留一个。",
    "A JSON object holds a key more than once; keep one",
)
_NUMBER = Message(
    "JSON里有一个数字超出范围，请用字符串发送。",
    "A JSON number is out of range; send it as a string",
)
_NESTED = Message(
    "JSON嵌套超过{limit}层，请减少嵌套。",
    "The JSON is nested more than {limit} levels deep; flatten it",
)
_CHARACTER = Message(
    "文本里有不允许的字符（空字符或不成对的代理字符），请删除。",
    "A text holds a character that is not allowed (U+0000 or half a surrogate pair); remove it",
)
_TOO_LONG = Message(
    "请求内容超过{limit}字节，请缩短，或者用 `multipart` 上传文件。",
    "The body is longer than {limit} bytes; shorten it, or upload files as multipart",
)


def parse_json(text: bytes) -> object:
    """Read one JSON value.

    Args:
        text: the value in UTF-8.

    Returns:
        None, bool, int, float, str, list or dict; finite, of unique keys, at most 64 levels deep, writable as JSON.

    Raises:
        RequestRefused: the text is anything else; the message says what.
    """
    try:
        value: object = _DECODER.decode(text.decode())
    except UnicodeDecodeError as error:
        raise RequestRefused(_NOT_UTF8.format(position=error.start), code="INVALID_JSON") from None
    except json.JSONDecodeError as error:
        raise RequestRefused(_NOT_JSON.format(reason=error), code="INVALID_JSON") from None
    except RecursionError:
        raise RequestRefused(_NESTED.format(limit=MAX_NESTING), code="INVALID_JSON") from None
    ensure_storable(value)
    return value


def ensure_storable(value: object) -> None:
    """Refuse what would break further in: deep nesting, and characters that no database or encoder takes.

    Args:
        value: what JSON holds.

    Raises:
        RequestRefused: the value is nested deeper than 64 levels or a text in it holds U+0000 or a lone surrogate.
    """
    pending = [(value, 1)]
    while pending:
        part, level = pending.pop()
        if isinstance(part, str):
            _ensure_text(part)
        elif isinstance(part, dict | list):
            if level > MAX_NESTING:
                raise RequestRefused(_NESTED.format(limit=MAX_NESTING), code="INVALID_JSON")
            for child in part if isinstance(part, list) else (*part.keys(), *part.values()):
                pending.append((child, level + 1))


async def read_body(request: Request, limit: int) -> bytes:
    """Read the whole body, but never more than the limit.

    Args:
        request: the request, its body not yet read.
        limit: bytes.

    Raises:
        RequestRefused: 413; the body is longer. The rest of it is left unread.
        ClientDisconnect: the caller hung up.
    """
    _ensure_announced(request, limit)
    chunks: list[bytes] = []
    received, goes_on = 0, True
    while goes_on:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        received += len(chunks[-1])
        if received > limit:
            raise body_too_long(limit)
        goes_on = message.get("more_body", False)
    return b"".join(chunks)


async def bounded(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """Yield the body in pieces and stop at the limit.

    Args:
        request: the request, its body not yet read.
        limit: bytes.

    Raises:
        RequestRefused: 413; the body is longer, or its `Content-Length` says that it will be.
    """
    _ensure_announced(request, limit)
    received = 0
    async with aclosing(request.stream()) as stream:
        async for chunk in stream:
            received += len(chunk)
            if received > limit:
                raise body_too_long(limit)
            yield chunk


def _ensure_announced(request: Request, limit: int) -> None:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and len(announced) <= 20 and int(announced) > limit:
        raise body_too_long(limit)


def body_too_long(limit: int) -> RequestRefused:
    """Return the refusal of a body longer than a limit in bytes; the HTTP server drops the rest of it."""
    return RequestRefused(_TOO_LONG.format(limit=limit), code="BODY_TOO_LARGE", status=413)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
    message = _DUPLICATE.format(key=twice) if is_plain(twice) else _DUPLICATE_KEY
    raise RequestRefused(message, code="INVALID_JSON")


def _integer(digits: str) -> int:
    # What a signed 64-bit number holds has 19 digits; longer ones are told apart without converting them.
    number = int(digits) if len(digits) <= 20 else 2**63
    if not -(2**63) <= number < 2**63:
        raise RequestRefused(_NUMBER, code="INVALID_JSON")
    return number


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise RequestRefused(_NUMBER, code="INVALID_JSON")
    return number


def _constant(name: str) -> NoReturn:
    raise RequestRefused(
        _NOT_JSON.format(reason=f"{name} is no JSON number"),
        code="INVALID_JSON",
    )


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)


def _ensure_text(text: str) -> None:
    if "\0" in text or not (text.isascii() or _is_encodable(text)):
        raise RequestRefused(_CHARACTER, code="INVALID_JSON")


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
