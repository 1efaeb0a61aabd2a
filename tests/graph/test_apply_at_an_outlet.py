"""Applying for a card by bank and outlet, as in Qingdao (QD-1)."""

from datetime import date
from typing import Any

import pytest

from tests.graph.caller import codes, denials, missing
from tests.graph.cards import IDENTITY_CARD
from tests.graph.journey import (
    QINGDAO,
    card_picture,
    details,
    qingdao_photo,
)
from tests.graph.service import GraphService, holder_id

AT_THE_OUTLET: dict[str, Any] = {
    "regionCode": QINGDAO,
    "bank": "icbc",
    "outlet": "qingdao_sample_ordinary",
    "delivery": {"method": "outlet"},
}
"""An application in Qingdao for a card to be collected at the issuing outlet."""


def test_QD_1_online_asks_for_everything_at_once_and_for_a_photo_only_where_none_is_on_file(
    service: GraphService,
) -> None:
    citizen = service.citizen(service.person(), "qingdao_app")
    decision = citizen.change("applyForCard", regionCode=QINGDAO)["decision"]
    assert missing(decision) == {
        "bank": ["choice.bank"],
        "outlet": ["choice.outlet"],
        "delivery": ["choice.delivery"],
        "online_identity_document": ["identity_card_front", "identity_card_back"],
        "photo": ["photo"],
        "contact_details": ["mobile", "residence_address"],
    }
    assert all("(QD-1)" in (item["citation"]["clause"] or "(QD-1)") for item in decision["missing"])
    on_file = service.citizen(service.person(photo_on_file=True), "qingdao_website")
    assert "photo" not in missing(on_file.change("applyForCard", regionCode=QINGDAO)["decision"])


@pytest.mark.parametrize("channel", ["qingdao_website", "qingdao_app"])
def test_QD_1_online_no_form_is_archived_and_issue_is_promised_in_7_working_days(
    service: GraphService, channel: str
) -> None:
    citizen = service.citizen(service.person(), channel)
    papers = [
        qingdao_photo(citizen),
        citizen.document("identity_card_front", QINGDAO, card_picture()),
        citizen.document("identity_card_back", QINGDAO, card_picture()),
    ]
    given: dict[str, Any] = {**AT_THE_OUTLET, "evidence": {"details": details(), "documentIds": papers}}
    for part in ("bank", "outlet", "delivery"):
        left_out = {name: value for name, value in given.items() if name != part}
        assert part in missing(citizen.change("applyForCard", **left_out)["decision"])
    payload = citizen.changed("applyForCard", **given)
    operation = payload["operation"]
    assert (operation["state"], operation["channel"], operation["bank"]) == ("SUBMITTED", channel, "icbc")
    assert operation["archive"] == ["identity_document_copy"]
    assert operation["delivery"]["outlet"] == "qingdao_sample_ordinary"
    [promise] = payload["decision"]["promises"]
    assert (promise["within"]["en"], promise["countedFrom"]) == ("7 working days", "accepted")
    assert promise["citation"]["clause"] == "四、办理时限 (QD-1)"


@pytest.mark.parametrize(
    ("holder_type", "identity_type", "paper", "rule"),
    [
        pytest.param("foreigner", "passport", "passport", "foreigner_at_window", id="QD-1 a foreigner"),
        *(
            pytest.param(kind, paper, paper, "hong_kong_macao_taiwan_at_window", id=f"QD-1 {kind} with {paper}")
            for kind in ("hong_kong_macao", "taiwan")
            for paper in ("residence_permit", "mainland_travel_permit")
        ),
    ],
)
def test_QD_1_at_the_window_each_type_of_holder_applies_with_its_own_paper(
    service: GraphService, holder_type: str, identity_type: str, paper: str, rule: str
) -> None:
    person = service.person(holder_type=holder_type, identity_type=identity_type)
    clerk = service.clerk(QINGDAO, "bank_window")
    photo = qingdao_photo(clerk, holderId=holder_id(person))

    def handed_in(*seen: str) -> dict[str, Any]:
        evidence = {"details": details(), "documentIds": [photo], "sightedDocuments": list(seen)}
        return clerk.change("applyForCard", **AT_THE_OUTLET, holderId=holder_id(person), evidence=evidence)

    for seen in ([], IDENTITY_CARD, ["household_register"]):
        refused = handed_in(*seen)
        assert codes(refused) == ["MISSING"]
        assert paper in missing(refused["decision"])[rule]
    operation = handed_in(paper)["operation"]
    assert (operation["state"], operation["channel"]) == ("SUBMITTED", "bank_window")
    assert operation["archive"] == ["registration_form", "identity_document_copy"]


