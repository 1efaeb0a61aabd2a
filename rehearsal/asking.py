"""Asking the service a case: the field of the graph that stands for each service, with the input that the case makes."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from domain.services import About, records_of
from rehearsal.inputs import Input, as_text, delivery_of, details_of, evidence_of, new_password
from rehearsal.papers import sighted
from rehearsal.people import identity_document
from rehearsal.scene import Scene
from rehearsal.stage import GraphAnswer, Stage
from resolvers.changing.input_paths import CHANGE
from schema.kit.relay import global_id

OLD_PASSWORD: Final = "31415926"  # noqa: S105 - of cards that are made for a test
WRONG_PASSWORD: Final = "27182818"  # noqa: S105
_ERRORS: Final = "errors{code field message{zh en}}"
_OPERATION: Final = "operation{id}"


@dataclass(frozen=True, slots=True)
class Question:
    """How a service is asked.

    Args:
        mutation: its name.
        more: makes what only its input has; selection: of its payload, besides the errors.
        demands: the choice that its input cannot do without; a case that leaves it out is tried out, not done.
    """

    mutation: str
    more: Callable[[Scene], Input] = lambda scene: {}
    selection: str = _OPERATION
    demands: str | None = None


def _apply(scene: Scene) -> Input:
    found: Input = {"regionCode": scene.region, **_chosen(scene, "bank", "outlet", "delivery")}
    if scene.holder.id != scene.actor.person_id:
        found["holderId"] = global_id("Holder", scene.holder.id)
    return found


def _chosen(scene: Scene, *names: str) -> Input:
    found = {name: scene.fact(f"choice.{name}") for name in names if name != "delivery"}
    if "delivery" in names:
        found["delivery"] = delivery_of(scene)
    return {name: value for name, value in found.items() if value is not None}


def _reissue(scene: Scene) -> Input:
    return {"reason": scene.fact("choice.reissue_reason", ""), **_chosen(scene, "bank", "outlet", "delivery")}


def _cancel(scene: Scene) -> Input:
    reason = scene.fact("choice.cancellation_reason")
    return {} if reason is None else {"reason": reason}


def _passwords(scene: Scene) -> Input:
    new = new_password(scene)
    return {"newPassword": new, "newPasswordAgain": new}


def _change_password(scene: Scene) -> Input:
    new = new_password(scene)
    old = new if scene.fact("password.same_as_old") else OLD_PASSWORD
    return {"oldPassword": old, **_passwords(scene)}


def _transfer(scene: Scene) -> Input:
    return {"regionCode": scene.region, "insuranceKinds": list(scene.fact("insurance.chosen", ()))}


def _delegate(scene: Scene) -> Input:
    trusted = scene.delegate or scene.holder
    found: Input = {
        "regionCode": scene.region,
        "delegate": {
            "name": trusted.name,
            "identityType": trusted.identity_type,
            "identityNumber": trusted.identity_number,
        },
        "services": list(scene.fact("delegation.services", ("status",))),
        "until": scene.fact("delegation.until", scene.on).isoformat(),
    }
    if scene.holder.id != scene.actor.person_id:
        found["holderId"] = global_id("Holder", scene.holder.id)
    return found


def _guardians(scene: Scene) -> Input:
    guardian = scene.guardian or scene.holder
    found: Input = {
        "guardianId": global_id("Holder", guardian.id),
        "wardId": global_id("Holder", scene.holder.id),
        "regionCode": scene.region,
    }
    return found if scene.case.service == "end_guardianship" else {**found, "kinship": "母亲"}


def _identity(scene: Scene) -> Input:
    document = scene.document or identity_document(scene, "passport")
    found: Input = {
        "holderId": global_id("Holder", scene.holder.id),
        "regionCode": scene.region,
        "identityType": document.type,
        "identityNumber": document.number,
    }
    days = {"issuedOn": document.issued_on, "expiresOn": document.expires_on}
    found |= {name: day.isoformat() for name, day in days.items() if day is not None}
    if scene.replaced is not None:
        found["replacesId"] = global_id("IdentityDocument", scene.replaced.id)
    return found


def _death(scene: Scene) -> Input:
    day = scene.fact("death.died_on", scene.on)
    return {"holderId": global_id("Holder", scene.holder.id), "regionCode": scene.region, "diedOn": day.isoformat()}


def _merge(scene: Scene) -> Input:
    other = scene.other or scene.holder
    kept, gone = global_id("Holder", scene.holder.id), global_id("Holder", other.id)
    return {"holderId": kept, "duplicateId": gone, "regionCode": scene.region}


def _produce(scene: Scene) -> Input:
    banks = scene.words.vocabularies["banks"].terms
    chosen = scene.operation.bank if scene.operation is not None else None
    number = scene.holder.identity_number
    return {
        "cardNumber": f"P{number[1:]}",
        "generation": scene.fact("card.generation", "third"),
        "bank": chosen or next(iter(banks), "ccb"),
    }


def _delivered(scene: Scene) -> Input:
    return {"delivery": delivery_of(scene) or {"method": ""}}


def _revoke(scene: Scene) -> Input:
    return {"delegationId": global_id("Delegation", scene.delegation.id if scene.delegation else "")}


QUESTIONS: Final[Mapping[str, Question]] = {
    "apply": Question("applyForCard", _apply),
    "deliver": Question("setDelivery", _delivered, demands="choice.delivery"),
    "pay": Question("payOperation"),
    "withdraw": Question("withdrawApplication"),
    "accept": Question("acceptForProduction"),
    "request_correction": Question("requestCorrection", lambda scene: {"reason": "请核对"}),
    "correct": Question("correctApplication"),
    "produce": Question("recordProduced", _produce),
    "ship": Question("recordShipped", lambda scene: {"trackingNumber": "SF1234567890"}),
    "receive": Question("confirmReceipt"),
    "report_lost_in_post": Question("reportLostInPost"),
    "activate": Question("activateCard"),
    "report_temporary_loss": Question("reportTemporaryLoss"),
    "report_formal_loss": Question("reportFormalLoss"),
    "cancel_loss_report": Question("cancelLossReport"),
    "reissue": Question("reissueCard", _reissue, demands="choice.reissue_reason"),
    "set_password": Question("setServicePassword", _passwords),
    "change_password": Question("changeServicePassword", _change_password),
    "reset_password": Question("resetServicePassword", _passwords),
    "update_information": Question("updateInformation"),
    "transfer_in": Question("transferCardIn", _transfer),
    "cancel": Question("cancelCard", _cancel),
    "bind_card": Question("bindCard", lambda scene: {"regionCode": scene.region}),
    "close_account": Question("closeAccount"),
    "delegate": Question("grantDelegation", _delegate, "delegation{id}"),
    "revoke_delegation": Question("revokeDelegation", _revoke, "delegation{id}"),
    "record_guardianship": Question("recordGuardianship", _guardians),
    "end_guardianship": Question("endGuardianship", _guardians),
    "confirm_guardianship": Question("confirmGuardianship"),
    "object_to_guardianship": Question("objectToGuardianship"),
    "record_death": Question("recordDeath", _death, "recordedAt"),
    "merge_holders": Question("mergeHolders", _merge, "state"),
    "record_identity_document": Question("recordIdentityDocument", _identity),
}
"""The mutations that carry a service out."""


async def ask(stage: Stage, scene: Scene) -> GraphAnswer:
    """Ask the service what a case asks, once its records are written."""
    service = scene.case.service
    if scene.case.form:
        return await _form(stage, scene)
    if service in _QUERIES:
        return await _QUERIES[service](stage, scene)
    question = QUESTIONS[service]
    if question.demands is not None and scene.fact(question.demands) is None:
        return await _try_out(stage, scene, question)
    return await _change(stage, scene, question)


async def _change(stage: Stage, scene: Scene, question: Question) -> GraphAnswer:
    given = await _input(stage, scene, question)
    kind = f"{question.mutation[0].upper()}{question.mutation[1:]}Input"
    document = f"mutation($input: {kind}!){{{question.mutation}(input: $input){{{question.selection} {_ERRORS}}}}}"
    return await stage.execute(document, {"input": given}, scene.actor)


async def _try_out(stage: Stage, scene: Scene, question: Question) -> GraphAnswer:
    """Ask for the decision alone: what an input cannot do without is left out in a dry run only."""
    given = await _input(stage, scene, question)
    for mutation, dry_run in (("reason", "reissueReason"),):
        if given.get(mutation):
            given[dry_run] = given[mutation]
        given.pop(mutation, None)
    if not (given.get("delivery") or {}).get("method"):
        given.pop("delivery", None)
    document = (
        f"query($input: CheckEligibilityInput!){{checkEligibility(input: $input){{decision{{allowed}} {_ERRORS}}}}}"
    )
    return await stage.execute(document, {"input": {"service": scene.case.service, **given}}, scene.actor)


async def _input(stage: Stage, scene: Scene, question: Question) -> Input:
    details = details_of(scene)
    evidence = evidence_of(scene, details, scene.about is About.OPERATION)
    evidence |= await _proven(stage, scene, details)
    given: Input = {"evidence": evidence, **question.more(scene)}
    if scene.about is About.CARD and scene.card:
        given |= {"cardId": global_id("Card", scene.card[-1].card.id), **_chosen(scene, "outlet")}
    if scene.operation is not None:
        given["operationId"] = global_id("Operation", scene.operation.id)
    present = _present(scene, question)
    if present is not None:
        given["presentPersonId"] = present
    return given


def _present(scene: Scene, question: Question) -> str | None:
    """Return who is at the clerk's window, where the service wants to hear that."""
    person = scene.person
    if scene.actor.role != "clerk" or scene.about is About.OPERATION or person is None or person.id == scene.holder.id:
        return None
    if question.mutation in ("recordGuardianship", "grantDelegation", "revokeDelegation", "mergeHolders"):
        return None
    return global_id("Holder", person.id)


