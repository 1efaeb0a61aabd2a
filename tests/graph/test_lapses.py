"""Lapses of operations and cards: they take effect from whichever service states them, by time alone."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.outcomes import CARRIED_OUT
from store import Keys
from tests.databases import ENGINES
from tests.graph.caller import OPERATION, Caller, change_document, codes
from tests.graph.cards import CARD_AND_IDENTITY_CARD, add_active_card, history, look_up, refusals
from tests.graph.changes import CHANGES
from tests.graph.conftest import fresh_database, key_variables
from tests.graph.journey import CHENGDU, accepted, address, application, delivered_to, details, pay, submitted
from tests.graph.replacements import WITH_CARD, lost_card, paid, renewed_at_window, report_formal_loss, requested
from tests.graph.replacements import produced as produced_card
from tests.graph.service import NOW, REGIONS, GraphService, serve_graph

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
STATED_BEFORE = {("produce", "sealed"), ("produce", "replaced"), ("activate", "replaced"), ("report_temporary_loss", "temporarily_lost")}  # fmt: skip
STATED_BEFORE |= {
    ("record_guardianship", "submitted"),
    ("end_guardianship", "submitted"),
    ("confirm_guardianship", "confirmed"),
}
"""What the regions state themselves; two rules that end one state contradict each other."""
BECOMES = {"submitted": "withdrawn", "correction_requested": "withdrawn"}
ORDER = (
    "submitted",
    "correction_requested",
    "sealed",
    "active",
    "temporarily_lost",
    "formally_lost",
    "locked",
    "replaced",
)
AFTER = {state: f"{days} natural days" for days, state in enumerate(ORDER, start=301)}

DELIVER = """source: assumption
rules:
  unpaid:
    when: {choice.delivery: {present: true, is: post}}
    lapse: {state: submitted, after: 24 hours, becomes: withdrawn}
    message: {zh: 请在24小时内缴费，逾期申请自动撤销。, en: Please pay within 24 hours; else the application is withdrawn by itself.}
    source: {document: cross_province_guide, clause: "订单支付前可以撤销申请订单"}
  other_province:
    replaces: true
    when: {choice.delivery: {present: true, is: post}, delivery.zone: {present: true, is: other_province}}
    charge: {fee: postage, amount: {setting: postage_other_province}, refundable: true}
"""
CORRECTION = """source: assumption
rules:
  not_corrected:
    lapse: {state: correction_requested, after: 10 natural days, becomes: withdrawn}
"""
STOPS_AT_ACCEPTANCE = """source: assumption
rules:
  old_card_stops:
    when: {operation.replaces_card: {is: true}}
    lapse: {state: replaced, after: at once, becomes: cancelled}
"""
STOPS_AFTER_ACCEPTANCE = STOPS_AT_ACCEPTANCE.replace("at once", "30 natural days")
STOPS_AFTER_REQUEST = """source: assumption
rules:
  old_card_stops_later:
    lapse: {state: replaced, after: 60 natural days, becomes: cancelled}
"""
RECEIVE = """source: assumption
rules:
  not_activated:
    lapse: {state: sealed, after: 90 natural days, becomes: cancelled}
"""
LOCK = """source: assumption
rules:
  a_day_of_rest:
    lapse: {state: locked, after: 24 hours, becomes: active}
