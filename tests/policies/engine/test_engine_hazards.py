"""Each way in which durable-rules fails, and that the wrapper does not (docs/decisions/0002-durable-rules.md)."""

import asyncio
import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import durable_rules_engine
import pytest

from domain.errors import DecisionFault, DomainError, InvalidInput
from policies.engine.decide import Policies
from policies.engine.engine import Engine, EngineError
from policies.engine.program import CHUNK_FIELDS, Symbols
from policies.engine.truths import AnswerMemory
from policies.language.conditions import Condition
from policies.language.operators import Op
from policies.language.values import LIMIT
from policies.source.faults import PolicyFaults
from tests.patience import PATIENCE
from tests.policies.support.compiled import COMPARISONS, compare, fired
from tests.policies.support.random_words import LABEL
from tests.policies.support.small_trees import DAY, FACTS, decide, denied, deny, policies_of


@pytest.fixture(scope="module", params=[True, False], ids=["memory", "engine"])
def memory(request: pytest.FixtureRequest) -> AnswerMemory:
    """With what the engine answered kept, and without."""
    return AnswerMemory(on=request.param)


def kind_of(value: object) -> str:
    """Name a value in a test's id: some cannot be written out."""
    return value if isinstance(value, str) and len(value) < 40 else type(value).__name__


def run(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own, from the repository's folder."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env={**os.environ, "PYTHONPATH": os.getcwd(), **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


PRELUDE = """
from policies.language.conditions import Op, Operand, Test
from policies.engine.engine import Engine, EngineError
from policies.engine.program import Symbols, compile_rules
from policies.language.values import Kind, ValueType
import durable_rules_engine, sys
def chunk_of(first):
    tests = [Test(f"s.n{n}", ValueType(Kind.INTEGER), Op.LT, Operand("literal", first + n)) for n in range(4)]
    (chunk,) = compile_rules(((test.fact, test) for test in tests), Symbols())
    return chunk
chunk, engine = chunk_of(0), Engine()
nothing = {"one": 1, **{f"f{n}": 1_000_000_000 for n in range(4)}}
"""


# --- 1. freeing a state in which nothing fired


def test_bare_durable_rules_really_crashes_where_nothing_fired() -> None:
    """If this ends well, the library has been mended and the hazard is gone."""
    bare = """
        import durable_rules_engine as engine
        handle = engine.create_ruleset("bare", '{"r": {"all": [{"m": {"$lt": {"age": 16}}}]}}')
        for _ in range(100):
            engine.assert_fact(handle, '{"id": "1", "sid": "1", "age": 20}')
            engine.delete_state(handle, "1")
    """
    assert run(bare, MALLOC_PERTURB_="165").returncode < 0


def test_a_hundred_thousand_decisions_in_which_no_rule_fires_do_not_crash() -> None:
    script = f"""{PRELUDE}
for _ in range(100_000):
    assert engine.fired(chunk, nothing) == frozenset()
assert engine.abandoned == 0
engine.clear()
print("done")
"""
    done = run(script, MALLOC_PERTURB_="165")
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_a_state_in_which_the_engine_failed_is_left_alone_and_does_not_crash() -> None:
    script = f"""{PRELUDE}
start, complete = durable_rules_engine.start_action_for_state, durable_rules_engine.complete_and_start_action
def refuse(*_): raise RuntimeError("broken")
for broken in ("start_action_for_state", "complete_and_start_action"):
    for _ in range(100):
        setattr(durable_rules_engine, broken, refuse)
        try: engine.fired(chunk, nothing)
        except EngineError: pass
        else: sys.exit("allowed")
        durable_rules_engine.start_action_for_state = start
        durable_rules_engine.complete_and_start_action = complete
        assert engine.fired(chunk, {{**nothing, "f0": -1}}) == frozenset(("s.n0",))
assert engine.abandoned == 200
engine.clear()
print("done")
"""
    done = run(script, MALLOC_PERTURB_="165")
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_an_engine_that_did_nothing_is_a_fault_and_no_approval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: AnswerMemory
) -> None:
    policies = policies_of(tmp_path, {"young": deny({"s.integer": {"below": 10}})}, memory=memory)
    with monkeypatch.context() as broken:
        broken.setattr(durable_rules_engine, "start_action_for_state", lambda handle, state: None)
        with pytest.raises(DecisionFault) as fault:
            decide(policies, s__integer=20)
    assert fault.value.code == "ENGINE_FAULT"
    assert decide(policies, s__integer=20).allowed
    assert denied(policies) == {"young"}


