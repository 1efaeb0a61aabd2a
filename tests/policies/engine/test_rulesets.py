"""Rules are shared out among rulesets, each of which the engine can bear."""

import json

from policies.engine.program import CHUNK_FIELDS, CHUNK_RULES, Symbols, compile_rules
from policies.language.conditions import AllOf, Operand
from policies.language.conditions import Test as Comparison
from policies.language.operators import Op
from tests.policies.support.compiled import INTEGER, compare, fired


def test_rulesets_stay_below_the_engines_limits() -> None:
    rules = {f"r{n}": compare(f"s.n{n}", Op.LT, n) for n in range(1_000)}
    chunks = compile_rules(rules.items(), Symbols())
    assert max(len(json.loads(chunk.text)) for chunk in chunks) <= CHUNK_RULES + 1 < 60
    assert max(len(chunk.fields) for chunk in chunks) <= CHUNK_FIELDS < 250
    assert fired(rules, {f"s.n{n}": -1 for n in range(1_000)}) == set(rules)


def test_rules_with_many_fields_share_no_ruleset_that_would_break() -> None:
    rules = {f"r{n}": AllOf(tuple(compare(f"s.n{n}_{k}", Op.EQ, k) for k in range(8))) for n in range(CHUNK_RULES)}
    facts = {f"s.n{n}_{k}": k for n in range(CHUNK_RULES) for k in range(8)}
    chunks = compile_rules(rules.items(), Symbols())
    assert max(len(chunk.fields) for chunk in chunks) <= CHUNK_FIELDS < len(facts)
    assert fired(rules, facts) == set(rules)


def test_two_hundred_fields_in_one_message_are_all_compared() -> None:
    tests = [Comparison(f"s.a{n}", INTEGER, Op.EQ, Operand("fact", f"s.b{n}")) for n in range(100)]
    rules = {f"r{n}": AllOf(tuple(tests[10 * n : 10 * n + 10])) for n in range(10)}
    facts = {f"s.{side}{n}": n for n in range(100) for side in "ab"}
    assert [len(chunk.fields) for chunk in compile_rules(rules.items(), Symbols())] == [200]
    assert fired(rules, facts) == set(rules)
    for number in range(100):
        for side in "ab":
            assert fired(rules, facts | {f"s.{side}{number}": -1}) == set(rules) - {f"r{number // 10}"}
