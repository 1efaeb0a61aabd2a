"""Random questions about a place: facts with boundary values, absent and unknown ones, evidence and history."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any

from domain.duration import WorkingDay
from domain.evidence import DocumentEvidence, Evidence
from domain.history import History, HistoryRecord
from tests.policies.support.oracle import Question
from tests.policies.support.oracle_tree import Fact, Place, Type
from tests.policies.support.random_words import AMOUNTS, CODES, DAYS, DECIMALS, MOMENTS, NUMBERS, TEXTS, TIMES


class OddCalendar:
    """Working days like those of no year, the same for the engine and the oracle; those from 2025 on are guessed."""

    def day(self, on: date) -> WorkingDay:
        """Say whether a day is worked: against its weekday, every seventh and eleventh of them."""
        number = on.toordinal()
        odd = number % 7 == number % 5 or number % 11 == 0
        return WorkingDay((on.weekday() < 5) is not odd, estimated=on.year >= 2025)


ODD_DAYS = OddCalendar()
NEAR = (-1, 0, 0, 0, 1)


def days_near(random: Random, days: Sequence[date]) -> date:
    """Return one of the days, or the day before or after it."""
    return random.choice(days) + timedelta(days=random.choice(NEAR))


class Questions:
    """Makes questions about one service in one place."""

    def __init__(
        self, random: Random, place: Place, service: str, subjects: Sequence[str], days: Sequence[date]
    ) -> None:
        self.random = random
        self.place = place
        self.service = service
        self.facts = {name: fact for name, fact in place.facts.items() if name.split(".")[0] in subjects}
        # A few pairs of days likewise: what is in force is worked out once for each.
        self.days = [self._days(days) for _ in range(6)]
        values = [v["value"] for s in self._settings() for layer in s.layers for v in layer if s.type.kind == "integer"]
        self.numbers = (*NUMBERS, *(int(value) + random.choice(NEAR) for value in values))

        # A few sets of unknown facts, since each makes the engine compile the rules anew.
        self.unknown = {form: [self._unknown(form) for _ in range(3)] for form in (False, True)}

    def _unknown(self, form: bool) -> frozenset[str]:
        shares = {"declared": self.random.choice((0.0, 0.5, 1.0)), "counted": 0.8}
        default = self.random.choice((0.1, 0.4)) if form else 0.0
        return frozenset(n for n, f in self.facts.items() if self.random.random() < shares.get(f.origin, default))

    def _days(self, days: Sequence[date]) -> tuple[date, date]:
        on = days_near(self.random, days)
        return on, on if self.random.random() < 0.5 else days_near(self.random, days)

    def _settings(self) -> list[Any]:
        return [*self.place.shared.values(), *self.place.settings.get(self.service, {}).values()]

    def ask(self) -> Question:
        """Return one question."""
        on, known = self.random.choice(self.days)
        form = self.random.random() < 0.35
        return Question(
            service=self.service,
            facts=self._facts(form),
            on=on,
            known=known,
            evidence=self._evidence(on),
            history=None if form and self.random.random() < 0.5 else self._history(on),
            form=form,
            calendar=ODD_DAYS,
        )

    def _facts(self, form: bool) -> dict[str, Any]:
        unknown = self.random.choice(self.unknown[form])
        return {name: self._value(fact) for name, fact in self.facts.items() if name not in unknown}

    def _value(self, fact: Fact) -> Any:
        nothing_to_choose = fact.type.kind == "term" and not self.place.terms[fact.type.of or ""]
        if fact.optional and (nothing_to_choose or self.random.random() < 0.3):
            return None
        return self.value(fact.type)

    def value(self, of_type: Type) -> Any:
        """Return a value of a type, as callers of the engine give it."""
        words = tuple(self.place.terms.get(of_type.of or "", ()))
        pools: dict[str, Callable[[], Any]] = {
            "boolean": lambda: self.random.random() < 0.5,
            "integer": lambda: self.random.choice(self.numbers) + self.random.choice(NEAR),
            "decimal": lambda: self.random.choice(DECIMALS),
            "money": lambda: round(Decimal(self.random.choice(AMOUNTS).split()[0]) * 100) + self.random.choice(NEAR),
            "date": lambda: days_near(self.random, DAYS),
            "time": self._time,
            "moment": lambda: (
                datetime.fromisoformat(self.random.choice(MOMENTS))
                + timedelta(microseconds=self.random.choice(NEAR), hours=self.random.choice((-7, 0, 0, 3)))
            ),
            "text": lambda: self.random.choice(("", *TEXTS)),
            "term": lambda: self.random.choice(words),
            "terms": lambda: self._some(words),
            "region": lambda: self.random.choice(CODES),
            "regions": lambda: self._some(CODES),
        }
        return pools[of_type.kind]()

    def _time(self) -> time:
        return time.fromisoformat(self.random.choice(TIMES)).replace(second=self.random.choice((0, 59)))

    def _some(self, values: Sequence[str]) -> tuple[str, ...]:
        return tuple(self.random.sample(values, self.random.randint(0, min(len(values), 4))))

    def _evidence(self, on: date) -> Evidence:
        some: Callable[[str], tuple[str, ...]] = lambda name: self._some(tuple(self.place.terms[name]))  # noqa: E731
        details = {name: self.random.choice(("", "  ", "x")) for name in some("details")}
        documents = tuple(self._document(name, on) for name in some("documents"))
        return Evidence(frozenset(some("proofs")), documents, details)

    def _document(self, name: str, on: date) -> DocumentEvidence:
        pick = self.random.choice
        sighted = self.random.random() < 0.2
        if sighted and pick((True, False)):
            return DocumentEvidence(None, name, sighted=True)
        return DocumentEvidence(
            id="a", type=name, format=pick(("jpeg", "png", "pdf")), size_bytes=pick((999, 1000, 1001, None)),
            width_px=pick((358, 358, 359, 413, 250, 249, None)), height_px=pick((441, 441, 440, 579, 330, 331, None)),
            dpi=pick((350, 350, 300, 299, 254, 254, 0, None)), colour=pick((True, True, False, None)),
            background=pick(("white", "white", "not_white", None)), sighted=sighted,
            taken_on=pick((None, on, on - timedelta(days=28), on - timedelta(days=31), on - timedelta(days=32))),
        )  # fmt: skip

    def _history(self, on: date) -> History:
        return tuple(self._record(on) for _ in range(self.random.randint(0, 5)))

    def _record(self, on: date) -> HistoryRecord:
        kind = self.random.choice(("operation", "operation", "card_state"))
        day = on + timedelta(days=self.random.choice((1, 0, 0, -1, -29, -30, -31, -365)))
        # Around midnight in China, and told in another zone.
        hour = self.random.choice((15, 16))
        at = datetime(day.year, day.month, day.day, hour, 30, tzinfo=UTC) - timedelta(days=hour == 16)
        return HistoryRecord(
            kind="operation" if kind == "operation" else "card_state",
            name=self.random.choice(("activate", "apply", "locked", "lost")),
            at=at.astimezone(timezone(timedelta(hours=self.random.choice((-5, 0, 8))))),
            region="110100",
            attributes={}
            if self.random.random() < 0.3
            else {"state": self.random.choice(("done", "open", "withdrawn"))},
        )
