"""Getting on record: by oneself where an identity provider vouches for one and the region lets people, else at a window."""

from uuid import uuid4

from domain.holder import Actor, VouchedIdentity
from gateways.tokens import VOUCHED
from tests.graph.caller import Caller, codes, denials
from tests.graph.journey import JINAN, submitted
from tests.graph.service import GraphService

KNOWN = VouchedIdentity("王小例", "resident_identity_card", "510104201106122025")
"""Somebody whom the population register knows, and no record of ours."""


def newcomer(service: GraphService, vouched: VouchedIdentity | None = KNOWN, **claims: str) -> Caller:
    """Return somebody who is not on record and has logged in."""
    given = {"person_id": str(uuid4()), "role": "citizen", "channel": "national_mini_program", **claims}
    return service.caller(Actor(**given), vouched=vouched)


def test_who_is_vouched_for_puts_themselves_on_record_and_goes_on(service: GraphService) -> None:
    citizen = newcomer(service)
    assert codes(citizen.change("applyForCard", regionCode=JINAN)) == ["NOT_ON_RECORD"]
    payload = citizen.changed("registerMyself", regionCode=JINAN)
    assert (payload["holder"]["name"], payload["decision"]["allowed"]) == ("王小例", True)
    assert "510104201106122025" not in str(payload)
    assert citizen.ask("{me{id}}")["me"]["id"] == payload["holder"]["id"]
    # Again: as it is. By another login: told where to have it linked.
    assert citizen.changed("registerMyself", regionCode=JINAN)["holder"] == payload["holder"]
    assert codes(newcomer(service).change("registerMyself", regionCode=JINAN)) == ["HOLDER_EXISTS"]


def test_nobody_else_does_and_each_is_told_to_come_to_a_window(service: GraphService) -> None:
    unknown = VouchedIdentity("无此人", "resident_identity_card", "11010119900307803X")
    answers = [
        newcomer(service, None).change("registerMyself", regionCode=JINAN),
        newcomer(service, person_id="not an id").change("registerMyself", regionCode=JINAN),
        newcomer(service, unknown).change("registerMyself", regionCode=JINAN),
    ]
    assert [codes(answer)[0] for answer in answers[:2]] == ["IDENTITY_NOT_VOUCHED"] * 2
    assert codes(answers[2]) != []
    assert all("服务网点窗口" in answer["errors"][0]["message"]["zh"] for answer in answers[:2])
    telephone = newcomer(service, channel="hotline_12333").change("registerMyself", regionCode=JINAN)
    assert denials(telephone["decision"]) == ["AT_A_WINDOW"]
    assert "服务网点窗口" in telephone["errors"][0]["message"]["zh"]
    assert codes(service.clerk(JINAN).change("registerMyself", regionCode=JINAN)) == ["NOT_PERMITTED"]


def test_a_name_with_hidden_characters_comes_on_record_by_no_token(service: GraphService) -> None:
    for hidden in ("\u202e", "\x07"):
        vouched = VouchedIdentity(f"王{hidden}小例", KNOWN.identity_type, KNOWN.identity_number)
        assert codes(newcomer(service, vouched).change("registerMyself", regionCode=JINAN)) == ["INVALID_INPUT"]


def test_who_is_not_on_record_is_told_the_way_whatever_they_ask_for(service: GraphService) -> None:
    citizen = newcomer(service)
    payload = citizen.change("applyForCard", regionCode=JINAN)
    assert codes(payload) == ["NOT_ON_RECORD"]
    assert "服务网点窗口" in payload["errors"][0]["message"]["zh"]
    assert submitted(service.citizen(service.person()))["state"] == "SUBMITTED"


def test_a_token_that_vouches_for_nobody_in_particular_is_none(service: GraphService) -> None:
    assert VOUCHED == "identity"
    nameless = newcomer(service, VouchedIdentity("", "resident_identity_card", "510104201106122025"))
    answer = nameless.answer("{me{id}}")
    assert answer["errors"][0]["extensions"]["code"] == "NOT_AUTHENTICATED"
