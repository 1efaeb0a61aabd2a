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
from policies.language.vocabulary import Lexicon
from resolvers.changing.deaths import require_clerk_for_death
from resolvers.changing.declarations import impossible, require_words
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.terms import require_term
from resolvers.changing.wrong_inputs import Wrong
from resolvers.facts import DecisionSubject

METHODS, OUTLETS = "delivery_methods", "outlets"
COLLECTED = "collected"
"""The vocabularies of ways of delivery and of outlets; the attribute of a way that marks what is collected at an outlet."""
CORRECT, DELIVER = "correct", "deliver"
"""Services that may change what was chosen before: all of it, or what nothing has been decided on yet."""


def require_possible(policies: Policies, situation: DecisionSubject, request: ServiceRequest, wrong: Wrong) -> None:
    """Refuse what no rule need be asked about.

    Args:
        wrong: is told of choices that the service does not take, values that cannot be chosen, and what was chosen otherwise before.

    Raises:
        NotPermitted: somebody who is no clerk chooses what only a clerk does.
    """
    words = situation.words
    if request.cancellation_reason is not None:
        require_clerk_for_death(words, situation.actor, request.cancellation_reason)
    added = {name: situation.chosen.get(name) for name in request.choices}
    require_known(words, request, added, wrong)
    with wrong:
        _require_held(policies, situation.about_operation, request, added, situation.today)


def require_known(words: Lexicon, request: ServiceRequest, added: Mapping[str, Any], wrong: Wrong) -> None:
    """Refuse what cannot be chosen in a region, whatever the request is about.

    Args:
        added: the choices that the region adds, as they were read.
        wrong: is told of choices that the service does not take, and of values that cannot be chosen.
    """
    with wrong:
        _require_collected(words, request.delivery)
    everywhere = {name: value for name, value in request.chosen.items() if value is not None}
    for name, value in {**everywhere, **added, **request.derived_facts}.items():
        with wrong:
            _require_value(words, request.service, name, value)


def _require_value(words: Lexicon, service: str, name: str, value: Any) -> None:
    """Refuse a choice that the service does not take, and a word of no vocabulary, which is kept also where no rule reads it."""
    if name.startswith("choice.") and not takes(service, name):
        raise impossible(name, "办理这件事时不能选择这一项，请去掉", "this service takes no such choice; leave it out")
    definition = words.fact(name)
    if definition is not None and definition.origin == "chosen":
        require_words(words, definition, value)


def _require_collected(words: Lexicon, delivery: Delivery | None) -> None:
    """Refuse an outlet of collection for what is not collected: it would be dropped, or shown where nothing lies."""
    if delivery is None or delivery.outlet is None or words.term(METHODS, delivery.method) is None:
        return
    require_term(words, OUTLETS, delivery.outlet, "input.delivery.outlet")
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
