"""File uploads by the GraphQL multipart request specification.

A form has three kinds of parts: `operations` (the JSON body with null in place of each file), `map` (which file goes
where: `{"0": ["variables.photo"]}`) and the files, named by the keys of the map.

A browser sends such a form to another site without asking it first, so a form is taken only with a header that it
cannot send unasked: a bearer token, `GraphQL-Preflight: 1`, or `X-Requested-With` or one of Apollo's with any value.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any, Final

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from domain.message import Message
from schema.kit.limits import Limits
from web.core_messages import without_numbers
from web.json_body import body_too_long, bounded, parse_json
from web.refusal import RequestRefused
from web.request_parameters import RequestParameters, parameters_from_json

PREFLIGHT_HEADERS: Final = (
    "graphql-preflight",
    "x-requested-with",
    "apollo-require-preflight",
    "x-apollo-operation-name",
)

# The headers and boundaries of the parts: generous for one part, nothing beside the files.
_PART_OVERHEAD: Final = 4 * 1024

_NO_PREFLIGHT = Message(
    "上传表单应带令牌，或者请求头 `GraphQL-Preflight: 1`，以防跨站请求伪造。",
    "An upload form needs a bearer token or the header GraphQL-Preflight: 1, against requests forged by other sites",
)
_BAD_FORM = Message(
    "`multipart` 表单无法解析（`{reason}`），请检查 `boundary` 和各部分的头。",
    "The multipart form cannot be read: {reason}; check the boundary and the headers of the parts",
)
_MISSING_PART = Message(
    "`multipart` 表单缺少文本部分 `{name}`，或者出现了多次，请按GraphQL的 `multipart` 规范发送 `operations` 和 `map`。",
    "The form holds no text part {name}, or several; send operations and map as the GraphQL multipart request "
    "specification says",
)
_BAD_MAP = Message(
    "`map` 应为“部分名到路径数组”的JSON对象，例如 `{example}`。",
    "The part map must be a JSON object of part names and lists of paths, such as {example}",
)
_BAD_PATH = Message(
    "`map` 里的路径 `{path}` 在 `operations` 里没有对应的 `null`，文件应放在 `variables` 之下。",
    "The path {path} of the map leads to no null in the operations; files go below variables",
)
_UNMATCHED = Message(
    "文件部分 `{name}` 与 `map` 不一致，两边应一一对应。",
    "The part {name} is in the map or among the files but not in both",
)
_TOO_MANY = Message(
    "一次最多上传{limit}个文件，请分几次上传。",
    "A request carries at most {limit} files; upload them in several requests",
)
_TOO_LARGE = Message(
    "上传的文件超过{limit}字节，请缩小后再上传。",
    "An uploaded file is longer than {limit} bytes; make it smaller",
)


@asynccontextmanager
async def upload_parameters(request: Request, limits: Limits) -> AsyncIterator[RequestParameters]:
    """Read an upload form; its files stay open until the context is left.

    Args:
        request: a POST request of multipart/form-data.
        limits: the bytes of the text parts and of each file, and the number of files.

    Yields:
        The parameters, each file in its place as a starlette `UploadFile`.

    Raises:
        RequestRefused: other sites could have sent the form, or it is too large, cannot be read, or its map does not fit.
    """
    if not (_has_token(request) or any(request.headers.get(name) for name in PREFLIGHT_HEADERS)):
        raise RequestRefused(_NO_PREFLIGHT, code="PREFLIGHT_REQUIRED")
    form = await _read_form(request, limits)
    try:
        operations = parse_json(_text_part(form, "operations"))
        parameters = parameters_from_json(operations)
        _place_files(operations, _read_map(form), _files(form))
        yield parameters
    finally:
        await form.close()


def _has_token(request: Request) -> bool:
    # A browser sends passwords that its user once typed by itself (Basic), but never a token.
    return request.headers.get("authorization", "")[:7].lower() == "bearer "


class _UploadTooLarge(MultiPartException):
    """A file is over its limit."""


class _BoundedParser(MultiPartParser):
    """Starlette's parser, with a limit for each file and its own word for too many of them."""

    def __init__(self, headers: Headers, stream: AsyncGenerator[bytes, None], limits: Limits) -> None:
        super().__init__(
            headers, stream, max_files=limits.max_uploads, max_fields=2, max_part_size=limits.max_body_bytes
        )
        self._file_limit = limits.max_upload_bytes
        self._file_bytes = 0

    def on_part_begin(self) -> None:
        super().on_part_begin()
        self._file_bytes = 0

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._current_part.file is not None:
            self._file_bytes += end - start
            if self._file_bytes > self._file_limit:
                raise _UploadTooLarge("file too large")
        super().on_part_data(data, start, end)

    @property
    def has_too_many_files(self) -> bool:
        return self._current_files > self.max_files


