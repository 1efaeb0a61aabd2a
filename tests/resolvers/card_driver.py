"""Drives everything that is done to a card through the use cases and holds every outcome against the model."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count

from domain.errors import InvalidInput
from domain.holder import Actor
from domain.operation import Delivery
from gateways.mobile import normalise_mobile
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.sweep import sweep
from resolvers.services.activate import activate_card
from resolvers.services.cancel import cancel_card
from resolvers.services.cancel_loss_report import cancel_loss_report
from resolvers.services.change_password import change_password
from resolvers.services.close_account import close_account
from resolvers.services.reissue import reissue_card
from resolvers.services.report_formal_loss import report_formal_loss
from resolvers.services.report_temporary_loss import report_temporary_loss
from resolvers.services.reset_password import reset_password
from resolvers.services.set_password import set_password
from resolvers.services.transfer_in import transfer_card_in, with_kinds
from resolvers.services.update_information import update_information
from tests.resolvers.card_model import CardLife, Refusal
from tests.resolvers.life_driver import Driver
from tests.resolvers.life_model import Life
from tests.resolvers.world import CHENGDU, DETAILS, JINAN, NATIONAL, Person, World, bank, mobile_number

STEPS: dict[str, Callable[..., Awaitable[ChangeResult]]] = {
    "activate": activate_card,
    "report_temporary_loss": report_temporary_loss,
    "report_formal_loss": report_formal_loss,
    "cancel_loss_report": cancel_loss_report,
    "cancel": cancel_card,
}
"""Services that only change a card's state."""
CARD_AND_IDENTITY_CARD = ("social_security_card", "identity_card_front", "identity_card_back")
KINDS = frozenset({"medical"})
NO_TIME = timedelta(0)

_BY_CODE = {"activate", "reissue", "transfer_in"}
_BY_BOUND_CODE = {"report_formal_loss", "cancel_loss_report", "set_password"}
"""What Chengdu's online services send a code for: to any number, or to the one that is bound (CD-2, CD-3, CD-4, CD-7, CD-8)."""
_BY_NUMBER = {"activate", "cancel_loss_report", "set_password", "transfer_in"}
_BY_FACE = {"activate", "reissue"}


class EverybodyInsured:
    """An insurance register by which everybody has medical insurance everywhere."""

    async def kinds(self, social_security_number: str, region: str) -> frozenset[str]:
        """Look up the insurance kinds of a person in a city."""
        return KINDS


