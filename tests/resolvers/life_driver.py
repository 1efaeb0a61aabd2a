"""Drives applications through the use cases and holds every outcome against the model."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

from domain.errors import DomainError
from domain.holder import Actor
from domain.operation import Delivery
from gateways.payment_notice import PaymentNotice, sign_notice
from resolvers.accept import accept_for_production
from resolvers.activate import activate_card
from resolvers.apply import apply_for_card
from resolvers.ask import Ask
from resolvers.correct import correct_application, request_correction
from resolvers.deliver import set_delivery
from resolvers.facts import business_day
from resolvers.pay import pay_operation, take_payment_notice
from resolvers.produce import ProducedCard, record_produced
from resolvers.receive import confirm_receipt
from resolvers.ship import record_shipped
from resolvers.withdraw import withdraw_application
from tests.resolvers import life_records
from tests.resolvers.life_model import Intent, Life, Refusal, may_apply, postage
from tests.resolvers.life_records import Records
from tests.resolvers.world import (
    BANKS,
    CARD_MAKER,
    CHANNELS,
    CHENGDU,
    DETAILS,
    NATIONAL,
    PAYMENT_SECRET,
    QINGDAO,
    Person,
    World,
    application,
    bank,
    card_number,
    clerk,
    mobile_number,
    posted,
)

OTHER_PROVINCE = {CHENGDU: QINGDAO}
NEARBY = {CHENGDU: "510700", QINGDAO: "370100"}
AT_THE_WINDOW = ("social_security_card", "identity_card_front", "identity_card_back")


class Driver:
    """Some people, their applications, and everybody who acts on them.

    Args:
        country: the use cases on a store.
        people: who may apply; stranger: somebody on record whom nothing of it concerns.
    """

    def __init__(self, country: World, people: list[Person], stranger: Person) -> None:
        self.country, self.people, self._stranger = country, people, stranger
        self.lives: list[Life] = []
        self.records = Records({}, {}, {}, {}, {}, {})

    def _actor(self, who: str, person: Person, region: str) -> Actor:
        channel = CHANNELS[region]
        elsewhere = OTHER_PROVINCE.get(region, CHENGDU)
        window = "bank_window" if region == QINGDAO else "service_window"
        return {
            "holder": person.citizen(region),
            "guardian": Actor(person.guardian or self._stranger.id, "citizen", channel),
            "stranger": self._stranger.citizen(region),
            "clerk": clerk(region),
            "clerk_nearby": clerk(NEARBY.get(region, QINGDAO), window),
            "clerk_elsewhere": clerk(elsewhere, window),
            "card_maker": CARD_MAKER,
            "bank": bank(BANKS[region] or "icbc"),
            "other_bank": bank("abc"),
        }[who]

    async def _outcome(self, action: Awaitable[Any], expected: Refusal, life: Life | None, holder_id: str) -> Any:
        """Await an action, hold what became of it against the model, and what else changed against the records."""
        result, error = None, None
        try:
            result = await action
        except DomainError as refusal:
            error = refusal
        assert isinstance(error, expected) if expected else error is None, f"expected {expected}, got {error!r}"
        after = await life_records.read(self.country.store, [person.id for person in self.people])
        if error is not None:
            assert after == self.records, "a refused change has changed something"
        else:
            self.records.check_untouched(after, life.id if life else "", holder_id)
        self.records = after
        life_records.check(after, self.country.clock.now())
        for known in self.lives:
            self._compare(known)
        return result

    def _compare(self, life: Life) -> None:
        operation = self.records.operations[life.id]
        assert (operation.state.value, operation.delivery and operation.delivery.method) == (life.state, life.method)
        assert operation.due == (0 if any(i.status == "paid" for i in life.intents.values()) else life.due)
        kept = {p.provider_reference: (p.amount, p.status.value) for p in self.records.payments.get(life.id, ())}
        assert kept == {reference: (i.amount, i.status) for reference, i in life.intents.items()}
        assert all(i.status in ("paid", "needs_refund") for i in life.intents.values() if i.money_taken)
        cards = {card.id: card.state.value for card in self.records.cards.get(life.person.id, ())}
        assert cards.get(life.card_id or "") == (None if life.card_id is None else self._card_state(life))

    @staticmethod
    def _card_state(life: Life) -> str:
        return "active" if life.activated else "sealed"

    async def apply(self, person: Person, who: str, region: str, collected: bool = False) -> None:
        """Apply for a card with complete papers."""
        actor = self._actor(who, person, region)
        ask = await application(self.country, actor, person, region)
        if collected and region == QINGDAO:
            ask = replace(ask, delivery=Delivery("outlet"))
        expected = may_apply(person, who, region, business_day(self.country.clock.now()), self.lives)
        before = len(self.lives)
        action = self._applied(actor, ask, person, region)
        await self._outcome(action, expected, None, person.id)
        assert len(self.lives) == before + (expected is None)

    async def _applied(self, actor: Actor, ask: Ask, person: Person, region: str) -> None:
        operation = (await apply_for_card(self.country.dependencies, actor, ask)).operation
        method = operation.delivery.method if operation.delivery else None
        assert method == (ask.delivery.method if ask.delivery and ask.delivery.method == "outlet" else None)
        self.lives.append(Life(operation.id, person, region, method))

    async def _step(self, life: Life, who: str, action: Any, expected: Refusal, *arguments: Any, **ask: Any) -> Any:
        request = Ask(ask.pop("service"), operation_id=life.id, **ask)
        actor = self._actor(who, life.person, life.region)
        done = action(self.country.dependencies, actor, request, *arguments)
        return await self._outcome(_decided(done, life), expected, life, life.person.id)

    async def deliver(self, life: Life, who: str, method: str, address: str | None) -> None:
        """Choose how to receive the card; without an address the post has nowhere to go."""
        expected = life.deliver(who, method, address is not None)
        delivery = posted(address) if method == "post" and address else Delivery(method)
        if expected is None:
            life.method, life.due = method, postage(life.region, address or "") if method == "post" else 0
        await self._step(life, who, set_delivery, expected, service="deliver", delivery=delivery)

    async def pay(self, life: Life, who: str) -> None:
        """Ask for a payment; asking again gives the same one unless that one ended in a refund."""
        expected = life.pay(who)
        pending = {r for r, i in life.intents.items() if i.status == "pending" and i.amount == life.due}
        request, actor = Ask("pay", operation_id=life.id), self._actor(who, life.person, life.region)
        action = pay_operation(self.country.dependencies, actor, request)
        await self._outcome(_asked(action, life, pending), expected, life, life.person.id)

    async def notice(self, life: Life, reference: str, kind: str) -> None:
        """Take a notice of the provider: right, of another amount, forged, or of a payment that failed."""
        intent, now = life.intents[reference], self.country.clock.now()
        expected = life.notice(kind, intent)
        amount = intent.amount + (1 if kind == "wrong" else 0)
        word = PaymentNotice(reference, reference, amount, "failed" if kind == "failed" else "paid", now)
        headers, body = sign_notice(PAYMENT_SECRET if kind != "forged" else bytes(32), word, now)
        taken = take_payment_notice(self.country.dependencies, headers, body)
        status = await self._outcome(taken, expected, life, life.person.id)
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
        await self._moved(
            life, who, correct_application, life.correct(who, change), "correct", "accepted", details=details
        )

    async def produce(self, life: Life, who: str, fresh_number: bool = True) -> None:
        """Record production, with a number of its own or one that another card has."""
        taken = [card.number for cards in self.records.cards.values() for card in cards]
        number = card_number() if fresh_number or not taken else taken[0]
        expected = life.produce(who, number not in taken)
        card = ProducedCard(number, "third", bank=BANKS[life.region] or "icbc")
        before = life.card_id
        life.number = number if expected is None else life.number
        action = record_produced(
            self.country.dependencies,
            self._actor(who, life.person, life.region),
            Ask("produce", operation_id=life.id),
            card,
        )
        await self._outcome(_produced(action, life), expected, life, life.person.id)
        assert expected is None or life.card_id == before

    async def ship(self, life: Life, who: str) -> None:
        """Record shipping."""
        await self._moved(life, who, record_shipped, life.ship(who), "ship", "shipped", "SF-0001")

    async def receive(self, life: Life, who: str) -> None:
        """Confirm receipt."""
        await self._moved(life, who, confirm_receipt, life.receive(who), "receive", "received")

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

    async def activate(self, life: Life, who: str) -> None:
        """Activate the card with everything that the region asks for."""
        actor = self._actor(who, life.person, life.region)
        expected = life.activate(who, business_day(self.country.clock.now()))
        ask = Ask("activate", card_id=life.card_id or "no-card", details={**DETAILS, "card_number": life.number or ""})
        if actor.role == "clerk":
            ask = replace(ask, sighted=AT_THE_WINDOW, details={})
        elif life.region in NATIONAL:
            ask = replace(ask, face_assertion=await self.country.face(actor, "activate"))
        elif life.region == CHENGDU:
            mobile = mobile_number()
            code = await self.country.code(actor, "activate", mobile)
            ask = replace(ask, verification_code=code, details={**ask.details, "mobile": mobile})
        life.activated = life.activated or expected is None
        await self._outcome(activate_card(self.country.dependencies, actor, ask), expected, life, life.person.id)


async def _decided(action: Awaitable[Any], life: Life) -> Any:
    changed = await action
    assert changed.operation.id == life.id
    assert changed.decision.allowed
    return changed.operation


async def _asked(action: Awaitable[Any], life: Life, pending: set[str]) -> None:
    intent = (await action).intent
    assert not pending or intent.provider_reference in pending
    life.intents.setdefault(intent.provider_reference, Intent(life.due))


async def _produced(action: Awaitable[Any], life: Life) -> None:
    operation = (await action).operation
    life.card_id, life.state = operation.card_id, "produced"