async def _proven(stage: Stage, scene: Scene, details: Mapping[str, str]) -> Input:
    """Return the code and the face assertion that the case has."""
    proofs, found = scene.case.evidence.proofs, {}
    service, bound = scene.case.service, scene.holder.mobile
    sent = {"sms_code", "new_mobile_code"}
    if CHANGE in records_of(service) and "bound_mobile_code" in proofs and bound is not None:
        found["boundMobileCode"] = await stage.code(scene.actor, service, bound)
        sent = {"new_mobile_code"}
    elif "bound_mobile_code" in proofs:
        sent |= {"bound_mobile_code"}
    if proofs & sent:
        mobile = details.get("mobile") or bound
        if mobile is not None:
            found["verificationCode"] = await stage.code(scene.actor, service, mobile)
    if "face_check" in proofs:
        person = scene.person.id if scene.person is not None and scene.actor.role == "clerk" else None
        found["faceAssertion"] = await stage.face(scene.actor, scene.case.service, person)
    return found


async def _status(stage: Stage, scene: Scene) -> GraphAnswer:
    document = "query($id: ID!, $seen: [String!]){card(id: $id, sightedDocuments: $seen){id}}"
    return await stage.execute(document, {"id": _card(scene), "seen": sighted(scene)}, scene.actor)