def test_a_catch_all_that_does_not_fire_is_a_fault_although_others_do(monkeypatch: pytest.MonkeyPatch) -> None:
    start = durable_rules_engine.start_action_for_state
    complete = durable_rules_engine.complete_and_start_action
    monkeypatch.setattr(
        durable_rules_engine,
        "start_action_for_state",
        lambda handle, state: (None, complete(handle, state)) if start(handle, state) else None,
    )
    with pytest.raises(EngineError, match="catch-all"):
        fired({"r": compare("s.n", Op.LT, 5)}, {"s.n": 1})


def test_an_answer_about_other_facts_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    complete = durable_rules_engine.complete_and_start_action
    monkeypatch.setattr(
        durable_rules_engine,
        "complete_and_start_action",
        lambda handle, state: (complete(handle, state) or "").replace('"f0":1', '"f0":2') or None,
    )
    with pytest.raises(EngineError, match="other facts"):
        fired({"r": compare("s.n", Op.LT, 5)}, {"s.n": 1})


def test_an_interrupted_decision_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, rules = Engine(), {"r": compare("s.n", Op.LT, 5)}

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for broken in ("assert_fact", "start_action_for_state", "complete_and_start_action", "retract_fact", "get_facts"):
        with monkeypatch.context() as patch:
            patch.setattr(durable_rules_engine, broken, interrupt)
            with pytest.raises(KeyboardInterrupt):
                fired(rules, {"s.n": 1}, engine)
        assert fired(rules, {"s.n": 9}, engine) == set()
        assert fired(rules, {"s.n": 1}, engine) == {"r"}


def test_facts_that_are_not_forgotten_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, rules = Engine(), {"r": compare("s.n", Op.LT, 5)}
    with monkeypatch.context() as patch:
        patch.setattr(durable_rules_engine, "retract_fact", lambda handle, text: (0, 1))
        with pytest.raises(EngineError, match="did not forget"):
            fired(rules, {"s.n": 1}, engine)
    assert fired(rules, {"s.n": 9}, engine) == set()


def test_no_decision_is_coloured_by_those_before_it() -> None:
    """One ruleset and its state asked again and again answer as new ones do."""
    random, engine = Random(1), Engine()
    rules: dict[str, Condition | None] = {
        f"{op}{n}": compare(f"s.n{n % 4}", op, n - 4) for n in range(8) for op in COMPARISONS
    }
    seen: dict[tuple[int, ...], set[str]] = {}
    for _ in range(1_500):
        values = tuple(random.randint(-5, 5) for _ in range(4))
        answer = fired(rules, {f"s.n{n}": value for n, value in enumerate(values)}, engine)
        assert seen.setdefault(values, answer) == answer
    for values, answer in list(seen.items())[:300]:
        assert answer == {
            f"{op}{n}" for n in range(8) for op, holds in COMPARISONS.items() if holds(values[n % 4], n - 4)
        }
    assert (engine.compiled, engine.abandoned) == (2, 0)


# --- 2, 3 and 8. many decisions at once


def test_two_thousand_decisions_that_wait_for_each_other_are_each_right(tmp_path: Path, memory: AnswerMemory) -> None:
    policies = policies_of(tmp_path, {"young": deny({"s.integer": {"below": 10}})}, memory=memory)

    async def one(number: int) -> bool:
        await asyncio.sleep(0)
        allowed = decide(policies, s__integer=number % 20).allowed
        await asyncio.sleep(0)
        return allowed

    async def everybody() -> list[bool]:
        return await asyncio.gather(*(one(number) for number in range(2_000)))

    assert asyncio.run(everybody()) == [number % 20 >= 10 for number in range(2_000)]


def test_bare_durable_rules_takes_two_names_for_one_state() -> None:
    def hashed(text: str) -> int:
        value = 2_166_136_261
        for byte in text.encode():
            value = (value ^ byte) * 16_777_619 % 2**32
        return value

    assert hashed("req-991307") == hashed("req-1971740")


