"""What each request's resolvers are given: who asks, in which language, and loaders that fetch many at once."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import strawberry
from starlette.requests import Request
from strawberry.dataloader import DataLoader

from domain.card import Card
from domain.errors import NotAuthenticated
from domain.holder import Actor, Holder
from domain.message import Language, Message
from domain.operation import Operation, TimelineEntry
from gateways.tokens import TokenVerifier
from resolvers import lookup
from resolvers.dependencies import Dependencies
from store.records import CardStateEntry, DecisionRecord, Payment, StoredDocument


class Loaders:
    """Loaders of one request: what its fields ask for one by one is fetched together."""

    def __init__(self, dependencies: Dependencies) -> None:
        store = dependencies.store

        async def holders(ids: list[str]) -> Sequence[Holder | None]:
            async with store.reading() as work:
                found = await work.holders.get_many(ids)
            return [found.get(identifier) for identifier in ids]

        async def cards(ids: list[str]) -> Sequence[Card | None]:
            async with store.reading() as work:
                found = await work.cards.get_many(ids)
            return [found.get(identifier) for identifier in ids]

        async def operations(ids: list[str]) -> Sequence[Operation | None]:
            async with store.reading() as work:
                found = await work.operations.get_many(ids)
            return [found.get(identifier) for identifier in ids]

        async def cards_of(ids: list[str]) -> Sequence[tuple[Card, ...]]:
            async with store.reading() as work:
                found = await work.cards.of_holders(ids)
            return [found.get(identifier, ()) for identifier in ids]

        async def wards_of(ids: list[str]) -> Sequence[tuple[str, ...]]:
            async with store.reading() as work:
                found = await lookup.wards_of(work, ids)
            return [found[identifier] for identifier in ids]

        async def card_states(ids: list[str]) -> Sequence[tuple[CardStateEntry, ...]]:
            async with store.reading() as work:
                found = await work.cards.states_of_cards(ids)
            return [found.get(identifier, ()) for identifier in ids]

        async def timelines(ids: list[str]) -> Sequence[tuple[TimelineEntry, ...]]:
            async with store.reading() as work:
                found = await work.timeline.of_operations(ids)
            return [found.get(identifier, ()) for identifier in ids]

        async def decisions(ids: list[str]) -> Sequence[tuple[DecisionRecord, ...]]:
            async with store.reading() as work:
                found = await work.decisions.of_operations(ids)
            return [found.get(identifier, ()) for identifier in ids]

        async def payments(ids: list[str]) -> Sequence[tuple[Payment, ...]]:
            async with store.reading() as work:
                found = await work.payments.of_operations(ids)
            return [found.get(identifier, ()) for identifier in ids]

        async def documents(ids: list[str]) -> Sequence[StoredDocument | None]:
            async with store.reading() as work:
                found = await work.documents.get_many(ids)
            return [found.get(identifier) for identifier in ids]

        self.holders = DataLoader(load_fn=holders)
        self.cards = DataLoader(load_fn=cards)
        self.operations = DataLoader(load_fn=operations)
        self.cards_of = DataLoader(load_fn=cards_of)
        self.wards_of = DataLoader(load_fn=wards_of)
        self.card_states = DataLoader(load_fn=card_states)
        self.timelines = DataLoader(load_fn=timelines)
        self.decisions = DataLoader(load_fn=decisions)
        self.payments = DataLoader(load_fn=payments)
        self.documents = DataLoader(load_fn=documents)


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
        if self.actor is None:
            raise NotAuthenticated(
                Message(
                    "请先登录：在 Authorization 请求头中提供令牌。",
                    "A token is needed: send it in the header Authorization: Bearer …",
                )
            )
        return self.actor


Info = strawberry.Info[Context, None]


def context_factory(
    dependencies: Dependencies, verifier: TokenVerifier, language_of: Callable[[str | None], Language]
) -> Callable[[Request], Awaitable[Context]]:
    """Return what makes the context of a request.

    Args:
        verifier: checks tokens; language_of: chooses a language by Accept-Language.
    """

    async def context_for(request: Request) -> Context:
        header = request.headers.get("authorization")
        actor = _actor(dependencies, verifier, header) if header is not None else None
        language = language_of(request.headers.get("accept-language"))
        return Context(dependencies, actor, language, Loaders(dependencies))

    return context_for


def _actor(dependencies: Dependencies, verifier: TokenVerifier, header: str) -> Actor:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticated(
            Message(
                "Authorization 请求头须为“Bearer 令牌”。",
                "The Authorization header must be: Bearer, a space, the token.",
            )
        )
    actor = verifier.verify(token.strip(), dependencies.clock.now())
    policies = dependencies.policies()
    if policies.term_label("roles", actor.role) is None or not policies.knows_term("channels", actor.channel):
        raise NotAuthenticated(
            Message(
                f"令牌中的角色“{actor.role}”或渠道“{actor.channel}”不存在。",
                f"The token names the role {actor.role} and the channel {actor.channel}, and one of them does not exist.",
            )
        )
    return actor
