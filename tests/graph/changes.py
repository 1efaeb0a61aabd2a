"""One change for each mutation of the schema: by whom it is asked for, with what, and what would be another request."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

from domain.card import CardState
from domain.holder import Actor, Holder
from tests.graph.caller import Caller
from tests.graph.cards import CardOnRecord, add_active_card, add_card
from tests.graph.delegations import delegate_on_record
from tests.graph.journey import (
    CHENGDU,
    JINAN,
    QINGDAO,
    ZIBO,
    accepted,
    address,
    application,
    card_number,
    card_picture,
    delivered_to,
    details,
    paid,
    produced,
    shipped,
    submitted,
)
from tests.graph.replacements import IN_PERSON, WITH_CARD, code_evidence, lost_card, request
from tests.graph.service import NOW, GraphService, holder_id, mobile

MIANYANG = "510700"
OTHER_POLICY = {"policyDigest": "sha256:of another policy"}
PASSWORD, NEW_PASSWORD, OTHER_PASSWORD = "20481973", "73190842", "61829407"


@dataclass(frozen=True, slots=True)
class Change:
    """A change that goes well.

    Args:
        mutation: its name; caller: who asks; given: the input.
        other: what of the input would be different in another request.
    """

    mutation: str
    caller: Caller
    given: dict[str, Any]
    other: dict[str, Any] = field(default_factory=lambda: OTHER_POLICY)

    def send(self, **more: Any) -> dict[str, Any]:
        """Ask for it and return the payload."""
        return self.caller.change(self.mutation, **(self.given | more))


@dataclass(frozen=True, slots=True)
class Upload(Change):
    """A change that carries a file."""

    def send(self, **more: Any) -> dict[str, Any]:
        """Upload and return the payload."""
        given = self.given | more
        return self.caller.upload(given.pop("type"), given.pop("regionCode"), given.pop("content"), **given)


@dataclass(frozen=True, slots=True)
class BatchOfOne(Change):
    """A change that is asked for as the one row of a batch."""

    def send(self, **more: Any) -> dict[str, Any]:
        """Send the batch and return the row's answer, with what is said of the batch."""
        key = more.pop("idempotencyKey", uuid4().hex)
        payload = self.caller.change(self.mutation, idempotencyKey=key, rows=[self.given | more])
        row = payload["rows"][0]
        return {**row, "errors": [*payload["errors"], *row["errors"]]}


Prepare = Callable[[GraphService, str], Change]
"""Brings about what a change needs; the name keeps offices and systems apart."""


class Staff:
    """Offices and systems that a test keeps apart by a name."""

    def __init__(self, service: GraphService, name: str) -> None:
        self._service = service
        self._name = name

    def clerk(self, region: str, channel: str = "service_window") -> Caller:
        """Return a clerk of a region's window."""
        bank = "ccb" if channel == "bank_window" else None
        return self._caller("clerk", channel, f"window-{region}", region, bank)

    def card_maker(self) -> Caller:
        """Return a card maker's system."""
        return self._caller("card_maker", "partner_system", "card-maker", None)

    def bank(self, bank: str) -> Caller:
        """Return a bank's system."""
        return self._caller("bank", "partner_system", bank, None)

    def settlement_system(self, region: str) -> Caller:
        """Return the system of a city that settles medical bills."""
        return self._caller("settlement_system", "partner_system", "settlement", region)

    def _caller(self, role: str, channel: str, office: str, region: str | None, bank: str | None = None) -> Caller:
        return self._service.caller(Actor(f"{role} {self._name}", role, channel, office, region, bank))


def _bound(service: GraphService, state: CardState = CardState.ACTIVE) -> tuple[Caller, CardOnRecord, str]:
    """Return a person of Chengdu with a bound number and a card there, asking by WeChat."""
    number = mobile()
    person = service.person(mobile=number)
    return service.citizen(person, "unionpay_app"), add_card(service, person, CHENGDU, state=state), number


def _twice(password: str) -> dict[str, str]:
    return {"newPassword": password, "newPasswordAgain": password}


def _apply(service: GraphService, name: str) -> Change:
    citizen = service.citizen(service.person())
    return Change("applyForCard", citizen, application(citizen), {"bank": "icbc"})