def test_threads_get_their_own_answers_also_for_words_that_the_engine_confuses(
    tmp_path: Path, memory: AnswerMemory
) -> None:
    rules = {
        "first": deny({"s.text": {"is": "req-991307"}}),
        "second": deny({"s.text": {"in": ["req-1971740", "other"]}}),
    }
    policies = policies_of(tmp_path, rules, memory=memory)
    wanted = {"req-991307": {"first"}, "req-1971740": {"second"}, "req-3": set(), "other": {"second"}}
    asked = [text for _ in range(400) for text in wanted]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda text: denied(policies, s__text=text), asked))
    assert answers == [wanted[text] for text in asked]


def test_threads_never_give_two_words_one_number() -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for attempt in range(20):
            symbols = Symbols()
            orders = [Random(f"{attempt} {thread}").sample(range(300), 300) for thread in range(8)]
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda order: [symbols.keep(f"w{n}") for n in order], orders))  # noqa: B023
            assert len({symbols.keep(f"w{n}") for n in range(300)}) == 300
    finally:
        sys.setswitchinterval(interval)


def test_a_word_keeps_its_number_all_through_a_message() -> None:
    symbols = Symbols()
    words = symbols.passing()
    before = words.number("new")
    symbols.keep("new")
    assert words.number("new") == before
    assert symbols.passing().number("new") == symbols.keep("new") != before


def test_no_thread_is_started() -> None:
    done = run(f"{PRELUDE}\nimport os, threading\nengine.fired(chunk, nothing)\nprint(threading.active_count())")
    assert done.stdout == "1\n", done.stderr
    counted = run(f"{PRELUDE}\nimport os\nengine.fired(chunk, nothing)\nprint(len(os.listdir('/proc/self/task')))")
    assert counted.stdout == "1\n", counted.stderr


# --- 4. values that it would silently not match

BAD_VALUES = [
    ("s.boolean", 1), ("s.boolean", "true"), ("s.boolean", None),
    ("s.integer", True), ("s.integer", "9"), ("s.integer", 9.0), ("s.integer", float("nan")), ("s.integer", None),
    ("s.integer", LIMIT), ("s.integer", -LIMIT), ("s.integer", 2**63), ("s.integer", 10**5_000),
    ("s.decimal", 0.5), ("s.decimal", Decimal("NaN")), ("s.decimal", Decimal("Infinity")), ("s.decimal", 1),
    ("s.decimal", Decimal("0.0000001")), ("s.decimal", Decimal(10) ** 9),
    ("s.money", 1.0), ("s.money", Decimal(1)), ("s.money", False),
    ("s.date", "2026-11-20"), ("s.date", datetime(2026, 11, 20)), ("s.date", None),
    ("s.time", "09:00"), ("s.time", 540),
    ("s.text", 9), ("s.text", b"text"), ("s.text", None),
    ("s.term", "unheard_of"), ("s.term", ("k1",)), ("s.term", "K1"),
    ("s.terms", ["k1"]), ("s.terms", "k1"), ("s.terms", {"k1"}), ("s.terms", ("k1", "unheard_of")),
    ("s.terms", (("k1",),)), ("s.terms", ("k1", None)),
    ("s.region", "11010"), ("s.region", "１１０１００"), ("s.region", 110100), ("s.regions", ("110100", 110100)),
    ("o.integer", "9"), ("o.integer", True),
]  # fmt: skip


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory, memory: AnswerMemory) -> Policies:
    """Policies that read every fact, and whose rules none of the bad values would make fire."""
    tests: dict[str, Any] = {
        "s.boolean": {"is": False}, "s.integer": {"below": -100}, "s.decimal": {"below": -100},
        "s.money": {"above": "10000 yuan"}, "s.date": {"before": date(1900, 1, 1)},
        "s.time": {"before": "00:01"}, "s.text": {"is": "never"}, "s.term": {"is": "k3"},
        "s.terms": {"includes": "k3"}, "s.region": {"is": "650000"}, "s.regions": {"includes": "650000"},
        "o.integer": {"present": True, "below": -100}, "choice.bank": {"present": True, "is": "abc"},
    }  # fmt: skip
    rules = {f"rule_{n}": deny({fact: test}) for n, (fact, test) in enumerate(tests.items())}
    return policies_of(tmp_path_factory.mktemp("regions"), rules, memory=memory)


