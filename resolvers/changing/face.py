"""Starting a face check; the provider's signed assertion comes back with the request it is for."""

from domain.holder import Actor
from domain.region import NATION
from gateways.face import FaceCheckSession
from resolvers import rate_limiting
from resolvers.changing import idempotency
from resolvers.changing.access import not_found, require_clerk_for_presence
from resolvers.changing.deaths import require_living
from resolvers.changing.terms import require_purpose
from resolvers.dependencies import Dependencies


async def request_face_check(
    dependencies: Dependencies,
    actor: Actor,
    service: str,
    present_id: str | None,
    key: idempotency.IdempotencyKey | None = None,
) -> FaceCheckSession:
    """Start a face check of whoever asks, or of the person at a clerk's window, for one service.

    Raises:
        InvalidInput: there is no such service.
        NotPermitted: somebody other than a clerk says who is present.
        NotFound: the person is not on record.
        GatewayUnavailable: the provider did not answer.
        TooManyRequests: too many were started.
    """
    require_purpose(dependencies.policies().region(NATION).words, service)
    require_clerk_for_presence(actor, present_id)
    person = present_id or actor.person_id
    async with dependencies.store.reading() as work:
        found = await work.holders.get_many([person])
        if not found:
            raise not_found("人员", "person", person, "input.presentPersonId" if present_id is not None else None)
        require_living(found[person])
    await idempotency.repeat(dependencies, key)
    now = dependencies.clock.now()
    rate_limiting.face_check(dependencies, actor)
    # Outside of the transaction: a slow provider must not hold it. A session that is started twice harms nobody.
    session = await dependencies.faces.start(person, service, now)
    if key is not None:
        async with dependencies.store.transaction(unrecorded=True) as work:
            await idempotency.take_turn(work, key, now)
            await idempotency.keep(work, key, session, now)
    return session
