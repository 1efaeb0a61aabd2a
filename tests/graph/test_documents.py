"""Documents: photo specifications on real pictures, and papers by the type of holder (CD-1, QD-1)."""

from datetime import date
from functools import cache
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from domain.holder import Holder
from store import UnitOfWork
from store.records import Upload
from tests.graph.caller import Caller, codes, missing
from tests.graph.journey import CHENGDU, QINGDAO, portrait
from tests.graph.service import GraphService, holder_id


@cache
def drawn(
    width: int, height: int, dpi: int | None, colour: str = "white", kind: str = "JPEG", mode: str = "RGB"
) -> bytes:
    """Draw a head on a ground."""
    image = Image.new("RGB", (width, height), colour)
    image.paste((200, 150, 120), (width // 3, height // 4, width * 2 // 3, height * 3 // 4))
    buffer = BytesIO()
    image.convert(mode).save(buffer, kind, **({"dpi": (dpi, dpi)} if dpi else {}))
    return buffer.getvalue()


def photo_problem(citizen: Caller, region: str, content: bytes, taken_on: str | None = "2026-11-01") -> str | None:
    """Upload a photo and return what is wrong with it, as the decision says."""
    given = {"documentIds": [citizen.document("photo", region, content, takenOn=taken_on)]}
    decision = citizen.check("apply", regionCode=region, evidence=given)["decision"]
    [need] = [
        need
        for requirement in decision["requirements"]
        if requirement["rule"] == "photo"
        for way in requirement["alternatives"]
        for need in way["needs"]
    ]
    assert need["satisfied"] is (need["problem"] is None)
    problem: str | None = need["problem"]["en"] if need["problem"] else None
    return problem


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (drawn(358, 441, 350), None),
        (drawn(358, 441, 350, kind="PNG"), None),
        (drawn(357, 441, 350), "its width is 357 pixels and should be 358 pixels"),
        (drawn(358, 442, 350), "its height is 442 pixels"),
        (drawn(358, 441, 300), "its resolution is 300 DPI and should be 350 DPI"),
        (drawn(358, 441, None), "its resolution is unknown and should be 350 DPI"),
        (drawn(358, 441, 350, colour="red"), "its background is not white; use one that is"),
        (drawn(358, 441, 350, mode="L"), "it is not in colour; use one that is"),
        (
            drawn(413, 579, 300),
            "its width is 413 pixels and should be 358 pixels; its height is 579 pixels and should be 441 pixels; "
            "its resolution is 300 DPI and should be 350 DPI",
        ),
    ],
)
def test_QD_1_the_photo_is_358_by_441_pixels_at_350_dpi_in_colour_on_white(
    service: GraphService, content: bytes, words: str | None
) -> None:
    problem = photo_problem(service.citizen(service.person(), "qingdao_app"), QINGDAO, content)
    assert (words is None) == (problem is None)
    assert words is None or words in (problem or "")


@pytest.mark.parametrize(
    ("taken_on", "fits"),
    [("2026-05-20", True), ("2026-05-19", False), (None, False)],
    ids=["QD-1 six months old", "QD-1 a day older", "QD-1 of an unknown day"],
)
def test_QD_1_the_photo_is_recent(service: GraphService, taken_on: str | None, fits: bool) -> None:
    citizen = service.citizen(service.person(), "qingdao_app")
    problem = photo_problem(citizen, QINGDAO, drawn(358, 441, 350), taken_on)
    assert (problem is None) is fits
    assert fits or "use one that is no older than 6 months" in (problem or "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (drawn(413, 579, 300), None),
        (drawn(827, 1157, 600), None),
        (drawn(413, 579, 96), "its width is 109.3 mm and should be 35 mm (give or take 2 mm)"),
        (drawn(413, 579, None), "states no resolution"),
        (drawn(413, 579, 300, colour="#3060c0"), "its background is not white; use one that is"),
        (drawn(413, 579, 300, mode="L"), "it is not in colour; use one that is"),
    ],
)
def test_CD_1_the_photo_is_two_inches_in_colour_on_white(
    service: GraphService, content: bytes, words: str | None
) -> None:
    person = service.person(insured_in=(CHENGDU,))
    problem = photo_problem(service.citizen(person, "chengdu_wechat"), CHENGDU, content)
    assert (words is None) == (problem is None)
    assert words is None or words in (problem or "")


