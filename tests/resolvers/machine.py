"""Anybody does anything to any request and card at any time: the rules by which hypothesis tries it."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from store import Store
from tests.resolvers import life_records
from tests.resolvers.card_driver import STEPS, CardDriver
from tests.resolvers.card_model import ACTORS, CARD_ACTORS, CardLife
from tests.resolvers.life_model import Life
from tests.resolvers.walks import (
    ADULT,
    FIFTEEN,
    FOUR,
    ISLANDER,
    SEVENTEEN,
    Reached,
    country_of,
    finish,
    go_on,
    rightful,
)
from tests.resolvers.world import CHENGDU, JINAN, MIANYANG, QINGDAO, ZIBO

ADDRESSES = (CHENGDU, MIANYANG, QINGDAO, "110105", None)
PEOPLE = st.sampled_from((ADULT, ISLANDER, SEVENTEEN, FIFTEEN, FOUR))
REGIONS = st.sampled_from((CHENGDU, MIANYANG, QINGDAO, JINAN, ZIBO))
ONE_OF_THEM = st.integers(0, 9)
FIRST_CARDS = ((ADULT, CHENGDU), (ISLANDER, QINGDAO), (ADULT, JINAN), (FOUR, CHENGDU), (ADULT, MIANYANG))
REASONS = ("extra_card", "not_collected")


class LifeMachine(RuleBasedStateMachine):
    """What is done to requests, until their cards are there."""

    store: ClassVar[Store]
    folder: ClassVar[Path]
    runner: ClassVar[asyncio.Runner]
    reached: ClassVar[Reached]

    def _do(self, action: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(action)

    @initialize(cards=st.lists(st.sampled_from(FIRST_CARDS), max_size=2, unique_by=lambda place: place[0]))
    def settle(self, cards: list[tuple[int, str]]) -> None:
        """Begin with people of this run's own, some of whom have a card."""
        self.driver: CardDriver = self._do(country_of(self.store, self.folder))
        for person, region in cards:
            who = "guardian" if self.driver.people[person].guardian else "clerk" if region == MIANYANG else "holder"
            self._do(self.driver.apply(self.driver.people[person], who, region, collected=True))
            self._do(finish(self.driver, self.driver.lives[-1]))

    def _life(self, number: int) -> Life:
        return self.driver.lives[number % len(self.driver.lives)]

    @property
    def _has_lives(self) -> bool:
        return hasattr(self, "driver") and bool(self.driver.lives)

    @rule(person=PEOPLE, who=st.sampled_from(("holder", "guardian", *ACTORS)), region=REGIONS, collected=st.booleans())
    def apply(self, person: int, who: str, region: str, collected: bool) -> None:
        """Apply."""
        self._do(self.driver.apply(self.driver.people[person], who, region, collected))

    @precondition(lambda self: self._has_lives)
    @rule(
        life=ONE_OF_THEM,
        service=st.sampled_from(("withdraw", "accept", "request_correction", "ship", "produce")),
        who=st.sampled_from(ACTORS),
    )
    def meddle(self, life: int, service: str, who: str) -> None:
        """Try a step, in order or out of it, by the right one or not."""
        self._do(getattr(self.driver, service)(self._life(life), who))

    @precondition(lambda self: self._has_lives)
    @rule(life=ONE_OF_THEM, service=st.sampled_from(("pay", "correct", "receive")), who=st.sampled_from(ACTORS))
    def ask(self, life: int, service: str, who: str) -> None:
        """Try what is for citizens and windows."""
        self._do(getattr(self.driver, service)(self._life(life), who))

    @precondition(lambda self: self._has_lives)
    @rule(
        life=ONE_OF_THEM,
        who=st.sampled_from(ACTORS),
        method=st.sampled_from(("post", "outlet")),
        address=st.sampled_from(ADDRESSES),
    )
    def deliver(self, life: int, who: str, method: str, address: str | None) -> None:
        """Choose a delivery."""
        self._do(self.driver.deliver(self._life(life), who, method, address))

    @precondition(lambda self: self._has_lives)
    @rule(
        life=ONE_OF_THEM,
        which=st.integers(0, 5),
        kind=st.sampled_from(("paid", "paid", "wrong", "forged", "failed")),
    )
    def notify(self, life: int, which: int, kind: str) -> None:
        """Let the provider speak, perhaps again, perhaps somebody else in its name."""
        known = self._life(life)
        for reference in sorted(known.intents)[which % 6 : which % 6 + 1]:
            self._do(self.driver.notice(known, reference, kind))

    @precondition(lambda self: self._has_lives)
    @rule(life=ONE_OF_THEM)
    def produce_a_known_number(self, life: int) -> None:
        """Give a card the number of another."""
        self._do(self.driver.produce(self._life(life), "card_maker", fresh_number=False))

    @precondition(lambda self: self._has_lives)
    @rule(life=ONE_OF_THEM)
    def correct_nothing(self, life: int) -> None:
        """Send a correction that changes nothing."""
        self._do(self.driver.correct(self._life(life), "holder", change=False))

    @precondition(lambda self: self._has_lives)
    @rule(life=ONE_OF_THEM, steps=st.integers(1, 6))
    def go_on(self, life: int, steps: int) -> None:
        """Do what comes next, by whom it belongs to, so that the end of the way is often reached."""
        for _ in range(steps):
            self._do(go_on(self.driver, self._life(life)))

    @rule(hours=st.sampled_from((1, 5, 24, 72, 168, 720, 9_000)))
    def wait(self, hours: int) -> None:
        """Let time pass: hours, a week, a month, a year."""
        self.driver.pass_time(timedelta(hours=hours))

    def teardown(self) -> None:
        """Look every policy text up, and note how far requests and cards came."""
        if not hasattr(self, "driver"):
            return
        self._do(life_records.check_texts(self.store, self.driver.records))
        self.reached.note(self.driver.records)


