"""What a region lets people choose besides what all regions do: YAML alone, through forms, dry runs, changes, later steps."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from store import Keys
from tests.databases import ENGINES
from tests.graph.caller import codes, denials
from tests.graph.conftest import fresh_database, key_variables
from tests.graph.journey import CHENGDU, JINAN, accepted, application, card_number, pay, submitted
from tests.graph.service import NOW, REGIONS, GraphService, serve_graph

WORDS = """facts:
  choice.urgent: {type: boolean, origin: chosen, optional: true, label: {zh: 加急, en: urgent}}
  choice.copies: {type: integer, origin: chosen, optional: true, label: {zh: 份数, en: copies}}
  choice.design: {type: term, of: designs, origin: chosen, optional: true, label: {zh: 卡面, en: design}}
  choice.unread: {type: boolean, origin: chosen, optional: true, label: {zh: 无关, en: unread}}
vocabularies:
  designs:
    label: {zh: 卡面, en: designs}
    attributes: {fee: {type: money}}
    terms:
      plain: {label: {zh: 普通, en: plain}, fee: 0 yuan}
      painted: {label: {zh: 彩绘, en: painted}, fee: 8 yuan}
  fees:
    terms:
      copies: {label: {zh: 证明, en: copies}}
      design: {label: {zh: 卡面, en: design}}
"""
APPLY = """source: assumption
rules:
  copies:
    when: {choice.copies: {present: true, above: 1}}
    charge: {fee: copies, amount: {setting: copy_fee, times: {fact: choice.copies, minus: 1}}}
  design:
    when: {choice.design: {present: true}}
    charge: {fee: design, amount: {fact: choice.design.fee}}
  no_urgent_painting:
    when: {choice.urgent: {present: true, is: true}, choice.design: {present: true, is: painted}}
    deny: true
    message: {zh: 彩绘卡不能加急。, en: A painted card is never urgent.}
settings:
  copy_fee: {type: money, label: {zh: 每份, en: each copy}, values: [{value: 5 yuan, from: 2020-01-01}]}
"""
PRODUCE = """source: assumption
rules:
  urgent_lapse:
    when: {choice.urgent: {present: true, is: true}}
    lapse: {state: sealed, after: 30 natural days, becomes: cancelled}
  took_long:
    when: {operation.accepted_at: {present: true}, request.now: {after: {fact: operation.accepted_at, plus: 24 hours}}}
    deny: true
    message: {zh: 超过24小时。, en: It took more than 24 hours.}
