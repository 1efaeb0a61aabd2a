"""Everything that the solver warns of: a tree that has it, beside what is near to it and is none, and all that is said.

Each file in `proven/` is an example (see `golden.py`).
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from domain.errors import DecisionFault
from policies.compare.diff import Days, Wanted
from policies.engine.decide import Policies
from policies.prove.proving import Proven, prove
from policies.tree.tree import load_tree
from tests.policies.support.error_codes import PROVING, codes_in_modules
from tests.policies.support.golden import assert_said, files_of, names_in, said_of, write

EXAMPLES = names_in("proven")
TODAY = date(2026, 3, 2)


def proven(folder: Path, files: Mapping[str, str]) -> Proven:
    policies = Policies(load_tree(write(folder / "regions", {**files_of("base"), **files})))
    return prove(policies, Days.from_day(TODAY))


@pytest.mark.parametrize("code", EXAMPLES)
def test_example(code: str, tmp_path: Path) -> None:
    found = proven(tmp_path, files_of(code, "proven"))
    assert found.open == ()
    said = said_of(notice for notice in found.notices if notice.code == code)
    assert_said(said, code, "proven")
    assert said


def test_every_warning_has_an_example_and_every_example_a_warning() -> None:
    assert set(EXAMPLES) == codes_in_modules(PROVING)


def test_nothing_is_found_where_nothing_is_wrong(tmp_path: Path) -> None:
    found = proven(tmp_path, {})
    assert (found.notices, found.open) == ((), ())
    assert (found.services, found.different) == (3, 2)


def test_the_real_regions_are_settled_and_no_rules_overlap() -> None:
    found = prove(Policies(load_tree(Path("regions"))), Days.from_day(date(2026, 11, 28)))
    assert found.open == ()
    assert {notice.code for notice in found.notices} <= {"SERVICE_UNOBTAINABLE", "BOUND_RULE_LOOSENED"}


def test_only_what_is_wanted_is_looked_at(tmp_path: Path) -> None:
    policies = Policies(
        load_tree(write(tmp_path / "regions", {**files_of("base"), **files_of("SERVICE_UNOBTAINABLE", "proven")}))
    )
    days = Days.from_day(TODAY)
    assert prove(policies, days, Wanted(region="110200")).notices == ()
    assert [notice.code for notice in prove(policies, days, Wanted(region="110100")).notices] == [
        "SERVICE_UNOBTAINABLE"
    ]
    assert prove(policies, days, Wanted(service="status")).services == 0


def test_an_overlap_is_a_decision_that_fails(tmp_path: Path) -> None:
    policies = Policies(
        load_tree(write(tmp_path / "regions", {**files_of("base"), **files_of("RULES_OVERLAP", "proven")}))
    )
    facts = {"request.channel": "app", "holder.age": 60}
    with pytest.raises(DecisionFault, match="postage"):
        policies.decide("apply", "110100", facts, TODAY)
    assert policies.decide("apply", "110100", {**facts, "holder.age": 59}, TODAY).charges


def test_a_rule_never_applies_only_where_all_who_have_it_were_looked_at(tmp_path: Path) -> None:
    never = "{when: {holder.age: {below: 10, above: {setting: from_age}}}, tell: true, message: {zh: 知。, en: Know.}}"
    shared = never.replace("{when", "{services: [apply], when", 1)
    own = {
        "china/rules.yaml": f"source: guide\nrules:\n  of_all: {shared}\n",
        "china/north/rules.yaml": f"source: guide\nrules:\n  of_many: {shared}\n",
        "china/north/apply.yaml": f"source: guide\nrules:\n  of_one: {never}\n",
    }
    policies = Policies(load_tree(write(tmp_path / "regions", {**files_of("base"), **own})))

    def told(region: str | None = None, service: str | None = None) -> list[str]:
        found = prove(policies, Days.from_day(TODAY), Wanted(region, service)).notices
        return [n.place.path.rpartition(".")[2] for n in found if n.code == "RULE_NEVER_APPLIES"]

    assert told() == ["of_one", "of_many", "of_all"]
    assert told(region="110000") == ["of_one", "of_many"]
    assert told(region="110000", service="apply") == told(service="apply") == ["of_one"]
    assert told(region="110100") == []


def test_rules_that_overlap_are_told_once_with_the_first_day(tmp_path: Path) -> None:
    overlapping = files_of("RULES_OVERLAP", "proven")
    values = "{value: 60, from: 2020-01-01, until: 2026-12-31}, {value: 65, from: 2027-01-01}"
    own = {
        "china/north/apply.yaml": overlapping["china/north/apply.yaml"].replace("{value: 60, from: 2020-01-01}", values)
    }
    own["china/north/first/apply.yaml"] = (
        "source: guide\nsettings:\n  old_from: {replaces: true, values: [{value: 70, from: 2026-01-01}]}\n"
    )
    found = proven(tmp_path, {**overlapping, **own})
    assert found.open == ()
    [said] = [notice.message.en for notice in found.notices if notice.code == "RULES_OVERLAP"]
    assert said.endswith("on 2026-03-02, age: 60 (and in 1 more region)")
