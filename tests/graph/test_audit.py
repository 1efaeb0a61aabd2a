"""The audit record as the graph writes it: who did what, about whom, on account of which request; and who looked."""

import json
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest

from domain.card import CardState
from domain.holder import Actor, Holder, Merge
from resolvers.audit import told_of
from resolvers.changing.deaths import record_death
from schema.kit.relay import local_id, opaque
from store import UnitOfWork
from store.audit.entries import AuditKind
from store.repositories.audit import AuditSelection
from tests.graph.caller import codes
from tests.graph.cards import IDENTITY_CARD, add_active_card, add_card
from tests.graph.delegations import delegate_on_record
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, delivered_to, submitted
from tests.graph.records import settle
from tests.graph.service import NOW, GraphService, holder_id
from tests.graph.test_account_entries import batch, entry, insured, look_up
from tests.graph.test_pages import ARGUMENTS, PAGE, VARIABLES, walked

BORN = date(2015, 1, 1)
LISTING = "bank_that_lists"
"""A bank of which no other test has cards."""


def told(service: GraphService, **narrowed: Any) -> list[dict[str, Any]]:
    """Return what the record says, the oldest first."""
    selection = AuditSelection(**narrowed)
    return [entry.said for entry in reversed(service.work(lambda work: work.audit.page(selection, None, 1000)))]


def of(service: GraphService, person: Holder, *kinds: AuditKind) -> list[dict[str, Any]]:
    """Return what the record says about a person."""
    return told(service, holder_ids=[person.id], kinds=kinds or None)


def test_the_record_names_the_clerk_who_recorded_a_guardian(service: GraphService) -> None:
    child, parent, clerk = service.person(BORN), service.person(), service.clerk(CHENGDU)
    asked = {"guardianId": holder_id(parent), "wardId": holder_id(child), "kinship": "母亲"}
    evidence = {"sightedDocuments": ["birth_certificate"]}
    assert codes(clerk.change("recordGuardianship", **asked, evidence=evidence)) == []
    [entry] = of(service, child, AuditKind.CHANGE)
    assert (entry["action"], entry["subject"], entry["role"]) == ("record_guardianship", f"clerk-{CHENGDU}", "clerk")
    assert (entry["office"], entry["channel"], entry["region"]) == (f"window-{CHENGDU}", "service_window", CHENGDU)
    assert (entry["record"], entry["issuer"], len(entry["token"])) == (parent.id, "social-security-card", 36)
    # The decision, and the line of the timeline.
    assert [(table, len(digest)) for table, _, digest in entry["content"]] == [("timeline", 64), ("decisions", 64)]
    assert "母亲" not in str(entry)


def test_a_refusal_is_told_with_who_asked(service: GraphService) -> None:
    person, stranger = service.person(), service.person()
    asked = {"guardianId": holder_id(stranger), "wardId": holder_id(person), "kinship": "母亲"}
    refused = service.clerk(CHENGDU).change("recordGuardianship", regionCode=CHENGDU, **asked)
    assert codes(refused) != []
    entries = of(service, person, AuditKind.REFUSAL)
    assert [(each["action"], each["subject"]) for each in entries] == [("record_guardianship", f"clerk-{CHENGDU}")]


