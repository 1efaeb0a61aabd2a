"""What is filled in with a request: brought into one form, and nothing that cannot be right, whichever service it is for."""

import re
from collections.abc import Mapping

from domain.errors import InvalidInput
from domain.message import Message
from domain.operation import Delivery
from domain.spelling import hidden_at
from gateways.mobile import normalise_mobile
from policies.language.region_codes import RegionCodes
from resolvers.changing.input_paths import path_of_detail
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.wrong_inputs import Wrong

MAX_DETAIL = 500

_POSTCODE = re.compile(r"[0-9]{6}")
_LANDLINE = re.compile(r"(?=.*[0-9])[0-9 +()-]{5,20}")
_SIX_DIGITS = re.compile(r"[0-9]{6}")
_POSTCODES, _LANDLINES, _REGIONS = ("residence_postcode",), ("landline",), ("residence_region",)
_MOBILES = ("mobile", "delivery_mobile")


def details_of(request: ServiceRequest, codes: RegionCodes, wrong: Wrong) -> dict[str, str]:
    """Return what was filled in, by terms of the details vocabulary: trimmed, mobile numbers in one form.

    Args:
        codes: those that regions have.
        wrong: is told of values that are too long, have control characters, or cannot be what they are given as, and of places
            to which nothing can be delivered.
    """
    details = _in_one_form(request.filled_in, codes, wrong)
    _require_possible_place(request.delivery, codes, wrong)
    return details


def given_mobile(request: ServiceRequest) -> str | None:
    """Return the mobile number that was filled in, in the one form that numbers have; None where none was."""
    # No region stands in it, so that no codes are asked.
    typed = {name: text for name, text in request.details.items() if name == "mobile"}
    wrong = Wrong()
    found = _in_one_form(typed, RegionCodes(), wrong).get("mobile")
    wrong.refuse()
    return found


def _in_one_form(details: Mapping[str, str], codes: RegionCodes, wrong: Wrong) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, text in details.items():
        if value := text.strip():
            with wrong:
                found[name] = _read(name, value, path_of_detail(name), codes)
    return found


def _read(name: str, value: str, field: str, codes: RegionCodes) -> str:
    if len(value) > MAX_DETAIL:
        raise InvalidInput(
            Message(
                f"这一项最多{MAX_DETAIL}个字，请缩短。", f"{name} is longer than {MAX_DETAIL} characters; shorten it."
            ),
            field=field,
        )
    require_detail(name, value, field, codes)
    return normalise_mobile(value, field=field) if name in _MOBILES else value


def _require_possible_place(delivery: Delivery | None, codes: RegionCodes, wrong: Wrong) -> None:
    """Refuse a place of delivery that cannot be; whether the region is written as one, the policies' facts say."""
    if delivery is None:
        return
    with wrong:
        if delivery.postcode:
            require_postcode(delivery.postcode, "input.delivery.postcode")
    with wrong:
        if delivery.region is not None and _SIX_DIGITS.fullmatch(delivery.region):
            require_known_region(delivery.region, "input.delivery.regionCode", codes)


def require_detail(name: str, text: str, field: str, codes: RegionCodes) -> None:
    """Refuse what cannot be right in a detail.

    Args:
        name: a term of the details; text: trimmed, not empty; field: the input field, for the error.
        codes: those that regions have.

    Raises:
        InvalidInput: with what is allowed there.
    """
    require_visible(text, field)
    if name in _POSTCODES:
        require_postcode(text, field)
    if name in _LANDLINES and not _LANDLINE.fullmatch(text):
        raise InvalidInput(
            Message(
                "固定电话不对。请填写5至20位的号码，例如028-86151234。",
                "A landline has 5 to 20 characters: digits, spaces and + - ( ), such as 028-86151234.",
            ),
            field=field,
        )
    if name in _REGIONS:
        require_known_region(text, field, codes)


def require_visible(text: str, field: str | None) -> None:
    """Refuse control characters, and those that make a text read otherwise than it is written."""
    place = hidden_at(text)
    if place is not None:
        raise InvalidInput(
            Message(
                "填写的内容里有看不见的字符，请重新输入，不要换行。",
                f"Character {place + 1} (U+{ord(text[place]):04X}) is a control character; "
                "give visible characters on one line only.",
            ),
            field=field,
        )


def require_postcode(text: str, field: str) -> None:
    """Refuse what is no postcode of mainland China."""
    if not _POSTCODE.fullmatch(text):
        raise InvalidInput(
            Message("邮政编码不对。请填写6位数字，例如610041。", "A postcode has six digits, such as 610041."),
            field=field,
        )


def require_known_region(code: str, field: str, codes: RegionCodes) -> None:
    """Refuse what cannot be the code of a region."""
    if not codes.may_have(code):
        raise InvalidInput(
            Message(
                "没有这个地区，请重新选择省、市、区（县）。",
                "There is no region with that code; give six digits of GB/T 2260, such as 510104.",
            ),
            field=field,
        )