"""


@pytest.fixture(scope="module", params=ENGINES)
def offering(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, keys: Keys
) -> Iterator[GraphService]:
    """Serve the graph with a city that lets people choose more."""
    folder = tmp_path_factory.mktemp("choices")
    regions = folder / "regions"
    shutil.copytree(REGIONS, regions)
    city = regions / "china/shandong/jinan"
    for name, text in (("vocabulary.yaml", WORDS), ("apply.yaml", APPLY), ("produce.yaml", PRODUCE)):
        assert not (city / name).exists()
        (city / name).write_text(text, encoding="utf-8")
    with (
        fresh_database(request.param, request, folder) as url,
        serve_graph(folder, url, regions, key_variables(keys)) as running,
    ):
        yield running


@pytest.fixture
def service(offering: GraphService) -> GraphService:
    """Return the service, its clock where every test begins."""
    offering.clock.set(NOW)
    return offering


def chosen(**values: str) -> list[dict[str, str]]:
    """Return choices as the graph takes them."""
    return [{"fact": f"choice.{name}", "value": value} for name, value in values.items()]


def charged(decision: dict[str, Any]) -> dict[str, int]:
    """Return what is charged, by fee."""
    return {charge["fee"]: charge["amount"] for charge in decision["charges"]}


def test_a_form_asks_for_what_rules_in_force_read(service: GraphService) -> None:
    document = (
        f'{{requirements(region: "{JINAN}", service: "apply"){{choices{{fact type label{{en}} options{{value}}}}}}}}'
    )
    found = {choice["fact"]: choice for choice in service.caller(None).ask(document)["requirements"]["choices"]}
    assert list(found) == ["choice.urgent", "choice.copies", "choice.design"]
    assert found["choice.copies"] == {
        "fact": "choice.copies",
        "type": "integer",
        "label": {"en": "copies"},
        "options": [],
    }
    assert [option["value"] for option in found["choice.design"]["options"]] == ["plain", "painted"]


def test_nobody_need_choose(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    assert charged(citizen.changed("applyForCard", **application(citizen))["decision"]) == {"card_fee": 0}


def test_the_dry_run_and_the_change_decide_alike(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    given = application(citizen, choices=chosen(copies="4", design="painted"))
    expected = {"card_fee": 0, "copies": 1500, "design": 800}
    assert charged(citizen.check("apply", **given)["decision"]) == expected
    assert charged(citizen.changed("applyForCard", **given)["decision"]) == expected


def test_a_choice_can_be_refused_by_a_rule(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    given = application(citizen, choices=chosen(urgent="true", design="painted"))
    assert denials(citizen.check("apply", **given)["decision"]) == ["NO_URGENT_PAINTING"]
    assert codes(citizen.change("applyForCard", **given)) == ["NO_URGENT_PAINTING"]


@pytest.mark.parametrize(
    "choices",
    [
        chosen(copies="many"),
        chosen(design="golden"),
        chosen(bank="ccb"),
        chosen(weather="fine"),
        [{"fact": "declared.lost_in_disaster", "value": "true"}],
        [{"fact": "holder.age", "value": "30"}],
    ],
)
def test_what_cannot_be_chosen_is_refused(service: GraphService, choices: list[dict[str, str]]) -> None:
    citizen = service.citizen(service.person())
    given = [*chosen(urgent="true"), *choices]
    [error] = citizen.change("applyForCard", **application(citizen, choices=given))["errors"]
    assert (error["code"], error["field"]) == ("VALUE_NOT_POSSIBLE", "input.evidence.choices.1")


def test_elsewhere_there_is_nothing_to_choose(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    given = {"regionCode": CHENGDU, "evidence": {"choices": chosen(urgent="true")}}
    assert codes(citizen.change("applyForCard", **given)) == ["VALUE_NOT_POSSIBLE"]


def test_the_same_twice_is_refused(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    given = application(citizen, choices=chosen(copies="1") * 2)
    assert codes(citizen.change("applyForCard", **given)) == ["INVALID_INPUT"]


def made(service: GraphService, operation: dict[str, Any]) -> dict[str, Any]:
    """Record that a card was produced, or try to."""
    given = {"operationId": operation["id"], "cardNumber": card_number(), "generation": "third"}
    found: dict[str, Any] = service.card_maker().change("recordProduced", **given)
    return found


def test_a_correction_of_a_choice_costs_what_the_application_would_have(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = accepted(service, citizen, choices=chosen(copies="2"))
    assert operation["due"] == 0
    step = {"operationId": operation["id"]}
    more = {**step, "evidence": {"choices": chosen(copies="4")}}
    tried = citizen.try_out("correctApplication", **more)["decision"]
    # Of the three copies beyond the first one, one is paid for.
    assert (charged(tried), tried["totalDue"]) == ({"copies": 1000}, 1000)
    corrected = citizen.changed("correctApplication", **more)
    assert (charged(corrected["decision"]), corrected["operation"]["due"]) == ({"copies": 1000}, 1000)
    assert pay(citizen, corrected["operation"]) == "paid"
    paid_for = citizen.operation(operation["id"])
    assert (paid_for["due"], [f["amount"] for f in paid_for["fees"] if f["fee"] == "copies"]) == (0, [500, 1000])
    # Whoever takes less than what is paid for pays nothing more.
    less = {**step, "evidence": {"choices": chosen(copies="2")}}
    assert citizen.changed("correctApplication", **less)["operation"]["due"] == 0
    assert made(service, operation)["errors"] == []


def test_a_correction_before_payment_is_charged_in_place_of_what_was_chosen_first(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = submitted(citizen, choices=chosen(copies="4", design="painted"))
    assert operation["due"] == 2300
    given = {"operationId": operation["id"], "evidence": {"choices": chosen(copies="2", design="plain")}}
    corrected = citizen.changed("correctApplication", **given)["operation"]
    assert corrected["due"] == 500
    refused = chosen(urgent="true", design="painted")
    payload = citizen.change("correctApplication", operationId=operation["id"], evidence={"choices": refused})
    assert codes(payload) == ["NO_URGENT_PAINTING"]


def test_a_later_step_chooses_nothing_that_the_application_was_decided_on(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = accepted(service, citizen)
    given = {"operationId": operation["id"], "cardNumber": card_number(), "generation": "third"}
    copies = {"evidence": {"choices": chosen(copies="4")}}
    [error] = service.card_maker().change("recordProduced", **given, **copies)["errors"]
    assert (error["code"], error["field"]) == ("ALREADY_CHOSEN", "input.evidence.choices.0")


@pytest.mark.parametrize(("urgent", "state"), [("true", "CANCELLED"), ("false", "SEALED")])
def test_a_later_step_reads_what_was_chosen(service: GraphService, urgent: str, state: str) -> None:
    citizen = service.citizen(service.person())
    operation = accepted(service, citizen, choices=chosen(urgent=urgent))
    decided = made(service, operation)["decision"]
    assert decided["facts"]["choice.urgent"] is (urgent == "true")
    service.clock.advance(timedelta(days=31))
    assert citizen.operation(operation["id"])["card"]["state"] == state


def test_a_step_reads_when_another_was_taken(service: GraphService) -> None:
    operation, late = (accepted(service, service.citizen(service.person())) for _ in range(2))
    service.clock.advance(timedelta(hours=24))
    assert made(service, operation)["errors"] == []
    service.clock.advance(timedelta(seconds=1))
    assert codes(made(service, late)) == ["TOOK_LONG"]
