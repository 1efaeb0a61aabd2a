"""`tell`: something the person should know."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from domain.decision import Decision
from domain.message import Message
from policies.language.conditions import Scope
from policies.language.json_schema import TEXT, TRUE, Definitions, Schema, fields
from policies.language.outcomes.outcome import Key, Outcome, Phrasing, says_nothing
from policies.source.reader import Value, read_all


@dataclass(frozen=True, slots=True)
class Tell(Outcome):
    """Something the person should know, with an office to turn to."""

    contact: str | None

    word = "tell"
    does = Message("告知", "tells")
    done = Message("随办理结果告知", "told with the answer")
    speaks = True
    cites_what_it_tells = True

    @classmethod
    def read(cls, value: Value, scope: Scope) -> Self:
        """Read `true`, or whom to turn to."""
        if value.is_mapping:
            return cls(read_all(value.fields(("contact",)), {"contact": Value.text})["contact"])
        if not value.boolean():
            raise says_nothing(cls.word, value)
        return cls(None)

    @classmethod
    def schema(cls, known: Definitions) -> Schema:
        """Return the JSON Schema of `true`, or of whom to turn to."""
        return {"anyOf": [TRUE, fields(("contact",), contact=TEXT)]}

    def stated(self, wording: Phrasing) -> Message | None:
        """Say whom to turn to."""
        return Message(f"联系：{self.contact}", f"contact {self.contact}") if self.contact is not None else None

    def effect(self, rule: str, decision: Decision, wording: Phrasing) -> Message | None:
        """Leave it to the message of the rule, which is what is told."""
        return None

    @classmethod
    def shown(cls, decision: Decision) -> Mapping[Key, Any]:
        """Return the rules that tell something."""
        return {("tell", advice.rule): True for advice in decision.advice if not advice.conditional}

    @classmethod
    def answer(cls, key: Key, decision: Decision, wording: Phrasing) -> Message:
        """Say what is told."""
        message = next(advice.message for advice in decision.advice if advice.rule == key[1])
        return Message(f"告知：{message.zh}", f"tells: {message.en}")
