"""Cards that were issued before this service, with their holders, as somebody gives them: what cannot be right is refused.

The rules are those for cards and people that come on record here: numbers, days, words of the region, states that a card can have.
What a policy decides is not asked: the cards are there, and a record that leaves some out would be untrue.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from domain.card import CARD_LAPSES, AccountState, Card, CardState
from domain.duration import day_in_china
from domain.errors import InvalidInput, NotFound
from domain.holder import Holder
from domain.identity import carries_citizen_number
from domain.names import normal_name
from domain.region import NATION, province_of
from gateways.identity_number import birth_date, normalise_identity_number
from gateways.mobile import normalise_mobile
from policies.engine.decide import Policies
from policies.language.vocabulary import Lexicon
from resolvers.changing.card_details import card_number, require_days, social_security_number, wrong
from resolvers.changing.details import MAX_DETAIL, require_known_region, require_visible
from resolvers.changing.terms import require_term
from resolvers.changing.wrong_inputs import Wrong

MAX_NAME = 100
CITIZEN = "citizen"
"""The term of the holder types vocabulary for whoever has a citizen number, unless it is said otherwise."""


@dataclass(frozen=True, slots=True)
class GivenCard:
    """A card that was issued before this service, and its holder, as it is given.

    Args:
        name, identity_type, identity_number, holder_type, born_on: the holder; the day follows from a citizen number.
        mobile, address, address_region, insured_in, employed_in: of a holder who is not on record yet.
        card_number, social_security_number: on the card; the second is that of the identity document unless it is given.
        region: its home region, GB/T 2260; bank, generation: words of that region.
        issued_on, expires_on: its first and last day.
        state, state_since: in which state it is, and since when; state_until, state_then: what it becomes by time alone, and when.
        account_closed_at: when the bank closed the account of a cancelled card.
    """

    name: str
    identity_type: str
    identity_number: str
    card_number: str
    region: str
    bank: str
    generation: str
    issued_on: date
    state: CardState
    state_since: datetime
    state_until: datetime | None = None
    state_then: CardState | None = None
    expires_on: date | None = None
    social_security_number: str | None = None
    account_closed_at: datetime | None = None
    holder_type: str | None = None
    born_on: date | None = None
    mobile: str | None = None
    address: str | None = None
    address_region: str | None = None
    insured_in: tuple[str, ...] = ()
    employed_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadCard:
    """What was given, as it comes on record: the holder under a new id, and the card as theirs."""

    holder: Holder
    card: Card


class CardReader:
    """Makes records of what is given.

    Args:
        policies: whose words count; now: when it is read.
    """

    def __init__(self, policies: Policies, now: datetime) -> None:
        self._policies, self.now, self._today = policies, now, day_in_china(now)
        self._nation = policies.region(NATION).words

    def read(self, given: GivenCard) -> ReadCard:
        """Return what is given as it comes on record.

        Raises:
            InvalidInput: it cannot be right; of several wrong fields, each is told.
        """
        faults = Wrong()
        holder = place = None
        with faults:
            holder = self._holder(given)
        with faults:
            place = self._home(given.region)
        with faults:
            self._require_state(given)
        number = own_number = ""
        with faults:
            number = card_number(given.card_number)
        with faults:
            own_number = social_security_number(given.social_security_number or given.identity_number)
        if place is not None:
            words = place[1]
            with faults:
                require_term(words, "banks", given.bank, "input.bank")
            with faults:
                require_term(words, "card_generations", given.generation, "input.generation")
        if holder is not None:
            with faults:
                require_days(given.issued_on, given.expires_on, holder.born_on, self._today)
        faults.refuse()
        if place is None or holder is None:
            raise AssertionError("a card of an unknown region or holder was refused")
        card = Card(
            id=str(uuid4()),
            holder_id=holder.id,
            region=place[0],
            province=province_of(place[0]),
            number=number,
            social_security_number=own_number,
            bank=given.bank,
            generation=given.generation,
            state=given.state,
            issued_on=given.issued_on,
            expires_on=given.expires_on,
            state_since=given.state_since,
            state_until=given.state_until,
            state_then=given.state_then,
            password_locked=given.state is CardState.LOCKED,
            account_state=AccountState.OPEN if given.account_closed_at is None else AccountState.CLOSED,
            account_closed_at=given.account_closed_at,
        )
        return ReadCard(holder, card)

    def _home(self, code: str) -> tuple[str, Lexicon]:
        """Return the region whose card it is, and its words: of a district without policies of its own, that of its city."""
        try:
            place = self._policies.deciding(code)
        except NotFound as unknown:
            raise InvalidInput(unknown.message, field="input.regionCode", code=unknown.code) from None
        if place.region.code == NATION:
            raise wrong(
                "regionCode", "请填写卡归属的地市", "give the code of the city whose card it is, not the nation's"
            )
        return place.region.code, place.words

    def _holder(self, given: GivenCard) -> Holder:
        faults = Wrong()
        name, born_on = normal_name(given.name), given.born_on
        number = ""
        with faults:
            require_visible(name, "input.name")
            if not 0 < len(name) <= MAX_NAME:
                raise wrong("name", f"请填写姓名，最多{MAX_NAME}个字", f"give a name of at most {MAX_NAME} characters")
        with faults:
            require_term(self._nation, "identity_types", given.identity_type, "input.identityType")
            number = normalise_identity_number(given.identity_type, given.identity_number, field="input.identityNumber")
            born_on = self._born_on(given, number)
        holder_type = given.holder_type
        with faults:
            if holder_type is None and carries_citizen_number(given.identity_type):
                holder_type = CITIZEN
            require_term(self._nation, "holder_types", holder_type or "", "input.holderType")
        mobile = address = None
        with faults:
            mobile = normalise_mobile(given.mobile, field="input.mobile") if given.mobile else None
        with faults:
            address = self._address(given)
        for field, codes in (("insuredIn", given.insured_in), ("employedIn", given.employed_in)):
            with faults:
                for code in codes:
                    require_known_region(code, f"input.{field}", self._policies.codes)
        faults.refuse()
        if born_on is None or holder_type is None:
            raise AssertionError("a holder who lacks something was refused")
        return Holder(
            id=str(uuid4()),
            name=name,
            holder_type=holder_type,
            identity_type=given.identity_type,
            identity_number=number,
            born_on=born_on,
            mobile=mobile,
            address=address,
            address_region=given.address_region,
            insured_in=given.insured_in,
            employed_in=given.employed_in,
        )

    def _born_on(self, given: GivenCard, number: str) -> date:
        """Return the date of birth, which a citizen number says and other documents do not."""
        if carries_citizen_number(given.identity_type):
            said = birth_date(number, field="input.identityNumber")
            if given.born_on not in (None, said):
                raise wrong(
                    "bornOn",
                    "出生日期与公民身份号码不一致，请对照证件核对",
                    "the date of birth is not that in the citizen identity number; compare both with the document",
                )
            return said
        if given.born_on is None or given.born_on > self._today:
            raise wrong("bornOn", "请按证件填写出生日期", "give the date of birth as the document has it")
        return given.born_on

    def _address(self, given: GivenCard) -> str | None:
        if given.address_region is not None:
            require_known_region(given.address_region, "input.addressRegion", self._policies.codes)
        if given.address is None:
            return None
        require_visible(given.address, "input.address")
        if len(given.address) > MAX_DETAIL:
            raise wrong(
                "address",
                f"地址最多{MAX_DETAIL}个字，请缩短",
                f"the address has at most {MAX_DETAIL} characters; shorten it",
            )
        return given.address

    def _require_state(self, given: GivenCard) -> None:
        """Refuse a state that no card is in at these moments."""
        if not self._happened(given.state_since) or day_in_china(given.state_since) < given.issued_on:
            raise wrong(
                "stateSince",
                "这个状态的开始时间应带时区，不早于发卡日期，也不晚于现在，请核对",
                "the state began at a moment with a zone, not before the day of issue and not in the future; check it",
            )
        if (given.state_until is None) != (given.state_then is None):
            raise wrong(
                "stateUntil" if given.state_until is None else "stateThen",
                "到期时间和到期后的状态应同时填写，或者都不填",
                "give both when the state ends and what it becomes, or neither",
            )
        if given.state_until is not None and given.state_then is not None:
            if (given.state, given.state_then) not in CARD_LAPSES:
                raise wrong(
                    "stateThen",
                    "这个状态到期后不能变为所填的状态，请核对",
                    "a card in that state cannot become that by time alone; check both states",
                )
            if given.state_until.tzinfo is None or given.state_until <= given.state_since:
                raise wrong("stateUntil", "到期时间应带时区，并晚于开始时间", "the state ends after it began; check it")
        closed_at = given.account_closed_at
        if closed_at is not None and (given.state is not CardState.CANCELLED or not self._happened(closed_at)):
            raise wrong(
                "accountClosedAt",
                "社保功能注销后才能注销银行账户，时间不能晚于现在，请核对",
                "only the account of a cancelled card is closed, and not in the future; check it",
            )

    def _happened(self, moment: datetime) -> bool:
        return moment.tzinfo is not None and moment <= self.now
