"""What a region charges, waives and gives back, in YAML alone: booked, paid, waited for, and returned, whichever service says so."""

import asyncio
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, cast

import pytest

from domain.errors import GatewayUnavailable
from domain.message import Message
from gateways.payment import RefundAnswer
from resolvers.changing.refunds import Sent, send_refunds
from resolvers.services import resuming
from store import Keys, StoreUnreachable
from tests.databases import ENGINES
from tests.graph.caller import Caller, codes
from tests.graph.cards import IDENTITY_CARD, CardOnRecord, add_active_card, history, look_up
from tests.graph.conftest import fresh_database, key_variables
from tests.graph.journey import CHENGDU, JINAN, ZIBO, address, application, paid, pay, shipped, submitted
from tests.graph.service import NOW, REGIONS, GraphService, serve_graph

WORDS = """
vocabularies:
  fees:
    terms:
      loss_fee: {label: {zh: 挂失手续费, en: loss fee}}
      deposit: {label: {zh: 押金, en: deposit}}
      lift_fee: {label: {zh: 解挂手续费, en: fee for lifting}}
      storage: {label: {zh: 保管费, en: storage fee}}
"""
LOSS = """
source: assumption
rules:
  loss_fee: {charge: {fee: loss_fee, amount: 10 yuan}}
  deposit: {charge: {fee: deposit, amount: 30 yuan, refundable: true}}
"""
LIFT = """
source: assumption
rules:
  lift_fee: {charge: {fee: lift_fee, amount: 5 yuan, due: before}}
  deposit_back: {refund: deposit}
"""
RECEIVE = """
source: assumption
rules:
  storage: {charge: {fee: storage, amount: 3 yuan, due: before}}
"""
APPLY = """
source: assumption
rules:
  card_fee: {replaces: true, charge: {fee: card_fee, amount: 20 yuan, due: after}}
"""
ACCEPT = """
source: assumption
rules:
  no_card_fee: {waive: card_fee}
"""
FILES = {
    "vocabulary": WORDS,
    "report_formal_loss": LOSS,
    "cancel_loss_report": LIFT,
    "receive": RECEIVE,
    "apply": APPLY,
    "accept": ACCEPT,
}
POSTAGE = """
source: assumption
rules:
  postage_at_once:
    when: {choice.delivery: {present: true, is: post}}
    charge: {fee: postage, amount: 12 yuan}
"""
"""A city that charges the post with the application, as well as with the choice of it."""
AT_WINDOW = {"sightedDocuments": IDENTITY_CARD}
WITH_CARD = {"sightedDocuments": [*IDENTITY_CARD, "social_security_card"]}
BILL = (
    "state due dueBefore postponed fees{fee amount state due service} refunds{fee amount status} "
    "timeline{event fromState toState} progress{state at}"
)


@pytest.fixture(scope="module", params=ENGINES)
def city(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, keys: Keys
) -> Iterator[GraphService]:
    """Serve the graph with a city that charges, waits, waives and gives back."""
    folder = tmp_path_factory.mktemp("fees")
    regions = folder / "regions"
    shutil.copytree(REGIONS, regions)
    for name, text in FILES.items():
        file = regions / "china/shandong/jinan" / f"{name}.yaml"
        assert not file.exists()
        file.write_text(text, encoding="utf-8")
    (regions / "china/shandong/zibo/apply.yaml").write_text(POSTAGE, encoding="utf-8")
    with (
        fresh_database(request.param, request, folder) as url,
        serve_graph(folder, url, regions, key_variables(keys)) as running,
    ):
        yield running


@pytest.fixture
def service(city: GraphService) -> GraphService:
    """Return the city's service with its clock where every test begins."""
    city.clock.set(NOW)
    return city


def bill(caller: Caller, operation: str) -> dict[str, Any]:
    """Return an operation with its bill."""
    found: dict[str, Any] = caller.ask(f'{{operation(id: "{operation}"){{{BILL}}}}}')["operation"]
    return found


def lines(shown: dict[str, Any]) -> list[tuple[str, int, str]]:
    """Return the lines of a bill, each with its amount and where it stands."""
    return [(fee["fee"], fee["amount"], fee["state"]) for fee in shown["fees"]]


