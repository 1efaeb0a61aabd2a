"""Imports of cards that were issued before this service, and how far each has got."""

from datetime import datetime

from domain.errors import Conflict
from domain.message import Message
from store.card_models import CardImportRow
from store.records import CardImport
from store.repositories.repository import Repository
from store.statement import Statement
from store.table import Table

_IMPORTS = Table(CardImportRow, CardImport)
_GO_ON = Statement(
    'UPDATE "card_imports" SET "at" = $3, "rows" = "rows" + $4, "cards" = "cards" + $5, "people" = "people" + $6, '
    '"known" = "known" + $7, "refused" = "refused" + $8 '
    'WHERE "id" = $1 AND ("rows" = $2 OR $2::integer IS NULL) RETURNING 1'
)


class CardImports(Repository[CardImport]):
    """Imports by the digest of what they came from."""

    table = _IMPORTS
    noun = Message("导入记录", "import")

    async def begin(self, begun: CardImport) -> CardImport:
        """Put an import on record, and return it as it is; one that has begun before, as far as it has got."""
        await self._session.insert_if_new(_IMPORTS, begun)
        return await self.get(begun.id)

    async def go_on(self, more: CardImport, after: int | None, now: datetime) -> None:
        """Count what was done besides.

        Args:
            more: the id, and how many of each kind are added; after: how many rows must be done before, if that matters.

        Raises:
            Conflict: another number of rows is done: somebody else imports the same at this moment.
        """
        counts = more.rows, more.cards, more.people, more.known, more.refused
        if not await self._session.run(_GO_ON, more.id, after, now, *counts):
            raise Conflict(
                Message(
                    "另一个进程正在导入同一份文件，请等它完成后再运行。",
                    "Another process imports the same file at this moment; wait for it, and run the import again.",
                )
            )
