"""Every kind of warning: a tree that has it, beside what is near to it and is none, and all that is said about it.

Each file in `warned/` is an example (see `golden.py`).
"""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.checks.checking import check
from policies.engine.contradictions import alternatives, implies, is_impossible
from policies.language.conditions import AllOf, Operand
from policies.language.conditions import Test as FactTest
from policies.language.operators import OPERATORS, Op
from policies.language.values import Kind, ValueType
from tests.policies.support.error_codes import warning_codes
from tests.policies.support.golden import assert_said, files_of, names_in, said_of, write

EXAMPLES = names_in("warned")
TODAY = date(2026, 3, 2)


@pytest.mark.parametrize("code", EXAMPLES)
def test_example(code: str, tmp_path: Path) -> None:
    report = check(write(tmp_path / "regions", {**files_of("base"), **files_of(code, "warned")}), TODAY)
    assert report.faults == ()
    said = said_of(notice for notice in report.warnings if notice.code == code)
    assert_said(said, code, "warned")
    assert said


def test_every_warning_has_an_example_and_every_example_a_warning() -> None:
    assert set(EXAMPLES) == warning_codes()


# --- what is called impossible is impossible, by trying every combination of few values

AGES = range(6)
WORDS = ("a", "b", "c")
AGE, WORD, TRUE = ValueType(Kind.INTEGER), ValueType(Kind.TERM, "words"), ValueType(Kind.BOOLEAN)
ORDER = (Op.LT, Op.LE, Op.GT, Op.GE, Op.EQ, Op.NE)
limits = st.one_of(
    st.integers(1, 4).map(lambda value: Operand("literal", value)),
    st.sampled_from("st").map(lambda s: Operand("setting", s)),
)
lists = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True).map(
    lambda ws: Operand("literal", tuple(ws))
)
tests = st.one_of(
    st.builds(FactTest, st.just("age"), st.just(AGE), st.sampled_from(ORDER), limits),
    st.builds(FactTest, st.just("word"), st.just(WORD), st.sampled_from((Op.IN, Op.NOT_IN)), lists),
    st.builds(
        FactTest,
        st.just("word"),
        st.just(WORD),
        st.sampled_from((Op.EQ, Op.NE)),
        st.sampled_from(WORDS).map(lambda word: Operand("literal", word)),
    ),
    st.builds(
        FactTest,
        st.just("true"),
        st.just(TRUE),
        st.sampled_from((Op.EQ, Op.NE)),
        st.booleans().map(lambda value: Operand("literal", value)),
    ),
)
WORLDS: list[dict[str, Any]] = [
    {"age": age, "word": word, "true": true, "s": s, "t": t}
    for age in AGES for word in (*WORDS, "d") for true in (True, False) for s in (1, 3) for t in (2, 3)
]  # fmt: skip


def holds(test: FactTest, world: dict[str, Any]) -> bool:
    assert test.operand is not None
    mine = world[test.fact]
    other = test.operand.value if test.operand.source == "literal" else world[test.operand.value]
    if test.op in (Op.IN, Op.NOT_IN):
        return (mine in other) is (test.op is Op.IN)
    if test.op in (Op.GE, Op.GT, Op.NE):
        opposite = FactTest(
            test.fact, test.type, OPERATORS[test.op].negation if test.op is not Op.GT else Op.LE, test.operand
        )
        return not holds(opposite, world)
    return bool(mine < other if test.op is Op.LT else mine <= other if test.op is Op.LE else mine == other)


@given(st.lists(tests, max_size=5))
@settings(max_examples=400, deadline=None, derandomize=True)
def test_what_is_called_impossible_is(found: list[FactTest]) -> None:
    possible = any(all(holds(test, world) for test in found) for world in WORLDS)
    if is_impossible(found):
        assert not possible
    elif all(test.operand is not None and test.operand.source == "literal" for test in found):
        assert possible, "with literals alone, whatever is impossible is seen"


@given(st.lists(tests, min_size=1, max_size=4), st.lists(tests, min_size=1, max_size=2))
@settings(max_examples=400, deadline=None, derandomize=True)
def test_what_is_said_to_follow_follows(found: list[FactTest], other: list[FactTest]) -> None:
    if implies(alternatives(AllOf(tuple(found))), alternatives(AllOf(tuple(other)))):
        for world in WORLDS:
            assert not all(holds(t, world) for t in found) or all(holds(t, world) for t in other)


def test_a_review_that_no_calendar_holds_is_never_due(tmp_path: Path) -> None:
    own = {
        "china/status.yaml": "title: {zh: 查, en: s}\nsource: guide\nreview_every: 99999 years\nreviewed: 2026-01-01\n"
    }
    report = check(write(tmp_path / "regions", {**files_of("base"), **own}), date.max)
    assert "REVIEW_OVERDUE" not in {notice.code for notice in report.warnings}


@pytest.mark.parametrize("interval", ["3 hours", "5 working days", "0 years", "at once"])
def test_a_review_is_due_after_days_months_or_years(interval: str, tmp_path: Path) -> None:
    own = {"china/status.yaml": f"title: {{zh: 查, en: s}}\nsource: guide\nreview_every: {interval}\n"}
    report = check(write(tmp_path / "regions", {**files_of("base"), **own}), TODAY)
    assert [fault.code for fault in report.faults] == ["WRONG_TYPE"]
