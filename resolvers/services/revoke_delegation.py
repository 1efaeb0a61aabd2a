"""Take a delegation back (SC-12)."""

from dataclasses import replace

from domain.duration import day_in_china
from domain.errors import Conflict
from domain.holder import Actor
from domain.message import Message
from resolvers.changing.access import not_found
from resolvers.changing.beside import looking_for
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.input_paths import path_of_holder
from resolvers.changing.recording import record
from resolvers.changing.results import Delegated
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies
from resolvers.looking_up.lookup import sees_delegation


async def about_delegation(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, delegation_id: str
) -> ServiceRequest:
    """Return a request about a delegation, for the region where it holds and for whoever granted it.

    Raises:
        NotFound: there is none, or it is none of theirs.
    """
    now = dependencies.clock.now()
    with looking_for(dependencies.policies(), request, path_of_holder(request.service)):
        async with dependencies.store.reading() as work:
            found = await work.delegations.get(delegation_id)
            # A delegate knows of it while it holds, but is not the one to end it; everybody else must not learn that there is one.
            if not sees_delegation(actor, found, day_in_china(now)):
                guardian = await work.guardianships.between(actor.person_id, found.holder_id, now)
                if guardian is None:
                    raise not_found("委托", "delegation", delegation_id)
    return replace(request, region=found.region, holder_id=found.holder_id)


async def revoke_delegation(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, delegation_id: str
) -> Delegated:
    """Revoke a delegation; from then on the delegate is nobody to the holder.

    Raises:
        NotFound: there is none, or it is none of theirs.
        DecisionRefused: the region's policy says no.
        Conflict: it has ended already (`DELEGATION_ENDED`).
    """
    request = await about_delegation(dependencies, actor, request, delegation_id)
    async with decided_transaction(dependencies, actor, request) as decided:
        delegation = await decided.work.delegations.lock(delegation_id)
        if not delegation.holds(day_in_china(decided.now)):
            raise Conflict(
                Message("这项委托已经撤销或者到期，不用再办。", "The delegation was revoked or has run out."),
                code="DELEGATION_ENDED",
            )
        revoked = await decided.work.delegations.update(replace(delegation, revoked_at=decided.now))
        return await record(decided, Delegated(revoked, decided.decision))
