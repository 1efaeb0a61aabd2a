"""Paying, and the provider's notices (NX-1)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx

from gateways.payment_notice import PaymentNotice, sign_notice
from store.records import Payment
from tests.graph.caller import Caller, codes
from tests.graph.journey import CHENGDU, JINAN, address, delivered_to, paid, pay, submitted
from tests.graph.service import GraphService


def waiting(service: GraphService) -> tuple[Caller, dict[str, Any], str]:
    """Return a citizen, their operation that waits for 16 yuan, and the payment's reference."""
    citizen = service.citizen(service.person())
    operation = delivered_to(citizen, submitted(citizen))
    reference: str = citizen.changed("payOperation", operationId=operation["id"])["payment"]["reference"]
    return citizen, operation, reference


def ours(reference: str) -> str:
    """Return by which reference the sandbox was asked for a payment."""
    return reference.split(".", 3)[-1]


def notice(
    service: GraphService, reference: str, amount: int = 1600, asked_as: str | None = None
) -> tuple[dict[str, str], bytes]:
    """Sign a notice with the provider's secret."""
    secret = service.running.keys.secret("PAYMENT_SECRET")
    now = service.clock.now()
    return sign_notice(secret, PaymentNotice(reference, asked_as or ours(reference), amount, "paid", now), now)


def post(service: GraphService, headers: dict[str, str], body: bytes) -> httpx.Response:
    return service.http.post("/callbacks/payment", content=body, headers=headers)


def record(service: GraphService, reference: str) -> Payment:
    found = service.work(lambda work: work.payments.find_by_reference(reference))
    assert found is not None
    return found


def test_NX_1_the_operation_is_paid_when_the_provider_says_so(service: GraphService) -> None:
    citizen, operation, reference = waiting(service)
    assert citizen.operation(operation["id"])["state"] == "SUBMITTED"
    answer = post(service, *notice(service, reference))
    assert (answer.status_code, answer.json()) == (200, {"status": "paid"})
    after = citizen.operation(operation["id"])
    assert (after["state"], after["due"]) == ("PAID", 0)
    assert after["timeline"][-1]["event"] == "pay"


