"""Drives requests for cards through the use cases and holds every outcome against the model."""

from collections.abc import Awaitable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from domain.errors import DomainError
from domain.holder import Actor
from domain.operation import Delivery
from gateways.payment_notice import PaymentNotice, sign_notice
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.accept import accept_for_production
from resolvers.services.apply import apply_for_card
from resolvers.services.correct import correct_application
from resolvers.services.deliver import set_delivery
from resolvers.services.pay import pay_operation, take_payment_notice
from resolvers.services.produce import ProducedCard, record_produced
from resolvers.services.receive import confirm_receipt
from resolvers.services.report_lost_in_post import report_lost_in_post
from resolvers.services.request_correction import request_correction
from resolvers.services.ship import record_shipped
from resolvers.services.withdraw import withdraw_application
from tests.resolvers import card_records, life_records
from tests.resolvers.card_model import CardLife, Refusal
from tests.resolvers.life_model import Intent, Life, may_apply, postage
from tests.resolvers.life_records import Records
from tests.resolvers.world import (
    BANKS,
    CARD_MAKER,
    CHANNELS,
    CHENGDU,
    COLLECTED_AT,
    DETAILS,
    MIANYANG,
    NATIONAL,
    PAYMENT_SECRET,
    QINGDAO,
    Person,
    World,
    application,
    bank,
    card_number,
    clerk,
    posted,
)

OTHER_PROVINCE = {CHENGDU: QINGDAO, MIANYANG: QINGDAO}
NEARBY = {CHENGDU: MIANYANG, MIANYANG: CHENGDU, QINGDAO: "370100"}
NOTHING = Records({}, {}, {}, {}, {}, {}, {}, {}, {})


