"""What is chosen with a request: what its service takes, what stands from before, and what holds where nobody chooses."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from domain.card import Card
from domain.decision import Decision
from domain.errors import InvalidInput
from domain.message import Message
from domain.operation import Delivery, Operation
from domain.services import Choice, takes
from policies.engine.decide import Policies
from policies.language.values import LISTS
from policies.language.vocabulary import Lexicon
from resolvers.changing.deaths import require_clerk_for_death
from resolvers.changing.declarations import impossible
from resolvers.changing.service_request import ServiceRequest
from resolvers.facts import DecisionSubject

METHODS = "delivery_methods"
COLLECTED = "collected"
"""The vocabulary of ways of delivery, and its attribute that marks what is collected at an outlet."""
CORRECT, DELIVER = "correct", "deliver"
"""Services that may change what was chosen before: all of it, or what nothing has been decided on yet."""


def require_possible(policies: Policies, situation: DecisionSubject, request: ServiceRequest) -> None:
    """Refuse what no rule need be asked about.

    Raises:
        InvalidInput: the service takes no such choice, no such value can be chosen, or something else was chosen before.
        NotPermitted: somebody who is no clerk chooses what only a clerk does.
    """
    words = situation.words
    if request.cancellation_reason is not None:
        require_clerk_for_death(words, situation.actor, request.cancellation_reason)
    _require_collected(words, request.delivery)
    everywhere = {name: value for name, value in request.chosen.items() if value is not None}
    added = {name: situation.chosen.get(name) for name in request.choices}
    for name in (*everywhere, *added):
        if not takes(request.service, name):
            raise impossible(
                name, "办理这件事时不能选择这一项，请去掉", "this service takes no such choice; leave it out"
            )
    for name, value in {**everywhere, **added}.items():
        _require_term(words, name, value)
    _require_held(policies, situation.about_operation, request, added, situation.today)


def _require_collected(words: Lexicon, delivery: Delivery | None) -> None:
    """Refuse an outlet of collection for what is not collected: it would be dropped, or shown where nothing lies."""
    if delivery is None or delivery.outlet is None or words.term(METHODS, delivery.method) is None:
        return
    if not is_collected(words, delivery.method):
        raise impossible(
            "input.delivery.outlet",
            "这种领卡方式不到网点领取，请不要选择领卡网点",
            "this way of delivery is no collection; leave the outlet out",
        )


def is_collected(words: Lexicon, method: str) -> bool:
    """Say whether what is delivered in a way is collected at an outlet."""
    term = words.term(METHODS, method)
    return term is not None and term.attributes.get(COLLECTED) is True


def _require_term(words: Lexicon, name: str, value: Any) -> None:
    """Refuse a word of no vocabulary, also where no rule reads the choice: it is kept all the same."""
    definition = words.fact(name)
    if definition is None or definition.type.of is None or value is None:
        return
    for word in value if definition.type.kind in LISTS else (value,):
        if words.term(definition.type.of, word) is None:
            label = definition.label
            raise impossible(
                name, f"“{label.zh}”没有这一项，请在所列各项中选择", f"{label.en}: choose one of those listed"
            )


def _require_held(
    policies: Policies, operation: Operation | None, request: ServiceRequest, chosen: Mapping[str, Any], on: date
) -> None:
    """Refuse to choose otherwise in a later step: what was decided and charged stands on the first choice.

    What the operation's own service was decided on, made or not, is changed by a correction alone. Anything else stands once it
    is chosen, but for a delivery, which may be chosen anew until it is paid for.

    Raises:
        InvalidInput: something else was chosen before (`ALREADY_CHOSEN`).
    """
    if operation is None or request.service == CORRECT:
        return
    if request.bank is not None and operation.bank not in (None, request.bank):
        raise _already_chosen(Choice.BANK)
    if not chosen:
        return
    effective = policies.effective(operation.service, operation.region, on)
    read = effective.facts_read if effective is not None else frozenset()
    for name, value in chosen.items():
        earlier = operation.declarations.get(name)
        stands = earlier is not None and request.service != DELIVER
        if value != earlier and (stands or _reads(read, name)):
            raise _already_chosen(name)


def _already_chosen(name: str) -> InvalidInput:
    return InvalidInput(
        Message(
            "这一项在申请时已经确定，办理这一步不能改。要改的，请由申请人在修改申领信息时改。",
            "This was settled before, and a later step cannot choose otherwise. The applicant may in a correction.",
        ),
        field=name,
        code="ALREADY_CHOSEN",
    )


def _reads(read: frozenset[str], name: str) -> bool:
    return any(fact == name or fact.startswith(f"{name}.") for fact in read)


def assumed(request: ServiceRequest, card: Card | None, decision: Decision) -> dict[str, Any]:
    """Return the choice that stands where nobody makes it and that the decision does not leave open; nothing otherwise.

    Whoever names no bank for a new card gets the bank of the old one: it has to be open as if it had been named.
    """
    if request.bank is not None or card is None or not takes(request.service, Choice.BANK):
        return {}
    routes = [route for route in decision.routes if route.choice == Choice.BANK and not route.conditional]
    asked = {need.name for missing in decision.missing for needs in missing.alternatives for need in needs}
    closed = any(card.bank not in route.open for route in routes)
    return {Choice.BANK.value: card.bank} if closed and Choice.BANK not in asked else {}
