"""One life of a card, played through the running service over HTTP; every decision is printed with its clause.

    python -m demo.life [FOLDER]

Applied for in Mianyang, produced, activated in another city, lost, found, lost for good, replaced, moved to Chengdu,
cancelled there, its bank account closed. It starts the service in a folder of its own and stops it again.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from demo.running import SMS_CODE, WAIT_SECONDS, Running, running_service

CITED = "message{text} citation{document clause assumed}"
DECISION = (
    f"decision{{allowed policyDigest denials{{code {CITED}}} missing{{{CITED}}} requirements{{satisfied {CITED}}} "
    f"routes{{choice citation{{document clause assumed}}}} charges{{label{{text}} amount citation{{document clause "
    f"assumed}}}} promises{{{CITED}}} lapses{{state becomes after{{text}} {CITED}}} "
    f"archive{{label{{text}} citation{{document clause assumed}}}} advice{{{CITED}}}}}"
)
OPERATION = "operation{id service state due card{id number state} replacedCard{number state}}"
CARD = "card{id number state stateUntil accountState regionName{text}}"
ERRORS = "errors{code message{text}}"
ON_CARDS = (
    "activateCard", "reportTemporaryLoss", "cancelLossReport", "reportFormalLoss", "transferCardIn", "cancelCard",
    "closeAccount",
)  # fmt: skip
PARTS = ("requirements", "routes", "charges", "lapses", "promises", "advice")
OPENINGS = {"request.channel": "open through this channel", "request.role": "open to this role"}
PERSON = "SG9sZGVyOjAwMDAwMDAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwNg=="
"""The global id of the demo's 陈示例."""
MOBILE = "13900139000"
PAPERS = ["identity_card_front", "identity_card_back"]
WITH_CARD = ["social_security_card", *PAPERS]


class Life:
    """The steps of one life, each by somebody."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._http = httpx.Client(base_url=running.url, trust_env=False, timeout=WAIT_SECONDS)
        self._step = 0
        self.operation = ""
        self.card = ""
        self.number = ""

    def tell(self, title: str) -> None:
        """Print what is about to be tried."""
        self._step += 1
        print(f"\n{self._step:2}. {title}")

    def ask(self, who: str, document: str, variables: Mapping[str, Any]) -> Any:
        """Send a document and return the one thing that it asks for.

        Raises:
            SystemExit: the service answers with errors.
        """
        headers = {"Authorization": f"Bearer {self._running.token(who)}", "Accept-Language": "en"}
        body = {"query": document, "variables": variables}
        answer = self._http.post("/graphql", json=body, headers=headers).json()
        if "errors" in answer:
            raise SystemExit(f"error: {answer['errors']}")
        return next(iter(answer["data"].values()))

    def change(self, who: str, mutation: str, *expected: str, **given: Any) -> None:
        """Ask for a change, and print the decision.

        Args:
            who: the token; expected: the codes of the refusal that is meant to come.

        Raises:
            SystemExit: it does not go as it should.
        """
        fields = f"{OPERATION} {CARD if mutation in ON_CARDS else ''} {DECISION} {ERRORS}"
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        document = f"mutation($input:{kind}!){{{mutation}(input:$input){{{fields}}}}}"
        payload: dict[str, Any] = self.ask(who, document, {"input": given})
        for line in shown(who, mutation, payload):
            print(f"    {line}")
        codes = [error["code"] for error in payload["errors"]]
        if codes != list(expected):
            raise SystemExit(f"error: expected {list(expected) or 'no refusal'}, got {codes}")
        self._remember(payload)

    def _remember(self, payload: Mapping[str, Any]) -> None:
        operation = payload["operation"]
        if operation is not None and operation["service"] in ("apply", "reissue"):
            self.operation = operation["id"]
            if operation["card"] is not None:
                self.card, self.number = operation["card"]["id"], operation["card"]["number"]

    def usable(self) -> None:
        """Let a hospital ask whether it may take the card."""
        document = f"query($n:String!){{cardUsable(cardNumber:$n){{usable reasons{{code {CITED}}}}}}}"
        found = self.ask("hospital", document, {"n": self.number})
        print(f"    a hospital asks about {self.number}: {'usable' if found['usable'] else 'not usable'}")
        for reason in found["reasons"]:
            print(f"      because {reason['message']['text']}{clause(reason)}")

    def code(self, who: str, purpose: str) -> str:
        """Ask for a verification code and read it where the sandbox shows it."""
        document = "mutation($input:RequestVerificationCodeInput!){requestVerificationCode(input:$input){errors{code}}}"
        self.ask(who, document, {"input": {"purpose": purpose, "mobile": MOBILE}})
        return self._running.last(SMS_CODE)

    def pay(self, who: str) -> None:
        """Pay what is due on the sandbox's page."""
        document = (
            "mutation($input:PayOperationInput!){payOperation(input:$input){payment{payUrl amount} errors{code}}}"
        )
        payment = self.ask(who, document, {"input": {"operationId": self.operation}})["payment"]
        self._http.post(payment["payUrl"]).raise_for_status()
        print(f"    {payment['amount'] / 100:.2f} yuan are paid")

    def made(self, number: str, *, posted: bool) -> None:
        """Let the card maker make the card that was asked for, and its holder receive it."""
        self.change("card_maker", "acceptForProduction", operationId=self.operation)
        self.change(
            "card_maker",
            "recordProduced",
            operationId=self.operation,
            cardNumber=number,
            bank="icbc",
            generation="third",
        )
        if posted:
            self.change("card_maker", "recordShipped", operationId=self.operation, trackingNumber="SF1234567890")
        self.change("clerk-mianyang", "confirmReceipt", operationId=self.operation)


