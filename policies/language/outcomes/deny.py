"""`deny`: the request is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from domain.decision import Decision
from domain.message import Message
from policies.language.conditions import Scope
from policies.language.json_schema import TRUE, Definitions, Schema
from policies.language.outcomes.outcome import Key, Outcome, Phrasing, says_nothing
from policies.source.reader import Value


@dataclass(frozen=True, slots=True)
class Deny(Outcome):
    """The request is refused."""

    word = "deny"
    does = Message("不予办理", "refuses")
    done = Message("不予办理，什么也不改变", "nothing is changed")
    speaks = True
    restricts = True
    absent = Message("没有这条不予办理的理由", "not refused for it")

    @classmethod
    def read(cls, value: Value, scope: Scope) -> Self:
        """Read `true`."""
        if not value.boolean():
            raise says_nothing(cls.word, value)
        return cls()

    @classmethod
    def schema(cls, known: Definitions) -> Schema:
        """Return the JSON Schema of `true`."""
        return TRUE

    @classmethod
    def shown(cls, decision: Decision) -> Mapping[Key, Any]:
        """Return the rules that deny; a route that is closed denies too."""
        return {("deny", denial.rule): True for denial in decision.denials}

    @classmethod
    def answer(cls, key: Key, decision: Decision, wording: Phrasing) -> Message:
        """Say what a rule denies with, and where it stands."""
        denial = next(denial for denial in decision.denials if denial.rule == key[1])
        at = f"{denial.citation.file}:{denial.citation.line}"
        return Message(f"{denial.code}：{denial.message.zh}（{at}）", f"{denial.code}: {denial.message.en} ({at})")
