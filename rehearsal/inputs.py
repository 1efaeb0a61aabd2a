"""What a case brings along and chooses, as the inputs of the graph take it."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final

from domain.services import records_of
from rehearsal.operations import CHOICES_WITH_FIELDS, region_of_delivery
from rehearsal.papers import sighted
from rehearsal.people import mobile_number
from rehearsal.scene import Scene
from resolvers.changing.input_paths import CHANGE
from schema.kit.relay import global_id

OF_DELIVERY: Final[Mapping[str, str]] = {
    "recipient": "recipient",
    "delivery_mobile": "mobile",
    "delivery_address": "address",
}
"""Details that come with a delivery, by the field of its input."""
_SAMPLES: Final[Mapping[str, str]] = {
    "landline": "028-86151234",
    "residence_address": "示例路9号",
    "residence_region": "510104",
    "residence_postcode": "610000",
    "register_address": "示例村9组",
    "remarks": "示例备注",
}
"""What is filled in where a case says only that something is."""

Input = dict[str, Any]


def camel(name: str) -> str:
    """Return a name as the graph spells it."""
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def as_text(value: Any) -> str:
    """Return a fact as people state it in an input; nothing says that there is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, tuple | frozenset):
        return ",".join(map(str, value))
    return str(value)


def details_of(scene: Scene) -> dict[str, str]:
    """Return what is filled in: as the case has it, but for the numbers of real records.

    A mobile number is the holder's bound one where the case proves that, and otherwise one of its own.
    """
    given = dict(scene.case.evidence.details)
    if scene.case.service == "correct" and not (given or scene.case.evidence.documents):
        # A correction that corrects nothing is none.
        given["residence_address"] = _SAMPLES["residence_address"]
    for name in scene.fact("change.fields", ()):
        given.setdefault(name, _SAMPLES.get(name, ""))
    for name in OF_DELIVERY:
        given.pop(name, None)
    proofs = scene.case.evidence.proofs
    if "mobile" in given:
        replaced = CHANGE in records_of(scene.case.service)
        bound = "bound_mobile_code" in proofs and scene.holder.mobile is not None and not replaced
        given["mobile"] = scene.holder.mobile or "" if bound else mobile_number()
    elif "new_mobile_code" in proofs:
        given["mobile"] = mobile_number()
    if given.get("card_number") and scene.card:
        given["card_number"] = scene.card[-1].card.number
    if "identity_number" in proofs:
        given["identity_number"] = scene.holder.identity_number
    return given


def evidence_of(scene: Scene, details: Mapping[str, str], on_operation: bool) -> Input:
    """Return the input of all that is brought along but for codes and face checks.

    Args:
        on_operation: what was chosen is on record with the operation then, and not chosen again.
    """
    found: Input = {
        "details": {camel(name): text for name, text in details.items()},
        "documentIds": [global_id("Document", document.evidence.id or "") for document in scene.documents],
        "sightedDocuments": sighted(scene),
    }
    declared = {name: value for name, value in scene.case.facts.items() if _origin(scene, name) == "declared"}
    found["declarations"] = [{"name": name, "value": as_text(value)} for name, value in declared.items()]
    if not on_operation:
        chosen = {name: value for name, value in scene.case.facts.items() if _is_added_choice(scene, name, value)}
        found["choices"] = [{"fact": name, "value": as_text(value)} for name, value in chosen.items()]
    return found


def _origin(scene: Scene, name: str) -> str | None:
    definition = scene.words.fact(name)
    return None if definition is None or definition.parent is not None else definition.origin


def _is_added_choice(scene: Scene, name: str, value: Any) -> bool:
    chosen = name.startswith("choice.") and name not in CHOICES_WITH_FIELDS
    return chosen and value is not None and _origin(scene, name) == "chosen"


def delivery_of(scene: Scene) -> Input | None:
    """Return the input of the delivery that is chosen, if one is."""
    method, details = scene.fact("choice.delivery"), scene.case.evidence.details
    given = {field: details[name] for name, field in OF_DELIVERY.items() if name in details}
    region = region_of_delivery(scene)
    if method is None and region is None:
        return None
    found: Input = {"method": method or "", **given}
    if region is not None:
        found["regionCode"] = region
    if scene.case.service == "deliver" and scene.fact("choice.outlet") is not None:
        found["outlet"] = scene.fact("choice.outlet")
    return found


def new_password(scene: Scene) -> str:
    """Return a password of which all is so that the case states."""
    length: int = scene.fact("password.length", 8)
    digits = scene.case.facts.get("password.digits_only") is not False
    if scene.fact("password.simple"):
        return ("1" if digits else "a") * length
    text = ("20481973" if digits else "k7m2x9q4") * (length // 8 + 1)
    return text[:length]
