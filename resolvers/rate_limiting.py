"""Limits on how often something may be asked for, held across processes (docs/decisions/0019-who-may-do-what.md).

What is dear or dangerous is counted in the database, in the transaction there is, or in one of its own when something went wrong. Who
is over a limit is in the memory of each process, so that a request that is refused for it costs nothing, and neither does one that is
not. What is cheap and frequent is counted in memory alone; what comes near its limit is added up over all processes each second.
"""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime
from itertools import islice
from math import ceil
from typing import Final

from domain.errors import TooManyRequests
from domain.holder import Actor
from domain.message import Message
from domain.rate_limits import Bar, Key, Limited, Rate, Tally, of_people_or_staff
from resolvers.audit import told_of
from resolvers.dependencies import Dependencies
from store import UnitOfWork
from store.audit.entries import AuditKind
from store.repositories.limit_counts import LimitCount

TOO_MANY, NUMBER_WRONG = "too_many", "number_wrong"
"""What the audit record calls them."""
SHARED_FROM: Final = 0.1
"""From which part of its limit on what is counted in memory is added up with what other processes have counted."""
MOST_TALLIES: Final = 50_000
"""How many a process keeps: some 15 MiB. Those that began first make room."""
LOOKED_AT: Final = 1_000
"""How many are looked at before others are served."""
AT_ONCE: Final = 500
"""How many rows one statement adds up."""
COUNTED_WHEN_ASKED: Final = frozenset({Limited.CODES_OF_PERSON, Limited.CODES_OF_STAFF, Limited.CODES_TO_NUMBER})
"""What each request counts in the database anyway, so that no process has to hear who is over it."""

Counted = tuple[Limited, str]
"""What is counted, and of whom: an id, or a number or address, which goes into the database as a keyed hash alone."""

_MESSAGES: Final = {
    "codes": Message(
        "获取验证码的次数太多，请过{zh}再获取。", "Too many verification codes were asked for; ask for another in {en}."
    ),
    "wrong_numbers": Message(
        "证件号码或者卡号输错的次数太多，请过{zh}再试，或者带有效身份证件到服务网点窗口办理。",
        "A wrong identity or card number was given too often. Try again in {en}, or come to a service window with an identity document.",
    ),
    "refusals": Message(
        "按规定不能办理的请求提交得太多，请过{zh}再试；能不能办理，可以先试办。",
        "Too many requests were refused by the policies. Try again in {en}; whether something is allowed can be tried out first.",
    ),
    "changes": Message(
        "办理的业务太多，请过{zh}再办理，或者到服务网点窗口办理。",
        "Too many changes were made; make another in {en}, or come to a service window.",
    ),
    "kept_queries": Message(
        "登记的查询文档太多，请过{zh}再登记。", "Too many query documents were to be kept; have another kept in {en}."
    ),
    "dry_runs": Message("试办的次数太多，请过{zh}再试。", "Too many requests were tried out; try again in {en}."),
    "face_checks": Message(
        "人脸识别的次数太多，请过{zh}再识别。", "Too many face checks were started; start another in {en}."
    ),
    "documents": Message("查看材料的次数太多，请过{zh}再看。", "Too many documents were opened; open another in {en}."),
    "copies": Message(
        "今天领取个人信息副本的次数太多，请过{zh}再领取。",
        "Too many copies of personal data were taken; take another in {en}.",
    ),
    "drafts": Message("试算政策草案的次数太多，请过{zh}再试。", "Too many drafts were tried; try again in {en}."),
    "sign_ins": Message(
        "从您的网络地址收到太多无效令牌，请重新登录，过{zh}再试。",
        "Too many tokens that do not count came from this address; sign in again, and try again in {en}.",
    ),
    "anonymous": Message(
        "从您的网络地址收到太多没有登录的请求，请过{zh}再试，或者登录后再试。",
        "Too many requests without a token came from this address; try again in {en}, or with a token.",
    ),
}


def require(dependencies: Dependencies, actor: Actor, *counted: Counted) -> None:
    """Refuse somebody who is over a limit, as far as this process knows; it asks the database nothing.

    Raises:
        TooManyRequests: they are.
    """
    bars = dependencies.limits.bars
    if not bars:
        return
    now = dependencies.clock.now()
    for limited, who in counted:
        bar = bars.get(name := dependencies.store.limit_name(limited.value, who))
        if bar is not None and bar.until > now:
            raise _refused(dependencies, actor, limited, name, bar.until)


async def count(dependencies: Dependencies, work: UnitOfWork, actor: Actor, *counted: Counted) -> datetime | None:
    """Count something in the transaction at hand, by one statement.

    Returns:
        From when on more is let through; None where it is now.

    Raises:
        TooManyRequests: it is one too many. With the transaction, the count is taken back.
    """
    limits, now = dependencies.limits, dependencies.clock.now()
    keys = {_id(dependencies, key): (key, rate) for limited, who in counted for key, rate in limits.keys(limited, who)}
    if not keys:
        return None
    rows = [
        LimitCount(row, 1, now + rate.period, None if key[0] in COUNTED_WHEN_ASKED else rate.most)
        for row, (key, rate) in keys.items()
    ]
    found = await work.limit_counts.add(rows, now)
    full = {row: found[row].ends_at for row, (_, rate) in keys.items() if found[row].count >= rate.most}
    for row, until in full.items():
        if keys[row][0][0] not in COUNTED_WHEN_ASKED:
            limits.bar(_named(row), until)
    over = [row for row in full if found[row].count > keys[row][1].most]
    if over:
        last = max(over, key=lambda row: full[row])
        raise _refused(dependencies, actor, keys[last][0][0], _named(last), full[last])
    return max(full.values(), default=None)


