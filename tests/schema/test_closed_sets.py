"""The enums of the graph have the words of what they are of, so that none of these can be missing from them."""

from typing import get_args

import pytest

from domain.card import CardState
from domain.lapses import LAPSES, LapsingState
from domain.operation import OperationState
from domain.region import Level
from policies.compare.diff_text import kind_of
from policies.language.outcomes.charge import PAYERS
from policies.language.outcomes.table import OUTCOMES
from policies.language.service import Rule, Setting
from policies.language.vocabulary import FactDefinition, Vocabulary
from resolvers.changing.input_paths import PROOFS
from resolvers.looking_up.forms.inputs import INPUTS, LEFT_TO_PROGRAMS
from schema.services.forms import inputs_by_service
from schema.types.closed_sets import NeedKind, Payer, RegionLevel, RuleOutcome, WrittenKind
from tests.policies.support.regions import real_policies

WORDS = real_policies().region("000000").words


def test_a_lapse_and_a_state_say_the_same_word_the_same_way() -> None:
    vocabulary = WORDS.words_of("lapsing_states")
    assert {state.value for state in LapsingState} == set(vocabulary)
    assert {*LAPSES, *(then for ends in LAPSES.values() for then in ends)} <= set(vocabulary)
    spelt = {state.value: state.name for states in (CardState, OperationState) for state in states}
    assert all(spelt[state.value] == state.name for state in LapsingState if state is not LapsingState.REPLACED)


@pytest.mark.parametrize(
    ("enum", "words"),
    [
        (RegionLevel, get_args(Level)),
        (RegionLevel, WORDS.words_of("region_levels")),
        (Payer, tuple(PAYERS)),
        (RuleOutcome, tuple(OUTCOMES)),
        (NeedKind, ("proof", "document", "detail", "declaration", "choice")),
    ],
)
def test_an_enum_has_every_word(enum: type, words: tuple[str, ...]) -> None:
    assert {value.value for value in enum} == set(words)  # type: ignore[attr-defined] # an enum


def test_what_is_written_otherwise_has_every_kind() -> None:
    kinds = {kind_of(object.__new__(thing)) for thing in (Rule, Setting, FactDefinition, Vocabulary)}
    assert {kind.value for kind in WrittenKind} == kinds


def test_every_proof_is_known_to_come_with_an_input_or_with_none() -> None:
    assert PROOFS.keys() == set(WORDS.words_of("proofs"))


def test_every_field_of_an_input_is_known_to_forms() -> None:
    unknown = {
        f"{mutation}: {given.path}"
        for service, (mutation, inputs) in inputs_by_service().items()
        for given in inputs
        if not given.path.startswith("evidence.")
        and INPUTS.keys().isdisjoint((f"{service}.{given.path}", given.path))
        and given.path not in LEFT_TO_PROGRAMS
    }
    assert unknown == set(), "add them to resolvers/looking_up/forms/inputs.py"