class CardDriver(Driver):
    """The same people, and what they, their guardians, offices and banks do to their cards."""

    def __init__(self, country: World, people: list[Person], stranger: Person) -> None:
        insured = replace(country.dependencies, insurance=EverybodyInsured())
        super().__init__(replace(country, dependencies=insured), people, stranger)
        self.mobiles: dict[str, str] = {}
        self._numbers = count(1)

    def compare(self) -> None:
        """Assert also that the number bound to each person is the first that received a code, or what it was changed to."""
        super().compare()
        for person in self.people:
            bound = self.mobiles.get(person.id)
            assert self.records.holders[person.id].mobile == (normalise_mobile(bound, field="") if bound else None)

    def being_replaced(self, card: CardLife) -> bool:
        """Say whether a new card in place of this one is on its way, or made and not cancelled."""
        return any(life.replaced is card and life.stands for life in self.lives)

    def _actor_on(self, card: CardLife, who: str, region: str) -> Actor:
        return bank(card.bank) if who == "bank" else self.actor(who, card.person, region)

    async def _asked(
        self, card: CardLife, service: str, who: str, region: str | None = None
    ) -> tuple[Actor, ServiceRequest]:
        """Return who asks, and a request with everything that the region could want."""
        self.pass_time()
        place = region or card.region
        actor = self._actor_on(card, who, place)
        ask = ServiceRequest(service, region=region, card_id=card.id)
        if actor.channel.startswith("hotline"):
            ask = replace(ask, details={"identity_number": card.person.holder.identity_number})
        elif actor.role == "clerk":
            ask = replace(ask, present_id=self.present(who, card.person), sighted=CARD_AND_IDENTITY_CARD)
        elif actor.role == "citizen":
            ask = await self._online(card, actor, ask, place)
        # Waiting for an SMS takes its time.
        self.pass_time(NO_TIME)
        return actor, ask

    async def _online(self, card: CardLife, actor: Actor, ask: ServiceRequest, place: str) -> ServiceRequest:
        if place in NATIONAL and ask.service in _BY_FACE:
            return replace(ask, details=DETAILS, face_assertion=await self.country.face(actor, ask.service))
        if place != CHENGDU:
            return replace(ask, details=DETAILS) if ask.service == "activate" else ask
        details = {"card_number": card.number} if ask.service in _BY_NUMBER else {}
        if ask.service not in _BY_CODE | _BY_BOUND_CODE:
            return replace(ask, details=details)
        bound = self.mobiles.get(card.person.id) if ask.service in _BY_BOUND_CODE else None
        mobile = bound or mobile_number()
        code = await self.country.code(actor, ask.service, mobile)
        return replace(ask, details={**details, "mobile": mobile}, verification_code=code)

    async def _done(self, card: CardLife, changing: Awaitable[ChangeResult], expected: Refusal) -> ChangeResult | None:
        changed: ChangeResult | None = await self.outcome(_allowed(changing, card), expected, "", card.person.id)
        return changed

    async def step(self, card: CardLife, service: str, who: str, reason: str = "settled_abroad") -> None:
        """Activate it, report it lost, find it or cancel it.

        Args:
            reason: why it is to be cancelled.
        """
        actor, ask = await self._asked(card, service, who)
        now, replacing = self.country.clock.now(), self.being_replaced(card)
        bound = card.person.id in self.mobiles
        others = sum(other.alive and other.shares_place(card) for other in self.cards) - card.alive
        expected = card.refuses_step(service, who, now, bound=bound, replacing=replacing, reason=reason, others=others)
        if expected is None and service == "cancel":
            card.cancel(reason, now)
        elif expected is None:
            getattr(card, service)(now)
        if expected is None and service == "activate" and ask.verification_code:
            # Only a change of information, which asks for more than a code to the new number, replaces one.
            self.mobiles.setdefault(card.person.id, ask.details["mobile"])
        if service == "cancel":
            sighted = (*ask.sighted, "settlement_abroad_proof") if ask.sighted else ()
            ask = replace(ask, cancellation_reason=reason, sighted=sighted)
        await self._done(card, STEPS[service](self.country.dependencies, actor, ask), expected)

    async def reissue(self, card: CardLife, who: str, reason: str) -> None:
        """Ask for a new card in its place."""
        actor, ask = await self._asked(card, "reissue", who)
        ask = replace(ask, reissue_reason=reason)
        online = actor.role == "citizen"
        if online and card.region == CHENGDU:
            ask = replace(ask, outlet="chengdu_sample_icbc", delivery=Delivery("outlet"))
        expected = card.refuses_reissue(who, reason, self.being_replaced(card), self.country.clock.now())
        method = ask.delivery.method if ask.delivery else None
        new = Life("", card.person, card.region, card.bank, online and card.region == JINAN, method, card, reason)
        action = reissue_card(self.country.dependencies, actor, ask)
        await self.outcome(self._reissued(action, new), expected, "", card.person.id)

    async def _reissued(self, action: Awaitable[ChangeResult], new: Life) -> None:
        changed = await action
        assert changed.decision.allowed
        assert changed.operation.replaced_card_id == (new.replaced and new.replaced.id)
        new.id = changed.operation.id
        self.lives.append(new)

    def _new_password(self) -> str:
        """Return eight digits that nobody has typed before, neither one digit repeated nor a run (CD-5)."""
        return str(20_000_000 + 7_919 * next(self._numbers))

    async def set_password(self, card: CardLife, who: str) -> None:
        """Set the first password."""
        actor, ask = await self._asked(card, "set_password", who)
        coded = ask.verification_code is None or card.person.id in self.mobiles
        expected = card.refuses("set_password", who, self.country.clock.now(), coded, card.password is None)
        new = self._new_password()
        if expected is None:
            card.password = new
        await self._done(card, set_password(self.country.dependencies, actor, ask, new, new), expected)

    async def change_password(self, card: CardLife, who: str, knows: bool) -> None:
        """Change the password, knowing the old one or not."""
        actor, ask = await self._asked(card, "change_password", who)
        new, now = self._new_password(), self.country.clock.now()
        typed = card.password if knows and card.password else self._new_password()
        expected = card.refuses("change_password", who, now, card.password is not None)
        counts = expected is None and not card.try_password(typed, new, now)
        action = change_password(self.country.dependencies, actor, ask, typed, new, new)
        await self.outcome(
            _allowed(action, card), InvalidInput if counts else expected, "", card.person.id, counts=counts
        )

    async def reset_password(self, card: CardLife, who: str) -> None:
        """Have a new password set in place of a forgotten one."""
        actor, ask = await self._asked(card, "reset_password", who)
        new, now = self._new_password(), self.country.clock.now()
        expected = card.refuses("reset_password", who, now, card.password is not None)
        if expected is None:
            card.reset_password(new, now)
        await self._done(card, reset_password(self.country.dependencies, actor, ask, new, new), expected)

    async def update_information(self, card: CardLife, who: str, detail: str, proof: str | None = None) -> None:
        """Change the holder's address of residence or mobile number.

        Args:
            proof: what somebody online brings besides the code to a new number: `bound_mobile_code`, which takes a number
                that is bound, `face_check`, or nothing.
        """
        actor, ask = await self._asked(card, "update_information", who)
        bound = self.mobiles.get(card.person.id)
        value = mobile_number() if detail == "mobile" else f"新示例路{next(self._numbers)}号"
        ask = replace(ask, details={**ask.details, detail: value})
        if detail == "mobile" and actor.role == "citizen":
            ask = replace(ask, verification_code=await self.country.code(actor, ask.service, value))
            if proof == "face_check":
                ask = replace(ask, face_assertion=await self.country.face(actor, ask.service))
            elif proof == "bound_mobile_code" and bound is not None:
                ask = replace(ask, bound_mobile_code=await self.country.code(actor, ask.service, bound))
            self.pass_time(NO_TIME)
        rebinds = detail == "mobile" and bound is not None
        expected = card.refuses_update(who, self.country.clock.now(), rebinds=rebinds, proven=proof is not None)
        if expected is None and detail == "mobile":
            self.mobiles[card.person.id] = value
        changed = await self._done(card, update_information(self.country.dependencies, actor, ask), expected)
        assert changed is None or changed.holder == self.records.holders[card.person.id]

    async def transfer_in(self, card: CardLife, who: str, target: str) -> None:
        """Bring the card along to another city."""
        actor, ask = await self._asked(card, "transfer_in", who, target)
        expected = card.refuses_transfer(who, target, self.country.clock.now())
        if expected is None:
            card.region = target
        action = transfer_card_in(self.country.dependencies, actor, with_kinds(ask, sorted(KINDS)))
        await self._done(card, action, expected)

    async def close_account(self, card: CardLife, who: str) -> None:
        """Record that the bank has closed the account."""
        actor, ask = await self._asked(card, "close_account", who)
        expected = card.refuses_closing(who)
        card.account_closed = card.account_closed or expected is None
        await self._done(card, close_account(self.country.dependencies, actor, ask), expected)

    async def sweep(self) -> None:
        """Write down what time has done: nobody sees a difference, and nothing is left to do."""
        now = self.country.clock.now()
        before = await self._read()
        lapsed = [card for cards in before.cards.values() for card in cards if card.has_lapsed(now)]
        swept = await sweep(self.country.dependencies)
        assert swept.cards >= len(lapsed)
        self.records = await self._read()
        assert self.records.settled(now) == before.settled(now)
        assert not [card for cards in self.records.cards.values() for card in cards if card.has_lapsed(now)]
        assert not [each for each in self.records.operations.values() if each.has_lapsed(now)]
        self.compare()


async def _allowed(changing: Awaitable[ChangeResult], card: CardLife) -> ChangeResult:
    changed = await changing
    assert changed.decision.allowed
    assert changed.card is not None
    assert changed.operation.card_id == changed.card.id == card.id
    return changed