def clause(part: Mapping[str, Any]) -> str:
    """Return where something that was decided comes from."""
    cited = part["citation"]
    source = "an assumption, in no document" if cited["assumed"] else f"{cited['document']}，{cited['clause']}"
    return f"  [{source}]"


def shown(who: str, mutation: str, payload: Mapping[str, Any]) -> Iterator[str]:
    """Yield a payload as lines to read."""
    decision = payload["decision"]
    if decision is None:
        yield f"{who} · {mutation}: " + "; ".join(error["message"]["text"] for error in payload["errors"])
        return
    yield f"{who} · {mutation}: {'allowed' if decision['allowed'] else 'refused'}"
    for route in decision["routes"]:
        if decision["allowed"] and route["choice"] in OPENINGS:
            yield f"  {OPENINGS[route['choice']]}{clause(route)}"
    for requirement in decision["requirements"]:
        if requirement["satisfied"]:
            yield f"  brought along: {requirement['message']['text']}{clause(requirement)}"
    for denial in decision["denials"]:
        yield f"  because {denial['message']['text']}{clause(denial)}"
    for requirement in decision["missing"]:
        yield f"  missing: {requirement['message']['text']}{clause(requirement)}"
    for charge in decision["charges"]:
        yield f"  {charge['label']['text']}: {charge['amount'] / 100:.2f} yuan{clause(charge)}"
    for lapse in decision["lapses"]:
        yield f"  {lapse['state']} becomes {lapse['becomes']}, after: {lapse['after']['text']}{clause(lapse)}"
    for part in (*decision["promises"], *decision["advice"]):
        yield f"  {part['message']['text']}{clause(part)}"
    if decision["allowed"] and not any(decision[part] for part in PARTS):
        yield f"  nothing in the policy speaks against it  [{decision['policyDigest'][:14]}…]"
    yield from _changed(payload)


def _changed(payload: Mapping[str, Any]) -> Iterator[str]:
    operation, card = payload["operation"], payload.get("card")
    if card is not None:
        until = f" until {card['stateUntil']}" if card["stateUntil"] else ""
        account = f", account {card['accountState'].lower()}"
        yield f"  → card {card['number']} of {card['regionName']['text']}: {card['state'].lower()}{until}{account}"
    elif operation is not None:
        card, old = operation["card"], operation["replacedCard"]
        made = f", card {card['number']}: {card['state'].lower()}" if card else ""
        gone = f", old card {old['number']}: {old['state'].lower()}" if old else ""
        yield f"  → {operation['service']}: {operation['state'].lower()}{made}{gone}"