def _withdraw(service: GraphService, name: str) -> Change:
    citizen = service.citizen(service.person())
    return Change("withdrawApplication", citizen, {"operationId": submitted(citizen)["id"]})


def _deliver(service: GraphService, name: str) -> Change:
    citizen = service.citizen(service.person())
    given = {"operationId": submitted(citizen)["id"], "delivery": address(CHENGDU)}
    return Change("setDelivery", citizen, given, {"delivery": address(QINGDAO)})


def _pay(service: GraphService, name: str) -> Change:
    citizen = service.citizen(service.person())
    return Change("payOperation", citizen, {"operationId": delivered_to(citizen, submitted(citizen))["id"]})


def _accept(service: GraphService, name: str) -> Change:
    operation = paid(service.citizen(service.person()))
    return Change("acceptForProduction", Staff(service, name).card_maker(), {"operationId": operation["id"]})


def _request_correction(service: GraphService, name: str) -> Change:
    operation = accepted(service, service.citizen(service.person()))
    given = {"operationId": operation["id"], "reason": "请核对手机号码"}
    return Change("requestCorrection", Staff(service, name).card_maker(), given, {"reason": "请核对地址"})


def _correct(service: GraphService, name: str) -> Change:
    citizen = service.citizen(service.person())
    operation = accepted(service, citizen)
    service.card_maker().changed("requestCorrection", operationId=operation["id"], reason="请核对")
    given = {"operationId": operation["id"], "evidence": {"details": details()}}
    return Change("correctApplication", citizen, given, {"evidence": {"details": details()}})


def _produce(service: GraphService, name: str) -> Change:
    operation = accepted(service, service.citizen(service.person()))
    given = {"operationId": operation["id"], "cardNumber": card_number(), "generation": "third"}
    return Change("recordProduced", Staff(service, name).card_maker(), given, {"cardNumber": card_number()})


def _ship(service: GraphService, name: str) -> Change:
    operation = produced(service, service.citizen(service.person()))
    given = {"operationId": operation["id"], "trackingNumber": "SF1234567890"}
    return Change("recordShipped", Staff(service, name).card_maker(), given, {"trackingNumber": "SF0987654321"})


def _report_lost_in_post(service: GraphService, name: str) -> Change:
    operation = shipped(service, service.citizen(service.person()))
    told = {"declarations": [{"name": "declared.wrong_delivery_address", "value": "false"}]}
    return Change(
        "reportLostInPost", Staff(service, name).card_maker(), {"operationId": operation["id"], "evidence": told}
    )


def _receive(service: GraphService, name: str) -> Change:
    citizen = service.citizen(service.person())
    return Change("confirmReceipt", citizen, {"operationId": shipped(service, citizen)["id"]})


def _activate(service: GraphService, name: str) -> Change:
    citizen, card, number = _bound(service, CardState.SEALED)
    evidence = code_evidence(citizen, "activate", number, cardNumber=card.number)
    return Change("activateCard", citizen, {"cardId": card.id, "evidence": evidence})


def _report_temporary_loss(service: GraphService, name: str) -> Change:
    person = service.person()
    given = {"cardId": add_active_card(service, person, JINAN).id}
    other = {"cardId": add_active_card(service, person, JINAN).id}
    return Change("reportTemporaryLoss", service.citizen(person), given, other)


def _report_formal_loss(service: GraphService, name: str) -> Change:
    citizen, card, number = _bound(service)
    evidence = code_evidence(citizen, "report_formal_loss", number)
    return Change("reportFormalLoss", citizen, {"cardId": card.id, "evidence": evidence})


def _cancel_loss_report(service: GraphService, name: str) -> Change:
    citizen, card, number = _bound(service, CardState.FORMALLY_LOST)
    evidence = code_evidence(citizen, "cancel_loss_report", number, cardNumber=card.number)
    return Change("cancelLossReport", citizen, {"cardId": card.id, "evidence": evidence})


def _reissue(service: GraphService, name: str) -> Change:
    person = service.person()
    citizen = service.citizen(person)
    return Change("reissueCard", citizen, request(citizen, lost_card(service, person)), {"reason": "damaged"})


