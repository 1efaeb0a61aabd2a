"""What the policies of a region say about one request."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, get_args

from domain.duration import Duration
from domain.fee import Due, Fee, is_one_fee
from domain.frozen import quickly_made, replace
from domain.message import Message
from domain.region import Level

_LEVELS = get_args(Level)
Scalar = bool | int | str | date | None
FactValue = bool | int | float | str | Any | tuple[str, ...] | None
"""Dates, times and durations are Python's and ours; terms are their names; None is "known to be absent"."""

Facts = Mapping[str, FactValue]
"""Facts by dotted name. A name that is missing is *unknown*; a None is *known to be absent*."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a rule or a value comes from.

    Args:
        document: title of the document in its own language, or `assumption`.
        clause: where in the document.
        note: what a reader should know, such as which part is assumed; a plain text where it is in one language only.
        assumed: True when no document says it.
        region, level: whose policy file states it.
        file, line: the place in `regions/`.
    """

    document: str
    clause: str | None
    note: Message | str | None
    assumed: bool
    region: str
    level: Level
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class CitedValue:
    """A setting that a rule reads, with its own source: a city may set the value of a nation's rule.

    Args:
        setting: its name; label: what people call it; shown: its value as people read it.
    """

    setting: str
    label: Message
    shown: Message
    citation: Citation


def clause_behind(citation: Citation, values: tuple[CitedValue, ...]) -> Citation:
    """Return what to cite to whoever is refused: the clause of the region nearest to them.

    A city may set the value that a nation's rule refuses by. Then the city's document is what says so, unless no document does.

    Args:
        citation: of the rule; values: the settings behind it.
    """
    said = [value.citation for value in values if not value.citation.assumed]
    return max((citation, *said), key=lambda found: _LEVELS.index(found.level))


@dataclass(frozen=True, slots=True)
class Denial:
    """One reason why not. `code` is the rule's id in SCREAMING_SNAKE_CASE; `values` are the settings behind it."""

    rule: str
    code: str
    message: Message
    citation: Citation
    values: tuple[CitedValue, ...] = ()