def play(running: Running) -> None:
    """Play the life."""
    life = Life(running)
    application = {"regionCode": "510700", "holderId": PERSON}
    window = "clerk-mianyang"

    life.tell("陈示例 applies at a window in Mianyang, without a photo")
    life.change(window, "applyForCard", "MISSING", **application, evidence={"sightedDocuments": PAPERS})
    life.tell("… and with one; the card is posted within the city")
    life.change(window, "applyForCard", **application, evidence={"sightedDocuments": ["photo", *PAPERS]})
    address = {
        "method": "post",
        "regionCode": "510703",
        "recipient": "陈示例",
        "mobile": MOBILE,
        "address": "示例路8号",
    }
    life.change(window, "setDelivery", operationId=life.operation, delivery=address)
    life.pay(window)
    life.tell("It is accepted, produced, shipped and received; a sealed card cannot be used")
    life.made("SC2026000001", posted=True)
    life.usable()
    life.tell("Activated at a window in Chengdu: any office in the province will do")
    life.change("clerk", "activateCard", cardId=life.card, evidence={"sightedDocuments": WITH_CARD})
    life.usable()

    life.tell("Lost: a call to the hotline 12333")
    number = {"details": {"identityNumber": "51070319920229603X"}}
    life.change("hotline", "reportTemporaryLoss", cardId=life.card, evidence=number)
    life.usable()
    life.tell("Found: the hotline reports and does not lift, a window does")
    life.change("hotline", "cancelLossReport", "BY_TELEPHONE", "CHANNEL_NOT_OPEN", cardId=life.card, evidence=number)
    life.change(window, "cancelLossReport", cardId=life.card, evidence={"sightedDocuments": WITH_CARD})
    life.usable()

    life.tell("Lost again: a new card comes only after a formal report")
    lost: dict[str, Any] = {"reason": "lost", "delivery": address, "evidence": {"sightedDocuments": PAPERS}}
    life.change(window, "reissueCard", "NOT_FORMALLY_LOST", cardId=life.card, **lost)
    life.change(window, "reportFormalLoss", cardId=life.card, evidence={"sightedDocuments": PAPERS})
    life.tell("Replaced: the new card ends the old one")
    life.change(window, "reissueCard", cardId=life.card, **lost)
    life.pay(window)
    life.made("SC2026000002", posted=True)
    life.change(window, "activateCard", cardId=life.card, evidence={"sightedDocuments": WITH_CARD})
    life.usable()

    moves(life)
    life.tell("Settled abroad: the application is cancelled at the window, then the account by the bank")
    papers = ["social_security_card", "settlement_abroad_proof", *PAPERS]
    life.change("bank", "closeAccount", "APPLICATION_NOT_CANCELLED", cardId=life.card)
    life.change("clerk", "cancelCard", cardId=life.card, reason="settled_abroad", evidence={"sightedDocuments": papers})
    life.change("bank", "closeAccount", cardId=life.card)
    life.usable()
    remembers(life)


def moves(life: Life) -> None:
    """Move to Chengdu, online."""
    life.tell("Moved to Chengdu: the same card comes along, online")
    held = "query($id:ID!,$region:String!){heldInsurance(cardId:$id,region:$region){name label{text}}}"
    kinds = life.ask("citizen-mianyang", held, {"id": life.card, "region": "510100"})
    print(f"    insured in Chengdu: {', '.join(kind['label']['text'] for kind in kinds)}")
    evidence = {
        "details": {"cardNumber": "SC2026000002", "mobile": MOBILE},
        "verificationCode": life.code("citizen-mianyang", "transfer_in"),
    }
    chosen = [kind["name"] for kind in kinds]
    life.change(
        "citizen-mianyang",
        "transferCardIn",
        cardId=life.card,
        regionCode="510100",
        insuranceKinds=chosen,
        evidence=evidence,
    )


def remembers(life: Life) -> None:
    """Show what the records say of both cards."""
    life.tell("What the records say")
    document = "{me{cards{number state accountState history{state since reason}}}}"
    for card in life.ask("citizen-mianyang", document, {})["cards"]:
        states = " → ".join(entry["state"].lower() for entry in card["history"])
        print(f"    {card['number']}: {states}; account {card['accountState'].lower()}")


def main(arguments: list[str]) -> int:
    """Play a life in a folder, or in one that is thrown away."""
    if arguments:
        folder = Path(arguments[0]).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        with running_service(folder) as running:
            play(running)
    else:
        with tempfile.TemporaryDirectory() as name, running_service(Path(name)) as running:
            play(running)
    print("\nThe end: every decision above was made by the files in regions/.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
