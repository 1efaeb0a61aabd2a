"""Policies are data: what officers edit in YAML changes the answers, with no Python touched."""

import re
import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.holder import Actor
from store import Keys
from tests.databases import ENGINES
from tests.graph.caller import codes, denials, missing
from tests.graph.cards import look_up, refusals
from tests.graph.conftest import fresh_database, key_variables
from tests.graph.journey import (
    CHENGDU,
    JINAN,
    QINGDAO,
    application,
    card_picture,
    delivered_to,
    details,
    portrait,
    submitted,
)
from tests.graph.service import NOW, REGIONS, GraphService, serve_graph
from tests.graph.test_passwords import lock, with_password


def edit(folder: Path, path: str, *changes: tuple[str, str]) -> None:
    """Replace texts in a policy file, each of which stands there once."""
    file = folder / "china" / path
    text = file.read_text(encoding="utf-8")
    for before, after in changes:
        assert text.count(before) == 1, (path, before)
        text = text.replace(before, after)
    file.write_text(text, encoding="utf-8")


def edited_regions(folder: Path) -> Path:
    """Copy the regions and edit them as officers of some cities might."""
    regions = folder / "regions"
    shutil.copytree(REGIONS, regions)
    edit(
        regions,
        "shandong/jinan/settings.yaml",
        ("[icbc, ccb]", "[abc]"),
        ("settings:\n", AGE),
    )
    edit(
        regions,
        "shandong/qingdao/apply.yaml",
        (
            "photo_dpi: {type: integer, unit: DPI, label: {zh: 照片分辨率, en: resolution of the photo}, values: [{value: 350",
            "photo_dpi: {type: integer, unit: DPI, label: {zh: 照片分辨率, en: resolution of the photo}, values: [{value: 300",
        ),
        ("请填写手机号码和常住地地址。", "请填写手机号码和常住地地址（青岛）。"),
        ("value: 7 working days", "value: 5 working days"),
    )
    (regions / "china/shandong/jinan/deliver.yaml").write_text(POSTAGE, encoding="utf-8")
    (regions / "china/shandong/jinan/vocabulary.yaml").write_text(DISASTER_FACT, encoding="utf-8")
    (regions / "china/shandong/jinan/apply.yaml").write_text(DISASTER_RULE, encoding="utf-8")
    (regions / "china/shandong/jinan/lixia").mkdir()
    (regions / "china/shandong/jinan/lixia/region.yaml").write_text(DISTRICT, encoding="utf-8")
    (regions / "china/sichuan/chengdu/lock.yaml").write_text(LOCKED_FOR_A_DAY, encoding="utf-8")
    return regions


AGE = """settings:
  acts_alone_from_age:
    replaces: true
    values:
      - {value: 20, from: 2021-12-01, source: {document: assumption, note: {zh: 示例, en: an example}}}
"""
POSTAGE = """source: assumption
settings:
  postage_other_province:
    replaces: true
    values: [{value: 21.50 yuan, from: 2021-12-01}]
"""
DISASTER_FACT = """facts:
  declared.lost_in_disaster:
    type: boolean
    origin: declared
    label: {zh: 因灾遗失材料, en: papers lost in a disaster}
    proof: disaster_certificate
vocabularies:
  documents:
    terms:
      disaster_certificate: {label: {zh: 受灾证明, en: certificate of the disaster}, source: assumption}
"""
DISASTER_RULE = """source: assumption
rules:
  disaster_advice:
    when: {declared.lost_in_disaster: {is: true}}
    tell: true
    message: {zh: 受灾人员可优先办理。, en: People hit by a disaster are served first.}
"""
DISTRICT = """code: "370102"
level: district
name: {zh: 历下区, en: Lixia}
"""
LOCKED_FOR_A_DAY = """source: assumption
rules:
  unlocks_by_itself:
    lapse: {state: locked, after: 24 hours, becomes: active}
    message: {zh: 24小时后自动解锁。, en: The card unlocks by itself after 24 hours.}
"""


@pytest.fixture(scope="module", params=ENGINES)
def edited_service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, keys: Keys
) -> Iterator[GraphService]:
    """Serve the graph with edited policies."""
    folder = tmp_path_factory.mktemp("edited")
    regions = edited_regions(folder)
    with (
        fresh_database(request.param, request, folder) as url,
        serve_graph(folder, url, regions, key_variables(keys)) as running,
    ):
        yield running