def events(shown: dict[str, Any]) -> list[tuple[str, str | None, str]]:
    """Return what happened to an operation, the oldest first."""
    return [(line["event"], line["fromState"], line["toState"]) for line in shown["timeline"]]


def lost(service: GraphService) -> tuple[Caller, Caller, CardOnRecord, str]:
    """Return a citizen, a clerk, a card that is reported lost, and the operation that tells of it."""
    person = service.person()
    card, clerk = add_active_card(service, person, JINAN), service.clerk(JINAN)
    payload = clerk.changed("reportFormalLoss", cardId=card.id, evidence=AT_WINDOW)
    return service.citizen(person), clerk, card, payload["operation"]["id"]


def lift(clerk: Caller, card: CardOnRecord) -> dict[str, Any]:
    return clerk.changed("cancelLossReport", cardId=card.id, evidence=WITH_CARD)


def test_what_is_done_at_once_is_charged_and_can_be_paid_for(service: GraphService) -> None:
    """Reporting a lost card costs 10 yuan in Jiangyin (JYN-01)."""
    citizen, _, card, operation = lost(service)
    shown = bill(citizen, operation)
    assert (shown["state"], shown["due"], shown["dueBefore"]) == ("COMPLETED", 4000, 0)
    assert lines(shown) == [("loss_fee", 1000, "DUE"), ("deposit", 3000, "DUE")]
    assert look_up(citizen, card.id)["state"] == "FORMALLY_LOST"
    assert pay(citizen, {"id": operation}) == "paid"
    shown = bill(citizen, operation)
    assert (shown["state"], shown["due"]) == ("COMPLETED", 0)
    assert lines(shown) == [("loss_fee", 1000, "PAID"), ("deposit", 3000, "PAID")]
    assert codes(citizen.change("payOperation", operationId=operation)) == ["NOTHING_DUE"]


def test_a_charge_that_is_due_first_keeps_the_change_waiting_and_the_payment_carries_it_out(
    service: GraphService,
) -> None:
    citizen, clerk, card, _ = lost(service)
    payload = lift(clerk, card)
    [charge] = payload["decision"]["charges"]
    assert (payload["decision"]["allowed"], charge["fee"], payload["card"]["state"]) == (
        True,
        "lift_fee",
        "FORMALLY_LOST",
    )
    operation = payload["operation"]["id"]
    shown = bill(citizen, operation)
    assert (shown["state"], shown["due"], shown["dueBefore"]) == ("SUBMITTED", 500, 500)
    assert shown["postponed"] == "cancel_loss_report"
    assert look_up(citizen, card.id)["state"] == "FORMALLY_LOST"
    assert pay(citizen, {"id": operation}) == "paid"
    shown = bill(citizen, operation)
    assert (shown["state"], shown["due"], shown["postponed"]) == ("COMPLETED", 0, None)
    assert lines(shown) == [("lift_fee", 500, "PAID")]
    assert events(shown) == [
        ("cancel_loss_report", None, "SUBMITTED"),
        ("pay", "SUBMITTED", "PAID"),
        ("cancel_loss_report", "PAID", "COMPLETED"),
    ]
    assert look_up(citizen, card.id)["state"] == "ACTIVE"


def test_notices_and_sweeps_at_the_same_moment_carry_it_out_once(service: GraphService) -> None:
    citizen, clerk, card, _ = lost(service)
    operation = lift(clerk, card)["operation"]["id"]
    payment = citizen.changed("payOperation", operationId=operation)["payment"]
    page = f"/sandbox/payments/{payment['reference']}"
    with ThreadPoolExecutor(4) as threads:
        told = [threads.submit(service.http.post, page) for _ in range(2)]
        swept = [threads.submit(service.sweep) for _ in range(2)]
        assert [answer.result().text.strip() for answer in told] == ["paid", "paid"]
        assert [sweeping.result() for sweeping in swept] == [None, None]
    service.sweep()
    shown = bill(citizen, operation)
    assert (shown["state"], [event for event, _, _ in events(shown)].count("cancel_loss_report")) == ("COMPLETED", 2)
    assert history(citizen, card.id)[-1] == ("ACTIVE", None)
    assert len(history(citizen, card.id)) == 3


def test_asking_again_while_it_waits_charges_once(service: GraphService) -> None:
    citizen, clerk, card, _ = lost(service)
    first, again = (lift(clerk, card)["operation"]["id"] for _ in range(2))
    assert first == again
    assert lines(bill(citizen, first)) == [("lift_fee", 500, "DUE")]


