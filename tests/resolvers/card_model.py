"""What the documents say about a card, from production to its end, written anew: it predicts the service.

Nothing here is taken from the tables or policies of the code; the row ids are those of the source documents.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from domain.duration import CHINA_TIME
from domain.errors import DecisionRefused, DomainError, NotFound, NotPermitted
from tests.resolvers.world import CHENGDU, JINAN, MIANYANG, QINGDAO, ZIBO, Person

Refusal = type[DomainError] | None
"""What a request ends in; None where it is done."""

ACTORS = (
    "holder",
    "guardian",
    "stranger",
    "clerk",
    "clerk_nearby",
    "clerk_elsewhere",
    "card_maker",
    "bank",
    "other_bank",
)
CARD_ACTORS = (*ACTORS, "guardian_at_window", "operator")
"""Everybody who tries something on a card: also a guardian who comes to the window, and the hotline's operator."""
PARTNERS = ("card_maker", "bank")
"""Systems that handle an application and must not do what is the applicant's."""

ONLINE, WINDOW, TELEPHONE = frozenset({"online"}), frozenset({"window"}), frozenset({"telephone"})
WAYS = {
    "holder": "online",
    "guardian": "online",
    "stranger": "online",
    "clerk": "window",
    "clerk_nearby": "window",
    "clerk_elsewhere": "window",
    "guardian_at_window": "window",
    "operator": "telephone",
}
AT_ANY_WINDOW = dict.fromkeys((CHENGDU, MIANYANG, QINGDAO, JINAN, ZIBO), WINDOW)
OPEN = {
    # CD-2, SC-2, QD-2; NX-0 and NX-2: Jinan has opened everything, Zibo only applying.
    "activate": {CHENGDU: ONLINE | WINDOW, MIANYANG: WINDOW, QINGDAO: ONLINE | WINDOW, JINAN: ONLINE},
    # SC-8, QD-3, NX-4
    "report_temporary_loss": {
        CHENGDU: TELEPHONE,
        MIANYANG: TELEPHONE,
        QINGDAO: ONLINE | WINDOW | TELEPHONE,
        JINAN: ONLINE,
    },
    "report_formal_loss": {**AT_ANY_WINDOW, CHENGDU: ONLINE | WINDOW},  # SC-8, CD-3
    "cancel_loss_report": {**AT_ANY_WINDOW, CHENGDU: ONLINE | WINDOW, QINGDAO: ONLINE | WINDOW},  # SC-9, CD-4, QD-4
    "reissue": {**AT_ANY_WINDOW, CHENGDU: ONLINE | WINDOW, JINAN: ONLINE | WINDOW},  # SC-5, CD-8, NX-3
    "set_password": {**AT_ANY_WINDOW, CHENGDU: ONLINE | WINDOW},
    "change_password": {**AT_ANY_WINDOW, CHENGDU: ONLINE | WINDOW},  # SC-6, CD-5
    "reset_password": AT_ANY_WINDOW,  # SC-7
    "update_information": {**AT_ANY_WINDOW, CHENGDU: ONLINE | WINDOW, QINGDAO: ONLINE | WINDOW},  # SC-4, CD-6, QD-8
    "transfer_in": {CHENGDU: ONLINE | WINDOW, MIANYANG: WINDOW},  # SC-10, CD-7
    "cancel": {**AT_ANY_WINDOW, QINGDAO: ONLINE | WINDOW},  # SC-11, QD-5
}
ANY_OFFICE_IN_SICHUAN = frozenset(
    {"activate", "cancel_loss_report", "change_password", "reset_password", "update_information"}
)
"""SC-2, SC-4, SC-6, SC-7, SC-9: at any office in the province; elsewhere, and for all else, at those of the card's city."""

ACTIVE, LOCKED, TEMPORARY, FORMAL = "active", "locked", "temporarily_lost", "formally_lost"
STATES = {
    "activate": {"sealed"},
    "report_temporary_loss": {ACTIVE, LOCKED},
    "report_formal_loss": {ACTIVE, LOCKED, TEMPORARY},
    "cancel_loss_report": {TEMPORARY, FORMAL},
    "set_password": {ACTIVE},
    "change_password": {ACTIVE},
    "reset_password": {ACTIVE, LOCKED},
    "update_information": {"sealed", ACTIVE, LOCKED, TEMPORARY, FORMAL},
    "transfer_in": {ACTIVE},
    "cancel": {"sealed", ACTIVE, LOCKED, TEMPORARY, FORMAL},
}
TEMPORARY_LOSS = timedelta(days=7)  # NX-4, SC-8
TRIES = 5
ADULT_IN_SICHUAN, ADULT_ELSEWHERE, REISSUES_FROM = 18, 16, 18  # SC-12, NX-1, NX-3


