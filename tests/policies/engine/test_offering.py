"""What is offered is really open: nobody is sent to a channel that refuses them there."""

from datetime import date
from pathlib import Path

import pytest

from domain.decision import Decision
from policies.engine.decision_parts import MAX_MADE
from tests.policies.support.regions import real_policies
from tests.policies.support.small_trees import DAY, decide, deny, policies_of

TODAY = date(2026, 12, 1)
CHANNEL = "request.channel"
CITIES = sorted(code for code, place in real_policies().tree.regions.items() if place.region.level == "city")
CHENGDU, JINAN, QINGDAO = "510100", "370100", "370200"


def form(region: str, service: str, **facts: str) -> Decision:
    """Return what a form is told."""
    given = {"request.service": service} | {name.replace("__", "."): value for name, value in facts.items()}
    return real_policies().decide(service, region, given, TODAY, form=True)


def channels(decision: Decision) -> tuple[str, ...]:
    """Return the channels that are offered."""
    return next((route.offered for route in decision.routes if route.choice == CHANNEL), ())


def rules(decision: Decision) -> set[str]:
    """Return the rules that refuse for sure."""
    return {denial.rule for denial in decision.denials}


@pytest.mark.parametrize("region", CITIES)
def test_no_channel_that_is_offered_is_then_refused_as_not_open(region: str) -> None:
    offered = 0
    for service in real_policies().region(region).services:
        asked = form(region, service)
        for channel in channels(asked):
            offered += 1
            assert rules(form(region, service, request__channel=channel)) == rules(asked), (service, channel)
    assert offered


@pytest.mark.parametrize("service", ["apply", "report_temporary_loss", "reissue"])
def test_NX_0_the_cross_province_service_is_offered_where_a_city_has_opened_it(service: str) -> None:
    assert "national_mini_program" in channels(form(JINAN, service))
    assert "national_mini_program" not in channels(form(CHENGDU, service))
    assert "national_mini_program" not in channels(form(QINGDAO, service))


def test_a_refusal_says_what_else_is_open_in_the_words_of_the_city() -> None:
    lost = form(CHENGDU, "report_temporary_loss", request__channel="chengdu_wechat")
    [denial] = [denial for denial in lost.denials if denial.rule == "channel_not_open"]
    assert denial.message.zh == "这件事不能通过“成都人社局”官方微信办理，请改用：12333咨询电话。"


def test_a_rule_that_may_be_overruled_takes_nothing_off_the_offer(tmp_path: Path) -> None:
    route = {"route": {"choice": "choice.bank", "open": ["icbc", "ccb"]}, "source": "assumption"}
    against = deny({"choice.bank": {"present": True, "is": "ccb"}})
    unless = deny({"declared.student": {"is": True}}) | {"instead_of": ["against"]}
    for more, offered in (({}, ("icbc",)), ({"unless": unless}, ("icbc", "ccb"))):
        policies = policies_of(tmp_path / str(len(more)), {"banks": route, "against": against, **more})
        [found] = decide(policies, choice__bank="icbc").routes
        assert (found.open, found.offered) == (("icbc", "ccb"), offered)


def test_what_was_offered_to_one_request_is_not_offered_to_another(tmp_path: Path) -> None:
    route = {"route": {"choice": "choice.bank", "open": ["icbc", "ccb"]}, "source": "assumption"}
    against = deny({"choice.bank": {"present": True, "is": "ccb"}})
    unless = deny({"s.integer": {"below": 9}}) | {"instead_of": ["against"]}
    policies = policies_of(tmp_path, {"banks": route, "against": against, "unless": unless})
    for number, offered in ((9, ("icbc",)), (8, ("icbc", "ccb"))) * 2:
        [found] = decide(policies, choice__bank="icbc", s__integer=number).routes
        assert found.offered == offered, number


def test_what_is_remembered_of_offers_is_bounded(tmp_path: Path) -> None:
    route = {"route": {"choice": "choice.bank", "open": ["icbc", "ccb"]}, "source": "assumption"}
    against = deny({"choice.bank": {"present": True, "is": "ccb"}})
    unless = deny({"s.integer": {"below": 9}}) | {"instead_of": ["against"]}
    policies = policies_of(tmp_path, {"banks": route, "against": against, "unless": unless})
    for number in range(2 * MAX_MADE):
        decide(policies, choice__bank="icbc", s__integer=number)
    policy = policies.effective("apply", "000000", DAY)
    assert policy is not None
    assert 0 < policy.routes["banks", False].kept <= MAX_MADE
