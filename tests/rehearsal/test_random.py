"""Whatever a policy that loads says, the service does: for random rules of every kind, in every service."""

import os
from collections.abc import Mapping
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from rehearsal import rehearse
from tests.rehearsal.random_outcomes import Rule, policies_of_services, requests_of, tree_of

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"


@settings(
    max_examples=200 if SOAK else 3,
    deadline=None,
    # Each example is a whole country: smaller ones of it would be sought for minutes.
    phases=(Phase.explicit, Phase.generate),
    derandomize=not SOAK,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(policies_of_services())
def test_what_a_decision_states_is_what_the_records_show(
    tmp_path: Path, rules: Mapping[str, Mapping[str, Rule]]
) -> None:
    policies, _ = tree_of(tmp_path / "regions", rules)
    results = rehearse(policies, requests_of(policies))
    assert [result.text("en") for result in results if not result.passed] == []
