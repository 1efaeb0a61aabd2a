"""A copy of all that is on record about a person, as the law on personal information gives it to them (art. 45).

People take it through the graph, an operator by a command; what is in it is the same. Whoever acted for an office or somebody else is
not named in it, as nowhere in the graph: of them there is the role, the channel and the office.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

from domain.access import CLOSE
from domain.errors import DomainError, InvalidInput, NotFound, NotPermitted
from domain.holder import Actor, Holder
from domain.message import Message
from domain.rate_limits import Limited
from domain.verification import PERSONAL_COPY
from gateways.face_assertion import FaceAssertion
from gateways.mobile import mask_mobile
from resolvers import rate_limiting
from resolvers.audit import OPERATOR, told_of
from resolvers.changing import idempotency, verification
from resolvers.changing.access import not_on_record
from resolvers.changing.deaths import require_living
from resolvers.changing.evidence import verified_face
from resolvers.changing.results import SignedAddress
from resolvers.changing.standing import Viewer, see_holder
from resolvers.dependencies import Dependencies
from resolvers.looking_up.signed_addresses import Signing
from store import UnitOfWork
from store.audit.entries import AuditKind
from store.repositories.person_data import ABOUT

COPIES: Final = "/personal-data"
"""Where copies are taken."""
GIVEN_OUT: Final = "personal_data"
"""What the audit record calls it."""
CODE, FACE = "input.verificationCode", "input.faceAssertion"
AT_ONCE: Final = 50
"""Rows that are read, and opened, at a time: some 5 ms in which nobody else is answered."""
Page = tuple[str, list[dict[str, Any]]]
"""Rows of one table."""
_ADDRESSES: Final = Signing(
    COPIES,
    b"personal copy\n",
    Message(
        "这个地址已经失效，请重新领取个人信息副本。",
        "This address is over or is not ours; ask for the copy again.",
    ),
)
_ACTED: Final = frozenset(
    {"actor_id", "uploaded_by", "recorded_by", "confirmed_by", "ended_by", "end_confirmed_by", "proposed_by"}
)
"""Who did something; it is told to themselves alone."""
_SENT: Final = frozenset({"verification_codes", "notices"})
"""What went to numbers, which may be another's."""
_TOLD_OF_ENTRIES: Final = ("at", "kind", "action", "role", "channel", "office", "region", "operation", "record")
"""What of an entry of the audit record is about whom it names, and not about who acted, or how entries are kept."""


async def request_copy(
    dependencies: Dependencies,
    actor: Actor,
    holder_id: str | None,
    code: str | None,
    face: str | None,
    key: idempotency.IdempotencyKey | None = None,
) -> SignedAddress:
    """Return an address where a copy is taken, for a person or their guardian who proves anew that it is they who ask.

    Args:
        holder_id: whose data; None for those of whoever asks.
        code: sent to the number that is bound to whoever asks; face: the assertion of a face check of theirs. One is enough.

    Raises:
        InvalidInput: neither is given, or one that does not hold; a wrong code counts as a try.
        NotFound: there is no such person, or none whom whoever asks may see.
        NotPermitted: they are a delegate; a death is on record (`HOLDER_DECEASED`).
        TooManyRequests: they have taken too many.
    """
    now = dependencies.clock.now()
    async with dependencies.store.reading() as work:
        try:
            holder = await _whose(work, Viewer.of(dependencies.policies(), actor, now), holder_id or actor.person_id)
        except NotFound as missing:
            if holder_id is None:
                raise not_on_record() from None
            missing.field = "input.holderId"
            raise
        asker = holder if holder.id == actor.person_id else await work.holders.get(actor.person_id)
    require_living(asker)
    await idempotency.repeat(dependencies, key)
    rate_limiting.require(dependencies, actor, (Limited.COPIES, actor.person_id))
    try:
        assertion = await _proven(dependencies, asker, code, face)
    except DomainError:
        # A twin under the same key may have used the code up meanwhile; then its answer is ours.
        await idempotency.repeat(dependencies, key)
        raise
    async with dependencies.store.transaction() as work:
        await idempotency.take_turn(work, key, now)
        if assertion is not None:
            await work.face_checks.consume(assertion.id, asker.id, PERSONAL_COPY, now)
        if code is not None:
            await verification.consume_code(work, asker.id, PERSONAL_COPY, asker.mobile or "", now)
        address = _ADDRESSES.sign(dependencies, actor, {"holder": holder.id})
        work.audit.tell(told_of(actor, now, AuditKind.CHANGE, PERSONAL_COPY, holder_id=holder.id))
        await idempotency.keep(work, key, address, now)
    return address


