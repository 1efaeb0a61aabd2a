"""What people call the words of vocabularies, wherever the graph has one."""

from typing import Any

from tests.graph.cards import add_active_card
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, accepted
from tests.graph.service import GraphService

TERM = "{name label{zh en} attributes}"


def called(term: dict[str, Any]) -> tuple[str, str]:
    """Return a term by its word and what people call it."""
    return term["name"], term["label"]["zh"]


def test_every_word_of_an_operation_is_told_with_its_label(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = accepted(service, citizen)
    single = "service state relation channel bank"
    terms = " ".join(f"{name}Term{TERM}" for name in single.split())
    fields = (
        f"{single} {terms} reasonTerm{TERM} outletTerm{TERM} delivery{{methodTerm{TERM} outletTerm{TERM}}} fees{{service serviceTerm{TERM}}}"
        f" timeline{{eventTerm{TERM} roleTerm{TERM} channelTerm{TERM} fromStateTerm{TERM} toStateTerm{TERM}}}"
        f" progress{{state stateTerm{TERM}}} decisions{{serviceTerm{TERM}}} archiveTerms{TERM} sightedTerms{TERM}"
        f" holder{{identityTypeTerm{TERM} holderTypeTerm{TERM}}}"
    )
    found = citizen.ask(f"query($id: ID!){{operation(id: $id){{{fields}}}}}", {"id": operation["id"]})["operation"]
    for name in single.split():
        assert found[f"{name}Term"]["name"] == found[name].lower(), name
    assert called(found["serviceTerm"]) == ("apply", "申领社会保障卡")
    assert called(found["stateTerm"]) == ("accepted", "受理制卡申请")
    assert called(found["bankTerm"]) == ("ccb", "中国建设银行")
    assert called(found["relationTerm"]) == ("self", "本人")
    assert found["channelTerm"]["attributes"] == {"kind": "online", "cross_province": True}
    assert found["reasonTerm"] is None
    assert found["outletTerm"] is None
    assert called(found["delivery"]["methodTerm"])[0] == "post"
    assert {called(entry["roleTerm"])[1] for entry in found["timeline"]} >= {"个人", "制卡机构"}
    assert [called(entry["stateTerm"])[1] for entry in found["progress"]] == [
        "受理制卡申请",
        "制卡成功",
        "已发出",
        "已领卡",
    ]
    assert called(found["holder"]["identityTypeTerm"]) == ("resident_identity_card", "居民身份证")


def test_a_card_and_its_states_are_told_with_their_labels(service: GraphService) -> None:
    person = service.person()
    card = add_active_card(service, person, QINGDAO)
    fields = (
        f"stateTerm{TERM} stateThenTerm{TERM} bankTerm{TERM} generationTerm{TERM} accountStateTerm{TERM}"
        f" history{{stateTerm{TERM}}}"
    )
    query = f"query($id: ID!){{card(id: $id){{{fields}}}}}"
    found = service.citizen(person, "qingdao_app").ask(query, {"id": card.id})["card"]
    assert called(found["stateTerm"]) == ("active", "正常")
    assert called(found["accountStateTerm"]) == ("open", "未注销")
    assert found["stateThenTerm"] is None
    assert [called(entry["stateTerm"])[0] for entry in found["history"]] == ["active"]


def test_what_a_policy_says_is_told_with_labels(service: GraphService) -> None:
    query = (
        'query($r: String!, $s: String!){requirements(region: $r, service: $s, suppose: [{fact: "request.channel", value: "national_mini_program"}])'
        f"{{channels channelTerms{TERM} decision{{serviceTerm{TERM} regionName{{zh}} promises{{whatTerm{TERM} countedFromTerm{TERM}}}"
        f" routes{{choice open openTerms{TERM}}} lapses{{state fromState fromStateTerm{TERM} becomes toState toStateTerm{TERM}}}}}}}}}"
    )
    nobody = service.caller(None)
    found = nobody.ask(query, {"r": JINAN, "s": "apply"})["requirements"]
    assert [term["name"] for term in found["channelTerms"]] == found["channels"]
    qingdao = nobody.ask(query.replace("national_mini_program", "service_window"), {"r": QINGDAO, "s": "apply"})
    assert called(qingdao["requirements"]["decision"]["promises"][0]["whatTerm"]) == ("card_issued", "发卡")
    assert found["decision"]["regionName"]["zh"] == "济南市"
    banks = next(route for route in found["decision"]["routes"] if route["choice"] == "choice.bank")
    assert [called(term) for term in banks["openTerms"]] == [("icbc", "中国工商银行"), ("ccb", "中国建设银行")]
    [lapse] = nobody.ask(query, {"r": JINAN, "s": "report_temporary_loss"})["requirements"]["decision"]["lapses"]
    # The words that the states of a card are spelt with, and their labels.
    assert (lapse["fromState"], lapse["toState"]) == ("TEMPORARILY_LOST", "ACTIVE")
    assert (lapse["state"], lapse["becomes"]) == ("temporarily_lost", "active")
    assert called(lapse["fromStateTerm"]) == ("temporarily_lost", "临时挂失")


def test_regions_are_told_with_the_labels_of_their_level_and_services(service: GraphService) -> None:
    query = f"query($c: String!){{region(code: $c){{services serviceTerms{TERM} levelTerm{TERM}}}}}"
    found = service.caller(None).ask(query, {"c": CHENGDU})["region"]
    assert [term["name"] for term in found["serviceTerms"]] == found["services"]
    assert called(found["levelTerm"]) == ("city", "市级")


def test_a_vocabulary_is_listed_as_a_region_knows_it(service: GraphService) -> None:
    query = f"query($n: String!, $r: String){{vocabulary(name: $n, region: $r){TERM}}}"
    nobody = service.caller(None)
    everywhere = nobody.ask(query, {"n": "channels"})["vocabulary"]
    here = nobody.ask(query, {"n": "channels", "r": CHENGDU})["vocabulary"]
    assert here[: len(everywhere)] == everywhere
    assert called(here[len(everywhere)]) == ("chengdu_wechat", "“成都人社局”官方微信")
    assert nobody.failure(query, {"n": "channels", "r": "999999"}) == "REGION_UNKNOWN"
    [error] = nobody.answer(query, {"n": "chanels"})["errors"]
    assert (error["extensions"]["code"], error["extensions"]["field"]) == ("VALUE_NOT_POSSIBLE", "name")
    assert "channels" in error["message"]
