"""The medical personal account: batches that settlement systems post, and what its holder sees (QD-7)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.card import CardState
from domain.holder import Holder
from store import UnitOfWork
from tests.graph.caller import Caller, change_document, codes
from tests.graph.cards import IDENTITY_CARD, CardOnRecord, add_card
from tests.graph.journey import CHENGDU, JINAN, QINGDAO
from tests.graph.records import at_rest, counted_rows, rows
from tests.graph.service import NOW, GraphService, holder_id

ENTRIES = """query($region: String!, $holder: ID, $kind: EntryKind, $since: Date, $until: Date, $first: Int, $after: String,
  $seen: [String!]){
  accountEntries(region: $region, holderId: $holder, kind: $kind, since: $since, until: $until, first: $first, after: $after,
    sightedDocuments: $seen){
    totalCount totals{credits spending}
    pageInfo{hasNextPage hasPreviousPage startCursor endCursor}
    edges{cursor node{reference kind amount occurredAt postedAt description}}
  }
}"""


def insured(service: GraphService) -> tuple[Holder, Caller, CardOnRecord]:
    """Return a person with an active card of Qingdao, asking by its app."""
    person = service.person()
    card = add_card(service, person, QINGDAO, state=CardState.ACTIVE)
    return person, service.citizen(person, "qingdao_app"), card


def entry(
    card: CardOnRecord, amount: int = 1250, kind: str = "SPENDING", at: datetime = NOW, **more: Any
) -> dict[str, Any]:
    """Return an entry as a settlement system posts it."""
    given = {
        "cardNumber": card.number,
        "reference": uuid4().hex,
        "kind": kind,
        "amount": amount,
        "occurredAt": at.isoformat(),
        "description": "海王星辰健康药房",
    }
    return given | more


def batch(*entries: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the input of a batch."""
    return {"regionCode": QINGDAO, "reference": uuid4().hex, "entries": list(entries), **changes}


def look_up(caller: Caller, region: str = QINGDAO, **selection: Any) -> dict[str, Any]:
    """Return a page of entries."""
    found: dict[str, Any] = caller.ask(ENTRIES, {"region": region, **selection})["accountEntries"]
    return found


def references(page: dict[str, Any]) -> list[str]:
    """Return the references of a page's entries."""
    return [edge["node"]["reference"] for edge in page["edges"]]


def posted_rows(service: GraphService) -> tuple[int, int]:
    """Return how many batches and entries are on record."""
    found = rows(service, "account_batches", "account_entries")
    return len(found["account_batches"]), len(found["account_entries"])


def test_QD_7_credits_and_spending_of_the_medical_account(service: GraphService) -> None:
    _, citizen, card = insured(service)
    assert look_up(citizen)["edges"] == []
    credit = entry(card, 30_000, "CREDIT", NOW - timedelta(days=2), description="个人账户注入")
    spent = entry(card, 1250)
    payload = service.settlement_system(QINGDAO).changed("postAccountEntries", **(given := batch(credit, spent)))
    assert {name: payload[name] for name in ("reference", "posted", "repeated", "postedAt")} == {
        "reference": given["reference"],
        "posted": 2,
        "repeated": False,
        "postedAt": service.clock.now().isoformat(),
    }
    assert (payload["decision"]["service"], payload["decision"]["allowed"]) == ("post_account_entries", True)
    page = look_up(citizen)
    assert [edge["node"] for edge in page["edges"]] == [
        {
            "reference": spent["reference"],
            "kind": "SPENDING",
            "amount": 1250,
            "occurredAt": NOW.isoformat(),
            "postedAt": NOW.isoformat(),
            "description": "海王星辰健康药房",
        },
        {
            "reference": credit["reference"],
            "kind": "CREDIT",
            "amount": 30_000,
            "occurredAt": (NOW - timedelta(days=2)).isoformat(),
            "postedAt": NOW.isoformat(),
            "description": "个人账户注入",
        },
    ]
    assert (page["totalCount"], page["totals"]) == (2, {"credits": 30_000, "spending": 1250})
    # What somebody bought, and where, is readable by nobody who looks into the database.
    assert "海王星辰" not in at_rest(service)


