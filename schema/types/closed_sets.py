"""Closed sets of the graph that stood in it as texts: each is an enum now, beside the text, which is deprecated.

Words of vocabularies are no such sets, also where the software knows all of them: they have labels, and are shown as a `Term`.
"""

from enum import StrEnum

from policies.compare.changes import What
from policies.explain.explanation import Verdict
from policies.language.values import KIND_WORDS, Kind
from schema.kit.described import enum


class RegionLevel(StrEnum):
    """How large a region is."""

    NATION = "nation"
    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"


class NeedKind(StrEnum):
    """What a requirement asks for."""

    PROOF = "proof"
    DOCUMENT = "document"
    DETAIL = "detail"
    DECLARATION = "declaration"
    CHOICE = "choice"


class Payer(StrEnum):
    """Who bears a fee."""

    HOLDER = "holder"
    BANK = "bank"
    GOVERNMENT = "government"


class RuleOutcome(StrEnum):
    """What a rule does."""

    DENY = "deny"
    REQUIRE = "require"
    CHARGE = "charge"
    WAIVE = "waive"
    REFUND = "refund"
    PROMISE = "promise"
    LAPSE = "lapse"
    ROUTE = "route"
    ARCHIVE = "archive"
    TELL = "tell"


class ComingKind(StrEnum):
    """What is announced to happen."""

    VALUE_BEGINS = "value_begins"
    VALUE_ENDS = "value_ends"
    VALUE_PUBLISHED = "value_published"
    RULE_BEGINS = "rule_begins"
    RULE_ENDS = "rule_ends"
    RULE_PUBLISHED = "rule_published"


class WrittenKind(StrEnum):
    """What is written otherwise."""

    RULE = "rule"
    SETTING = "setting"
    FACT = "fact"
    VOCABULARY = "vocabulary"


enum(
    RegionLevel,
    "How large a region is.",
    {
        RegionLevel.NATION: "The whole country.",
        RegionLevel.PROVINCE: "A province.",
        RegionLevel.CITY: "A city.",
        RegionLevel.DISTRICT: "A district or county.",
    },
)
enum(
    NeedKind,
    "What a requirement asks for.",
    {
        NeedKind.PROOF: "That somebody is who they say, or is there.",
        NeedKind.DOCUMENT: "A material.",
        NeedKind.DETAIL: "A field to fill in.",
        NeedKind.DECLARATION: "A fact to declare.",
        NeedKind.CHOICE: "Something to choose.",
    },
)
enum(
    Payer,
    "Who bears a fee.",
    {Payer.HOLDER: "The holder.", Payer.BANK: "The issuing bank.", Payer.GOVERNMENT: "The government."},
)
enum(
    RuleOutcome,
    "What a rule does.",
    {
        RuleOutcome.DENY: "Refuses.",
        RuleOutcome.REQUIRE: "Asks for something.",
        RuleOutcome.CHARGE: "Charges a fee.",
        RuleOutcome.WAIVE: "Waives a fee.",
        RuleOutcome.REFUND: "Gives a fee back.",
        RuleOutcome.PROMISE: "Promises a deadline.",
        RuleOutcome.LAPSE: "Lets a state end by time alone.",
        RuleOutcome.ROUTE: "Says what is open to choose.",
        RuleOutcome.ARCHIVE: "Has a material kept.",
        RuleOutcome.TELL: "Tells something.",
    },
)
enum(
    ComingKind,
    "What is announced to happen.",
    {kind: f"A {kind.value.replace('_', ' ').replace('published', 'is published')}." for kind in ComingKind},
)
enum(
    WrittenKind,
    "What is written otherwise.",
    {kind: f"A {kind.value}." for kind in WrittenKind},
)
enum(
    What,
    "How something is written otherwise.",
    {What.ADDED: "It is new.", What.REMOVED: "It is gone.", What.CHANGED: "It is another."},
    "WrittenHow",
)
enum(
    Verdict,
    "What became of a rule.",
    {
        Verdict.APPLIES: "It applies.",
        Verdict.DOES_NOT_APPLY: "It does not apply.",
        Verdict.MAY_APPLY: "That hangs on facts that are not known.",
        Verdict.OVERRULED: "Another rule stands in for it.",
    },
    "RuleVerdict",
)
enum(
    Kind,
    "What a fact or setting holds.",
    {kind: f"{KIND_WORDS[kind].en[0].upper()}{KIND_WORDS[kind].en[1:]}." for kind in Kind},
    "ValueKind",
)
