"""What a draft changes for recorded decisions: each kind of difference, alone and exactly."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.duration import Duration, Unit
from domain.evidence import DocumentEvidence, Evidence
from policies.engine.decide import Policies
from policies.replay.impact import Cell, ChangedDecision, Comparison, Impact
from policies.replay.recalling import Recall
from policies.replay.recorded import (
    Answer,
    Brought,
    Due,
    Lapsing,
    Promised,
    Reason,
    Recorded,
    Standing,
    Thing,
    Undecided,
)
from policies.replay.replaying import Replay
from policies.tree.tree import load_tree
from resolvers.changing.recording import decision_record, recorded
from store.encoding import dump
from store.records import KeptDecision
from tests.policies.support.random_words import fact_definitions, write_yaml
from tests.policies.support.small_trees import DAY, FACTS, deny, policies_of

ALLOWED, ASKED, REFUSED, UNDECIDED = Standing.ALLOWED, Standing.ASKED, Standing.REFUSED, Standing.UNDECIDED
PHOTO: dict[str, Any] = {"width_px": 358, "height_px": 441}
SAYS = {"message": {"zh": "试行", "en": "a trial"}}
AT = datetime(2026, 11, 20, tzinfo=UTC)
YOUNG = deny({"s.integer": {"below": 18}})
ALWAYS = {key: value for key, value in YOUNG.items() if key != "when"}


def thing(name: str = "photo", kind: str = "document", **specification: Any) -> Thing:
    return Thing(kind, name, frozenset(specification.items()))


def kept(policies: Policies, evidence: Evidence | None = None, on: date = DAY, **changes: Any) -> KeptDecision:
    """Decide on the usual facts with some changed, and return what is on record then."""
    facts = FACTS | {name.replace("__", "."): value for name, value in changes.items()}
    decision = policies.decide("apply", "000000", facts, on, history=(), evidence=evidence)
    record = decision_record(decision, AT, None)
    return KeptDecision(
        record.id, record.service, record.region, AT, on, on, record.digest, record.allowed, dump(record.facts),
        dump(record.outcome),
    )  # fmt: skip


def text_of(policies: Policies, on: date = DAY) -> dict[str, str]:
    """Return what is kept of the policies behind a decision."""
    policy = policies.effective("apply", "000000", on)
    assert policy is not None
    return {policy.digest: policy.text()}


def became(request: Recorded, draft: Policies, texts: Mapping[str, str] | None = None, **days: date) -> Cell:
    """Say what becomes of one recorded request under a draft."""
    recall = Recall(texts)
    return Comparison(Replay(draft, recall, **days), recall).of(request)


# --- what was brought along


@pytest.mark.parametrize(
    ("had", "wanted", "serves"),
    [
        (thing(), thing(), True),
        (thing(**PHOTO), thing(), True),
        (thing(), thing(**PHOTO), False),
        (thing(**PHOTO), thing(width_px=358), True),
        (thing(**PHOTO), thing(width_px=413, height_px=441), False),
        (thing(), thing("form"), False),
        (thing(), thing(kind="proof"), False),
        (thing(width_mm=26, tolerance_mm=2), thing(width_mm=26, tolerance_mm=2), True),
        (thing(width_mm=26, tolerance_mm=2), thing(width_mm=26), False),
        (thing(width_mm=26, tolerance_mm=2), thing(), True),
        (thing(width_mm=26, tolerance_mm=2, dpi=300), thing(dpi=300), True),
    ],
)
def test_what_fitted_more_fits_less_and_never_the_other_way_round(had: Thing, wanted: Thing, serves: bool) -> None:
    assert had.serves(wanted) is serves
    assert Brought(frozenset({had})).satisfies([[wanted]]) is serves


def test_one_of_two_serves_only_what_either_would_do_for() -> None:
    one, other, third = thing("one"), thing("other"), thing("third")
    brought = Brought(frozenset({third}), frozenset({frozenset({frozenset({one}), frozenset({other})})}))
    assert brought.satisfies([[one], [other]])
    assert brought.satisfies([[one, third], [other]])
    assert not brought.satisfies([[one]])
    assert not brought.satisfies([[one, other]])
    assert brought.satisfies([[]])
    assert not Brought().satisfies([])


@pytest.mark.parametrize("known", ["on record", "by the kept text", "not at all"])
def test_whether_it_is_asked_for_again_hangs_on_what_is_known(tmp_path: Path, known: str) -> None:
    photo = {"document": "photo", "specification": {"min_dpi": 300}}
    before = policies_of(tmp_path / "a", {"photo": {"require": photo, **SAYS}, "either": {
        "require": {"one_of": [{"proof": "sms_code"}, {"proof": "face_check"}]}, **SAYS}})  # fmt: skip
    evidence = Evidence(frozenset({"sms_code"}), (DocumentEvidence("1", "photo", dpi=300),))
    request = recorded(kept(before, evidence))
    assert request.answer.standing is ALLOWED
    request = request if known == "on record" else replace(request, brought=None)
    texts = {} if known == "not at all" else text_of(before)
    asks: dict[str, dict[str, Any]] = {
        "the same": {"photo": {"require": photo, **SAYS}},
        "less": {"photo": {"require": {"document": "photo"}, **SAYS}},
        "more": {"photo": {"require": {"document": "photo", "specification": {"min_dpi": 350}}, **SAYS}},
        "either": {"trial": {"require": {"one_of": [{"proof": "sms_code"}, {"proof": "face_check"}]}, **SAYS}},
        "one of them": {"trial": {"require": {"proof": "sms_code"}, **SAYS}},
        "nothing": {"trial": {"tell": True, **SAYS}},
    }
    moves = {
        name: next(iter(became(request, policies_of(tmp_path / name, rules), texts).moves))[1]
        for name, rules in asks.items()
    }
    if known == "not at all":
        assert moves == dict.fromkeys(asks, UNDECIDED) | {"nothing": ALLOWED}
    else:
        one = ALLOWED if known == "on record" else ASKED
        assert moves == dict.fromkeys(asks, ALLOWED) | {"more": ASKED, "one of them": one}


def test_what_is_not_known_is_named_and_what_denies_is_sure_all_the_same(tmp_path: Path) -> None:
    request = replace(recorded(kept(policies_of(tmp_path / "a", {"any": {"tell": True, **SAYS}}))), brought=None)
    asking = {"photo": {"require": {"document": "photo"}, **SAYS}}
    cell = became(request, policies_of(tmp_path / "b", asking))
    assert (cell.undecided, cell.unchanged, cell.flips) == ({Undecided("EVIDENCE_NOT_KEPT"): 1}, 0, 0)
    assert became(request, policies_of(tmp_path / "c", {**asking, "none": ALWAYS})).flips == 1


def test_a_text_of_other_policies_tells_nothing(tmp_path: Path) -> None:
    before = policies_of(tmp_path / "a", {"photo": {"require": {"document": "photo"}, **SAYS}})
    request = replace(recorded(kept(before, Evidence(documents=(DocumentEvidence("1", "photo"),)))), brought=None)
    damaged = {request.digest: text_of(before)[request.digest] + " "}
    assert became(request, before, damaged).undecided == {Undecided("EVIDENCE_NOT_KEPT"): 1}
    assert became(request, before, text_of(before)).unchanged == 1


# --- facts


def test_a_fact_that_the_draft_no_longer_defines_is_left_out(tmp_path: Path) -> None:
    request = recorded(kept(policies_of(tmp_path / "a", {"young": YOUNG}), s__integer=20))
    request = replace(request, facts={**request.facts, "s.abolished": 3})
    assert became(request, policies_of(tmp_path / "b", {"young": YOUNG})).unchanged == 1


def test_a_term_means_what_the_draft_says_it_means(tmp_path: Path) -> None:
    rules = {"late": deny({"choice.outlet": {"present": True}, "choice.outlet.floor": {"above": 1}})}
    request = recorded(kept(policies_of(tmp_path / "a", rules), choice__outlet="north_gate"))
    assert request.facts == {"choice.outlet": "north_gate", "choice.outlet.floor": 1}
    assert became(request, policies_of(tmp_path / "b", rules)).unchanged == 1
    file = tmp_path / "b/vocabulary/outlets.yaml"
    file.write_text(file.read_text().replace('"floor": 1', '"floor": 7'))
    assert became(request, Policies(load_tree(tmp_path / "b"))).moves == {(ALLOWED, REFUSED): 1}


def test_a_number_that_is_counted_otherwise_now_was_not_recorded(tmp_path: Path) -> None:
    rules = {"often": deny({"history.recent": {"above": 2}})}
    before = policies_of(tmp_path / "a", rules)
    request = recorded(kept(before))
    assert became(request, policies_of(tmp_path / "b", rules), text_of(before)).unchanged == 1
    policies_of(tmp_path / "c", rules)
    facts = fact_definitions()
    count = facts["history.recent"]["count"]
    facts["history.recent"]["count"] = {**{k: v for k, v in count.items() if k != "last"}, "within": "lifetime"}
    assert facts["history.recent"]["count"] != count
    write_yaml(tmp_path / "c/facts.yaml", facts)
    draft = Policies(load_tree(tmp_path / "c"))
    assert became(request, draft, text_of(before)).undecided == {Undecided("MISSING_FACT", ("history.recent",)): 1}


def test_people_are_asked_for_what_a_draft_wants_declared(tmp_path: Path) -> None:
    request = recorded(kept(policies_of(tmp_path / "a", {"young": YOUNG}), s__integer=20))
    draft = policies_of(tmp_path / "b", {"young": YOUNG, "rich": deny({"declared.income": {"above": "10 yuan"}})})
    cell = became(request, draft)
    assert cell.moves == {(ALLOWED, ASKED): 1}
    assert [(why.reason.asks, why.reason.rule) for why in cell.why] == [(True, "rich")]


# --- days


def test_each_decision_is_taken_on_its_own_day_unless_another_is_named(tmp_path: Path) -> None:
    before = policies_of(tmp_path / "a", {"young": YOUNG})
    draft = policies_of(
        tmp_path / "b", {"young": YOUNG, "all": {**ALWAYS, "from": date(2027, 1, 1), "published": date(2026, 12, 1)}}
    )
    early, late = (recorded(kept(before, on=day, s__integer=20)) for day in (DAY, date(2027, 2, 1)))
    assert [became(request, draft).flips for request in (early, late)] == [0, 1]
    assert became(early, draft, on=date(2027, 1, 1)).flips == 1
    assert became(early, draft, on=date(2026, 12, 31)).flips == 0
    assert became(early, draft, on=date(2027, 1, 1), known=date(2026, 11, 30)).flips == 0


def test_equal_requests_are_decided_once_also_on_other_days(tmp_path: Path) -> None:
    policies = policies_of(tmp_path, {"young": YOUNG})
    requests = [recorded(kept(policies, on=date(2026, 1, day), s__integer=day % 2)) for day in range(1, 21)]
    recall = Recall()
    found = Comparison(Replay(policies, recall), recall).impact(requests)
    assert (found.total.decisions, found.decided, found.total.unchanged) == (20, 2, 20)


# --- sums


def answer(standing: Standing = ALLOWED, *reasons: Reason, due: int | None = None, **more: Any) -> Answer:
    return Answer(standing, reasons, dues=() if due is None else (Due("fee", "holder", due),), **more)


@pytest.mark.parametrize(
    ("before", "after", "sums"),
    [
        (answer(due=500), answer(due=500), (500, 500, 0, 0, 0, 0, 0)),
        (answer(due=500), answer(due=700), (500, 700, 0, 200, 0, 1, 0)),
        (answer(due=500), answer(due=400), (500, 400, 0, 0, 100, 0, 1)),
        (answer(due=500), answer(), (500, 0, 0, 0, 500, 0, 1)),
        (answer(), answer(due=500), (0, 500, 0, 500, 0, 1, 0)),
        (answer(due=500), answer(ASKED, due=700), (500, 0, 700, 200, 0, 0, 0)),
        (answer(due=500), answer(REFUSED, due=500), (500, 0, 0, 0, 500, 0, 0)),
        (answer(REFUSED, due=500), answer(due=500), (0, 500, 0, 500, 0, 0, 0)),
        (answer(ASKED, due=500), answer(REFUSED, due=500), None),
        (answer(due=500), Answer(UNDECIDED, fault=Undecided("X")), None),
    ],
)
def test_fees_are_what_allowed_requests_pay(before: Answer, after: Answer, sums: tuple[int, ...] | None) -> None:
    cell = Cell()
    cell.count(before, after)
    found = [
        (fee.before, fee.after, fee.pending, fee.gained, fee.lost, fee.more, fee.less) for fee in cell.fees.values()
    ]
    assert [sum_ for sum_ in found if any(sum_)] == ([sums] if sums is not None else [])


def test_promises_and_lapses_are_compared_by_what_they_are_about() -> None:
    week, month = Duration(7, Unit.WORKING_DAYS), Duration(1, Unit.MONTHS)
    promised, later = Promised("card", week, "accepted"), Promised("card", month, "accepted")
    lapsing = Lapsing("lost", week, "active")
    cell = Cell()
    cell.count(answer(promises=frozenset({promised})), answer(promises=frozenset({later}), lapses=frozenset({lapsing})))
    cell.count(answer(promises=frozenset({promised})), answer(REFUSED))
    cell.count(answer(promises=frozenset({promised})), answer(promises=frozenset({promised})))
    assert cell.promises == {ChangedDecision((promised,), (later,)): 1}
    assert cell.lapses == {ChangedDecision((), (lapsing,)): 1}
    assert cell.unchanged == 1


def test_only_other_reasons_are_no_flip_and_the_same_rule_on_another_line_is_none() -> None:
    one, moved, other = Reason(False, "one", "a.yaml", 3), Reason(False, "one", "a.yaml", 9), Reason(False, "other")
    cell = Cell()
    cell.count(answer(REFUSED, one), answer(REFUSED, moved))
    cell.count(answer(REFUSED, one), answer(REFUSED, moved, other))
    assert (cell.unchanged, cell.reasons_changed, cell.flips) == (1, 1, 0)
    assert [(why.gone, why.reason) for why in cell.why] == [(False, other)]


def test_impacts_add_up() -> None:
    cell = Cell()
    cell.count(answer(due=5), answer(REFUSED, Reason(False, "one"), due=5))
    cell.count(answer(), Answer(UNDECIDED, fault=Undecided("X", ("fact",))))
    found, more = Impact(decided=2), Impact(decided=1)
    found.count("000000", "apply", cell, 3)
    more.count("000000", "apply", cell)
    more.count("110000", "lose", cell)
    found.add(more)
    assert (found.decided, found.total.decisions, found.total.flips) == (3, 10, 5)
    assert found.by_region()["000000"].moves == {(ALLOWED, REFUSED): 4, (ALLOWED, UNDECIDED): 4}
    assert found.by_service()["lose"].fees["fee", "holder"].lost == 5
    assert found.total.undecided == {Undecided("X", ("fact",)): 5}
    assert found.total.moved(None, REFUSED) == found.total.moved(ALLOWED, REFUSED) == 5
    assert found.total.moved(ASKED, REFUSED) == 0
    assert found.total.unchanged == 0