def test_right_values_are_not_refused(lenient: Policies) -> None:
    assert decide(lenient).allowed


@pytest.mark.parametrize(("fact", "value"), BAD_VALUES, ids=kind_of)
def test_a_value_of_another_type_is_refused_and_never_did_not_match(lenient: Policies, fact: str, value: Any) -> None:
    with pytest.raises(DecisionFault) as fault:
        decide(lenient, **{fact: value})
    assert fault.value.code == "BAD_FACT"
    assert len(str(fault.value)) < 400


@pytest.mark.parametrize("value", ["unheard_of", 1, ("icbc",), 10**5_000, "x" * 100_000], ids=kind_of)
def test_a_choice_that_is_not_possible_is_the_applicants_fault(lenient: Policies, value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        decide(lenient, choice__bank=value)
    assert (refused.value.code, refused.value.field) == ("VALUE_NOT_POSSIBLE", "choice.bank")
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    ("facts", "code"),
    [({"choice__bank": "unheard_of"}, "VALUE_NOT_POSSIBLE"), ({"s__unheard_of": 1}, "UNKNOWN_FACT")],
)
def test_what_people_say_is_checked_though_no_rule_reads_it(tmp_path: Path, facts: Any, code: str) -> None:
    policies = policies_of(tmp_path, {"young": deny({"s.integer": {"below": 10}})})
    assert decide(policies, s__integer=10, s__boolean="no rule reads it").allowed
    with pytest.raises(DomainError) as refused:
        decide(policies, s__integer=10, **facts)
    assert refused.value.code == code


@pytest.mark.parametrize("fact", sorted(FACTS))
def test_a_missing_value_is_refused_and_never_did_not_match(lenient: Policies, fact: str) -> None:
    facts = {name: value for name, value in FACTS.items() if name != fact}
    with pytest.raises(DecisionFault) as fault:
        lenient.decide("apply", "000000", facts, DAY, history=())
    assert fault.value.code == "MISSING_FACT"


@pytest.mark.parametrize(
    "when",
    [
        {"s.date": {"after": {"fact": "s.date", "plus": "99999 years"}}},
        {"s.date": {"after": {"fact": "s.date", "minus": "99999 months"}}},
        {"s.date": {"after": {"fact": "s.date", "plus": "99999 natural days"}}},
    ],
)
def test_a_date_that_no_calendar_has_is_refused(tmp_path: Path, when: Any, memory: AnswerMemory) -> None:
    with pytest.raises(DecisionFault) as fault:
        decide(
            policies_of(tmp_path, {"far": deny(when)}, memory=memory),
            s__date=date.max if "plus" in str(when) else date.min,
        )
    assert fault.value.code == "BAD_FACT"


# --- 5. many rules


def test_three_hundred_rules_compile_quickly_and_all_fire_at_once(tmp_path: Path, memory: AnswerMemory) -> None:
    rules = {f"rule_{n}": deny({"s.integer": {"below": 100 + n}}) for n in range(300)}
    policies = policies_of(tmp_path, rules, memory=memory)
    assert [denied(policies) for _ in range(3)] == [set(rules)] * 3


def test_the_most_alternatives_compile_quickly_and_all_fire_at_once(tmp_path: Path, memory: AnswerMemory) -> None:
    rules = {
        f"rule_{n}": deny({"any": [{"s.integer": {"below": 100 + 40 * n + k}} for k in range(40)]}) for n in range(25)
    }
    policies = policies_of(tmp_path, rules, memory=memory)
    assert [denied(policies) for _ in range(3)] == [set(rules)] * 3