def tally(dependencies: Dependencies, actor: Actor | None, limited: Limited, who: str) -> None:
    """Count something in memory.

    Raises:
        TooManyRequests: it is one too many.
    """
    limits, now = dependencies.limits, dependencies.clock.now()
    for key, rate in limits.keys(limited, who):
        known = limits.tallies.get(key)
        if known is None or known.ends_at <= now:
            known = limits.tallies[key] = Tally(now + rate.period)
        if known.count >= rate.most:
            name = dependencies.store.limit_name(limited.value, who)
            raise _refused(dependencies, actor, limited, name, known.ends_at)
        known.count += 1
        known.unshared += 1


def turn(dependencies: Dependencies, actor: Actor) -> AbstractAsyncContextManager[None]:
    """Return the turn that requests of one person take who types a number, from the look at who is over a limit to the count.

    Else as many as are there at once look before any is counted, and a right number among them is told beyond the figure. It is
    taken before any transaction, so that nobody who waits keeps a connection, and holds in one process alone. Whoever asks for an
    office or a partner takes none: many ask with one token there, and their figure is ten times as high.
    """
    if actor.role != "citizen":
        return nullcontext()
    return dependencies.limits.turns.setdefault(actor.person_id, asyncio.Lock())


def require_numbers(dependencies: Dependencies, actor: Actor, holder_id: str | None = None) -> None:
    """Refuse an identity or card number of whoever has given too many wrong ones, before it is looked at, in their turn.

    Args:
        holder_id: of whom it ought to be, where that is known.

    Raises:
        TooManyRequests: they, or others who come as they do about that person, have.
    """
    require(dependencies, actor, *_numbers(actor, holder_id))


async def wrong_number(dependencies: Dependencies, actor: Actor, holder_id: str | None = None) -> None:
    """Count a wrong identity or card number, in a transaction of its own, so that nothing rolls it back.

    Args:
        holder_id: of whom it ought to be, where that is known.

    Raises:
        TooManyRequests: it is one too many, so that whoever asks is not even told that it was wrong.
    """
    async with dependencies.store.transaction() as work:
        await count(dependencies, work, actor, *_numbers(actor, holder_id))
        now = dependencies.clock.now()
        work.audit.tell(told_of(actor, now, AuditKind.PROOF, NUMBER_WRONG, holder_id=holder_id))


def _numbers(actor: Actor, holder_id: str | None) -> list[Counted]:
    """Return what wrong numbers are counted by: who asks, and of somebody else by the role in which they are asked about.

    So whoever tries numbers of somebody in one role keeps those in another from nothing, and never the person.
    """
    asker = of_people_or_staff(actor, Limited.NUMBERS_OF_PERSON, Limited.NUMBERS_OF_STAFF)
    found = [(asker, actor.person_id)]
    if holder_id is not None and holder_id != actor.person_id:
        found.append((Limited.NUMBERS_OF_HOLDER, f"{holder_id} {actor.role}"))
    return found


def refusals(actor: Actor) -> Counted:
    """Return what requests are counted by that the policies refuse."""
    return of_people_or_staff(actor, Limited.REFUSALS_OF_PERSON, Limited.REFUSALS_OF_STAFF), actor.person_id


def change(dependencies: Dependencies, actor: Actor) -> None:
    """Count that the policies allow a change of somebody who asks for themselves: each is on record for years.

    Raises:
        TooManyRequests: it is one too many.
    """
    if actor.role == "citizen":
        tally(dependencies, actor, Limited.CHANGES_OF_PERSON, actor.person_id)


def keeps_query(dependencies: Dependencies, address: str) -> bool:
    """Count that a query document is to be kept, and say whether it is: one more of too many would push those of others out."""
    try:
        tally(dependencies, None, Limited.KEPT_QUERIES, address)
    except TooManyRequests:
        return False
    return True


def dry_run(dependencies: Dependencies, actor: Actor) -> None:
    """Count that a request is tried out.

    Raises:
        TooManyRequests: it is one too many.
    """
    limited = of_people_or_staff(actor, Limited.DRY_RUNS_OF_PERSON, Limited.DRY_RUNS_OF_STAFF)
    tally(dependencies, actor, limited, actor.person_id)


def face_check(dependencies: Dependencies, actor: Actor) -> None:
    """Count that a face check is started at its provider.

    Raises:
        TooManyRequests: it is one too many.
    """
    limited = of_people_or_staff(actor, Limited.FACE_CHECKS_OF_PERSON, Limited.FACE_CHECKS_OF_STAFF)
    tally(dependencies, actor, limited, actor.person_id)


