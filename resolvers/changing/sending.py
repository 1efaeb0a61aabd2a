"""Sending what people are told: the notices on record, after the changes that they tell of, each until the provider has taken it.

Whoever takes one up puts off when it is due and commits that, and so nobody else takes it up; then the provider is asked, outside of any
transaction. A process that dies in between leaves it due again after the wait. So a notice is sent at least once, and each time
under its own id, by which the provider sends it once.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from domain.errors import GatewayUnavailable, NotFound
from domain.notice import Notice, NoticeState
from domain.operation import SYSTEM
from resolvers.audit import told_of
from resolvers.changing.notices import text_of
from resolvers.dependencies import Dependencies
from store.audit.entries import AuditKind

logger = logging.getLogger(__name__)
FIRST_WAIT: Final = timedelta(minutes=1)
"""Until a notice that was not taken is tried again; doubled with each try. Longer than the gateway tries by itself."""
LONGEST_WAIT: Final = timedelta(hours=1)
KEEP_TRYING: Final = timedelta(days=3)
"""For how long a notice is tried. Whoever could object has at least five times as long."""
IN_A_ROW: Final = 3
"""After so many that were not taken one after another the provider is left alone until the next round."""
NOTIFIED: Final = "notice"
"""What the audit record calls it."""
Outcome = Literal["sent", "failed", "given_up", "no_number"]


@dataclass(frozen=True, slots=True)
class Round:
    """What came of one round: how many were sent, were not taken, were given up, and how many wait after it."""

    sent: int = 0
    failed: int = 0
    given_up: int = 0
    no_number: int = 0
    waiting: int = 0


async def send_notices(dependencies: Dependencies, told: Callable[[Outcome], None] = lambda outcome: None) -> Round:
    """Send every notice that is due; several processes may do this at once.

    Args:
        told: is told what came of each try.
    """
    counts, in_a_row = dict[Outcome, int](), 0
    async with dependencies.store.reading() as work:
        waiting, due = await work.notices.waiting(dependencies.clock.now())
    while due and in_a_row < IN_A_ROW and (notice := await _taken_up(dependencies)) is not None:
        outcome = await _tried(dependencies, notice)
        told(outcome)
        counts[outcome] = counts.get(outcome, 0) + 1
        in_a_row = in_a_row + 1 if outcome in ("failed", "given_up") else 0
    if counts:
        async with dependencies.store.reading() as work:
            waiting, _ = await work.notices.waiting(dependencies.clock.now())
    return Round(**counts, waiting=waiting)


async def _taken_up(dependencies: Dependencies) -> Notice | None:
    """Return a notice that is due and that nobody else sends now, if there is one."""
    now = dependencies.clock.now()
    async with dependencies.store.transaction(unrecorded=True) as work:
        notice = await work.notices.lock_next(now)
        if notice is None:
            return None
        wait = min(FIRST_WAIT * 2 ** min(notice.tries, 10), LONGEST_WAIT)
        taken = replace(notice, due_at=now + wait, tries=notice.tries + 1)
        await work.notices.update(taken)
    return taken


async def _tried(dependencies: Dependencies, notice: Notice) -> Outcome:
    """Try to send one, and write down what came of it."""
    if notice.mobile is None:
        await _settle(dependencies, notice, NoticeState.NO_NUMBER)
        return "no_number"
    try:
        text = text_of(dependencies.policies(), notice).text(notice.language)
        await dependencies.sms.send_notice(notice.mobile, text, notice.id)
    except Exception as error:
        # One that is broken, or that the provider does not take, must not keep back the others.
        if dependencies.clock.now() - notice.created_at < KEEP_TRYING:
            if not isinstance(error, GatewayUnavailable):  # of which the gateway has told
                logger.exception("the notice %s cannot be sent; it is tried again", notice.id)
            return "failed"
        logger.exception(
            "the notice %s is given up after %s tries; the change that it tells of stands", notice.id, notice.tries
        )
        await _settle(dependencies, notice, NoticeState.GIVEN_UP)
        return "given_up"
    await _settle(dependencies, notice, NoticeState.SENT)
    return "sent"


async def _settle(dependencies: Dependencies, notice: Notice, state: NoticeState) -> None:
    """Write down that nothing is left to do, and tell the audit record; whose person was erased meanwhile is gone."""
    now: datetime = dependencies.clock.now()
    try:
        async with dependencies.store.transaction() as work:
            current = await work.notices.lock(notice.id)
            if current.due_at is None:
                return  # by another process, which took it up after the wait
            await work.notices.update(replace(current, state=state, due_at=None, done_at=now))
            about = {"holder_id": current.holder_id, "record_id": notice.id, "operation_id": notice.operation_id}
            entry = told_of(
                None, now, AuditKind.CHANGE, NOTIFIED, role=SYSTEM, region=notice.region, reference=state.value, **about
            )
            work.audit.tell(entry)
    except NotFound:
        logger.info("the notice %s went with its person while it was sent", notice.id)
