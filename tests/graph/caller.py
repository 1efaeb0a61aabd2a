"""Somebody who asks the graph over HTTP."""

import json
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final

import httpx

from tests.graph.input_paths import leads_somewhere

_CITATION: Final = "document clause note assumed region level file line"
_VALUES: Final = f"values{{setting shown{{zh en}} citation{{{_CITATION}}}}}"
_NEEDS: Final = "alternatives{needs{kind name specification satisfied problem{zh en}}}"
DECISION: Final = (
    "service region on allowed policyDigest totalDue facts "
    f"denials{{code rule message{{zh en text}} conditional citation{{{_CITATION}}} {_VALUES}}} "
    f"missing{{rule message{{zh en}} {_NEEDS} citation{{{_CITATION}}}}} "
    f"requirements{{rule satisfied conditional message{{zh en}} {_NEEDS} {_VALUES}}} "
    f"charges{{fee amount payer citation{{{_CITATION}}} {_VALUES}}} "
    "promises{what within{zh en} countedFrom citation{region clause}} "
    "routes{choice open conditional} archive{document citation{clause}} advice{message{zh en} contact citation{clause}}"
)
OPERATION: Final = (
    "id service state regionCode relation channel office bank outlet createdAt updatedAt due paidAt policyDigest "
    "fees{fee amount payer label{zh}} correctionReason trackingNumber promisedAt promiseEstimated archive "
    "delivery{method outlet regionCode recipient mobile address} progress{state at} details{name label{zh} value} reason replacedCard{id state} "
    "timeline{at event fromState toState cardFrom cardTo role channel office note policyDigest} "
    "card{id state number} holder{id name} "
    "decisions{service allowed policyDigest facts}"
)
CARD: Final = (
    "id number socialSecurityNumber bank regionCode regionName{zh} generation state issuedOn expiresOn "
    "stateSince stateUntil stateThen accountState accountClosedAt holder{id name} replaces{id state} "
    "history{state since until reason}"
)
HOLDER: Final = (
    "id name identityNumber bornOn mobile "
    "contact{landline residenceAddress residenceRegion residencePostcode registerAddress}"
)
GUARDIANSHIP: Final = "state kinship guardianName office papers askedAt inForceAt endsAt comesOfAgeAt"
DELEGATION: Final = "id regionCode services reason grantedAt until revokedAt holds delegateName holder{id name}"
ERRORS: Final = (
    f"errors{{code kind field choices{{name label{{zh}}}} message{{zh en text}} citation{{{_CITATION}}} {_VALUES}}}"
)

_CARD_CHANGED: Final = f"card{{{CARD}}} operation{{{OPERATION}}} decision{{{DECISION}}}"
_FIELDS: Final = {
    "activateCard": _CARD_CHANGED,
    "reportTemporaryLoss": _CARD_CHANGED,
    "reportFormalLoss": _CARD_CHANGED,
    "cancelLossReport": _CARD_CHANGED,
    "bindCard": _CARD_CHANGED,
    "cancelCard": _CARD_CHANGED,
    "closeAccount": _CARD_CHANGED,
    "setServicePassword": _CARD_CHANGED,
    "changeServicePassword": _CARD_CHANGED,
    "resetServicePassword": _CARD_CHANGED,
    "transferCardIn": _CARD_CHANGED,
    "updateInformation": f"holder{{{HOLDER}}} operation{{{OPERATION}}} decision{{{DECISION}}}",
    "grantDelegation": f"delegation{{{DELEGATION}}} decision{{{DECISION}}}",
    "revokeDelegation": f"delegation{{{DELEGATION}}} decision{{{DECISION}}}",
    "postAccountEntries": f"reference postedAt posted repeated decision{{{DECISION}}}",
    "payOperation": f"payment{{reference payUrl amount}} operation{{{OPERATION}}} decision{{{DECISION}}}",
    "requestVerificationCode": "mobile expiresAt resendAt",
    "requestFaceCheck": "url expiresAt",
    "requestPersonalCopy": "address{url expiresAt}",
    "registerMyself": f"holder{{id name identityNumber}} decision{{{DECISION}}}",
    "registerHolder": "holder{id name identityNumber bornOn}",
    "recordGuardianship": f"recordedAt operation{{{OPERATION} guardianship{{{GUARDIANSHIP}}}}} decision{{{DECISION}}}",
    "recordDeath": f"recordedAt holder{{{HOLDER} deceasedAt}} operation{{{OPERATION}}} decision{{{DECISION}}}",
    "mergeHolders": f"state proposedAt holder{{{HOLDER}}} decision{{{DECISION}}}",
    "recordIdentityDocument": (
        "holder{id identityType identityNumber documents{id type number issuedOn expiresOn state main}} "
        f"operation{{{OPERATION}}} decision{{{DECISION}}}"
    ),
    "endGuardianship": f"endedAt operation{{{OPERATION} guardianship{{{GUARDIANSHIP}}}}} decision{{{DECISION}}}",
    "confirmGuardianship": f"operation{{{OPERATION} guardianship{{{GUARDIANSHIP}}}}} decision{{{DECISION}}}",
    "objectToGuardianship": f"operation{{{OPERATION} guardianship{{{GUARDIANSHIP}}}}} decision{{{DECISION}}}",
    "uploadDocument": "document{id type format widthPx heightPx dpi colour background takenOn}",
}
for _batch in ("applyBatch", "acceptBatch", "recordProducedBatch", "recordShippedBatch", "confirmReceiptBatch"):
    _FIELDS[_batch] = (
        f"done refused notReached rows{{row operation{{id state card{{number}}}} decision{{allowed}} {ERRORS}}}"
    )
