"""One nation with one service, for tests that need no more."""

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from domain.decision import Decision
from policies.engine.decide import Policies
from policies.engine.engine import Engine
from policies.engine.truths import AnswerMemory
from policies.tree.tree import load_tree
from tests.policies.support.random_words import ATTRIBUTES, LABEL, TERMS, fact_definitions, write_yaml

DAY = date(2026, 11, 20)
OUTLET = {
    "bank": "icbc",
    "instant": False,
    "opened": DAY,
    "floor": 1,
    "region": "110100",
    "kinds": ["k1"],
    "closes": "17:00",
    "lead": "3 hours",
}
FACTS: dict[str, Any] = {
    "s.boolean": True,
    "s.integer": 9,
    "s.decimal": Decimal("0.5"),
    "s.money": 100,
    "s.date": DAY,
    "s.time": time(9, 0),
    "s.text": "req-991307",
    "s.term": "k1",
    "s.terms": ("k1", "k2"),
    "s.region": "110100",
    "s.regions": ("110100",),
    "choice.bank": "icbc",
    "o.integer": None,
}


def policies_of(
    folder: Path,
    rules: Mapping[str, Any],
    engine: Engine | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    memory: AnswerMemory | None = None,
) -> Policies:
    """Return the policies of one nation whose service `apply` has these rules."""
    attributes = {"outlets": ATTRIBUTES}
    more: Mapping[str, Any] = {"outlets": OUTLET}
    for name, terms in TERMS.items():
        write_yaml(
            folder / "vocabulary" / f"{name}.yaml",
            {
                "label": LABEL,
                "attributes": attributes.get(name, {}),
                "terms": {term: {"label": LABEL} | more.get(name, {}) for term in terms},
            },
        )
    regions = {"type": "regions", "origin": "declared", "label": LABEL}
    write_yaml(folder / "facts.yaml", fact_definitions() | {"declared.regions": regions})
    write_yaml(folder / "china" / "region.yaml", {"code": "000000", "level": "nation", "name": LABEL})
    write_yaml(
        folder / "china" / "apply.yaml",
        {"title": LABEL, "source": "assumption", "settings": settings or {}, "rules": rules},
    )
    return Policies(load_tree(folder), engine, memory=memory)


def deny(when: Any) -> Any:
    """Return a rule that denies."""
    return {"when": when, "deny": True, "message": {"zh": "不予受理：外语“é”", "en": 'refused “é” \\ " {{}}'}}


def decide(policies: Policies, **changes: Any) -> Decision:
    """Decide on the usual facts with some of them changed."""
    facts = FACTS | {name.replace("__", "."): value for name, value in changes.items()}
    return policies.decide("apply", "000000", facts, DAY, history=())


def denied(policies: Policies, **changes: Any) -> set[str]:
    """Return the rules that deny."""
    return {denial.rule for denial in decide(policies, **changes).denials}
