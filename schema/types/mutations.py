"""A mutation that policies decide, made of what its service says: what it takes, which use case, what it answers."""

from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import get_annotations
from typing import Annotated, Any, TypeVar, TypeVarTuple, overload

import strawberry

from domain.access import Standing
from domain.errors import NotPermitted
from domain.holder import Actor
from domain.message import Message
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies
from schema.kit.access import written
from schema.kit.context import Info
from schema.kit.described import INPUT
from schema.types.errors import attempt, user_errors
from schema.types.inputs import ServiceInput
from schema.types.payloads import DecidedPayload

Given = TypeVar("Given", bound=ServiceInput)
Answer = TypeVar("Answer")
More = TypeVarTuple("More")


@overload
def decided_mutation(
    description: str,
    given: type[Given],
    use_case: Callable[[Dependencies, Actor, ServiceRequest], Awaitable[Answer]],
    payload: type[DecidedPayload],
    fields: Callable[[Answer, Info], dict[str, Any]],
    *,
    asks: Standing,
    refusal: Message | None = None,
) -> Any: ...


@overload
def decided_mutation(
    description: str,
    given: type[Given],
    use_case: Callable[[Dependencies, Actor, ServiceRequest, *More], Awaitable[Answer]],
    payload: type[DecidedPayload],
    fields: Callable[[Answer, Info], dict[str, Any]],
    more: Callable[[Given], tuple[*More]],
    *,
    asks: Standing,
    refusal: Message | None = None,
) -> Any: ...


def decided_mutation(
    description: str,
    given: type[Given],
    use_case: Callable[..., Awaitable[Answer]],
    payload: type[DecidedPayload],
    fields: Callable[[Answer, Info], dict[str, Any]],
    more: Callable[[Given], tuple[Any, ...]] = lambda _: (),
    *,
    asks: Standing,
    refusal: Message | None = None,
) -> Any:
    """Return the mutation of a service, as a field of `Mutation`.

    Args:
        description: what it does, and which rows of the documents ask for it.
        given: its input; use_case: what it asks; more: what of the input the use case takes besides the request.
        payload: what it returns; fields: its fields, made of the answer of the use case.
        asks: who may ask for it at all, whoever the policies would let; refusal: why others may not.
    """
    given.asks, given.refusal = asks, refusal

    async def resolve(info: Info, input: Any) -> Any:
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        return await attempt(
            payload,
            lambda: use_case(dependencies, actor, input.request(info), *more(input)),
            lambda answer: fields(answer, info),
        )

    resolve.__annotations__ = {"info": Info, "input": Annotated[given, INPUT], "return": payload}
    return mutation(description, asks, refusal)(resolve)


def mutation(description: str, asks: Standing, refusal: Message | None = None) -> Callable[[Any], Any]:
    """Return the decorator of a mutation.

    Args:
        asks: who may ask for it at all; refusal: why others may not.
    """

    def decorate(resolver: Callable[..., Awaitable[Any]]) -> Any:
        payload: Any = get_annotations(resolver, eval_str=True)["return"]

        @wraps(resolver)
        async def resolve(info: Info, input: Any) -> Any:
            try:
                info.context.admit(asks, refusal)
            except NotPermitted as refused:
                return payload(errors=user_errors(refused))
            return await resolver(info, input)

        return strawberry.mutation(resolve, description=description, metadata=written(asks))

    return decorate
