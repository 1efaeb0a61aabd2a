"""`refund`: a fee that was paid is given back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.decision import Decision
from domain.message import Message
from policies.language.outcomes.of_fee import OfFee
from policies.language.outcomes.outcome import Key, Phrasing


@dataclass(frozen=True, slots=True)
class RefundSpec(OfFee):
    """A fee that was paid is given back."""

    word = "refund"
    does = Message("退费", "gives back")
    done = Message("已缴的通过支付机构退还", "what was paid is given back through the payment provider")

    def shared(self, rule: str) -> frozenset[Key]:
        """Return the refund."""
        return frozenset({("refund", self.fee)})

    @classmethod
    def shown(cls, decision: Decision) -> Mapping[Key, Any]:
        """Return the fees that are given back."""
        return {("refund", refund.fee): True for refund in decision.refunds if not refund.conditional}

    @classmethod
    def answer(cls, key: Key, decision: Decision, wording: Phrasing) -> Message:
        """Say that a fee is given back."""
        label = wording.label("fees", key[1])
        return Message(f"退还{label.zh}", f"gives back {label.en}")
