"""What people are told: put on record with a change, and taken up one by one to be sent."""

from datetime import UTC, datetime

from domain.message import Message
from domain.notice import Notice
from store.notice_models import NoticeRow
from store.repositories.repository import Repository
from store.statement import Statement
from store.table import Table

NOTICES = Table(NoticeRow, Notice, personal=("mobile", "language", "values"))
# Who is sending one has put off when it is due, so that nobody else takes it up.
_NEXT = NOTICES.select('WHERE "due_at" <= $1 ORDER BY "due_at", "id" LIMIT 1 FOR UPDATE SKIP LOCKED')
_OF_HOLDER = NOTICES.select('WHERE "holder_id" = $1 ORDER BY "created_at" DESC, "id" DESC LIMIT $2')
_WAITING = Statement(
    'SELECT count(*), coalesce(sum(CASE WHEN "due_at" <= $1 THEN 1 ELSE 0 END), 0) FROM "notices" WHERE "due_at" IS NOT NULL'
)


class Notices(Repository[Notice]):
    """Notices on record, sent ones too, for as long as they are kept."""

    table = NOTICES
    noun = Message("通知", "notice")

    async def add(self, notice: Notice) -> None:
        """Put a notice on record, by the statement that writes the change."""
        await self._session.append(NOTICES, notice)

    async def lock_next(self, now: datetime) -> Notice | None:
        """Return the notice that has been due for longest and that nobody else holds, and lock it until the commit."""
        return await self._first(_NEXT, now.astimezone(UTC))

    async def update(self, notice: Notice) -> None:
        """Replace the record of a notice; lock it first.

        Raises:
            NotFound: it is not on record.
        """
        await self._overwrite(notice)

    async def of_holder(self, holder_id: str, limit: int) -> tuple[Notice, ...]:
        """Return what a person was told last, the newest first."""
        return await self._all(_OF_HOLDER, holder_id, limit)

    async def waiting(self, now: datetime) -> tuple[int, int]:
        """Return how many notices wait, and how many of these are due."""
        [[waiting, due]] = await self._session.run(_WAITING, now.astimezone(UTC))
        return int(waiting), int(due)
