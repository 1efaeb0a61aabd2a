"""Rows of a province as COPY takes them: one card a number, and what belongs to it under the same number.

Cities, services, banks and states are as uneven as they are in a province: a quarter of all is in its capital, most applications
are over, a few wait. What is due for the sweep is as many rows at every size, for it is a matter of days and not of years.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from domain.holder import Holder
from store.encoding import dump
from store.repositories.holders import SEALED
from store.sealing import Sealer

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
"""When the service looks at the rows."""
YEARS = timedelta(days=3 * 365)
"""Over which the applications are spread, up to now."""
CAPITAL, OTHER_CITY, ELSEWHERE = "510100", "510700", "370200"
RARE_SERVICE, RARE_BANK = "end_guardianship", "ccb"
DUE = 1_000
"""Cards, and as many operations, whose state has ended by time alone and is not written down."""
LINES = 5_000
"""How many rows are sent at once."""
_MIXED = 0x9E3779B97F4A7C15
"""Odd, so that no two numbers share an id; and ids lie scattered over an index, as random ones do."""
_MASK = (1 << 64) - 1


def _shares(**shares: int) -> tuple[str, ...]:
    """Return a thousand words, each as often as it says; the first takes the rest."""
    (first, _), *others = shares.items()
    words = [word for word, share in others for _ in range(share)]
    return (*(first for _ in range(1_000 - len(words))), *words)


_CITIES = (
    *(CAPITAL,) * 250,
    *(ELSEWHERE,) * 50,
    *(f"51{city:02}00" for city in (3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 32, 33, 34) for _ in range(35)),
)  # fmt: skip
_SERVICES = _shares(
    apply=0, activate=250, report_temporary_loss=80, cancel_loss_report=50, report_formal_loss=30, reissue=50,
    transfer_in=40, cancel=30, end_guardianship=1,
)  # fmt: skip
_BANKS = _shares(icbc=0, abc=200, boc=150, psbc=100, ccb=1)
_CHANNELS = _shares(service_window=0, unionpay_app=500, bank_window=100)
_OPERATION_STATES = _shares(
    completed=0, received=150, withdrawn=20, submitted=12, paid=8, accepted=20, produced=15, shipped=15,
    correction_requested=2,
)  # fmt: skip
_CARD_STATES = _shares(
    active=0, sealed=40, temporarily_lost=5, formally_lost=10, locked=5, cancelled=60,
)  # fmt: skip
_ENDS_BY_ITSELF = {
    "submitted": "withdrawn", "correction_requested": "withdrawn", "sealed": "cancelled", "temporarily_lost": "active",
}  # fmt: skip
_FACTS = dump(
    {
        "request.channel": "unionpay_app", "request.role": "citizen", "actor.relation": "self", "holder.age": 36,
        "holder.photo_on_file": True, "holder.insured_in_city": True, "holder.full_capacity": True,
        "request.today": date(2026, 11, 20),
    }
)  # fmt: skip
_OUTCOME = dump(
    {"denials": [], "missing": [], "met": ["photo", "identity_card"], "fees": [], "promises": ["made_in_time"],
     "lapses": [], "routes": ["outlet"], "archive": ["application_form", "identity_card_copy"], "advice": [],
     "sources": [{"document": "chengdu_service_guide", "clause": "applying, 3", "assumed": False}] * 2}
)  # fmt: skip
_DIGEST = "sha256:" + "a" * 64


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows there are.

    Args:
        cards: and operations, one for each card.
        people: how many of the newest have their holder, history and timeline on record too.
        decisions: how many of the newest operations have a decision.
        brief: whether operations hold no details and decisions no facts and outcome, to save room.
    """

    cards: int
    people: int
    decisions: int
    brief: bool = False


def identifier(number: int) -> str:
    """Return the id of everything that belongs to the card with a number."""
    return f"{number * _MIXED & _MASK:016x}{number:020x}"


