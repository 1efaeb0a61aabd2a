"""How somebody stands to what they ask for, and the rules that are made of that: who is shown something, and who may ask.

A rule is a union of standings. It is written beside the type, field or mutation that it is about; one without a rule is a
fault of the schema. What kinds of offices are shown differs by standing, so that it is a rule as well.
"""

from enum import IntFlag, auto
from typing import Final


class Standing(IntFlag):
    """How somebody stands to a person, a card or an operation, or what they come as; a person may stand so in two ways.

    NOBODY: there is no token. STRANGER: there is one, and nothing binds whoever has it to this.
    SELF, GUARDIAN, DELEGATE: of people; a delegate as long as the delegation holds.
    ASKED: who asked for the operation.
    WINDOW, OUTLET, HOTLINE: a clerk at an office's window, at a bank's outlet, or one who sees nobody (a hotline), where
    it is of their region, or the person stands at their window.
    WINDOW_NEAR, OUTLET_NEAR, HOTLINE_NEAR: the same where it is of another place in their province.
    MAKER, BANK: a card maker or bank whose work it is; MAKER_AFTER, BANK_AFTER: once that work is over.
    INSTITUTION, SETTLEMENT, OFFICER, AUDITOR: by their roles.
    """

    NOBODY = auto()
    STRANGER = auto()
    SELF = auto()
    GUARDIAN = auto()
    DELEGATE = auto()
    ASKED = auto()
    WINDOW = auto()
    OUTLET = auto()
    HOTLINE = auto()
    WINDOW_NEAR = auto()
    OUTLET_NEAR = auto()
    HOTLINE_NEAR = auto()
    MAKER = auto()
    BANK = auto()
    MAKER_AFTER = auto()
    BANK_AFTER = auto()
    INSTITUTION = auto()
    SETTLEMENT = auto()
    OFFICER = auto()
    AUDITOR = auto()

    def __rand__(self, other: int) -> int:  # type: ignore[override]
        """Return what a number has in common with a rule, as a number: enum would make a member of it, by ten calls."""
        return other & self._value_


_S = Standing
NONE: Final = Standing(0)
CLOSE: Final = _S.SELF | _S.GUARDIAN
"""The person, and who cares for them."""
PEOPLE: Final = CLOSE | _S.DELEGATE
DESKS: Final = _S.WINDOW | _S.OUTLET | _S.HOTLINE
"""Clerks, for what is of their region."""
NEAR: Final = _S.WINDOW_NEAR | _S.OUTLET_NEAR | _S.HOTLINE_NEAR
CLERKS: Final = DESKS | NEAR
WORKING: Final = _S.MAKER | _S.BANK
"""Partners, as long as there is something for them to do."""
PARTNERS: Final = WORKING | _S.MAKER_AFTER | _S.BANK_AFTER
EVERYBODY: Final = Standing(~0)
"""Everybody, without a token too: what is no person's."""
SIGNED_IN: Final = EVERYBODY & ~(_S.NOBODY | _S.AUDITOR | _S.OFFICER)
"""Everybody with a token who may have to do with people; who audits sees the record and nothing else, who keeps the policies those."""

HOLDER: Final = PEOPLE | CLERKS | PARTNERS
"""Who is shown that a person is on record; each field says to whom of these it is told."""
CARD: Final = PEOPLE | CLERKS | PARTNERS
"""Who is shown a card: any office of its province serves it (SC-2)."""
OPERATION: Final = PEOPLE | DESKS | PARTNERS
"""Who is shown an operation: of offices those of the region that handles it."""
DELEGATION: Final = _S.SELF | _S.DELEGATE | _S.WINDOW
"""Who is shown a delegation: who granted it, who was given it, and a window of the region of who granted it."""
DOCUMENT: Final = PEOPLE | DESKS | WORKING
"""Who is shown that a document was handed in: of offices and partners those who work on what it was handed in for."""
ACCOUNT_ENTRY: Final = CLOSE | DESKS
"""Who is shown entries of a medical personal account, as far as the policy of its region lets them."""

AT_WINDOW: Final = _S.WINDOW | _S.OUTLET
"""Clerks before whom people stand with their papers."""
SERVED: Final = PEOPLE | CLERKS | PARTNERS
"""Who may ask for a service at all; the policies of the region decide who of them gets it."""

IDENTIFYING: Final = CLOSE | AT_WINDOW
"""Who sees the end of an identity number: with the date of birth and the region it leaves nine numbers to try."""
REACHING: Final = CLOSE | AT_WINDOW
"""Who sees how a person is reached."""
BOUND_NUMBER: Final = REACHING | _S.DELEGATE
"""Who sees the bound mobile number, its middle hidden: a delegate is told where a code went."""
RELATIONS: Final = _S.SELF | _S.WINDOW
"""Who sees whom somebody cares for and whom they let act for them."""
NUMBER_IN_FULL: Final = PEOPLE | DESKS | _S.WINDOW_NEAR | _S.OUTLET_NEAR | PARTNERS
"""Who reads the number on a card; a hotline of another place in the province tells a card by its end."""
FILLED_IN: Final = CLOSE | _S.ASKED | DESKS | WORKING
"""Who sees what was filled in with an operation and handed in for it: of delegates those who did, of partners while they work."""
SENT_TO: Final = PEOPLE | DESKS | WORKING
"""Who sees where a card is sent."""
