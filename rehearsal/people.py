"""Arranging people: the holder, who acts for them, and whose token it is."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import uuid4

from domain.duration import CHINA_TIME
from domain.holder import Actor, Delegation, Guardianship, Holder, Merge
from domain.identity import IdentityDocument, carries_citizen_number, with_check_character
from domain.operation import Operation
from policies.cases.case_files import Case
from policies.language.vocabulary import Lexicon
from rehearsal.places import elsewhere, within_city, within_province
from rehearsal.scene import Scene, born_on

GROWN_UP: Final = 30
"""The age of everybody whose age no case states."""
SYSTEMS: Final[Mapping[str, str]] = {"use": "medical_institution", "post_account_entries": "settlement_system"}
"""Who asks for services that no person asks for."""
RECORD, END = "record_guardianship", "end_guardianship"
GUARDING: Final = (RECORD, END)
"""Services about a guardian; the fact `guardian.present` says whether it is the one who acts."""

WITHOUT_PRESENT: Final = frozenset({"status", "account_entries", "delegate", "revoke_delegation"})
"""Services of which no clerk says who is there."""

Fields = dict[str, Any]


def holder_of(case: Case) -> Holder:
    """Return the holder that a case is about."""
    facts = case.facts
    age = facts.get("holder.age")
    born = born_on(GROWN_UP if age is None else age, case.on)
    issued, then = facts.get("card.issued_on"), facts.get("card.issued_at_age")
    if then is not None and issued is not None and age is None:
        born = born_on(then, issued)
    holder = person(born)
    given = {name: facts[f"holder.{name}"] for name in _PLAIN if facts.get(f"holder.{name}") is not None}
    more: Fields = {
        "mobile": mobile_number() if facts.get("holder.mobile_bound", True) else None,
        "deceased_at": datetime.combine(case.on, time(0), CHINA_TIME) if facts.get("holder.deceased") else None,
        "insured_in": _places(facts, "insured", case.region),
        "employed_in": _places(facts, "employed", case.region),
        "address_region": _address(facts, case.region),
    }
    if facts.get("holder.type") is not None:
        more["holder_type"] = facts["holder.type"]
    return replace(holder, **{**more, **given})


_PLAIN: Final = ("identity_type", "full_capacity", "groups", "photo_on_file", "photo_taken_on", "mobile_bound_at")


def person(born: date, name: str = "示例") -> Holder:
    """Return somebody who is on record from now on: an adult citizen with an identity card."""
    return Holder(
        id=str(uuid4()),
        name=name,
        holder_type="citizen",
        identity_type="resident_identity_card",
        # Not a number that anybody could have; the store only wants it to be the only one of its kind.
        identity_number=f"T{uuid4().hex[:17].upper()}",
        born_on=born,
    )


_numbers = iter(range(10**8))


def mobile_number() -> str:
    """Return a mobile number that nobody else has."""
    return f"+86138{next(_numbers):08}"


def _places(facts: Mapping[str, Any], how: str, region: str) -> tuple[str, ...]:
    """Return where somebody is insured or employed: the places that are stated, or some of which all is so that is."""
    listed = facts.get(f"holder.{how}_in")
    if listed is not None:
        return tuple(listed)
    in_city, in_province = facts.get(f"holder.{how}_in_city"), facts.get(f"holder.{how}_in_province")
    if in_city:
        return (within_city(region),)
    if in_province:
        other = within_province(region)
        return (region,) if other is None else (other,)
    return ()


def _address(facts: Mapping[str, Any], region: str) -> str | None:
    stated = facts.get("holder.address_region")
    if stated is not None:
        return str(stated)
    in_city, in_province = facts.get("holder.address_in_city"), facts.get("holder.address_in_province")
    if in_city:
        return within_city(region)
    if in_province:
        return within_province(region)
    return elsewhere(region) if in_city is False or in_province is False else None


def role_of(case: Case, words: Lexicon, on_operation: bool) -> str:
    """Return who asks: the role that is stated, or the one that can bring what the case states along.

    Args:
        on_operation: whether the service is on an operation, where an office stands as the office, whoever is there.
    """
    stated = case.facts.get("request.role")
    if stated is not None:
        return str(stated)
    if case.service in SYSTEMS:
        return SYSTEMS[case.service]
    relation, kind = case.facts.get("actor.relation"), _kind(case, words)
    if case.service == "lock":
        return "clerk"
    if kind == "system":
        return "card_maker"
    if relation == "office":
        return "clerk" if on_operation and kind is not None else "card_maker"
    brought = case.evidence
    if "presence" in brought.proofs or any(document.sighted for document in brought.documents):
        return "clerk"
    if on_operation or case.service in WITHOUT_PRESENT:
        return "citizen"
    of_office = ("actor.office_in_city", "actor.office_region", "actor.outlet", "actor.bank", "actor.kind_of_office")
    at_office = kind in ("window", "telephone") and any(case.facts.get(name) is not None for name in of_office)
    return "clerk" if at_office or kind == "telephone" or relation == "none" else "citizen"


def _kind(case: Case, words: Lexicon) -> str | None:
    term = words.term("channels", str(case.facts.get("request.channel")))
    return None if term is None else term.attributes.get("kind")


def actor_of(scene: Scene, role: str, on_operation: bool) -> tuple[Actor, Holder | None]:
    """Return whose token it is, and who acts, where that is a person on record."""
    channel = str(scene.fact("request.channel", "partner_system" if role not in ("citizen", "clerk") else _any(scene)))
    if role == "citizen":
        acting = _acting(scene)
        return Actor(acting.id, role, channel), acting
    acts = role == "clerk" and not on_operation
    office = scene.fact("request.office", scene.fact("actor.outlet"))
    if office is None:
        office = _bank(scene) if role == "bank" else f"office-{scene.region}"
    bank = scene.fact("actor.bank") if role != "bank" else None
    kind = scene.fact("actor.kind_of_office")
    actor = Actor(f"{role}-{uuid4()}", role, channel, office, _office_region(scene, role), bank, kind)
    return actor, _acting(scene) if acts else None


def _bank(scene: Scene) -> str:
    """Return the bank that asks: the card's or the chosen one, or any that the region knows."""
    return str(scene.fact("card.bank", scene.fact("choice.bank", next(iter(scene.words.vocabularies["banks"].terms)))))


