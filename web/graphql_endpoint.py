"""GraphQL over HTTP, as the draft of the GraphQL foundation has it (docs/decisions/0006).

request  →  parameters  →  checked document  →  context  →  execution  →  answer
            (refused:       (refused: 400, or 200           (failures in resolvers are
             4xx)            for old clients)                part of the answer: 200)
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import orjson
import strawberry
from graphql import ExecutionResult, GraphQLError, OperationDefinitionNode, OperationType
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from domain.errors import DomainError
from domain.message import Language, Message
from domain.waits import noting_waits
from schema.kit.limits import Limits
from web.arriving import Arriving
from web.aside import Aside
from web.documents import DocumentCache, DocumentRefused
from web.errors import ErrorPresenter, expected, headers_of, status_of
from web.execution import SchemaExecutor
from web.json_body import SMALL_BYTES, parse_json, read_body
from web.language import preferred_language
from web.media_types import GRAPHQL, JSON, MediaType, negotiate, prefers_html
from web.metrics import OBSERVED, Observation
from web.multipart import upload_parameters
from web.persisted_documents import PersistedDocuments, Shelf
from web.refusal import RequestRefused, too_late
from web.request_parameters import RequestParameters, parameters_from_address, parameters_from_json
from web.turns import Measured, Turns

_PAGE: Final = "index.html"
_PAGE_TARGET: Final = "web/graphiql/dist/index.html"

_METHOD = Message(
    "不支持HTTP方法 `{method}`，请使用 `GET` 或 `POST`。",
    "The HTTP method {method} is not supported; use GET or POST",
)
_MUTATION_BY_GET = Message(
    "不能用 `GET` 执行变更，请使用 `POST`。",
    "A mutation cannot be executed by GET; use POST",
)
_SUBSCRIPTION = Message(
    "这个地址不支持订阅，请改用查询。",
    "Subscriptions are not supported at this address; use a query",
)
_NOT_ACCEPTABLE = Message(
    "不能以 `{accept}` 格式回答，请接受 `application/graphql-response+json` 或 `application/json`。",
    "Cannot answer as {accept}; accept application/graphql-response+json or application/json",
)
_CONTENT_TYPE = Message(
    "不支持 `Content-Type: {found}`，请使用UTF-8编码的 `application/json`，上传文件时使用 `multipart/form-data`。",
    "The Content-Type {found} is not supported; use application/json in UTF-8, or multipart/form-data for uploads",
)
_ENCODING = Message(
    "不支持 `Content-Encoding: {found}`，请不压缩直接发送。",
    "The Content-Encoding {found} is not supported; send the body as it is",
)
_NOT_TRUSTED = Message(
    "这个渠道只执行预先登记的查询文档，请使用登记过的文档，或者请管理人员登记。",
    "Through this channel only documents that were registered beforehand are executed; use one of them, or have it registered",
)
_CLOSED = Message(
    "不能查询接口的结构（`__schema`、`__type`、`_service`）。请使用随本系统提供的文件`schema.graphql`，或者请管理人员开放。",
    "What the graph is made of (__schema, __type, _service) is not shown to you; use the file schema.graphql that comes"
    " with the service, or have its operator open introspection to your role",
)


@dataclass(frozen=True, slots=True)
class _Answer:
    """A GraphQL answer, written out.

    Args:
        body: JSON.
        codes: the code of each error in it.
        status: the HTTP status for callers who read `application/graphql-response+json`.
        headers: what the status asks for besides.
        is_graphql: whether the request was well-formed, in which case old clients expect 200 whatever became of it.
    """

    body: bytes
    codes: list[str]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    is_graphql: bool = False


class GraphQLEndpoint:
    """The ASGI application that answers GraphQL requests.

    Args:
        schema: what to execute on. Extensions may hook into operations, executions and fields.
        context_for: makes the `info.context` of a request; a DomainError from it refuses the request (401, 403, …).
        limits: what one request may use.
        graphiql: the folder of the built GraphiQL, served to browsers that ask for a page; None serves none.
        on_unexpected: told the id and the exception of each masked failure, besides the log.
        compiled_from: the use of a document from which on it is compiled; 0 compiles none.
        shelf: where the documents of automatic persisted queries are kept; None where clients are to send their texts.
        trusted: documents that are known from the start, by their ids.
        admit: is asked first of all whether a request may be answered; a DomainError from it refuses it (429).
        keeps: says whether one more document is kept that a request came with.
        trusts_only: says of a context whether only those are executed; None where any document is, whoever sends it.
        introspects: says of a context whether it may ask what the graph is made of; None where everybody may.
        is_told_names: says of a context whether errors of a document may name what of the schema the document does not;
            None where they may to everybody.

    Raises:
        FileNotFoundError: GraphiQL is not built in its folder.
        ValueError: an extension of the schema hooks into parsing or validating, or a trusted document is not valid.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        context_for: Callable[[Request], Awaitable[object]],
        *,
        limits: Limits | None = None,
        graphiql: Path | None = None,
        on_unexpected: Callable[[str, BaseException], None] | None = None,
        compiled_from: int = 2,
        shelf: Shelf | None = None,
        trusted: Mapping[str, str] | None = None,
        trusts_only: Callable[[Any], bool] | None = None,
        introspects: Callable[[Any], bool] | None = None,
        is_told_names: Callable[[Any], bool] | None = None,
        admit: Callable[[Request], None] = lambda request: None,
        keeps: Callable[[Request], bool] = lambda request: True,
    ) -> None:
        if graphiql is not None and not (graphiql / _PAGE).is_file():
            raise FileNotFoundError(f"GraphiQL is not built: {graphiql / _PAGE} is missing; run make {_PAGE_TARGET}")
        self._limits = limits or Limits()
        self._context_for = context_for
        self._graphiql = graphiql
        self._errors = ErrorPresenter(on_unexpected)
        self._turns, self._aside = Turns(), Aside()
        self._executor = SchemaExecutor(schema, compiled_from, self._aside)
        self.documents = DocumentCache(schema, self._limits)
        self._trusts_only = trusts_only
        self._introspects = introspects
        self._is_told_names = is_told_names
        self._admit = admit
        self._keeps = keeps
        self._persisted = PersistedDocuments(shelf, trusted or {})
        for identifier, text in (trusted or {}).items():
            self._trust(identifier, text)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        arriving = Arriving(receive)
        request = Request(scope, arriving.receive)
        try:
            response = await self._respond(request, arriving)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _respond(self, request: Request, arriving: Arriving) -> Response:
        accept = ",".join(request.headers.getlist("accept"))
        if self._graphiql is not None and request.method == "GET" and prefers_html(accept):
            return FileResponse(self._graphiql / _PAGE, headers={"Cache-Control": "no-cache", "Vary": "Accept"})
        request.scope[OBSERVED] = observation = Observation()
        media_type = negotiate(accept)
        with noting_waits() as waits:
            answer = await self._answer(request, media_type, observation, arriving)
        observation.record([*answer.codes, *(failure for _, failure in waits if failure is not None)])
        response = _response(answer, media_type or JSON)
        if waits:
            response.headers["Retry-After"] = str(max(seconds for seconds, _ in waits))
        return response

    async def _answer(
        self, request: Request, media_type: MediaType | None, observation: Observation, arriving: Arriving
    ) -> _Answer:
        language = preferred_language(request.headers.get("accept-language"))
        try:
            async with asyncio.timeout(self._limits.timeout_seconds) as deadline:
                arriving.limit = deadline
                turn = await self._turns.take(self._turns.caller_of(request.scope))
                try:
                    is_known = isinstance(turn.caller.key, tuple)
                    return await Measured(self._attempt(request, media_type, language, observation, is_known), turn)
                finally:
                    self._turns.end(turn)
        except ClientDisconnect:
            raise
        except Exception as error:
            if isinstance(error, TimeoutError) and deadline.expired():
                observation.outcome = "timeout"
                return self._failed(too_late(self._limits.timeout_seconds), language)
            is_expected = isinstance(error, DomainError | DocumentRefused | GraphQLError)
            observation.outcome = "refused" if is_expected else "failed"
            return self._failed(error, language)

    def _failed(self, error: Exception, language: Language) -> _Answer:
        """Return the answer to a request that was not executed, or not to its end."""
        if isinstance(error, GraphQLError):  # From an extension of the schema.
            error = DocumentRefused("REQUEST_REFUSED", [error])
        if isinstance(error, DocumentRefused):
            told = self._errors.present_narrowly if error.is_narrow else self._errors.present
            shown = [told(each, language, error.code) for each in error.errors]
            return _answer({"errors": shown}, 400, is_graphql=True)
        if isinstance(error, DomainError):
            return _answer({"errors": [expected(error, language)]}, status_of(error), headers_of(error))
        return _answer({"errors": [self._errors.unexpected(error, language)]}, 500)

    async def _attempt(
        self,
        request: Request,
        media_type: MediaType | None,
        language: Language,
        observation: Observation,
        is_known: bool,
    ) -> _Answer:
        if request.method not in ("GET", "POST"):
            raise _wrong_method(_METHOD.format(method=request.method), "GET, POST")
        if media_type is None:
            accept = request.headers.get("accept", "")[:80]
            raise RequestRefused(_NOT_ACCEPTABLE.format(accept=accept), code="NOT_ACCEPTABLE", status=406)
        if not is_known:
            # Before anything is read of what may be dear: a token that does not count is no way around the limits of an address.
            self._admit(request)
            if "authorization" in request.headers:
                await self.context_of(request)
        try:
            return await self._asked(request, language, observation)
        except DocumentRefused as refusal:
            refusal.is_narrow = not await self._may_be_told_names(request)
            raise

    async def _may_be_told_names(self, request: Request) -> bool:
        if self._is_told_names is None:
            return True
        try:
            return self._is_told_names(await self._context_for(request))
        except DomainError:
            return False

    async def _asked(self, request: Request, language: Language, observation: Observation) -> _Answer:
        """Execute what a request asks for, wherever it stands in it."""
        if request.method == "GET":
            parameters = parameters_from_address(request.scope["query_string"])
        elif _content_type(request) == "multipart/form-data":
            async with upload_parameters(request, self._limits) as parameters:
                return await self._execute(request, parameters, language, observation)
        else:
            body = await read_body(request, self._limits.max_body_bytes)
            parameters = parameters_from_json(
                parse_json(body) if len(body) <= SMALL_BYTES else await self._aside.do(parse_json, body)
            )
        return await self._execute(request, parameters, language, observation)

    async def _execute(
        self, request: Request, parameters: RequestParameters, language: Language, observation: Observation
    ) -> _Answer:
        is_named = parameters.identifier is not None
        if is_named:
            parameters = await self._persisted.with_text(parameters)
        known = self.documents.known(parameters.query)
        document = known or await self.documents.find(parameters.query, self._aside)
        operation = document.operation(parameters.operation_name)
        if operation.name is not None and known is not None:
            observation.name = operation.name.value
        _ensure_operation(operation, request.method)
        observation.operation = "mutation" if operation.operation is OperationType.MUTATION else "query"
        self.documents.ensure_affordable(document, operation, parameters.variables)
        context = await self.context_of(request)
        observation.actor = getattr(context, "actor", None)
        if self._trusts_only is not None and not document.is_trusted and self._trusts_only(context):
            raise RequestRefused(_NOT_TRUSTED, code="DOCUMENT_NOT_TRUSTED", status=403)
        if document.introspects and self._introspects is not None and not self._introspects(context):
            raise RequestRefused(_CLOSED, code="INTROSPECTION_CLOSED", status=403)
        if is_named:
            await self._persisted.keep(parameters, lambda: self._keeps(request))
        result, extensions = await self._executor.run(document, parameters, context)
        if _is_request_error(result.data, result.errors):
            raise self.documents.wrong_variables(operation, parameters.variables)
        return self._answer_of(result, extensions, language, observation)

    @property
    def turns(self) -> Turns:
        """The turns that callers take."""
        return self._turns

    async def context_of(self, request: Request) -> Any:
        """Return the context of a request, whose caller is known from now on.

        Raises:
            DomainError: it is refused.
        """
        context = await self._context_for(request)
        if (header := request.headers.get("authorization")) is not None:
            actor = getattr(context, "actor", None)
            self._turns.vouch(header, (actor.issuer, actor.person_id) if actor is not None else header)
        return context

    def _trust(self, identifier: str, text: str) -> None:
        try:
            self.documents.trust(text)
        except DocumentRefused as refusal:
            raise ValueError(f"the trusted document {identifier}: {refusal.errors[0].message}") from None

    def _answer_of(
        self, result: ExecutionResult, extensions: Mapping[str, Any], language: Language, observation: Observation
    ) -> _Answer:
        observation.outcome = "partial" if result.errors else "ok"
        payload: dict[str, Any] = {"data": result.data}
        if result.errors:
            payload["errors"] = [self._errors.present(error, language, "EXECUTION_FAILED") for error in result.errors]
        if extensions:
            payload["extensions"] = dict(extensions)
        return _answer(payload, is_graphql=True)


