"""Deaths: how they come on record, and what no longer happens after."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from domain.errors import NotPermitted
from domain.holder import Actor, Holder
from domain.message import Message
from domain.services import Choice
from policies.language.vocabulary import Lexicon
from store import UnitOfWork

CLERK = "clerk"
"""The term of the roles vocabulary that can put a death on record, having seen the papers."""
POSSIBLE_AFTER = frozenset(
    {"cancel", "close_account", "withdraw", "status", "progress", "account_entries", "merge_holders", "record_death"}
)
"""Services by which offices wind up what a holder has left: terms of the services vocabulary."""


def means_death(words: Lexicon, cancellation_reason: str | None) -> bool:
    """Say whether a reason to cancel a card is the holder's death, as the vocabulary of the reasons says."""
    term = words.term("cancellation_reasons", cancellation_reason) if cancellation_reason else None
    return bool(term and term.attributes.get("death"))


def require_clerk_for_death(words: Lexicon, actor: Actor, cancellation_reason: str | None) -> None:
    """Refuse to hear of a death from anybody but a clerk.

    Raises:
        NotPermitted: the reason is a death, and whoever gives it is no clerk.
    """
    if actor.role != CLERK and means_death(words, cancellation_reason):
        raise NotPermitted(
            Message(
                "持卡人去世的，不能在网上注销。请亲属带死亡证明，到社会保障卡服务网点办理。",
                "After a death, the card cannot be cancelled online. Please let relatives bring the death certificate to a "
                "service point.",
            ),
            field=Choice.CANCELLATION_REASON,
        )


def require_living(holder: Holder, service: str | None = None, *, by_office: bool = False) -> None:
    """Refuse what is for or by a holder whose death is on record.

    Args:
        service: what is asked for, of the services vocabulary; by_office: whether an office asks, which alone may wind up.

    Raises:
        NotPermitted: it is (`HOLDER_DECEASED`).
    """
    if holder.deceased_at is None or (by_office and service in POSSIBLE_AFTER):
        return
    raise NotPermitted(
        Message(
            "记录显示这个人已去世，不能办理。注销社会保障卡等事项，请亲属到服务网点办理；记录有误的，请带身份证件到服务网点更正。",
            "This person's death is on record, so this cannot be done. Please let relatives have the card cancelled at a "
            "service point; if the record is wrong, please have it corrected there with an identity document.",
        ),
        code="HOLDER_DECEASED",
    )


async def require_living_people(work: UnitOfWork, person_ids: Iterable[str]) -> None:
    """Refuse whoever acts, or is to act, if their death is on record; who is not on record is let through.

    Raises:
        NotPermitted: it is (`HOLDER_DECEASED`).
    """
    for person in (await work.holders.get_many(person_ids)).values():
        require_living(person)


async def record_death(work: UnitOfWork, holder: Holder, now: datetime) -> Holder:
    """Put the death of a locked holder on record; all that people may do for them, and they for others, ends with it."""
    if holder.deceased_at is not None:
        return holder
    await end_ties(work, holder.id, now)
    return await work.holders.update(replace(holder, deceased_at=now))


async def end_ties(work: UnitOfWork, holder_id: str, now: datetime) -> None:
    """End all that people may do for a locked holder, and they for others."""
    given, taken = await work.delegations.of_holders([holder_id]), await work.delegations.of_delegates([holder_id])
    for delegation in (*given.get(holder_id, ()), *taken.get(holder_id, ())):
        if delegation.revoked_at is None:
            await work.delegations.update(replace(await work.delegations.lock(delegation.id), revoked_at=now))
    guarded = (await work.guardianships.of_guardians([holder_id])).get(holder_id, ())
    for guardianship in (*await work.guardianships.of_ward(holder_id), *guarded):
        if not guardianship.is_over(now):
            await work.guardianships.update(replace(guardianship, ended_at=now))
