"""Whom a draft of the policies changes: recorded decisions answered again, and what is otherwise, summed up.

recorded     what is kept of a decision; what an answer comes to
recalling    what old decisions rested on, from the kept texts of their policies
replaying    a recorded request answered under other policies
impact       both answers compared, and counted by region and service
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import NamedTuple

from policies.replay.recalling import Recall
from policies.replay.recorded import Answer, Lapsing, Promised, Reason, Recorded, Standing, Undecided
from policies.replay.replaying import Replay

Move = tuple[Standing, Standing]
"""Where people stood, and where they would."""

_ALLOWED, _ASKED, _REFUSED = Standing.ALLOWED, Standing.ASKED, Standing.REFUSED
_COUNTERS = ("moves", "why", "promises", "lapses", "undecided", "baseline_undecided")
_GOING_ON = frozenset({_ALLOWED, _ASKED})


class Why(NamedTuple):
    """A rule because of which people would stand elsewhere.

    Args:
        gone: whether it stood in their way and no longer does; otherwise it newly does.
    """

    move: Move
    gone: bool
    reason: Reason


class ChangedDecision(NamedTuple):
    """Promises or lapses about one thing as they were and as they would be, either of them perhaps none."""

    before: tuple[Promised | Lapsing, ...]
    after: tuple[Promised | Lapsing, ...]


@dataclass(slots=True)
class FeeSums:
    """One fee that one side pays, in fen.

    Args:
        before, after: what allowed requests paid, and would pay.
        pending: what those would pay that are newly asked for something, once they bring it.
        gained, lost: the differences of single requests, those that rise and those that fall.
        more, less: how many of those that are allowed both times would pay more, or less.
    """

    before: int = 0
    after: int = 0
    pending: int = 0
    gained: int = 0
    lost: int = 0
    more: int = 0
    less: int = 0

    def add(self, other: "FeeSums", times: int = 1) -> None:
        """Add the sums of other requests, each so many times."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name) * times)


@dataclass(slots=True)
class Cell:
    """What became of some requests.

    Args:
        moves: how many stood and would stand where.
        why: how often which rule is behind it, also where only the reasons of a refusal change.
        reasons_changed: how many stand where they did, for other reasons.
        fees: by fee and payer, in fen; promises, lapses: how many get which others.
        undecided: requests that the draft cannot decide, by what is lacking; baseline_undecided: that those cannot which
            it is compared with.
        unchanged: how many would notice nothing.
    """

    moves: Counter[Move] = field(default_factory=Counter)
    why: Counter[Why] = field(default_factory=Counter)
    reasons_changed: int = 0
    fees: dict[tuple[str, str], FeeSums] = field(default_factory=dict)
    promises: Counter[ChangedDecision] = field(default_factory=Counter)
    lapses: Counter[ChangedDecision] = field(default_factory=Counter)
    undecided: Counter[Undecided] = field(default_factory=Counter)
    baseline_undecided: Counter[Undecided] = field(default_factory=Counter)
    unchanged: int = 0

    @property
    def decisions(self) -> int:
        """How many requests there are."""
        return self.moves.total()

    @property
    def flips(self) -> int:
        """How many were allowed and would not be, or the other way round; what cannot be decided is none."""
        decided = (_ALLOWED, _ASKED, _REFUSED)
        return sum(
            count
            for (before, after), count in self.moves.items()
            if before in decided and after in decided and (before is _ALLOWED) is not (after is _ALLOWED)
        )

    def moved(self, before: Standing | None, after: Standing) -> int:
        """Return how many would stand somewhere and stood elsewhere.

        Args:
            before: where they stood, if only those are wanted.
        """
        return sum(n for (a, b), n in self.moves.items() if b is after and a is not after and before in (None, a))

    def add(self, other: "Cell", times: int = 1) -> None:
        """Add what became of other requests, each so many times."""
        for name in _COUNTERS:
            mine = getattr(self, name)
            for key, count in getattr(other, name).items():
                mine[key] += count * times
        for key, sums in other.fees.items():
            self.fees.setdefault(key, FeeSums()).add(sums, times)
        self.reasons_changed += other.reasons_changed * times
        self.unchanged += other.unchanged * times

    def count(self, before: Answer, after: Answer) -> None:
        """Count one request with both answers."""
        move = (before.standing, after.standing)
        self.moves[move] += 1
        if before.fault is not None:
            self.baseline_undecided[before.fault] += 1
        if after.fault is not None:
            self.undecided[after.fault] += 1
        noticed = self._reasons(before, after) | self._fees(before, after) | self._terms(before, after)
        self.unchanged += not noticed and move[0] is move[1] and Standing.UNDECIDED not in move

    def _reasons(self, before: Answer, after: Answer) -> bool:
        if Standing.UNDECIDED in (before.standing, after.standing):
            return False
        move = (before.standing, after.standing)
        found = [Why(move, True, reason) for reason in _without(before.reasons, after.reasons)]
        found += [Why(move, False, reason) for reason in _without(after.reasons, before.reasons)]
        self.why.update(found)
        self.reasons_changed += bool(found) and move[0] is move[1]
        return bool(found)

    def _fees(self, before: Answer, after: Answer) -> bool:
        if Standing.UNDECIDED in (before.standing, after.standing):
            return False
        paid = _sums(before) if before.standing is _ALLOWED else Counter()
        due = _sums(after)
        waiting = before.standing is _ALLOWED and after.standing is _ASKED
        noticed = False
        for key in (paid.keys() | due.keys()) if _ALLOWED in (before.standing, after.standing) else ():
            one = FeeSums(before=paid[key], pending=due[key] if waiting else 0)
            one.after = due[key] if after.standing is _ALLOWED else 0
            difference = one.after + one.pending - one.before
            one.gained, one.lost = max(difference, 0), max(-difference, 0)
            if before.standing is after.standing:
                one.more, one.less = int(difference > 0), int(difference < 0)
            noticed = noticed or difference != 0
            self.fees.setdefault(key, FeeSums()).add(one)
        return noticed

    def _terms(self, before: Answer, after: Answer) -> bool:
        """Compare promises and lapses where nothing denies, neither then nor now."""
        if not {before.standing, after.standing} <= _GOING_ON:
            return False
        promises = list(_changed(before.promises, after.promises))
        lapses = list(_changed(before.lapses, after.lapses))
        self.promises.update(promises)
        self.lapses.update(lapses)
        return bool(promises or lapses)