async def _progress(stage: Stage, scene: Scene) -> GraphAnswer:
    identifier = global_id("Operation", scene.operation.id if scene.operation else "")
    document = "query($id: ID!, $seen: [String!]){operation(id: $id, sightedDocuments: $seen){id}}"
    return await stage.execute(document, {"id": identifier, "seen": sighted(scene)}, scene.actor)


async def _use(stage: Stage, scene: Scene) -> GraphAnswer:
    number = scene.card[-1].card.number if scene.card else ""
    document = "query($number: String!){cardUsable(cardNumber: $number){usable}}"
    return await stage.execute(document, {"number": number}, scene.actor)


async def _notes(stage: Stage, scene: Scene) -> GraphAnswer:
    kind = {"functions": "functions", "remind": "reminders"}[scene.case.service]
    document = f"query($id: ID!){{holder(id: $id){{cards{{{kind}{{message{{zh}}}}}}}}}}"
    return await stage.execute(document, {"id": global_id("Holder", scene.holder.id)}, scene.actor)


async def _entries(stage: Stage, scene: Scene) -> GraphAnswer:
    document = (
        "query($region: String!, $holder: ID, $seen: [String!])"
        "{accountEntries(region: $region, holderId: $holder, sightedDocuments: $seen)"
        "{pageInfo{hasNextPage}}}"
    )
    own = scene.actor.person_id == scene.holder.id
    given = {"region": scene.region, "holder": None if own else global_id("Holder", scene.holder.id)}
    return await stage.execute(document, {**given, "seen": sighted(scene)}, scene.actor)


