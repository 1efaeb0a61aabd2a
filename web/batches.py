"""Batches as CSV: one file in, one file out with a line for each row, for systems that speak no GraphQL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Final

import orjson
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from domain.errors import DomainError, InvalidInput
from domain.message import Language, Message
from resolvers.changing.batches import MOST_ROWS, NOT_REACHED, RowAnswer
from schema.kit.context import Context
from schema.services.batch_columns import columns_of, row_of
from schema.services.batches import BATCHES
from schema.types.batches import AT_A_TIME, Batch
from schema.types.errors import user_errors
from web.csv_text import CsvRow, read_rows, write_rows
from web.errors import expected, headers_of, status_of
from web.json_body import read_body
from web.language import preferred_language
from web.refusal import RequestRefused

MOST_BYTES: Final = 1024 * 1024
KEY_HEADER: Final = "Idempotency-Key"
DONE, REPEATED, KNOWN, REFUSED = "done", "repeated", "known", "refused"

_NO_SUCH = Message("没有这一种成批办理，请改用：{known}。", "There is no such batch; there are {known}")
_NOT_CSV = Message("请以 `Content-Type: text/csv` 发送文件。", "Send the file as text/csv")
_NO_KEY = Message("请在请求头 `Idempotency-Key` 里写上本批的幂等键。", "Name the batch in the header Idempotency-Key")


def batch_files(context_for: Callable[[Request], Awaitable[Context]]) -> Route:
    """Return the address that takes batches as CSV: `POST /batches/recordProducedBatch`, named as the mutations.

    Args:
        context_for: makes the context of a request.
    """

    async def take(request: Request) -> Response:
        language = preferred_language(request.headers.get("accept-language"))
        try:
            content = await _answered(request, await context_for(request), language)
        except ClientDisconnect:
            return Response(status_code=499)
        except DomainError as error:
            body = orjson.dumps({"errors": [expected(error, language)]})
            return Response(body, status_of(error), headers_of(error), media_type="application/json")
        headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="answers.csv"'}
        return Response(content, headers=headers, media_type="text/csv")

    return Route("/batches/{name}", take, methods=["POST"])


async def _answered(request: Request, context: Context, language: Language) -> bytes:
    context.require_actor()
    batch = BATCHES.get(request.path_params["name"])
    if batch is None:
        raise RequestRefused(_NO_SUCH.format(known=", ".join(BATCHES)), code="NOT_FOUND", status=404)
    # Before the file is read: it is long, and anybody who signs in could send one.
    context.admit(batch.asks, batch.refusal)
    media_type, _ = parse_options_header(request.headers.get("content-type", ""))
    if media_type != b"text/csv":
        raise RequestRefused(_NOT_CSV, code="UNSUPPORTED_MEDIA_TYPE", status=415)
    key = request.headers.get(KEY_HEADER)
    if not key:
        raise RequestRefused(_NO_KEY)
    columns = columns_of(batch.row)
    needed = [name for name, must in columns.items() if must]
    rows = read_rows(await read_body(request, MOST_BYTES), list(columns), needed, MOST_ROWS)
    answers = await batch.answers(context, key, [_given(batch, row) for row in rows])
    told = "line", *batch.ids, "result", "state", "code", "field", "message"
    return write_rows(told, [line async for line in _lines(batch, rows, answers, language)])


def _given(batch: Batch[Any], row: CsvRow) -> Any:
    """Return the input of a row, or why it is none."""
    if row.wrong is not None:
        return row.wrong
    try:
        return row_of(batch.row, row.cells)
    except InvalidInput as wrong:
        return wrong


async def _lines(
    batch: Batch[Any], rows: Sequence[CsvRow], answers: Sequence[RowAnswer[Any]], language: Language
) -> AsyncIterator[tuple[object, ...]]:
    """Yield the line of each row: where it stood, what came of it, and why not."""
    for place, (row, found) in enumerate(zip(rows, answers, strict=True)):
        if place % AT_A_TIME == AT_A_TIME - 1:
            await asyncio.sleep(0)
        if found.answer is not None:
            ids = [identify(found.answer) for identify in batch.ids.values()]
            done = KNOWN if batch.known(found.answer) else DONE
            result = REPEATED if found.repeated else done
            yield row.line, *ids, result, batch.state(found.answer), None, None, None
        elif found.error is not None:
            errors = user_errors(found.error)
            named = " ".join(dict.fromkeys(_column(each.field) for each in errors if each.field is not None))
            told = " ".join(each.message.zh if language == "zh" else each.message.en for each in errors)
            result = NOT_REACHED.lower() if found.error.code == NOT_REACHED else REFUSED
            yield row.line, *(row.cells.get(each) for each in batch.ids), result, None, errors[0].code, named, told


def _column(named: str) -> str:
    return named.removeprefix("input.")