@pytest.fixture
def edited(edited_service: GraphService) -> GraphService:
    """Return the service with edited policies, its clock where every test begins."""
    edited_service.clock.set(NOW)
    return edited_service


def undeclared(citizen: Any, **evidence: Any) -> dict[str, Any]:
    """Return an application to Jinan with the new fact declared as not being so."""
    no = [{"name": "declared.lost_in_disaster", "value": "false"}]
    return application(citizen, bank="abc", declarations=no, **evidence)


def test_an_edited_bank_list_changes_what_is_open(edited: GraphService) -> None:
    citizen = edited.citizen(edited.person())
    assert "CROSS_PROVINCE_BANK" in codes(citizen.change("applyForCard", **application(citizen, bank="ccb")))
    assert citizen.changed("applyForCard", **undeclared(citizen))["operation"]["bank"] == "abc"
    banks = citizen.ask(f'{{region(code: "{JINAN}"){{crossProvince{{banks{{name}}}}}}}}')["region"]["crossProvince"][
        "banks"
    ]
    assert banks == [{"name": "abc"}]


def test_the_office_of_a_city_handles_what_belongs_to_its_districts(edited: GraphService) -> None:
    citizen = edited.citizen(edited.person())
    operation = citizen.changed("applyForCard", **{**undeclared(citizen), "regionCode": "370102"})["operation"]
    assert operation["regionCode"] == "370102"
    for colleague in (edited.clerk(JINAN, "partner_system"), edited.card_maker(JINAN)):
        assert colleague.operation(operation["id"])["state"] == "SUBMITTED"
    for stranger in (edited.clerk("370103", "partner_system"), edited.clerk(QINGDAO, "partner_system")):
        assert stranger.failure("query($id: ID!){operation(id: $id){id}}", {"id": operation["id"]}) == "NOT_FOUND"


def test_SC_7_a_lock_that_is_to_end_by_itself_is_over_then(edited: GraphService) -> None:
    citizen, card = with_password(edited)
    lock(citizen, card)
    locked = look_up(citizen, card.id)
    until = edited.clock.now() + timedelta(hours=24)
    assert (locked["state"], datetime.fromisoformat(locked["stateUntil"])) == ("LOCKED", until)
    edited.clock.set(until)
    assert look_up(citizen, card.id)["state"] == "ACTIVE"
    assert refusals(edited, card) == []


def test_an_edited_amount_changes_what_is_due(edited: GraphService) -> None:
    citizen = edited.citizen(edited.person())
    operation = citizen.changed("applyForCard", **undeclared(citizen))["operation"]
    assert delivered_to(citizen, operation, CHENGDU)["due"] == 2150
    assert delivered_to(citizen, operation, QINGDAO)["due"] == 1200


@pytest.mark.parametrize(("language", "said"), [("zh-CN", "示例"), ("en", "an example")])
def test_the_note_of_a_source_is_told_in_the_language_of_the_reader(
    edited: GraphService, language: str, said: str
) -> None:
    young = edited.person(date(2007, 1, 1))
    citizen = edited.caller(Actor(young.id, "citizen", "national_mini_program"), language)
    decision = citizen.check("apply", regionCode=JINAN)["decision"]
    assert decision["denials"][0]["values"][0]["citation"]["note"] == said


def test_an_edited_age_changes_who_may_act(edited: GraphService) -> None:
    young = edited.citizen(edited.person(date(2007, 1, 1)))
    decision = young.check("apply", regionCode=JINAN)["decision"]
    assert denials(decision) == ["UNDER_AGE_ALONE"]
    assert "未满20周岁" in decision["denials"][0]["message"]["zh"]
    assert decision["denials"][0]["values"][0]["citation"]["file"].endswith("jinan/settings.yaml")


def test_an_edited_message_specification_and_deadline_show(edited: GraphService) -> None:
    citizen = edited.citizen(edited.person(), "qingdao_app")
    photo = citizen.document("photo", QINGDAO, portrait(True, 358, 441, 300), takenOn="2026-11-01")
    decision = citizen.check("apply", regionCode=QINGDAO, evidence={"documentIds": [photo]})["decision"]
    assert "photo" not in missing(decision)
    texts = [item["message"]["zh"] for item in decision["missing"] if item["rule"] == "contact_details"]
    assert texts == ["请填写手机号码和常住地地址（青岛）。"]
    assert decision["promises"][0]["within"]["zh"] == "5个工作日"


