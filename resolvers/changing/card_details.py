"""What is printed on a card and kept in it: what cannot be right is refused, whoever made the card, and whenever."""

import re
from datetime import date

from domain.errors import InvalidInput
from domain.message import Message
from policies.language.values import show_day

_CARD_NUMBER = re.compile(r"[A-Z0-9]{6,32}")
_SOCIAL_SECURITY_NUMBER = re.compile(r"[A-Z0-9]{5,32}")


def card_number(text: str) -> str:
    """Return the number on the photo side in its one spelling.

    Raises:
        InvalidInput: no card has such a number.
    """
    number = text.strip().upper()
    if not _CARD_NUMBER.fullmatch(number):
        raise wrong(
            "cardNumber",
            "社会保障卡号应为6至32位大写字母和数字，请改正",
            "a card number is 6 to 32 capital letters and digits",
        )
    return number


def social_security_number(text: str) -> str:
    """Return a holder's number in the social security system in its one spelling.

    Raises:
        InvalidInput: nobody has such a number.
    """
    number = text.strip().upper()
    if not _SOCIAL_SECURITY_NUMBER.fullmatch(number):
        raise wrong(
            "socialSecurityNumber",
            "社会保障号码应为5至32位大写字母和数字，请改正",
            "a social security number is 5 to 32 capital letters and digits",
        )
    return number


def require_days(issued_on: date, expires_on: date | None, born_on: date, today: date) -> None:
    """Refuse a card whose first or last day cannot be.

    Args:
        born_on: the holder's date of birth; today: in China.

    Raises:
        InvalidInput: it was issued in the future or before its holder was born, or ends before it begins.
    """
    if not born_on <= issued_on <= today:
        raise wrong(
            "issuedOn",
            f"发卡日期{show_day(issued_on)}晚于今天，或者早于持卡人出生日期，请核对",
            f"the day of issue, {issued_on}, is after today or before the holder was born; check it",
        )
    if expires_on is not None and expires_on <= issued_on:
        raise wrong(
            "expiresOn",
            f"有效期到{show_day(expires_on)}，应晚于发卡日期{show_day(issued_on)}，请核对",
            f"the card expires on {expires_on}, not after its day of issue, {issued_on}; check it",
        )


def wrong(field: str, zh: str, en: str) -> InvalidInput:
    """Return what is wrong with a field of an input; both sentences are given without their full stop."""
    return InvalidInput(Message(f"{zh}。", f"{en[0].upper()}{en[1:]}."), field=f"input.{field}")
