"""`lapse`: a state ends by time alone and becomes another."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from domain.decision import Decision
from domain.lapses import LAPSES
from domain.message import Message
from domain.outcomes import CarriedOut, services_ending
from policies.language.conditions import Operand, Scope
from policies.language.json_schema import Definitions, Schema, fields
from policies.language.outcomes.outcome import Key, Outcome, Phrasing, Settled, names_listed, operand_reader, read_term
from policies.language.values import Kind, ValueType, show_duration
from policies.source.faults import use_one_of
from policies.source.reader import Value, read_all

_DURATION = ValueType(Kind.DURATION)
_STATES = "lapsing_states"
_SETTLED = Message("到期变更", "lapse")


@dataclass(frozen=True, slots=True)
class LapseSpec(Outcome):
    """A state ends by time alone and becomes another."""

    state: str
    after: Operand
    becomes: str

    word = "lapse"
    keys = ("state", "after", "becomes")
    does = Message("到期变更", "lets lapse")
    done = Message(
        "从办完本事项的时刻起算，到期自动变更，不用任何人办理",
        "counted from the moment of this service; it happens by itself, and nobody has to do anything",
    )
    done_is_told = True

    @property
    def at_once(self) -> bool:
        """Whether the rule itself says that the state ends at once."""
        return self.after.source == "literal" and self.after.value.amount == 0

    @classmethod
    def read(cls, value: Value, scope: Scope) -> Self:
        """Read which state becomes which, and after what time."""
        readers: dict[str, Callable[[Value], Any]] = {
            "state": lambda item: read_term(item, _STATES, scope),
            "after": operand_reader(_DURATION, scope),
            "becomes": lambda item: read_term(item, _STATES, scope),
        }
        return cls(**read_all(value.fields(tuple(readers)), readers))

    @classmethod
    def schema(cls, known: Definitions) -> Schema:
        """Return the JSON Schema of a lapse."""
        after, states = known.operand(_DURATION), known.term(_STATES)
        return fields(cls.keys, state=states, after=after, becomes=states)

    def check_carried_out(self, service: str, value: Value, known: CarriedOut) -> None:
        """Record a fault where the state does not end so, or nothing is in it after the service."""
        entries = value.entries()
        if self.state not in LAPSES:
            message = Message(
                f"状态 `{self.state}` 不会只因到期而终止", f"the state `{self.state}` never ends by time alone"
            )
            entries["state"].fault("LAPSE_IMPOSSIBLE", message, use_one_of(sorted(LAPSES)))
        elif self.becomes not in LAPSES[self.state]:
            message = Message(
                f"`{self.state}` 到期后不能变为 `{self.becomes}`",
                f"`{self.state}` cannot become `{self.becomes}` by time alone",
            )
            entries["becomes"].fault("LAPSE_IMPOSSIBLE", message, use_one_of(sorted(LAPSES[self.state])))
        elif self.state not in known.lapses:
            self._ends_nothing(service, entries["state"], known)
        elif self.state in known.at_once and not self.at_once:
            message = Message(
                f"事项 `{service}` 办完时，`{self.state}` 即时终止，不会再延续",
                f"`{self.state}` ends at once with the service `{service}`, and lasts no longer",
            )
            entries["after"].fault("OUTCOME_NOT_CARRIED_OUT", message, Message("写成 `at once`", "write `at once`"))

    def _ends_nothing(self, service: str, value: Value, known: CarriedOut) -> None:
        message = Message(
            f"办完事项 `{service}` 后，没有卡或办件处于 `{self.state}` 状态，这条到期规则不会执行",
            f"after the service `{service}` no card or operation is `{self.state}`, so that nothing would come of it",
        )
        here, elsewhere = names_listed(sorted(known.lapses)), names_listed(services_ending(self.state))
        remedy = Message(
            f"本事项可写的状态：{here.zh}。`{self.state}` 的到期应写在：{elsewhere.zh}",
            f"this service ends: {here.en}. State the end of `{self.state}` in: {elsewhere.en}",
        )
        value.fault("OUTCOME_NOT_CARRIED_OUT", message, remedy)

    def stated(self, wording: Phrasing) -> Message:
        """Say which state becomes which, and after what time."""
        ends, becomes = self._states(wording)
        if self.at_once:
            return Message(f"“{ends.zh}”即时变为“{becomes.zh}”", f"{ends.en} becomes {becomes.en} by itself, at once")
        after = wording.operand(self.after, _DURATION)
        return Message(
            f"“{ends.zh}”满{after.zh}，自动变为“{becomes.zh}”",
            f"{ends.en} becomes {becomes.en} by itself, after {after.en}",
        )

    def _states(self, wording: Phrasing) -> tuple[Message, Message]:
        return wording.label(_STATES, self.state), wording.label(_STATES, self.becomes)

    def operands(self) -> Iterator[Operand]:
        """Yield the time."""
        yield self.after

    def settles(self) -> Settled:
        """Return the state."""
        return Settled(_SETTLED, self.state)

    def shared(self, rule: str) -> frozenset[Key]:
        """Return the end of the state."""
        return frozenset({("lapse", self.state)})

    def effect(self, rule: str, decision: Decision, wording: Phrasing) -> Message:
        """Say which state becomes which."""
        ends, becomes = self._states(wording)
        return Message(f"“{ends.zh}”到期自动变为“{becomes.zh}”", f"{ends.en} becomes {becomes.en} by itself")

    @classmethod
    def shown(cls, decision: Decision) -> Mapping[Key, Any]:
        """Return the states that end, after what time and as what."""
        lapses = (lapse for lapse in decision.lapses if not lapse.conditional)
        return {("lapse", lapse.state): (str(lapse.after), lapse.becomes) for lapse in lapses}

    @classmethod
    def answer(cls, key: Key, decision: Decision, wording: Phrasing) -> Message:
        """Say which state becomes which, and after what time."""
        lapse = next(lapse for lapse in decision.lapses if lapse.state == key[1] and not lapse.conditional)
        ends, becomes = (wording.label(_STATES, name) for name in (lapse.state, lapse.becomes))
        after = show_duration(lapse.after)
        return Message(f"{after.zh}后，{ends.zh}变为{becomes.zh}", f"{ends.en}: {becomes.en} after {after.en}")
