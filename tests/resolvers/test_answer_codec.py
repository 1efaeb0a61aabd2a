"""What is kept of answers and of postponed requests: read again as it was, also what 0.4 wrote, or refused with the reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain.fee import Due, FeeState
from resolvers.changing.answer_codec import plain, value
from resolvers.changing.results import ANSWERS, ChangeResult, PaymentAsked
from store.encoding import dump, load

KEPT: dict[str, Any] = json.loads((Path(__file__).parent / "kept" / "answers_of_0.4.0.json").read_text("utf-8"))
"""Answers as 0.4.0 kept them, of invented people: one of each kind."""


def _read(kept: Any) -> Any:
    return load(json.dumps(kept))


@pytest.mark.parametrize("kind", KEPT)
def test_what_0_4_kept_is_read_and_kept_again(kind: str) -> None:
    answer = value(_read(KEPT[kind]))
    assert type(answer).__name__ == {"Changed": "ChangeResult"}.get(kind, kind)
    assert value(load(dump(plain(answer)))) == answer


LATER = {"Imported", "Merged", "Registered", "SignedAddress"}
"""Answers that 0.4 had none of."""


def test_an_answer_of_each_kind_was_kept_by_0_4() -> None:
    assert {kind.__name__ for kind in ANSWERS} - {"ChangeResult", *LATER} | {"Changed"} <= set(KEPT)


def test_the_bill_of_0_4_was_due_before_and_paid_as_a_whole() -> None:
    changed, asked = value(_read(KEPT["Changed"])), value(_read(KEPT["PaymentAsked"]))
    assert isinstance(changed, ChangeResult)
    assert isinstance(asked, PaymentAsked)
    [charge] = changed.decision.charges
    assert (charge.fee.due, charge.refundable) == (Due.BEFORE, False)
    assert (asked.operation.due_before, asked.operation.due) == (1600, 1600)
    paid = json.loads(json.dumps(KEPT["PaymentAsked"]))
    paid["fields"]["operation"]["fields"]["paid_at"] = {"$datetime": "2026-11-20T02:00:00+00:00"}
    bill = value(_read(paid)).operation
    assert ({fee.state for fee in bill.fees}, bill.due) == ({FeeState.PAID}, 0)


@pytest.mark.parametrize(
    ("kept", "complaint"),
    [
        ({"kind": "Ghost", "fields": {}}, "'Ghost' is no kind of value"),
        ({"fields": {}}, "'' is no kind of value"),
        ({"kind": "Message"}, "'Message' is no kind of value with a `value` or `fields`"),
        ({"kind": "Message", "fields": {"zh": "秘密"}}, "of a Message does not fit: .*'en'"),
        ({"kind": "Message", "fields": {"zh": "秘密", "en": "secret", "fr": "secret"}}, "of a Message .*'fr'"),
    ],
)
def test_what_no_version_kept_is_refused_with_the_reason_and_without_what_it_says(
    kept: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint) as refused:
        value(kept)
    assert "秘密" not in str(refused.value)
