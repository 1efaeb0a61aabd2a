"""Who may see and touch what: the relation of whoever asks to a holder, the reach of an office, and of a channel."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from domain.card import Card
from domain.errors import NotFound, NotPermitted
from domain.holder import CITIZEN, STAFF, Actor, Holder, Purpose, Ties
from domain.message import Message
from domain.operation import CLOSED, Operation
from domain.region import city_of, province_of
from policies.engine.decide import Policies
from policies.language.vocabulary import Lexicon
from store import UnitOfWork

NOBODY: Final = "nobody"
"""The id of nobody on record."""


def is_person(actor: Actor) -> bool:
    """Say whether somebody asks for themselves, or for people whom they are tied to."""
    return actor.role == CITIZEN


def own_id(actor: Actor) -> str:
    """Return by which record somebody asks: that of nobody for an institution or system, whatever its token calls it.

    Its identity provider gives ids as it likes, and may give one that is a person's here.
    """
    return actor.person_id if is_person(actor) or is_staff(actor) else NOBODY


def is_staff(actor: Actor) -> bool:
    """Say whether somebody acts for an office or partner."""
    return actor.role in STAFF


async def ties_between(work: UnitOfWork, person_id: str, holder_id: str, now: datetime) -> Ties:
    """Return what binds a person to a holder: as it stays until the commit, if the two are locked."""
    if person_id == holder_id:
        return Ties(same=True)
    if await work.guardianships.between(person_id, holder_id, now):
        return Ties(guardian=True)
    return Ties(delegations=await work.delegations.between(person_id, holder_id))


async def relation_between(work: UnitOfWork, person_id: str, holder_id: str, purpose: Purpose, now: datetime) -> str:
    """Return how a person stands to a holder: `self`, `guardian` or `delegate` (on record, for the purpose), or `none`."""
    return (await ties_between(work, person_id, holder_id, now)).relation(purpose)


def reaches(actor: Actor, region: str) -> bool:
    """Say whether an office's region covers another: the nation's all, a province's its cities, a city's itself."""
    own = actor.region
    return own is None or own in (region, city_of(region), province_of(region))


def require_reach(actor: Actor, region: str) -> None:
    """Refuse an office or system that a region does not belong to; people belong everywhere.

    Raises:
        NotPermitted: the token's office belongs elsewhere.
    """
    if not reaches(actor, region):
        raise NotPermitted(
            Message(
                "您所在机构不能办理这个地区的业务，请由当地的经办机构办理。",
                "Your office does not serve this region; an office there must act.",
            )
        )


def require_channel(policies: Policies, actor: Actor, code: str) -> None:
    """Refuse a channel that a region does not have.

    Raises:
        NotPermitted: it has not (`CHANNEL_NOT_OPEN`).
    """
    place = policies.region(code)
    if place.words.term("channels", actor.channel) is None:
        name, channel = place.region.name, _called(policies, actor.channel)
        raise NotPermitted(
            Message(
                f"{channel.zh}不能办理{name.zh}的业务，请改用当地的渠道，或拨打12333咨询。",
                f"{name.en} is not served through: {channel.en}. Use a channel of that place, or ask at 12333.",
            ),
            code="CHANNEL_NOT_OPEN",
        )


def _called(policies: Policies, channel: str) -> Message:
    """Return what people call a channel that some other region has."""
    regions = policies.tree.regions.values()
    terms = (place.words.term("channels", channel) for place in regions)
    return next((term.label for term in terms if term is not None), Message("这个渠道", "this channel"))


def in_person(words: Lexicon, channel: str) -> bool:
    """Say whether a clerk of this channel sees who is there, as the vocabulary of channel kinds says."""
    term = words.term("channels", channel)
    kind = words.term("channel_kinds", term.attributes["kind"]) if term else None
    return bool(kind and kind.attributes["in_person"])


def serves(actor: Actor, operation: Operation) -> bool:
    """Say whether an office or partner may see and handle an operation: its region, and for a bank its own cards."""
    return (
        is_staff(actor)
        and reaches(actor, operation.region)
        and (actor.role != "bank" or operation.bank == actor.office)
    )


def works_on(actor: Actor, operation: Operation) -> bool:
    """Say whether an office or partner works on an operation, so that it may look at the papers: a partner until it is over."""
    return serves(actor, operation) and (actor.role == "clerk" or operation.state not in CLOSED)


def serves_card(actor: Actor, card: Card) -> bool:
    """Say whether an office or partner may see and handle a card: any office of its province (SC-2), a bank its own."""
    return _would_serve(actor, card) and _in_province(actor, card)


def is_elsewhere(actor: Actor, card: Card) -> bool:
    """Say whether an office or partner has nothing to do with a card only because it is another province's."""
    return _would_serve(actor, card) and not _in_province(actor, card)