async def _post(stage: Stage, scene: Scene) -> GraphAnswer:
    entry = {
        "cardNumber": scene.card[-1].card.number if scene.card else "",
        "reference": scene.holder.id,
        "kind": "SPENDING",
        "amount": 1250,
        "occurredAt": scene.now.isoformat(),
    }
    given = {"regionCode": scene.region, "reference": scene.holder.id, "entries": [entry]}
    document = f"mutation($input: PostAccountEntriesInput!){{postAccountEntries(input: $input){{posted {_ERRORS}}}}}"
    return await stage.execute(document, {"input": given}, scene.actor)


async def _register(stage: Stage, scene: Scene) -> GraphAnswer:
    """Ask by somebody whom the scene has on record, so that no identity provider has to vouch for them."""
    document = f"mutation($input: RegisterMyselfInput!){{registerMyself(input: $input){{holder{{id}} {_ERRORS}}}}}"
    return await stage.execute(document, {"input": {"regionCode": scene.region}}, scene.actor)


async def _lock(stage: Stage, scene: Scene) -> GraphAnswer:
    """Try a wrong password at a window: only so the service asks whether a card is to be locked."""
    new = new_password(scene)
    given = {
        "cardId": _card(scene),
        "evidence": {"sightedDocuments": ["social_security_card", "identity_card_front", "identity_card_back"]},
        "oldPassword": WRONG_PASSWORD,
        "newPassword": new,
        "newPasswordAgain": new,
    }
    document = f"mutation($input: ChangeServicePasswordInput!){{changeServicePassword(input: $input){{{_OPERATION} {_ERRORS}}}}}"
    answer = await stage.execute(document, {"input": given}, scene.actor)
    # That the password was wrong is what was to be.
    return replace(answer, errors=tuple(error for error in answer.errors if error[0] != "PASSWORD_WRONG"))


async def _form(stage: Stage, scene: Scene) -> GraphAnswer:
    skipped = ("request.service", "request.today")
    suppose = [
        {"fact": name, "value": as_text(value)}
        for name, value in scene.case.facts.items()
        if (name not in skipped and not name.startswith("request.")) or name in ("request.channel", "request.role")
    ]
    document = (
        "query($region: String!, $service: String!, $suppose: [SuppositionInput!], $on: Date)"
        "{requirements(region: $region, service: $service, suppose: $suppose, on: $on){channels}}"
    )
    given = {"region": scene.region, "service": scene.case.service, "suppose": suppose, "on": scene.on.isoformat()}
    return await stage.execute(document, given, scene.actor)


def _card(scene: Scene) -> str:
    return global_id("Card", scene.card[-1].card.id if scene.card else "")


_QUERIES: Final[Mapping[str, Callable[[Stage, Scene], Awaitable[GraphAnswer]]]] = {
    "status": _status,
    "progress": _progress,
    "use": _use,
    "functions": _notes,
    "remind": _notes,
    "account_entries": _entries,
    "register": _register,
    "post_account_entries": _post,
    "lock": _lock,
}
