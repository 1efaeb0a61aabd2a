"""Under which values a part of a form holds: none that is named holds under any other, in any form of two cities."""

from datetime import date
from typing import Any

import pytest

from policies.engine.decide import Policies
from resolvers.looking_up.forms.alternatives import holding_under
from tests.resolvers.world import CHENGDU, QINGDAO, policies

ON = date(2026, 11, 20)


def bare(known: Policies, region: str, service: str, **more: Any) -> Any:
    facts = {"request.service": service, "request.today": ON, **more}
    return known.trial(service, region, facts, ON, form=True)


@pytest.mark.parametrize("region", [CHENGDU, QINGDAO])
def test_what_holds_only_under_some_values_holds_under_no_other(region: str) -> None:
    known, words = policies(), policies().region(region).words
    tried = 0
    for service in known.region(region).services:
        trial = bare(known, region, service)
        for rule, needed in holding_under(trial).items() if trial is not None else ():
            for each in needed:
                values = words.words_of(each.vocabulary) if each.vocabulary else ("true", "false")
                assert set(each.values) < set(values), (service, rule, each)
                for value in set(values) - set(each.values):
                    supposed = value if each.vocabulary else value == "true"
                    assert rule not in bare(known, region, service, **{each.fact: supposed}).possible, (service, rule)
                    tried += 1
    assert tried > 100