def test_a_new_declared_fact_is_asked_for_taken_and_proven(edited: GraphService) -> None:
    citizen = edited.citizen(edited.person())
    asked = {field["name"]: field for field in citizen.requirements(JINAN, "apply")["declarations"]}
    assert asked.keys() == {"declared.lost_in_disaster", "declared.agreement_accepted"}
    assert asked["declared.lost_in_disaster"] == {
        "name": "declared.lost_in_disaster",
        "type": "boolean",
        "proof": "disaster_certificate",
        "label": {"en": "papers lost in a disaster"},
        "options": [],
    }
    without = citizen.change("applyForCard", **application(citizen, bank="abc"))
    assert [need for needs in missing(without["decision"]).values() for need in needs] == ["declared.lost_in_disaster"]
    yes = [{"name": "declared.lost_in_disaster", "value": "true"}]
    unproven = citizen.check("apply", **application(citizen, bank="abc", declarations=yes))["decision"]
    assert [need for needs in missing(unproven).values() for need in needs] == ["disaster_certificate"]
    proof = citizen.document("disaster_certificate", JINAN, card_picture())
    given = application(citizen, bank="abc", declarations=yes, documentIds=[proof])
    assert citizen.check("apply", **given)["decision"]["allowed"]
    payload = citizen.changed("applyForCard", **given)
    assert payload["decision"]["advice"][0]["message"]["zh"] == "受灾人员可优先办理。"
    assert payload["decision"]["facts"]["declared.lost_in_disaster"] is True


@pytest.mark.parametrize("value", ["", "perhaps", "1"])
def test_a_declaration_is_of_its_type_and_known_in_the_region(edited: GraphService, value: str) -> None:
    citizen = edited.citizen(edited.person())
    wrong = [{"name": "declared.lost_in_disaster", "value": value}]
    [error] = citizen.change("applyForCard", **application(citizen, declarations=wrong))["errors"]
    assert (error["code"], error["field"]) == ("VALUE_NOT_POSSIBLE", "input.evidence.declarations.0")
    elsewhere = {"regionCode": QINGDAO, "evidence": {"declarations": wrong}}
    assert codes(citizen.change("applyForCard", **elsewhere)) == ["VALUE_NOT_POSSIBLE"]
    twice = {"declarations": wrong * 2}
    assert codes(citizen.change("applyForCard", regionCode=JINAN, evidence=twice)) == ["INVALID_INPUT"]


def test_the_quoted_policy_is_kept_to_or_the_change_is_told(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    quoted = citizen.check("apply", regionCode=JINAN)["decision"]["policyDigest"]
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", quoted)
    given = application(citizen)
    payload = citizen.change("applyForCard", **given, policyDigest="sha256:" + "0" * 64)
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [
        ("POLICY_CHANGED", "input.policyDigest")
    ]
    assert citizen.changed("applyForCard", **given, policyDigest=quoted)["operation"]["policyDigest"] == quoted


def test_a_policy_is_shown_with_source_and_level_of_every_value(service: GraphService) -> None:
    query = """query($region: String!, $on: Date) {policy(region: $region, service: "apply", on: $on) {digest
        settings {name shown {zh} citation {document clause level region file line assumed}}
        rules {rule outcome message {zh} citation {document clause level line}}}}"""
    found = service.caller(None).ask(query, {"region": QINGDAO})["policy"]
    settings = {setting["name"]: setting for setting in found["settings"]}
    assert settings["issue_time"]["shown"]["zh"] == "7个工作日"
    assert settings["issue_time"]["citation"]["clause"] == "四、办理时限 (QD-1)"
    assert settings["acts_alone_from_age"]["citation"]["level"] == "nation"
    assert settings["banks"]["citation"]["assumed"] is True
    assert all(rule["citation"]["line"] > 0 for rule in found["rules"])
    assert submitted(service.citizen(service.person()))["policyDigest"] != found["digest"]
    assert service.caller(None).failure(query, {"region": "123456"}) == "REGION_UNKNOWN"


def test_every_denial_and_requirement_of_a_refusal_is_cited(service: GraphService) -> None:
    for region, channel in ((JINAN, "national_mini_program"), (QINGDAO, "qingdao_app"), (CHENGDU, "chengdu_wechat")):
        payload = service.citizen(service.person(), channel).change(
            "applyForCard", regionCode=region, evidence={"details": {"remarks": details()["residenceAddress"]}}
        )
        assert payload["errors"]
        for error in payload["errors"]:
            assert error["citation"]["document"]
            assert error["citation"]["clause"] or error["citation"]["assumed"]
            assert error["message"]["zh"]
            assert error["message"]["en"]
