"""A small country for tests: people, offices and the real use cases on real policies, with sandboxes and a set clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from uuid import uuid4

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from domain.evidence import DocumentEvidence
from domain.holder import Actor, Guardianship, Holder
from domain.operation import Delivery
from domain.rate_limits import Limited, Rate, RateLimits
from domain.region import province_of
from gateways.apart.processes import Apart
from gateways.clock import SettableClock
from gateways.face import SandboxFace
from gateways.files import FolderFiles
from gateways.insurance import SandboxInsuranceRegister
from gateways.mobile_register import SandboxMobileRegister
from gateways.passwords import PasswordHasher
from gateways.payment import SandboxPayment
from gateways.registry import SandboxRegistry
from gateways.sms import SandboxSms
from gateways.working_calendar import ChineseWorkingCalendar
from policies.engine.decide import Policies
from policies.tree.tree import load_tree
from resolvers.changing.face import request_face_check
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.verification import request_verification_code
from resolvers.dependencies import Dependencies
from store import Store
from store.records import StoredDocument
from tests.patience import PICTURES_WITH_PATIENCE

REGIONS = Path(__file__).parents[2] / "regions"
START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
_CODE = (Rate(1, timedelta(microseconds=1)),)
CODES_ALONE = {each: _CODE if each.purpose == "codes" else () for each in Limited}
"""Of many who ask for a code at one moment one gets it; nothing else is limited."""
PAYMENT_SECRET = b"payment secret of the test suite"
MOBILE = "13812345678"

CHENGDU, MIANYANG, QINGDAO, JINAN, ZIBO = "510100", "510700", "370200", "370100", "370300"
CHANNELS = {
    CHENGDU: "unionpay_app",
    MIANYANG: "national_mini_program",
    QINGDAO: "qingdao_app",
    JINAN: "national_mini_program",
    ZIBO: "national_mini_program",
}
BANKS = {CHENGDU: None, MIANYANG: None, QINGDAO: "icbc", JINAN: "icbc", ZIBO: "ccb"}
COLLECTED_AT = {CHENGDU: "chengdu_sample_icbc", QINGDAO: "qingdao_sample_ordinary"}
"""An outlet of each city that lists some."""
NATIONAL = (JINAN, ZIBO)
"""Where people apply through the national service, and through nothing else."""

_numbers = count(1)


@cache
def policies() -> Policies:
    """Return the policies of the real regions, loaded once a run."""
    tree = load_tree(REGIONS)
    return Policies(tree, calendar=ChineseWorkingCalendar(tree.days.holidays, tree.days.workdays))


def signing_key() -> bytes:
    """Return a new Ed25519 private key in PEM."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True, slots=True)
class World:
    """A store with the use cases around it.

    Args:
        shown: what the sandboxes have shown, the oldest first.
        payments: the pretended provider, to sign its notices.
    """

    dependencies: Dependencies
    clock: SettableClock
    payments: SandboxPayment
    shown: list[str] = field(default_factory=list)

    @property
    def store(self) -> Store:
        """The store."""
        return self.dependencies.store

    async def close(self) -> None:
        """Leave no process behind."""
        await self.dependencies.pictures.close()

    def last_word(self) -> str:
        """Return the last word of what was last shown: a face assertion, or an address to pay at."""
        return self.shown[-1].rsplit(" ", 1)[-1]

    async def face(self, actor: Actor, service: str) -> str:
        """Pass a face check and return the assertion."""
        await request_face_check(self.dependencies, actor, service, None)
        return self.last_word()

    async def code(self, actor: Actor, service: str, mobile: str) -> str:
        """Ask for a verification code and return the one that the SMS held."""
        # Two codes at the same moment are refused.
        self.clock.advance(timedelta(seconds=1))
        await request_verification_code(self.dependencies, actor, service, mobile, "zh")
        return self.shown[-1].split(": ", 1)[1][:6]