def _any(scene: Scene) -> str:
    """Return a channel that the region knows, for a case that states none."""
    known = scene.words.vocabularies["channels"].terms
    wanted = "service_window" if scene.case.service == "lock" else "national_mini_program"
    return wanted if wanted in known else next(iter(known))


def _office_region(scene: Scene, role: str) -> str | None:
    stated, in_city = scene.fact("actor.office_region"), scene.fact("actor.office_in_city")
    if stated is not None:
        return str(stated)
    if in_city is False:
        return within_province(scene.region)
    return scene.region if role in ("clerk", "settlement_system") else None


def _acting(scene: Scene) -> Holder:
    """Return who acts, by their relation to the holder, which is put on record."""
    relation, holder = scene.fact("actor.relation", "self"), scene.holder
    if relation == "self":
        return holder
    other = guardian_of(scene) if _acts_for_themselves(scene) else person(_age(scene, "actor.age"), "示例办理人")
    scene.people.append(other)
    before = scene.now - timedelta(days=400)
    if relation == "guardian":
        scene.guardianships.append(Guardianship(other.id, holder.id, "父母", before, region=scene.region))
    elif relation == "delegate":
        services = {scene.case.service, str(scene.fact("operation.service", scene.case.service))}
        scene.delegations.append(
            Delegation(
                id=str(uuid4()),
                holder_id=holder.id,
                delegate_id=other.id,
                region=scene.region,
                services=tuple(sorted(services)),
                granted_at=before,
                until=scene.on + timedelta(days=400),
            )
        )
    return other


def guardian_of(scene: Scene) -> Holder:
    """Return the guardian that a service about guardians is about."""
    if scene.guardian is None:
        found = person(_age(scene, "guardian.age"), "示例监护人")
        scene.guardian = replace(found, full_capacity=scene.case.facts.get("guardian.full_capacity") is not False)
    return scene.guardian


def _acts_for_themselves(scene: Scene) -> bool:
    """Say whether who acts is the guardian that the service is about: always where one comes on record."""
    if scene.case.service == RECORD:
        return True
    return scene.case.service == END and scene.fact("guardian.present", False) is True


def _age(scene: Scene, name: str) -> date:
    return born_on(scene.fact(name, GROWN_UP), scene.on)


