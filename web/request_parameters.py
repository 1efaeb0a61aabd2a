"""The parameters of a GraphQL-over-HTTP request."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from domain.message import Message
from web.json_body import ensure_storable, parse_json
from web.refusal import RequestRefused

_NOT_AN_OBJECT = Message(
    "请求内容应为带 `query` 的JSON对象，不能是{found}。",
    "The body must be a JSON object with a query, not {found}",
)
_BATCH = Message(
    "不支持批量请求，请每个请求发送一个JSON对象。",
    "Batching is not supported; send one JSON object a request",
)
_NO_QUERY = Message(
    "缺少参数 `query`，请提供GraphQL文档，或者用 `documentId` 指明文档。",
    "The parameter query is missing; give a GraphQL document, or name one by documentId",
)
_BAD_HASH = Message(
    '`extensions.persistedQuery` 应为 `{"version": 1, "sha256Hash": …}`，哈希值为64位小写十六进制的 `SHA-256`，或者预先登记的编号。',
    'extensions.persistedQuery must be {"version": 1, "sha256Hash": …}, with a SHA-256 of 64 hexadecimal digits in small '
    "letters, or an id that was registered beforehand",
)
_BAD_ID = Message(
    "`documentId` 应为 `sha256:` 加64位小写十六进制，或者预先登记的编号，最长{limit}个字符。",
    "documentId must be sha256: and 64 hexadecimal digits in small letters, or an id that was registered beforehand, of at "
    "most {limit} characters",
)
_WRONG_TYPE = Message(
    "参数 `{name}` 应为{wanted_zh}，不能是{found_zh}。",
    "The parameter {name} must be {wanted}, not {found}",
)
_REPEATED = Message(
    "地址里的参数 `{name}` 出现了多次，请只保留一个。",
    "The address holds the parameter {name} more than once; keep one",
)
_BAD_ADDRESS = Message(
    "地址里的参数无法解码，请按UTF-8做百分号编码。",
    "The parameters in the address cannot be decoded; percent-encode them as UTF-8",
)

# Each parameter has its type and the words for it.
_PARAMETERS = {
    "query": (str, "字符串", "a string"),
    "documentId": (str, "字符串", "a string"),
    "operationName": (str, "字符串", "a string"),
    "variables": (dict, "对象", "an object"),
    "extensions": (dict, "对象", "an object"),
}
LONGEST_ID = 256
_SHA256 = "sha256:"
_DIGEST = re.compile("[0-9a-f]{64}")
_WORDS = {
    type(None): ("null", "null"),
    bool: ("是否值", "a boolean"),
    int: ("数字", "a number"),
    float: ("数字", "a number"),
    str: ("字符串", "a string"),
    list: ("数组", "a list"),
    dict: ("对象", "an object"),
}


@dataclass(frozen=True, slots=True)
class RequestParameters:
    """What a caller asks to be executed.

    Args:
        query: the text of the document; empty where the request only names it.
        operation_name: the operation of the document to execute, or None if it holds only one.
        variables: values by the name of the variable.
        extensions: what the protocol leaves to implementers.
        identifier: what the request calls the document: its SHA-256 in hexadecimal, or an id of a manifest.
        is_automatic: whether it does so as Apollo's automatic persisted queries do.
    """

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    extensions: dict[str, Any] = field(default_factory=dict)
    identifier: str | None = None
    is_automatic: bool = False


def parameters_from_json(value: object) -> RequestParameters:
    """Take the parameters out of a decoded JSON body; members that nobody knows are ignored, as the draft demands.

    Args:
        value: what the body holds.

    Raises:
        RequestRefused: it is no object, neither holds nor names a document, or a parameter is of the wrong type.
    """
    if isinstance(value, list):
        raise RequestRefused(_BATCH, code="BATCHING_NOT_SUPPORTED")
    if not isinstance(value, dict):
        zh, en = _WORDS[type(value)]
        raise RequestRefused(Message(_NOT_AN_OBJECT.zh.format(found=zh), _NOT_AN_OBJECT.en.format(found=en)))
    return _parameters(value)


def parameters_from_address(query_string: bytes) -> RequestParameters:
    """Take the parameters out of the query component of a GET request; an empty one counts as absent.

    Args:
        query_string: the component as it was sent, percent-encoded.

    Raises:
        RequestRefused: it cannot be decoded, repeats a parameter, or a parameter is of the wrong type.
    """
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=False, errors="strict")
    except ValueError:
        raise RequestRefused(_BAD_ADDRESS) from None
    given = [(name, text) for name, text in pairs if name in _PARAMETERS]
    values: dict[str, object] = {}
    for name, text in given:
        if name in values:
            raise RequestRefused(_REPEATED.format(name=name))
        values[name] = parse_json(text.encode()) if _PARAMETERS[name][0] is dict else text
    ensure_storable(values)
    return _parameters(values)


def _parameters(given: Mapping[str, Any]) -> RequestParameters:
    for name in _PARAMETERS:
        _ensure_type(name, given.get(name))
    query, extensions = given.get("query") or "", given.get("extensions") or {}
    identifier, automatic = _document_id(given.get("documentId")), extensions.get("persistedQuery")
    if identifier is None and automatic is not None:
        identifier = _hash_of(automatic)
    if not query and identifier is None:
        raise RequestRefused(_NO_QUERY)
    return RequestParameters(
        query=query,
        operation_name=given.get("operationName") or None,
        variables=given.get("variables") or {},
        extensions=extensions,
        identifier=identifier,
        is_automatic=automatic is not None,
    )


def is_digest(text: str) -> bool:
    """Return whether a text is a SHA-256 in hexadecimal."""
    return _DIGEST.fullmatch(text) is not None


def without_prefix(identifier: str) -> str:
    """Return an id as it is looked up: the hash alone, where it says `sha256:` before it."""
    return identifier.removeprefix(_SHA256)


def _document_id(given: str | None) -> str | None:
    """Return what a `documentId` names: the hash alone where it is prefixed, as manifests and Apollo's clients write it."""
    if not given:
        return None
    identifier = without_prefix(given)
    if len(given) > LONGEST_ID or (identifier != given and not is_digest(identifier)):
        raise RequestRefused(_BAD_ID.format(limit=LONGEST_ID))
    return identifier


def _hash_of(given: object) -> str:
    found = given.get("sha256Hash") if isinstance(given, dict) and given.get("version") == 1 else None
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_ID:
        raise RequestRefused(_BAD_HASH)
    return without_prefix(found)


def _ensure_type(name: str, value: object) -> None:
    wanted, wanted_zh, wanted_en = _PARAMETERS[name]
    if value is None or isinstance(value, wanted):
        return
    found_zh, found_en = _WORDS[type(value)]
    raise RequestRefused(
        _WRONG_TYPE.format(name=name, wanted=wanted_en, wanted_zh=wanted_zh, found=found_en, found_zh=found_zh)
    )
