"""What each test operator needs besides its line in `policies/language/operators.py`."""

import pytest

from policies.engine.program import TOLD
from policies.language.conditions import TEST_WORDS
from policies.language.operators import OPERATORS, Op
from policies.language.values import IN_TIME, Kind
from policies.solver.formulas import HOLDS
from tests import language_page
from tests.policies.support import random_rules

WITHOUT_A_WORD = {Op.LACKS: "the negation of includes_all", Op.PRESENT: "present: true", Op.ABSENT: "present: false"}


@pytest.mark.parametrize("op", Op)
def test_each_operator_has_its_entry_in_each_table(op: Op) -> None:
    assert op in OPERATORS, "OPERATORS in policies/language/operators.py"
    operator = OPERATORS[op]
    assert OPERATORS[operator.negation].negation is op is not operator.negation
    assert bool(operator.words) is (op not in WITHOUT_A_WORD)
    assert op in TOLD, "TOLD in policies/engine/program.py"
    assert op in HOLDS or operator.negation in HOLDS, "HOLDS in policies/solver/formulas.py"


def test_each_word_is_described_and_drawn_for_random_rules() -> None:
    described = {word for words in language_page.TESTS for word in words}
    assert {*TEST_WORDS} == described, "TESTS in tests/language_page.py"
    assert {*TEST_WORDS} == {*random_rules.WORDS, "present"}, "WORDS in tests/policies/support/random_rules.py"
    words = [word for operator in OPERATORS.values() for word in operator.words]
    assert len(words) == len(set(words))


@pytest.mark.parametrize("op", Op)
def test_what_is_in_order_is_said_of_days_amounts_and_ages_in_their_words(op: Op) -> None:
    operator = OPERATORS[op]
    in_order = any(kinds >= IN_TIME and Kind.BOOLEAN not in kinds for kinds in map(frozenset, operator.words.values()))
    assert {operator.in_time is not None, operator.of_amount is not None, operator.of_age is not None} == {in_order}
