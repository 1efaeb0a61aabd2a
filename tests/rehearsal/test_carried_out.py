"""That what the records lack of a decision is told: each part is taken away in turn from what the service had written."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import pytest

from domain.card import CardState
from domain.fee import HOLDER, Fee
from domain.message import Message
from domain.operation import OperationState
from policies.cases.case_files import Case
from policies.engine.decide import Policies
from rehearsal.outcomes import check_carried_out, check_unchanged
from rehearsal.records import Records
from rehearsal.running import Played, judge, play
from rehearsal.settling import Settled, check_settled
from rehearsal.stage import Stage, stage
from tests.rehearsal.small_trees import MESSAGE, requests_of, tree_of

SAID = {"message": MESSAGE, "source": "assumption"}
RULES: Mapping[str, Mapping[str, Any]] = {
    "apply": {
        "fee": {"charge": {"fee": "card_fee", "amount": "10 yuan", "payer": "holder"}, **SAID},
        "promised": {
            "promise": {"what": "card_issued", "within": "7 working days", "counted_from": "submitted"},
            **SAID,
        },
        "kept": {"archive": ["passport"], "source": "assumption"},
    },
    "accept": {"kept": {"archive": ["passport"], "source": "assumption"}},
    "deliver": {"free": {"waive": "card_fee", "source": "assumption"}},
    "correct": {"given_back": {"refund": "card_fee", **SAID}},
    "activate": {
        "first": {"charge": {"fee": "postage", "amount": "5 yuan", "due": "before"}, **SAID},
        "given_back": {"refund": "card_fee", **SAID},
    },
    "report_temporary_loss": {
        "ends": {"lapse": {"state": "temporarily_lost", "after": "7 natural days", "becomes": "active"}, **SAID}
    },
    "receive": {"refused": {"when": {"request.role": {"is": "clerk"}}, "deny": True, **SAID}},
}


CARD_FEE = Fee("card_fee", 1_000, HOLDER, Message("工本费", "card fee"), "apply", "fee", refundable=True)
PAID = replace(CARD_FEE, payment_id="payment", paid_at=datetime(2026, 3, 2, tzinfo=UTC))


def _with(case: Case, facts: Mapping[str, Any]) -> Case:
    return replace(case, facts={**case.facts, **facts})


def _played(service: str, lacking: Any, facts: Mapping[str, Any] | None = None) -> list[str]:
    """Play a request and return what is told when the records lack something.

    Args:
        lacking: takes the stage and what was played, and yields what is told; facts: that the request has besides.
    """

    async def run() -> list[str]:
        with TemporaryDirectory() as folder:
            policies, cases = _tree()
            async with stage(policies, Path(folder)) as opened:
                played = await play(opened, policies, cases[service] if facts is None else _with(cases[service], facts))
                assert list(judge(opened, policies, played)) == []
                return [finding.message.en for finding in lacking(opened, played)]

    return anyio.run(run)


@cache
def _tree() -> tuple[Policies, Mapping[str, Case]]:
    with TemporaryDirectory() as folder:
        policies, refused = tree_of(Path(folder) / "regions", RULES)
        assert not refused
        return policies, {case.service: case for case in requests_of(policies)}


def _without(**fields: Any) -> Any:
    """Return what takes fields of the operation back to what they would be had nothing been carried out."""

    def lacking(opened: Stage, played: Played) -> Any:
        [changed] = played.after.operations.values()
        after = replace(played.after, operations={changed.id: replace(changed, **fields)})
        decision = played.answer.asked[0].decision
        assert decision is not None
        return check_carried_out(opened, played.scene, decision, played.before, after)

    return lacking


@pytest.mark.parametrize(
    ("service", "lacking", "told"),
    [
        (
            "apply",
            {"fees": ()},
            "the decision charges [('card_fee', 1000, 'holder', 'before', 'not refundable')], the operation has []",
        ),
        ("apply", {"promised_at": None}, "what is promised is"),
        ("apply", {"archive": ()}, "the decision has ['passport'] kept, the operation does not"),
        ("apply", {"state": OperationState.PAID}, "the operation is paid, not submitted"),
        ("apply", {"bank": None}, "choice.bank is icbc, and the operation has None"),
        ("accept", {"archive": ()}, "the decision has ['passport'] kept, the operation does not"),
        ("deliver", {"delivery": None}, "choice.delivery is outlet, and the operation has None"),
        ("deliver", {"fees": (CARD_FEE,)}, "card_fee is waived and still due"),
        ("deliver", {"fees": (PAID,)}, "card_fee is to be given back, and is not"),
        ("correct", {"fees": (PAID,)}, "card_fee is to be given back, and is not"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else "",
)
def test_what_an_operation_lacks_is_told(service: str, lacking: Mapping[str, Any], told: str) -> None:
    found = _played(service, _without(**lacking))
    assert any(told in text for text in found), found


def test_what_a_card_lacks_is_told() -> None:
    def without_end(opened: Stage, played: Played) -> Any:
        [card] = played.after.cards.values()
        after = replace(played.after, cards={card.id: replace(card, state_until=None, state_then=None)})
        decision = played.answer.asked[0].decision
        assert decision is not None
        return check_carried_out(opened, played.scene, decision, played.before, after)

    [found] = _played("report_temporary_loss", without_end)
    assert found.startswith("temporarily_lost is to become active at ")


def test_what_changed_though_it_was_refused_is_told() -> None:
    def cancelled(opened: Stage, played: Played) -> Any:
        [card] = played.after.cards.values()
        after = replace(played.after, cards={card.id: replace(card, state=CardState.CANCELLED)})
        return check_unchanged(played.before, after)

    assert _played("receive", cancelled) == ["it was not allowed, and cards changed all the same"]


MADE = {"operation.paid_at": PAID.paid_at, "operation.state": "received", "operation.delivery_method": "post"}
"""The card was made by an operation that was paid for."""


@pytest.mark.parametrize(
    ("settled", "told"),
    [
        (lambda found: replace(found, asked=()), "it is paid for, and not decided again"),
        (lambda found: replace(found, shown=()), "the provider has not given back card_fee"),
        (lambda found: replace(found, bills={}), "the graph shows None"),
        (
            lambda found: replace(found, records=_line_as(found, "card_fee", refund_id=None)),
            "card_fee is paid, not refunded",
        ),
        (lambda found: replace(found, records=_line_as(found, "postage", paid_at=None)), "500 fen are still due"),
    ],
    ids=("decided", "provider", "graph", "refund", "due"),
)
def test_what_is_not_settled_is_told(settled: Callable[[Settled], Settled], told: str) -> None:
    def lacking(opened: Stage, played: Played) -> Any:
        decision = played.answer.asked[0].decision
        assert decision is not None
        assert played.settled is not None
        return check_settled(opened, played.scene, decision, played.before, played.after, settled(played.settled))

    found = _played("activate", lacking, MADE)
    assert any(told in text for text in found), found


def _line_as(settled: Settled, fee: str, **fields: Any) -> Records:
    """Return records whose bills have other fields in the lines of a fee."""
    operations = {
        found.id: replace(found, fees=tuple(replace(e, **fields) if e.id == fee else e for e in found.fees))
        for found in settled.records.operations.values()
    }
    return replace(settled.records, operations=operations)


def test_a_service_that_is_paid_for_and_still_waits_is_told() -> None:
    def waiting(opened: Stage, played: Played) -> Any:
        decision = played.answer.asked[0].decision
        assert decision is not None
        assert played.settled is not None
        still = replace(played.settled, records=played.after)
        return check_settled(opened, played.scene, decision, played.before, played.after, still)

    found = _played("activate", waiting)
    assert "it is paid for, and still waits" in found
    assert "the card is sealed, not active" in found
