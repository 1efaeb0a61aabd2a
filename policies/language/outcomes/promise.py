"""`promise`: the office promises something within a time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from domain.decision import Decision
from domain.message import Message
from domain.outcomes import CarriedOut
from policies.language.conditions import Operand, Scope
from policies.language.json_schema import Definitions, Schema, fields
from policies.language.outcomes.outcome import Key, Outcome, Phrasing, Settled, operand_reader, read_term
from policies.language.values import Kind, ValueType, show_duration
from policies.source.faults import use_one_of
from policies.source.reader import Value, read_all

_DURATION = ValueType(Kind.DURATION)
_SETTLED = Message("承诺时限", "promise")


@dataclass(frozen=True, slots=True)
class PromiseSpec(Outcome):
    """The office promises something within a time."""

    what: str
    within: Operand
    counted_from: str

    word = "promise"
    keys = ("what", "within", "counted_from")
    does = Message("承诺", "promises")
    done = Message("应办结的日期记入办件，可以查询", "the day by which it is due is kept with the operation")
    done_is_told = True

    @classmethod
    def read(cls, value: Value, scope: Scope) -> Self:
        """Read what is promised, within what time, and from when that is counted."""
        readers: dict[str, Callable[[Value], Any]] = {
            "what": lambda item: read_term(item, "promises", scope),
            "within": operand_reader(_DURATION, scope),
            "counted_from": lambda item: read_term(item, "moments", scope),
        }
        return cls(**read_all(value.fields(tuple(readers)), readers))

    @classmethod
    def schema(cls, known: Definitions) -> Schema:
        """Return the JSON Schema of a promise."""
        within = known.operand(_DURATION)
        return fields(cls.keys, what=known.term("promises"), within=within, counted_from=known.term("moments"))

    def check_carried_out(self, service: str, value: Value, known: CarriedOut) -> None:
        """Record a fault where the time is counted from what the operation never reaches."""
        if self.counted_from not in known.moments:
            message = Message(
                f"办件在事项 `{service}` 之后不会经过 `{self.counted_from}`，这项承诺不能起算",
                f"after the service `{service}` no operation reaches `{self.counted_from}`, so that nothing is counted",
            )
            remedy = use_one_of(sorted(known.moments))
            value.entries()["counted_from"].fault("OUTCOME_NOT_CARRIED_OUT", message, remedy)

    def stated(self, wording: Phrasing) -> Message:
        """Say what is promised within what time."""
        what, within = wording.label("promises", self.what), wording.operand(self.within, _DURATION)
        since = wording.label("moments", self.counted_from)
        return Message(f"{what.zh}：从{since.zh}算起，{within.zh}", f"{what.en}, {within.en}, counted from {since.en}")

    def operands(self) -> Iterator[Operand]:
        """Yield the time."""
        yield self.within

    def settles(self) -> Settled:
        """Return what is promised."""
        return Settled(_SETTLED, self.what)

    def shared(self, rule: str) -> frozenset[Key]:
        """Return the promise."""
        return frozenset({("promise", self.what)})

    def effect(self, rule: str, decision: Decision, wording: Phrasing) -> Message:
        """Say what is promised, and within what time where it is."""
        label = wording.label("promises", self.what)
        done = next((promise for promise in decision.promises if promise.rule == rule), None)
        if done is None:
            return label
        within = show_duration(done.within)
        return Message(f"{label.zh}{within.zh}", f"{label.en} {within.en}")

    @classmethod
    def shown(cls, decision: Decision) -> Mapping[Key, Any]:
        """Return what is promised, with its time."""
        promises = (promise for promise in decision.promises if not promise.conditional)
        return {("promise", promise.what): (str(promise.within), promise.counted_from) for promise in promises}

    @classmethod
    def answer(cls, key: Key, decision: Decision, wording: Phrasing) -> Message:
        """Say what is promised within what time."""
        promise = next(promise for promise in decision.promises if promise.what == key[1] and not promise.conditional)
        within, said = show_duration(promise.within), promise.message
        return Message(f"承诺：{said.zh}（{within.zh}）", f"promises: {said.en} ({within.en})")