@pytest.mark.parametrize("channel", ["qingdao_website", "qingdao_app"])
def test_QD_7_on_the_website_and_in_the_app(service: GraphService, channel: str) -> None:
    person, _, card = insured(service)
    service.settlement_system(QINGDAO).changed("postAccountEntries", **batch(entry(card)))
    assert look_up(service.citizen(person, channel))["totalCount"] == 1


def test_QD_7_at_the_window_and_through_no_other_channel(service: GraphService) -> None:
    person, _, card = insured(service)
    service.settlement_system(QINGDAO).changed("postAccountEntries", **batch(entry(card)))
    identifier = holder_id(person)
    window = service.clerk(QINGDAO, "bank_window")
    assert look_up(window, holder=identifier, seen=IDENTITY_CARD)["totalCount"] == 1
    # An identity document is brought, to an outlet of the bank that issued the card.
    [error] = window.answer(ENTRIES, {"region": QINGDAO, "holder": identifier})["errors"]
    assert error["extensions"]["code"] == "DECISION_REFUSED"
    assert error["message"] == "Please bring a valid identity document of your own to an outlet of the issuing bank."
    for bank in ("icbc", None):
        elsewhere = service.clerk(QINGDAO, "bank_window", bank)
        [error] = elsewhere.answer(ENTRIES, {"region": QINGDAO, "holder": identifier, "seen": IDENTITY_CARD})["errors"]
        assert "no outlet of the bank that issued" in error["message"]
    refused: list[tuple[Caller, dict[str, str]]] = [
        (service.citizen(person), {}),
        (service.clerk(QINGDAO, "hotline_12333"), {"holder": identifier}),
        # Nor in cities whose documents know no such account.
        (service.citizen(person), {"region": JINAN}),
        (service.citizen(person, "unionpay_app"), {"region": CHENGDU}),
    ]
    for caller, given in refused:
        assert caller.failure(ENTRIES, {"region": QINGDAO, **given}) == "DECISION_REFUSED"


def test_QD_7_the_account_of_somebody_else_is_not_to_be_seen(service: GraphService) -> None:
    person, _, card = insured(service)
    service.settlement_system(QINGDAO).changed("postAccountEntries", **batch(entry(card)))
    _, own, _ = insured(service)
    variables = {"region": QINGDAO, "holder": holder_id(person)}
    assert look_up(own)["totalCount"] == 0
    assert own.failure(ENTRIES, variables) == "NOT_FOUND"
    for partner in (service.bank("ccb", QINGDAO), service.card_maker(), service.settlement_system(QINGDAO)):
        assert partner.failure(ENTRIES, variables) == "NOT_FOUND"
    assert service.clerk(CHENGDU).failure(ENTRIES, variables) == "NOT_PERMITTED"
    # A window is shown that of its own people, and of nobody who has nothing to do with it.
    elsewhere = {"region": QINGDAO, "holder": holder_id(service.person(insured_in=(CHENGDU,))), "seen": IDENTITY_CARD}
    assert service.clerk(QINGDAO, "bank_window").failure(ENTRIES, elsewhere) == "NOT_FOUND"
    assert service.medical_institution().failure(ENTRIES, variables) == "NOT_FOUND"
    child = service.person(date(2015, 1, 1))
    mine = add_card(service, child, QINGDAO, state=CardState.ACTIVE)
    service.settlement_system(QINGDAO).changed("postAccountEntries", **batch(entry(mine)))
    guardian = service.citizen(service.guardian(child), "qingdao_app")
    assert look_up(guardian, holder=holder_id(child))["totalCount"] == 1


def test_the_same_batch_again_changes_nothing_and_says_so(service: GraphService) -> None:
    _, citizen, card = insured(service)
    system, given = service.settlement_system(QINGDAO), batch(entry(card), entry(card, 5))
    first = system.changed("postAccountEntries", **given)
    before = counted_rows(service)
    service.clock.advance(timedelta(days=30))
    again = system.changed("postAccountEntries", **given)
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert {name: again[name] for name in ("reference", "posted", "postedAt")} == {
        name: first[name] for name in ("reference", "posted", "postedAt")
    }
    assert counted_rows(service) == before
    assert look_up(citizen)["totalCount"] == 2