class Rows:
    """The rows of every table.

    Args:
        sealer: makes what is personal readable to the service, each row's as its own.
    """

    def __init__(self, size: Size, sealer: Sealer) -> None:
        self.size = size
        self._sealer = sealer
        self._step = YEARS / size.cards
        self._due_every = max(size.people // DUE, 1)
        self._made: dict[str, tuple[int, Callable[[int, int], str]]] = {
            "cards": (size.cards, self._card()),
            "operations": (size.cards, self._operation()),
            "holders": (size.people, self._holder()),
            "card_states": (size.people, self._card_state),
            "timeline": (size.people * 3, self._timeline),
            "decisions": (size.decisions, self._decision()),
        }

    @property
    def counts(self) -> dict[str, int]:
        """How many rows each table gets."""
        return {table: count for table, (count, _) in self._made.items()}

    def lines(self, table: str) -> Iterator[tuple[int, bytes]]:
        """Yield the rows of a table in the text format of COPY, with how many there are in each piece."""
        count, line = self._made[table]
        for start in range(0, count, LINES):
            numbers = range(start, min(start + LINES, count))
            yield len(numbers), "".join([line(n, n * _MIXED & _MASK) for n in numbers]).encode()

    def numbered(self, identifier: str) -> tuple[str, str]:
        """Return what is sealed in a card whose number is its id, and the index of the number."""
        return self._sealed_card(identifier, identifier), self._sealer.card_number_index(identifier)

    def _sealed_card(self, identifier: str, number: str) -> str:
        sealed = {"number": number, "social_security_number": "T20000000000000001"}
        return self._sealer.seal(f"cards/sealed/{identifier}", sealed)

    def moment(self, number: int) -> str:
        """Return when the operation with a number was asked for; the first is the newest."""
        return (NOW - self._step * number).isoformat()

    def is_due(self, number: int) -> bool:
        """Say whether the state of a card and of its operation has ended by time alone."""
        return number < self.size.people and number % self._due_every == 0

    def _card(self) -> Callable[[int, int], str]:
        def line(n: int, h: int) -> str:
            sealed = self._sealed_card(f"{h:016x}{n:020x}", "T2026000000000000001")
            place, state = _CITIES[h // 7 % 1000], _CARD_STATES[h // 11_003 % 1000]
            state, until, then = ("temporarily_lost", _PAST, "active") if self.is_due(n) else (state, *_ending(state))
            return (
                f"{h:016x}{n:020x}\t{place[:2]}0000\t{place}\t{h:016x}{n:020x}\t{h:032x}{n:032x}\t{sealed}"
                f"\t{_BANKS[h // 13 % 1000]}\tthird\t{state}\t2024-05-06\t2024-05-06T00:00:00Z\t{until}\t{then}\t1\n"
            )

        return line

    def _operation(self) -> Callable[[int, int], str]:
        personal: dict[str, Any] = {"details": {}, "declarations": {}, "sighted": [], "correction_reason": None}
        if not self.size.brief:
            address = {"mobile": "13812345678", "residence_address": "示例市示例区示例路一百二十三号"}
            personal |= {"details": address, "declarations": {"declared.agreement_accepted": True}}
        personal |= {"tracking_number": None, "delivery": None, "postponed": None}

        def line(n: int, h: int) -> str:
            sealed = self._sealer.seal(f"operations/sealed/{h:016x}{n:020x}", personal)
            place, state = _CITIES[h // 7 % 1000], _OPERATION_STATES[h // 11_003 % 1000]
            state, until, then = ("submitted", _PAST, "withdrawn") if self.is_due(n) else (state, *_ending(state))
            at = self.moment(n)
            return (
                f"{h:016x}{n:020x}\t{place[:2]}0000\t{place}\t{_SERVICES[h // 17 % 1000]}\t{h:016x}{n:020x}\t{h:016x}{n:020x}\tself"
                f"\t{state}\t{_CHANNELS[h // 19 % 1000]}\t{at}\t{at}\t{_DIGEST}\t{_BANKS[h // 13 % 1000]}\t{h:016x}{n:020x}\t{sealed}"
                f"\t[]\t[]\tf\t[]\t{until}\t{then}\t1\n"
            )

        return line

    def _holder(self) -> Callable[[int, int], str]:
        someone = Holder("", "示例", "citizen", "resident_identity_card", "T00000000000000001", date(1990, 3, 7))
        personal = {name: getattr(someone, name) for name in SEALED}

        def line(n: int, h: int) -> str:
            sealed = self._sealer.seal(f"holders/sealed/{h:016x}{n:020x}", personal)
            place = _CITIES[h // 7 % 1000]
            return f'{h:016x}{n:020x}\t{place[:2]}0000\t{h:032x}{n:032x}\tcitizen\t{sealed}\t["{place}"]\t[]\tt\tt\t1\n'

        return line

    def _card_state(self, n: int, h: int) -> str:
        place = _CITIES[h // 7 % 1000]
        return f"{n + 1}\t{place[:2]}0000\t{place}\t{h:016x}{n:020x}\tactive\t2024-05-06T00:00:00Z\n"

    def _timeline(self, n: int, _: int) -> str:
        of, part = divmod(n, 3)
        h = of * _MIXED & _MASK
        event, before, after = _STEPS[part]
        return (
            f"{n + 1}\t{_CITIES[h // 7 % 1000][:2]}0000\t{h:016x}{of:020x}\t{self.moment(of)}\t{event}\t{before}\t{after}"
            f"\t{h:016x}{of:020x}\tcitizen\t{_CHANNELS[h // 19 % 1000]}\t{_DIGEST}\n"
        )

    def _decision(self) -> Callable[[int, int], str]:
        facts, outcome = ("{}", "{}") if self.size.brief else (_FACTS, _OUTCOME)

        def line(n: int, h: int) -> str:
            place, at = _CITIES[h // 7 % 1000], self.moment(n)
            return (
                f"{h:016x}{n:020x}\t{place[:2]}0000\t{place}\t{h:016x}{n:020x}\t{_SERVICES[h // 17 % 1000]}\t{at}"
                f"\t{at[:10]}\t{at[:10]}\t{_DIGEST}\tt\t{facts}\t{outcome}\n"
            )

        return line


_PAST, _FUTURE = ((NOW + after).isoformat() for after in (timedelta(hours=-1), timedelta(days=5)))
_STEPS = (("applied", "\\N", "submitted"), ("accepted", "submitted", "accepted"), ("produced", "accepted", "produced"))


def _ending(state: str) -> tuple[str, str]:
    then = _ENDS_BY_ITSELF.get(state)
    return (_FUTURE, then) if then else ("\\N", "\\N")


COLUMNS = {
    "cards": (
        "id", "province", "region", "holder_id", "number_index", "sealed", "bank", "generation", "state", "issued_on",
        "state_since", "state_until", "state_then", "version",
    ),
    "operations": (
        "id", "province", "region", "service", "holder_id", "actor_id", "relation", "state", "channel", "created_at",
        "updated_at", "policy_digest", "bank", "card_id", "sealed", "documents", "fees", "promise_estimated",
        "archive", "state_until", "state_then", "version",
    ),
    "holders": (
        "id", "province", "identity_index", "holder_type", "sealed", "insured_in", "employed_in", "full_capacity",
        "photo_on_file", "version",
    ),
    "card_states": ("id", "province", "region", "card_id", "state", "since"),
    "timeline": (
        "id", "province", "operation_id", "at", "event", "from_state", "to_state", "actor_id", "role", "channel",
        "policy_digest",
    ),
    "decisions": (
        "id", "province", "region", "operation_id", "service", "at", "on", "known", "digest", "allowed", "facts",
        "outcome",
    ),
}  # fmt: skip
"""The columns of the rows, in the order of their values."""
