"""A way of delivery chosen with a card, in every city, by every way: kept and charged, or refused with the reason."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from domain.card import CardState
from tests.graph.caller import Caller, codes, denials, missing
from tests.graph.cards import CARD_AND_IDENTITY_CARD, IDENTITY_CARD, add_card, bind_in_wechat
from tests.graph.journey import (
    CHENGDU,
    JINAN,
    QINGDAO,
    ZAOZHUANG,
    ZIBO,
    address,
    application,
    chengdu_papers,
    details,
    qingdao_photo,
    two_inches,
)
from tests.graph.replacements import code_evidence, lost_card, request
from tests.graph.service import GraphService, holder_id

MIANYANG = "510700"
METHODS = ("post", "outlet")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A card that somebody asks for, with all that is needed but the way of delivery.

    Args:
        caller: who asks; mutation, given: for what.
        outlets: of the bank of the card, where the city lists some; other: one of another bank.
        methods: the ways that are open there.
    """

    caller: Caller
    mutation: str
    given: dict[str, Any]
    methods: tuple[str, ...]
    outlet: str | None = None
    other: str | None = None


def _cross_province(service: GraphService, region: str) -> Wanted:
    citizen = service.citizen(service.person())
    return Wanted(citizen, "applyForCard", application(citizen, region), ("post",))


def _new_card(service: GraphService, region: str) -> Wanted:
    person = service.person()
    citizen = service.citizen(person)
    return Wanted(citizen, "reissueCard", request(citizen, lost_card(service, person, region)), ("post",))


def _chengdu_online(service: GraphService, region: str) -> Wanted:
    citizen = service.citizen(service.person(insured_in=(CHENGDU,)), "chengdu_wechat")
    evidence = {"details": details(), "documentIds": chengdu_papers(citizen)}
    given = {"regionCode": CHENGDU, "bank": "ccb", "evidence": evidence}
    return Wanted(citizen, "applyForCard", given, METHODS, "chengdu_sample_ccb", "chengdu_sample_icbc")


def _sichuan_window(service: GraphService, region: str) -> Wanted:
    person, clerk = service.person(insured_in=(region,)), service.clerk(region)
    photo = clerk.document("photo", region, two_inches(), holderId=holder_id(person))
    evidence = {"details": details(), "documentIds": [photo], "sightedDocuments": IDENTITY_CARD}
    given = {"regionCode": region, "holderId": holder_id(person), "bank": "ccb", "evidence": evidence}
    outlets = ("chengdu_sample_ccb", "chengdu_sample_icbc") if region == CHENGDU else (None, None)
    return Wanted(clerk, "applyForCard", given, METHODS, *outlets)


def _exchange_at_window(service: GraphService, region: str) -> Wanted:
    person, clerk = service.person(), service.clerk(region)
    card = add_card(service, person, region, "ccb", CardState.ACTIVE)
    given = {"cardId": card.id, "reason": "damaged", "evidence": {"sightedDocuments": CARD_AND_IDENTITY_CARD}}
    outlets = ("chengdu_sample_ccb", "chengdu_sample_icbc") if region == CHENGDU else (None, None)
    return Wanted(clerk, "reissueCard", given, METHODS, *outlets)


def _chengdu_lost(service: GraphService, region: str) -> Wanted:
    person = service.person()
    citizen = service.citizen(person, "unionpay_app")
    card = lost_card(service, person, CHENGDU)
    bind_in_wechat(service, person)
    given = {"cardId": card.id, "reason": "lost", "evidence": code_evidence(citizen, "reissue")}
    return Wanted(citizen, "reissueCard", given, ("outlet",), "chengdu_sample_ccb", "chengdu_sample_icbc")