def _card_with_password(service: GraphService) -> tuple[Holder, CardOnRecord]:
    person = service.person()
    card = add_active_card(service, person, CHENGDU)
    given = {"cardId": card.id, "evidence": WITH_CARD, **_twice(PASSWORD)}
    service.clerk(CHENGDU).changed("setServicePassword", **given)
    return person, card


def _set_password(service: GraphService, name: str) -> Change:
    card = add_active_card(service, service.person(), CHENGDU)
    given = {"cardId": card.id, "evidence": WITH_CARD, **_twice(PASSWORD)}
    return Change("setServicePassword", Staff(service, name).clerk(CHENGDU), given, _twice(OTHER_PASSWORD))


def _change_password(service: GraphService, name: str) -> Change:
    person, card = _card_with_password(service)
    given = {"cardId": card.id, "oldPassword": PASSWORD, **_twice(NEW_PASSWORD)}
    citizen = service.citizen(person, "unionpay_app")
    return Change("changeServicePassword", citizen, given, {"oldPassword": NEW_PASSWORD, **_twice(OTHER_PASSWORD)})


def _reset_password(service: GraphService, name: str) -> Change:
    _, card = _card_with_password(service)
    given = {"cardId": card.id, "evidence": WITH_CARD, **_twice(NEW_PASSWORD)}
    return Change("resetServicePassword", Staff(service, name).clerk(CHENGDU), given, _twice(OTHER_PASSWORD))


def _update_information(service: GraphService, name: str) -> Change:
    citizen, card, _ = _bound(service)
    face = {"faceAssertion": citizen.face_assertion("update_information")}
    given = {"cardId": card.id, "evidence": code_evidence(citizen, "update_information") | face}
    return Change("updateInformation", citizen, given, {"evidence": {"details": {"landline": "028-86151234"}}})


def _transfer_in(service: GraphService, name: str) -> Change:
    person = service.person()
    card = add_active_card(service, person, MIANYANG)
    service.insurance.list(person.identity_number, CHENGDU, "pension", "medical")
    citizen = service.citizen(person, "unionpay_app")
    evidence = code_evidence(citizen, "transfer_in", cardNumber=card.number)
    given = {"cardId": card.id, "regionCode": CHENGDU, "insuranceKinds": ["pension"], "evidence": evidence}
    return Change("transferCardIn", citizen, given, {"insuranceKinds": ["medical"]})


def _bind_card(service: GraphService, name: str) -> Change:
    person = service.person()
    card, citizen = add_active_card(service, person, CHENGDU), service.citizen(person, "chengdu_wechat")
    evidence = code_evidence(citizen, "bind_card", cardNumber=card.number)
    return Change("bindCard", citizen, {"cardId": card.id, "evidence": evidence}, {"evidence": {}})


def _cancel(service: GraphService, name: str) -> Change:
    card = add_active_card(service, service.person(), QINGDAO)
    given = {"cardId": card.id, "reason": "own_wish", "evidence": WITH_CARD}
    return Change("cancelCard", Staff(service, name).clerk(QINGDAO, "bank_window"), given)


def _close_account(service: GraphService, name: str) -> Change:
    card = add_card(service, service.person(), CHENGDU, state=CardState.CANCELLED)
    return Change("closeAccount", Staff(service, name).bank("ccb"), {"cardId": card.id})


def _grant(service: GraphService, name: str) -> Change:
    person, delegate = service.person(), service.person(name="受托人")
    identity = {"identityType": delegate.identity_type, "identityNumber": delegate.identity_number}
    reason = {"name": "declared.delegation_reason", "value": "long_away"}
    given = {
        "regionCode": CHENGDU,
        "holderId": holder_id(person),
        "delegate": {"name": delegate.name, **identity},
        "services": ["status"],
        "until": "2026-12-31",
        "evidence": {**IN_PERSON, "declarations": [reason]},
    }
    return Change("grantDelegation", Staff(service, name).clerk(CHENGDU), given, {"until": "2027-01-01"})


def _revoke(service: GraphService, name: str) -> Change:
    person = service.person()
    delegate_on_record(service, person, "status")
    citizen = service.citizen(person, "unionpay_app")
    [delegation] = citizen.ask("{me{delegations{id}}}")["me"]["delegations"]
    return Change("revokeDelegation", citizen, {"delegationId": delegation["id"]})