def test_a_refund_gives_back_what_was_paid_before_and_what_was_not_paid_stays_due(service: GraphService) -> None:
    citizen, clerk, card, earlier = lost(service)
    assert pay(citizen, {"id": earlier}) == "paid"
    assert pay(citizen, lift(clerk, card)["operation"]) == "paid"
    shown = bill(citizen, earlier)
    assert lines(shown) == [("loss_fee", 1000, "PAID"), ("deposit", 3000, "REFUNDING")]
    assert shown["refunds"] == [{"fee": "deposit", "amount": 3000, "status": "PENDING"}]
    service.sweep()
    shown = bill(citizen, earlier)
    assert lines(shown) == [("loss_fee", 1000, "PAID"), ("deposit", 3000, "REFUNDED")]
    assert shown["refunds"] == [{"fee": "deposit", "amount": 3000, "status": "DONE"}]
    assert events(shown)[-1] == ("refund", "COMPLETED", "COMPLETED")
    assert any("30.00 yuan given back" in line for line in service.shown)


def test_a_provider_that_does_not_answer_is_asked_for_the_refund_again(service: GraphService) -> None:
    citizen, clerk, card, earlier = lost(service)
    pay(citizen, {"id": earlier})
    pay(citizen, lift(clerk, card)["operation"])
    service.sweep()
    citizen, clerk, card, earlier = lost(service)
    pay(citizen, {"id": earlier})
    pay(citizen, lift(clerk, card)["operation"])

    class Silent:
        """A provider that is asked in vain, then is still at it, then refuses."""

        def __init__(self, answer: RefundAnswer | None) -> None:
            self.answer, self.asked = answer, set[str]()

        async def refund(self, reference: str, provider_reference: str, amount: int) -> RefundAnswer:
            self.asked.add(reference)
            if self.answer is None:
                raise GatewayUnavailable(Message("没有答复", "no answer"))
            return self.answer

    asked = set()
    for answer, sent, status in (
        (None, Sent(0, 1), "PENDING"),
        (RefundAnswer.PROCESSING, Sent(0, 0), "PENDING"),
        (RefundAnswer.REFUSED, Sent(0, 1), "REFUSED"),
        (RefundAnswer.DONE, Sent(0, 0), "REFUSED"),
    ):
        provider = Silent(answer)
        outside: dict[str, Any] = {"payments": provider}
        dependencies = replace(service.running.dependencies, **outside)
        assert asyncio.run_coroutine_threadsafe(send_refunds(dependencies), service._loop).result() == sent
        assert bill(citizen, earlier)["refunds"] == [{"fee": "deposit", "amount": 3000, "status": status}]
        asked |= provider.asked
    assert len(asked) == 1


def test_what_is_paid_for_while_the_database_goes_away_waits_and_is_not_given_up(
    service: GraphService, monkeypatch: pytest.MonkeyPatch
) -> None:
    citizen, clerk, card, _ = lost(service)
    operation = lift(clerk, card)["operation"]

    async def lose_the_connection(*_: object) -> Any:
        raise StoreUnreachable("The database cannot be reached.", "cards")

    with monkeypatch.context() as away:
        away.setitem(cast(dict[str, Any], resuming.USE_CASES), "cancel_loss_report", lose_the_connection)
        assert pay(citizen, operation) == "paid"
        assert bill(citizen, operation["id"])["state"] == "PAID"
    service.sweep()
    assert bill(citizen, operation["id"])["state"] == "COMPLETED"
    assert look_up(citizen, card.id)["state"] == "ACTIVE"


def test_what_is_impossible_by_the_time_it_is_paid_for_is_given_up_and_the_money_goes_back(
    service: GraphService,
) -> None:
    citizen, clerk, card, _ = lost(service)
    operation = lift(clerk, card)["operation"]
    cancelled = clerk.changed("cancelCard", cardId=card.id, reason="own_wish", evidence=WITH_CARD)
    assert cancelled["card"]["state"] == "CANCELLED"
    assert pay(citizen, operation) == "paid"
    shown = bill(citizen, operation["id"])
    assert (shown["state"], shown["due"], shown["postponed"]) == ("WITHDRAWN", 0, None)
    assert (lines(shown), events(shown)[-1]) == (
        [("lift_fee", 500, "REFUNDING")],
        ("cancel_loss_report", "PAID", "WITHDRAWN"),
    )
    service.sweep()
    assert lines(bill(citizen, operation["id"])) == [("lift_fee", 500, "REFUNDED")]
    assert look_up(citizen, card.id)["state"] == "CANCELLED"