def opened_document(dependencies: Dependencies, actor: Actor) -> None:
    """Count that a document, or its thumbnail, is opened: each time is an entry of the audit record.

    Raises:
        TooManyRequests: it is one too many.
    """
    limited = of_people_or_staff(actor, Limited.DOCUMENTS_OF_PERSON, Limited.DOCUMENTS_OF_STAFF)
    tally(dependencies, actor, limited, actor.person_id)


async def draft(dependencies: Dependencies, actor: Actor) -> None:
    """Count that a draft of policies is tried, which takes seconds of a processor.

    Raises:
        TooManyRequests: it is one too many.
    """
    asked = Limited.DRAFTS, actor.person_id
    require(dependencies, actor, asked)
    async with dependencies.store.transaction(unrecorded=True) as work:
        await count(dependencies, work, actor, asked)


async def share(dependencies: Dependencies) -> None:
    """Add up with other processes what came near its limit here, and hear who is over one there."""
    limits, now = dependencies.limits, dependencies.clock.now()
    near = await _looked_through(dependencies, now)
    for first in range(0, len(near), AT_ONCE):
        mine = {_id(dependencies, key): (each, rate) for key, each, rate in near[first : first + AT_ONCE]}
        rows = [LimitCount(row, each.unshared, each.ends_at, rate.most) for row, (each, rate) in mine.items()]
        async with dependencies.store.transaction(unrecorded=True) as work:
            found = await work.limit_counts.add(rows, now)
        for row in rows:
            each, together = mine[row.id][0], found[row.id]
            each.unshared -= row.count
            each.count, each.ends_at = together.count + each.unshared, together.ends_at
    async with dependencies.store.reading() as work:
        for full in await work.limit_counts.full(now):
            limits.bar(_named(full.id), full.full_until or full.ends_at)


async def _looked_through(dependencies: Dependencies, now: datetime) -> list[tuple[Key, Tally, Rate]]:
    """Forget what has ended, and return what is near its limit and to be shared; others are served meanwhile, however many there are."""
    limits = dependencies.limits
    near: list[tuple[Key, Tally, Rate]] = []
    for place, (key, each) in enumerate(list(limits.tallies.items())):
        if place % LOOKED_AT == LOOKED_AT - 1:
            await asyncio.sleep(0)
        if each.ends_at <= now:
            # Unless it was begun anew meanwhile.
            if limits.tallies.get(key) is each:
                del limits.tallies[key]
        elif each.unshared and (rate := _rate(dependencies, key)) and each.count >= rate.most * SHARED_FROM:
            near.append((key, each, rate))
    for key in list(islice(limits.tallies, max(0, len(limits.tallies) - MOST_TALLIES))):
        del limits.tallies[key]
    _forget_bars(dependencies, now)
    return near


def _rate(dependencies: Dependencies, key: Key) -> Rate | None:
    return next((rate for rate in dependencies.limits.figures[key[0]] if rate.period == key[1]), None)


def _forget_bars(dependencies: Dependencies, now: datetime) -> None:
    """Forget who is refused no more, and tell the audit record how often somebody was refused meanwhile."""
    limits = dependencies.limits
    over = [limits.bars.pop(name) for name, bar in list(limits.bars.items()) if bar.until <= now]
    more = sum(bar.refused - 1 for bar in over if bar.refused > 1)
    if more:
        entry = told_of(None, now, AuditKind.REFUSAL, TOO_MANY, reference=f"{more} more")
        dependencies.store.looks.note([entry])


def _id(dependencies: Dependencies, key: Key) -> str:
    """Return the id of the row that counts something in a period."""
    limited, period, who = key
    return f"{dependencies.store.limit_name(limited.value, who)}/{period.total_seconds():.0f}"


def _named(row: str) -> str:
    """Return the name of what a row counts, whatever the period."""
    return row.partition("/")[0]


def _refused(
    dependencies: Dependencies, actor: Actor | None, limited: Limited, name: str, until: datetime
) -> TooManyRequests:
    """Return the refusal. The audit record is told of the first, and of how many more there were when it is over."""
    now = dependencies.clock.now()
    bar = dependencies.limits.bars.setdefault(name, Bar(until))
    bar.refused += 1
    if bar.refused == 1:
        entry = told_of(actor, now, AuditKind.REFUSAL, TOO_MANY, reference=limited.value)
        dependencies.store.looks.note([entry])
    dependencies.limits.told(limited.purpose)
    seconds = max(1, ceil((until - now).total_seconds()))
    wait = _wait(seconds)
    code = "CODE_TOO_SOON" if limited.purpose == "codes" else None
    message = _MESSAGES[limited.purpose].format(zh=wait.zh, en=wait.en)
    return TooManyRequests(message, retry_after=seconds, code=code)


def _wait(seconds: int) -> Message:
    """Return how long that is, rounded up."""
    minutes = ceil(seconds / 60)
    if minutes > 60:
        hours = ceil(minutes / 60)
        return Message(f"{hours}小时", f"{hours} h")
    return Message(f"{minutes}分钟", f"{minutes} min")
