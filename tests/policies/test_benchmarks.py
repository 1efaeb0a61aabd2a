"""What the benchmarks measure is real: many cities load, closures decide as the engine does, and peers have its rules."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks import imports
from benchmarks.applicants import Applicant, applicant
from benchmarks.closures import ClosurePolicies
from benchmarks.decisions import CASES, DENIED, WORKS, Work, agree
from benchmarks.peers import engines
from benchmarks.reload import checked, measure
from benchmarks.synthetic_regions import OWN_RULE_EVERY, write_regions
from policies.engine.decide import Policies
from policies.tree.tree import load_tree
from resolvers.changing.imported_cards import CardReader
from schema.services.batch_columns import row_of
from schema.services.import_cards import ImportedCardInput


def test_many_cities_load_and_each_decides(tmp_path: Path) -> None:
    codes = write_regions(Path("regions"), tmp_path / "regions", 120)
    policies = Policies(load_tree(tmp_path / "regions"))
    assert len(codes) == 120
    assert set(codes) < set(policies.tree.regions)
    who = applicant(policies, "apply", codes[0], "national_mini_program")
    decisions = [Applicant("apply", code, who.facts, who.evidence).ask(policies) for code in codes]
    assert [decision.region for decision in decisions] == list(codes)
    # Those with rules of their own, and one for each way in which the others read.
    assert 120 // OWN_RULE_EVERY < len(policies.engine) < 120 // OWN_RULE_EVERY + 8


def test_every_kind_of_file_changes_and_what_it_changes_is_new(tmp_path: Path) -> None:
    codes = write_regions(Path("regions"), tmp_path / "regions", 12, distinct=True)
    assert checked(tmp_path / "regions")[-1].startswith("0 faults, ")
    rows = {what.removeprefix("changed: "): int(new) for what, *_, new in measure(tmp_path / "regions", codes[0])}
    everything = rows.pop("from nothing")
    assert (rows.pop("nothing"), rows.pop("a city's settings")) == (0, 1)
    assert rows.pop("a province's service") == 13
    assert set(rows.values()) == {everything}, rows


@pytest.mark.parametrize(("region", "channel"), CASES)
def test_closures_decide_as_the_engine_does(region: str, channel: str) -> None:
    policies = Policies(load_tree(Path("regions")))
    closures = ClosurePolicies(policies.tree)
    for changes, allowed in (({}, True), (DENIED, False)):
        who = applicant(policies, "apply", region, channel, **changes)
        decision = who.ask(policies)
        assert decision.allowed is allowed, (decision.denials, decision.missing)
        assert decision == who.ask(closures)
    assert closures.engine.compiled == 0


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_what_peers_are_told_of_the_rules_refuses_what_the_service_refuses(work: Work) -> None:
    policies = Policies(load_tree(Path("regions")))
    policy = work.policy(policies)
    assert agree(policies, policy, {"closures": engines.closures(policy)}, work.usually(policies)) > 60


def test_every_row_of_the_file_of_cards_can_be_imported_and_one_of_twenty_is_a_second_card() -> None:
    reader = CardReader(Policies(load_tree(Path("regions"))), datetime.now(UTC))
    # Beyond a thousand people of one birthday, and beyond all birthdays.
    numbers = [*range(40), *range(980, 1_020), *range(27_980, 28_020)]
    read = [reader.read(row_of(ImportedCardInput, imports.row(number)).given()) for number in numbers]
    assert len({each.card.number for each in read}) == len(numbers)
    assert len({each.holder.identity_number for each in read}) == len(numbers) * (imports.EVERY - 1) // imports.EVERY
