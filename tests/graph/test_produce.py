"""Production, shipping and receipt (NX-5, QD-1)."""

from datetime import UTC, date, datetime

import pytest

from domain.duration import CHINA_TIME
from tests.graph.caller import Caller, codes
from tests.graph.journey import (
    JINAN,
    QINGDAO,
    accepted,
    card_number,
    delivered_to,
    details,
    paid,
    produced,
    qingdao_photo,
    received,
    shipped,
    submitted,
)
from tests.graph.service import GraphService, holder_id

WINDOW_PAPERS = ["identity_card_front", "identity_card_back"]


def at_the_window(service: GraphService, outlet: str, bank: str) -> tuple[Caller, str]:
    """Apply at a bank's window in Qingdao for a citizen who is there; return the clerk and the operation's id."""
    clerk = service.clerk(QINGDAO, "bank_window")
    person = service.person()
    photo = qingdao_photo(clerk, service.clock.now().date(), holderId=holder_id(person))
    payload = clerk.changed(
        "applyForCard",
        regionCode=QINGDAO,
        holderId=holder_id(person),
        bank=bank,
        outlet=outlet,
        delivery={"method": "outlet"},
        evidence={"details": details(), "documentIds": [photo], "sightedDocuments": WINDOW_PAPERS},
    )
    assert payload["operation"]["archive"] == ["registration_form", "identity_document_copy"]
    return clerk, payload["operation"]["id"]


def test_QD_1_the_card_is_promised_in_7_working_days_over_the_national_day_holiday(service: GraphService) -> None:
    service.clock.set(datetime(2026, 9, 29, 6, 0, tzinfo=UTC))
    clerk, operation = at_the_window(service, "qingdao_sample_ordinary", "icbc")
    taken = clerk.changed("acceptForProduction", operationId=operation)["operation"]
    # 30 September, then 8 to 10 (Saturday 10 October is worked), 12, 13 and 14 October.
    promised = datetime.fromisoformat(taken["promisedAt"]).astimezone(CHINA_TIME)
    assert promised.isoformat() == "2026-10-14T23:59:59+08:00"
    assert taken["promiseEstimated"] is False


def test_QD_1_a_promise_into_a_year_without_announced_holidays_is_an_estimate(service: GraphService) -> None:
    service.clock.set(datetime(2031, 3, 3, 6, 0, tzinfo=UTC))
    clerk, operation = at_the_window(service, "qingdao_sample_ordinary", "icbc")
    assert clerk.changed("acceptForProduction", operationId=operation)["operation"]["promiseEstimated"] is True


def test_QD_1_an_instant_issue_outlet_hands_the_card_over_at_once(service: GraphService) -> None:
    clerk, operation = at_the_window(service, "qingdao_sample_instant", "ccb")
    taken = clerk.changed("acceptForProduction", operationId=operation)["operation"]
    assert datetime.fromisoformat(taken["promisedAt"]) == service.clock.now()
    clerk.changed("recordProduced", operationId=operation, cardNumber=card_number(), generation="third")
    got = clerk.changed("confirmReceipt", operationId=operation)["operation"]
    assert (got["state"], got["card"]["state"]) == ("RECEIVED", "SEALED")
    assert [node["state"] for node in got["progress"] if node["at"]] == ["ACCEPTED", "PRODUCED", "RECEIVED"]
    assert codes(clerk.change("confirmReceipt", operationId=operation)) == ["ALREADY_RECEIVED"]


def test_NX_1_nothing_is_accepted_before_it_is_paid_for(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = submitted(citizen)
    maker = service.card_maker()
    assert codes(maker.change("acceptForProduction", operationId=operation["id"])) == ["DELIVERY_NOT_CHOSEN"]
    delivered_to(citizen, operation)
    assert codes(maker.change("acceptForProduction", operationId=operation["id"])) == ["NOT_PAID"]


def test_NX_5_a_card_comes_into_being_sealed_with_the_banks_name_and_region(service: GraphService) -> None:
    person = service.person()
    operation = produced(service, service.citizen(person), bank="icbc")
    assert operation["card"]["state"] == "SEALED"
    cards = service.citizen(person).ask("{me{cards{bank regionCode generation issuedOn state}}}")["me"]["cards"]
    expected = {"bank": "icbc", "regionCode": JINAN, "generation": "third", "issuedOn": "2026-11-20", "state": "SEALED"}
    assert cards == [expected]


def test_NX_5_the_steps_come_in_their_order(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = paid(citizen)
    maker = service.card_maker()
    made = {"operationId": operation["id"], "cardNumber": card_number(), "generation": "third"}
    sent = {"operationId": operation["id"], "trackingNumber": "SF1"}
    assert codes(maker.change("recordProduced", **made)) == ["NOT_ACCEPTED"]
    assert codes(maker.change("recordShipped", **sent)) == ["NOT_PRODUCED"]
    assert codes(citizen.change("confirmReceipt", operationId=operation["id"])) == ["NOT_SHIPPED"]
    maker.changed("acceptForProduction", operationId=operation["id"])
    assert codes(maker.change("acceptForProduction", operationId=operation["id"])) == ["NOT_WAITING"]
    maker.changed("recordProduced", **made)
    assert codes(citizen.change("confirmReceipt", operationId=operation["id"])) == ["NOT_SHIPPED"]
    maker.changed("recordShipped", **sent)
    assert codes(maker.change("recordShipped", **sent)) == ["ALREADY_SHIPPED"]
    done = citizen.changed("confirmReceipt", operationId=operation["id"])["operation"]
    assert (done["state"], done["trackingNumber"]) == ("RECEIVED", "SF1")
    assert codes(citizen.change("confirmReceipt", operationId=operation["id"])) == ["ALREADY_RECEIVED"]
    assert codes(maker.change("recordShipped", **sent)) == ["ALREADY_SHIPPED"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"cardNumber": "12 34"}, "input.cardNumber"),
        ({"cardNumber": "x" * 33}, "input.cardNumber"),
        ({"generation": "ninth"}, "input.generation"),
        ({"issuedOn": "2026-11-21"}, "input.issuedOn"),
        ({"issuedOn": "1889-12-31"}, "input.issuedOn"),
        ({"expiresOn": "2026-11-20"}, "input.expiresOn"),
        ({"issuedOn": "2026-11-01", "expiresOn": "2026-10-31"}, "input.expiresOn"),
        ({"socialSecurityNumber": "\U0001f600" * 4_000}, "input.socialSecurityNumber"),
    ],
)
def test_an_impossible_card_is_refused_by_its_field(service: GraphService, given: dict[str, str], field: str) -> None:
    operation = accepted(service, service.citizen(service.person()))
    card = {"operationId": operation["id"], "cardNumber": card_number(), "generation": "third", **given}
    payload = service.card_maker().change("recordProduced", **card)
    code = "VALUE_NOT_POSSIBLE" if "generation" in given else "INVALID_INPUT"
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [(code, field)]


