"""The parameters of a GraphQL-over-HTTP request."""

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
    "缺少参数 `query`，请提供GraphQL文档。",
    "The parameter query is missing; give a GraphQL document",
)
# Apollo's clients send a hash first. By this very message (or its code) and this status they know to send the query.
_HASH_ALONE = Message("PersistedQueryNotSupported", "PersistedQueryNotSupported")
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
    "operationName": (str, "字符串", "a string"),
    "variables": (dict, "对象", "an object"),
    "extensions": (dict, "对象", "an object"),
}
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
        query: the text of the document.
        operation_name: the operation of the document to execute, or None if it holds only one.
        variables: values by the name of the variable.
        extensions: what the protocol leaves to implementers.
    """

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    extensions: dict[str, Any] = field(default_factory=dict)


def parameters_from_json(value: object) -> RequestParameters:
    """Take the parameters out of a decoded JSON body; members that nobody knows are ignored, as the draft demands.

    Args:
        value: what the body holds.

    Raises:
        RequestRefused: it is no object, holds no query or its hash alone, or a parameter is of the wrong type.
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
    if not given.get("query"):
        if (given.get("extensions") or {}).get("persistedQuery") is not None:
            raise RequestRefused(_HASH_ALONE, code="PERSISTED_QUERY_NOT_SUPPORTED", status=200)
        raise RequestRefused(_NO_QUERY)
    return RequestParameters(
        query=given["query"],
        operation_name=given.get("operationName") or None,
        variables=given.get("variables") or {},
        extensions=given.get("extensions") or {},
    )


def _ensure_type(name: str, value: object) -> None:
    wanted, wanted_zh, wanted_en = _PARAMETERS[name]
    if value is None or isinstance(value, wanted):
        return
    found_zh, found_en = _WORDS[type(value)]
    raise RequestRefused(
        _WRONG_TYPE.format(name=name, wanted=wanted_en, wanted_zh=wanted_zh, found=found_en, found_zh=found_zh)
    )
