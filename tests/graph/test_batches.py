"""Batches: many rows, one answer for each, all under one key that may be sent again; as JSON and as CSV."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from domain.operation import OperationState
from resolvers.changing import recording
from resolvers.changing.batches import MOST_ROWS
from schema.kit.relay import global_id
from tests.graph.caller import Caller, codes
from tests.graph.journey import card_number
from tests.graph.service import GraphService
from tests.graph.waiting import waiting_operations

ANSWER = (
    "done refused notReached errors{code field} "
    "rows{row repeated operation{id state card{number}} decision{allowed denials{code}} errors{code field message{en}}}"
)


def batch(caller: Caller, mutation: str, key: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Send a batch and return its answer."""
    kind = mutation[0].upper() + mutation[1:] + "Input"
    document = f"mutation($input: {kind}!){{{mutation}(input: $input){{{ANSWER}}}}}"
    answer: dict[str, Any] = caller.ask(document, {"input": {"idempotencyKey": key, "rows": rows}})[mutation]
    return answer


def made(identifier: str, **more: Any) -> dict[str, Any]:
    """Return the row of a card that was produced."""
    return {"operationId": identifier, "cardNumber": card_number(), "generation": "third", **more}


def test_a_card_maker_takes_many_operations_along_their_way(service: GraphService) -> None:
    maker, ids = service.card_maker(), waiting_operations(service, 3)
    answer = batch(maker, "acceptBatch", "night 1", [{"operationId": each} for each in ids])
    assert [row["operation"]["state"] for row in answer["rows"]] == ["ACCEPTED"] * 3
    assert [row["row"] for row in answer["rows"]] == [1, 2, 3]
    assert (answer["done"], answer["refused"], answer["notReached"]) == (3, 0, 0)
    produced = batch(maker, "recordProducedBatch", "night 1", [made(each) for each in ids])
    assert [row["operation"]["state"] for row in produced["rows"]] == ["PRODUCED"] * 3
    parcels = [{"operationId": each, "trackingNumber": f"SF{place}"} for place, each in enumerate(ids)]
    assert batch(maker, "recordShippedBatch", "night 1", parcels)["done"] == 3
    clerk = service.clerk("370100")
    assert batch(clerk, "confirmReceiptBatch", "night 1", [{"operationId": each} for each in ids])["done"] == 3
    timeline = maker.operation(ids[0])["timeline"]
    assert [entry["event"] for entry in timeline] == ["apply", "accept", "produce", "ship", "receive"]


def test_each_row_is_answered_by_itself(service: GraphService) -> None:
    maker, ids = service.card_maker(), waiting_operations(service, 2, OperationState.ACCEPTED)
    [early] = waiting_operations(service, 1, OperationState.SUBMITTED)
    rows = [
        made(ids[0]),
        made(ids[1], cardNumber="?"),
        made(early),
        made(global_id("Operation", "nobody")),
        made(global_id("Card", "1")),
        made(ids[0]),
        made(ids[1], idempotencyKey="own"),
    ]
    answer = batch(maker, "recordProducedBatch", "a night", rows)
    told = [[(error["code"], error["field"]) for error in row["errors"]] for row in answer["rows"]]
    assert told == [
        [],
        [("INVALID_INPUT", "input.rows.1.cardNumber")],
        [("NOT_ACCEPTED", None)],
        [("NOT_FOUND", "input.rows.3.operationId")],
        [("INVALID_INPUT", "input.rows.4.operationId")],
        [("INVALID_INPUT", "input.rows.5.operationId")],
        [("INVALID_INPUT", "input.rows.6.idempotencyKey")],
    ]
    assert answer["rows"][2]["decision"] == {"allowed": False, "denials": [{"code": "NOT_ACCEPTED"}]}
    assert (answer["done"], answer["refused"]) == (1, 6)