def test_what_waits_for_a_payment_can_be_withdrawn_and_a_payment_after_that_goes_back(service: GraphService) -> None:
    citizen, clerk, card, _ = lost(service)
    operation = lift(clerk, card)["operation"]
    payment = citizen.changed("payOperation", operationId=operation["id"])["payment"]
    assert citizen.changed("withdrawApplication", operationId=operation["id"])["operation"]["state"] == "WITHDRAWN"
    assert service.http.post(f"/sandbox/payments/{payment['reference']}").text.strip() == "needs_refund"
    shown = bill(citizen, operation["id"])
    assert (shown["state"], shown["due"], shown["postponed"]) == ("WITHDRAWN", 0, None)
    assert shown["refunds"] == [{"fee": None, "amount": 500, "status": "PENDING"}]
    assert look_up(citizen, card.id)["state"] == "FORMALLY_LOST"


def test_a_step_of_an_operation_waits_for_its_own_charge_alone(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = shipped(service, citizen)
    before = bill(citizen, operation["id"])
    assert (before["state"], before["due"]) == ("SHIPPED", 0)
    payload = citizen.changed("confirmReceipt", operationId=operation["id"])
    assert payload["operation"]["state"] == "SHIPPED"
    shown = bill(citizen, operation["id"])
    assert (shown["due"], shown["dueBefore"], shown["postponed"]) == (300, 300, "receive")
    assert shown["progress"] == before["progress"]
    citizen.changed("confirmReceipt", operationId=operation["id"])
    assert lines(bill(citizen, operation["id"]))[-1:] == [("storage", 300, "DUE")]
    assert bill(citizen, operation["id"])["due"] == 300
    assert pay(citizen, operation) == "paid"
    shown = bill(citizen, operation["id"])
    assert (shown["state"], shown["due"], shown["postponed"]) == ("RECEIVED", 0, None)
    assert events(shown)[-2:] == [("pay", "SHIPPED", "SHIPPED"), ("receive", "SHIPPED", "RECEIVED")]


def test_a_step_waives_what_was_charged_before_and_what_was_paid_of_it_goes_back(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = paid(citizen)
    shown = bill(citizen, operation["id"])
    assert [(fee["fee"], fee["due"], fee["state"]) for fee in shown["fees"]] == [
        ("card_fee", "AFTER", "PAID"),
        ("postage", "BEFORE", "PAID"),
    ]
    service.card_maker().changed("acceptForProduction", operationId=operation["id"])
    shown = bill(citizen, operation["id"])
    assert lines(shown) == [("card_fee", 2000, "REFUNDING"), ("postage", 1600, "PAID")]
    assert shown["refunds"] == [{"fee": "card_fee", "amount": 2000, "status": "PENDING"}]


def test_a_charge_that_is_due_after_keeps_no_application_waiting(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    shown = bill(citizen, submitted(citizen)["id"])
    assert (shown["due"], shown["dueBefore"], lines(shown)) == (2000, 0, [("card_fee", 2000, "DUE")])


def test_postage_that_two_services_charge_for_one_delivery_is_paid_once(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    given = {**application(citizen, ZIBO), "delivery": address(ZIBO)}
    tried = citizen.check("apply", **given)["decision"]
    payload = citizen.changed("applyForCard", **given)
    operation = bill(citizen, payload["operation"]["id"])
    # The dearer of 12 yuan with the application and 10 with the choice.
    assert operation["due"] == tried["totalDue"] == payload["decision"]["totalDue"] == 1200
    moved = payload["operation"]["id"]
    citizen.changed("setDelivery", operationId=moved, delivery=address(CHENGDU))
    assert bill(citizen, moved)["due"] == 1600
    citizen.changed("setDelivery", operationId=moved, delivery=address(ZIBO))
    assert lines(bill(citizen, moved)) == [("card_fee", 0, "DUE"), ("postage", 1200, "DUE")]
    assert pay(citizen, payload["operation"]) == "paid"
