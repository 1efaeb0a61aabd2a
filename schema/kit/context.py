"""What each request's resolvers are given: who asks, in which language, and loaders that fetch many at once."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import strawberry
from starlette.requests import Request

from domain.card import Card
from domain.decision import Advice
from domain.errors import NotAuthenticated
from domain.holder import Actor
from domain.message import Language, Message
from gateways.tokens import TokenVerifier
from resolvers.changing.decided_request import DecidedRequest
from resolvers.dependencies import Dependencies
from resolvers.looking_up import lookup
from resolvers.services.functions import functions_of
from resolvers.services.remind import reminders_of
from schema.kit.loading import Loader
from store import Store, UnitOfWork
from store.records import Count, OperationFilter

Found = TypeVar("Found")
Absent = TypeVar("Absent")


def require_actor(actor: Actor | None) -> Actor:
    """Return who asks.

    Raises:
        NotAuthenticated: nobody said.
    """
    if actor is None:
        raise NotAuthenticated(
            Message(
                "请先登录。",
                "A token is needed: send it in the header Authorization: Bearer …",
            )
        )
    return actor


AdviceOnCards = Callable[[Dependencies, Actor, Sequence[Card]], Awaitable[Mapping[str, tuple[Advice, ...]]]]


def _loader(
    store: Store, find: Callable[[UnitOfWork, list[str]], Awaitable[Mapping[str, Found]]], absent: Absent
) -> Loader[str, Found | Absent]:
    """Return what loads values by id.

    Args:
        find: finds those that exist; absent: stands for the others.
    """

    async def read(ids: list[str]) -> Mapping[str, Found | Absent]:
        async with store.reading() as work:
            return await find(work, ids)

    return Loader(read, absent)


def _advice_loader(
    dependencies: Dependencies, actor: Actor | None, advise: AdviceOnCards
) -> Loader[Card, tuple[Advice, ...]]:
    """Return what asks the policies about cards."""

    async def read(cards: list[Card]) -> Mapping[Card, tuple[Advice, ...]]:
        found = await advise(dependencies, require_actor(actor), cards)
        return {card: found[card.id] for card in cards}

    return Loader(read, ())


def _count_loader(dependencies: Dependencies, actor: Actor | None) -> Loader[OperationFilter, Count]:
    """Return what counts the operations that whoever asks may see."""

    async def read(selections: list[OperationFilter]) -> dict[OperationFilter, Count]:
        policies, asking, now = dependencies.policies(), require_actor(actor), dependencies.clock.now()
        async with dependencies.store.reading() as work:
            return {
                selection: await lookup.count_visible_operations(policies, work, asking, selection, now)
                for selection in selections
            }

    return Loader(read, Count(0, more=False))


class Loaders:
    """Loaders of one request: what its fields ask for one by one is fetched together."""

    def __init__(self, dependencies: Dependencies, actor: Actor | None) -> None:
        store, clock = dependencies.store, dependencies.clock
        self.holders = _loader(store, lambda work, ids: work.holders.get_many(ids), None)
        self.cards = _loader(store, lambda work, ids: work.cards.get_many(ids), None)
        self.operations = _loader(store, lambda work, ids: work.operations.get_many(ids), None)
        self.operation_counts = _count_loader(dependencies, actor)
        self.operations_of = _loader(store, lambda work, ids: work.operations.of_holders(ids), ())
        self.documents = _loader(store, lambda work, ids: work.documents.get_many(ids), None)
        self.cards_of = _loader(store, lambda work, ids: work.cards.of_holders(ids), ())
        self.wards_of = _loader(store, lookup.wards_of, ())
        self.card_states = _loader(store, lambda work, ids: work.cards.states_of_cards(ids, clock.now()), ())
        self.timelines = _loader(store, lambda work, ids: work.timeline.of_operations(ids, clock.now()), ())
        self.decisions = _loader(store, lambda work, ids: work.decisions.of_operations(ids), ())
        self.delegations_of = _loader(store, lambda work, ids: work.delegations.of_holders(ids), ())
        self.delegations_to = _loader(store, lambda work, ids: work.delegations.of_delegates(ids), ())
        self.payments = _loader(store, lambda work, ids: work.payments.of_operations(ids), ())
        self.refunds = _loader(store, lambda work, ids: work.refunds.of_operations(ids), ())
        self.functions = _advice_loader(dependencies, actor, functions_of)
        self.reminders = _advice_loader(dependencies, actor, reminders_of)

    def prime(self, decided: DecidedRequest) -> None:
        """Keep what a decision has read, so that no field asks for it again."""
        self.holders.known.setdefault(decided.holder.id, decided.holder)
        for card in decided.loaded.cards:
            self.cards.known.setdefault(card.id, card)
        if "timeline" in decided.loaded.queries and decided.operation is not None:
            self.timelines.known.setdefault(decided.operation.id, decided.loaded.timeline)


@dataclass(slots=True)
class Context:
    """One request's context.

    Args:
        actor: who asks, from the token; None without one.
        language: the one that texts are given in.
    """

    dependencies: Dependencies
    actor: Actor | None
    language: Language
    loaders: Loaders

    def require_actor(self) -> Actor:
        """Return who asks.

        Raises:
            NotAuthenticated: nobody said.
        """
        return require_actor(self.actor)


Info = strawberry.Info[Context, None]


def context_factory(
    dependencies: Dependencies, verifier: TokenVerifier, language_of: Callable[[str | None], Language]
) -> Callable[[Request], Awaitable[Context]]:
    """Return what makes the context of a request.

    Args:
        verifier: checks tokens; language_of: chooses a language by Accept-Language.
    """

    async def context_for(request: Request) -> Context:
        # Policies may be replaced while the request is answered; it goes on with those that it began with.
        settled = dependencies.of_now()
        header = request.headers.get("authorization")
        actor = _actor(settled, verifier, header) if header is not None else None
        language = language_of(request.headers.get("accept-language"))
        return Context(settled, actor, language, Loaders(settled, actor))

    return context_for


def _actor(dependencies: Dependencies, verifier: TokenVerifier, header: str) -> Actor:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticated(
            Message(
                "请把请求头 `Authorization` 写作 `Bearer` 加空格和令牌。",
                "The Authorization header must be: Bearer, a space, the token.",
            )
        )
    actor = verifier.verify(token.strip(), dependencies.clock.now())
    policies = dependencies.policies()
    if policies.term_label("roles", actor.role) is None or not policies.knows_term("channels", actor.channel):
        raise NotAuthenticated(
            Message(
                f"令牌里的角色 `{actor.role}` 或渠道 `{actor.channel}` 不存在，请换用正确的令牌。",
                f"The token names the role {actor.role} and the channel {actor.channel}, and one of them does not exist.",
            )
        )
    if actor.region is not None and not policies.codes.may_have(actor.region):
        raise NotAuthenticated(
            Message(
                "令牌所写的所属地区不存在。请联系身份认证系统的管理人员改正后，重新登录。",
                "The claim 'region' of the token names a region that does not exist; "
                "have the identity provider correct it, and log in again.",
            )
        )
    return actor
