"""What is charged."""

from dataclasses import dataclass

from domain.message import Message


@dataclass(frozen=True, slots=True)
class Fee:
    """One line of what is charged.

    Args:
        id: the fee's name in the policies, such as `card_fee` or `postage`.
        amount: in fen, never negative.
        payer: who bears it: holder, bank or government.
        label: what the bill says.
        service, rule: the policy service and its rule that charge it.
    """

    id: str
    amount: int
    payer: str
    label: Message
    service: str
    rule: str
