"""A mutation that policies decide, made of what its service says: what it takes, which use case, what it answers."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar, TypeVarTuple, overload

import strawberry

from domain.holder import Actor
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies
from schema.kit.context import Info
from schema.kit.described import INPUT
from schema.types.errors import attempt
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
) -> Any: ...


@overload
def decided_mutation(
    description: str,
    given: type[Given],
    use_case: Callable[[Dependencies, Actor, ServiceRequest, *More], Awaitable[Answer]],
    payload: type[DecidedPayload],
    fields: Callable[[Answer, Info], dict[str, Any]],
    more: Callable[[Given], tuple[*More]],
) -> Any: ...


def decided_mutation(
    description: str,
    given: type[Given],
    use_case: Callable[..., Awaitable[Answer]],
    payload: type[DecidedPayload],
    fields: Callable[[Answer, Info], dict[str, Any]],
    more: Callable[[Given], tuple[Any, ...]] = lambda _: (),
) -> Any:
    """Return the mutation of a service, as a field of `Mutation`.

    Args:
        description: what it does, and which rows of the documents ask for it.
        given: its input; use_case: what it asks; more: what of the input the use case takes besides the request.
        payload: what it returns; fields: its fields, made of the answer of the use case.
    """

    async def resolve(info: Info, input: Any) -> Any:
        actor, dependencies = info.context.require_actor(), info.context.dependencies
        return await attempt(
            payload,
            lambda: use_case(dependencies, actor, input.request(info), *more(input)),
            lambda answer: fields(answer, info),
        )

    resolve.__annotations__ = {"info": Info, "input": Annotated[given, INPUT], "return": payload}
    return strawberry.mutation(resolve, description=description)
