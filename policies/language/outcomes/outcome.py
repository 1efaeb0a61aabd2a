"""What every outcome of a rule has: how it is read, said, compared and shown.

What needs the rule engine or the solver is said on their floors, in one table each (`engine.decision_parts`, `solver.observed`).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, NamedTuple, Protocol, Self

from domain.decision import Decision
from domain.message import Message
from domain.outcomes import CarriedOut
from policies.language.conditions import Operand, Scope, Test, operand_facts, operand_settings, read_operand
from policies.language.json_schema import Definitions, Schema
from policies.language.values import Kind, ValueType
from policies.language.vocabulary import FactDefinition
from policies.source.faults import Unreadable
from policies.source.reader import Value

Key = tuple[str, ...]
"""Names one thing that a decision shows, such as `("deny", rule)` or `("charge", fee)`; the first part is an outcome's word."""

NOTHING = Message("无", "nothing")
"""What is said where there is nothing to say."""


class Settled(NamedTuple):
    """What only one applying rule may settle.

    Args:
        kind: what kind of thing it is, as people read it; name: which one.
    """

    kind: Message
    name: str

    @property
    def told(self) -> Message:
        """What is settled, as people read it."""
        return Message(f"{self.kind.zh} `{self.name}`", f"{self.kind.en} {self.name}")


class Phrasing(Protocol):
    """Puts the names and values of a region into words."""

    def label(self, vocabulary: str, name: str) -> Message:
        """Return what people call a term."""

    def fact(self, name: str) -> Message:
        """Return what people call a fact."""

    def definition(self, name: str) -> FactDefinition | None:
        """Return a fact's definition; None where there is none."""

    def show(self, value: Any, of_type: ValueType) -> Message:
        """Show a value."""

    def operand(self, operand: Operand, of_type: ValueType) -> Message:
        """Show an operand, and where its value comes from."""

    def test(self, test: Test) -> Message:
        """Say a test as it is written."""


class Outcome(ABC):
    """What a rule does when it applies; each outcome of the language is a class.

    Its name and its fields are part of the digests of policies: neither may change.

    Args:
        word: of the language; keys: of the mapping that stands under it, in the order in which they are written.
        does: what people read before what it does; done: what the service does besides answering.
        done_is_told: whether officers are told that, rule by rule; of the others it goes without saying.
        speaks: whether it must come with a message; asks: whether its part of a decision asks for something.
        restricts: whether it makes a request harder, so that a region below may not loosen it where it is bound.
        cites_what_it_tells: whether the settings that its message shows are cited behind it, too.
        absent: what is said of a decision that does not show it.
    """

    __slots__ = ()

    word: ClassVar[str]
    keys: ClassVar[tuple[str, ...]] = ()
    does: ClassVar[Message]
    done: ClassVar[Message]
    done_is_told: ClassVar[bool] = False
    speaks: ClassVar[bool] = False
    asks: ClassVar[bool] = False
    restricts: ClassVar[bool] = False
    cites_what_it_tells: ClassVar[bool] = False
    absent: ClassVar[Message] = NOTHING

    # --- as it is written

    @classmethod
    @abstractmethod
    def read(cls, value: Value, scope: Scope) -> Self:
        """Read what stands under the word.

        Raises:
            Unreadable: something is wrong; every fault found is recorded.
        """

    @classmethod
    @abstractmethod
    def schema(cls, known: Definitions) -> Schema:
        """Return the JSON Schema of what stands under the word."""

    def check_carried_out(self, service: str, value: Value, known: CarriedOut) -> None:
        """Record a fault where a service that carries the outcome out cannot do it so.

        Args:
            service: whose rule it is; value: what stands under the word; known: what the service carries out.
        """
        return None  # most can be carried out in one way only

    def stated(self, wording: Phrasing) -> Message | None:
        """Say what it does as it is written; None where only the message of its rule says it."""
        return None

    # --- what it reads and settles

    def operands(self) -> Iterator[Operand]:
        """Yield every operand."""
        return iter(())

    def narrowing(self) -> tuple[Operand, ...]:
        """Return the operands that only narrow what it does, so that a form shows it before they are known."""
        return ()

    def facts(self) -> tuple[str, ...]:
        """Return the facts that it reads."""
        return tuple(name for operand in self.operands() for name in operand_facts(operand))

    def settings(self) -> tuple[str, ...]:
        """Return the settings that it reads."""
        return tuple(name for operand in self.operands() for name in operand_settings(operand))

    def settles(self) -> Settled | None:
        """Return what only one applying rule may settle; None where many may."""
        return None

    def shared(self, rule: str) -> frozenset[Key]:
        """Return the things that a rule with it has a part in: rules with one in common must be looked at together."""
        return frozenset({("rule", rule)})

    # --- in a decision

    def effect(self, rule: str, decision: Decision, wording: Phrasing) -> Message | None:
        """Say what a rule with it does in a decision, or would do if it applied; None where only its message says it."""
        return self.stated(wording)

    @classmethod
    @abstractmethod
    def shown(cls, decision: Decision) -> Mapping[Key, Any]:
        """Return all that a decision shows of this kind, whatever was brought along; what only may apply is left out."""

    @classmethod
    @abstractmethod
    def answer(cls, key: Key, decision: Decision, wording: Phrasing) -> Message:
        """Say what a decision shows under one of the keys of `shown`."""


def read_term(value: Value, vocabulary: str, scope: Scope) -> str:
    """Read a word of a vocabulary."""
    name: str = scope.words.read(value, ValueType(Kind.TERM, vocabulary))
    return name


def operand_reader(of_type: ValueType, scope: Scope) -> Callable[[Value], Operand]:
    """Return what reads an operand of a type."""
    return lambda value: read_operand(value, of_type, scope)


def says_nothing(word: str, value: Value) -> Unreadable:
    """Record that an outcome is switched off, and return what to raise."""
    message = Message(f"`{word}: false` 没有意义", f"`{word}: false` says nothing")
    remedy = Message(f"写成 `{word}: true`，或删去本规则", f"write `{word}: true` or remove the rule")
    return value.fault("WRONG_TYPE", message, remedy)


def names_listed(names: Iterable[str]) -> Message:
    """List names as a remedy does."""
    listed = list(names)
    return Message("、".join(f"`{name}`" for name in listed) or "无", ", ".join(listed) or "none")
