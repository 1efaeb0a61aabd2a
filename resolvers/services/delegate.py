"""Let somebody act for oneself: which services, where and until when (SC-12)."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import uuid4

from domain.duration import day_in_china, years_between
from domain.errors import InvalidInput, NotFound
from domain.holder import Actor, Delegation, Holder
from domain.message import Message
from domain.names import same_name
from resolvers import rate_limiting
from resolvers.changing.beside import refuse_wrong
from resolvers.changing.deaths import require_living
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.looking_for import looking_for_another
from resolvers.changing.notices import tell_delegator
from resolvers.changing.recording import record
from resolvers.changing.results import Delegated
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.wrong_inputs import Wrong
from resolvers.dependencies import Dependencies
from resolvers.looking_up.holders import require_identity_type

REASON = "declared.delegation_reason"
MAX_SERVICES = 50


@dataclass(frozen=True, slots=True)
class Delegate:
    """Whom a holder trusts, as the holder names them: somebody on record.

    Args:
        name, identity_type, identity_number: as on the identity document.
    """

    name: str
    identity_type: str
    identity_number: str


async def with_delegation(
    dependencies: Dependencies,
    actor: Actor,
    request: ServiceRequest,
    delegate: Delegate,
    services: tuple[str, ...],
    until: date,
    within: str = "input",
) -> tuple[ServiceRequest, Holder]:
    """Hand a delegation to the policies, and find the delegate.

    Args:
        services: terms of the services vocabulary; until: the last day; within: the input that has them, for errors.

    Raises:
        NotFound: nobody on record has that name and document (`DELEGATE_NOT_FOUND`).
        InvalidInput: no services, or too many, or no such type of identity document.
        NotPermitted: the delegate's death is on record (`HOLDER_DECEASED`).
        TooManyRequests: too many that were named before were not found.
    """
    policies, wrong = dependencies.policies(), Wrong()
    with wrong:
        if not 0 < len(services) <= MAX_SERVICES:
            raise InvalidInput(
                Message(f"请选择1至{MAX_SERVICES}件要委托的事项。", f"Choose 1 to {MAX_SERVICES} services."),
                field=f"{within}.services",
            )
    with wrong:
        require_identity_type(dependencies, delegate.identity_type, f"{within}.delegate.identityType")
    request = replace(request, wrong=tuple(wrong.found))
    refuse_wrong(policies, request)
    async with looking_for_another(dependencies, actor, request, f"{within}.delegate"):
        found = await _found(dependencies, actor, delegate)
    require_living(found)
    facts = {
        "delegation.services": tuple(dict.fromkeys(services)),
        "delegation.until": until,
        "delegation.delegate_age": years_between(found.born_on, day_in_china(dependencies.clock.now())),
    }
    return replace(request, other_id=found.id, derived_facts={**request.derived_facts, **facts}), found


async def _found(dependencies: Dependencies, actor: Actor, delegate: Delegate) -> Holder:
    async with rate_limiting.turn(dependencies, actor):
        rate_limiting.require_numbers(dependencies, actor)
        async with dependencies.store.reading() as work:
            found = await work.holders.find_by_identity(delegate.identity_type, delegate.identity_number)
        # One answer for a wrong name and a wrong number: it must not tell who is on record.
        if found is None or not same_name(found.name, delegate.name):
            # Not by the delegate: anybody can name them, and would keep others from naming them.
            await rate_limiting.wrong_number(dependencies, actor)
            raise NotFound(
                Message(
                    "没有查到受托人。请核对姓名和证件号码；受托人没有登记过的，请先到服务网点登记。",
                    "Nobody on record has that name and document. Check both; who is not on record is registered at a window first.",
                ),
                code="DELEGATE_NOT_FOUND",
            )
    return found


async def grant_delegation(
    dependencies: Dependencies,
    actor: Actor,
    request: ServiceRequest,
    delegate: Delegate,
    services: tuple[str, ...],
    until: date,
) -> Delegated:
    """Grant a delegation.

    Args:
        services: terms of the services vocabulary; until: the last day.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        NotFound: nobody on record is the delegate.
        InvalidInput: the delegate is the holder.
    """
    request, found = await with_delegation(dependencies, actor, request, delegate, services, until)
    async with decided_transaction(dependencies, actor, request) as decided:
        if found.id == decided.holder.id:
            raise InvalidInput(
                Message("不能委托给自己，请填写另一个人。", "Nobody is their own delegate; name another person."),
                field="input.delegate",
            )
        reason = decided.declarations.get(REASON)
        delegation = Delegation(
            id=str(uuid4()),
            holder_id=decided.holder.id,
            delegate_id=found.id,
            region=decided.region,
            services=decided.request.derived_facts["delegation.services"],
            granted_at=decided.now,
            until=until,
            reason=reason if isinstance(reason, str) else None,
        )
        await decided.work.delegations.add(delegation)
        await tell_delegator(decided, delegation, found)
        return await record(decided, Delegated(delegation, decided.decision))