async def _read_form(request: Request, limits: Limits) -> FormData:
    parts = limits.max_uploads + 2
    total = limits.max_body_bytes + limits.max_uploads * limits.max_upload_bytes + parts * _PART_OVERHEAD
    async with aclosing(bounded(request, total)) as stream:
        parser = _BoundedParser(request.headers, stream, limits)
        try:
            return await parser.parse()
        except _UploadTooLarge:
            raise _too_large(limits.max_upload_bytes) from None
        except MultiPartException as error:
            raise _form_refusal(parser, limits, error) from None


def _form_refusal(parser: _BoundedParser, limits: Limits, error: MultiPartException) -> RequestRefused:
    if parser.has_too_many_files:
        return RequestRefused(_TOO_MANY.format(limit=limits.max_uploads), code="TOO_MANY_UPLOADS", status=413)
    if error.message.startswith("Part exceeded"):
        return body_too_long(limits.max_body_bytes)
    return RequestRefused(_BAD_FORM.format(reason=error.message), code="INVALID_UPLOAD")


def _too_large(limit: int) -> RequestRefused:
    return RequestRefused(_TOO_LARGE.format(limit=limit), code="UPLOAD_TOO_LARGE", status=413)


def _text_part(form: FormData, name: str) -> bytes:
    found = form.getlist(name)
    if len(found) != 1 or not isinstance(found[0], str):
        raise RequestRefused(_MISSING_PART.format(name=name), code="INVALID_UPLOAD")
    return found[0].encode()


def _files(form: FormData) -> dict[str, UploadFile]:
    files: dict[str, UploadFile] = {}
    for name, part in form.multi_items():
        if isinstance(part, UploadFile):
            if name in files:
                raise _unmatched(name)
            files[name] = part
    return files


def _read_map(form: FormData) -> dict[str, list[str]]:
    found = parse_json(_text_part(form, "map"))
    if isinstance(found, dict) and all(_is_paths(paths) for paths in found.values()):
        return found
    raise RequestRefused(_BAD_MAP.format(example='{"0": ["variables.photo"]}'), code="INVALID_UPLOAD")


def _is_paths(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(path, str) for path in value)


def _place_files(operations: object, places: Mapping[str, list[str]], files: Mapping[str, UploadFile]) -> None:
    for name in sorted(places.keys() ^ files.keys()):
        raise _unmatched(name)
    for name, paths in places.items():
        for path in paths:
            _place(operations, path, files[name])


def _place(operations: object, path: str, file: UploadFile) -> None:
    """Put a file where a path such as `variables.documents.0.file` finds a null."""
    *way, last = path.split(".")
    target: Any = operations
    try:
        for step in way:
            target = target[_key(target, step)]
        key = _key(target, last)
        if way[:1] != ["variables"] or target[key] is not None:
            raise KeyError(path)
        target[key] = file
    except (KeyError, IndexError, TypeError):
        raise RequestRefused(_BAD_PATH.format(path=without_numbers(path[:80])), code="INVALID_UPLOAD") from None


def _key(target: object, step: str) -> str | int:
    if not isinstance(target, list):
        return step
    if not (step.isascii() and step.isdecimal() and len(step) <= 6):
        raise IndexError(step)
    return int(step)


def _unmatched(name: str) -> RequestRefused:
    return RequestRefused(_UNMATCHED.format(name=without_numbers(name[:80])), code="INVALID_UPLOAD")
