"""What people call the states of cards and operations is one thing, in the code and in the vocabularies."""

import pytest

from domain import card, operation
from tests.policies.support.regions import real_policies


@pytest.mark.parametrize(
    ("vocabulary", "labels"), [("card_states", card.STATE_LABELS), ("operation_states", operation.STATE_LABELS)]
)
def test_a_state_has_one_name(vocabulary: str, labels: dict[str, object]) -> None:
    terms = real_policies().region("000000").words.vocabularies[vocabulary].terms
    assert {name: term.label for name, term in terms.items()} == dict(labels)