def _without(reasons: Iterable[Reason], others: Iterable[Reason]) -> Iterator[Reason]:
    """Yield reasons that are not among others; the same rule may stand on another line by now."""
    known = {(other.asks, other.rule) for other in others}
    yield from (reason for reason in dict.fromkeys(reasons) if (reason.asks, reason.rule) not in known)


def _sums(answer: Answer) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for due in answer.dues:
        found[due.fee, due.payer] += due.amount
    return found


def _changed(before: Iterable[Promised | Lapsing], after: Iterable[Promised | Lapsing]) -> Iterator[ChangedDecision]:
    old, new = (sorted(terms, key=repr) for terms in (set(before), set(after)))
    for what in dict.fromkeys(term[0] for term in (*old, *new)):
        was, becomes = (tuple(term for term in terms if term[0] == what) for terms in (old, new))
        if was != becomes:
            yield ChangedDecision(was, becomes)


@dataclass(slots=True)
class Impact:
    """What a draft changes, by region and service.

    Args:
        cells: by region and service.
        decided: how many requests differed, and so were decided, in every process that decided.
    """

    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)
    decided: int = 0

    def count(self, region: str, service: str, cell: Cell, times: int = 1) -> None:
        """Count what becomes of a request that was made so many times."""
        self.cells.setdefault((region, service), Cell()).add(cell, times)

    def add(self, other: "Impact") -> None:
        """Add what a draft changes for other requests."""
        for key, cell in other.cells.items():
            self.cells.setdefault(key, Cell()).add(cell)
        self.decided += other.decided

    @property
    def total(self) -> Cell:
        """All requests together."""
        return self._together(self.cells)

    def by_region(self) -> dict[str, Cell]:
        """Return what became of the requests in each region."""
        regions = sorted({region for region, _ in self.cells})
        return {name: self._together(key for key in self.cells if key[0] == name) for name in regions}

    def by_service(self) -> dict[str, Cell]:
        """Return what became of the requests for each service."""
        services = sorted({service for _, service in self.cells})
        return {name: self._together(key for key in self.cells if key[1] == name) for name in services}

    def _together(self, keys: Iterable[tuple[str, str]]) -> Cell:
        found = Cell()
        for key in keys:
            found.add(self.cells[key])
        return found


class Comparison:
    """Answers recorded requests on both sides, and says what is otherwise.

    Args:
        draft: answers under the draft; recall: of what old decisions rested on.
        baseline: answers under what the draft is compared with; None to compare with what was answered then.
    """

    def __init__(self, draft: Replay, recall: Recall, baseline: Replay | None = None) -> None:
        self._draft = draft
        self._recall = recall
        self._baseline = baseline

    def of(self, request: Recorded) -> Cell:
        """Say what becomes of one request."""
        brought = self._recall.brought(request)
        was = request.answer if self._baseline is None else self._baseline.answer(request, brought)
        found = Cell()
        found.count(was, self._draft.answer(request, brought))
        return found

    def impact(self, requests: Iterable[Recorded]) -> Impact:
        """Say what becomes of some requests."""
        found, decided = Impact(), self._draft.decided
        for request in requests:
            found.count(request.region, request.service, self.of(request))
        found.decided = self._draft.decided - decided
        return found
