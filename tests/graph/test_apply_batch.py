"""500 cards at once, as an employer, a school or an office hands them in: newcomers are put on record, and all of them apply."""

from datetime import date
from itertools import count
from typing import Any
from uuid import uuid4

from domain.holder import Holder
from domain.identity import with_check_character
from resolvers.changing.batches import MOST_ROWS, MOST_ROWS_OF_PEOPLE
from tests.graph.caller import Caller, codes
from tests.graph.cards import IDENTITY_CARD
from tests.graph.delegations import delegate_on_record
from tests.graph.journey import CHENGDU, chengdu_papers, details
from tests.graph.service import GraphService, holder_id
from tests.graph.test_batches import batch, lines, sent

_numbers = count(100)
MIANYANG = "510700"
SEEN = [*IDENTITY_CARD, "photo"]
REGISTER = (
    "mutation($input: RegisterHolderBatchInput!){registerHolderBatch(input: $input)"
    "{done refused errors{code} rows{row repeated holder{id name} errors{code field}}}}"
)
EVIDENCE: dict[str, Any] = {
    "sightedDocuments": SEEN,
    "details": {"mobile": "13812345678", "residenceAddress": "四川省绵阳市涪城区人民路1号2单元301室", "residenceRegion": "510703"},
}  # fmt: skip


def newcomer(service: GraphService, name: str = "测试新人") -> dict[str, str]:
    """Let the population register know somebody who is not on record; return how a row names them."""
    number = with_check_character(f"51070319900307{next(_numbers)}")
    person = Holder(str(uuid4()), name, "citizen", "resident_identity_card", number, date(1990, 3, 7))
    service.registry.list(person, person.identity_type, number, insured_in=(MIANYANG,), photo_on_file=True)
    return {"name": name, "identityType": person.identity_type, "identityNumber": number}


def registered(caller: Caller, key: str, rows: list[dict[str, str]]) -> dict[str, Any]:
    """Put people on record and return the answer."""
    answer: dict[str, Any] = caller.ask(REGISTER, {"input": {"idempotencyKey": key, "rows": rows}})
    found: dict[str, Any] = answer["registerHolderBatch"]
    return found


def application_of(holder: str, **more: Any) -> dict[str, Any]:
    """Return a row of somebody who applies at a window of Mianyang."""
    return {"regionCode": MIANYANG, "holderId": holder, "bank": "ccb", "evidence": EVIDENCE, **more}


def test_newcomers_are_put_on_record_and_apply(service: GraphService) -> None:
    clerk, people = service.clerk(MIANYANG), [newcomer(service) for _ in range(3)]
    known = registered(clerk, "the works", people)
    assert (known["done"], known["refused"]) == (3, 0)
    holders = [row["holder"]["id"] for row in known["rows"]]
    answer = batch(clerk, "applyBatch", "the works", [application_of(each) for each in holders])
    assert (answer["done"], answer["refused"], answer["notReached"]) == (3, 0, 0)
    for holder, row in zip(holders, answer["rows"], strict=True):
        operation = clerk.operation(row["operation"]["id"])
        assert (operation["holder"]["id"], operation["state"], operation["bank"]) == (holder, "SUBMITTED", "ccb")


def test_each_application_is_answered_by_itself_and_goes_on_when_it_is_sent_again(service: GraphService) -> None:
    clerk, ids = service.clerk(MIANYANG), [holder_id(service.person(insured_in=(MIANYANG,))) for _ in range(3)]
    wrong = {"evidence": {"sightedDocuments": ["a smile"], "details": {"mobile": "1"}}}
    rows = [
        application_of(ids[0]),
        application_of(ids[1], **wrong),
        application_of(ids[0]),
        application_of(ids[2], regionCode=CHENGDU),
        application_of(ids[2], idempotencyKey="own"),
    ]
    answer = batch(clerk, "applyBatch", "a school", rows)
    assert [[(each["code"], each["field"]) for each in row["errors"]] for row in answer["rows"]] == [
        [],
        [
            ("MOBILE_NUMBER_INVALID", "input.rows.1.evidence.details.mobile"),
            ("VALUE_NOT_POSSIBLE", "input.rows.1.evidence.sightedDocuments.0"),
        ],
        [("INVALID_INPUT", "input.rows.2.holderId")],
        [("NOT_PERMITTED", None)],
        [("INVALID_INPUT", "input.rows.4.idempotencyKey")],
    ]
    again = batch(clerk, "applyBatch", "a school", [application_of(each) for each in ids])
    assert [(row["repeated"], row["operation"]["state"]) for row in again["rows"]] == [
        (True, "SUBMITTED"),
        (False, "SUBMITTED"),
        (False, "SUBMITTED"),
    ]
    # Under another key they are asked anew, and the policy has one card for one person.
    other = batch(clerk, "applyBatch", "the school again", [application_of(ids[0])])["rows"][0]
    assert (codes(other), other["decision"]["allowed"]) == (["ONE_CARD_IN_PROVINCE"], False)