def test_an_upload_is_measured(service: GraphService) -> None:
    citizen = service.citizen(service.person(), "qingdao_app")
    document = citizen.upload("photo", QINGDAO, portrait(True, 358, 441, 350), takenOn="2026-11-01")["document"]
    identifier = document.pop("id")
    assert document == {
        "type": "photo",
        "format": "jpeg",
        "widthPx": 358,
        "heightPx": 441,
        "dpi": 350,
        "colour": True,
        "background": "white",
        "takenOn": "2026-11-01",
    }
    found = citizen.ask("query($id: ID!){node(id: $id){id ... on Document{type widthPx}}}", {"id": identifier})
    assert found["node"] == {"id": identifier, "type": "photo", "widthPx": 358}


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"%PDF-1.7", b"\xff\xd8\xff\xe0 not a picture", b"<html>", bytes(1000)]
)
def test_what_is_no_picture_is_refused(service: GraphService, content: bytes) -> None:
    payload = service.citizen(service.person(), "qingdao_app").upload("photo", QINGDAO, content)
    assert payload["document"] is None
    assert len(payload["errors"]) == 1
    assert payload["errors"][0]["code"].startswith("IMAGE_")
    assert payload["errors"][0]["field"] == "input.file"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"kind": "selfie"}, "VALUE_NOT_POSSIBLE"),
        ({"region": "999999"}, "REGION_UNKNOWN"),
        ({"takenOn": "2026-11-21"}, "INVALID_INPUT"),
    ],
)
def test_an_upload_says_what_it_is_and_for_where(service: GraphService, given: dict[str, Any], code: str) -> None:
    values = {"kind": "photo", "region": QINGDAO, "content": portrait(True, 358, 441, 350), **given}
    assert codes(service.citizen(service.person(), "qingdao_app").upload(**values)) == [code]


def test_an_office_takes_papers_for_its_own_region_alone(service: GraphService) -> None:
    person, photo = service.person(insured_in=(CHENGDU,)), portrait(True, 358, 441, 350)
    refused = service.clerk(CHENGDU).upload("photo", QINGDAO, photo, holderId=holder_id(person))
    assert codes(refused) == ["NOT_PERMITTED"]


def needed_at_the_window(service: GraphService, person: Holder, **given: Any) -> dict[str, list[str]]:
    """Return what a clerk of Qingdao is told to ask of somebody, apart from what everybody needs."""
    decision = service.clerk(QINGDAO, "bank_window").check(
        "apply", regionCode=QINGDAO, holderId=holder_id(person), **given
    )
    found = missing(decision["decision"])
    return {
        rule: needs
        for rule, needs in found.items()
        if rule not in ("bank", "outlet", "delivery", "photo_at_window", "contact_details")
    }


@pytest.mark.parametrize(
    ("holder_type", "identity_type", "rule", "papers"),
    [
        ("citizen", "resident_identity_card", "resident_at_window", ["identity_card_front", "identity_card_back"]),
        ("foreigner", "passport", "foreigner_at_window", ["passport"]),
        ("hong_kong_macao", "residence_permit", "hong_kong_macao_taiwan_at_window", ["residence_permit"]),
        ("taiwan", "mainland_travel_permit", "hong_kong_macao_taiwan_at_window", ["mainland_travel_permit"]),
    ],
)
def test_QD_1_papers_at_the_window_by_type_of_holder(
    service: GraphService, holder_type: str, identity_type: str, rule: str, papers: list[str]
) -> None:
    person = service.person(holder_type=holder_type, identity_type=identity_type)
    asked = needed_at_the_window(service, person)
    assert list(asked) == [rule]
    assert set(papers) <= set(asked[rule])
    assert needed_at_the_window(service, person, evidence={"sightedDocuments": papers}) == {}


def test_QD_1_a_child_without_a_card_shows_the_household_register_and_the_guardian_a_birth_certificate(
    service: GraphService,
) -> None:
    child = service.person(date(2015, 5, 5), identity_type="household_register")
    guardian = service.guardian(child)
    given: dict[str, Any] = {"presentPersonId": holder_id(guardian)}
    asked = needed_at_the_window(service, child, **given)
    assert asked == {
        "child_at_window": ["household_register"],
        "guardianship_of_child_at_window": ["birth_certificate", "guardianship_proof"],
    }
    given["evidence"] = {"sightedDocuments": ["household_register", "birth_certificate"]}
    assert needed_at_the_window(service, child, **given) == {}


def test_QD_1_a_photo_seen_by_a_clerk_is_not_measured_and_must_be_uploaded(service: GraphService) -> None:
    clerk, person = service.clerk(QINGDAO, "bank_window"), service.person()
    given = {"sightedDocuments": ["photo"]}
    decision = clerk.check("apply", regionCode=QINGDAO, holderId=holder_id(person), evidence=given)["decision"]
    [problem] = [
        need["problem"]["en"]
        for item in decision["missing"]
        if item["rule"] == "photo_at_window"
        for way in item["alternatives"]
        for need in way["needs"]
    ]
    assert problem.startswith("A file of the photo of the holder is needed")


def test_who_has_uploaded_as_much_as_a_day_takes_is_told_so_before_the_file_is_looked_at(
    service: GraphService,
) -> None:
    person = service.person()
    citizen = service.citizen(person, "qingdao_app")

    async def upload_59(work: UnitOfWork) -> None:
        for _ in range(59):
            await work.uploads.begin(Upload(str(uuid4()), "370000", person.id, service.clock.now(), "0" * 32, 9))

    service.work(upload_59)
    citizen.document("photo", QINGDAO, portrait(True, 358, 441, 350))
    refused = citizen.upload("photo", QINGDAO, b"no picture")
    assert refused["document"] is None
    assert [(error["code"], error["field"]) for error in refused["errors"]] == [("UPLOAD_QUOTA_USED", "input.file")]