async def _whose(work: UnitOfWork, viewer: Viewer, holder_id: str) -> Holder:
    """Return the person whose copy is asked for, by themselves or a guardian."""
    holder, standing = await see_holder(work, viewer, holder_id)
    if not standing & CLOSE:
        raise NotPermitted(
            Message(
                "个人信息副本请由本人或者监护人领取。",
                "Only the person, or a guardian, takes a copy of the data.",
            )
        )
    return holder


async def _proven(
    dependencies: Dependencies, asker: Holder, code: str | None, face: str | None
) -> FaceAssertion | None:
    """Let only those pass who have proven anew who they are: whoever found an open session has not. Return the face check, if any."""
    if code is None and face is None:
        raise InvalidInput(
            Message(
                "请输入绑定的手机号码收到的短信验证码，或者完成人脸识别。",
                "Give the code that was sent to your bound mobile number, or pass a face check.",
            ),
            field=CODE,
            code="MISSING",
        )
    if code is not None:
        await verification.guard_code(dependencies, asker.id, PERSONAL_COPY, asker.mobile, code, CODE)
    if face is None:
        return None
    return await verified_face(dependencies, asker.id, PERSONAL_COPY, face, dependencies.clock.now(), FACE)


async def open_copy(dependencies: Dependencies, token: str) -> AsyncIterator[Page]:
    """Return the pages of a copy by what follows `COPIES` in its address, and put on record that it was taken.

    Raises:
        NotPermitted: the address is not ours, or is over (`ADDRESS_EXPIRED`).
        NotFound: the person is no ward of theirs any more.
        TooManyRequests: they have taken too many.
    """
    (said, actor), now = _ADDRESSES.read(dependencies, token), dependencies.clock.now()
    async with dependencies.store.transaction() as work:
        holder = await _whose(work, Viewer.of(dependencies.policies(), actor, now), said["holder"])
        await rate_limiting.count(dependencies, work, actor, (Limited.COPIES, actor.person_id))
        work.audit.tell(told_of(actor, now, AuditKind.LOOK, GIVEN_OUT, holder_id=holder.id))
    return _pages(dependencies, holder)


async def data_of(dependencies: Dependencies, person_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return all that is on record about a person by table, for an operator who hands it to them.

    Raises:
        NotFound: nobody is on record with that id.
    """
    now, found = dependencies.clock.now(), dict[str, list[dict[str, Any]]]()
    async with dependencies.store.transaction() as work:
        holder = await work.holders.get(person_id)
        work.audit.tell(told_of(None, now, AuditKind.LOOK, GIVEN_OUT, role=OPERATOR, holder_id=person_id))
    async for table, rows in _pages(dependencies, holder):
        found.setdefault(table, []).extend(rows)
    return found


async def _pages(dependencies: Dependencies, holder: Holder) -> AsyncIterator[Page]:
    """Yield the rows about a person, table by table. Nobody keeps a connection to the database while a page is sent."""
    for table in ABOUT:
        async with dependencies.store.reading() as work:
            ids = await work.person_data.ids(table, holder.id)
        for first in range(0, len(ids), AT_ONCE):
            async with dependencies.store.reading() as work:
                rows = await work.person_data.rows(table, ids[first : first + AT_ONCE])
            yield table, [_masked(table, row, holder) for row in rows]
            await asyncio.sleep(0)  # SQLite is read without a wait, and who reads fast is sent without one


def _masked(table: str, row: dict[str, Any], holder: Holder) -> dict[str, Any]:
    """Return a row without what the graph does not show of others: who acted, and numbers that are not the person's own."""
    if table == "audit_entries":
        return {name: row["text"][name] for name in _TOLD_OF_ENTRIES if name in row["text"]}
    if table in _SENT and row["mobile"] not in (None, holder.mobile):
        row = {**row, "mobile": mask_mobile(row["mobile"])}
    if row.get("postponed") is not None:  # with who asked
        row = {**row, "postponed": {"service": row["postponed"]["service"]}}
    return {name: value for name, value in row.items() if name not in _ACTED or value in (None, holder.id)}
