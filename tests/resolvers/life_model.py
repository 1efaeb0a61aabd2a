"""What the documents say about the way from a request to its card, written anew: it predicts the service.

Nothing here is taken from the tables or policies of the code; the row ids are those of the source documents.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.duration import CHINA_TIME
from domain.errors import Conflict, DecisionRefused, InvalidInput, NotFound, NotPermitted, TransitionImpossible
from tests.resolvers.card_model import PARTNERS, CardLife, Refusal, acts_alone, in_sichuan
from tests.resolvers.world import MIANYANG, NATIONAL, Person

LOST_AFTER = timedelta(days=15)
"""How long after it was shipped people may report a card lost in the post (an assumption of the region files)."""
POSTAGE = {"same_city": 1_000, "same_province": 1_200, "other_province": 1_600}  # NX-1


def postage(region: str, address: str) -> int:
    """Return what posting a card costs (NX-1)."""
    if region[:4] == address[:4]:
        return POSTAGE["same_city"]
    return POSTAGE["same_province"] if region[:2] == address[:2] else POSTAGE["other_province"]


@dataclass
class Intent:
    """A payment at the provider: how much, and what became of it here."""

    amount: int
    status: str = "pending"
    money_taken: bool = False


@dataclass
class Life:
    """One request for a card on its way: an application, or a request for a new card in place of an old one.

    Args:
        bank: the issuing bank, if one was chosen; national: whether it came through the national service.
        card: the card that came of it; replaced: the old one, if it asks for a new one, and the reason for that.
        due: what is still to be paid for the post; paid: what has been.
        shipped_at: when the card was shipped; lost: cards of it that were lost in the post.
    """

    id: str
    person: Person
    region: str
    bank: str | None
    national: bool
    method: str | None = None
    replaced: CardLife | None = None
    reason: str | None = None
    due: int = 0
    paid: int = 0
    shipped_at: datetime | None = None
    lost: list[CardLife] = field(default_factory=list)
    state: str = "submitted"
    intents: dict[str, Intent] = field(default_factory=dict)
    card: CardLife | None = None

    @property
    def waiting(self) -> bool:
        """Whether a card is still to come of it."""
        return self.card is None and self.state != "withdrawn"

    @property
    def stands(self) -> bool:
        """Whether its card is on its way, or made and not cancelled."""
        return self.waiting or (self.card is not None and self.card.alive)

    def seen_by(self, who: str) -> bool:
        """Say whether somebody may know of the application."""
        return {
            "holder": True,
            "guardian": self.person.guardian is not None,
            "clerk": True,
            "card_maker": True,
            "bank": self.bank is not None,
        }.get(who, False)

    def _refused_unless(self, who: str, *conditions: bool) -> Refusal:
        if not self.seen_by(who):
            return NotFound
        return None if all(conditions) else DecisionRefused

    def deliver(self, who: str, method: str, complete: bool) -> Refusal:
        """Choose the delivery: before payment or after a loss, by post in the national service, with a complete address."""
        open_ways = method == "post" or not self.national
        in_time = self.state == "submitted" or (self.state == "accepted" and bool(self.lost))
        return self._refused_unless(who, in_time, open_ways, method == "outlet" or complete, who not in PARTNERS)

    def pay(self, who: str) -> Refusal:
        """Ask for a payment: after the address, if anything is due, once."""
        return self._refused_unless(
            who, self.state != "withdrawn", self.method is not None, self.due > 0, who not in PARTNERS
        )

    def withdraw(self, who: str) -> Refusal:
        """Withdraw: until it is paid for or accepted, never after (NX-1)."""
        return self._refused_unless(who, self.state == "submitted", who not in PARTNERS)

    def accept(self, who: str) -> Refusal:
        """Accept: by a clerk or card maker, once everything due is paid and the delivery is chosen."""
        ready = self.state == "paid" or (self.state == "submitted" and self.due == 0)
        return self._refused_unless(who, who in ("clerk", "card_maker"), ready, self.method is not None)

    def request_correction(self, who: str) -> Refusal:
        """Send back: by a clerk or card maker, before production."""
        return self._refused_unless(who, who in ("clerk", "card_maker"), self.state == "accepted")

    def correct(self, who: str, change: bool) -> Refusal:
        """Correct what was asked for, asked to or unasked, until the card is made; changing nothing is no correction."""
        waiting = self.state in ("submitted", "paid", "accepted", "correction_requested")
        refusal = self._refused_unless(who, waiting, who not in PARTNERS)
        return InvalidInput if refusal is None and not change else refusal

    def produce(self, who: str, fresh_number: bool) -> Refusal:
        """Produce: by a clerk or card maker; two cards never share a number."""
        refusal = self._refused_unless(who, who in ("clerk", "card_maker"), self.state == "accepted")
        if refusal is None and self.due > 0:
            # A new address after a loss that costs more.
            return TransitionImpossible
        return Conflict if refusal is None and not fresh_number else refusal

    def ship(self, who: str) -> Refusal:
        """Ship: what is produced and goes by post; by a clerk, the card maker or the issuing bank."""
        allowed = who in ("clerk", "card_maker", "bank")
        return self._refused_unless(who, allowed, self.state == "produced", self.method == "post")

    def report_lost(self, who: str, now: datetime) -> Refusal:
        """Report the card lost in the post: by an office or partner at once, by people once it is overdue; none that has ended."""
        told = who not in ("holder", "guardian")
        late = self.shipped_at is not None and now.astimezone(CHINA_TIME).date() >= (
            self.shipped_at.astimezone(CHINA_TIME).date() + LOST_AFTER
        )
        ended = self.card is not None and not self.card.alive
        return self._refused_unless(who, self.method == "post", self.state == "shipped", not ended, told or late)

    def receive(self, who: str) -> Refusal:
        """Receive: a posted card after shipping, a collected one after production from a clerk; none that has ended."""
        posted = self.method == "post" and self.state == "shipped"
        collected = self.method == "outlet" and self.state == "produced" and who == "clerk"
        ended = self.card is not None and not self.card.alive
        return self._refused_unless(who, posted or collected, not ended, who not in PARTNERS)

    def notice(self, kind: str, intent: Intent) -> Refusal:
        """Take the provider's word: once, and money that does not fit is to be given back."""
        if kind == "forged":
            return InvalidInput
        if kind == "failed" or intent.status != "pending":
            return None
        intent.money_taken = True
        if kind == "paid" and self.state != "withdrawn" and self.due == intent.amount:
            intent.status, self.paid, self.due = "paid", self.paid + intent.amount, 0
            self.state = "paid" if self.state == "submitted" else self.state
        else:
            intent.status = "needs_refund"
        return None


def may_apply(person: Person, who: str, region: str, now: datetime, lives: list[Life]) -> Refusal:
    """Say what an application with complete papers ends in (NX-1, SC-1, SC-12, CD-1, QD-1)."""
    if who in ("clerk_nearby", "clerk_elsewhere"):
        return NotPermitted
    if who not in ("holder", "clerk") and not (who == "guardian" and person.guardian):
        return NotFound
    alone = acts_alone(person, region, now.astimezone(CHINA_TIME).date())
    right_person = (not alone) if who == "guardian" else alone
    taken = any(life.stands and life.person == person and life.region[:2] == region[:2] for life in lives)
    insured = not in_sichuan(region) or region in person.holder.insured_in
    return None if right_person and _may_come(who, region) and insured and not taken else DecisionRefused


def _may_come(who: str, region: str) -> bool:
    """Say whether somebody's way is open: no window where only the national service is, no app where only a window is."""
    return region not in NATIONAL if who == "clerk" else region != MIANYANG