def arrange_guardians(scene: Scene) -> None:
    """Put the guardians on record that a service about guardians finds: the one to be no longer, and others."""
    if scene.case.service not in GUARDING:
        return
    guardian, holder = guardian_of(scene), scene.holder
    if guardian not in scene.people:
        scene.people.append(guardian)
    before = scene.now - timedelta(days=400)
    known = {found.guardian_id for found in scene.guardianships if found.ward_id == holder.id}
    if scene.case.service == END and guardian.id not in known:
        scene.guardianships.append(Guardianship(guardian.id, holder.id, "父母", before, region=scene.region))
    _others(scene, scene.fact("holder.guardians_on_record", 0) - len(known), before)


def arrange_asked(scene: Scene, operation: Operation) -> None:
    """Put on record what an operation asks about a guardian, and the other guardians that the case states."""
    guardian, holder, before = guardian_of(scene), scene.holder, scene.now - timedelta(days=400)
    scene.people.append(guardian)
    known = [found for found in scene.guardianships if found.ward_id == holder.id]
    wanted = scene.fact("holder.guardians_on_record", 0) - len(known)
    asked = Guardianship(guardian.id, holder.id, "父母", before, region=scene.region)
    if operation.service == END:
        asked = replace(asked, end_operation_id=operation.id, ended_by="clerk")
        wanted -= 1
    else:
        asked = replace(asked, operation_id=operation.id, recorded_by="clerk")
    scene.guardianships.append(asked)
    _others(scene, wanted, before)


def _others(scene: Scene, count: int, before: datetime) -> None:
    for _ in range(count):
        other = person(born_on(GROWN_UP, scene.on), "示例另一监护人")
        scene.people.append(other)
        scene.guardianships.append(Guardianship(other.id, scene.holder.id, "父母", before, region=scene.region))


def arrange_identity(scene: Scene) -> None:
    """Choose the identity document that is to come on record, and the one on record whose place it takes."""
    if scene.case.service != "record_identity_document":
        return
    kind = str(scene.fact("identity.type", "passport"))
    days = scene.fact("identity.issued_on"), scene.fact("identity.expires_on")
    scene.document = replace(identity_document(scene, kind), issued_on=days[0], expires_on=days[1])
    if scene.fact("identity.replaces_another", False):
        scene.replaced = identity_document(scene, kind)


def arrange_merge(scene: Scene) -> None:
    """Put the other record of the holder on record that is to be part of theirs."""
    if scene.case.service != "merge_holders":
        return
    holder = scene.holder
    born = holder.born_on if scene.fact("merge.same_birth_date", True) else holder.born_on - timedelta(days=1)
    scene.other = person(born, holder.name if scene.fact("merge.same_name", True) else f"{holder.name}另名")
    scene.people.append(scene.other)


def arrange_duplicates(scene: Scene) -> None:
    """Put other records on record that are proposed to be one with the holder's."""
    for _ in range(scene.fact("holder.proposed_duplicates", 0)):
        other = person(scene.holder.born_on, "示例重复记录")
        scene.people.append(other)
        scene.merges.append(Merge(str(uuid4()), scene.holder.id, other.id, scene.region, "another clerk", scene.now))


def identity_document(scene: Scene, kind: str) -> IdentityDocument:
    """Return a document of the holder that nobody has on record, with a number as its kind has them."""
    number = f"X{uuid4().hex[:12].upper()}"
    if carries_citizen_number(kind):
        number = with_check_character(f"110105{1900 + next(_numbers) % 100}0101{next(_numbers) % 1000:03}")
    return IdentityDocument(str(uuid4()), scene.holder.id, kind, number)


def arrange_delegation(scene: Scene) -> None:
    """Put the delegate on record that a delegation names, and the delegation that is to be revoked."""
    service, holder = scene.case.service, scene.holder
    if service == "delegate":
        scene.delegate = person(_age(scene, "delegation.delegate_age"), "示例受托人")
        scene.people.append(scene.delegate)
    elif service == "revoke_delegation":
        known = [found for found in scene.delegations if found.holder_id == holder.id]
        if known:
            scene.delegation = known[0]
            return
        # Nobody on record asks as the delegate whose delegation is for something else.
        acts = scene.person is not None and scene.fact("actor.relation") == "none"
        delegate = (
            scene.person if acts and scene.person is not None else person(born_on(GROWN_UP, scene.on), "示例受托人")
        )
        if delegate is not scene.person:
            scene.people.append(delegate)
        scene.delegation = Delegation(
            id=str(uuid4()),
            holder_id=holder.id,
            delegate_id=delegate.id,
            region=scene.region,
            services=("status",),
            granted_at=scene.now - timedelta(days=400),
            until=scene.on + timedelta(days=400),
        )
        scene.delegations.append(scene.delegation)
