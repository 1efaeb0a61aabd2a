"""The dry run and the change agree, whatever is asked for: the same decision, by the same code."""

import random
from datetime import date
from typing import Any

import pytest

from tests.graph.caller import Caller, codes, denials, missing
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, ZAOZHUANG, ZIBO, card_picture, details, portrait, two_inches
from tests.graph.service import GraphService, holder_id

REGIONS = [JINAN, ZIBO, ZAOZHUANG, QINGDAO, CHENGDU, "510000", "370000", "000000"]
CHANNELS = ["national_mini_program", "chengdu_wechat", "qingdao_app", "hotline_12333", "bank_window", "service_window"]
PAPERS = ["photo", "identity_card_front", "identity_card_back", "household_register", "birth_certificate", "passport"]


def somebody(service: GraphService, chance: random.Random) -> tuple[Caller, dict[str, Any]]:
    """Return who asks, and for whom: oneself, a ward, or somebody at a window."""
    person = service.person(
        date(chance.choice([1950, 1990, 2005, 2009, 2011, 2016, 2020]), 6, 1),
        holder_type=chance.choice(["citizen", "citizen", "foreigner", "taiwan"]),
        identity_type=chance.choice(["resident_identity_card", "household_register", "passport"]),
        insured_in=chance.choice([(), (CHENGDU,), ("510700",), (QINGDAO,)]),
        full_capacity=chance.random() < 0.9,
        photo_on_file=chance.random() < 0.3,
    )
    channel = chance.choice(CHANNELS)
    kind = chance.choice(["self", "guardian", "clerk", "delegate"])
    if kind == "self":
        return service.citizen(person, channel), {}
    if kind == "guardian":
        return service.citizen(service.guardian(person), channel), {"holderId": holder_id(person)}
    window = service.clerk(
        chance.choice([CHENGDU, QINGDAO, "510000"]), chance.choice(["service_window", "bank_window"])
    )
    there = {"presentPersonId": holder_id(service.person())} if kind == "delegate" else {}
    return window, {"holderId": holder_id(person), **there}


def anything(caller: Caller, whom: dict[str, Any], region: str, chance: random.Random) -> dict[str, Any]:
    """Return a request with whatever comes to mind."""
    evidence: dict[str, Any] = {}
    if chance.random() < 0.7:
        evidence["details"] = details()
    if chance.random() < 0.4 and "holderId" not in whom:
        evidence["faceAssertion"] = caller.face_assertion(chance.choice(["apply", "apply", "activate"]))
    if chance.random() < 0.5:
        content = chance.choice([card_picture(), two_inches(), portrait(True, 358, 441, 350)])
        given = {"holderId": whom["holderId"]} if "holderId" in whom else {}
        stored = caller.upload("photo", QINGDAO if region == QINGDAO else region, content, **given)["document"]
        evidence["documentIds"] = [stored["id"]] if stored else []
    if chance.random() < 0.5:
        evidence["sightedDocuments"] = chance.sample(PAPERS, 4)
    if chance.random() < 0.2:
        evidence["declarations"] = [
            {"name": "declared.delegation_reason", "value": chance.choice(["long_away", "other_reason", "x"])}
        ]
    choice = {
        "bank": chance.choice([None, "icbc", "ccb", "pigeon"]),
        "outlet": chance.choice([None, "qingdao_sample_ordinary", "qingdao_sample_instant"]),
        "delivery": chance.choice([None, {"method": "outlet"}, {"method": "post", "regionCode": CHENGDU}]),
    }
    return {"regionCode": region, **whom, **choice, "evidence": evidence}


def told(decision: dict[str, Any] | None) -> object:
    """Return what two decisions must have in common."""
    if decision is None:
        return None
    return decision["policyDigest"], decision["allowed"], denials(decision), missing(decision), decision["facts"]


@pytest.mark.parametrize("seed", range(16))
def test_the_dry_run_says_what_the_change_does(service: GraphService, seed: int) -> None:
    chance = random.Random(seed)
    caller, whom = somebody(service, chance)
    given = anything(caller, whom, chance.choice(REGIONS), chance)
    tried = caller.check("apply", **given)
    done = caller.change("applyForCard", **given)
    assert told(done["decision"]) == told(tried["decision"])
    if tried["decision"] is None:
        assert codes(done) == codes(tried) != []
        assert [e["message"] for e in done["errors"]] == [e["message"] for e in tried["errors"]]
    else:
        assert codes(done) == [*denials(tried["decision"]), *["MISSING"] * len(tried["decision"]["missing"])]
        assert (done["operation"] is not None) == tried["decision"]["allowed"]
    assert "INTERNAL_ERROR" not in codes(done)
    assert not {"BAD_FACT", "MISSING_FACT", "ENGINE_FAULT", "DECISION_FAULT"} & set(codes(done))