@pytest.mark.parametrize(("bank", "code"), [("icbc", "ALREADY_CHOSEN"), ("nobody", "VALUE_NOT_POSSIBLE")])
def test_a_card_is_of_the_bank_that_was_chosen(service: GraphService, bank: str, code: str) -> None:
    operation = accepted(service, service.citizen(service.person()))
    card = {"operationId": operation["id"], "cardNumber": card_number(), "generation": "third", "bank": bank}
    payload = service.card_maker().change("recordProduced", **card)
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [(code, "input.bank")]


def test_two_cards_never_have_one_number(service: GraphService) -> None:
    number = card_number()
    made = {"cardNumber": number, "generation": "third"}
    first, second = (accepted(service, service.citizen(service.person())) for _ in range(2))
    service.card_maker().changed("recordProduced", operationId=first["id"], **made)
    payload = service.card_maker().change("recordProduced", operationId=second["id"], **made)
    assert codes(payload) == ["CARD_EXISTS"]


def test_a_card_is_not_issued_before_its_holder_was_born(service: GraphService) -> None:
    person = service.person(date(1990, 3, 7))
    operation = accepted(service, service.citizen(person))
    made = {"operationId": operation["id"], "cardNumber": card_number(), "generation": "third"}
    payload = service.card_maker().change("recordProduced", **made, issuedOn="1990-03-06")
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [("INVALID_INPUT", "input.issuedOn")]
    assert "1990年3月6日" in payload["errors"][0]["message"]["zh"]
    service.card_maker().changed("recordProduced", **made, issuedOn="1990-03-07")


def test_a_tracking_number_has_1_to_64_letters_digits_and_hyphens(service: GraphService) -> None:
    operation = produced(service, service.citizen(service.person()))
    maker, given = service.card_maker(), {"operationId": operation["id"]}
    for tracking in (" ", "x" * 65, "SF 1", "SF１", "SF1\u202e", "<b>", "运单1"):
        payload = maker.change("recordShipped", **given, trackingNumber=tracking)
        assert [(e["code"], e["field"]) for e in payload["errors"]] == [("INVALID_INPUT", "input.trackingNumber")]
    sent = maker.changed("recordShipped", **given, trackingNumber=" JD-" + "9" * 61 + " ")
    assert sent["operation"]["trackingNumber"] == "JD-" + "9" * 61


def test_citizens_call_no_mutation_of_the_staff(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = accepted(service, citizen)
    made = {"operationId": operation["id"], "cardNumber": card_number(), "generation": "third"}
    assert codes(citizen.change("recordProduced", **made)) == ["NOT_PERMITTED"]
    assert codes(citizen.change("requestCorrection", operationId=operation["id"], reason="x")) == ["NOT_PERMITTED"]
    assert "NOT_PERMITTED" in codes(citizen.change("acceptForProduction", operationId=operation["id"]))
    sent = citizen.change("recordShipped", operationId=operation["id"], trackingNumber="SF1")
    assert "NOT_PERMITTED" in codes(sent)
    for mutation, given in (
        ("registerHolder", {"name": "张", "identityType": "passport", "identityNumber": "E1234567"}),
        (
            "recordGuardianship",
            {"guardianId": operation["holder"]["id"], "wardId": holder_id(service.person()), "kinship": "母"},
        ),
        ("endGuardianship", {"guardianId": operation["holder"]["id"], "wardId": holder_id(service.person())}),
    ):
        assert codes(citizen.change(mutation, **given)) == ["NOT_PERMITTED"]


def test_a_shipped_card_is_confirmed_by_its_guardian_or_an_office_too(service: GraphService) -> None:
    operation = shipped(service, service.citizen(service.person()))
    done = service.clerk(JINAN).changed("confirmReceipt", operationId=operation["id"])["operation"]
    assert done["timeline"][-1]["office"] == f"window-{JINAN}"
    assert received(service, service.citizen(service.person()))["state"] == "RECEIVED"
