"""Writing down as a document of its own what the record of each person named alone until now."""

from store.repositories.holders import Holders
from store.repositories.identity_documents import DOCUMENTS, main_document
from store.session import Session

MIGRATION = "0016_identity_documents"
"""The migration after which the documents are written down, once."""
_PAGE = 500


async def write_documents(session: Session) -> int:
    """Put the document that each person's record names into the table of documents, and return how many there are."""
    holders, written, last = Holders(session), 0, ""
    while True:
        page = await holders.after(last, _PAGE)
        for holder in page:
            await session.append(DOCUMENTS, main_document(holder))
        await session.send_waiting()
        written += len(page)
        if len(page) < _PAGE:
            return written
        last = page[-1].id