@pytest.mark.parametrize(
    "change", [{"amount": 1251}, {"kind": "CREDIT"}, {"description": None}, {"reference": "another"}]
)
def test_a_changed_batch_under_the_same_reference_is_refused(service: GraphService, change: dict[str, Any]) -> None:
    _, citizen, card = insured(service)
    system, one = service.settlement_system(QINGDAO), entry(card)
    given = batch(one)
    system.changed("postAccountEntries", **given)
    payload = system.change("postAccountEntries", **(given | {"entries": [one | change]}))
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [("BATCH_CHANGED", "input.reference")]
    payload = system.change("postAccountEntries", **(given | {"entries": [one, entry(card)]}))
    assert codes(payload) == ["BATCH_CHANGED"]
    assert look_up(citizen)["totalCount"] == 1


def test_a_batch_is_posted_whole_or_not_at_all(service: GraphService) -> None:
    _, citizen, card = insured(service)
    system, posted = service.settlement_system(QINGDAO), entry(card)
    system.changed("postAccountEntries", **batch(posted))
    before = posted_rows(service)
    unknown = entry(card, cardNumber="A000000000")
    payload = system.change("postAccountEntries", **batch(entry(card), unknown, entry(card)))
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [
        ("NOT_FOUND", "input.entries.1.cardNumber")
    ]
    # An entry that another batch brought already.
    assert codes(system.change("postAccountEntries", **batch(entry(card), posted))) == ["ENTRY_EXISTS"]
    # The last of many, behind the first page of what is inserted at once.
    many = [entry(card) for _ in range(600)]
    assert codes(system.change("postAccountEntries", **batch(*many, posted))) == ["ENTRY_EXISTS"]
    assert posted_rows(service) == before
    assert look_up(citizen)["totalCount"] == 1
    system.changed("postAccountEntries", **batch(*many))
    assert look_up(citizen)["totalCount"] == 601


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": 0}, "input.entries.0.amount"),
        ({"amount": -1}, "input.entries.0.amount"),
        ({"amount": 10**12 + 1}, "input.entries.0.amount"),
        ({"reference": ""}, "input.entries.0.reference"),
        ({"reference": "x" * 101}, "input.entries.0.reference"),
        ({"description": "x" * 201}, "input.entries.0.description"),
        ({"description": "药店\u202e店药"}, "input.entries.0.description"),
        ({"reference": "a\nb"}, "input.entries.0.reference"),
        ({"occurredAt": "2026-11-20T02:00:01+00:00"}, "input.entries.0.occurredAt"),
        ({"occurredAt": "2026-11-19T02:00:00"}, "input.entries.0.occurredAt"),
        ({"occurredAt": "0001-01-01T00:00:00+08:00"}, "input.entries.0.occurredAt"),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_place(
    service: GraphService, change: dict[str, Any], field: str
) -> None:
    _, citizen, card = insured(service)
    payload = service.settlement_system(QINGDAO).change("postAccountEntries", **batch(entry(card) | change))
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [("INVALID_INPUT", field)]
    assert look_up(citizen)["totalCount"] == 0


def test_a_batch_has_1_to_1000_entries_with_a_reference_each(service: GraphService) -> None:
    _, citizen, card = insured(service)
    system, one = service.settlement_system(QINGDAO), entry(card)
    for entries in ([], [one, one]):
        payload = system.change("postAccountEntries", **batch(*entries))
        assert [(error["code"], error["field"]) for error in payload["errors"]] == [("INVALID_INPUT", "input.entries")]
    too_many = {"input": batch(*[entry(card)] * 1001)}
    [error] = system.answer(change_document("postAccountEntries"), too_many)["errors"]
    assert error["extensions"] == {"code": "INVALID_INPUT", "field": "input.entries"}
    assert codes(system.change("postAccountEntries", **batch(one, reference=" "))) == ["INVALID_INPUT"]
    assert look_up(citizen)["totalCount"] == 0
    # Sums beyond what 32 bits hold are told as they are.
    system.changed("postAccountEntries", **batch(entry(card, 10**12), entry(card, 10**12), entry(card, 1)))
    assert look_up(citizen)["totals"] == {"credits": 0, "spending": 2 * 10**12 + 1}