_FIELDS["registerHolderBatch"] = f"done refused notReached rows{{row holder{{id name identityNumber}} {ERRORS}}}"
_FIELDS["importCardsBatch"] = f"done refused notReached rows{{row known card{{id number}} holder{{id}} {ERRORS}}}"
_DECIDED: Final = f"operation{{{OPERATION}}} decision{{{DECISION}}}"


def _paths_lead_somewhere(field: str, payload: dict[str, Any]) -> None:
    """Make sure that whatever an error is about is an input of what was asked, wherever a test meets an error."""
    for error in payload["errors"]:
        assert error["field"] is None or leads_somewhere(field, error["field"]), error


class Caller:
    """One caller.

    Args:
        token: makes a fresh token; None sends none.
        code, face: return the code or assertion that was shown last.
        language: for Accept-Language.
    """

    def __init__(
        self,
        http: httpx.Client,
        token: Callable[[], str] | None,
        code: Callable[[], str],
        face: Callable[[], str],
        language: str,
    ) -> None:
        self.http = http
        self._token = token
        self._code = code
        self._face = face
        self.language = language

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a request."""
        token = {"Authorization": f"Bearer {self._token()}"} if self._token else {}
        return {"Accept-Language": self.language, **token}

    def answer(self, document: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the whole answer, with its errors if there are any."""
        # `json.dumps` escapes lone surrogates, so that they too reach the service.
        body = json.dumps({"query": document, "variables": variables or {}})
        response = self.http.post(
            "/graphql", content=body, headers={**self.headers, "Content-Type": "application/json"}
        )
        found: dict[str, Any] = response.json()
        return found

    def ask(self, document: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the data of an answer that holds no errors."""
        found = self.answer(document, variables)
        assert "errors" not in found, found["errors"]
        data: dict[str, Any] = found["data"]
        return data

    def failure(self, document: str, variables: dict[str, Any] | None = None) -> str:
        """Return the code of the one error of an answer."""
        [error] = self.answer(document, variables)["errors"]
        code: str = error["extensions"]["code"]
        return code

    def change(self, mutation: str, **given: Any) -> dict[str, Any]:
        """Return the payload of a mutation."""
        payload: dict[str, Any] = self.ask(change_document(mutation), {"input": given})[mutation]
        _paths_lead_somewhere(mutation, payload)
        return payload

    def changed(self, mutation: str, **given: Any) -> dict[str, Any]:
        """Return the payload of a mutation that goes well."""
        payload = self.change(mutation, **given)
        assert payload["errors"] == [], [(e["code"], e["message"]["en"]) for e in payload["errors"]]
        return payload

    def check(self, service: str, **given: Any) -> dict[str, Any]:
        """Return the payload of a dry run."""
        document = f"query($input: CheckEligibilityInput!){{checkEligibility(input: $input){{decision{{{DECISION}}} {ERRORS}}}}}"
        payload: dict[str, Any] = self.ask(document, {"input": {"service": service, **given}})["checkEligibility"]
        _paths_lead_somewhere("checkEligibility", payload)
        return payload

    def try_out(self, mutation: str, **given: Any) -> dict[str, Any]:
        """Return the payload of a dry run of a mutation, with the mutation's own input."""
        document = f"query($input: CheckEligibilityInput!){{checkEligibility(input: $input){{decision{{{DECISION}}} {ERRORS}}}}}"
        payload: dict[str, Any] = self.ask(document, {"input": {"request": {mutation: given}}})["checkEligibility"]
        _paths_lead_somewhere("checkEligibility", payload)
        return payload

    def requirements(self, region: str, service: str, **suppose: str) -> dict[str, Any]:
        """Return what a form must ask, supposing facts; `holder__age="5"` supposes `holder.age`."""
        document = (
            "query($region: String!, $service: String!, $suppose: [SuppositionInput!])"
            "{requirements(region: $region, service: $service, suppose: $suppose){channels "
            f"declarations{{name type proof label{{en}} options{{value}}}} decision{{{DECISION}}}}}}}"
        )
        facts = [{"fact": name.replace("__", "."), "value": value} for name, value in suppose.items()]
        variables = {"region": region, "service": service, "suppose": facts}
        found: dict[str, Any] = self.ask(document, variables)["requirements"]
        return found

    def operation(self, identifier: str) -> dict[str, Any]:
        """Look an operation up."""
        found: dict[str, Any] = self.ask(f"query($id: ID!){{operation(id: $id){{{OPERATION}}}}}", {"id": identifier})
        operation: dict[str, Any] = found["operation"]
        return operation

    def upload(self, kind: str, region: str, content: bytes, **given: Any) -> dict[str, Any]:
        """Return the payload of an upload."""
        variables = {"input": {"file": None, "type": kind, "regionCode": region, **given}}
        fields = {
            "operations": json.dumps({"query": change_document("uploadDocument"), "variables": variables}),
            "map": json.dumps({"0": ["variables.input.file"]}),
        }
        headers = {**self.headers, "GraphQL-Preflight": "1"}
        response = self.http.post("/graphql", data=fields, files={"0": ("photo", content)}, headers=headers).json()
        assert "errors" not in response, response["errors"]
        payload: dict[str, Any] = response["data"]["uploadDocument"]
        return payload

    def document(self, kind: str, region: str, content: bytes, **given: Any) -> str:
        """Upload a document and return its id."""
        payload = self.upload(kind, region, content, **given)
        assert payload["errors"] == []
        identifier: str = payload["document"]["id"]
        return identifier

    def verification_code(self, purpose: str, mobile: str) -> str:
        """Ask for a code and return it."""
        self.changed("requestVerificationCode", purpose=purpose, mobile=mobile)
        return self._code()

    def face_assertion(self, purpose: str, **given: Any) -> str:
        """Pass a face check and return its assertion."""
        self.changed("requestFaceCheck", purpose=purpose, **given)
        return self._face()

    def typed(self, asked: str) -> str:
        """Return what this person types when a program asks for the code or the assertion that came last."""
        return self._face() if "assertion" in asked else self._code()

    @cached_property
    def in_chinese(self) -> "Caller":
        """The same caller, reading Chinese."""
        return Caller(self.http, self._token, self._code, self._face, "zh-CN")


def change_document(mutation: str) -> str:
    """Return the document that sends a mutation its input."""
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    fields = f"{_FIELDS.get(mutation, _DECIDED)} {ERRORS}"
    return f"mutation($input: {kind}!){{{mutation}(input: $input){{{fields}}}}}"


def codes(payload: dict[str, Any]) -> list[str]:
    """Return the codes of a payload's errors."""
    return [error["code"] for error in payload["errors"]]


def missing(decision: dict[str, Any]) -> dict[str, list[str]]:
    """Return what is missing: by rule, the names of what would do."""
    return {
        item["rule"]: [need["name"] for way in item["alternatives"] for need in way["needs"] if not need["satisfied"]]
        for item in decision["missing"]
    }


def denials(decision: dict[str, Any]) -> list[str]:
    """Return the codes of a decision's denials."""
    return [denial["code"] for denial in decision["denials"] if not denial["conditional"]]