def test_a_request_has_an_id_that_is_answered_and_told(service: GraphService) -> None:
    def answered(**headers: str) -> str:
        found: str = service.http.get("/health", headers=headers).headers["x-request-id"]
        return found

    assert answered(**{"X-Request-Id": "portal-2026-11-30"}) == "portal-2026-11-30"
    trace = "0af7651916cd43dd8448eb211c80319c"
    assert answered(traceparent=f"00-{trace}-b7ad6b7169203331-01") == trace
    made = {answered(), answered(**{"X-Request-Id": "two words"}), answered(**{"X-Request-Id": "short"})}
    assert len(made) == 3
    assert all(len(each) == 32 for each in made)
    # Nor by the number of somebody with something beside it.
    for name in ("form-51010119900101123X-2", "user.13800000000", "0a1b2c510101199001011232d4e5f607"):
        assert answered(**{"X-Request-Id": name}) != name
    for trace in ("00000000000000510101199001011232", "0a1b2c510101199001011232d4e5f607"):
        assert answered(traceparent=f"00-{trace}-b7ad6b7169203331-01") != trace
    refused = service.http.post(
        "/graphql",
        json={"query": "{me{id}}"},
        headers={"Authorization": "Bearer forged", "X-Request-Id": "forged-token-1"},
    )
    assert refused.headers["x-request-id"] == "forged-token-1"
    settle(service)
    [entry] = [each for each in told(service, kinds=[AuditKind.SIGN_IN]) if each.get("request") == "forged-token-1"]
    assert (entry["action"], "subject" in entry, len(entry["digest"])) == ("token_refused", False, 64)


@pytest.mark.parametrize(
    "number",
    ["51010119900101123X", "510101199001011232", "13800000000", "6217-0000-0000-0000", "E12345678", "ZZ000000001"],
)
def test_a_request_is_not_called_by_what_may_be_the_number_of_somebody(service: GraphService, number: str) -> None:
    headers = {"X-Request-Id": number, "Authorization": "Bearer forged"}
    made = service.http.post("/graphql", json={"query": "{me{id}}"}, headers=headers).headers["x-request-id"]
    assert (made != number, len(made)) == (True, 32)
    settle(service)
    called = [each.get("request") for each in told(service)]
    assert (made in called, number in called) == (True, False)


ACCESSES = "query($id: ID!){holder(id:$id){accesses{edges{node{shown office role channel regionCode}} totalCount}}}"
LOOKED = "query($id: ID!){holder(id:$id){name contact{landline}}}"


