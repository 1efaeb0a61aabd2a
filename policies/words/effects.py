"""What a rule does, in words: what it asks for and whether that is there, what it charges, what it leaves open."""

from collections.abc import Iterable, Mapping
from typing import Any

from domain.decision import Decision, Need
from domain.message import Message
from policies.engine.effective import EffectivePolicy
from policies.language import outcomes
from policies.language.service import Rule
from policies.language.values import Kind, ValueType, show_duration
from policies.words.wording import Wording, joined

KINDS: Mapping[type[outcomes.Outcome], tuple[str, Message]] = {
    outcomes.Deny: ("deny", Message("不予办理", "refuses")),
    outcomes.Require: ("require", Message("要求", "asks for")),
    outcomes.ChargeSpec: ("charge", Message("收费", "charges")),
    outcomes.Waive: ("waive", Message("免收", "waives")),
    outcomes.RefundSpec: ("refund", Message("退费", "gives back")),
    outcomes.PromiseSpec: ("promise", Message("承诺", "promises")),
    outcomes.LapseSpec: ("lapse", Message("到期变更", "lets lapse")),
    outcomes.RouteSpec: ("route", Message("可选值", "leaves open")),
    outcomes.Archive: ("archive", Message("留存", "keeps on file")),
    outcomes.Tell: ("tell", Message("告知", "tells")),
}
"""The word of the language for each outcome, and what people read."""

_HERE = Message("已有", "there")
_MISSING = Message("还没有", "missing")
_MONEY = ValueType(Kind.MONEY)


def outcome_kind(rule: Rule) -> str:
    """Return the word of the language for what a rule does."""
    return KINDS[type(rule.outcome)][0]


def effect_words(rule: Rule, policy: EffectivePolicy, decision: Decision, wording: Wording) -> Message:
    """Say what a rule does, or would do if it applied.

    Args:
        rule: of the policy; decision: which holds what it did, if it did anything.
    """
    does = KINDS[type(rule.outcome)][1]
    what = _what(rule, policy, decision, wording)
    return Message(f"{does.zh}：{what.zh}", f"{does.en}: {what.en}") if what is not None else does


def _what(rule: Rule, policy: EffectivePolicy, decision: Decision, wording: Wording) -> Message | None:
    words, outcome = policy.words, rule.outcome
    if isinstance(outcome, outcomes.Require):
        return _required(rule, outcome, decision, wording)
    if isinstance(outcome, outcomes.RouteSpec):
        return _open(rule, outcome, decision, wording)
    if isinstance(outcome, outcomes.ChargeSpec):
        return _charged(rule, outcome, decision, wording)
    if isinstance(outcome, outcomes.Waive | outcomes.RefundSpec):
        return words.label("fees", outcome.fee)
    if isinstance(outcome, outcomes.PromiseSpec):
        done = next((promise for promise in decision.promises if promise.rule == rule.id), None)
        return _labelled(words.label("promises", outcome.what), show_duration(done.within) if done else None)
    if isinstance(outcome, outcomes.LapseSpec):
        ends, becomes = (words.label("lapsing_states", name) for name in (outcome.state, outcome.becomes))
        return Message(f"“{ends.zh}”到期自动变为“{becomes.zh}”", f"{ends.en} becomes {becomes.en} by itself")
    if isinstance(outcome, outcomes.Archive):
        return joined((words.label("documents", name) for name in outcome.documents), "、", ", ")
    return policy.message(rule)


def _labelled(label: Message, shown: Message | None) -> Message:
    return label if shown is None else Message(f"{label.zh}{shown.zh}", f"{label.en} {shown.en}")


def _charged(rule: Rule, outcome: outcomes.ChargeSpec, decision: Decision, wording: Wording) -> Message:
    done = next((charge for charge in decision.charges if charge.fee.rule == rule.id), None)
    label = wording.words.label("fees", outcome.fee)
    if done is None:
        return label
    told = _labelled(label, wording.show(done.fee.amount, _MONEY))
    if done.waived_by is None:
        return told
    return Message(f"{told.zh}（由规则 `{done.waived_by}` 免收）", f"{told.en} (waived by the rule {done.waived_by})")


def _required(rule: Rule, outcome: outcomes.Require, decision: Decision, wording: Wording) -> Message:
    done = [r for r in decision.requirements if r.rule == rule.id and r.alternatives[0][0].kind != "declaration"]
    if done:
        return _alternatives([[_need(need) for need in needs] for needs in done[0].alternatives])
    return _alternatives(
        [[wording.words.label(f"{need.kind}s", need.name) for need in needs] for needs in outcome.alternatives]
    )


def _need(need: Need) -> Message:
    state = _HERE if need.satisfied else _MISSING
    if need.problem is not None:
        state = Message(need.problem.zh.rstrip("。"), need.problem.en.rstrip("."))
    return Message(f"{need.label.zh}（{state.zh}）", f"{need.label.en} ({state.en})")


def _alternatives(found: Iterable[Iterable[Message]]) -> Message:
    return joined((joined(needs, "、", " and ") for needs in found), "；或者", ", or ")


def _open(rule: Rule, outcome: outcomes.RouteSpec, decision: Decision, wording: Wording) -> Message:
    label = wording.fact(outcome.choice)
    done = next((route for route in decision.routes if route.rule == rule.id), None)
    definition = wording.policy.fact(outcome.choice)
    if done is None or definition is None:
        return label
    values: list[Any] = list(done.open)
    shown = joined((wording.show(value, definition.type) for value in values), "、", ", ")
    told = Message(f"{label.zh}（{shown.zh or '无'}）", f"{label.en} ({shown.en or 'none'})")
    if any(denial.rule == rule.id for denial in decision.denials):
        return Message(f"{told.zh}；所选的不在里面", f"{told.en}; what was chosen is not among them")
    return told