def test_only_the_settlement_system_of_the_city_posts(service: GraphService) -> None:
    person, citizen, card = insured(service)
    callers = {
        "CHANNEL": citizen,
        "clerk": service.clerk(QINGDAO, "bank_window"),
        "bank": service.bank("ccb", QINGDAO),
        "maker": service.card_maker(),
        "pharmacy": service.medical_institution(),
    }
    for name, caller in callers.items():
        assert codes(caller.change("postAccountEntries", **batch(entry(card)))) == ["NOT_PERMITTED"], name
    assert codes(service.settlement_system(JINAN).change("postAccountEntries", **batch(entry(card)))) == [
        "NOT_PERMITTED"
    ]
    elsewhere = service.settlement_system(JINAN).change("postAccountEntries", **batch(entry(card), regionCode=JINAN))
    assert codes(elsewhere) == ["SERVICE_NOT_OFFERED"]
    nowhere = service.settlement_system("000000").change(
        "postAccountEntries", **batch(entry(card), regionCode="999999")
    )
    assert codes(nowhere) == ["REGION_UNKNOWN"]
    assert look_up(service.citizen(person, "qingdao_website"))["totalCount"] == 0


def test_the_same_batch_at_the_same_moment_is_posted_once(service: GraphService) -> None:
    _, citizen, card = insured(service)
    given = batch(*(entry(card, 100) for _ in range(20)))
    systems = [service.settlement_system(QINGDAO, f"settlement {number}") for number in range(4)]
    with ThreadPoolExecutor(4) as threads:
        payloads = list(threads.map(lambda system: system.changed("postAccountEntries", **given), systems))
    assert sorted(payload["repeated"] for payload in payloads) == [False, True, True, True]
    assert len({payload["postedAt"] for payload in payloads}) == 1
    assert look_up(citizen)["totals"] == {"credits": 0, "spending": 2000}


def test_the_same_entry_in_two_batches_at_the_same_moment_is_posted_once(service: GraphService) -> None:
    _, citizen, card = insured(service)
    shared = [entry(card, 100) for _ in range(5)]
    batches = [batch(*order, entry(card, 7)) for order in (shared, shared[::-1], shared, shared[::-1])]
    system = service.settlement_system(QINGDAO)
    with ThreadPoolExecutor(4) as threads:
        payloads = list(threads.map(lambda given: system.change("postAccountEntries", **given), batches))
    assert sorted(codes(payload) for payload in payloads) == [[], *[["ENTRY_EXISTS"]] * 3]
    assert look_up(citizen)["totals"]["spending"] == 507