def shown(accesses: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Return what was shown, and to which office, the newest first."""
    return [(edge["node"]["shown"], edge["node"]["office"]) for edge in accesses["edges"]]


def test_people_see_which_office_has_looked_at_their_data_and_nobody_else_does(service: GraphService) -> None:
    person, child = service.person(), service.person(BORN)
    service.guardian(child, person)
    clerk, me = service.clerk(CHENGDU), service.citizen(person)
    for each in (person, child):
        add_active_card(service, each, CHENGDU)
        assert clerk.ask(LOOKED, {"id": holder_id(each)})["holder"]["name"] == each.name
    me.ask("{me{name contact{landline}}}")
    paper = b"%PDF-1.7\n%%EOF\n"
    me.document("birth_certificate", CHENGDU, paper)
    settle(service)
    mine = me.ask("{me{accesses{edges{node{shown office role channel regionCode}} totalCount}}}")["me"]["accesses"]
    office = f"window-{CHENGDU}"
    # What one has looked at oneself is no look, nor is what one has done, and no clerk is named.
    assert (shown(mine), mine["totalCount"]) == ([("contact", office), ("holder", office)], 2)
    assert {edge["node"]["role"] for edge in mine["edges"]} == {"clerk"}
    assert f"clerk-{CHENGDU}" not in str(mine)
    assert shown(me.ask(ACCESSES, {"id": holder_id(child)})["holder"]["accesses"])[:2] == [
        ("contact", office),
        ("holder", office),
    ]
    looks = of(service, person, AuditKind.LOOK)
    assert {each["subject"] for each in looks} == {f"clerk-{CHENGDU}"}
    [brought] = [each for each in of(service, person, AuditKind.CHANGE) if each["action"] == "upload_document"]
    assert (brought["subject"], brought["digest"]) == (person.id, sha256(paper).hexdigest())
    assert clerk.ask(ACCESSES, {"id": holder_id(person)})["holder"]["accesses"]["totalCount"] == 0


LOOKS = f"query({VARIABLES}){{me{{accesses({ARGUMENTS}){{{PAGE} totalCount completeSince edges{{cursor node{{at office}}}}}}}}}}"


def test_each_look_is_shown_however_many_there_are_and_since_when_all_are(service: GraphService) -> None:
    person, duplicate = service.person(), service.person()

    async def looked(work: UnitOfWork) -> None:
        for number in range(1_003):
            seen = (person, duplicate)[number % 100 == 7]
            looker = Actor("clerk-1", "clerk", "service_window", f"office-{number}")
            work.audit.tell(told_of(looker, NOW, AuditKind.LOOK, "holder", holder_id=seen.id))
            work.audit.tell(told_of(looker, NOW, AuditKind.CHANGE, "apply", holder_id=seen.id))
        merge = Merge(
            str(uuid4()), person.id, duplicate.id, CHENGDU, "clerk-1", NOW, confirmed_by="clerk-2", confirmed_at=NOW
        )
        await work.merges.propose(merge)

    service.work(looked)
    me = service.citizen(person)
    offices = [f"office-{number}" for number in reversed(range(1_003))]
    for backwards in (False, True):
        pages = walked(lambda **given: me.ask(LOOKS, given)["me"]["accesses"], backwards, 100)
        assert [node["office"] for node in pages] == offices
    page = me.ask(LOOKS, {"first": 1})["me"]["accesses"]
    assert page["totalCount"] == 1_003
    oldest = service.work(lambda work: work.audit.oldest())
    assert datetime.fromisoformat(page["completeSince"]) == oldest


def test_a_dry_run_about_somebody_else_is_a_look_whatever_comes_of_it(service: GraphService) -> None:
    """A window has anybody tried out, who need not have shown a document yet: it showed facts, and nobody saw that it did."""
    person, present, dead = service.person(), service.person(), service.person()
    card = add_active_card(service, person, QINGDAO)
    service.work(lambda work: record_death(work, dead, NOW))
    clerk, me, office = service.clerk(JINAN), service.citizen(person), f"window-{JINAN}"
    tried = clerk.check("apply", holderId=holder_id(person), regionCode=JINAN, presentPersonId=holder_id(present))
    assert tried["decision"] is not None
    assert codes(clerk.check("apply", holderId=holder_id(dead), regionCode=JINAN)) == ["HOLDER_DECEASED"]
    me.check("report_temporary_loss", cardId=card.id)
    settle(service)
    mine = me.ask("{me{accesses{edges{node{shown office role channel regionCode}} totalCount}}}")["me"]["accesses"]
    assert shown(mine) == [("holder", office)]
    # Whom somebody would let act for them: it says how old they are.
    trusted = service.person(date(1960, 1, 2), name="王受托")
    named = {"name": "王受托", "identityType": trusted.identity_type, "identityNumber": trusted.identity_number}
    granted = {"regionCode": CHENGDU, "delegate": named, "services": ["activate"], "until": "2026-12-01"}
    assert service.citizen(service.person(), "unionpay_app").try_out("grantDelegation", **granted)["errors"] == []
    settle(service)
    for each in (present, dead, trusted):
        assert [entry["action"] for entry in of(service, each, AuditKind.LOOK)] == ["holder"]


def test_who_registers_somebody_again_under_the_same_key_is_shown_them_again(service: GraphService) -> None:
    service.registry.list(service.person(), "passport", "E76543210")
    given = {"name": "测试甲", "identityType": "passport", "identityNumber": "E76543210", "idempotencyKey": "once"}
    for _ in range(2):
        answer = service.clerk(CHENGDU).changed("registerHolder", **given)["holder"]
        service.clock.advance(timedelta(hours=2))
    settle(service)
    looks = told(service, holder_ids=[local_id(answer["id"], "Holder", "id")], kinds=[AuditKind.LOOK])
    assert [each["action"] for each in looks] == ["present", "holder"]


AUDIT = """query($filter: AuditFilterInput, $first: Int, $after: String) {
  audit(filter: $filter, first: $first, after: $after) { edges { node { number kind text } } pageInfo { hasNextPage endCursor } }
}"""


def test_an_auditor_sees_the_record_and_nothing_else_and_nobody_else_sees_it(service: GraphService) -> None:
    person = service.person()
    citizen, clerk = service.citizen(person), service.clerk(CHENGDU)
    for child in (service.person(BORN), service.person(BORN)):
        asked = {"guardianId": holder_id(person), "wardId": holder_id(child), "kinship": "母亲"}
        seen = {"sightedDocuments": ["birth_certificate"]}
        assert codes(clerk.change("recordGuardianship", **asked, evidence=seen)) == []
    auditor = service.caller(Actor("auditor-1", "auditor", "partner_system"))
    about = {"holder": child.id, "kinds": ["CHANGE"]}
    page = auditor.ask(AUDIT, {"filter": about, "first": 1})["audit"]
    [edge] = page["edges"]
    said = json.loads(edge["node"]["text"])
    assert (said["action"], said["subject"]) == ("record_guardianship", f"clerk-{CHENGDU}")
    everything = auditor.ask(AUDIT, {"first": 1})["audit"]
    assert everything["pageInfo"]["hasNextPage"] is True
    following = auditor.ask(AUDIT, {"first": 1, "after": everything["pageInfo"]["endCursor"]})["audit"]
    numbers = [int(edge["node"]["number"]) for edge in (*everything["edges"], *following["edges"])]
    assert (len(numbers), numbers) == (2, sorted(set(numbers), reverse=True))
    for number in ("abc", "1" * 30, "-1"):
        forged = opaque(f"audit:{NOW.isoformat()}", number)
        assert auditor.failure(AUDIT, {"after": forged}) == "CURSOR_INVALID"
    for other in (citizen, clerk, service.bank("icbc")):
        assert other.failure(AUDIT, {}) == "NOT_PERMITTED"
    assert auditor.failure("{me{id}}") == "NOT_PERMITTED"
    assert auditor.failure("query($id: ID!){holder(id:$id){name}}", {"id": holder_id(person)}) == "NOT_PERMITTED"


def test_a_page_of_a_list_is_told_once_with_how_much_and_a_digest_of_what(service: GraphService) -> None:
    person, clerk = service.person(insured_in=(CHENGDU,)), service.clerk(JINAN)
    submitted(service.citizen(person))
    asked = {"of": holder_id(person)}
    listed = "query($of: ID!){operations(filter: {holderId: $of}%s){edges{node{id holder{name}}}}}"
    pages = [clerk.ask(listed % order, asked) for order in ("", ", order: CHANGED")]
    service.citizen(person).ask(listed % "", asked)  # one's own
    clerk.ask(
        'query($of: ID!){operations(filter: {holderId: $of, service: "cancel"}){edges{node{id}}}}', asked
    )  # nothing
    settle(service)
    shown = [local_id(edge["node"]["id"], "Operation", "id") for edge in pages[0]["operations"]["edges"]]
    digest = sha256("\n".join(shown).encode()).hexdigest()
    found = [each for each in told(service, kinds=[AuditKind.LOOK]) if each["action"] == "operations"]
    assert [(each["subject"], each["reference"], each["digest"]) for each in found[-2:]] == [
        (f"clerk-{JINAN}", "1", digest)
    ] * 2
    assert all("holder" not in each for each in found)


def test_whom_an_office_meets_by_the_way_they_are_looked_at_too(service: GraphService) -> None:
    name = "王重名"
    person, namesake = service.person(name=name, insured_in=(CHENGDU,)), service.person(name=name)
    ward = service.person(BORN, insured_in=(CHENGDU,))
    service.guardian(ward, person)
    card, clerk = add_active_card(service, person, CHENGDU), service.clerk(CHENGDU)
    delegate = delegate_on_record(service, person, "activate")
    [given] = service.citizen(delegate).ask("{me{delegatedBy{id holder{name}}}}")["me"]["delegatedBy"]
    clerk.ask("query($id: ID!){holder(id: $id){namesakes{name bornOn} wards{name}}}", {"id": holder_id(person)})
    settle(service)
    # Once with the answer to the grant, once by this; a delegate's own list of those who trust them is no look.
    looks = [("holder", "clerk")] * 2
    assert [(each["action"], each["role"]) for each in of(service, person, AuditKind.LOOK)] == looks
    for met in (namesake, ward):
        assert [each["action"] for each in of(service, met, AuditKind.LOOK)] == ["holder"]
    clerk.ask("query($id: ID!){node(id: $id){... on Delegation{holder{name}}}}", {"id": given["id"]})
    clerk.ask(f'query($id: ID!){{heldInsurance(cardId: $id, region: "{CHENGDU}"){{name}}}}', {"id": card.id})
    settle(service)
    assert [each["action"] for each in of(service, person, AuditKind.LOOK)] == ["holder"] * 3 + ["card"]


def test_who_reads_in_a_list_where_a_card_is_sent_has_looked_at_it(service: GraphService) -> None:
    person = service.person(insured_in=(CHENGDU,))
    operation = delivered_to(service.citizen(person), submitted(service.citizen(person)))
    listed = "query($of: ID!){operations(filter: {holderId: $of}){edges{node{%s}}}}"
    for shown in ("id", "delivery{method}", "delivery{address} details{value}"):
        service.clerk(JINAN).ask(listed % shown, {"of": holder_id(person)})
    service.citizen(person).ask(listed % "delivery{address}", {"of": holder_id(person)})
    settle(service)
    looks = of(service, person, AuditKind.LOOK)
    assert [(each["action"], each["operation"]) for each in looks] == [
        ("details", local_id(operation["id"], "Operation", "id"))
    ] * 2


def test_a_bank_that_lists_accounts_to_close_has_looked_at_the_page(service: GraphService) -> None:
    cards = [add_card(service, service.person(), CHENGDU, LISTING, CardState.CANCELLED) for _ in range(2)]
    listed = "{accountsToClose%s{edges{node{id number}}}}"
    bank = service.bank(LISTING)
    pages = [bank.ask(listed % order) for order in ("", "(order: CHANGED)")]
    service.bank("without_cards").ask(listed % "")  # nothing
    settle(service)
    shown = [[edge["node"]["id"] for edge in page["accountsToClose"]["edges"]] for page in pages]
    assert [sorted(page) for page in shown] == [sorted(card.id for card in cards)] * 2
    digests = [sha256("\n".join(local_id(each, "Card", "id") for each in page).encode()).hexdigest() for page in shown]
    found = [each for each in told(service, kinds=[AuditKind.LOOK]) if each["action"] == "accounts_to_close"]
    looks = [each for each in found if each["office"] in (LISTING, "without_cards")]
    assert [(each["office"], each["reference"], each["digest"]) for each in looks] == [
        (LISTING, "2", digest) for digest in digests
    ]
    assert all("holder" not in each for each in looks)


def test_medical_spending_that_somebody_else_is_shown_is_a_look_at_them(service: GraphService) -> None:
    person, citizen, card = insured(service)
    service.settlement_system(QINGDAO).changed("postAccountEntries", **batch(entry(card)))
    look_up(citizen)
    clerk = service.clerk(QINGDAO, "bank_window")
    found = look_up(clerk, holder=holder_id(person), seen=[*IDENTITY_CARD])
    assert len(found["edges"]) == 1
    settle(service)
    looks = [each for each in of(service, person, AuditKind.LOOK) if each["action"] == "account_entries"]
    assert [(each["subject"], each["region"]) for each in looks] == [(f"clerk-{QINGDAO}", QINGDAO)]
    assert "account_entries" in str(citizen.ask("{me{accesses{edges{node{shown}}}}}"))