"""
FILES = {
    "shandong/jinan/deliver.yaml": DELIVER,
    "shandong/jinan/request_correction.yaml": CORRECTION,
    "shandong/jinan/accept.yaml": STOPS_AT_ACCEPTANCE,
    "shandong/jinan/reissue.yaml": STOPS_AFTER_REQUEST,
    "sichuan/chengdu/accept.yaml": STOPS_AFTER_ACCEPTANCE,
    "sichuan/chengdu/receive.yaml": RECEIVE,
    "sichuan/chengdu/lock.yaml": LOCK,
}


def _everywhere(regions: Path) -> None:
    """State lapses in every service that carries them out, each state with a time of its own."""
    for name, service in CARRIED_OUT.items():
        stating = [state for state in ORDER if state in service.lapses and (name, state) not in STATED_BEFORE]
        # The highest region that offers the service; what stands below inherits it.
        file = min(regions.rglob(f"{name}.yaml"), key=lambda path: len(path.parts)) if stating else regions
        for state in stating:
            lapse = f"{{state: {state}, after: {AFTER[state]}, becomes: {BECOMES.get(state, 'cancelled')}}}"
            with file.open("a", encoding="utf-8") as rules:
                rules.write(f"\n  lapse_of_{state}: {{lapse: {lapse}, source: assumption}}\n")


@pytest.fixture(scope="module", params=ENGINES)
def stating(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, keys: Keys
) -> Iterator[GraphService]:
    """Serve the graph with two cities that state lapses."""
    folder = tmp_path_factory.mktemp("lapses")
    regions = folder / "regions"
    shutil.copytree(REGIONS, regions)
    for name, text in FILES.items():
        assert not (regions / "china" / name).exists()
        (regions / "china" / name).write_text(text, encoding="utf-8")
    with (
        fresh_database(request.param, request, folder) as url,
        serve_graph(folder, url, regions, key_variables(keys)) as running,
    ):
        yield running


@pytest.fixture
def service(stating: GraphService) -> GraphService:
    """Return the service, its clock where every test begins."""
    stating.clock.set(NOW)
    return stating


@pytest.fixture(scope="module")
def stating_everywhere(tmp_path_factory: pytest.TempPathFactory, keys: Keys, request: pytest.FixtureRequest) -> Iterator[GraphService]:  # fmt: skip
    """Serve the graph with lapses stated in every service that carries them out."""
    folder = tmp_path_factory.mktemp("everywhere")
    regions = folder / "regions"
    shutil.copytree(REGIONS, regions)
    _everywhere(regions / "china")
    with (
        fresh_database("sqlite", request, folder) as url,
        serve_graph(folder, url, regions, key_variables(keys)) as running,
    ):
        yield running


LAPSING = f"{OPERATION} stateUntil stateThen stateSource{{document clause}}"


def looked_up(caller: Caller, operation: dict[str, Any]) -> dict[str, Any]:
    """Return an operation as it is now, with what becomes of it by time alone."""
    found: dict[str, Any] = caller.ask(f"query($id: ID!){{operation(id: $id){{{LAPSING}}}}}", {"id": operation["id"]})
    operation_now: dict[str, Any] = found["operation"]
    return operation_now


def listed(caller: Caller, *states: str) -> tuple[int, list[str]]:
    """Return how many operations there are in some states, and which, going through pages of two."""
    query = (
        "query($s: [OperationState!], $a: String){operations(filter: {states: $s}, first: 2, after: $a)"
        "{totalCount edges{node{id}} pageInfo{hasNextPage endCursor}}}"
    )
    after, found = None, []
    while True:
        page = caller.ask(query, {"s": list(states) or None, "a": after})["operations"]
        found += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            return page["totalCount"], found
        after = page["pageInfo"]["endCursor"]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_an_application_that_nobody_pays_for_is_withdrawn_by_time_alone(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = looked_up(citizen, delivered_to(citizen, submitted(citizen)))
    assert moment(operation["stateUntil"]) == NOW + DAY
    assert operation["stateThen"] == "WITHDRAWN"
    assert operation["stateSource"] == {
        "document": "正式教职工省本级社保卡通办 五个事项操作说明",
        "clause": "订单支付前可以撤销申请订单",
    }
    service.clock.set(NOW + DAY - SECOND)
    assert looked_up(citizen, operation)["state"] == "SUBMITTED"
    service.clock.set(NOW + DAY)
    before = looked_up(citizen, operation)
    assert (before["state"], before["stateUntil"], before["stateThen"]) == ("WITHDRAWN", None, None)
    last = before["timeline"][-1]
    assert (last["event"], last["fromState"], last["toState"], last["role"]) == ("lapsed", "SUBMITTED", "WITHDRAWN", "system")  # fmt: skip
    assert moment(last["at"]) == moment(before["updatedAt"]) == NOW + DAY
    service.clock.set(NOW + 3 * DAY)
    assert looked_up(citizen, operation) == before
    service.sweep()
    assert looked_up(citizen, operation) == before


def test_lists_and_counts_by_state_are_right_before_anything_is_written_down(service: GraphService) -> None:
    person = service.person()
    citizen = service.citizen(person)
    lapsing = [delivered_to(citizen, submitted(citizen))["id"]]
    clerk = service.clerk("370100")
    of_others = listed(clerk, "SUBMITTED")[1]
    before = listed(clerk, "WITHDRAWN")[1]
    assert lapsing[0] in of_others
    service.clock.set(NOW + DAY)
    # Who applies after another's lapse has the place: nothing was written down until now.
    again = citizen.changed("applyForCard", **application(citizen))["operation"]
    for _ in range(2):
        assert listed(citizen, "SUBMITTED") == (1, [again["id"]])
        assert listed(citizen, "WITHDRAWN") == (1, lapsing)
        assert listed(citizen) == (2, [again["id"], lapsing[0]])
        now_submitted = listed(clerk, "SUBMITTED")
        assert lapsing[0] not in now_submitted[1]
        assert now_submitted[0] == len(now_submitted[1])
        now_withdrawn = listed(clerk, "WITHDRAWN")
        assert now_withdrawn[0] == len(now_withdrawn[1])
        assert set(now_withdrawn[1]) >= {*lapsing, *before}
        both = listed(clerk, "SUBMITTED", "WITHDRAWN")
        assert sorted(both[1]) == sorted([*now_submitted[1], *now_withdrawn[1]])
        service.sweep()


def test_the_place_in_the_province_is_free_again_when_an_application_lapses(service: GraphService) -> None:
    person = service.person()
    citizen = service.citizen(person)
    delivered_to(citizen, submitted(citizen))
    service.clock.set(NOW + DAY - SECOND)
    assert codes(citizen.change("applyForCard", **application(citizen))) == ["ONE_CARD_IN_PROVINCE"]
    service.clock.set(NOW + DAY)
    assert citizen.changed("applyForCard", **application(citizen))["operation"]["state"] == "SUBMITTED"


def test_money_that_comes_too_late_is_given_back(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = delivered_to(citizen, submitted(citizen))
    payment = citizen.changed("payOperation", operationId=operation["id"])["payment"]
    service.clock.set(NOW + DAY)
    paid_late = citizen.http.post(f"/sandbox/payments/{payment['reference']}").text.strip()
    assert paid_late == "needs_refund"
    assert looked_up(citizen, operation)["state"] == "WITHDRAWN"


def test_what_is_paid_in_time_lapses_no_more(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = delivered_to(citizen, submitted(citizen))
    service.clock.set(NOW + DAY - SECOND)
    assert pay(citizen, operation) == "paid"
    service.clock.set(NOW + 30 * DAY)
    found = looked_up(citizen, operation)
    assert (found["state"], found["stateUntil"], found["stateSource"]) == ("PAID", None, None)


def test_nobody_goes_on_with_an_application_that_has_lapsed(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = delivered_to(citizen, submitted(citizen))
    service.clock.set(NOW + DAY)
    assert codes(citizen.change("withdrawApplication", operationId=operation["id"])) == ["ALREADY_WITHDRAWN"]
    assert "NOTHING_DUE" in codes(citizen.change("payOperation", operationId=operation["id"]))
    refused = citizen.check("deliver", operationId=operation["id"], delivery=address("510100"))
    assert refused["decision"]["facts"]["operation.state"] == "withdrawn"


def test_a_correction_that_is_not_made_withdraws_the_application_and_what_is_refundable_is_given_back(
    service: GraphService,
) -> None:
    citizen = service.citizen(service.person())
    operation = accepted(service, citizen)
    service.card_maker().changed("requestCorrection", operationId=operation["id"], reason="照片不清楚")
    service.clock.set(NOW + 10 * DAY - SECOND)
    evidence = {"details": details()}
    assert looked_up(citizen, operation)["state"] == "CORRECTION_REQUESTED"
    service.clock.set(NOW + 10 * DAY)
    assert looked_up(citizen, operation)["state"] == "WITHDRAWN"
    assert codes(citizen.change("correctApplication", operationId=operation["id"], evidence=evidence)) != []
    service.sweep()
    query = "query($id: ID!){operation(id: $id){state fees{fee state} timeline{event}}}"
    found = citizen.ask(query, {"id": operation["id"]})["operation"]
    assert (found["state"], found["timeline"][-2]["event"]) == ("WITHDRAWN", "lapsed")
    assert {"fee": "postage", "state": "REFUNDED"} in found["fees"]


def test_a_correction_that_is_made_ends_the_time_for_it(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = accepted(service, citizen)
    service.card_maker().changed("requestCorrection", operationId=operation["id"], reason="照片不清楚")
    citizen.changed("correctApplication", operationId=operation["id"], evidence={"details": details()})
    service.clock.set(NOW + 30 * DAY)
    found = looked_up(citizen, operation)
    assert (found["state"], found["stateUntil"]) == ("ACCEPTED", None)


def test_FZ_03_the_old_card_stops_when_the_request_is_accepted(service: GraphService) -> None:
    person = service.person()
    citizen = service.citizen(person)
    old = lost_card(service, person)
    operation = paid(citizen, old)
    assert look_up(citizen, old.id)["state"] == "FORMALLY_LOST"
    service.card_maker().changed("acceptForProduction", operationId=operation["id"])
    assert look_up(citizen, old.id)["state"] == "CANCELLED"
    assert refusals(service, old) == ["CANCELLED"]
    assert history(citizen, old.id) == [("FORMALLY_LOST", None), ("CANCELLED", "replaced")]


def test_a_card_that_is_collected_and_not_activated_lapses(service: GraphService) -> None:
    person = service.person()
    old = add_active_card(service, person, "510100")
    operation = renewed_at_window(service, old)
    maker = service.card_maker()
    maker.changed("acceptForProduction", operationId=operation["id"])
    made = maker.changed("recordProduced", operationId=operation["id"], cardNumber=f"A{person.id[:8].upper()}", generation="third")  # fmt: skip
    card = made["operation"]["card"]["id"]
    service.clock.advance(5 * DAY)
    service.clerk("510100", "bank_window").changed("confirmReceipt", operationId=operation["id"])
    citizen = service.clerk("510100")
    found = look_up(citizen, card)
    assert (found["state"], found["stateThen"]) == ("SEALED", "CANCELLED")
    assert moment(found["stateUntil"]) == NOW + 95 * DAY
    service.clock.set(NOW + 95 * DAY)
    assert look_up(citizen, card)["state"] == "CANCELLED"


@pytest.mark.parametrize("written_down", [False, True])
def test_a_lock_that_ends_by_time_alone_is_over(service: GraphService, written_down: bool) -> None:
    person = service.person()
    card = add_active_card(service, person, "510100")
    clerk, citizen = service.clerk("510100"), service.citizen(person, "unionpay_app")
    seen = {"evidence": {"sightedDocuments": CARD_AND_IDENTITY_CARD}}
    right, wrong = (dict.fromkeys(("newPassword", "newPasswordAgain"), text) for text in ("20481973", "73190842"))
    clerk.changed("setServicePassword", cardId=card.id, **right, **seen)
    for _ in range(5):
        citizen.change("changeServicePassword", cardId=card.id, oldPassword="10203040", **wrong)
    locked = look_up(citizen, card.id)
    assert (locked["state"], locked["stateThen"]) == ("LOCKED", "ACTIVE")
    service.clock.advance(DAY)
    if written_down:
        service.sweep()
    assert (look_up(citizen, card.id)["state"], refusals(service, card)) == ("ACTIVE", [])
    # Neither does a loss after it bring the lock back.
    clerk.changed("reportFormalLoss", cardId=card.id, **seen)
    assert clerk.changed("cancelLossReport", cardId=card.id, **seen)["card"]["state"] == "ACTIVE"


def test_an_old_card_is_asked_for_again_after_the_first_request_has_lapsed(service: GraphService) -> None:
    person = service.person()
    citizen = service.citizen(person)
    old = lost_card(service, person)
    delivered_to(citizen, requested(citizen, old))
    service.clock.set(NOW + DAY)
    assert requested(citizen, old)["state"] == "SUBMITTED"


def test_an_old_card_goes_on_where_the_new_one_is_lost_in_the_post(service: GraphService) -> None:
    old = add_active_card(service, service.person(), CHENGDU)
    clerk, maker = service.clerk(CHENGDU), service.card_maker()
    given = {"cardId": old.id, "reason": "damaged", "evidence": WITH_CARD, "delivery": address(CHENGDU)}
    asked = clerk.changed("reissueCard", **given)["operation"]
    assert pay(clerk, asked) == "paid"
    produced_card(service, asked)
    assert moment(look_up(clerk, old.id)["stateUntil"]) == NOW + 30 * DAY
    maker.changed("recordShipped", operationId=asked["id"], trackingNumber="SF1")
    told = {"declarations": [{"name": "declared.wrong_delivery_address", "value": "false"}]}
    maker.changed("reportLostInPost", operationId=asked["id"], evidence=told)
    service.clock.set(NOW + 31 * DAY)
    assert (look_up(clerk, old.id)["state"], look_up(clerk, old.id)["stateUntil"]) == ("ACTIVE", None)


# What becomes of cards and operations, with the times at which it does.
_LAPSES = "decision{lapses{state becomes conditional}} errors{code}"
_OPERATION = "operation{state stateUntil stateThen card{state stateUntil stateThen} replacedCard{state stateUntil stateThen}}"  # fmt: skip
_CARD = "card{state stateUntil stateThen}"
_ABOUT_CARDS = [name for name in CHANGES if "card{" in change_document(name) and "stateUntil" in change_document(name)]


# `accept` and `correct` end nothing but an old card, and theirs replace none; the regions state what `produce` ends. What is put on
# record of people has no state that lapses.
STATING = [
    name
    for name in CHANGES
    if "operation{" in change_document(name)
    and name not in ("withdrawApplication", "payOperation", "acceptForProduction", "correctApplication")
    and name not in ("recordProduced", "reportLostInPost", "cancelCard", "closeAccount", "recordDeath")
    and name != "recordIdentityDocument"
    # Those of guardians wait only where somebody is concerned: `test_confirm_guardianship.py`.
    and "Guardianship" not in name
]


@pytest.mark.parametrize("mutation", STATING)
def test_every_service_carries_out_the_lapses_that_it_states(stating_everywhere: GraphService, mutation: str) -> None:
    service = stating_everywhere
    service.clock.set(NOW)
    change = CHANGES[mutation](service, f"lapses-{mutation}")
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    card = _CARD if mutation in _ABOUT_CARDS else ""
    document = f"mutation($input: {kind}!){{{mutation}(input: $input){{{_OPERATION} {card} {_LAPSES}}}}}"
    payload = change.caller.ask(document, {"input": change.given})[mutation]
    assert payload["errors"] == []
    operation = payload["operation"]
    records = {operation["state"].lower(): operation}
    for found in (payload.get("card"), operation["card"], operation["replacedCard"]):
        if found is not None:
            records.setdefault(found["state"].lower(), found)
    lapses = {lapse["state"]: lapse["becomes"] for lapse in payload["decision"]["lapses"] if not lapse["conditional"]}
    done = [state for state in lapses if state in AFTER and state in records]
    assert done, "nothing that this service states came of it"
    for state in done:
        lasts = records[state]
        assert lasts["stateThen"] == lapses[state].upper(), state
        # A card that a new one ends as well tells what comes first; a loss ends by the rule of the country.
        assert moment(lasts["stateUntil"]) <= service.clock.now() + int(AFTER[state].split()[0]) * DAY, state


def test_a_state_change_does_not_undo_that_a_new_card_ends_the_old_one(service: GraphService) -> None:
    person = service.person()
    old = add_active_card(service, person, "510100")
    operation = renewed_at_window(service, old)
    service.card_maker().changed("acceptForProduction", operationId=operation["id"])
    service.clock.set(NOW + DAY)
    report_formal_loss(service, old, "510100")
    citizen = service.clerk("510100")
    found = look_up(citizen, old.id)
    assert (found["state"], found["stateThen"]) == ("FORMALLY_LOST", "CANCELLED")
    assert moment(found["stateUntil"]) == NOW + 30 * DAY
    service.clock.set(NOW + 31 * DAY)
    before = history(citizen, old.id)
    assert before == [("ACTIVE", None), ("FORMALLY_LOST", None), ("CANCELLED", "replaced")]
    service.sweep()
    assert history(citizen, old.id) == before
    assert look_up(citizen, old.id)["state"] == "CANCELLED"


def test_a_request_that_is_withdrawn_ends_no_old_card(service: GraphService) -> None:
    person = service.person()
    citizen = service.citizen(person)
    old = lost_card(service, person)
    operation = requested(citizen, old)
    assert moment(look_up(citizen, old.id)["stateUntil"]) == NOW + 60 * DAY
    citizen.changed("withdrawApplication", operationId=operation["id"])
    assert look_up(citizen, old.id)["stateUntil"] is None
    # Nor one that lapses.
    delivered_to(citizen, requested(citizen, old))
    service.clock.set(NOW + 2 * DAY)
    service.sweep()
    service.clock.set(NOW + 100 * DAY)
    service.sweep()
    assert history(citizen, old.id) == [("FORMALLY_LOST", None)]


def test_SC_8_a_loss_that_lapses_cites_the_document_of_its_province(service: GraphService) -> None:
    person = service.person()
    card = add_active_card(service, person, "510100")
    hotline = service.citizen(person, "hotline_12333")
    given = {"cardId": card.id, "evidence": {"details": {"identityNumber": person.identity_number}}}
    lapses = "lapses{state citation{clause} values{setting citation{clause}}}"
    asked = f"errors{{code}} card{{stateSource{{clause}}}} decision{{{lapses}}}"
    document = f"mutation($input: ReportTemporaryLossInput!){{reportTemporaryLoss(input: $input){{{asked}}}}}"
    payload = hotline.ask(document, {"input": given})["reportTemporaryLoss"]
    assert payload["errors"] == []
    clause = "临时挂失7天后未办理正式挂失的，临时挂失将自动失效 (SC-8)"
    [lapse] = payload["decision"]["lapses"]
    assert lapse["values"] == [{"setting": "temporary_loss_period", "citation": {"clause": clause}}]
    assert payload["card"]["stateSource"] == {"clause": clause}