def test_QD_1_at_the_window_a_guardian_applies_for_a_child_without_an_identity_card(service: GraphService) -> None:
    child = service.person(date(2015, 5, 5), identity_type="household_register", photo_on_file=True)
    guardian, clerk = service.guardian(child), service.clerk(QINGDAO, "bank_window")
    given = {**AT_THE_OUTLET, "holderId": holder_id(child), "presentPersonId": holder_id(guardian)}

    def handed_in(*seen: str) -> dict[str, Any]:
        return clerk.change("applyForCard", **given, evidence={"details": details(), "sightedDocuments": list(seen)})

    proofs = ["birth_certificate", "guardianship_proof"]
    assert missing(handed_in("birth_certificate")["decision"]) == {"child_at_window": ["household_register"]}
    assert missing(handed_in("household_register")["decision"]) == {"guardianship_of_child_at_window": proofs}
    operation = handed_in("household_register", "birth_certificate")["operation"]
    assert (operation["state"], operation["relation"]) == ("SUBMITTED", "guardian")
    # Of a child with an identity card, and online, the guardianship on record is enough.
    with_card = service.person(date(2015, 5, 5), photo_on_file=True)
    present = {"holderId": holder_id(with_card), "presentPersonId": holder_id(service.guardian(with_card, guardian))}
    shown = {"details": details(), "sightedDocuments": IDENTITY_CARD}
    assert (
        clerk.changed("applyForCard", **AT_THE_OUTLET, **present, evidence=shown)["operation"]["state"] == "SUBMITTED"
    )


def test_QD_1_online_a_guardian_on_record_hands_in_no_proof_of_it(service: GraphService) -> None:
    child = service.person(date(2015, 5, 5), identity_type="household_register", photo_on_file=True)
    guardian = service.citizen(service.guardian(child), "qingdao_app")
    register = guardian.document("household_register", QINGDAO, card_picture(), holderId=holder_id(child))
    given = {"details": details(), "documentIds": [register]}
    payload = guardian.changed("applyForCard", **AT_THE_OUTLET, holderId=holder_id(child), evidence=given)
    assert (payload["operation"]["state"], payload["operation"]["relation"]) == ("SUBMITTED", "guardian")


def test_QD_1_at_exactly_16_the_household_register_serves_and_from_17_on_it_does_not(service: GraphService) -> None:
    clerk = service.clerk(QINGDAO, "bank_window")
    evidence = {"details": details(), "sightedDocuments": ["household_register"]}
    sixteen = service.person(date(2009, 11, 21), identity_type="household_register", photo_on_file=True)
    taken = clerk.changed("applyForCard", **AT_THE_OUTLET, holderId=holder_id(sixteen), evidence=evidence)
    [asked] = [item for item in taken["decision"]["requirements"] if item["rule"] == "child_at_window"]
    assert asked["values"][0]["citation"]["assumed"] is True
    # From 17 on it is the identity card, whatever is on record.
    grown = service.person(date(2009, 11, 20), identity_type="household_register", photo_on_file=True)
    payload = clerk.change("applyForCard", **AT_THE_OUTLET, holderId=holder_id(grown), evidence=evidence)
    assert missing(payload["decision"]) == {"resident_at_window": IDENTITY_CARD}


def test_QD_1_an_outlet_must_be_one_of_the_chosen_bank(service: GraphService) -> None:
    citizen = service.citizen(service.person(), "qingdao_app")
    payload = citizen.check("apply", regionCode=QINGDAO, bank="icbc", outlet="qingdao_sample_instant")
    assert denials(payload["decision"]) == ["OUTLET"]