def _post_entries(service: GraphService, name: str) -> Change:
    card = add_active_card(service, service.person(), QINGDAO)
    entry = {
        "cardNumber": card.number,
        "reference": uuid4().hex,
        "kind": "SPENDING",
        "amount": 1250,
        "occurredAt": NOW.isoformat(),
    }
    given = {"regionCode": QINGDAO, "reference": uuid4().hex, "entries": [entry]}
    return Change("postAccountEntries", Staff(service, name).settlement_system(QINGDAO), given, {"reference": "other"})


def _verification_code(service: GraphService, name: str) -> Change:
    given = {"purpose": "activate", "mobile": mobile()}
    return Change("requestVerificationCode", service.citizen(service.person()), given, {"mobile": mobile()})


def _face_check(service: GraphService, name: str) -> Change:
    citizen = service.citizen(service.person())
    return Change("requestFaceCheck", citizen, {"purpose": "apply"}, {"purpose": "activate"})


def _personal_copy(service: GraphService, name: str) -> Change:
    number = mobile()
    citizen = service.citizen(service.person(mobile=number))
    code = citizen.verification_code("personal_copy", number)
    return Change("requestPersonalCopy", citizen, {"verificationCode": code}, {"faceAssertion": "x"})


def _upload(service: GraphService, name: str) -> Change:
    given = {"type": "photo", "regionCode": JINAN, "content": card_picture(), "takenOn": "2026-11-01"}
    return Upload("uploadDocument", service.citizen(service.person()), given, {"takenOn": "2026-11-02"})


def _register(service: GraphService, name: str) -> Change:
    given = {"name": "赵示例", "identityType": "resident_identity_card", "identityNumber": "110105198808088084"}
    # The register knows one such person only: on record before, so that every try finds the same.
    service.clerk(CHENGDU).changed("registerHolder", **given)
    return Change("registerHolder", Staff(service, name).clerk(CHENGDU), given, {"name": "钱示例"})


def _register_myself(service: GraphService, name: str) -> Change:
    citizen = service.citizen(service.person())
    return Change("registerMyself", citizen, {"regionCode": JINAN}, {"regionCode": ZIBO})


def _guardianship(service: GraphService, name: str) -> Change:
    ids = {"guardianId": holder_id(service.person()), "wardId": holder_id(service.person(date(2015, 1, 1)))}
    given = {**ids, "kinship": "母亲", "evidence": {"sightedDocuments": ["birth_certificate"]}}
    return Change("recordGuardianship", Staff(service, name).clerk(CHENGDU), given, {"kinship": "父亲"})


def _end_guardianship(service: GraphService, name: str) -> Change:
    ward = service.person()
    given = {"guardianId": holder_id(service.guardian(ward)), "wardId": holder_id(ward), "evidence": IN_PERSON}
    return Change("endGuardianship", Staff(service, name).clerk(CHENGDU), given)


def _asked_about_guardian(service: GraphService, name: str) -> tuple[str, Holder]:
    """Have somebody asked for as a second guardian; return the operation, and who is guardian."""
    ward = service.person(date(2015, 1, 1))
    guardian = service.guardian(ward)
    ids = {"guardianId": holder_id(service.person()), "wardId": holder_id(ward)}
    given = {**ids, "kinship": "母亲", "evidence": {"sightedDocuments": ["birth_certificate"]}}
    asked = Staff(service, f"{name} first").clerk(CHENGDU).changed("recordGuardianship", **given)
    return asked["operation"]["id"], guardian


def _confirm_guardianship(service: GraphService, name: str) -> Change:
    operation, _ = _asked_about_guardian(service, name)
    return Change("confirmGuardianship", Staff(service, name).clerk(CHENGDU), {"operationId": operation})


def _object_to_guardianship(service: GraphService, name: str) -> Change:
    operation, guardian = _asked_about_guardian(service, name)
    return Change("objectToGuardianship", service.citizen(guardian), {"operationId": operation})


def _identity_document(service: GraphService, name: str) -> Change:
    person = service.person()
    number = f"E{uuid4().hex[:10].upper()}"
    service.registry.list(person, "passport", number)
    named = {"regionCode": CHENGDU, "holderId": holder_id(person), "identityType": "passport", "identityNumber": number}
    given: dict[str, Any] = {**named, "evidence": {"sightedDocuments": ["passport"]}}
    return Change("recordIdentityDocument", Staff(service, name).clerk(CHENGDU), given, {"expiresOn": "2036-01-01"})