def test_a_batch_that_is_sent_again_goes_on(service: GraphService) -> None:
    maker, ids = service.card_maker(), waiting_operations(service, 3, OperationState.ACCEPTED)
    right = [made(each) for each in ids]
    broken_off = batch(maker, "recordProducedBatch", "night 2", [right[0], {**right[1], "generation": "ninth"}])
    assert (broken_off["done"], broken_off["refused"]) == (1, 1)
    again = batch(maker, "recordProducedBatch", "night 2", right)
    assert [row["repeated"] for row in again["rows"]] == [True, False, False]
    assert [row["operation"]["state"] for row in again["rows"]] == ["PRODUCED"] * 3
    assert batch(maker, "recordProducedBatch", "night 2", right)["done"] == 3
    assert [entry["event"] for entry in maker.operation(ids[0])["timeline"]].count("produce") == 1
    other = batch(maker, "recordProducedBatch", "night 2", [made(ids[0])])["rows"][0]
    assert codes(other) == ["IDEMPOTENCY_KEY_REUSED"]


def test_the_rows_that_are_not_reached_in_time_are_told_and_done_the_next_time(
    service: GraphService, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker, ids = service.card_maker(), waiting_operations(service, 2)
    rows = [{"operationId": each} for each in ids]
    moments = iter([0.0, 1.0, 10_000.0])
    monkeypatch.setattr("resolvers.changing.batches.monotonic", lambda: next(moments))
    answer = batch(maker, "acceptBatch", "night 3", rows)
    assert (answer["done"], answer["notReached"]) == (1, 1)
    assert codes(answer["rows"][1]) == ["ROW_NOT_REACHED"]
    monkeypatch.undo()
    assert batch(maker, "acceptBatch", "night 3", rows)["done"] == 2


def test_a_row_that_breaks_keeps_back_no_other(service: GraphService, monkeypatch: pytest.MonkeyPatch) -> None:
    maker, ids = service.card_maker(), waiting_operations(service, 2)
    rows = [{"operationId": each} for each in ids]
    keep, first = recording.keep_decision, list[bool]()

    async def broken(*given: Any) -> None:
        if not first:
            first.append(True)
            raise RuntimeError("broken")
        await keep(*given)

    monkeypatch.setattr(recording, "keep_decision", broken)
    answer = batch(maker, "acceptBatch", "night 4", rows)
    assert [codes(row) for row in answer["rows"]] == [["ROW_FAILED"], []]
    assert maker.operation(ids[0])["state"] == "PAID"


def test_500_rows_are_one_batch_and_more_are_refused(service: GraphService) -> None:
    maker, ids = service.card_maker(), waiting_operations(service, 2)
    nobodys = [global_id("Operation", f"nobody-{place}") for place in range(MOST_ROWS - 2)]
    rows = [{"operationId": each} for each in [ids[0], *nobodys, ids[1]]]
    answer = batch(maker, "acceptBatch", "many", rows)
    assert (answer["done"], answer["refused"]) == (2, MOST_ROWS - 2)
    document = f"mutation($input: AcceptBatchInput!){{acceptBatch(input: $input){{{ANSWER}}}}}"
    assert maker.failure(document, {"input": {"idempotencyKey": "more", "rows": [*rows, rows[0]]}}) == "INVALID_INPUT"


def test_batches_are_for_offices(service: GraphService) -> None:
    citizen, ids = service.citizen(service.person()), waiting_operations(service, 1)
    answer = batch(citizen, "confirmReceiptBatch", "mine", [{"operationId": ids[0]}])
    assert (codes(answer), answer["rows"]) == (["NOT_PERMITTED"], [])
    assert codes(batch(service.card_maker(), "acceptBatch", "none", [])) == ["INVALID_INPUT"]
    bank = batch(service.bank("icbc"), "acceptBatch", "another's", [{"operationId": ids[0]}])
    assert codes(bank["rows"][0]) == ["NOT_FOUND"]


def sent(caller: Caller, name: str, content: bytes, **headers: str) -> httpx.Response:
    given = {"Content-Type": "text/csv", "Idempotency-Key": "file 1", **headers}
    return caller.http.post(f"/batches/{name}", content=content, headers={**caller.headers, **given})


def lines(response: httpx.Response) -> list[dict[str, str]]:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    text = response.content.decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def test_a_batch_comes_in_and_goes_out_as_CSV(service: GraphService) -> None:
    maker, ids = service.card_maker(), waiting_operations(service, 3, OperationState.ACCEPTED)
    number = card_number()
    content = (
        "generation,operationId,cardNumber,issuedOn,bank\r\n"
        f"third,{ids[0]},{number},2026-11-19,\r\n"
        "\r\n"
        f'third,{ids[1]},"{card_number()}",20.11.2026,ccb\r\n'
        f"third,{ids[2]},=1+1,,\r\n"
        f"third,{ids[2]}\r\n"
        ",,,,x\r\n"
    ).encode("utf-8-sig")
    found = lines(sent(maker, "recordProducedBatch", content))
    assert [(row["line"], row["result"], row["state"], row["code"], row["field"]) for row in found] == [
        ("2", "done", "PRODUCED", "", ""),
        ("4", "refused", "", "INVALID_INPUT", "issuedOn"),
        ("5", "refused", "", "INVALID_INPUT", "cardNumber"),
        ("6", "refused", "", "INVALID_INPUT", ""),
        ("7", "refused", "", "INVALID_INPUT", "operationId cardNumber generation"),
    ]
    assert "is no day" in found[1]["message"]
    assert maker.operation(ids[0])["card"]["number"] == number
    again = lines(sent(maker, "recordProducedBatch", content))
    assert [row["result"] for row in again][:2] == ["repeated", "refused"]


def test_what_a_spreadsheet_would_compute_goes_out_harmless(service: GraphService) -> None:
    content = b'operationId\n"=HYPERLINK(""http://evil.example"")"\n@SUM(A1)\n'
    found = lines(sent(service.card_maker(), "acceptBatch", content))
    assert [row["operationId"] for row in found] == ['\'=HYPERLINK("http://evil.example")', "'@SUM(A1)"]
    assert [row["code"] for row in found] == ["ID_INVALID"] * 2


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param("operationId\n中文".encode("gbk"), "not UTF-8", id="saved in another encoding"),
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"operationId,nonsense\n", "unknown `nonsense`", id="an unknown column"),
        pytest.param(b"operationId,evidence.declared.*\n", "unknown `evidence.declared.*`", id="no name of its own"),
        pytest.param(
            b"operationId,evidence.declared." + b"x" * 100 + b"\n", "unknown `evidence.declared.xx", id="a long name"
        ),
        pytest.param(
            b"operationId" + b",evidence.declared.x" * 99 + b"\n", "twice `evidence.declared.x`", id="a wide file"
        ),
        pytest.param(b"trackingNumber\n", "missing `operationId`", id="a column is missing"),
        pytest.param(b'operationId\n"open', "Line 2 is no CSV", id="an open quote"),
        pytest.param(b"operationId\n" + b"x\n" * (MOST_ROWS + 1), "more than 500 rows", id="too many rows"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(service: GraphService, content: bytes, told: str) -> None:
    answer = sent(service.card_maker(), "acceptBatch", content)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (400, "CSV_UNREADABLE")
    assert told in error["message"]


def test_files_are_taken_from_offices_with_a_token_and_a_key(service: GraphService) -> None:
    maker = service.card_maker()
    content = b"operationId\nx\n"
    assert sent(service.caller(None), "acceptBatch", content).status_code == 401
    assert sent(service.citizen(service.person()), "acceptBatch", content).status_code == 403
    assert sent(maker, "nothing", content).status_code == 404
    assert sent(maker, "acceptBatch", content, **{"Content-Type": "application/json"}).status_code == 415
    assert sent(maker, "acceptBatch", content, **{"Idempotency-Key": ""}).status_code == 400
    assert sent(maker, "acceptBatch", b"operationId\n" + b" " * 2**20).status_code == 413


def test_who_may_send_none_has_their_file_left_unread(service: GraphService) -> None:
    refused = sent(service.citizen(service.person()), "recordProducedBatch", b"no,such,columns\n")
    assert refused.json()["errors"][0]["extensions"]["code"] == "NOT_PERMITTED"


def test_others_are_answered_while_a_batch_runs(service: GraphService) -> None:
    maker, many = service.card_maker(), 40
    rows = [{"operationId": each} for each in waiting_operations(service, many)]
    with ThreadPoolExecutor(1) as thread, httpx.Client(base_url=service.http.base_url, trust_env=False) as other:
        running = thread.submit(batch, maker, "acceptBatch", "beside", rows)
        answered = 0
        while not running.done():
            assert other.post("/graphql", json={"query": "{__typename}"}).status_code == 200
            answered += 1
        assert running.result()["done"] == many
    assert answered > 5
