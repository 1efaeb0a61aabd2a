"""GraphQL documents that clients have told once and ask for by their hash, kept in the database so that every process knows them."""

from datetime import timedelta
from typing import Final

from gateways.clock import Clock
from store import Store
from store.records import PersistedDocument

MOST: Final = 2_000
"""Documents that are kept; a front-end has some dozens."""

MOST_CHARACTERS: Final = 4 * 1024 * 1024
"""Of the texts of all documents that are kept, together."""

SURE_FOR: Final = timedelta(hours=1)
"""How long nobody notes down again that a document is asked for."""


class PersistedDocuments:
    """Documents by the SHA-256 of their text.

    Args:
        store: keeps them; clock: tells when they are asked for.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def find(self, digest: str) -> str | None:
        """Return the text of a hash, and note that it is asked for; None where it is not kept."""
        async with self._store.reading() as work:
            found = await work.persisted_documents.find(digest)
        if found is None:
            return None
        now = self._clock.now()
        if found.used_at + SURE_FOR <= now:
            async with self._store.transaction(unrecorded=True) as work:
                await work.persisted_documents.use(digest, now)
        return found.text

    async def keep(self, digest: str, text: str) -> None:
        """Keep a text under its hash; those that were not asked for the longest make room for it."""
        document = PersistedDocument(digest, len(text), self._clock.now(), text)
        async with self._store.transaction(unrecorded=True) as work:
            await work.persisted_documents.keep(document, MOST, MOST_CHARACTERS)
