"""One unit of work: every repository, on one connection."""

from collections.abc import Callable, Collection, Coroutine, Sequence
from typing import Any, TypeVar

from domain.once import once
from store.repositories.account_entries import AccountEntries
from store.repositories.answers import Answers
from store.repositories.audit import Audit
from store.repositories.belonging import Belongings
from store.repositories.card_imports import CardImports
from store.repositories.cards import Cards
from store.repositories.closings import Closings
from store.repositories.codes import Codes
from store.repositories.decisions import Decisions
from store.repositories.delegations import Delegations
from store.repositories.disclosures import Disclosures
from store.repositories.documents import Documents
from store.repositories.face_checks import FaceChecks
from store.repositories.guardianships import Guardianships
from store.repositories.holders import Holders
from store.repositories.identity_documents import IdentityDocuments
from store.repositories.key_marks import KeyMarks
from store.repositories.limit_counts import LimitCounts
from store.repositories.merges import Merges
from store.repositories.notices import Notices
from store.repositories.operations import Operations
from store.repositories.passwords import Passwords
from store.repositories.payments import Payments
from store.repositories.persisted_documents import PersistedDocuments
from store.repositories.person_data import PersonData
from store.repositories.policy_texts import PolicyTexts
from store.repositories.refunds import Refunds
from store.repositories.retained import Retained
from store.repositories.revocations import Revocations
from store.repositories.sealed_rows import SealedRows
from store.repositories.slots import Slots
from store.repositories.timeline import Timeline
from store.repositories.uploads import Uploads
from store.session import Session

Made = TypeVar("Made")


def _made(kind: Callable[[Session], Made]) -> "once[Made]":
    """Return the repository of a kind, made when it is asked for: a unit of work uses few of them."""
    return once(lambda work: kind(work._session))


class UnitOfWork:
    """The repositories that share one transaction, or one view for reading.

    Args:
        session: the connection and the keys.
        kept_texts: digests of the policy texts that are known to be kept.
    """

    holders = _made(Holders)
    belongings = _made(Belongings)
    identity_documents = _made(IdentityDocuments)
    merges = _made(Merges)
    guardianships = _made(Guardianships)
    cards = _made(Cards)
    card_imports = _made(CardImports)
    closings = _made(Closings)
    operations = _made(Operations)
    slots = _made(Slots)
    timeline = _made(Timeline)
    decisions = _made(Decisions)
    documents = _made(Documents)
    uploads = _made(Uploads)
    disclosures = _made(Disclosures)
    codes = _made(Codes)
    face_checks = _made(FaceChecks)
    payments = _made(Payments)
    persisted_documents = _made(PersistedDocuments)
    refunds = _made(Refunds)
    delegations = _made(Delegations)
    notices = _made(Notices)
    passwords = _made(Passwords)
    account_entries = _made(AccountEntries)
    answers = _made(Answers)
    revocations = _made(Revocations)
    key_marks = _made(KeyMarks)
    limit_counts = _made(LimitCounts)
    sealed_rows = _made(SealedRows)
    retained = _made(Retained)
    person_data = _made(PersonData)
    audit = _made(Audit)

    def __init__(self, session: Session, kept_texts: Collection[str] = frozenset()) -> None:
        self._session = session
        self.policy_texts = PolicyTexts(session, kept_texts)

    async def read_together(self, works: Sequence[Coroutine[Any, Any, None]]) -> None:
        """Run coroutines that read by this unit of work side by side, with as few trips to the database as they can share.

        What fails is left undone, and so may be what was asked together with it: whoever needs it asks again, alone.
        """
        await self._session.read_together(works)