def age(person: Person, on: date) -> int:
    """Return the age in whole years."""
    born = person.holder.born_on
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def in_sichuan(region: str) -> bool:
    """Say whether a region follows Sichuan's rules."""
    return region.startswith("51")


def acts_alone(person: Person, region: str, on: date) -> bool:
    """Say whether somebody is old enough to act without a guardian."""
    return age(person, on) >= (ADULT_IN_SICHUAN if in_sichuan(region) else ADULT_ELSEWHERE)


def a_year_after(moment: datetime) -> datetime:
    """Return the same moment of the next year in China; after 29 February comes the 28th."""
    local = moment.astimezone(CHINA_TIME)
    day = 28 if (local.month, local.day) == (2, 29) else local.day
    return local.replace(year=local.year + 1, day=day)


@dataclass
class CardLife:
    """One card: the states it entered, each with the moment and the reason, and what else is on record of it.

    Args:
        ends: when the last state ends by itself, and what it becomes then.
    """

    id: str
    person: Person
    region: str
    number: str
    bank: str
    since: datetime
    ends: tuple[datetime, str] | None = None
    replaces: "CardLife | None" = None
    history: list[tuple[str, datetime, str | None]] = field(default_factory=list)
    locked: bool = False
    password: str | None = None
    wrong: int = 0
    account_closed: bool = False
    received: bool = False

    def __post_init__(self) -> None:
        if in_sichuan(self.region):
            # SC-11: not collected in time.
            self.ends = (a_year_after(self.since), "cancelled")
        self.history.append(("sealed", self.since, None))

    @property
    def state(self) -> str:
        """The state, once `pass_time` was told what time it is."""
        return self.history[-1][0]

    @property
    def alive(self) -> bool:
        """Whether it takes up the person's one place in the province (SC-1)."""
        return self.state != "cancelled"

    def shares_place(self, other: "CardLife") -> bool:
        """Say whether two cards are of one person and province."""
        return self.person is other.person and self.region[:2] == other.region[:2]

    def pass_time(self, now: datetime) -> None:
        """Let a state end whose time has run out."""
        if self.ends is not None and now >= self.ends[0]:
            self._enter(self.ends[1], self.ends[0], "lapsed")

    def _enter(self, state: str, at: datetime, reason: str | None = None) -> None:
        # Being found does not unlock a card (SC-7).
        self.history.append((LOCKED if state == ACTIVE and self.locked else state, at, reason))
        self.ends = None

    def known_to(self, who: str) -> bool:
        """Say whether somebody may know of the card at all."""
        if who == "guardian":
            return self.person.guardian is not None
        return who not in ("stranger", "clerk_elsewhere", "other_bank")

    def refuses(self, service: str, who: str, now: datetime, *conditions: bool) -> Refusal:
        """Say what a request with complete papers ends in.

        Args:
            conditions: what the service wants besides the state, the way and the person.
        """
        if not self.known_to(who):
            return NotFound
        allowed = (
            WAYS.get(who) in OPEN[service].get(self.region, frozenset()),
            who != "clerk_nearby" or (in_sichuan(self.region) and service in ANY_OFFICE_IN_SICHUAN),
            self._right_person(service, who, now),
            self.state in STATES.get(service, {self.state}),
            *conditions,
        )
        return None if all(allowed) else DecisionRefused

    def _right_person(self, service: str, who: str, now: datetime) -> bool:
        on = now.astimezone(CHINA_TIME).date()
        if who.startswith("guardian"):
            young = (
                age(self.person, on) < REISSUES_FROM
                if service == "reissue"
                else not acts_alone(self.person, self.region, on)
            )
            return self.person.guardian is not None and young
        if service == "report_temporary_loss" and not in_sichuan(self.region):
            return True  # NX-4 and QD-3 name no age.
        return acts_alone(self.person, self.region, on) and (
            service != "reissue" or age(self.person, on) >= REISSUES_FROM
        )

    def refuses_step(
        self, service: str, who: str, now: datetime, *, bound: bool, replacing: bool, reason: str, others: int
    ) -> Refusal:
        """Say what a request ends in that only changes the card's state.

        Args:
            bound: whether a mobile number is bound to the holder (CD-3, CD-4); replacing: whether a new card is asked
                for in its place (SC-9); reason: why it is to be cancelled (SC-11); others: how many other cards the
                person has in the province.
        """
        by_code = WAYS.get(who) == "online" and self.region == CHENGDU
        kept_online = WAYS.get(who) == "online" and self.region == QINGDAO and self.state == FORMAL
        late = a_year_after(self.history[-1][1]).date() < now.astimezone(CHINA_TIME).date()
        fits = {"not_collected": self.state == "sealed" and late, "extra_card": others > 0, "settled_abroad": True}
        wants = {
            "activate": self.received,  # NX-2, SC-2, QD-2
            "report_formal_loss": bound or not by_code,
            # QD-4 takes back oral reports; the card that was lost for good is brought to the window.
            "cancel_loss_report": (bound or not by_code) and not replacing and not kept_online,
            "cancel": not replacing and (not in_sichuan(self.region) or fits[reason]),
        }
        return self.refuses(service, who, now, wants.get(service, True))

    def activate(self, now: datetime) -> None:
        """Enter use; the card that it replaces is cancelled (NX-3)."""
        self._enter(ACTIVE, now)
        if self.replaces is not None:
            self.replaces.end(now)

    def end(self, now: datetime, reason: str = "replaced") -> None:
        """Be replaced by the new card, or be lost in the post."""
        if self.alive:
            self._enter("cancelled", now, reason)

    def collected(self) -> None:
        """Stay sealed for as long as the holder likes: it does not lapse as uncollected any more."""
        self.received = True
        if self.state == "sealed":
            self.ends = None

    def report_temporary_loss(self, now: datetime) -> None:
        """Be lost for seven natural days (NX-4, SC-8); in Qingdao without an end (QD-3)."""
        self._enter(TEMPORARY, now)
        if self.region != QINGDAO:
            self.ends = (now + TEMPORARY_LOSS, ACTIVE)

    def report_formal_loss(self, now: datetime) -> None:
        """Be lost for good."""
        self._enter(FORMAL, now)

    def cancel_loss_report(self, now: datetime) -> None:
        """Be found: back to what it was."""
        self._enter(ACTIVE, now)

    def try_password(self, typed: str, new: str, now: datetime) -> bool:
        """Change the password if the old one is right; else count, and be locked by one too many."""
        if typed == self.password:
            self.password, self.wrong = new, 0
            return True
        self.wrong += 1
        if self.wrong >= TRIES:
            self.locked = True
            self._enter(LOCKED, now, "wrong_passwords")
        return False

    def reset_password(self, new: str, now: datetime) -> None:
        """Have a new password, and be unlocked (SC-7)."""
        self.password, self.wrong, self.locked = new, 0, False
        if self.state == LOCKED:
            self._enter(ACTIVE, now)

    def cancel(self, reason: str, now: datetime) -> None:
        """End for good (SC-11, QD-5)."""
        self._enter("cancelled", now, reason)

    def refuses_reissue(self, who: str, reason: str, replacing: bool, now: datetime) -> Refusal:
        """Say what a request for a new card ends in (SC-5, CD-8, NX-3)."""
        # Elsewhere every new card wants a formal loss; in Sichuan a damaged one is brought along, so it cannot be lost.
        wants_loss = reason == "lost" or not in_sichuan(self.region)
        fits = self.state == FORMAL if wants_loss else self.state in (ACTIVE, LOCKED)
        online = WAYS.get(who) != "online" or self.region != CHENGDU or reason == "lost"
        return self.refuses("reissue", who, now, fits, online, not replacing)

    def refuses_closing(self, who: str) -> Refusal:
        """Say what recording the end of the bank account ends in: the bank, after the application's end (SC-11)."""
        if not self.known_to(who):
            return NotFound
        return None if who == "bank" and not self.alive and not self.account_closed else DecisionRefused

    def refuses_update(self, who: str, now: datetime, *, rebinds: bool, proven: bool) -> Refusal:
        """Say what a change of information ends in (SC-4, CD-6, QD-8).

        Args:
            rebinds: whether it puts another mobile number in the place of the bound one; online that takes a code to the
                bound one or a face check, and a window sees who is there.
            proven: whether one of these came along.
        """
        confirmed = proven or not rebinds or WAYS.get(who) != "online"
        return self.refuses("update_information", who, now, confirmed)

    def refuses_transfer(self, who: str, target: str, now: datetime) -> Refusal:
        """Say what a transfer to a city ends in: within the province, from another city (SC-10, CD-7)."""
        if who in ("clerk_nearby", "clerk_elsewhere"):
            return NotPermitted
        same_province = target[:2] == self.region[:2]
        at_a_desk = who in ("clerk", "guardian_at_window", "operator")
        if not self.known_to(who) or (at_a_desk and not same_province):
            return NotFound
        way = WAYS.get(who) in OPEN["transfer_in"].get(target, frozenset())
        moves = same_province and target != self.region and self.state == ACTIVE
        person = in_sichuan(target) and self._right_person("transfer_in", who, now)
        return None if way and moves and person else DecisionRefused