def day(number: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment in November 2026, in China."""
    return datetime.fromisoformat(f"2026-11-{number:02}T{hour:02}:{minute:02}:00+08:00")


def test_QD_7_totals_are_of_the_days_in_china_that_were_asked_for(service: GraphService) -> None:
    _, citizen, card = insured(service)
    entries = [
        entry(card, 1, at=day(1, 0)),
        entry(card, 2, at=day(1, 23, 59)),
        entry(card, 4, at=day(2, 0)),
        entry(card, 8, "CREDIT", day(2, 12)),
        entry(card, 16, at=day(3, 0)),
    ]
    service.settlement_system(QINGDAO).changed("postAccountEntries", **batch(*entries))

    def sums(**selection: Any) -> tuple[int, int, int]:
        found = look_up(citizen, first=1, **selection)
        return found["totals"]["spending"], found["totals"]["credits"], found["totalCount"]

    assert sums() == (23, 8, 5)
    assert sums(since="2026-11-01", until="2026-11-01") == (3, 0, 2)
    assert sums(since="2026-11-02", until="2026-11-02") == (4, 8, 2)
    assert sums(since="2026-11-02") == (20, 8, 3)
    assert sums(until="2026-11-02") == (7, 8, 4)
    assert sums(until="2026-11-02", kind="CREDIT") == (0, 8, 1)
    assert sums(since="2026-12-01") == (0, 0, 0)
    wrong = {"region": QINGDAO, "since": "2026-11-02", "until": "2026-11-01"}
    assert citizen.failure(ENTRIES, wrong) == "INVALID_INPUT"
    for far in ("0001-01-01", "9999-12-31"):
        assert citizen.failure(ENTRIES, {"region": QINGDAO, "since": far, "until": far}) == "INVALID_INPUT"


def test_QD_7_pages_hold_their_place_also_through_equal_moments(service: GraphService) -> None:
    _, citizen, card = insured(service)
    entries = [entry(card, number + 1, at=day(1 + number // 4, 9)) for number in range(11)]
    service.settlement_system(QINGDAO).changed("postAccountEntries", **batch(*entries))
    found: list[str] = []
    after, pages = None, 0
    while True:
        page = look_up(citizen, first=3, after=after)
        found += references(page)
        assert (page["totalCount"], page["totals"]["spending"]) == (11, 66)
        assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
        pages, after = pages + 1, page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert pages == 4
    assert sorted(found) == sorted(one["reference"] for one in entries)
    moments = {one["reference"]: one["occurredAt"] for one in entries}
    assert [moments[reference] for reference in found] == sorted(moments.values(), reverse=True)
    for first in (0, 101):
        assert citizen.failure(ENTRIES, {"region": QINGDAO, "first": first}) in ("INVALID_INPUT", "QUERY_TOO_COSTLY")
    assert citizen.failure(ENTRIES, {"region": QINGDAO, "after": "x"}) == "CURSOR_INVALID"


def test_QD_7_an_account_outlives_the_card_that_it_came_by(service: GraphService) -> None:
    person, citizen, card = insured(service)
    old = add_card(service, person, QINGDAO, state=CardState.CANCELLED)
    service.settlement_system(QINGDAO).changed("postAccountEntries", **batch(entry(card, 1), entry(old, 2)))
    assert look_up(citizen)["totals"]["spending"] == 3


@pytest.mark.parametrize("elsewhere", [CHENGDU, JINAN])
def test_QD_7_a_card_that_has_nothing_to_do_with_the_region_gets_no_entries(
    service: GraphService, elsewhere: str
) -> None:
    person, citizen, card = insured(service)
    foreign = add_card(service, person, elsewhere, state=CardState.ACTIVE)
    system, before = service.settlement_system(QINGDAO), posted_rows(service)
    payload = system.change("postAccountEntries", **batch(entry(card), entry(foreign)))
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [
        ("CARD_OF_ANOTHER_REGION", "input.entries.1.cardNumber")
    ]
    assert foreign.number in payload["errors"][0]["message"]["zh"]
    assert posted_rows(service) == before
    assert look_up(citizen)["totalCount"] == 0


def test_QD_7_what_was_spent_before_a_card_moved_away_is_posted_after(service: GraphService) -> None:
    _, citizen, card = insured(service)

    async def moves(work: UnitOfWork) -> None:
        found = await work.cards.find_by_number(card.number)
        assert found is not None
        await work.cards.update(replace(found, region=JINAN))

    service.work(moves)
    service.settlement_system(QINGDAO).changed("postAccountEntries", **batch(entry(card, 3)))
    assert look_up(citizen)["totals"]["spending"] == 3


@pytest.mark.parametrize("amount", [1.5, True, "100", 1e3])
def test_an_amount_is_a_whole_number_and_nothing_is_rounded(service: GraphService, amount: object) -> None:
    document = "mutation($input: PostAccountEntriesInput!){postAccountEntries(input: $input){posted}}"
    entry = {
        "cardNumber": "X",
        "reference": "1",
        "kind": "CREDIT",
        "amount": amount,
        "occurredAt": "2026-11-01T00:00:00Z",
    }
    given = {"regionCode": QINGDAO, "reference": "rounding", "entries": [entry]}
    assert service.settlement_system(QINGDAO).failure(document, {"input": given}) == "INVALID_VARIABLES"
