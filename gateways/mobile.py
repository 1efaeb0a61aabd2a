"""Mobile numbers: one spelling for the records, and one for eyes that must not read the whole number."""

import re
from functools import cache
from typing import Any

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from domain.errors import InvalidInput
from domain.message import Message
from domain.spelling import one_width

# Letters are refused here because the library would read them as the keys of a telephone.
_SPELLING = re.compile(r"\+?[0-9][0-9 ()-]{4,28}")
# Nearly all that are on record; the library takes a hundred times as long to take one apart.
_MAINLAND = re.compile(r"\+86(1[0-9]{10})")
_HOME = "CN"
_MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


def normalise_mobile(text: str, region: str = _HOME, *, field: str | None = None) -> str:
    """Return a mobile number in its one international spelling.

    Args:
        text: what somebody typed; full-width digits, spaces, hyphens and brackets are fine.
        region: two letters of the country that a number without a country code belongs to.
        field: the input field, for the error.

    Returns:
        E.164, such as `+8613812345678`.

    Raises:
        InvalidInput: MOBILE_NUMBER_INVALID, the text is not a mobile number.
    """
    spelling = one_width(text).strip()
    # Nearly all that are given.
    if region == _HOME and _at_home().fullmatch(spelling):
        return f"+86{spelling}"
    number = _parsed(spelling, region) if _SPELLING.fullmatch(spelling) else None
    if number is None or phonenumbers.number_type(number) not in _MOBILE:
        raise _not_mobile(spelling, field)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def mainland_pattern() -> str:
    """Return a regular expression of mobile numbers of the mainland as people type them, also for ECMAScript."""
    # Elsewhere `\d` may mean the digits of any script.
    return f"^(?:{_at_home().pattern})$".replace(r"\d", "[0-9]")


def mask_mobile(text: str) -> str:
    """Return a mobile number that is safe to show and to log: `138****5678`, whatever it was given."""
    mainland = _MAINLAND.fullmatch(text)
    number = _parsed(text, _HOME) if text.startswith("+") and not mainland else None
    digits = str(number.national_number) if number else mainland[1] if mainland else re.sub(r"[^0-9]", "", text)
    if len(digits) < 8:
        return "****"
    return f"{digits[:3] if len(digits) >= 11 else ''}****{digits[-4:]}"


@cache
def _at_home() -> re.Pattern[str]:
    """Return what the library knows of the digits of mobile numbers of the mainland, without anything around them."""
    known: Any = phonenumbers.PhoneMetadata.metadata_for_region(_HOME)
    return re.compile(known.mobile.national_number_pattern, re.ASCII)


def _parsed(spelling: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(spelling, region)
    except NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _not_mobile(spelling: str, field: str | None) -> InvalidInput:
    masked = mask_mobile(spelling)
    return InvalidInput(
        Message(
            f"手机号码“{masked}”不对。请填写本人的11位手机号码；境外号码请先填“+”和国家（地区）代码。",
            f"{masked} is not a mobile number. Give a mobile number, such as the 11 digits of one in mainland China, "
            "or one from elsewhere that begins with + and the code of its country or region.",
        ),
        field=field,
        code="MOBILE_NUMBER_INVALID",
    )
