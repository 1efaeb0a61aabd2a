"""Gaps between rules that follow each other: where they begin and end, as trying every value finds them."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.message import Language
from policies.compare.diff import Days
from policies.prove.proving import prove
from tests.policies.support.small_trees import DAY, policies_of

VALUES = range(-3, 16)
"""Beyond these, no rule of the random ones begins or ends."""
HOLDS: dict[str, Callable[[int, int], bool]] = {
    "below": lambda value, limit: value < limit,
    "at_most": lambda value, limit: value <= limit,
    "is": lambda value, limit: value == limit,
    "at_least": lambda value, limit: value >= limit,
    "above": lambda value, limit: value > limit,
}
_GAP = re.compile(r"`(\w+)` \(.*\) holds below .*, `(\w+)` above.*, and neither (?:at|from) (-?\d+)(?: to (-?\d+))?")
limits = st.integers(0, 12)
bands = st.one_of(
    st.tuples(st.sampled_from(sorted(HOLDS)), limits).map(lambda one: dict([one])),
    st.builds(lambda low, high: {"at_least": low, "below": high}, limits, limits),
)


CHARGE = {"charge": {"fee": "fee_0", "amount": "5 yuan"}}


def gaps(
    fact: str, rules: Sequence[dict[str, Any]], language: Language = "en", *, outcome: dict[str, Any] = CHARGE
) -> list[str]:
    """Return what is said of the gaps between rules that do the same."""
    written = {f"r{number}": {"when": {fact: test}, **outcome} for number, test in enumerate(rules)}
    with TemporaryDirectory() as folder:
        found = prove(policies_of(Path(folder), written), Days(DAY, DAY))
    assert found.open == ()
    return [notice.message.text(language) for notice in found.notices if notice.code == "BAND_GAP"]


def tried(rules: Sequence[dict[str, int]]) -> set[tuple[str, str, int, int]]:
    """Return the lowest gap between each two rules, by trying every value."""
    holding = {
        value: {f"r{n}" for n, tests in enumerate(rules) if all(HOLDS[op](value, limit) for op, limit in tests.items())}
        for value in VALUES
    }
    found: dict[tuple[str, str], tuple[int, int]] = {}
    last = VALUES.start
    for value in VALUES:
        if holding[value]:
            for one in holding[last] if value > last + 1 else ():
                for other in holding[value] - {one}:
                    if one not in holding[value] and other not in holding[last]:
                        found.setdefault((one, other), (last + 1, value - 1))
            last = value
    return {(*pair, *gap) for pair, gap in found.items()}


@given(st.lists(bands, min_size=2, max_size=3))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_gap_begins_and_ends_where_trying_every_value_says(rules: list[dict[str, int]]) -> None:
    found = set()
    for said in gaps("s.integer", rules):
        matched = _GAP.match(said)
        assert matched is not None, said
        one, other, first, last = matched.groups()
        found.add((one, other, int(first), int(last or first)))
    assert found == tried(rules)


@pytest.mark.parametrize(
    ("fact", "below", "above", "zh", "en"),
    [
        ("s.integer", {"at_most": 15}, {"above": 20}, "从16到20", "from 16 to 20"),
        ("s.integer", {"below": 16}, {"above": 16}, "为16时", "at 16"),
        ("s.decimal", {"at_most": 1.5}, {"at_least": 2}, "从1.500001到1.999999", "from 1.500001 to 1.999999"),
        ("s.money", {"below": "10 yuan"}, {"above": "20 yuan"}, "从10元到20元", "from 10 yuan to 20 yuan"),
        ("s.money", {"at_most": "10 yuan"}, {"at_least": "10.02 yuan"}, "为10.01元时", "at 10.01 yuan"),
        ("s.time", {"on_or_before": "11:59"}, {"after": "13:30"}, "从12:00到13:30", "from 12:00 to 13:30"),
        ("s.date", {"before": date(2026, 4, 1)}, {"on_or_after": date(2026, 4, 3)}, "从2026年4月1日到2026年4月2日",
         "from 2026-04-01 to 2026-04-02"),
    ],
)  # fmt: skip
def test_the_ends_of_a_gap_are_shown_as_people_read_them(
    fact: str, below: dict[str, Any], above: dict[str, Any], zh: str, en: str
) -> None:
    assert [said.partition(", and neither ")[2] for said in gaps(fact, [below, above])] == [en]
    assert [said.rpartition("时适用，")[2] for said in gaps(fact, [below, above], "zh")] == [f"{zh}，两者都不适用"]


NEIGHBOURS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "s.integer": ({"below": 16}, {"above": 16}),
    "s.decimal": ({"below": 1.5}, {"at_least": 2}),
    "s.money": ({"at_most": "10 yuan"}, {"at_least": "10.02 yuan"}),
    "s.time": ({"before": "12:00"}, {"on_or_after": "12:30"}),
    "s.date": ({"before": date(2026, 4, 1)}, {"on_or_after": date(2026, 4, 3)}),
    "s.moment": ({"before": "2026-03-02T12:00+08:00"}, {"on_or_after": "2026-03-02T12:30+08:00"}),
}


@pytest.mark.parametrize("fact", NEIGHBOURS)
def test_a_narrow_gap_between_rules_that_ask_for_something_is_told(fact: str) -> None:
    asked = {"require": {"document": "photo"}, "message": {"zh": "照片", "en": "photo"}}
    assert len(gaps(fact, NEIGHBOURS[fact], outcome=asked)) == 1
