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
from tests.resolvers.card_model import ACTORS, CARD_ACTORS, OPEN, STATES, CardLife
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
CITIES = (CHENGDU, MIANYANG, QINGDAO)
CHOICES = st.sampled_from(range(6))
SERVICES = (*OPEN, "close_account")


class LifeMachine(RuleBasedStateMachine):
    """What is done to requests, until their cards are there."""

    store: ClassVar[Store]
    folder: ClassVar[Path]
    runner: ClassVar[asyncio.Runner]
    reached: ClassVar[Reached]

    def _do(self, action: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(action)

    @initialize(cards=st.lists(st.sampled_from(FIRST_CARDS), min_size=1, max_size=3, unique_by=lambda place: place[0]))
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
        service=st.sampled_from(("withdraw", "accept", "request_correction", "ship", "produce", "report_lost")),
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
        known = self._life(life)
        for _ in range(steps):
            if known.card is None or known.card.state == "sealed":
                self._do(go_on(self.driver, known))

    @rule(hours=st.sampled_from((1, 5, 24, 72, 168, 720, 9_000)))
    def wait(self, hours: int) -> None:
        """Let time pass: hours, a week, a month, a year."""
        self._do(self.driver.wait(timedelta(hours=hours)))

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

    def _request(self, card: CardLife, service: str, who: str, choice: int) -> None:
        """Ask for a service on a card, in one of the ways in which it can be asked for."""
        further: dict[str, tuple[Any, ...]] = {
            "cancel": (("extra_card", "not_collected", "settled_abroad")[choice % 3],),
            "reissue": (("lost", "damaged")[choice % 2],),
            "change_password": (choice % 3 == 0,),
            "update_information": (
                ("residence_address", "mobile")[choice % 2],
                (None, "bound_mobile_code", "face_check")[choice % 3],
            ),
            "transfer_in": ([city for city in CITIES if city != card.region][choice % 2],),
        }
        if service in STEPS:
            self._do(self.driver.step(card, service, who, *further.get(service, ())))
        else:
            self._do(getattr(self.driver, service)(card, who, *further.get(service, ())))

    @precondition(lambda self: self._has_cards)
    @rule(card=ONE_OF_THEM, wishes=st.lists(st.tuples(st.sampled_from(SERVICES), CHOICES), min_size=2, max_size=6))
    def use(self, card: int, wishes: list[tuple[str, int]]) -> None:
        """Do what can be done to it as it is, by somebody who may."""
        known = self._card(card)
        for service, choice in wishes:
            if known.state in STATES.get(service, {known.state}):
                self._request(known, service, rightful(self.driver, known, service), choice)

    @precondition(lambda self: self._has_cards)
    @rule(
        card=ONE_OF_THEM,
        service=st.sampled_from(SERVICES),
        who=st.sampled_from(CARD_ACTORS),
        choice=CHOICES,
    )
    def meddle_with_card(self, card: int, service: str, who: str, choice: int) -> None:
        """Try anything, in order or out of it, by the right one or not."""
        self._request(self._card(card), service, who, choice)

    @precondition(lambda self: self._has_cards)
    @rule(card=ONE_OF_THEM, times=st.integers(1, 6))
    def try_passwords(self, card: int, times: int) -> None:
        """Try wrong passwords, one too many perhaps; a card without one is given one first."""
        known = self._card(card)
        if known.password is None:
            self._do(self.driver.set_password(known, rightful(self.driver, known, "set_password")))
        for _ in range(times):
            self._do(self.driver.change_password(known, rightful(self.driver, known, "change_password"), knows=False))

    @precondition(lambda self: self._has_cards)
    @rule(card=ONE_OF_THEM, reason=st.sampled_from(("lost", "damaged")), steps=st.integers(0, 7))
    def replace(self, card: int, reason: str, steps: int) -> None:
        """Ask for a new card, in place of one that is reported lost for it, and go on for some steps towards it."""
        known = self._card(card)
        if reason == "lost" and known.state in STATES["report_formal_loss"]:
            self._do(self.driver.step(known, "report_formal_loss", rightful(self.driver, known, "report_formal_loss")))
        before = len(self.driver.lives)
        self._do(self.driver.reissue(known, rightful(self.driver, known, "reissue"), reason))
        for _ in range(steps if len(self.driver.lives) > before else 0):
            self._do(go_on(self.driver, self.driver.lives[-1]))

    @rule()
    def sweep(self) -> None:
        """Write down what time has done."""
        self._do(self.driver.sweep())
