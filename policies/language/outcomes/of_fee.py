"""What outcomes about a fee have in common."""

from dataclasses import dataclass
from typing import Self

from domain.message import Message
from policies.language.conditions import Scope
from policies.language.json_schema import Definitions, Schema
from policies.language.outcomes.outcome import Outcome, Phrasing, read_term
from policies.source.reader import Value


@dataclass(frozen=True, slots=True)
class OfFee(Outcome):
    """What is done with a fee that another rule charges.

    Args:
        fee: a term of the fees vocabulary.
    """

    fee: str

    done_is_told = True

    @classmethod
    def read(cls, value: Value, scope: Scope) -> Self:
        """Read a fee."""
        return cls(read_term(value, "fees", scope))

    @classmethod
    def schema(cls, known: Definitions) -> Schema:
        """Return the JSON Schema of a fee."""
        return known.term("fees")

    def stated(self, wording: Phrasing) -> Message:
        """Name the fee."""
        return wording.label("fees", self.fee)
