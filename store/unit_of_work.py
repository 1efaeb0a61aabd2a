"""One unit of work: every repository, on one connection."""

from collections.abc import Collection, Coroutine, Sequence
from functools import cached_property
from typing import Any

from store.repositories.account_entries import AccountEntries
from store.repositories.answers import Answers
from store.repositories.cards import Cards
from store.repositories.codes import Codes
from store.repositories.decisions import Decisions
from store.repositories.delegations import Delegations
from store.repositories.documents import Documents
from store.repositories.face_checks import FaceChecks
from store.repositories.guardianships import Guardianships
from store.repositories.holders import Holders
from store.repositories.operations import Operations
from store.repositories.passwords import Passwords
from store.repositories.payments import Payments
from store.repositories.persisted_documents import PersistedDocuments
from store.repositories.policy_texts import PolicyTexts
from store.repositories.refunds import Refunds
from store.repositories.slots import Slots
from store.repositories.timeline import Timeline
from store.session import Session


class UnitOfWork:
    """The repositories that share one transaction, or one view for reading.

    Args:
        session: the connection and the keys.
        kept_texts: digests of the policy texts that are known to be kept.
    """

    def __init__(self, session: Session, kept_texts: Collection[str] = frozenset()) -> None:
        self._session = session
        self.holders = Holders(session)
        self.guardianships = Guardianships(session)
        self.cards = Cards(session)
        self.operations = Operations(session)
        self.slots = Slots(session)
        self.timeline = Timeline(session)
        self.decisions = Decisions(session)
        self.policy_texts = PolicyTexts(session, kept_texts)
        self.documents = Documents(session)
        self.codes = Codes(session)
        self.face_checks = FaceChecks(session)
        self.payments = Payments(session)
        self.refunds = Refunds(session)
        self.delegations = Delegations(session)
        self.passwords = Passwords(session)
        self.account_entries = AccountEntries(session)
        self.answers = Answers(session)

    @cached_property
    def persisted_documents(self) -> PersistedDocuments:
        """GraphQL documents by their hash, which hardly any unit of work needs."""
        return PersistedDocuments(self._session)

    async def read_together(self, works: Sequence[Coroutine[Any, Any, None]]) -> None:
        """Run coroutines that read by this unit of work side by side, with as few trips to the database as they can share.

        What fails is left undone, and so may be what was asked together with it: whoever needs it asks again, alone.
        """
        await self._session.read_together(works)