def _would_serve(actor: Actor, card: Card) -> bool:
    return is_staff(actor) and (actor.role != "bank" or card.bank == actor.office)


def _in_province(actor: Actor, card: Card) -> bool:
    return actor.region is None or province_of(actor.region) == card.province


def require_clerk_for_presence(actor: Actor, present_id: str | None) -> None:
    """Refuse to hear from anybody but a clerk who is at a window.

    Raises:
        NotPermitted: whoever asks is no clerk, and names somebody.
    """
    if present_id is not None and actor.role != "clerk":
        raise NotPermitted(
            Message(
                "只有窗口经办人员可以填写到场的人，请不要填写。",
                "Only a clerk at a window says who is present; leave it out.",
            ),
            field="input.presentPersonId",
        )


_NOTICES: Final[Mapping[str, frozenset[str]]] = {"record_death": frozenset({"medical_institution"})}
"""Services by which institutions give notice about people whom they see nothing of: the roles that may, by service."""


def gives_notice(actor: Actor, service: str) -> bool:
    """Say whether an institution gives notice of something, about anybody; policies say whether it is heard."""
    return actor.role in _NOTICES.get(service, ())


async def holder_now(work: UnitOfWork, holder_id: str) -> Holder:
    """Return a person on record, by their id or by that of a record that has become part of theirs.

    Raises:
        NotFound: there is none.
    """
    try:
        return await work.holders.get(holder_id)
    except NotFound:
        # Only who is not there may have become part of another record.
        kept = (await work.merges.kept_of([holder_id])).get(holder_id)
        if kept is None:
            raise
        return await work.holders.get(kept)


def not_found(zh: str, en: str, identifier: str, field: str | None = None) -> NotFound:
    """Return the answer to who asks for what is not there, or not theirs.

    Args:
        field: the input that names it, where one does.

    Word for word what the store says where there is nothing: a difference would tell that there is something.
    """
    return NotFound(
        Message(
            f"没有找到这个编号的{zh}，请核对编号。",
            f"There is no {en} with that id; check the id.",
        ),
        field=field,
    )


def document_not_found() -> NotFound:
    """Return the answer to who names a document that is not there, not theirs, or forgotten: the last is told to everybody."""
    return NotFound(
        Message(
            "没有找到这个编号的材料，请核对编号。上传后一直没有使用的材料，最早一天后删除，请重新上传。",
            "There is no document with that id; check the id. One that nothing uses is forgotten, a day after its upload at the"
            " earliest; upload it again.",
        )
    )


def not_on_record() -> NotFound:
    """Return the answer to who is not on record and asks for something of their own: where they get on record."""
    return NotFound(
        Message(
            "您还没有登记在册。请带有效身份证件到服务网点窗口登记；当地开通了自行登记的，可以先在网上登记。",
            "You are not on record. Please be registered at a service window, with an identity document; where the region lets"
            " people, put yourself on record first.",
        ),
        code="NOT_ON_RECORD",
    )
