"""What the engine compares is compared exactly: numbers to the edge, lists, words, and rules that resemble each other."""

import pytest

from policies.engine.engine import Engine
from policies.engine.program import NUMBER_LIMIT
from policies.language.conditions import AllOf, Condition, Operand
from policies.language.conditions import Test as Comparison
from policies.language.operators import Op
from policies.language.values import LIMIT
from tests.policies.support.compiled import COMPARISONS, INTEGER, WORD, WORDS, compare, fired


def test_whole_numbers_compare_exactly_to_the_edge_of_what_facts_can_be() -> None:
    edges = sorted(
        {s * n + d for s in (-1, 1) for n in (0, 1, 2**31, 2**32, LIMIT, NUMBER_LIMIT - 2) for d in (-1, 0, 1)}
    )
    engine = Engine()
    for op, holds in COMPARISONS.items():
        against_literal = {f"{n}": compare("s.a", op, n) for n in edges}
        against_fact = {"fact": Comparison("s.a", INTEGER, op, Operand("fact", "s.b"))}
        for a in edges:
            assert fired(against_literal, {"s.a": a}, engine) == {f"{n}" for n in edges if holds(a, n)}
            for b in edges:
                assert fired(against_fact, {"s.a": a, "s.b": b}, engine) == ({"fact"} if holds(a, b) else set())


def test_a_number_beyond_the_engine_is_refused() -> None:
    beyond = Comparison("s.a", INTEGER, Op.LT, Operand("fact", "s.b", 1, Operand("literal", NUMBER_LIMIT)))
    with pytest.raises(OverflowError):
        fired({"r": beyond}, {"s.a": 0, "s.b": 0})


def test_minus_one_is_no_element_of_every_list() -> None:
    rules = {
        "in": compare("s.a", Op.IN, (3, 16)),
        "not_in": compare("s.a", Op.NOT_IN, (3, 16)),
        "in_negative": compare("s.a", Op.IN, (-1, -2)),
    }
    assert fired(rules, {"s.a": -1}) == {"not_in", "in_negative"}
    assert fired(rules, {"s.a": 16}) == {"in"}
    assert fired(rules, {"s.a": -3}) == {"not_in"}


@pytest.mark.parametrize("held", [(), ("k0",), ("k1",), ("k0", "k1"), ("k2", "k3")])
def test_lists_include_what_they_include_also_when_empty(held: tuple[str, ...]) -> None:
    rules: dict[str, Condition] = {
        "has": compare("s.l", Op.HAS, "k1", WORDS),
        "has_not": compare("s.l", Op.HAS_NOT, "k1", WORDS),
        "overlaps": compare("s.l", Op.OVERLAPS, ("k0", "k1"), WORDS),
        "disjoint": compare("s.l", Op.DISJOINT, ("k0", "k1"), WORDS),
        "covers": compare("s.l", Op.COVERS, ("k0", "k1"), WORDS),
        "lacks": compare("s.l", Op.LACKS, ("k0", "k1"), WORDS),
        "covers_nothing": compare("s.l", Op.COVERS, (), WORDS),
        "also_has": compare("s.l", Op.HAS, "k0", WORDS),
    }
    both = set(held) & {"k0", "k1"}
    wanted = {"has" if "k1" in held else "has_not", "overlaps" if both else "disjoint"}
    wanted |= {"covers" if len(both) == 2 else "lacks", "covers_nothing"} | ({"also_has"} if "k0" in held else set())
    assert fired(rules, {"s.l": held}) == wanted


def test_equal_rules_and_rules_with_a_common_beginning_all_fire() -> None:
    tests = [compare(f"s.n{n}", Op.LT, 5) for n in range(6)]
    rules: dict[str, Condition | None] = {f"equal_{n}": tests[0] for n in range(100)}
    rules |= {f"prefix_{n}": AllOf(tuple(tests[: n + 1])) for n in range(6)}
    rules |= {f"backwards_{n}": AllOf(tuple(reversed(tests[: n + 1]))) for n in range(6)}
    rules |= {f"always_{n}": None for n in range(100)}
    facts = {f"s.n{n}": 1 for n in range(6)}
    assert fired(rules, facts) == set(rules)
    late = {f"{kind}_{n}" for kind in ("prefix", "backwards") for n in (3, 4, 5)}
    assert fired(rules, facts | {"s.n3": 9}) == set(rules) - late


def test_rules_on_one_list_do_not_answer_for_each_other() -> None:
    rules = {f"has_{n}": compare("s.l", Op.HAS, f"k{n}", WORDS) for n in range(30)}
    for number in range(30):
        assert fired(rules, {"s.l": (f"k{number}",)}) == {f"has_{number}"}


def test_words_compare_as_words_and_not_as_numbers() -> None:
    rules = {"is": compare("s.w", Op.EQ, "1", WORD), "fact": Comparison("s.w", WORD, Op.EQ, Operand("fact", "s.v"))}
    assert fired(rules, {"s.w": "1", "s.v": "01"}) == {"is"}
    assert fired(rules, {"s.w": "new", "s.v": "new"}) == {"fact"}
    assert fired(rules, {"s.w": "new", "s.v": "newer"}) == set()