def _merge(service: GraphService, name: str) -> Change:
    given = {"holderId": holder_id(service.person()), "duplicateId": holder_id(service.person()), "evidence": IN_PERSON}
    return Change("mergeHolders", Staff(service, name).clerk(CHENGDU), given)


def _death(service: GraphService, name: str) -> Change:
    people = {"holderId": holder_id(service.person()), "presentPersonId": holder_id(service.person())}
    papers = {"sightedDocuments": ["death_certificate", "kinship_proof"]}
    given: dict[str, Any] = {**people, "diedOn": "2026-11-18", "evidence": papers}
    return Change("recordDeath", Staff(service, name).clerk(CHENGDU), given, {"diedOn": "2026-11-17"})


def _import(service: GraphService, name: str) -> Change:
    card = {
        "name": "王示例",
        "identityType": "passport",
        "identityNumber": f"P{mobile()}",
        "holderType": "citizen",
        "bornOn": "1990-03-07",
        "cardNumber": card_number(),
        "regionCode": JINAN,
        "bank": "ccb",
        "generation": "third",
        "issuedOn": "2020-05-06",
        "state": "ACTIVE",
        "stateSince": "2020-05-07T00:00:00+08:00",
    }
    return BatchOfOne("importCardsBatch", Staff(service, name).clerk(JINAN), card, {"bank": "icbc"})


def _as_batch(mutation: str, prepare: Prepare) -> Prepare:
    def prepared(service: GraphService, name: str) -> Change:
        change = prepare(service, name)
        # Batches are for offices, also of what people confirm one by one.
        caller = Staff(service, name).clerk(JINAN) if mutation == "confirmReceiptBatch" else change.caller
        return BatchOfOne(mutation, caller, change.given, change.other)

    return prepared


CHANGES: dict[str, Prepare] = {
    "applyForCard": _apply,
    "withdrawApplication": _withdraw,
    "setDelivery": _deliver,
    "payOperation": _pay,
    "acceptForProduction": _accept,
    "requestCorrection": _request_correction,
    "correctApplication": _correct,
    "recordProduced": _produce,
    "recordShipped": _ship,
    "confirmReceipt": _receive,
    "reportLostInPost": _report_lost_in_post,
    "activateCard": _activate,
    "reportTemporaryLoss": _report_temporary_loss,
    "reportFormalLoss": _report_formal_loss,
    "cancelLossReport": _cancel_loss_report,
    "reissueCard": _reissue,
    "setServicePassword": _set_password,
    "changeServicePassword": _change_password,
    "resetServicePassword": _reset_password,
    "updateInformation": _update_information,
    "transferCardIn": _transfer_in,
    "bindCard": _bind_card,
    "cancelCard": _cancel,
    "closeAccount": _close_account,
    "grantDelegation": _grant,
    "revokeDelegation": _revoke,
    "postAccountEntries": _post_entries,
    "requestVerificationCode": _verification_code,
    "requestFaceCheck": _face_check,
    "requestPersonalCopy": _personal_copy,
    "uploadDocument": _upload,
    "registerMyself": _register_myself,
    "registerHolder": _register,
    "recordGuardianship": _guardianship,
    "endGuardianship": _end_guardianship,
    "confirmGuardianship": _confirm_guardianship,
    "objectToGuardianship": _object_to_guardianship,
    "recordIdentityDocument": _identity_document,
    "mergeHolders": _merge,
    "recordDeath": _death,
}
"""How each mutation is brought about, by its name."""
BATCHES: dict[str, Prepare] = {
    "applyBatch": _as_batch("applyBatch", _apply),
    "registerHolderBatch": _as_batch("registerHolderBatch", _register),
    "acceptBatch": _as_batch("acceptBatch", _accept),
    "recordProducedBatch": _as_batch("recordProducedBatch", _produce),
    "recordShippedBatch": _as_batch("recordShippedBatch", _ship),
    "confirmReceiptBatch": _as_batch("confirmReceiptBatch", _receive),
    "importCardsBatch": _import,
}
"""Batches of one such change."""
