"""Counts and pasts of words that no record can have: they would count nothing for ever, so they are faults."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from domain.errors import InvalidInput
from domain.operation import OPERATION_TRANSITIONS, OperationEvent, OperationState
from domain.services import POSTPONED_UNTIL_PAID
from policies.source.faults import FaultLog
from policies.tree.tree import load_tree, read_tree
from resolvers.policy_tools.explain import Past, Question, asked
from tests.policies.support.regions import REGIONS, real_policies

RESOLVERS = Path("resolvers/services")
CHENGDU = "510100"
TODAY = date(2026, 11, 28)


def faults_of(folder: Path, count: str) -> list[str]:
    shutil.copytree(REGIONS, folder / "regions")
    words = folder / "regions/china/sichuan/chengdu/vocabulary.yaml"
    fact = f"  history.counted: {{type: integer, origin: counted, label: {{zh: 次, en: times}}, count: {count}}}\n"
    text = words.read_text()
    words.write_text(text + ("" if "\nfacts:" in text else "facts:\n") + fact)
    log = FaultLog()
    read_tree(folder / "regions", log)
    return [f"{fault.code}: {fault.message.en}; {fault.remedy.en}" for fault in log.faults]


@pytest.mark.parametrize(
    "count",
    [
        "{of: operation, names: [reissue], where: {state: [received]}, within: lifetime}",
        "{of: operation, names: [reissue, activate], where: {state: [received, completed]}, within: lifetime}",
        "{of: operation, where: {state: [completed]}, within: lifetime}",
        "{of: card_state, names: [locked], within: lifetime, where: {reason: [lapsed], bank: [icbc]}}",
    ],
)
def test_a_count_of_what_there_can_be(tmp_path: Path, count: str) -> None:
    assert faults_of(tmp_path, count) == []


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (
            "{of: operation, names: [reissue], where: {state: [completed]}, within: lifetime}",
            "BAD_COUNT: operations of `reissue` are never `completed`; use one of: submitted, withdrawn, paid, ",
        ),
        (
            "{of: operation, names: [activate], where: {state: [received]}, within: lifetime}",
            "BAD_COUNT: operations of `activate` are never `received`; use one of: submitted, withdrawn, paid, completed",
        ),
        (
            "{of: operation, names: [pay], within: lifetime}",
            "BAD_COUNT: `pay` keeps no operations of its own; name a service that keeps some",
        ),
        (
            "{of: operation, where: {bank: [icbcc]}, within: lifetime}",
            "UNKNOWN_TERM: `icbcc` is not one of the banks; did you mean icbc",
        ),
        (
            "{of: card_state, since: {of: operation, names: [reset_password], where: {state: [received]}}}",
            "BAD_COUNT: operations of `reset_password` are never `received`; use one of: completed",
        ),
    ],
)
def test_a_count_of_what_there_can_never_be(tmp_path: Path, count: str, said: str) -> None:
    [fault] = faults_of(tmp_path, count)
    assert fault.startswith(said)


def past(name: str, **attributes: str) -> Question:
    return Question(CHENGDU, "apply", past=[Past(name, "2026-01-01", attributes)])


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (past("reissue", state="completed"), "never `completed`"),
        (past("reissue", state="done"), "`done` is not one of the operation_states"),
        (past("reissue", bank="icbcc"), "`icbcc` is not one of the banks; use one of: icbc"),
        (past("locked", state="completed"), "have no `state`"),
    ],
)
def test_a_past_that_there_can_never_be(question: Question, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        asked(real_policies(), question, TODAY)
    assert said in caught.value.message.en


@pytest.mark.parametrize(
    ("question", "state"),
    [(past("reissue"), "received"), (past("activate"), "completed"), (past("apply", state="withdrawn"), "withdrawn")],
)
def test_an_operation_of_which_no_more_is_said_is_done(question: Question, state: str) -> None:
    history = asked(real_policies(), question, TODAY).history
    assert history is not None
    assert [record.attributes for record in history] == [{"region": CHENGDU, "state": state}]


def _reached(events: set[OperationEvent]) -> set[str]:
    """Return the states of an operation that begins as submitted and to which only some events happen."""
    become = {state for (_, event), state in OPERATION_TRANSITIONS.items() if event in events}
    return {state.value for state in {OperationState.SUBMITTED, *become}}


def test_the_vocabulary_says_which_states_operations_can_have() -> None:
    """The services of the vocabulary against the code: what begins an operation, and what its states can become."""
    asked_about = {OperationEvent.CONFIRM, OperationEvent.OBJECT, OperationEvent.COMPLETE}
    card, guardian = _reached(set(OperationEvent) - asked_about), _reached(asked_about | {OperationEvent.WITHDRAW})
    for name, term in load_tree(REGIONS).regions["000000"].words.vocabularies["services"].terms.items():
        code = (RESOLVERS / f"{name}.py").read_text()
        states = term.attributes["states"]
        if "begun(decided, OperationState.SUBMITTED" in code:
            assert (set(states), states[-1]) == (card, "received"), name
        elif re.search(r"\basked\(decided\)", code):
            assert (set(states), states[-1]) == (guardian, "completed"), name
        elif "begun(decided, OperationState.COMPLETED" in code or re.search(r"\bcard_(step|change)\(", code):
            waits = ("submitted", "withdrawn", "paid") if name in POSTPONED_UNTIL_PAID else ()
            assert states == (*waits, "completed"), name
        else:
            assert states == (), name