def test_NX_1_paying_tells_that_it_is_final(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = delivered_to(citizen, submitted(citizen))
    payload = citizen.changed("payOperation", operationId=operation["id"])
    assert "缴费后不能撤销申请" in payload["decision"]["advice"][0]["message"]["zh"]
    assert payload["payment"]["amount"] == 1600


def test_NX_1_delivery_comes_before_payment(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    assert codes(citizen.change("payOperation", operationId=submitted(citizen)["id"])) == ["DELIVERY_NOT_CHOSEN"]


def test_asking_again_gives_the_same_payment(service: GraphService) -> None:
    citizen, operation, reference = waiting(service)
    again = citizen.changed("payOperation", operationId=operation["id"])
    assert again["payment"]["reference"] == reference


def test_what_is_paid_is_not_paid_again(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    assert set(codes(citizen.change("payOperation", operationId=paid(citizen)["id"]))) == {"NOTHING_DUE"}


def test_a_notice_twice_pays_once(service: GraphService) -> None:
    citizen, operation, reference = waiting(service)
    signed = notice(service, reference)
    assert [post(service, *signed).json()["status"] for _ in range(2)] == ["paid", "paid"]
    # What has been paid fails no more.
    assert service.http.post(f"/sandbox/payments/{reference}?status=failed").text.strip() == "paid"
    assert [entry["event"] for entry in citizen.operation(operation["id"])["timeline"]].count("pay") == 1


def test_two_notices_at_the_same_moment_pay_once(service: GraphService) -> None:
    citizen, operation, reference = waiting(service)
    signed = notice(service, reference)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: post(service, *signed).json()["status"], range(4)))
    assert answers == ["paid"] * 4
    assert [entry["event"] for entry in citizen.operation(operation["id"])["timeline"]].count("pay") == 1


def test_a_forged_notice_pays_nothing(service: GraphService) -> None:
    citizen, operation, reference = waiting(service)
    now = service.clock.now()
    forged = sign_notice(b"x" * 32, PaymentNotice(reference, "ours", 1600, "paid", now), now)
    answer = post(service, *forged)
    assert (answer.status_code, answer.json()["error"]) == (400, "PAYMENT_NOTICE_INVALID")
    headers, body = notice(service, reference)
    assert post(service, headers, body.replace(b"1600", b"1")).status_code == 400
    assert post(service, {}, body).status_code == 400
    assert citizen.operation(operation["id"])["state"] == "SUBMITTED"


def test_an_old_notice_is_not_taken(service: GraphService) -> None:
    citizen, operation, reference = waiting(service)
    signed = notice(service, reference)
    service.clock.advance(timedelta(minutes=6))
    assert post(service, *signed).json()["error"] == "PAYMENT_NOTICE_INVALID"
    assert citizen.operation(operation["id"])["state"] == "SUBMITTED"


def test_a_notice_of_an_unknown_payment_is_not_found(service: GraphService) -> None:
    assert post(service, *notice(service, "nobody's")).json()["error"] == "PAYMENT_NOT_FOUND"


PAYMENTS = "payments{reference amount status relation role channel paidAt failedAt waitingForRefund refunded}"


def payments(citizen: Caller, operation: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = citizen.ask(f'{{operation(id: "{operation["id"]}"){{{PAYMENTS}}}}}')["operation"][
        "payments"
    ]
    return found


def test_a_failed_payment_is_seen_and_another_is_asked_for(service: GraphService) -> None:
    citizen, operation, reference = waiting(service)
    assert service.http.post(f"/sandbox/payments/{reference}?status=failed").text.strip() == "failed"
    [failed] = payments(citizen, operation)
    assert (failed["status"], failed["failedAt"] is not None, failed["paidAt"]) == ("FAILED", True, None)
    assert (failed["relation"], failed["role"], failed["channel"]) == ("self", "citizen", "national_mini_program")
    after = citizen.operation(operation["id"])
    assert (after["state"], after["due"], after["timeline"][-1]["event"]) == ("SUBMITTED", 1600, "payment_failed")
    service.clock.advance(timedelta(minutes=1))
    again = citizen.changed("payOperation", operationId=operation["id"])["payment"]
    assert again["reference"] != reference
    assert service.http.post(f"/sandbox/payments/{again['reference']}").text.strip() == "paid"
    assert [payment["status"] for payment in payments(citizen, operation)] == ["FAILED", "PAID"]


def test_money_that_comes_after_a_failure_is_not_lost(service: GraphService) -> None:
    citizen, operation, reference = waiting(service)
    service.http.post(f"/sandbox/payments/{reference}?status=failed")
    service.clock.advance(timedelta(minutes=1))
    assert pay(citizen, operation) == "paid"
    assert post(service, *notice(service, reference)).json() == {"status": "needs_refund"}
    late, counted = payments(citizen, operation)
    assert (late["status"], late["waitingForRefund"], late["refunded"]) == ("NEEDS_REFUND", 1600, 0)
    assert (counted["status"], counted["waitingForRefund"]) == ("PAID", 0)
    service.sweep()
    late = payments(citizen, operation)[0]
    assert (late["status"], late["waitingForRefund"], late["refunded"]) == ("REFUNDED", 0, 1600)


def test_of_a_wrong_amount_what_was_really_paid_is_given_back(service: GraphService) -> None:
    citizen, operation, reference = waiting(service)
    wrong = (1, 1599, 1601, 160_000)
    for amount in wrong:
        assert post(service, *notice(service, reference, amount)).json() == {"status": "needs_refund"}
        assert record(service, reference).status == "needs_refund"
        assert citizen.operation(operation["id"])["state"] == "SUBMITTED"
        reference = citizen.changed("payOperation", operationId=operation["id"])["payment"]["reference"]
    assert sorted(each["waitingForRefund"] for each in payments(citizen, operation)) == [0, *wrong]
    shown = citizen.ask(f'{{operation(id: "{operation["id"]}"){{due refunds{{amount status}}}}}}')["operation"]
    assert shown["due"] == 1600
    assert sorted(each["amount"] for each in shown["refunds"]) == [*wrong]


def test_what_fits_no_bill_is_given_back_and_shown_so(service: GraphService) -> None:
    citizen, operation, reference = waiting(service)
    citizen.changed("withdrawApplication", operationId=operation["id"])
    post(service, *notice(service, reference))
    query = f'{{operation(id: "{operation["id"]}"){{due refunds{{fee amount status doneAt}}}}}}'
    shown = citizen.ask(query)["operation"]
    assert shown == {"due": 0, "refunds": [{"fee": None, "amount": 1600, "status": "PENDING", "doneAt": None}]}
    service.sweep()
    [refund] = citizen.ask(query)["operation"]["refunds"]
    assert (refund["status"], refund["doneAt"] is not None) == ("DONE", True)
    assert record(service, reference).status == "refunded"
    assert f"[sandbox payment] 16.00 yuan given back of {reference}" in service.shown


def test_after_a_refund_the_same_amount_can_be_paid_anew(service: GraphService) -> None:
    citizen, operation, reference = waiting(service)
    post(service, *notice(service, reference, 1))
    assert pay(citizen, operation) == "paid"


def test_a_payment_after_withdrawal_is_to_be_refunded(service: GraphService) -> None:
    citizen, operation, reference = waiting(service)
    citizen.changed("withdrawApplication", operationId=operation["id"])
    assert post(service, *notice(service, reference)).json() == {"status": "needs_refund"}
    assert citizen.operation(operation["id"])["state"] == "WITHDRAWN"


def test_a_payment_for_an_earlier_choice_of_delivery_is_to_be_refunded(service: GraphService) -> None:
    citizen, operation, reference = waiting(service)
    citizen.changed("setDelivery", operationId=operation["id"], delivery=address(JINAN))
    assert post(service, *notice(service, reference)).json() == {"status": "needs_refund"}
    assert pay(citizen, operation) == "paid"
    assert CHENGDU not in citizen.operation(operation["id"])["delivery"]["regionCode"]


def test_a_notice_of_another_payment_pays_nothing(service: GraphService) -> None:
    citizen, operation, reference = waiting(service)
    for other in ("ours", f"x{ours(reference)}", ours(reference).replace("-1600-", "-1-")):
        answer = post(service, *notice(service, reference, asked_as=other))
        assert (answer.status_code, answer.json()["error"]) == (400, "PAYMENT_NOTICE_INVALID")
    assert record(service, reference).status.value == "pending"
    assert citizen.operation(operation["id"])["state"] == "SUBMITTED"


def test_the_page_of_the_sandbox_pays_by_its_button_alone(service: GraphService) -> None:
    citizen, operation, reference = waiting(service)
    page = service.http.get(f"/sandbox/payments/{reference}?status=paid")
    assert (page.status_code, page.text.count('<form method="post"')) == (200, 2)
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert citizen.operation(operation["id"])["state"] == "SUBMITTED"
    assert service.http.post(f"/sandbox/payments/{reference}").text.strip() == "paid"
    assert citizen.operation(operation["id"])["state"] == "PAID"


def test_nonsense_at_the_callback_is_refused_in_words(service: GraphService) -> None:
    for body in (b"", b"\0", b"{}", b"[" * 5000, b"\xff\xfe"):
        answer = post(service, {"X-Payment-Timestamp": "1", "X-Payment-Signature": "ü".encode().hex()}, body)
        assert (answer.status_code, answer.json()["error"]) == (400, "PAYMENT_NOTICE_INVALID")
    assert post(service, {}, b"x" * 70_000).status_code == 413
    assert service.http.post("/sandbox/payments/sandbox.%00.x.y").status_code in (400, 404)
