"""What each outcome of the language needs besides its own module: one place that says what a new one lacks."""

from collections.abc import Collection, Mapping
from typing import Any

from domain.outcomes import CARRIED_OUT
from policies.cases.expectation_kinds import EXPECTATIONS
from policies.engine.decision_parts import PARTS
from policies.language.outcomes.deny import Deny
from policies.language.outcomes.outcome import Outcome
from policies.language.outcomes.table import OUTCOMES
from policies.solver.observed import OBSERVED
from tests import language_page
from tests.policies.support import oracle_tree, random_rules

KINDS: Mapping[str, Collection[type[Outcome]]] = {
    "PARTS in policies/engine/decision_parts.py": PARTS,
    "OBSERVED in policies/solver/observed.py": OBSERVED,
    "EXPECTATIONS in policies/cases/expectation_kinds.py": {k for kind in EXPECTATIONS.values() for k in kind.of},
}
WORDS: Mapping[str, Collection[str]] = {
    "CARRIED_OUT in domain/outcomes.py": frozenset[str]().union(*(known.outcomes for known in CARRIED_OUT.values())),
    "DONE in tests/language_page.py": language_page.DONE,
    "CALLED in tests/language_page.py": language_page.CALLED,
    "KINDS in tests/policies/support/random_rules.py": random_rules.KINDS,
    "OUTCOMES in tests/policies/support/oracle_tree.py": oracle_tree.OUTCOMES,
}


def lacking(kind: Any) -> list[str]:
    """Return where an outcome is missing."""
    own = [f"{name} in {kind.__module__}" for name in ("word", "does", "done") if not hasattr(kind, name)]
    own += [f"{name}() in {kind.__module__}" for name in sorted(kind.__abstractmethods__)]
    kinds = [where for where, there in KINDS.items() if kind not in there]
    return own + kinds + [where for where, there in WORDS.items() if getattr(kind, "word", None) not in there]


def test_each_outcome_has_its_entry_in_each_table() -> None:
    found = [f"{word}: {where}" for word, kind in OUTCOMES.items() for where in lacking(kind)]
    assert not found, "\n".join(found)


def test_all_that_a_new_outcome_lacks_is_listed() -> None:
    class Unfinished(Outcome):
        """An outcome of which there is nothing yet."""

    class Halved(Deny):
        """An outcome with a module, and nothing beside."""

        word = "halved"

    assert len(lacking(Unfinished)) == len(("word", "does", "done", "read", "schema", "shown", "answer")) + len(
        KINDS
    ) + len(WORDS)
    assert lacking(Halved) == [*KINDS, *WORDS]
