"""People who put themselves on record, where an identity provider vouches for them and the region lets them; else at a window."""

import re

from domain.errors import NotPermitted
from domain.holder import Actor, Holder, VouchedIdentity
from domain.message import Message
from domain.names import normal_name
from gateways.identity_number import normalise_identity_number
from resolvers.audit import told_of
from resolvers.changing import idempotency
from resolvers.changing.access import require_channel
from resolvers.changing.deaths import require_living
from resolvers.changing.details import require_visible
from resolvers.changing.recording import keep_decision
from resolvers.changing.results import Registered
from resolvers.dependencies import Dependencies
from resolvers.looking_up.holders import put_on_record, require_identity_type
from resolvers.looking_up.without_holder import decide_without_holder
from store.audit.entries import AuditKind

SERVICE = "register"
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""What a record can be known by."""


async def register_oneself(
    dependencies: Dependencies,
    actor: Actor,
    vouched: VouchedIdentity | None,
    region: str,
    key: idempotency.IdempotencyKey | None,
) -> Registered:
    """Put whoever asks on record under the id that their token has, as the population register has them.

    Who is on record already is told so, and nothing changes.

    Args:
        vouched: who they are, as the token says; never as an input says.
        region: whose policy lets them, GB/T 2260.

    Raises:
        NotFound: the region is unknown, or the register does not know such a person.
        DecisionRefused: the region's policy does not let them.
        NotPermitted: nobody vouches for them (`IDENTITY_NOT_VOUCHED`), the region has no such channel, or their death is on record.
        Conflict: they are on record under another id (`HOLDER_EXISTS`).
        GatewayUnavailable: the register did not answer.
    """
    decides = dependencies.policies().deciding_code(region)
    async with dependencies.store.reading() as work:
        own = (await work.holders.get_many([actor.person_id])).get(actor.person_id)
        if own is not None:
            require_living(own)
        require_channel(dependencies.policies(), actor, decides)
        now = dependencies.clock.now()
        decision = await decide_without_holder(dependencies, work, actor, SERVICE, decides, "self", now)
    await idempotency.repeat(dependencies, key)
    holder = own or await _put_on_record(dependencies, actor, vouched)
    async with dependencies.store.transaction() as work:
        now, registered = dependencies.clock.now(), Registered(holder, decision)
        await idempotency.take_turn(work, key, now)
        await keep_decision(work, dependencies.policies(), decision, now, None)
        about = {"holder_id": holder.id, "region": decision.region, "reference": decision.digest}
        work.audit.tell(told_of(actor, now, AuditKind.CHANGE, SERVICE, **about))
        await idempotency.keep(work, key, registered, now)
    return registered


async def _put_on_record(dependencies: Dependencies, actor: Actor, vouched: VouchedIdentity | None) -> Holder:
    if vouched is None or not _ID.fullmatch(actor.person_id):
        raise _not_vouched()
    require_visible(vouched.name, None)
    require_identity_type(dependencies, vouched.identity_type, "token")
    number = normalise_identity_number(vouched.identity_type, vouched.identity_number, field="token")
    return await put_on_record(
        dependencies, actor, normal_name(vouched.name), vouched.identity_type, number, None, actor.person_id
    )


def _not_vouched() -> NotPermitted:
    return NotPermitted(
        Message(
            "登录方式没有核实您的身份，不能自行登记。请带有效身份证件，到服务网点窗口登记。",
            "What you logged in with does not vouch for who you are. Please be registered at a service window, with an identity"
            " document.",
        ),
        code="IDENTITY_NOT_VOUCHED",
    )
