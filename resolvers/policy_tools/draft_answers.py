"""What is said of a draft: plain values, which cross from the process where it was tried to the one that answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from domain.message import Message
from policies.source.faults import SourceLocation
from policies.words.notices import Notice


@dataclass(frozen=True, slots=True)
class DraftFiles:
    """A draft as it is handed to the process that tries it.

    Args:
        key: of this draft alone; folder: the regions in force; files: laid over them, None for one that is taken away.
        today: in China.
    """

    key: str
    folder: Path
    files: Mapping[str, str | None]
    today: date


@dataclass(frozen=True, slots=True)
class About:
    """Which part of a draft is looked at; None for all of it, and for today and later.

    Args:
        region: GB/T 2260, with everything below it; service: a term of the services vocabulary.
        on: that day only; known: the day by which it had to be published.
    """

    region: str | None = None
    service: str | None = None
    on: date | None = None
    known: date | None = None


@dataclass(frozen=True, slots=True)
class CaseDifference:
    """One way in which a decision is not as a test expects, for tools."""

    what: str
    expected: str
    actual: str


@dataclass(frozen=True, slots=True)
class FailedCase:
    """A test beside the policies that fails."""

    place: SourceLocation
    name: Message
    differences: tuple[CaseDifference, ...]


@dataclass(frozen=True, slots=True)
class CaseOutcomes:
    """What became of the tests: how many are as expected, and those that are not."""

    passed: int
    failed: tuple[FailedCase, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the solver finds that nobody can have meant, and what could not be settled."""

    notices: tuple[Notice, ...]
    open: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """Something that is written otherwise.

    Args:
        kind: of thing; name: its id; what: added, removed or changed; parts: those that changed.
        place: where the draft has it, or where it was; None for a vocabulary.
    """

    kind: str
    name: str
    what: str
    parts: tuple[str, ...]
    place: SourceLocation | None


@dataclass(frozen=True, slots=True)
class Says:
    """What one version says to a request, as far as the versions differ; `fault` where it cannot decide."""

    refused: bool
    fault: str | None
    words: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class DecidedOtherwise:
    """A request that is decided otherwise: its day, in words, all its facts as JSON has them, and both answers."""

    on: date
    who: Message
    facts: Mapping[str, Any]
    before: Says
    after: Says


@dataclass(frozen=True, slots=True)
class Span:
    """What comes of a change on days on which nothing else changes.

    Args:
        alike: whether it is proven that no decision changes; open: what could not be settled.
    """

    first: date
    last: date
    alike: bool
    decisions: tuple[DecidedOtherwise, ...]
    open: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class ServiceDifference:
    """Regions in which a service changes in the same way."""

    service: str
    regions: tuple[str, ...]
    written: tuple[Written, ...]
    alike: bool
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference between a draft and what is in force; `added` and `removed` are regions that only one of them has."""

    alike: bool
    added: tuple[str, ...]
    removed: tuple[str, ...]
    services: tuple[ServiceDifference, ...]