def world(store: Store, folder: Path, face_key: bytes | None = None) -> World:
    """Put the use cases together on a store, as main.py does in development."""
    shown: list[str] = []
    show: Callable[[str], None] = shown.append
    clock = SettableClock(START)
    payments = SandboxPayment("test", show, PAYMENT_SECRET, "http://127.0.0.1:8000")
    days = policies().tree.days
    dependencies = Dependencies(
        store=store,
        policies=policies,
        clock=clock,
        calendar=ChineseWorkingCalendar(days.holidays, days.workdays),
        sms=SandboxSms("test", show),
        payments=payments,
        faces=SandboxFace("test", show, face_key or signing_key()),
        registry=SandboxRegistry("test", []),
        insurance=SandboxInsuranceRegister("test", {}),
        mobiles=SandboxMobileRegister("test", {}),
        passwords=PasswordHasher.cheap(),
        files=FolderFiles(folder / "files", [Fernet.generate_key()]),
        code_key=b"key of the codes of the test suite",
        callback_url="http://127.0.0.1:8000/callbacks/payment",
        limits=RateLimits(CODES_ALONE),
        pictures=Apart("pictures", PICTURES_WITH_PATIENCE),
    )
    return World(dependencies, clock, payments, shown)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on record with every document that any of the regions asks for.

    Args:
        documents: ids of documents by type; photos by the region whose measures they have.
        guardian: the id of the guardian on record, if there is one.
    """

    holder: Holder
    documents: dict[str, str]
    guardian: str | None = None

    @property
    def id(self) -> str:
        """The holder's id."""
        return self.holder.id

    def papers(self, region: str) -> tuple[str, ...]:
        """Return the documents to bring along in a region."""
        photos = {CHENGDU: "photo_chengdu", QINGDAO: "photo_qingdao"}
        others = {name for name in self.documents if not name.startswith("photo")}
        return tuple(self.documents[name] for name in sorted({*others, photos.get(region, "photo_chengdu")}))

    def citizen(self, region: str) -> Actor:
        """Return the person in the channel of a region."""
        return Actor(self.id, "citizen", CHANNELS[region])


async def settle(
    store: Store,
    *,
    born: date = date(1990, 3, 7),
    insured_in: tuple[str, ...] = (CHENGDU,),
    guardian: str | None = None,
) -> Person:
    """Put an invented person on record, with their documents and perhaps a guardian."""
    number = next(_numbers)
    holder = Holder(
        id=str(uuid4()),
        name=f"示例{number}",
        holder_type="citizen",
        identity_type="resident_identity_card",
        # Not a number that anybody could have; the store only wants it to be the only one of its kind.
        identity_number=f"T{uuid4().hex[:17].upper()}",
        born_on=born,
        insured_in=insured_in,
    )
    papers = {
        "photo_chengdu": _document("photo", 413, 579, 300),
        "photo_qingdao": _document("photo", 358, 441, 350),
        "identity_card_front": _document("identity_card_front", 856, 540, 254),
        "identity_card_back": _document("identity_card_back", 856, 540, 254),
    }
    if guardian is not None:
        papers["birth_certificate"] = _document("birth_certificate", 1000, 1400, 150)
    async with store.transaction() as work:
        await work.holders.add(holder)
        for evidence in papers.values():
            await work.documents.add(_stored(evidence, holder))
        if guardian is not None:
            await work.guardianships.add(Guardianship(guardian, holder.id, "父母", START))
    return Person(holder, {name: evidence.id or "" for name, evidence in papers.items()}, guardian)


def _document(kind: str, width: int, height: int, dpi: int) -> DocumentEvidence:
    return DocumentEvidence(str(uuid4()), kind, "jpeg", 60_000, width, height, dpi, True, "white", date(2026, 11, 1))


def _stored(evidence: DocumentEvidence, holder: Holder) -> StoredDocument:
    province = province_of(holder.insured_in[0]) if holder.insured_in else ""
    return StoredDocument(evidence, holder.id, holder.id, province, START, "0" * 64, f"{evidence.id}.jpg")


DETAILS = {"mobile": MOBILE, "residence_address": "示例路1号"}


async def application(country: World, actor: Actor, person: Person, region: str) -> ServiceRequest:
    """Return a complete application: everything that the region asks for is there."""
    outlet = "qingdao_sample_ordinary" if region == QINGDAO else None
    return ServiceRequest(
        "apply",
        region=region,
        holder_id=person.id,
        present_id=person.id if actor.role == "clerk" else None,
        bank=BANKS[region],
        outlet=outlet,
        delivery=posted() if region == QINGDAO else None,
        details=DETAILS,
        declarations={"declared.agreement_accepted": "true"},
        documents=person.papers(region),
        face_assertion=await country.face(actor, "apply") if actor.channel == "national_mini_program" else None,
    )


def posted(region: str = "110105") -> Delivery:
    """Return a complete address in a region."""
    return Delivery("post", None, region, "示例收件人", MOBILE, "示例路2号", "100000")


def clerk(region: str, channel: str | None = None) -> Actor:
    """Return a clerk at a window of a region."""
    name = channel or ("bank_window" if region == QINGDAO else "service_window")
    # Of the bank that issues all cards of that city here (QD-2).
    bank_of_outlet = "icbc" if name == "bank_window" else None
    return Actor(f"clerk-{region}", "clerk", name, f"window-{region}", region, bank_of_outlet)


CARD_MAKER = Actor("card-maker-1", "card_maker", "partner_system", "card-maker-1")


def bank(name: str) -> Actor:
    """Return an issuing bank's system."""
    return Actor(f"bank-{name}", "bank", "partner_system", name)


def mobile_number() -> str:
    """Return a mobile number that no other test was sent a code to."""
    return f"138{next(_numbers):08}"


def card_number() -> str:
    """Return a number that no other card has."""
    return f"T{uuid4().hex[:20].upper()}"
