"""What the office keeps of an operation: materials by the region's policy, with the files that were handed in (QD-1)."""

from typing import Any

from tests.graph.caller import Caller
from tests.graph.journey import (
    CHENGDU,
    QINGDAO,
    accepted,
    address,
    application,
    card_picture,
    chengdu_papers,
    details,
    pay,
    qingdao_photo,
    two_inches,
)
from tests.graph.service import GraphService, holder_id

QUERY = "query($id: ID!){operation(id: $id){archive sighted archived{document label{zh en} fileIds}}}"


def archived(caller: Caller, operation: str) -> dict[str, list[str]]:
    """Return what is kept of an operation: files by material."""
    found = caller.ask(QUERY, {"id": operation})["operation"]
    assert all(material["label"]["zh"] and material["label"]["en"] for material in found["archived"])
    return {material["document"]: material["fileIds"] for material in found["archived"]}


def applied_in_qingdao(caller: Caller, bank: str = "icbc", **evidence: Any) -> str:
    """Apply in Qingdao, to collect the card at an outlet, and return the operation's id."""
    holder = {"holderId": evidence.pop("holder")} if "holder" in evidence else {}
    payload = caller.changed(
        "applyForCard",
        regionCode=QINGDAO,
        bank=bank,
        outlet="qingdao_sample_ordinary",
        delivery={"method": "outlet"},
        evidence={"details": details(), **evidence},
        **holder,
    )
    identifier: str = payload["operation"]["id"]
    return identifier


def test_QD_1_online_copies_of_the_identity_document_are_kept_and_no_form(service: GraphService) -> None:
    citizen = service.citizen(service.person(), "qingdao_app")
    photo = qingdao_photo(citizen)
    front = citizen.document("identity_card_front", QINGDAO, card_picture())
    back = citizen.document("identity_card_back", QINGDAO, card_picture())
    unused = citizen.document("identity_card_front", QINGDAO, card_picture())
    operation = applied_in_qingdao(citizen, documentIds=[photo, front, back])
    kept = archived(citizen, operation)
    assert kept == {
        "identity_document_copy": [],
        "identity_card_back": [back],
        "identity_card_front": [front],
        "photo": [photo],
    }
    assert "registration_form" not in kept
    assert unused not in str(kept)


def test_QD_1_at_the_window_the_form_and_the_copies_are_kept(service: GraphService) -> None:
    person, clerk = service.person(photo_on_file=True), service.clerk(QINGDAO, "bank_window")
    papers = ["identity_card_front", "identity_card_back"]
    operation = applied_in_qingdao(clerk, holder=holder_id(person), sightedDocuments=papers)
    found = clerk.ask(QUERY, {"id": operation})["operation"]
    assert [material["document"] for material in found["archived"]] == ["registration_form", "identity_document_copy"]
    assert found["archive"] == ["registration_form", "identity_document_copy"]
    # Paper that the office keeps has no file; which originals the clerk has seen is told apart.
    assert all(material["fileIds"] == [] for material in found["archived"])
    assert found["sighted"] == papers
    assert found["archived"][0]["label"] == {"zh": "社会保障卡申领登记表", "en": "registration form"}


def test_CD_1_what_was_handed_in_is_found_with_the_application(service: GraphService) -> None:
    citizen = service.citizen(service.person(insured_in=(CHENGDU,)), "chengdu_wechat")
    photo, front, back = chengdu_papers(citizen)
    evidence = {"details": details(), "documentIds": [photo, front, back]}
    operation = citizen.changed("applyForCard", regionCode=CHENGDU, evidence=evidence)["operation"]["id"]
    kept = {"identity_card_back": [back], "identity_card_front": [front], "photo": [photo]}
    assert archived(citizen, operation) == kept
    clerk = service.clerk(CHENGDU)
    assert archived(clerk, operation) == kept
    # From there the clerk goes on to the file itself.
    node = clerk.ask("query($id: ID!){node(id: $id){... on Document{type widthPx heightPx}}}", {"id": photo})["node"]
    assert node == {"type": "photo", "widthPx": 413, "heightPx": 579}


def test_NX_1_after_a_correction_the_newer_paper_is_kept_beside_the_older(service: GraphService) -> None:
    citizen = service.citizen(service.person(insured_in=(CHENGDU,)), "chengdu_wechat")
    old, front, back = chengdu_papers(citizen)
    evidence = {"details": details(), "documentIds": [old, front, back]}
    operation = citizen.changed("applyForCard", regionCode=CHENGDU, evidence=evidence)["operation"]
    citizen.changed("setDelivery", operationId=operation["id"], delivery=address(CHENGDU))
    assert pay(citizen, operation) == "paid"
    maker = service.card_maker()
    maker.changed("acceptForProduction", operationId=operation["id"])
    maker.changed("requestCorrection", operationId=operation["id"], reason="照片不清晰")
    newer = citizen.document("photo", CHENGDU, two_inches())
    assert archived(citizen, operation["id"])["photo"] == [old]
    citizen.changed("correctApplication", operationId=operation["id"], evidence={"documentIds": [newer]})
    assert archived(citizen, operation["id"]) == {
        "identity_card_back": [back],
        "identity_card_front": [front],
        "photo": [old, newer],
    }


def test_without_anything_handed_in_nothing_is_kept(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    assert archived(citizen, accepted(service, citizen)["id"]) == {}


def test_nobody_else_sees_what_is_kept(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = citizen.changed("applyForCard", **application(citizen))["operation"]["id"]
    stranger = service.citizen(service.person())
    assert stranger.failure(QUERY, {"id": operation}) == "NOT_FOUND"
