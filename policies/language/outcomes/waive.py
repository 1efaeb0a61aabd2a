"""`waive`: a fee that another rule charges is not charged."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.decision import Decision
from domain.message import Message
from policies.language.outcomes.of_fee import OfFee
from policies.language.outcomes.outcome import Key, Phrasing


@dataclass(frozen=True, slots=True)
class Waive(OfFee):
    """A fee that another rule charges is not charged."""

    word = "waive"
    does = Message("免收", "waives")
    done = Message("从办件的账单中免去", "struck off the bill of the operation")

    def shared(self, rule: str) -> frozenset[Key]:
        """Return the charge that it waives."""
        return frozenset({("charge", self.fee)})

    @classmethod
    def shown(cls, decision: Decision) -> Mapping[Key, Any]:
        """Return the fees that are struck off an earlier bill: of what is charged here too, the charge says it."""
        charged = {charge.fee.id for charge in decision.charges if not charge.conditional}
        waivers = (waiver for waiver in decision.waivers if not waiver.conditional)
        return {("waive", waiver.fee): True for waiver in waivers if waiver.fee not in charged}

    @classmethod
    def answer(cls, key: Key, decision: Decision, wording: Phrasing) -> Message:
        """Say that a fee is waived."""
        label = wording.label("fees", key[1])
        return Message(f"免收{label.zh}", f"waives {label.en}")