@quickly_made
@dataclass(frozen=True, slots=True)
class Need:
    """One thing that satisfies (part of) a requirement.

    Args:
        kind: `proof`, `document`, `detail`, `declaration` or `choice`.
        name: the term: which proof, document type, form field, declared fact or choice.
        label: what a form calls it.
        specification: what the thing must be, by attribute (`width_px`: 358, ...), empty when anything will do.
        satisfied: whether the evidence at hand satisfies it.
        problem: why what was given does not.
    """

    kind: str
    name: str
    label: Message
    specification: Mapping[str, Any]
    satisfied: bool
    problem: Message | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class Requirement:
    """Something that must be there: any one of the alternatives, each of which is a set of needs.

    Args:
        rule: the rule that asks for it.
        message: what to tell the person.
        alternatives: disjunctive normal form; satisfied when all needs of one alternative are.
        satisfied: whether one alternative is.
        conditional: True when it applies only if facts that are not known yet turn out so (forms only).
        citation: why; values: the settings behind it.
    """

    rule: str
    message: Message
    alternatives: tuple[tuple[Need, ...], ...]
    satisfied: bool
    conditional: bool
    citation: Citation
    values: tuple[CitedValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """A fee that is charged, or, with `waived_by`, would have been.

    Args:
        fee: its line of the bill; it says when it is due, and whether it may be given back.
    """

    fee: Fee
    waived_by: str | None
    conditional: bool
    citation: Citation
    values: tuple[CitedValue, ...] = ()

    @property
    def rule(self) -> str:
        """The rule that charges it."""
        return self.fee.rule

    @property
    def refundable(self) -> bool:
        """Whether a rule may give it back."""
        return self.fee.refundable

    @property
    def due(self) -> Due:
        """Whether the service waits for it."""
        return self.fee.due

    @property
    def counts(self) -> bool:
        """Whether it is asked for, and not only where something turns out so."""
        return self.waived_by is None and not self.conditional


@dataclass(frozen=True, slots=True)
class Waiver:
    """A fee that is not charged, or that is struck off a bill on which it still stands."""

    rule: str
    fee: str
    conditional: bool
    citation: Citation


@dataclass(frozen=True, slots=True)
class Refund:
    """A fee that was paid and is given back, as far as it was charged as refundable.

    Args:
        fee: its name in the policies; label: what the bill says; message: why.
    """

    rule: str
    fee: str
    label: Message
    message: Message | None
    conditional: bool
    citation: Citation
    values: tuple[CitedValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Promise:
    """A deadline that the office promises: `within` counts from the moment that `counted_from` names."""

    rule: str
    what: str
    within: Duration
    counted_from: str
    message: Message
    conditional: bool
    citation: Citation
    values: tuple[CitedValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Lapse:
    """A state that ends by time alone: `state` becomes `becomes` after `after`.

    Args:
        values: the settings behind it; length: that of them which says after what time, where one does.
    """

    rule: str
    state: str
    after: Duration
    becomes: str
    message: Message
    conditional: bool
    citation: Citation
    values: tuple[CitedValue, ...] = ()
    length: str | None = None

    @property
    def source(self) -> Citation:
        """Who says that it ends then: a city may set the time of a nation's rule, by a document of its own."""
        return next((value.citation for value in self.values if value.setting == self.length), self.citation)


@dataclass(frozen=True, slots=True)
class Route:
    """The open values of a choice, such as the banks or ways of delivery.

    Args:
        open: what the rule leaves open; offered: those of them with which no other rule refuses, to be shown to people.
        values: the settings behind it.
    """

    rule: str
    choice: str
    open: tuple[str, ...]
    conditional: bool
    citation: Citation
    offered: tuple[str, ...] = ()
    values: tuple[CitedValue, ...] = ()


@dataclass(frozen=True, slots=True)
class ArchiveItem:
    """A material that the handling office must keep; `values` are the settings behind it."""

    rule: str
    document: str
    label: Message
    conditional: bool
    citation: Citation
    values: tuple[CitedValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """Something the person should be told, with an office to turn to where there is one; `values` are the settings behind it."""

    rule: str
    message: Message
    contact: str | None
    conditional: bool
    citation: Citation
    values: tuple[CitedValue, ...] = ()


@quickly_made
@dataclass(frozen=True, slots=True)
class Decision:
    """Everything that the policies say about one request, all at once.

    Args:
        service, region: what was asked, of whom.
        on: the day whose rules are in force; known: the day by which they had to be published.
        denials: every reason why not.
        conditional_denials: reasons that would apply if facts not known yet turn out so (forms only).
        requirements: everything that must be there, satisfied or not.
        charges, promises, lapses, routes, archive, advice: the other outcomes that apply.
        digest: `sha256:` and the content hash of the policies in force, whatever the facts.
        facts: the facts that were decided on; they hold no personal data.
        waivers, refunds: what is struck off the bill, and what was paid and is given back.
        special_days: the days that were counted as worked, or as days off, against their weekday.
        estimated: whether working days were counted that nobody has announced yet.
    """

    service: str
    region: str
    on: date
    known: date
    denials: tuple[Denial, ...]
    conditional_denials: tuple[Denial, ...]
    requirements: tuple[Requirement, ...]
    charges: tuple[Charge, ...]
    promises: tuple[Promise, ...]
    lapses: tuple[Lapse, ...]
    routes: tuple[Route, ...]
    archive: tuple[ArchiveItem, ...]
    advice: tuple[Advice, ...]
    digest: str
    facts: Facts
    special_days: Mapping[date, bool] = field(default_factory=dict)
    estimated: bool = False
    waivers: tuple[Waiver, ...] = ()
    refunds: tuple[Refund, ...] = ()

    @property
    def missing(self) -> tuple[Requirement, ...]:
        """Requirements that nothing at hand satisfies."""
        return tuple(r for r in self.requirements if not r.satisfied and not r.conditional)

    @property
    def allowed(self) -> bool:
        """True only when nothing denies and nothing is missing."""
        return not self.denials and not self.missing

    @property
    def fees(self) -> tuple[Fee, ...]:
        """What is charged, waived fees left out."""
        return tuple(charge.fee for charge in self.charges if charge.counts)

    @property
    def bill(self) -> tuple[Fee, ...]:
        """The lines of the bill: what is charged, and what is waived."""
        return tuple(replace(c.fee, waived_by=c.waived_by) for c in self.charges if not c.conditional)

    def together_with(self, other: "Decision | None") -> "Decision":
        """Return this decision with all that another says besides, to be told at once, under one digest for both."""
        if other is None:
            return self
        digest = hashlib.sha256(f"{self.digest} {other.digest}".encode()).hexdigest()
        return replace(
            self,
            denials=(*self.denials, *other.denials),
            conditional_denials=(*self.conditional_denials, *other.conditional_denials),
            requirements=(*self.requirements, *other.requirements),
            charges=_charged_once(self.charges, other.charges),
            waivers=(*self.waivers, *other.waivers),
            refunds=(*self.refunds, *other.refunds),
            promises=(*self.promises, *other.promises),
            lapses=(*self.lapses, *other.lapses),
            routes=(*self.routes, *other.routes),
            archive=(*self.archive, *other.archive),
            advice=(*self.advice, *other.advice),
            digest=f"sha256:{digest}",
            estimated=self.estimated or other.estimated,
        )


def _charged_once(one: tuple[Charge, ...], other: tuple[Charge, ...]) -> tuple[Charge, ...]:
    """Return the charges of two decisions: what both charge for the same delivery once, the dearer of the two."""
    left_out = {
        id(first if second.fee.amount > first.fee.amount else second)
        for first in one
        for second in other
        if first.counts and second.counts and first.fee.service != second.fee.service
        if is_one_fee(first.fee, second.fee)
    }
    return tuple(charge for charge in (*one, *other) if id(charge) not in left_out)