def _qingdao_window(service: GraphService, region: str) -> Wanted:
    person, clerk = service.person(), service.clerk(QINGDAO, "bank_window")
    photo = qingdao_photo(clerk, holderId=holder_id(person))
    evidence = {"details": details(), "documentIds": [photo], "sightedDocuments": IDENTITY_CARD}
    given = {
        "regionCode": QINGDAO,
        "holderId": holder_id(person),
        "bank": "icbc",
        "outlet": "qingdao_sample_ordinary",
        "evidence": evidence,
    }
    return Wanted(clerk, "applyForCard", given, METHODS, "qingdao_sample_ordinary", "qingdao_sample_instant")


WAYS: list[tuple[str, Callable[[GraphService, str], Wanted]]] = [
    (JINAN, _cross_province),
    (ZIBO, _cross_province),
    (JINAN, _new_card),
    (ZAOZHUANG, _new_card),
    (CHENGDU, _chengdu_online),
    (CHENGDU, _sichuan_window),
    (MIANYANG, _sichuan_window),
    (CHENGDU, _chengdu_lost),
    (CHENGDU, _exchange_at_window),
    (MIANYANG, _exchange_at_window),
    (QINGDAO, _qingdao_window),
]
"""Every way in which a card can be asked for with all that is needed, by city."""
every_way = pytest.mark.parametrize(("region", "want"), WAYS, ids=[f"{r}{w.__name__}" for r, w in WAYS])


def chosen(wanted: Wanted, method: str) -> dict[str, Any]:
    """Return a complete delivery."""
    if method == "post":
        return address(ZAOZHUANG)
    return {"method": method, **({"outlet": wanted.outlet} if wanted.outlet else {})}


def agreed(wanted: Wanted, **given: Any) -> dict[str, Any]:
    """Try a request out, do it, and return its payload; both decide alike."""
    asked = {**wanted.given, **given}
    tried = wanted.caller.try_out(wanted.mutation, **asked)["decision"]
    payload = wanted.caller.change(wanted.mutation, **asked)
    for name in ("allowed", "policyDigest", "totalDue", "facts"):
        assert payload["decision"][name] == tried[name], name
    assert (denials(payload["decision"]), missing(payload["decision"])) == (denials(tried), missing(tried))
    return payload


@pytest.mark.parametrize("method", METHODS)
@every_way
def test_a_delivery_is_kept_and_charged_or_refused_with_the_reason(
    service: GraphService, region: str, want: Callable[[GraphService, str], Wanted], method: str
) -> None:
    wanted = want(service, region)
    payload = agreed(wanted, delivery=chosen(wanted, method))
    if method not in wanted.methods:
        assert payload["operation"] is None
        refused = {"CROSS_PROVINCE_POSTS", "WAY_OF_DELIVERY", "REPLACEMENT_IS_COLLECTED"}
        assert refused & set(codes(payload))
        assert all(e["message"]["zh"] for e in payload["errors"])
        # Without it the request goes well, or asks for another.
        again = agreed(wanted, delivery=chosen(wanted, wanted.methods[0]))
        assert again["errors"] == []
        return
    assert payload["errors"] == []
    operation = payload["operation"]
    delivery = operation["delivery"]
    assert (delivery["method"], delivery["outlet"]) == (method, wanted.outlet if method == "outlet" else None)
    fees = {fee["fee"]: fee["amount"] for fee in operation["fees"]}
    assert ("postage" in fees) == (method == "post")
    assert operation["due"] == payload["decision"]["totalDue"] == sum(fees.values())
    assert "deliver" in [d["service"] for d in operation["decisions"]]
    # The card maker asks for no delivery any more.
    still = codes(service.card_maker().change("acceptForProduction", operationId=operation["id"]))
    assert still == (["NOT_PAID"] if operation["due"] else [])