@pytest.mark.parametrize(
    ("code", "rules"),
    [
        ("TOO_MANY_RULES", {f"rule_{n}": deny({"s.integer": {"below": n}}) for n in range(301)}),
        (
            "TOO_MANY_RULES",
            {f"r{n}": deny({"any": [{"s.integer": {"below": 77 * n + k}} for k in range(41)]}) for n in range(25)},
        ),
        ("CONDITION_TOO_COMPLEX", {"wide": deny({"any": [{"s.integer": {"is": n}} for n in range(65)]})}),
        ("CONDITION_TOO_COMPLEX", {"long": deny({"all": [{"s.integer": {"is_not": n}} for n in range(25)]})}),
        (
            "CONDITION_TOO_COMPLEX",
            {
                "product": deny(
                    {"all": [{"any": [{"s.integer": {"is": n}}, {"s.integer": {"is": -n}}]} for n in range(20)]}
                )
            },
        ),
    ],
)
def test_more_than_the_engine_bears_is_refused_at_load(tmp_path: Path, code: str, rules: Any) -> None:
    with pytest.raises(PolicyFaults) as faults:
        policies_of(tmp_path, rules)
    assert {fault.code for fault in faults.value.faults} == {code}


def test_names_of_fields_have_hashes_of_their_own() -> None:
    names = ["one", "id", "sid", "$i", "$m", "$s", *(f"f{n}" for n in range(CHUNK_FIELDS))]

    def hashed(text: str) -> int:
        value = 2_166_136_261
        for byte in text.encode():
            value = (value ^ byte) * 16_777_619 % 2**32
        return value

    assert len({hashed(name) for name in names}) == len(names)


# --- 6. the same again, and other alphabets


def test_the_same_decision_again_and_again_is_the_same(tmp_path: Path, memory: AnswerMemory) -> None:
    rules = {"chinese": deny({"s.text": {"is": "中文“é”\U0001f600"}}), "tell": {"tell": True, "message": LABEL}}
    policies = policies_of(tmp_path, rules, memory=memory)
    first = decide(policies, s__text="中文“é”\U0001f600")
    assert [d.rule for d in first.denials] == ["chinese"]
    assert first.denials[0].message.en == 'refused “é” \\ " {}'
    assert all(decide(policies, s__text="中文“é”\U0001f600") == first for _ in range(200))
    assert denied(policies, s__text="中文“é”") == set()


# --- 7. memory


RECOMPILING = """
import os
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20
engine = Engine(capacity=8)
def compile_many(start, count):
    for n in range(start, start + count):
        engine.fired(chunk_of(n), nothing)
        if n % 100 == 0:
            engine.clear()
compile_many(0, 200)
before = resident()
compile_many(200, 1_500)
assert engine.compiled >= 1_700, engine.compiled
print(resident() - before)
"""


def test_memory_stays_flat_over_many_compilations_and_would_not_without_freeing() -> None:
    freed = run(PRELUDE + RECOMPILING)
    assert int(freed.stdout) < 8, freed.stderr
    kept = run(f"{PRELUDE}\ndurable_rules_engine.delete_ruleset = lambda handle: None\n{RECOMPILING}")
    assert int(kept.stdout) > 32, kept.stderr


def test_memory_stays_flat_over_many_decisions_of_more_rulesets_than_have_states() -> None:
    script = f"""{PRELUDE}
import os, policies.engine.engine
policies.engine.engine.MAX_STATES = 4
chunks = [chunk_of(n) for n in range(12)]
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20
def ask(count):
    for n in range(count):
        assert engine.fired(chunks[n % 12 if n % 3 else 0], nothing) == frozenset()
ask(2_000)
before = resident()
ask(60_000)
engine.clear()
print(resident() - before)
"""
    done = run(script, MALLOC_PERTURB_="165")
    assert int(done.stdout) < 8, done.stderr


def test_no_more_rulesets_are_kept_than_wanted() -> None:
    engine = Engine(capacity=3)
    for number in (0, 1, 2, 0, 3, 0):
        assert fired({"r": compare("s.n", Op.LT, number)}, {"s.n": -1}, engine) == {"r"}
    assert (len(engine), engine.compiled) == (3, 4)
    engine.clear()
    assert len(engine) == 0


def test_an_engine_is_shared_between_trees(tmp_path: Path) -> None:
    engine = Engine()
    for name in ("old", "new"):
        policies = policies_of(tmp_path / name, {"young": deny({"s.integer": {"below": 10}})}, engine)
        assert denied(policies) == {"young"}
    assert engine.compiled == 1