class CardMachine(LifeMachine):
    """And what is done to cards, until their end."""

    def _card(self, number: int) -> CardLife:
        return self.driver.cards[-1 - number % len(self.driver.cards)]

    @property
    def _has_cards(self) -> bool:
        return hasattr(self, "driver") and bool(self.driver.cards)

    @precondition(lambda self: self._has_cards)
    @rule(card=ONE_OF_THEM, service=st.sampled_from(tuple(STEPS)), reason=st.sampled_from(REASONS), usual=st.booleans())
    def use(self, card: int, service: str, reason: str, usual: bool) -> None:
        """Activate, lose, find or cancel it, by somebody who may, or by the holder."""
        known = self._card(card)
        self._do(self.driver.step(known, service, rightful(known, service) if usual else "holder", reason))

    @precondition(lambda self: self._has_cards)
    @rule(
        card=ONE_OF_THEM,
        service=st.sampled_from(tuple(STEPS)),
        reason=st.sampled_from(REASONS),
        who=st.sampled_from(CARD_ACTORS),
    )
    def meddle_with_card(self, card: int, service: str, reason: str, who: str) -> None:
        """Try the same as anybody."""
        self._do(self.driver.step(self._card(card), service, who, reason))

    @precondition(lambda self: self._has_cards)
    @rule(
        card=ONE_OF_THEM,
        reason=st.sampled_from(("lost", "damaged")),
        who=st.sampled_from(("clerk", "guardian_at_window", "holder", "guardian", *CARD_ACTORS)),
    )
    def reissue(self, card: int, reason: str, who: str) -> None:
        """Ask for a new card."""
        self._do(self.driver.reissue(self._card(card), who, reason))

    @precondition(lambda self: self._has_cards)
    @rule(card=ONE_OF_THEM, who=st.sampled_from(("clerk", "holder", *CARD_ACTORS)))
    def set_password(self, card: int, who: str) -> None:
        """Set the first password."""
        self._do(self.driver.set_password(self._card(card), who))

    @precondition(lambda self: self._has_cards)
    @rule(
        card=ONE_OF_THEM,
        who=st.sampled_from(("clerk", "guardian_at_window", *CARD_ACTORS)),
        times=st.integers(1, 6),
        knows=st.booleans(),
    )
    def change_password(self, card: int, who: str, times: int, knows: bool) -> None:
        """Try passwords, the right one or wrong ones."""
        for _ in range(1 if knows else times):
            self._do(self.driver.change_password(self._card(card), who, knows))

    @precondition(lambda self: self._has_cards)
    @rule(card=ONE_OF_THEM, who=st.sampled_from(("clerk", "guardian_at_window", *CARD_ACTORS)))
    def reset_password(self, card: int, who: str) -> None:
        """Have the password reset."""
        self._do(self.driver.reset_password(self._card(card), who))

    @precondition(lambda self: self._has_cards)
    @rule(card=ONE_OF_THEM, who=st.sampled_from(CARD_ACTORS), detail=st.sampled_from(("residence_address", "mobile")))
    def update_information(self, card: int, who: str, detail: str) -> None:
        """Change an address or a mobile number."""
        self._do(self.driver.update_information(self._card(card), who, detail))

    @precondition(lambda self: self._has_cards)
    @rule(
        card=ONE_OF_THEM,
        who=st.sampled_from(("clerk", "holder", *CARD_ACTORS)),
        city=st.sampled_from((CHENGDU, MIANYANG, QINGDAO)),
    )
    def transfer_in(self, card: int, who: str, city: str) -> None:
        """Bring it along to another city."""
        self._do(self.driver.transfer_in(self._card(card), who, city))

    @precondition(lambda self: self._has_cards)
    @rule(card=ONE_OF_THEM, who=st.sampled_from(("bank", *CARD_ACTORS)))
    def close_account(self, card: int, who: str) -> None:
        """Record the end of the account."""
        self._do(self.driver.close_account(self._card(card), who))

    @rule()
    def sweep(self) -> None:
        """Write down what time has done."""
        self._do(self.driver.sweep())