@every_way
def test_a_card_is_collected_at_an_outlet_of_its_own_bank_where_the_city_lists_some(
    service: GraphService, region: str, want: Callable[[GraphService, str], Wanted]
) -> None:
    wanted = want(service, region)
    if wanted.outlet is None or "outlet" not in wanted.methods:
        return
    given = {name: value for name, value in wanted.given.items() if name != "outlet"}
    bare = Wanted(wanted.caller, wanted.mutation, given, wanted.methods, wanted.outlet, wanted.other)
    nowhere = agreed(bare, delivery={"method": "outlet"})
    assert nowhere["operation"] is None
    assert ["choice.outlet"] in missing(nowhere["decision"]).values()
    elsewhere = agreed(bare, delivery={"method": "outlet", "outlet": wanted.other})
    assert elsewhere["operation"] is None
    assert codes(elsewhere)


def test_CD_1_an_outlet_is_named_when_the_delivery_is_chosen_later_too(service: GraphService) -> None:
    wanted = _chengdu_online(service, CHENGDU)
    operation = wanted.caller.changed(wanted.mutation, **wanted.given)["operation"]
    step = {"operationId": operation["id"]}
    for delivery in ({"method": "outlet"}, {"method": "outlet", "outlet": wanted.other}):
        payload = wanted.caller.change("setDelivery", **step, delivery=delivery)
        assert payload["operation"] is None
        assert codes(payload)
    kept = wanted.caller.changed("setDelivery", **step, delivery={"method": "outlet", "outlet": wanted.outlet})
    assert kept["operation"]["delivery"]["outlet"] == wanted.outlet


def test_QD_1_a_posted_card_is_collected_nowhere(service: GraphService) -> None:
    wanted = _qingdao_window(service, QINGDAO)
    operation = agreed(wanted, delivery=address(QINGDAO))["operation"]
    assert (operation["outlet"], operation["delivery"]["outlet"]) == ("qingdao_sample_ordinary", None)
    later = wanted.caller.changed("setDelivery", operationId=operation["id"], delivery=address(CHENGDU))["operation"]
    assert (later["outlet"], later["delivery"]["outlet"]) == ("qingdao_sample_ordinary", None)


@every_way
def test_an_outlet_of_collection_for_a_card_that_is_posted_is_refused(
    service: GraphService, region: str, want: Callable[[GraphService, str], Wanted]
) -> None:
    wanted = want(service, region)
    if wanted.outlet is None or "post" not in wanted.methods:
        return
    given = {**wanted.given, "delivery": {**address(JINAN), "outlet": wanted.outlet}}
    tried, done = wanted.caller.try_out(wanted.mutation, **given), wanted.caller.change(wanted.mutation, **given)
    assert [(e["code"], e["field"]) for e in done["errors"]] == [("VALUE_NOT_POSSIBLE", "input.delivery.outlet")]
    assert [e["field"] for e in tried["errors"]] == [f"input.request.{wanted.mutation}.delivery.outlet"]


def test_what_is_quoted_with_a_delivery_holds_for_both(service: GraphService) -> None:
    wanted = _cross_province(service, JINAN)
    bare = wanted.caller.try_out(wanted.mutation, **wanted.given)["decision"]["policyDigest"]
    given = {**wanted.given, "delivery": address(JINAN)}
    quoted = wanted.caller.try_out(wanted.mutation, **given)["decision"]["policyDigest"]
    # The policy of the delivery is a part of what is quoted: a change of the postage alone is told.
    assert quoted != bare
    stale = {**given, "policyDigest": quoted[:-1] + ("0" if quoted[-1] != "0" else "1")}
    for payload in (wanted.caller.try_out(wanted.mutation, **stale), wanted.caller.change(wanted.mutation, **stale)):
        assert (codes(payload), payload["decision"]["policyDigest"]) == (["POLICY_CHANGED"], quoted)
    done = wanted.caller.changed(wanted.mutation, **given, policyDigest=quoted)
    assert done["decision"]["policyDigest"] == quoted
    own = [d["policyDigest"] for d in done["operation"]["decisions"]]
    assert len(set(own)) == len(own) == 2
    assert bare in own
