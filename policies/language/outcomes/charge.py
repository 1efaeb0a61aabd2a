"""`charge`: a fee is charged."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from domain.decision import Decision
from domain.fee import Due
from domain.message import Message, joined
from domain.outcomes import CarriedOut
from domain.services import can_wait, due_unless_said
from policies.language.conditions import Operand, Scope
from policies.language.json_schema import BOOLEAN, Definitions, Schema, fields
from policies.language.outcomes.outcome import Key, Outcome, Phrasing, Settled, operand_reader, read_term
from policies.language.values import Kind, ValueType
from policies.source.faults import Unreadable, use_one_of
from policies.source.reader import Value, read_each

PAYERS: Mapping[str, Message] = {
    "holder": Message("持卡人", "the holder"),
    "bank": Message("银行", "the bank"),
    "government": Message("财政", "the government"),
}
"""Who bears a fee, as people read it."""
DUES: Mapping[Due, Message] = {
    Due.BEFORE: Message("，先缴费后办理", ", before it is done"),
    Due.AFTER: Message("，先办理后缴费", ", after it is done"),
}
"""When a fee is paid, as people read it."""
_MONEY = ValueType(Kind.MONEY)
_NEEDED = ("fee", "amount")
_SETTLED = Message("费用", "fee")


@dataclass(frozen=True, slots=True)
class ChargeSpec(Outcome):
    """A fee is charged.

    Args:
        due: whether the service waits for it; None where the service itself says.
    """

    fee: str
    amount: Operand
    payer: str
    refundable: bool
    due: Due | None = None

    word = "charge"
    keys = (*_NEEDED, "payer", "due", "refundable")
    does = Message("收费", "charges")
    done = Message("记入办件的账单，可以查询和缴纳", "booked on the operation, to be seen and paid there")
    done_is_told = True
    absent = Message("不收这项费用", "does not charge it")

    @classmethod
    def read(cls, value: Value, scope: Scope) -> Self:
        """Read which fee is charged: how much, to whom, when it is due, and whether it may be given back."""
        found = value.fields(_NEEDED, cls.keys[len(_NEEDED) :])
        readers: dict[str, Callable[[Value], Any]] = {
            "fee": lambda item: read_term(item, "fees", scope),
            "amount": operand_reader(_MONEY, scope),
            "payer": read_payer,
            "due": read_due,
            "refundable": Value.boolean,
        }
        read = read_each(found, readers)
        if len(read) < len(found) or not {*_NEEDED} <= read.keys():
            raise Unreadable
        return cls(
            read["fee"], read["amount"], read.get("payer", "holder"), read.get("refundable", False), read.get("due")
        )

    @classmethod
    def schema(cls, known: Definitions) -> Schema:
        """Return the JSON Schema of a charge."""
        return fields(
            _NEEDED,
            fee=known.term("fees"),
            amount=known.operand(_MONEY),
            payer={"enum": list(PAYERS)},
            due={"enum": list(DUES)},
            refundable=BOOLEAN,
        )

    def check_carried_out(self, service: str, value: Value, known: CarriedOut) -> None:
        """Record a fault where the service would have to wait for the payment and cannot."""
        if self.due is not Due.BEFORE or can_wait(service):
            return
        message = Message(
            f"事项 `{service}` 不能先缴费后办理，不会等待这项费用",
            f"the service `{service}` cannot wait for a payment, so that it would be done without",
        )
        remedy = Message("写成 `due: after`，办理后再缴费", "write `due: after`, and the fee is paid afterwards")
        value.entries()["due"].fault("OUTCOME_NOT_CARRIED_OUT", message, remedy)

    def stated(self, wording: Phrasing) -> Message:
        """Say how much of which fee is charged to whom, and how."""
        fee, amount = wording.label("fees", self.fee), wording.operand(self.amount, _MONEY)
        payer, more = PAYERS[self.payer], _terms(self.due, refundable=self.refundable)
        return Message(
            f"{fee.zh}，{amount.zh}，由{payer.zh}承担{more.zh}", f"{fee.en}, {amount.en}, paid by {payer.en}{more.en}"
        )

    def operands(self) -> Iterator[Operand]:
        """Yield the amount."""
        yield self.amount

    def settles(self) -> Settled:
        """Return the fee."""
        return Settled(_SETTLED, self.fee)

    def shared(self, rule: str) -> frozenset[Key]:
        """Return the charge."""
        return frozenset({("charge", self.fee)})

    def effect(self, rule: str, decision: Decision, wording: Phrasing) -> Message:
        """Say which fee is charged, how much where it is, and whether another rule waives it."""
        label = wording.label("fees", self.fee)
        done = next((charge for charge in decision.charges if charge.fee.rule == rule), None)
        if done is None:
            return label
        amount = wording.show(done.fee.amount, _MONEY)
        told = Message(f"{label.zh}{amount.zh}", f"{label.en} {amount.en}")
        if done.waived_by is None:
            return told
        return Message(
            f"{told.zh}（由规则 `{done.waived_by}` 免收）", f"{told.en} (waived by the rule {done.waived_by})"
        )

    @classmethod
    def shown(cls, decision: Decision) -> Mapping[Key, Any]:
        """Return the fees that are charged, each with its terms and whether it is waived."""
        charges = [charge for charge in decision.charges if not charge.conditional]
        return {
            ("charge", c.fee.id): (c.fee.amount, c.fee.payer, c.fee.due, c.fee.refundable, c.waived_by is not None)
            for c in charges
        }

    @classmethod
    def answer(cls, key: Key, decision: Decision, wording: Phrasing) -> Message:
        """Say how much is charged, and what of its terms is out of the ordinary."""
        charge = next(charge for charge in decision.charges if charge.fee.id == key[1] and not charge.conditional)
        amount, label = wording.show(charge.fee.amount, _MONEY), charge.fee.label
        if charge.waived_by is not None:
            return Message(f"{label.zh}{amount.zh}，免收", f"{label.en} {amount.en}, waived")
        due = None if charge.due is due_unless_said(decision.service) else charge.due
        more = _terms(due, refundable=charge.refundable)
        return Message(f"收{label.zh}{amount.zh}{more.zh}", f"charges {label.en} {amount.en}{more.en}")


def _terms(due: Due | None, *, refundable: bool) -> Message:
    """Return what is said of a charge beside who bears it, to be put behind it."""
    said = [DUES[due]] if due is not None else []
    said += [Message("，可退", ", refundable")] if refundable else []
    return joined(said, "", "")


def read_payer(value: Value) -> str:
    """Read who pays a fee."""
    payer = value.text()
    if payer not in PAYERS:
        message = Message(f"`{payer}` 不是付费方", f"`{payer}` pays nothing")
        raise value.fault("UNKNOWN_TERM", message, use_one_of(PAYERS))
    return payer


def read_due(value: Value) -> Due:
    """Read whether a service waits for a fee."""
    due = value.text()
    if due not in DUES:
        message = Message(f"`{due}` 不是缴费时间", f"`{due}` is no time to pay at")
        raise value.fault("UNKNOWN_TERM", message, use_one_of([*DUES]))
    return Due(due)
