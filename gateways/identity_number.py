"""Numbers of identity documents: what can be known of them before anybody is asked."""

import re
from datetime import date

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from domain.errors import InvalidInput
from domain.identity import carries_citizen_number
from domain.message import Message
from domain.spelling import one_width

_OTHER_DOCUMENT = re.compile(r"[A-Z0-9](?:[A-Z0-9()/-]{3,28})[A-Z0-9)]")


def normalise_identity_number(identity_type: str, number: str, *, field: str | None = None) -> str:
    """Return a document's number in its one spelling.

    Args:
        identity_type: a term of the identity types; a citizen number is checked in depth, all others by their form.
        number: what somebody typed; full-width characters, small letters and spaces around it are fine.
        field: the input field, for the error.

    Returns:
        The number in ASCII capitals and digits.

    Raises:
        InvalidInput: IDENTITY_NUMBER_INVALID, no document of that type has such a number.
    """
    spelling = one_width(number).strip().upper()
    if carries_citizen_number(identity_type):
        birth_date(spelling, field=field)
    elif not _OTHER_DOCUMENT.fullmatch(spelling):
        raise _other_document_invalid(spelling, field)
    return spelling


def birth_date(number: str, *, field: str | None = None) -> date:
    """Return the date of birth that a citizen identity number holds.

    The place in the number is not checked: it is where the number was given out, so that people older than their
    district, or born in a district newer than the list of places, are real and would be refused.

    Args:
        number: 17 digits and a check character, in its one spelling.
        field: the input field, for the error.

    Raises:
        InvalidInput: IDENTITY_NUMBER_INVALID, with the reason.
    """
    if re.fullmatch(r"[0-9]{15}", number):
        raise _invalid(number, "第一代15位号码已停用", "15-digit numbers are no longer in use", field)
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9X]", number):
        zh, en = (
            f"应为17位数字加1位数字或X，现为{len(number)}位",
            f"it must be 17 digits and a digit or X, not {len(number)} characters",
        )
        raise _invalid(number, zh, en, field)
    if ric.calc_check_digit(number) != number[-1]:
        raise _invalid(
            number, "校验位不符，可能输错了某一位", "its check digit does not fit: a digit may be mistyped", field
        )
    try:
        born_on: date = ric.get_birth_date(number)
    except ValidationError:
        raise _invalid(number, "其中的出生日期不存在", "the birth date in it does not exist", field) from None
    return born_on


def mask_card_number(number: str) -> str:
    """Return a card's number that tells which card it is, and not what is printed on it: only its last two characters."""
    return f"****{number[-2:]}"


def mask_identity_number(number: str) -> str:
    """Return a document's number that is safe to show and to log: only its last four characters, if it is long."""
    return f"****{number[-4:]}" if len(number) >= 8 else "****"


def _invalid(number: str, zh: str, en: str, field: str | None) -> InvalidInput:
    masked = mask_identity_number(number)
    return InvalidInput(
        Message(
            f"公民身份号码“{masked}”无效：{zh}。请对照证件重新填写18位号码。",
            f"The citizen identity number {masked} is not valid: {en}. Copy the 18 characters from the card again.",
        ),
        field=field,
        code="IDENTITY_NUMBER_INVALID",
    )


def _other_document_invalid(number: str, field: str | None) -> InvalidInput:
    masked = mask_identity_number(number)
    return InvalidInput(
        Message(
            f"证件号码“{masked}”无效：应为5至30位大写字母或数字。请对照证件重新填写。",
            f"The document number {masked} is not valid: it must be 5 to 30 letters and digits. "
            "Copy it from the document again.",
        ),
        field=field,
        code="IDENTITY_NUMBER_INVALID",
    )
