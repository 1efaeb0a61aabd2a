"""What a rule does, in words: what it asks for and whether that is there, what it charges, what it leaves open."""

from domain.decision import Decision
from domain.message import Message
from policies.language.service import Rule
from policies.words.wording import Wording


def effect_words(rule: Rule, decision: Decision, wording: Wording) -> Message:
    """Say what a rule does, or would do if it applied.

    Args:
        rule: of the policy; decision: which holds what it did, if it did anything.
    """
    does = rule.outcome.does
    what = rule.outcome.effect(rule.id, decision, wording) or wording.policy.message(rule)
    return Message(f"{does.zh}：{what.zh}", f"{does.en}: {what.en}") if what is not None else does
