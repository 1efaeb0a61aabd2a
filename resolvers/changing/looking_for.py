"""Looking for whoever a request names besides whom it is about, before it is decided."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from domain.errors import DomainError, NotFound
from domain.holder import Actor
from resolvers.changing.beside import with_what_is_beside
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.subjects import find_subject, where_decided
from resolvers.dependencies import Dependencies


@asynccontextmanager
async def looking_for_another(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, field: str
) -> AsyncIterator[None]:
    """Tell of somebody who is not there together with all else that is wrong, be it that whom the request is about is not there either.

    Whom it is about is looked for as it would be, so that nothing is told of them that this would not tell.

    Args:
        request: names whom it is about; field: the input that names the other.

    Raises:
        NotFound, WrongInputs: within, there is nobody.
    """
    try:
        yield
    except NotFound as missing:
        missing.field = missing.field or field
        about = await _missing(dependencies, actor, request)
        raise with_what_is_beside(dependencies.policies(), request, missing, *about) from None


async def _missing(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> list[NotFound]:
    """Return the answer to a request whose id of whom it is about leads to nobody, if it does; who is not on record names none."""
    request = where_decided(dependencies.policies(), request)
    try:
        async with dependencies.store.reading() as work:
            await find_subject(dependencies, work, actor, request, lock=False)
    except NotFound as missing:
        return [missing] if missing.code == NotFound.default_code else []
    except DomainError:
        pass  # told when it is decided
    return []
