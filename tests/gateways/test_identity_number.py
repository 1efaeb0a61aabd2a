import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from domain.errors import InvalidInput
from gateways.identity_number import birth_date, mask_identity_number, normalise_identity_number

IDENTITY_CARD = "resident_identity_card"


def refused(identity_type: str, number: str) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        normalise_identity_number(identity_type, number, field="input.identityNumber")
    assert (caught.value.code, caught.value.field) == ("IDENTITY_NUMBER_INVALID", "input.identityNumber")
    return caught.value


def test_a_citizen_number_is_taken_and_gives_the_birth_date() -> None:
    assert normalise_identity_number(IDENTITY_CARD, " 11010519491231002x ") == "11010519491231002X"
    assert normalise_identity_number(IDENTITY_CARD, "１１０１０５１９４９１２３１００２Ｘ") == "11010519491231002X"
    assert birth_date("11010519491231002X") == date(1949, 12, 31)


@pytest.mark.parametrize("start", ["44030419600101001", "51010719500101001"])
def test_people_older_than_the_district_in_their_number_are_real(start: str) -> None:
    number = start + ric.calc_check_digit(start + "0")
    assert not ric.is_valid(number)  # the library's check of places would refuse them
    assert normalise_identity_number(IDENTITY_CARD, number) == number


@pytest.mark.parametrize(
    ("number", "zh", "en"),
    [
        ("110105491231002", "15位", "15-digit"),
        ("110105194912310021", "校验位", "check digit"),
        ("1101051949123100", "现为16位", "not 16 characters"),
        ("", "现为0位", "not 0 characters"),
        ("11010519491231002Y", "17位数字", "17 digits"),
        ("010105194912310029", "17位数字", "17 digits"),
        ("110105194902310025", "出生日期", "birth date"),
        ("1101051949\n1231002X", "17位数字", "17 digits"),
    ],
)
def test_wrong_citizen_numbers_are_refused_with_the_reason(number: str, zh: str, en: str) -> None:
    if "birth" in en:
        number = number[:-1] + ric.calc_check_digit(number)
    error = refused(IDENTITY_CARD, number)
    assert zh in error.message.zh
    assert en in error.message.en
    assert len(number) < 8 or number not in error.message.zh + error.message.en


@pytest.mark.parametrize("number", ["E12345678", "h12345678", "830000199001010012", "K-1234567(8)"])
def test_other_documents_get_a_plain_check(number: str) -> None:
    assert normalise_identity_number("passport", f" {number} ") == number.upper()


@pytest.mark.parametrize("number", ["", "A", "AB12", "E1234 5678", "护照12345678", "A" * 31, "<script>", "E1234567\n8"])
def test_other_documents_of_another_form_are_refused(number: str) -> None:
    assert "5至30位" in refused("passport", number).message.zh


@given(st.text(), st.sampled_from([IDENTITY_CARD, "passport"]))
def test_no_text_does_more_than_be_refused(number: str, identity_type: str) -> None:
    mask_identity_number(number)
    with contextlib.suppress(InvalidInput):
        assert normalise_identity_number(identity_type, number).isascii()
