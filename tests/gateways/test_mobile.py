import contextlib

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from gateways.mobile import mask_mobile, normalise_mobile


@pytest.mark.parametrize(
    "text",
    [
        "13812345678",
        " 138 1234 5678 ",
        "+86 138-1234-5678",
        "１３８１２３４５６７８",
        "0086 13812345678",
    ],
)
def test_every_spelling_becomes_one(text: str) -> None:
    assert normalise_mobile(text) == "+8613812345678"


def test_the_digits_of_the_mainland_are_mobile_numbers_where_the_library_says_so() -> None:
    for prefix in range(1000, 2000):
        text = f"{prefix}0123456"
        number = phonenumbers.parse(text, "CN")
        is_mobile = phonenumbers.is_valid_number_for_region(number, "CN") and (
            phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
        )
        with contextlib.nullcontext() if is_mobile else pytest.raises(InvalidInput):
            assert normalise_mobile(text) == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # Digits, but not those that the library's pattern is for.
    with pytest.raises(InvalidInput):
        normalise_mobile("1381234567٨")


def test_numbers_from_elsewhere_need_their_country_code_or_region() -> None:
    assert normalise_mobile("+852 9123 4567") == "+85291234567"
    assert normalise_mobile("91234567", region="HK") == "+85291234567"
    with pytest.raises(InvalidInput):
        normalise_mobile("91234567")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "138",
        "010-62345678",
        "12345678901",
        "138123456789",
        "1-800-FLOWERS",
        "13812345678;ext=5",
        "9" * 5000,
        "１３８",
        "\x00",
    ],
)
def test_what_is_no_mobile_number_is_refused_in_both_languages(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        normalise_mobile(text, field="input.mobile")
    assert (caught.value.code, caught.value.field) == ("MOBILE_NUMBER_INVALID", "input.mobile")
    assert "手机号码" in caught.value.message.zh
    assert "mobile number" in caught.value.message.en


def test_the_refused_number_is_not_repeated_in_full() -> None:
    with pytest.raises(InvalidInput) as caught:
        normalise_mobile("12345678901")
    assert "123****8901" in caught.value.message.en
    assert "12345678901" not in caught.value.message.zh + caught.value.message.en


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("13812345678", "138****5678"),
        ("+8613812345678", "138****5678"),
        ("+85291234567", "****4567"),
        ("1234567", "****"),
        ("hello", "****"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert mask_mobile(text) == masked


@given(st.text())
def test_no_text_does_more_than_be_refused(text: str) -> None:
    mask_mobile(text)
    with contextlib.suppress(InvalidInput):
        assert normalise_mobile(text).startswith("+")
