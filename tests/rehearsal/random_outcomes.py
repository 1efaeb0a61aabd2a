"""Random rules and requests: each outcome in each service, with what it takes to be seen, among other rules and other facts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from random import Random
from typing import Any

from domain.card import CARD_TRANSITIONS, REPLACED, CardState
from domain.lapses import LAPSES
from domain.operation import OPERATION_TRANSITIONS, OperationState
from domain.outcomes import ACCEPTED, CARRIED_OUT, COLLECTED, REPORTED, SUBMITTED
from domain.services import POSTPONED_UNTIL_PAID, SERVICES, About, Reach, can_wait, records_of, takes, tells
from tests.policies.support.regions import real_policies
from tests.rehearsal.fact_values import BESIDES, VALUES, YESTERDAY
from tests.rehearsal.small_trees import AT_THE_WINDOW, CITY, COVER, REQUESTS, Rule

Facts = dict[str, Any]
CLOCK = "request.time_of_day"
MOMENTS = (SUBMITTED, ACCEPTED, COLLECTED, REPORTED)
BEFORE = "charge due before"
KINDS = (
    *("deny", "require", "route", "tell", "archive", "charge", BEFORE, "waive", "refund"),
    *(f"promise from {moment}" for moment in MOMENTS),
    *(f"lapse of {state}" for state in sorted(LAPSES)),
)
"""What is tried in each service: the table of the reference, cell by cell, with each moment and state that its cells name."""
FEES = ("card_fee", "postage")
PAPERS = ("passport", "household_register", "registration_form")
NEXT: Mapping[OperationState, str] = {
    OperationState.SUBMITTED: "accept",
    OperationState.PAID: "accept",
    OperationState.CORRECTION_REQUESTED: "correct",
    OperationState.ACCEPTED: "produce",
    OperationState.PRODUCED: "receive",
    OperationState.SHIPPED: "receive",
}
"""The step that follows on the way to the card, by where an operation stands."""
REACHING: Mapping[str, str] = {ACCEPTED: "accept", COLLECTED: "receive"}
"""The step with which an operation reaches a moment that comes after its request."""


@dataclass(frozen=True)
class Trial:
    """One outcome in one service, as it is asked for.

    Args:
        service, kind: the cell of the table.
        plain: facts of the request that it takes; facts: with others, some of which may not be together with them.
        paper: the document that is brought along.
        id: of the rule that is tried; rules: of the service, by id, that one among others.
    """

    service: str
    kind: str
    plain: Facts
    facts: Facts
    paper: str | None
    id: str
    rules: Mapping[str, Rule]

    def __str__(self) -> str:
        return f"{self.kind} in {self.service}, of {self.facts}, by {self.rules}"


def carries(service: str, kind: str) -> bool:
    """Say whether a service carries out what is tried, as the table of the software has it."""
    known, (word, _, what) = CARRIED_OUT[service], kind.partition(" ")
    what = what.rpartition(" ")[2]
    if word == "lapse":
        return what in known.lapses
    if word == "promise":
        return what in known.moments
    return word in known.outcomes and (kind != BEFORE or can_wait(service))


def trials(seed: int) -> tuple[Trial, ...]:
    """Return one trial for each kind of outcome in each service, whose rules apply at a minute of its own."""
    random = Random(seed)
    cells = [(service, kind) for service in REQUESTS for kind in KINDS]
    random.shuffle(cells)
    return tuple(_trial(random, service, kind, minute) for minute, (service, kind) in enumerate(cells))


def rules_of(tried: Iterable[Trial]) -> dict[str, dict[str, Rule]]:
    """Return the rules of all trials, by service and id."""
    found: dict[str, dict[str, Rule]] = {service: {} for service in REQUESTS}
    for trial in tried:
        found[trial.service] |= trial.rules
    return found


def _trial(random: Random, service: str, kind: str, minute: int) -> Trial:
    fee, others = random.sample(FEES, 2)
    needed, with_it = _needed(random, service, kind, fee)
    # What is due of an operation is its postage.
    fee = "postage" if "operation.due" in needed else fee
    others = next(each for each in FEES if each != fee)
    plain = _facts(random, service, needed)
    at = time(6 + minute // 60, minute % 60)
    clock = {CLOCK: {"is": f"{at:%H:%M}"}}
    rules: dict[str, Rule] = {}
    mixed = [each for each in KINDS if each not in ("deny", kind, *with_it) and carries(service, each)]
    extra = _of_different_words(random.sample(mixed, min(len(mixed), random.randrange(4)))) if kind != "deny" else []
    plain |= _chosen_besides(random, service)
    facts, paper = {**plain, **_others(random, service, plain)}, random.choice(PAPERS)
    for each in (kind, *with_it, *extra):
        condition = _true_of(random, service, plain) if each == kind else {}
        if each in extra:
            condition = random.choice((*CONDITIONS, _true_of(random, service, facts)))
        fee_of_it, promised = (others, "done") if each in extra else (fee, "card_issued")
        rule = _rule(random, service, each, fee_of_it, promised, plain, paper)
        rules[_named(each, minute)] = {"when": {**clock, **condition}, **rule, "source": "assumption"}
    asked = paper if any("require" in rule for rule in rules.values()) else None
    return Trial(service, kind, {**plain, CLOCK: at}, {**facts, CLOCK: at}, asked, _named(kind, minute), rules)


def _named(kind: str, minute: int) -> str:
    return f"{kind.replace(' ', '_')}_{minute}"


CONDITIONS: tuple[Rule, ...] = (
    {},
    {"request.today": {"on_or_after": date(2026, 3, 2)}},
    {"request.today": {"before": date(2026, 3, 2)}},
    {"request.weekday": {"is": 1}},
    {"request.role": {"in": ["citizen", "clerk", "bank"]}},
)
"""When another rule applies: always, never, or as the day and whoever asks have it."""


def _needed(random: Random, service: str, kind: str, fee: str) -> tuple[Facts, tuple[str, ...]]:
    """Return the facts and the other rules without which an outcome would change nothing that anybody could see."""
    on_operation, what = SERVICES[service].about is About.OPERATION, kind.rpartition(" ")[2]
    if kind == "waive" and carries(service, "charge") and (not on_operation or random.random() < 0.3):
        return {}, ("charge",)
    if kind == "waive" and on_operation:
        return random.choice(({"operation.due": 1_000}, _paid(random, service))) if _pays(service) else {
            "operation.due": 1_000
        }, ()
    if kind == "refund":
        return _paid(random, service), ()
    if kind == f"lapse of {SUBMITTED}" and service in POSTPONED_UNTIL_PAID:
        return {}, (BEFORE,)
    if kind == f"lapse of {REPLACED}" and service != "reissue":
        return {"operation.replaces_card" if on_operation else "card.replaces_another": True}, ()
    if kind.startswith("lapse") and what in set(CardState) and service not in CHANGING:
        return {"card.state": what}, ()
    if kind == f"lapse of {CardState.LOCKED.value}" and service == "cancel_loss_report":
        return {"card.password_locked": True}, ()
    if kind in (f"lapse of {SUBMITTED}", f"promise from {ACCEPTED}") and service == "deliver":
        return {"operation.state": "submitted"}, ()
    return {}, ()


CHANGING = frozenset(
    {"activate", "report_temporary_loss", "report_formal_loss", "cancel_loss_report", "lock", "produce", "cancel"}
)
"""Services that leave the card in another state than they find it in, or make it."""


def _pays(service: str) -> bool:
    return any(state is not OperationState.SUBMITTED for state in _states(service))


def _paid(random: Random, service: str) -> Facts:
    """Return the facts of an operation that was paid for, with the state that it is in then."""
    if SERVICES[service].about is About.OPERATION:
        states = [state for state in _states(service) if state is not OperationState.SUBMITTED]
        return {
            "operation.paid_at": YESTERDAY,
            "operation.state": str(random.choice(states or [OperationState.SUBMITTED])),
        }
    return {"operation.paid_at": YESTERDAY, "operation.state": random.choice(("produced", "shipped", "received"))}


def _states(service: str) -> list[OperationState]:
    """Return the states of an operation from which a service goes on, as the state machine has it."""
    name = EVENTS.get(service, service)
    found = sorted({before for before, event in OPERATION_TRANSITIONS if event.value == name})
    if service in ("pay", "withdraw"):
        return [OperationState.SUBMITTED]
    return found or [OperationState.SUBMITTED, OperationState.PAID, OperationState.ACCEPTED]


EVENTS = {
    "cancel_loss_report": "cancel_loss",
    "confirm_guardianship": "confirm",
    "object_to_guardianship": "object",
}
"""What services do that are not called what they do."""
CARD_EVENTS = {event.value for _, event in CARD_TRANSITIONS}


def _card_states(service: str) -> list[str]:
    event = EVENTS.get(service, service)
    if event in CARD_EVENTS:
        return sorted({str(before) for before, each in CARD_TRANSITIONS if each.value == event})
    return [str(REQUESTS[service]["card.state"])]


OFFICE = {**AT_THE_WINDOW, "actor.relation": "office"}
WHO: Mapping[About, tuple[Facts, ...]] = {
    About.OPERATION: (
        {"request.role": "citizen", "actor.relation": "self"},
        {"request.role": "citizen", "actor.relation": "guardian"},
        {"request.role": "citizen", "actor.relation": "delegate"},
        OFFICE,
    ),
    About.CARD: (
        {"request.role": "citizen", "actor.relation": "self"},
        {"request.role": "citizen", "actor.relation": "guardian"},
        {"request.role": "citizen", "actor.relation": "delegate"},
        {**AT_THE_WINDOW, "actor.relation": "self"},
        {**AT_THE_WINDOW, "actor.relation": "guardian"},
    ),
    About.PERSON: (
        {"request.role": "citizen", "actor.relation": "self"},
        {"request.role": "citizen", "actor.relation": "guardian"},
    ),
    About.REGION: ({},),
}


def _facts(random: Random, service: str, needed: Facts) -> Facts:
    """Return the facts of a request that nothing but a policy refuses: who asks, and where what it is about stands."""
    base = dict(REQUESTS[service])
    if "operation.state" in base:
        base["operation.state"] = str(random.choice(_states(service)))
    if "card.state" in base:
        base["card.state"] = random.choice(_card_states(service))
    if base.get("actor.relation") == "self" and "request.role" not in base:
        base |= random.choice(WHO[SERVICES[service].about])
    if CARRIED_OUT[service].only_seen:
        base |= OFFICE if SERVICES[service].about is About.OPERATION else {**AT_THE_WINDOW, "actor.relation": "self"}
    if base.get("request.role", "citizen") == "citizen":
        base.setdefault("request.channel", random.choice(("national_mini_program", "chengdu_wechat")))
    base.setdefault("request.channel", "partner_system")
    facts = {**base, **needed, **({"operation.due": 1_000} if "operation.due" in {**base, **needed} else {})}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}


def _others(random: Random, service: str, facts: Facts) -> Facts:
    """Return up to three other facts, with what has to be so besides, that are not stated otherwise."""
    found: Facts = {}
    names = [name for name in VALUES if _can_be_stated(service, name)]
    for name in random.sample(names, random.randrange(4)):
        more, stated = {**BESIDES.get(name, {}), name: random.choice(VALUES[name])}, {**facts, **found}
        if all(stated.get(each, value) == value for each, value in more.items()):
            found |= more
    return found


def _can_be_stated(service: str, name: str) -> bool:
    """Say whether a request can state a fact besides: a choice only where the input takes it, no account closed already."""
    record = name.split(".")[0]
    if name in LEFT_OUT or name.startswith(ELSEWHERE.get(service, ())):
        return False
    return record in records_of(service) and (record != "choice" or takes(service, name))


ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "cancel_loss_report": ("card.password_locked",),
    "apply": ("holder.cards_in_province", "holder.card_", "holder.applications_in_province"),
    "close_account": ("card.account",),
    "reissue": ("card.being_replaced",),
}
"""Facts with which a service does something else, whatever its policy says: it refuses a second card in a province and an
account that is closed already, and a card that is found is locked, not active, where its password is."""
LEFT_OUT = frozenset(
    {
        *("request.now", CLOCK, "request.role", "request.channel", "actor.relation", "actor.age"),
        *("card.state", "operation.state", "operation.due", "operation.due_before", "operation.paid_at"),
    }
)
"""Facts that a trial states by itself, or that are always the same."""


def _chosen_besides(random: Random, service: str) -> Facts:
    """Return what the city lets people choose, of half of the requests that take it."""
    chosen = takes(service, COVER) and SERVICES[service].about is not About.OPERATION and random.random() < 0.5
    return {COVER: random.choice(("same_city", "other_province"))} if chosen else {}


def _true_of(random: Random, service: str, facts: Facts) -> Rule:
    """Return a condition that is so of a request, on a fact that it states, or none."""
    # Paid for, an operation is in another state, and is decided again.
    always = {*REQUESTS[service], "request.role", "request.channel"} - {"operation.state"}
    names = [n for n, v in facts.items() if isinstance(v, bool | str) and (n in always or _is_optional(n))]
    names = [n for n in names if n.split(".")[0] in records_of(service) and tells(service, n)]
    if not names or random.random() < 0.5:
        return {}
    name = random.choice(sorted(names))
    return {name: {**({"present": True} if _can_be_absent(service, name) else {}), "is": facts[name]}}


def _can_be_absent(service: str, name: str) -> bool:
    return records_of(service)[name.split(".")[0]] is Reach.PERHAPS or _is_optional(name)


def _is_optional(name: str) -> bool:
    definition = real_policies().region(CITY).words.fact(name)
    return definition is None or definition.optional


def _of_different_words(kinds: list[str]) -> list[str]:
    """Return kinds without those that would settle the same as one before, but for lapses: each is of its own state."""
    return [
        kind
        for at, kind in enumerate(kinds)
        if kind.startswith("lapse") or all(kind.split()[0] != each.split()[0] for each in kinds[:at])
    ]


def _rule(random: Random, service: str, kind: str, fee: str, promised: str, facts: Facts, paper: str) -> Rule:
    """Return a rule of a kind."""
    said = {"message": {"zh": "示例。", "en": "An example."}}
    what = kind.rpartition(" ")[2]
    if kind in ("deny", "tell"):
        return {kind: True, **said}
    if kind == "require":
        return {"require": {"document": paper}, **said}
    if kind == "archive":
        return {"archive": [random.choice(PAPERS)]}
    if kind == "waive":
        return {"waive": fee}
    if kind == "refund":
        return {"refund": fee, **said}
    if kind == "route":
        return {"route": _route(random, service, facts), **said}
    if kind == BEFORE:
        return {
            "charge": {"fee": fee, "amount": _amount(random, 1), "due": "before", "refundable": random.random() < 0.5},
            **said,
        }
    if kind == "charge":
        payer, due = random.choice(("holder", "bank", "government")), random.choice(({}, {"due": "after"}))
        return {"charge": {"fee": fee, "amount": _amount(random, 0), "payer": payer, **due}, **said}
    if kind.startswith("promise"):
        within = random.choice(PERIODS)(random)
        return {"promise": {"what": promised, "within": within, "counted_from": what}, **said}
    # Where it is not what is tried, the operation can still go on.
    periods = PERIODS if promised == "card_issued" else PERIODS[:3]
    after = "at once" if what in CARRIED_OUT[service].at_once else random.choice(periods)(random)
    return {"lapse": {"state": what, "after": after, "becomes": random.choice(sorted(LAPSES[what]))}, **said}


def _amount(random: Random, least: int) -> str:
    return f"{random.randint(least, 50)} yuan"


def _counted(random: Random, most: int, what: str) -> str:
    number = random.randint(1, most)
    return f"{number} {what}{'s' * (number > 1)}"


PERIODS = (
    lambda random: _counted(random, 400, "natural day"),
    lambda random: _counted(random, 30, "working day"),
    lambda random: _counted(random, 72, "hour"),
    lambda random: random.choice(("at once", "1 month", "2 years")),
)


OTHERWISE: Mapping[str, str] = {
    "choice.bank": "abc",
    "choice.outlet": "chengdu_sample_ccb",
    "choice.delivery": "post",
    "choice.reissue_reason": "defaced",
    "choice.cancellation_reason": "own_wish",
    COVER: "same_province",
}
"""Another value that is open, of each choice."""


def _route(random: Random, service: str, facts: Facts) -> Rule:
    """Return a route on something that is chosen with a request, or else on who asks how: what is so is open."""
    names = [n for n in facts if n.startswith("choice.") and takes(service, n)]
    name = random.choice(names) if names else "request.channel"
    if name == "request.channel":
        return {"choice": name, "open": sorted({"service_window", facts[name]})}
    return {"choice": name, "open": sorted({facts[name], OTHERWISE[name]})}
