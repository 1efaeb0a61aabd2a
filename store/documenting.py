"""Writing down in columns and tables of their own what the sealed records of people alone told until now."""

from collections.abc import Awaitable, Callable
from typing import Final

from domain.holder import Holder
from store.repositories.holders import Holders
from store.repositories.identity_documents import DOCUMENTS, main_document
from store.session import Session
from store.statement import Statement

_PAGE = 500
_NAMESAKES = Statement('UPDATE "holders" SET "namesake_index" = $2 WHERE "id" = $1')


async def _document(session: Session, holder: Holder) -> None:
    """Put the document that a record names into the table of documents."""
    await session.append(DOCUMENTS, main_document(holder))


async def _namesakes(session: Session, holder: Holder) -> None:
    """Write down by what the namesakes of a person are found."""
    await session.run(_NAMESAKES, holder.id, session.sealer.namesake_index(holder.name, holder.born_on))


WRITERS: Final[dict[str, Callable[[Session, Holder], Awaitable[None]]]] = {
    "0017_identity_documents": _document,
    "0019_namesakes": _namesakes,
}
"""What is written down once for everybody, by the migration after which it is."""


async def write_down(session: Session, migrations: tuple[str, ...]) -> None:
    """Write down what some migrations have made room for, of everybody on record."""
    writers = [write for migration, write in WRITERS.items() if migration in migrations]
    holders, last, page = Holders(session), "", ()  # type: Holders, str, tuple[Holder, ...]
    while writers and (page := await holders.after(last, _PAGE)):
        for holder in page:
            for write in writers:
                await write(session, holder)
        await session.send_waiting()
        last = page[-1].id
