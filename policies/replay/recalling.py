"""What the kept texts of policies say about old decisions: what was brought along, and how facts were counted."""

from collections.abc import Mapping

from domain.decision import Requirement
from domain.errors import DecisionFault, InvalidInput, NotFound
from policies.engine.engine import Engine
from policies.language.history_counts import Count
from policies.replay.recorded import Alternatives, Brought, Recorded, thing_asked
from policies.replay.repeating import KeptPolicies, NotRepeatable

MAX_KEPT = 512
"""Texts that are held ready to decide again, some hundred kibibytes each."""


class Recall:
    """Looks up what old decisions rested on.

    Args:
        texts: kept texts of policies by digest, with those of every decision that is asked about, if they were kept.
    """

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        self.texts: Mapping[str, str] = texts or {}
        self._engine = Engine()
        self._policies: dict[str, KeptPolicies | None] = {}

    def brought(self, request: Recorded) -> Brought | None:
        """Return what is known of what people brought along; None where nothing is.

        Decisions did not always keep it. Of the older ones it is known what was asked for, by the text of their policies,
        and what of that was missing; the rest was there.
        """
        if request.brought is not None:
            return request.brought
        policies = self._kept(request)
        if policies is None:
            return None
        try:
            decision = policies.decide(request.facts)
        except (DecisionFault, InvalidInput, NotFound):
            return None
        met = [_alternatives(r) for r in decision.requirements if not r.conditional and not _missed(request, r)]
        met = [alternatives for alternatives in met if alternatives]
        certain = frozenset(thing for found in met if len(found) == 1 for things in found for thing in things)
        return Brought(certain, frozenset(found for found in met if len(found) > 1))

    def counted_so(self, request: Recorded, name: str, count: Count) -> bool:
        """Say whether a recorded number was counted as policies count it now; where no text was kept, it is taken so."""
        policies = self._kept(request)
        definition = policies.facts.get(name) if policies is not None else None
        return definition is None or definition.count == count

    def forget(self) -> None:
        """Free what was compiled to look it up."""
        self._policies.clear()
        self._engine.clear()

    def _kept(self, request: Recorded) -> KeptPolicies | None:
        digest = request.digest
        if digest not in self._policies:
            if len(self._policies) >= MAX_KEPT:
                self._policies.clear()
            self._policies[digest] = self._read(request)
        return self._policies[digest]

    def _read(self, request: Recorded) -> KeptPolicies | None:
        text = self.texts.get(request.digest)
        if text is None:
            return None
        try:
            return KeptPolicies(text, request.digest, request.on, request.known, self._engine)
        except NotRepeatable:
            return None


def _missed(request: Recorded, requirement: Requirement) -> bool:
    needs = sorted({need.name for needs in requirement.alternatives for need in needs})
    return (requirement.rule, tuple(needs)) in request.missing


def _alternatives(requirement: Requirement) -> Alternatives:
    """Return what satisfies a requirement; nothing where facts do, such as a choice."""
    if any(need.kind in ("choice", "declaration") for needs in requirement.alternatives for need in needs):
        return frozenset()
    return frozenset(frozenset(map(thing_asked, needs)) for needs in requirement.alternatives)