def _answer(
    payload: dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None, *, is_graphql: bool = False
) -> _Answer:
    codes = [error["extensions"]["code"] for error in payload.get("errors", ())]
    return _Answer(orjson.dumps(payload), codes, status, headers or {}, is_graphql)


def _is_request_error(data: object, errors: list[GraphQLError] | None) -> bool:
    """Return whether an execution never began: then no error has a path, and the answer has no data entry."""
    return data is None and all(error.path is None for error in errors or ())


def _ensure_operation(operation: OperationDefinitionNode, method: str) -> None:
    if operation.operation is OperationType.SUBSCRIPTION:
        raise RequestRefused(_SUBSCRIPTION, code="SUBSCRIPTION_NOT_SUPPORTED")
    if operation.operation is OperationType.MUTATION and method == "GET":
        raise _wrong_method(_MUTATION_BY_GET, "POST")


def _wrong_method(message: Message, allowed: str) -> RequestRefused:
    return RequestRefused(message, code="METHOD_NOT_ALLOWED", status=405, headers={"Allow": allowed})


def _content_type(request: Request) -> str:
    """Return the media type of the body, which is one that we read."""
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise RequestRefused(_ENCODING.format(found=encoding[:80]), code="UNSUPPORTED_MEDIA_TYPE", status=415)
    found = request.headers.get("content-type", "")
    media_type, parameters = _options(found)
    charset = parameters.get(b"charset", b"utf-8").lower()
    if media_type not in (b"application/json", b"multipart/form-data") or charset not in (b"utf-8", b"utf8"):
        raise RequestRefused(_CONTENT_TYPE.format(found=found[:80]), code="UNSUPPORTED_MEDIA_TYPE", status=415)
    return media_type.decode()


_options = lru_cache(64)(parse_options_header)


def _response(answer: _Answer, media_type: MediaType) -> Response:
    status = 200 if answer.is_graphql and media_type != GRAPHQL else answer.status
    headers = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language", **answer.headers}
    return Response(answer.body, status, {**headers, "Content-Type": f"{media_type}; charset=utf-8"})