class Driver:
    """Some people, their applications, and everybody who acts on them.

    Args:
        country: the use cases on a store.
        people: who may apply; stranger: somebody on record whom nothing of it concerns.
    """

    def __init__(self, country: World, people: list[Person], stranger: Person) -> None:
        self.country, self.people, self._stranger = country, people, stranger
        self.lives: list[Life] = []
        self.records = NOTHING

    @property
    def cards(self) -> list[CardLife]:
        """Every card that was made."""
        return [card for life in self.lives for card in (*life.lost, life.card) if card is not None]

    def actor(self, who: str, person: Person, region: str) -> Actor:
        """Return somebody who acts on a person's card or application in a region."""
        channel = CHANNELS[region]
        elsewhere = OTHER_PROVINCE.get(region, CHENGDU)
        window = "bank_window" if region == QINGDAO else "service_window"
        return {
            "holder": person.citizen(region),
            "guardian": Actor(person.guardian or self._stranger.id, "citizen", channel),
            "stranger": self._stranger.citizen(region),
            "clerk": clerk(region),
            "guardian_at_window": clerk(region),
            "clerk_nearby": clerk(NEARBY.get(region, QINGDAO), window),
            "clerk_elsewhere": clerk(elsewhere, window),
            "operator": clerk(region, "hotline_12333"),
            "card_maker": CARD_MAKER,
            "bank": bank(BANKS[region] or "icbc"),
            "other_bank": bank("abc"),
        }[who]

    def present(self, who: str, person: Person) -> str:
        """Return who is there when a clerk acts."""
        return (person.guardian or self._stranger.id) if who == "guardian_at_window" else person.id

    def pass_time(self, by: timedelta = timedelta(seconds=1)) -> None:
        """Let time pass; whatever has run out by then has ended."""
        self.country.clock.advance(by)
        for card in self.cards:
            card.pass_time(self.country.clock.now())

    async def wait(self, by: timedelta) -> None:
        """Let time pass, and look at what it has done before anybody writes that down."""
        self.pass_time(by)
        self.records = await self._read()
        self.compare()

    async def _read(self) -> Records:
        people = [person.id for person in self.people]
        return await life_records.read(self.country.store, people, self.country.clock.now())

    async def outcome(
        self, action: Awaitable[Any], expected: Refusal, operation_id: str, holder_id: str, *, counts: bool = False
    ) -> Any:
        """Await an action, hold what became of it against the model, and what else changed against the records.

        Args:
            operation_id: the operation it is about, if it is about one; holder_id: whose.
            counts: whether it leaves something on record although it is refused, as a wrong password does.
        """
        result, error = None, None
        try:
            result = await action
        except DomainError as refusal:
            error = refusal
        assert isinstance(error, expected) if expected else error is None, f"expected {expected}, got {error!r}"
        after = await self._read()
        if error is not None and not counts:
            self.records.check_same(after)
        else:
            self.records.check_untouched(after, operation_id, holder_id)
        self.records = after
        self.compare()
        return result

    def compare(self) -> None:
        """Assert that what is on record is what the model says, and what must always be true."""
        now = self.country.clock.now()
        life_records.check(self.records, now)
        card_records.check(self.records, now)
        for known in self.lives:
            self._compare(known)
        for card in self.cards:
            self._compare_card(card)

    def _compare(self, life: Life) -> None:
        operation = self.records.operations[life.id]
        assert (operation.state.value, operation.delivery and operation.delivery.method) == (life.state, life.method)
        assert operation.due == (0 if life.state == "withdrawn" else life.due)
        kept = {p.provider_reference: (p.amount, p.status.value) for p in self.records.payments.get(life.id, ())}
        assert kept == {reference: (i.amount, i.status) for reference, i in life.intents.items()}
        assert all(i.status in ("paid", "needs_refund") for i in life.intents.values() if i.money_taken)
        replaced = life.replaced.id if life.replaced else None
        assert (operation.bank, operation.replaced_card_id, operation.reason) == (life.bank, replaced, life.reason)
        assert operation.card_id == (life.card.id if life.card else None)

    def _compare_card(self, life: CardLife) -> None:
        now = self.country.clock.now()
        card = next(card for card in self.records.cards[life.person.id] if card.id == life.id)
        assert (card.reads_as(now).value, card.settled(now).password_locked) == (life.state, life.locked)
        assert (card.region, card.bank, card.number) == (life.region, life.bank, life.number)
        assert card.replaces_id == (life.replaces.id if life.replaces else None)
        assert (card.account_state == "closed") is life.account_closed
        told = [(entry.state.value, entry.since, entry.reason) for entry in self.records.states[life.id]]
        assert told == life.history
        errors = [password.errors for password in self.records.passwords[life.person.id] if password.card_id == life.id]
        assert errors == ([] if life.password is None else [life.wrong])

    async def apply(self, person: Person, who: str, region: str, collected: bool = False) -> None:
        """Apply for a card with complete papers."""
        actor = self.actor(who, person, region)
        self.pass_time()
        ask = await application(self.country, actor, person, region)
        if collected and region == QINGDAO:
            ask = replace(ask, delivery=Delivery("outlet"))
        expected = may_apply(person, who, region, self.country.clock.now(), self.lives)
        before = len(self.lives)
        await self.outcome(self._applied(actor, ask, person, region), expected, "", person.id)
        assert len(self.lives) == before + (expected is None)

    async def _applied(self, actor: Actor, ask: ServiceRequest, person: Person, region: str) -> None:
        operation = (await apply_for_card(self.country.dependencies, actor, ask)).operation
        method = operation.delivery.method if operation.delivery else None
        assert method == (ask.delivery.method if ask.delivery else None)
        due = postage(region, ask.delivery.region) if ask.delivery and ask.delivery.region else 0
        self.lives.append(Life(operation.id, person, region, BANKS[region], region in NATIONAL, method, due=due))

    async def _step(self, life: Life, who: str, action: Any, expected: Refusal, *arguments: Any, **ask: Any) -> Any:
        request = ServiceRequest(ask.pop("service"), operation_id=life.id, **ask)
        actor = self.actor(who, life.person, life.region)
        done = action(self.country.dependencies, actor, request, *arguments)
        return await self.outcome(_decided(done, life), expected, life.id, life.person.id)

    async def deliver(self, life: Life, who: str, method: str, address: str | None) -> None:
        """Choose how to receive the card; without an address the post has nowhere to go."""
        expected = life.deliver(who, method, address is not None)
        collected = COLLECTED_AT.get(life.region) if method == "outlet" else None
        delivery = posted(address) if method == "post" and address else Delivery(method, collected)
        if expected is None:
            price = postage(life.region, address or "") if method == "post" else 0
            # What was paid before a card was lost is not paid again.
            life.method, life.due = method, max(0, price - life.paid)
        await self._step(life, who, set_delivery, expected, service="deliver", delivery=delivery)

    async def pay(self, life: Life, who: str) -> None:
        """Ask for a payment; asking again gives the same one unless that one ended in a refund."""
        expected = life.pay(who)
        pending = {r for r, i in life.intents.items() if i.status == "pending" and i.amount == life.due}
        request, actor = ServiceRequest("pay", operation_id=life.id), self.actor(who, life.person, life.region)
        action = pay_operation(self.country.dependencies, actor, request)
        await self.outcome(_asked(action, life, pending), expected, life.id, life.person.id)

    async def notice(self, life: Life, reference: str, kind: str) -> None:
        """Take a notice of the provider: right, of another amount, forged, or of a payment that failed."""
        intent, now = life.intents[reference], self.country.clock.now()
        expected = life.notice(kind, intent)
        amount = intent.amount + (1 if kind == "wrong" else 0)
        word = PaymentNotice(
            reference, reference.split(".", 3)[-1], amount, "failed" if kind == "failed" else "paid", now
        )
        headers, body = sign_notice(PAYMENT_SECRET if kind != "forged" else bytes(32), word, now)
        taken = take_payment_notice(self.country.dependencies, headers, body)
        status = await self.outcome(taken, expected, life.id, life.person.id)
        assert status == (None if expected else intent.status)

    async def withdraw(self, life: Life, who: str) -> None:
        """Withdraw the application."""
        await self._moved(life, who, withdraw_application, life.withdraw(who), "withdraw", "withdrawn")

    async def accept(self, life: Life, who: str) -> None:
        """Accept it for production."""
        await self._moved(life, who, accept_for_production, life.accept(who), "accept", "accepted")

    async def request_correction(self, life: Life, who: str) -> None:
        """Ask for a correction."""
        refusal = life.request_correction(who)
        await self._moved(
            life, who, request_correction, refusal, "request_correction", "correction_requested", "请修改地址"
        )

    async def correct(self, life: Life, who: str, change: bool = True) -> None:
        """Correct it, or send the same again."""
        known = self.records.operations[life.id].details
        details = {**DETAILS, "remarks": f"第{len(self.records.timelines[life.id])}次修改"} if change else dict(known)
        then = "accepted" if life.state == "correction_requested" else life.state
        await self._moved(life, who, correct_application, life.correct(who, change), "correct", then, details=details)

    async def produce(self, life: Life, who: str, fresh_number: bool = True) -> None:
        """Record production, with a number of its own or one that another card has."""
        self.pass_time()
        taken = [card.number for card in self.cards]
        number = card_number() if fresh_number or not taken else taken[0]
        expected = life.produce(who, number not in taken)
        made, of_bank = ProducedCard(number, "third"), BANKS[life.region] or "icbc"
        before, ask = life.card, ServiceRequest("produce", operation_id=life.id, bank=of_bank)
        action = record_produced(self.country.dependencies, self.actor(who, life.person, life.region), ask, made)
        done = _produced(action, life, number, of_bank, self.country.clock.now())
        await self.outcome(done, expected, life.id, life.person.id)
        assert expected is None or life.card is before

    async def ship(self, life: Life, who: str) -> None:
        """Record shipping."""
        refusal = life.ship(who)
        if refusal is None:
            life.shipped_at = self.country.clock.now()
        await self._moved(life, who, record_shipped, refusal, "ship", "shipped", "SF-0001")

    async def report_lost(self, life: Life, who: str) -> None:
        """Report the card lost in the post; offices and partners say that the address was right."""
        self.pass_time()
        now = self.country.clock.now()
        refusal = life.report_lost(who, now)
        if refusal is None and life.card is not None:
            life.card.end(now, "lost_in_post")
            life.lost.append(life.card)
            life.card = None
        told = [] if who in ("holder", "guardian") else [("declared.wrong_delivery_address", "false")]
        service, then = "report_lost_in_post", "accepted"
        await self._moved(life, who, report_lost_in_post, refusal, service, then, declarations=dict(told))

    async def receive(self, life: Life, who: str) -> None:
        """Confirm receipt; a sealed card stays sealed until it is activated."""
        self.pass_time()
        refusal = life.receive(who)
        if refusal is None and life.card is not None:
            life.card.collected()
        await self._moved(life, who, confirm_receipt, refusal, "receive", "received")

    async def _moved(
        self,
        life: Life,
        who: str,
        action: Any,
        expected: Refusal,
        service: str,
        state: str,
        *arguments: Any,
        **ask: Any,
    ) -> None:
        life.state = state if expected is None else life.state
        await self._step(life, who, action, expected, *arguments, service=service, **ask)


async def _decided(action: Awaitable[Any], life: Life) -> Any:
    changed = await action
    assert changed.operation.id == life.id
    assert changed.decision.allowed
    return changed.operation


async def _asked(action: Awaitable[Any], life: Life, pending: set[str]) -> None:
    intent = (await action).intent
    assert not pending or intent.provider_reference in pending
    life.intents.setdefault(intent.provider_reference, Intent(life.due))


async def _produced(action: Awaitable[Any], life: Life, number: str, of_bank: str, now: datetime) -> None:
    operation = (await action).operation
    life.state, life.bank = "produced", of_bank
    life.card = CardLife(operation.card_id, life.person, life.region, number, of_bank, now, replaces=life.replaced)
    # A lost card ends at once (NX-3); one that is exchanged serves until the new one is activated.
    if life.replaced is not None and life.reason == "lost":
        life.replaced.end(now)
