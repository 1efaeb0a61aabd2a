"""A decision as the graph shows it: every reason with its clause, everything missing at once."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

import strawberry

from domain import decision as domain
from domain.decision import Facts
from domain.fee import Due
from domain.lapses import LapsingState
from policies.language.outcomes.charge import PAYERS
from policies.language.values import as_json, show_duration
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import enum, field, shown
from schema.kit.scalars import Fen, Json
from schema.kit.text import Text, text
from schema.types.citations import Citation, CitedValue, citation, cited_values
from schema.types.closed_sets import NeedKind, Payer
from schema.types.possibilities import ONLY_IF, Holding, Possibility, nothing_open, possibilities
from schema.types.terms import Term, name_of_region, shown_term, vocabulary_of

Waiting = Callable[[], Mapping[str, tuple[str, ...]]]
"""Returns the facts that rules wait for, by rule."""


@sees(WITH_IT)
@strawberry.type(description="One reason why a request is refused.")
class Denial:
    """A reason why not."""

    code: str = field("The rule's id in capitals.")
    rule: str = field("The rule that refuses.")
    message: Text = field("Why, for people.")
    conditional: bool = field("Whether it would apply only if facts that are not known yet turn out so (forms).")
    waits_for: list[str] = field("The facts that decide, where it is conditional; suppose them, and ask again.")
    only_if: list[Possibility] = shown(ONLY_IF, lambda part: part.needs_besides())
    citation: Citation = field("Where it comes from.")
    values: list[CitedValue] = field("The settings behind it, with their sources.")
    needs_besides: strawberry.Private[Callable[[], list[Possibility]]]


@sees(WITH_IT)
@strawberry.type(description="One thing that satisfies a requirement, alone or with others.")
class Need:
    """One thing that is asked for."""

    kind: str = field("`proof`, `document`, `detail`, `declaration` or `choice`.", instead="Use `needKind`.")
    need_kind: NeedKind = shown("What is asked for.", lambda need: NeedKind(need.kind))
    name: str = field("Which one: a term of that vocabulary, or a fact's name.")
    label: Text = field("What a form calls it.")
    specification: Json = field("What it must be, by attribute; for a choice, the open values.")
    satisfied: bool = field("Whether what was brought along satisfies it.")
    problem: Text | None = field("What is wrong with what was given.")


@sees(WITH_IT)
@strawberry.type(description="Things that must all be there to satisfy a requirement in one of its ways.")
class Alternative:
    """One way to satisfy a requirement."""

    needs: list[Need] = field("All of these.")


@sees(WITH_IT)
@strawberry.type(description="Something that must be there, in any one of some ways.")
class Requirement:
    """Something that must be there."""

    rule: str = field("The rule that asks for it.")
    message: Text = field("What to tell the person.")
    alternatives: list[Alternative] = field("The ways to satisfy it; any one will do.")
    satisfied: bool = field("Whether it is satisfied.")
    conditional: bool = field("Whether it applies only if facts that are not known yet turn out so (forms).")
    waits_for: list[str] = field("The facts that decide, where it is conditional; suppose them, and ask again.")
    only_if: list[Possibility] = shown(ONLY_IF, lambda part: part.needs_besides())
    citation: Citation = field("Where it comes from.")
    values: list[CitedValue] = field("The settings behind it, with their sources.")
    needs_besides: strawberry.Private[Callable[[], list[Possibility]]]


enum(
    Due,
    "When a fee is to be paid.",
    {
        Due.BEFORE: "The service waits for it.",
        Due.AFTER: "The service is done first; the fee stays due.",
    },
)


enum(
    LapsingState,
    "States that can end by time alone, and what they become: those of cards and of operations, spelt alike.",
    {
        LapsingState.SEALED: "A card that is produced and not activated yet.",
        LapsingState.ACTIVE: "A card in use.",
        LapsingState.TEMPORARILY_LOST: "A card that is reported lost for a time.",
        LapsingState.FORMALLY_LOST: "A card that is reported lost for good.",
        LapsingState.LOCKED: "A card that is locked by wrong passwords.",
        LapsingState.CANCELLED: "A card that is cancelled.",
        LapsingState.SUBMITTED: "An operation that is handed in.",
        LapsingState.CORRECTION_REQUESTED: "An operation of which the applicant must change something.",
        LapsingState.WITHDRAWN: "An operation that is withdrawn.",
        LapsingState.CONFIRMED: "An operation that a second clerk has confirmed and that may still be objected to.",
        LapsingState.COMPLETED: "An operation that is done.",
        LapsingState.REPLACED: "An old card that a new one replaces, whatever state it is in.",
    },
)


@sees(WITH_IT)
@strawberry.type(description="A fee.")
class Charge:
    """A fee."""

    fee: str = field("Which fee: a term of the fees vocabulary.")
    label: Text = field("What the bill calls it.")
    amount: Fen = field("How much, in fen.")
    payer: str = field("Who bears it: holder, bank or government.", instead="Use `paidBy`.")
    paid_by: Payer = shown("Who bears it.", lambda charge: Payer(charge.payer))
    paid_by_label: Text = shown("What people call who bears it.", lambda charge: text(PAYERS[charge.payer]))
    due: Due = field("Whether the service waits for it.")
    refundable: bool = field("Whether it may be given back; a refund says when it is.")
    waived_by: str | None = field("The rule that waives it, if one does.")
    conditional: bool = field("Whether it hangs on facts that are not known yet (forms).")
    waits_for: list[str] = field("The facts that decide, where it is conditional; suppose them, and ask again.")
    only_if: list[Possibility] = shown(ONLY_IF, lambda part: part.needs_besides())
    citation: Citation = field("Where it comes from.")
    values: list[CitedValue] = field("The settings behind it, with their sources.")
    needs_besides: strawberry.Private[Callable[[], list[Possibility]]]


@sees(WITH_IT)
@strawberry.type(description="A fee that is given back, as far as it was paid and is refundable.")
class GivenBack:
    """A refund that is decided."""

    fee: str = field("Which fee: a term of the fees vocabulary.")
    label: Text = field("What the bill calls it.")
    rule: str = field("The rule that gives it back.")
    message: Text | None = field("What to tell the person.")
    conditional: bool = field("Whether it hangs on facts that are not known yet (forms).")
    waits_for: list[str] = field("The facts that decide, where it is conditional; suppose them, and ask again.")
    only_if: list[Possibility] = shown(ONLY_IF, lambda part: part.needs_besides())
    citation: Citation = field("Where it comes from.")
    values: list[CitedValue] = field("The settings behind it, with their sources.")
    needs_besides: strawberry.Private[Callable[[], list[Possibility]]]


@sees(WITH_IT)
@strawberry.type(description="A deadline that the office promises.")
class Promise:
    """A promised deadline."""

    what: str = field("What is promised: a term of the promises vocabulary.")
    within: Text = field("How long, such as 7 working days.")
    counted_from: str = field("From when: a term of the moments vocabulary.")
    what_term: Term = shown_term("promises", "what", region="region")
    counted_from_term: Term = shown_term("moments", "counted_from", region="region")
    message: Text = field("What to tell the person.")
    region: strawberry.Private[str]
    conditional: bool = field("Whether it hangs on facts that are not known yet (forms).")
    waits_for: list[str] = field("The facts that decide, where it is conditional; suppose them, and ask again.")
    only_if: list[Possibility] = shown(ONLY_IF, lambda part: part.needs_besides())
    citation: Citation = field("Where it comes from.")
    values: list[CitedValue] = field("The settings behind it, with their sources.")
    needs_besides: strawberry.Private[Callable[[], list[Possibility]]]


@sees(WITH_IT)
@strawberry.type(description="A state that ends by time alone.")
class Lapse:
    """A lapse."""

    from_state: LapsingState = field("The state that ends, spelt as the states of cards and of operations are.")
    from_state_term: Term = shown_term("lapsing_states", "from_state", region="region")
    to_state: LapsingState = field("What it becomes.")
    to_state_term: Term = shown_term("lapsing_states", "to_state", region="region")
    region: strawberry.Private[str]
    state: str = field("The state that ends.", instead="Use `fromState`, which is spelt as `CardState` is.")
    after: Text = field("After how long.")
    becomes: str = field("What it becomes.", instead="Use `toState`, which is spelt as `CardState` is.")
    message: Text = field("What to tell the person.")
    conditional: bool = field("Whether it hangs on facts that are not known yet (forms).")
    waits_for: list[str] = field("The facts that decide, where it is conditional; suppose them, and ask again.")
    only_if: list[Possibility] = shown(ONLY_IF, lambda part: part.needs_besides())
    citation: Citation = field("Where it comes from.")
    values: list[CitedValue] = field("The settings behind it, with their sources.")
    needs_besides: strawberry.Private[Callable[[], list[Possibility]]]


@sees(WITH_IT)
@strawberry.type(description="The open values of a choice, such as banks, channels or ways of delivery.")
class Route:
    """What is open."""

    choice: str = field("The fact that holds the choice, such as `choice.bank`.")
    open: list[str] = field("The values that are open.")
    open_terms: list[Term] = shown_term(
        lambda route, words: vocabulary_of(words, route.choice), "open", region="region"
    )
    region: strawberry.Private[str]
    conditional: bool = field("Whether it hangs on facts that are not known yet (forms).")
    waits_for: list[str] = field("The facts that decide, where it is conditional; suppose them, and ask again.")
    only_if: list[Possibility] = shown(ONLY_IF, lambda part: part.needs_besides())
    citation: Citation = field("Where it comes from.")
    values: list[CitedValue] = field("The settings behind it, with their sources.")
    needs_besides: strawberry.Private[Callable[[], list[Possibility]]]


@sees(WITH_IT)
@strawberry.type(description="A material that the handling office must keep.")
class ArchiveItem:
    """A material to keep."""

    document: str = field("A term of the documents vocabulary.")
    label: Text = field("What people call it.")
    conditional: bool = field("Whether it hangs on facts that are not known yet (forms).")
    waits_for: list[str] = field("The facts that decide, where it is conditional; suppose them, and ask again.")
    only_if: list[Possibility] = shown(ONLY_IF, lambda part: part.needs_besides())
    citation: Citation = field("Where it comes from.")
    values: list[CitedValue] = field("The settings behind it, with their sources.")
    needs_besides: strawberry.Private[Callable[[], list[Possibility]]]


@sees(WITH_IT)
@strawberry.type(description="Something the person should know.")
class Advice:
    """Advice."""

    message: Text = field("What to tell the person.")
    contact: str | None = field("The office to turn to.")
    conditional: bool = field("Whether it hangs on facts that are not known yet (forms).")
    waits_for: list[str] = field("The facts that decide, where it is conditional; suppose them, and ask again.")
    only_if: list[Possibility] = shown(ONLY_IF, lambda part: part.needs_besides())
    citation: Citation = field("Where it comes from.")
    values: list[CitedValue] = field("The settings behind it, with their sources.")
    needs_besides: strawberry.Private[Callable[[], list[Possibility]]]


@sees(WITH_IT)
@strawberry.type(description="Everything that the policies of a region say about one request, all at once.")
class Decision:
    """A decision."""

    service: str = shown("The service that was asked for: a term of the services vocabulary.", "record.service")
    service_term: Term = shown_term("services", "record.service")
    region: str = shown("GB/T 2260 code of the region that decided.", "record.region")
    on: date = shown("The day whose rules were in force.", "record.on")
    known: date = shown("The day by which they had to be published.", "record.known")
    allowed: bool = shown("True only when nothing refuses and nothing is missing.", "record.allowed")
    denials: list[Denial] = shown("Every reason why not.", lambda decision: _denials(decision))
    missing: list[Requirement] = shown(
        "Everything that must be there and is not, all together.",
        lambda decision: [requirement(r, decision) for r in decision.record.missing],
    )
    requirements: list[Requirement] = shown(
        "Everything that must be there, satisfied or not.",
        lambda decision: [requirement(r, decision) for r in decision.record.requirements],
    )
    charges: list[Charge] = shown(
        "Fees.", lambda decision: [_charge(charge, decision) for charge in decision.record.charges]
    )
    refunds: list[GivenBack] = shown(
        "Fees that are given back.",
        lambda decision: [_given_back(refund, decision) for refund in decision.record.refunds],
    )
    total_due: Fen = shown(
        "What the holder pays for this decision, in fen.",
        lambda decision: sum(fee.amount for fee in decision.record.fees if fee.payer == "holder"),
    )
    promises: list[Promise] = shown(
        "Promised deadlines.",
        lambda decision: [_promise(promise, decision) for promise in decision.record.promises],
    )
    lapses: list[Lapse] = shown(
        "States that end by time alone.",
        lambda decision: [_lapse(lapse, decision) for lapse in decision.record.lapses],
    )
    routes: list[Route] = shown(
        "What is open to choose from.",
        lambda decision: [_route(route, decision) for route in decision.record.routes],
    )
    archive: list[ArchiveItem] = shown(
        "What the office must keep.",
        lambda decision: [_archive_item(item, decision) for item in decision.record.archive],
    )
    advice: list[Advice] = shown(
        "What the person should know.",
        lambda decision: [_advice(advice, decision) for advice in decision.record.advice],
    )
    policy_digest: str = shown(
        "Content hash of the policies in force; send it back as `policyDigest` to hold us to it.", "record.digest"
    )
    facts: Json = shown("The facts that were decided on.", lambda decision: plain_facts(decision.record.facts))
    calendar_estimated: bool = shown(
        "Whether working days were counted that nobody has announced yet.", "record.estimated"
    )
    record: strawberry.Private[domain.Decision]
    waiting: strawberry.Private[Waiting]
    holding: strawberry.Private[Holding]

    @strawberry.field(description="Name of the region that decided.")
    def region_name(self, info: Info) -> Text | None:
        """Look the name up."""
        return name_of_region(info, self.record.region)

    def waits(self, rule: str, conditional: bool) -> list[str]:
        """Return the facts that a part by a rule waits for."""
        return list(self.waiting().get(rule, ())) if conditional else []

    def only_if(self, rule: str, conditional: bool) -> list[Possibility]:
        """Return what a part by a rule needs of facts that are not known yet."""
        return possibilities(self.holding().get(rule, ()), self.record.region) if conditional else []


def _denial(value: domain.Denial, conditional: bool, of: "Decision") -> Denial:
    return Denial(
        code=value.code,
        rule=value.rule,
        message=text(value.message),
        conditional=conditional,
        waits_for=of.waits(value.rule, conditional),
        needs_besides=partial(of.only_if, value.rule, conditional),
        citation=citation(value.citation),
        values=cited_values(value.values),
    )


def _need(value: domain.Need) -> Need:
    return Need(
        kind=value.kind,
        name=value.name,
        label=text(value.label),
        specification=Json({key: as_json(item) for key, item in value.specification.items()}),
        satisfied=value.satisfied,
        problem=text(value.problem) if value.problem else None,
    )


def requirement(value: domain.Requirement, of: "Decision | None" = None) -> Requirement:
    """Return a requirement as the graph shows it."""
    return Requirement(
        rule=value.rule,
        message=text(value.message),
        alternatives=[Alternative(needs=[_need(need) for need in needs]) for needs in value.alternatives],
        satisfied=value.satisfied,
        conditional=value.conditional,
        waits_for=_required_waits(value, of) if of is not None else [],
        needs_besides=partial(of.only_if, value.rule, value.conditional) if of is not None else list,
        citation=citation(value.citation),
        values=cited_values(value.values),
    )


def _charge(value: domain.Charge, of: "Decision") -> Charge:
    return Charge(
        fee=value.fee.id,
        label=text(value.fee.label),
        amount=Fen(value.fee.amount),
        payer=value.fee.payer,
        due=value.due,
        refundable=value.refundable,
        waived_by=value.waived_by,
        conditional=value.conditional,
        waits_for=of.waits(value.fee.rule, value.conditional),
        needs_besides=partial(of.only_if, value.fee.rule, value.conditional),
        citation=citation(value.citation),
        values=cited_values(value.values),
    )


def _given_back(value: domain.Refund, of: "Decision") -> GivenBack:
    return GivenBack(
        fee=value.fee,
        label=text(value.label),
        rule=value.rule,
        message=text(value.message) if value.message else None,
        conditional=value.conditional,
        waits_for=of.waits(value.rule, value.conditional),
        needs_besides=partial(of.only_if, value.rule, value.conditional),
        citation=citation(value.citation),
        values=cited_values(value.values),
    )


def _promise(value: domain.Promise, of: "Decision") -> Promise:
    return Promise(
        region=of.record.region,
        what=value.what,
        within=text(show_duration(value.within)),
        counted_from=value.counted_from,
        message=text(value.message),
        conditional=value.conditional,
        waits_for=of.waits(value.rule, value.conditional),
        needs_besides=partial(of.only_if, value.rule, value.conditional),
        citation=citation(value.citation),
        values=cited_values(value.values),
    )


def _lapse(value: domain.Lapse, of: "Decision") -> Lapse:
    return Lapse(
        region=of.record.region,
        from_state=LapsingState(value.state),
        to_state=LapsingState(value.becomes),
        state=value.state,
        after=text(show_duration(value.after)),
        becomes=value.becomes,
        message=text(value.message),
        conditional=value.conditional,
        waits_for=of.waits(value.rule, value.conditional),
        needs_besides=partial(of.only_if, value.rule, value.conditional),
        citation=citation(value.citation),
        values=cited_values(value.values),
    )


def plain_facts(facts: Facts) -> Json:
    """Return facts as JSON."""
    return Json({name: as_json(value) for name, value in facts.items()})


def _denials(of: Decision) -> list[Denial]:
    sure = [_denial(d, False, of) for d in of.record.denials]
    return sure + [_denial(d, True, of) for d in of.record.conditional_denials]


def _required_waits(value: domain.Requirement, of: Decision) -> list[str]:
    """Return what a requirement waits for; a declaration is asked for because it is not known, and waits for the others."""
    declared = {need.name for needs in value.alternatives for need in needs if need.kind == "declaration"}
    return [fact for fact in of.waits(value.rule, value.conditional) if fact not in declared]


def _route(value: domain.Route, of: "Decision") -> Route:
    return Route(
        region=of.record.region,
        choice=value.choice,
        open=list(value.offered),
        conditional=value.conditional,
        waits_for=of.waits(value.rule, value.conditional),
        needs_besides=partial(of.only_if, value.rule, value.conditional),
        citation=citation(value.citation),
        values=cited_values(value.values),
    )


def _archive_item(value: domain.ArchiveItem, of: "Decision") -> ArchiveItem:
    return ArchiveItem(
        document=value.document,
        label=text(value.label),
        conditional=value.conditional,
        waits_for=of.waits(value.rule, value.conditional),
        needs_besides=partial(of.only_if, value.rule, value.conditional),
        citation=citation(value.citation),
        values=cited_values(value.values),
    )


def _advice(value: domain.Advice, of: "Decision") -> Advice:
    return Advice(
        message=text(value.message),
        contact=value.contact,
        conditional=value.conditional,
        waits_for=of.waits(value.rule, value.conditional),
        needs_besides=partial(of.only_if, value.rule, value.conditional),
        citation=citation(value.citation),
        values=cited_values(value.values),
    )


def nothing_waits() -> Mapping[str, tuple[str, ...]]:
    """Return what rules wait for where all is known."""
    return {}


def decision(value: domain.Decision, waiting: Waiting = nothing_waits, holding: Holding = nothing_open) -> Decision:
    """Return a decision as the graph shows it.

    Args:
        waiting: returns, of a form, the facts that each rule waits for; asked only where somebody asks.
        holding: returns, of a form, what each rule needs of them; asked as well.
    """
    return Decision(record=value, waiting=waiting, holding=holding)