def test_newcomers_are_answered_by_themselves(service: GraphService) -> None:
    clerk, person = service.clerk(MIANYANG), newcomer(service)
    unknown = {**newcomer(service), "identityNumber": with_check_character("51070319900307000")}
    rows = [person, {"name": " ", "identityType": "nothing", "identityNumber": "1"}, person, unknown]
    answer = registered(clerk, "an office", rows)
    assert [[(each["code"], each["field"]) for each in row["errors"]] for row in answer["rows"]] == [
        [],
        [("INVALID_INPUT", "input.rows.1.name"), ("VALUE_NOT_POSSIBLE", "input.rows.1.identityType")],
        [("INVALID_INPUT", "input.rows.2.identityNumber")],
        [("IDENTITY_NOT_CONFIRMED", None)],
    ]
    again = registered(clerk, "an office", [person])["rows"][0]
    assert (again["repeated"], again["holder"]) == (True, answer["rows"][0]["holder"])


def test_an_office_hands_in_files(service: GraphService) -> None:
    clerk, people = service.clerk(MIANYANG), [newcomer(service) for _ in range(2)]
    names = list(people[0])
    content = "\n".join([",".join(names), *(",".join(each.values()) for each in people), "测试,passport,"])
    on_record = lines(sent(clerk, "registerHolderBatch", content.encode()))
    assert [(row["line"], row["result"], row["code"], row["field"]) for row in on_record] == [
        ("2", "done", "", ""),
        ("3", "done", "", ""),
        ("4", "refused", "INVALID_INPUT", "identityNumber"),
    ]
    holders = [row["holderId"] for row in on_record[:2]]
    columns = "regionCode,holderId,bank,evidence.sightedDocuments,evidence.details.mobile,evidence.declared.nothing"
    rows = [
        f"{MIANYANG},{holders[0]},ccb,{' '.join(SEEN)},13812345678,",
        f"{MIANYANG},{holders[1]},nobank,smile,,true",
        f"{MIANYANG},,ccb,,,",
    ]
    told = lines(sent(clerk, "applyBatch", "\n".join([columns, *rows]).encode()))
    assert [(row["result"], row["state"], row["code"]) for row in told] == [
        ("done", "SUBMITTED", ""),
        ("refused", "", "VALUE_NOT_POSSIBLE"),
        ("refused", "", "INVALID_INPUT"),
    ]
    assert set(told[1]["field"].split()) == {"bank", "evidence.declared.nothing", "evidence.sightedDocuments.0"}
    assert told[2]["field"] == "holderId"
    operation = clerk.operation(told[0]["operationId"])
    assert (operation["holder"]["id"], operation["details"][0]["value"]) == (holders[0], "+8613812345678")


def test_500_applications_with_what_was_brought_along_are_one_batch(service: GraphService) -> None:
    clerk, person = service.clerk(MIANYANG), holder_id(service.person(insured_in=(MIANYANG,)))
    post = {
        "method": "post",
        "regionCode": "510703",
        "recipient": "测试",
        "mobile": "13812345678",
        "address": "人民路1号",
    }
    rows = [application_of(person, delivery=post)] * MOST_ROWS
    answer = batch(clerk, "applyBatch", "everybody", rows)
    assert (answer["done"], answer["refused"]) == (1, MOST_ROWS - 1)


def test_whoever_may_apply_for_others_may_hand_in_some_at_once(service: GraphService) -> None:
    person = service.person(insured_in=(CHENGDU,))
    delegate = service.citizen(delegate_on_record(service, person, "apply"), "unionpay_app")
    stranger = service.person()
    evidence = {"details": details(), "documentIds": chengdu_papers(delegate, holderId=holder_id(person))}
    row = {"regionCode": CHENGDU, "bank": "ccb", "outlet": "chengdu_sample_ccb", "evidence": evidence}
    rows = [{**row, "holderId": holder_id(each)} for each in (person, stranger)]
    answer = batch(delegate, "applyBatch", "the family", rows)
    assert [codes(each) for each in answer["rows"]] == [[], ["NOT_FOUND"]]
    assert codes(batch(delegate, "applyBatch", "a works", rows * (MOST_ROWS_OF_PEOPLE // 2 + 1))) == ["INVALID_INPUT"]
    # A partner sees nobody whom it could apply for, and only clerks put people on record.
    for partner in (service.bank("ccb"), service.card_maker()):
        assert codes(batch(partner, "applyBatch", "partners", rows[:1])["rows"][0]) == ["NOT_FOUND"]
        assert codes(registered(partner, "partners", [newcomer(service)])) == ["NOT_PERMITTED"]
