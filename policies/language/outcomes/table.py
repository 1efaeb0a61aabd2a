"""The outcomes of the language by their words, in the order in which people read of them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from policies.language.outcomes.archive import Archive
from policies.language.outcomes.charge import ChargeSpec
from policies.language.outcomes.deny import Deny
from policies.language.outcomes.lapse import LapseSpec
from policies.language.outcomes.outcome import Outcome
from policies.language.outcomes.promise import PromiseSpec
from policies.language.outcomes.refund import RefundSpec
from policies.language.outcomes.require import Require
from policies.language.outcomes.route import RouteSpec
from policies.language.outcomes.tell import Tell
from policies.language.outcomes.waive import Waive

_KINDS: tuple[type[Outcome], ...] = (
    Deny,
    Require,
    ChargeSpec,
    Waive,
    RefundSpec,
    PromiseSpec,
    LapseSpec,
    RouteSpec,
    Archive,
    Tell,
)
OUTCOMES: Final[Mapping[str, type[Outcome]]] = MappingProxyType({kind.word: kind for kind in _KINDS})
