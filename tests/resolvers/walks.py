"""People to walk with, and the ways that chance may miss: every step of a card and of a request, in order."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from domain.card import CardState
from domain.duration import CHINA_TIME
from store import Store
from tests.resolvers import card_records, life_records
from tests.resolvers.card_driver import CardDriver
from tests.resolvers.card_model import REISSUES_FROM, CardLife, acts_alone, age
from tests.resolvers.card_records import CardStep
from tests.resolvers.life_model import LOST_AFTER, POSTAGE, Life
from tests.resolvers.life_records import Lapse, Records, Step
from tests.resolvers.world import CHENGDU, JINAN, MIANYANG, QINGDAO, Person, World, settle, signing_key, world

BIRTHDAYS = {"seventeen": date(2009, 3, 1), "fifteen": date(2011, 6, 12), "four": date(2022, 1, 15)}
ADULT, ISLANDER, SEVENTEEN, FIFTEEN, FOUR = range(5)
"""Whom `country_of` settles, by their place."""
A_DAY, A_WEEK, A_YEAR = timedelta(days=1), timedelta(days=7), timedelta(days=366)


@dataclass
class Reached:
    """How far requests and cards have come."""

    operations: set[Step] = field(default_factory=set)
    cards: set[CardStep] = field(default_factory=set)
    lapses: set[Lapse] = field(default_factory=set)

    def note(self, records: Records) -> None:
        """Note what records tell of."""
        for timeline in records.timelines.values():
            self.operations.update(life_records.steps_of(timeline))
            self.lapses.update(life_records.lapses_of(timeline))
        for card in (card for cards in records.cards.values() for card in cards):
            self.cards.update(card_records.steps_of(card, records))
            self.lapses.update(card_records.lapses_of(card, records))


async def country_of(store: Store, folder: Path) -> CardDriver:
    """Return people of every kind who may have a card, with a clock of their own."""
    country: World = world(store, folder, signing_key())
    parent = await settle(store, insured_in=(CHENGDU, MIANYANG))
    people = [
        parent,
        await settle(store, insured_in=(QINGDAO,)),
        *[
            await settle(store, born=BIRTHDAYS[name], guardian=parent.id, insured_in=(place,))
            for name, place in (("seventeen", CHENGDU), ("fifteen", QINGDAO), ("four", CHENGDU))
        ],
    ]
    driver = CardDriver(country, people, await settle(store, insured_in=()))
    await driver.wait(timedelta(0))
    return driver


MOST_STEPS = 30
"""More than any request takes from its beginning to the active card."""


def rightful(driver: CardDriver, card: CardLife, service: str) -> str:
    """Return somebody who may ask for a service on a card, if anybody may."""
    if service == "close_account":
        return "bank"
    telephone = service == "report_temporary_loss" and card.region in (CHENGDU, MIANYANG)
    on = driver.country.clock.now().astimezone(CHINA_TIME).date()
    grown = age(card.person, on) >= REISSUES_FROM if service == "reissue" else acts_alone(card.person, card.region, on)
    if card.person.guardian and not grown:
        online = service == "activate" or (service == "report_temporary_loss" and not telephone)
        return "guardian" if online and card.region != MIANYANG else "guardian_at_window"
    if telephone:
        return "operator"
    online = card.region == JINAN and service in ("activate", "report_temporary_loss", "reissue")
    return "holder" if online or (service == "activate" and card.region != MIANYANG) else "clerk"


async def go_on(driver: CardDriver, life: Life) -> None:
    """Take a request one step on, to the active card."""
    if life.method is None:
        await driver.deliver(life, "clerk", "post", "110105")
    elif life.state == "withdrawn":
        return
    elif life.due and not any(i.amount == life.due and i.status == "pending" for i in life.intents.values()):
        await driver.pay(life, "clerk")
    elif life.due:
        due = (r for r, i in life.intents.items() if i.amount == life.due and i.status == "pending")
        await driver.notice(life, next(due), "paid")
    elif life.state in ("submitted", "paid"):
        await driver.accept(life, "clerk")
    elif life.state == "correction_requested":
        await driver.correct(life, "clerk")
    elif life.state == "accepted":
        await driver.produce(life, "card_maker")
    elif life.state == "produced" and life.method == "post":
        await driver.ship(life, "card_maker")
    elif life.state in ("produced", "shipped"):
        await driver.receive(life, "clerk")
    elif life.card is not None:
        await driver.step(life.card, "activate", rightful(driver, life.card, "activate"))


async def finish(driver: CardDriver, life: Life, state: str = "active") -> CardLife:
    """Take a request on until its card is there, sealed and received, or active."""
    for _ in range(MOST_STEPS):
        if life.state == "received" and (state != "active" or (life.card and life.card.state == "active")):
            break
        await go_on(driver, life)
    else:
        raise AssertionError(f"{life} does not get on")
    assert life.card is not None
    return life.card


async def _new_card(driver: CardDriver, person: Person, region: str, state: str = "active") -> CardLife:
    who = "guardian" if person.guardian else "clerk" if region == MIANYANG else "holder"
    await driver.apply(person, who, region, collected=True)
    return await finish(driver, driver.lives[-1], state)


async def _reissued(driver: CardDriver, card: CardLife, reason: str) -> Life:
    await driver.reissue(card, rightful(driver, card, "reissue"), reason)
    return driver.lives[-1]


async def _lock(driver: CardDriver, card: CardLife) -> None:
    if card.password is None:
        await driver.set_password(card, rightful(driver, card, "set_password"))
    while card.state != "locked":
        await driver.change_password(card, rightful(driver, card, "change_password"), knows=False)


async def walk_requests(driver: CardDriver) -> None:
    """Withdraw, collect, correct, pay: every step of a request."""
    parent, islander, seventeen, _, four = driver.people
    await driver.apply(parent, "holder", CHENGDU)
    (withdrawn,) = driver.lives
    await driver.withdraw(withdrawn, "holder")
    await driver.apply(parent, "holder", CHENGDU)
    await driver.apply(islander, "holder", QINGDAO, collected=True)
    await driver.apply(four, "guardian", CHENGDU)
    await driver.apply(seventeen, "holder", JINAN)
    posted, collected, child, national = driver.lives[1:]
    await driver.deliver(posted, "holder", "post", MIANYANG)
    for life in (posted, collected, child, national):
        for _ in range(MOST_STEPS):
            if life.state != "accepted":
                await go_on(driver, life)
                # Unasked, wherever it has come to.
                await driver.correct(life, "clerk")
    await driver.request_correction(posted, "clerk")
    await driver.correct(posted, "holder")
    for life in (posted, collected, child, national):
        await finish(driver, life)
        await driver.wait(timedelta(hours=5))
    assert {card.state for cards in driver.records.cards.values() for card in cards} == {CardState.ACTIVE}


async def walk_lost_in_post(driver: CardDriver) -> None:
    """Lose a card in the post, and the next one too: other ones are made, and only a dearer address costs more."""
    person = driver.people[ADULT]
    await driver.apply(person, "holder", CHENGDU)
    (life,) = driver.lives
    await driver.deliver(life, "holder", "post", CHENGDU)
    for who, address in (("card_maker", QINGDAO), ("holder", None)):
        while life.state != "shipped":
            await go_on(driver, life)
        await driver.report_lost(life, "holder")
        if who == "holder":
            await driver.wait(LOST_AFTER - timedelta(hours=12))
            await driver.report_lost(life, who)
            await driver.wait(timedelta(hours=12))
        await driver.report_lost(life, who)
        assert (life.state, life.card) == ("accepted", None)
        await driver.receive(life, "clerk")
        await driver.withdraw(life, "holder")
        if address is not None:
            await driver.deliver(life, "holder", "post", address)
            await driver.produce(life, "card_maker")
    await finish(driver, life)
    assert [card.state for card in driver.cards] == ["cancelled", "cancelled", "active"]
    assert (life.paid, len(life.intents)) == (POSTAGE["other_province"], 2)


async def walk_losses(driver: CardDriver) -> None:
    """Lose a card for a time and for good, find it, lose it locked, and let the week pass (NX-4, SC-7, SC-8, SC-9)."""
    card = await _new_card(driver, driver.people[ADULT], CHENGDU)
    for service in ("report_temporary_loss", "cancel_loss_report", "report_temporary_loss", "report_formal_loss"):
        await driver.step(card, service, rightful(driver, card, service))
    await driver.step(card, "cancel_loss_report", "holder")
    await driver.step(card, "report_formal_loss", "holder")
    await driver.step(card, "cancel_loss_report", "clerk_nearby")
    await driver.step(card, "report_temporary_loss", "operator")
    await driver.wait(A_WEEK - timedelta(seconds=1))
    assert card.state == "temporarily_lost"
    await driver.wait(timedelta(seconds=1))
    assert card.state == "active"
    await _lock(driver, card)
    for loss in ("report_temporary_loss", "report_formal_loss"):
        await driver.step(card, loss, rightful(driver, card, loss))
        await driver.step(card, "cancel_loss_report", "clerk")
        assert card.state == "locked"
    await driver.step(card, "report_temporary_loss", "operator")
    await driver.wait(A_WEEK)
    await driver.reset_password(card, "clerk")
    await driver.change_password(card, "holder", knows=True)
    assert [state for state, _, reason in card.history if reason == "lapsed"] == ["active", "locked"]
    assert card.state == "active"


async def walk_endless_loss(driver: CardDriver) -> None:
    """Lose a card orally in Qingdao, where no end is stated, and find it a year later (QD-3, QD-4)."""
    card = await _new_card(driver, driver.people[ISLANDER], QINGDAO)
    await driver.step(card, "report_temporary_loss", "operator")
    await driver.wait(A_YEAR)
    await driver.sweep()
    assert card.state == "temporarily_lost"
    await driver.step(card, "cancel_loss_report", "holder")


async def walk_replacements(driver: CardDriver) -> None:
    """Have a damaged card exchanged, a lost one replaced, and leave a new one uncollected (SC-5, CD-8, NX-3, SC-11)."""
    damaged = await _new_card(driver, driver.people[ADULT], CHENGDU)
    withdrawn = await _reissued(driver, damaged, "damaged")
    await driver.withdraw(withdrawn, "holder")
    exchange = await _reissued(driver, damaged, "damaged")
    await finish(driver, exchange, "sealed")
    assert damaged.state == "active"
    lost = await finish(driver, exchange)
    assert damaged.history[-1][::2] == ("cancelled", "replaced")
    await driver.step(lost, "report_formal_loss", "clerk")
    replacement = await _reissued(driver, lost, "lost")
    await driver.step(lost, "cancel_loss_report", "clerk")
    while replacement.state != "produced":
        assert lost.state == "formally_lost"
        await go_on(driver, replacement)
    assert lost.history[-1][::2] == ("cancelled", "replaced")
    await driver.wait(A_YEAR)
    assert replacement.card is not None
    assert replacement.card.history[-1][::2] == ("cancelled", "lapsed")
    await driver.apply(driver.people[ADULT], "holder", CHENGDU)
    assert driver.lives[-1].state == "submitted"


async def walk_national_replacement(driver: CardDriver) -> None:
    """Lose a card in the national service and get a new one by post (NX-3, NX-4)."""
    card = await _new_card(driver, driver.people[ISLANDER], JINAN)
    await driver.step(card, "report_temporary_loss", "holder")
    await driver.sweep()
    await driver.wait(A_WEEK)
    await driver.sweep()
    assert card.state == "active"
    await driver.step(card, "report_formal_loss", "clerk")
    new = await finish(driver, await _reissued(driver, card, "damaged"))
    assert (card.state, new.state) == ("cancelled", "active")
    paid = next(life for life in driver.lives if life.card is new)
    assert [intent.status for intent in paid.intents.values()] == ["paid"]


async def walk_cancellations(driver: CardDriver) -> None:
    """Cancel a card from every state, have the bank close its account, and apply again (SC-11, QD-5)."""
    person = driver.people[ISLANDER]
    for state in ("sealed", "active", "temporarily_lost", "formally_lost", "locked"):
        card = await _new_card(driver, person, QINGDAO, "sealed" if state == "sealed" else "active")
        if state == "locked":
            await _lock(driver, card)
        elif state.endswith("lost"):
            service = "report_temporary_loss" if state.startswith("temporarily") else "report_formal_loss"
            await driver.step(card, service, "clerk")
        assert card.state == state
        await driver.close_account(card, "bank")
        await driver.step(card, "cancel", "holder")
        await driver.close_account(card, "bank")
        await driver.close_account(card, "bank")
        assert (card.state, card.account_closed) == ("cancelled", True)


async def walk_with_a_guardian(driver: CardDriver) -> None:
    """Let a guardian do for a child what the child may not, and lose a card that was never collected (SC-11, SC-12)."""
    child = driver.people[FOUR]
    card = await _new_card(driver, child, CHENGDU, "sealed")
    await driver.wait(A_YEAR)
    assert card.state == "sealed", "a card that was collected does not lapse as uncollected"
    await driver.step(card, "activate", "guardian")
    for service in ("report_formal_loss", "cancel_loss_report"):
        await driver.step(card, service, "clerk")
        await driver.step(card, service, "holder")
        await driver.step(card, service, "guardian")
    first = driver.mobiles[child.id]
    await driver.update_information(card, "guardian", "mobile")
    assert driver.mobiles[child.id] == first, "a code to the new number alone does not change the bound one"
    for proof in ("bound_mobile_code", "face_check"):
        await driver.update_information(card, "guardian", "mobile", proof)
    await driver.update_information(card, "guardian_at_window", "mobile")
    await driver.step(card, "cancel", "guardian_at_window")
    await driver.apply(child, "guardian", CHENGDU)
    uncollected = driver.lives[-1]
    while uncollected.card is None:
        await go_on(driver, uncollected)
    await driver.wait(A_YEAR)
    await driver.sweep()
    assert uncollected.card.state == "cancelled"
    await driver.apply(child, "guardian", CHENGDU)
    assert driver.lives[-1].waiting


async def look_at_lapses(store: Store, folder: Path) -> CardDriver:
    """Return people whose cards' states have ended by time alone, and nobody has written that down."""
    driver = await country_of(store, folder)
    locked = await _new_card(driver, driver.people[ADULT], CHENGDU)
    await _lock(driver, locked)
    await driver.apply(driver.people[FOUR], "guardian", CHENGDU)
    while driver.lives[-1].card is None:
        await go_on(driver, driver.lives[-1])
    await driver.step(locked, "report_temporary_loss", "operator")
    await driver.wait(A_YEAR)
    return driver


async def walk_between_cities(driver: CardDriver) -> None:
    """Take a card along within the province and back, and nowhere else (SC-10, CD-7)."""
    card = await _new_card(driver, driver.people[ADULT], MIANYANG)
    await driver.transfer_in(card, "holder", QINGDAO)
    await driver.transfer_in(card, "holder", CHENGDU)
    assert card.region == CHENGDU
    await driver.update_information(card, "holder", "residence_address")
    await driver.transfer_in(card, "clerk", CHENGDU)
    await driver.transfer_in(card, "clerk", MIANYANG)
    assert card.region == MIANYANG
    await driver.set_password(card, "clerk")
    await driver.step(card, "report_formal_loss", "clerk")
    await driver.transfer_in(card, "holder", CHENGDU)
    assert card.region == MIANYANG


WALKS = (
    walk_requests,
    walk_lost_in_post,
    walk_losses,
    walk_endless_loss,
    walk_replacements,
    walk_national_replacement,
    walk_cancellations,
    walk_with_a_guardian,
    walk_between_cities,
)
