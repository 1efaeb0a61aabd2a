"""What the policies of a digest said, kept for as long as decisions name the digest."""

from collections.abc import Iterable

from domain.errors import NotFound
from domain.message import Message
from store.models import PolicyTextRow
from store.session import AT_ONCE, Session


class PolicyTexts:
    """Policy texts by digest."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def keep(self, digest: str, text: str) -> None:
        """Keep a text under its digest; nothing happens when it is kept already."""
        row = PolicyTextRow(digest=digest, text=text)
        await PolicyTextRow.bulk_create([row], ignore_conflicts=True, using_db=self._session.writer)

    async def get_many(self, digests: Iterable[str]) -> dict[str, str]:
        """Return the texts that are kept, by digest; digests of nothing are left out."""
        wanted, found = sorted(set(digests)), {}
        for start in range(0, len(wanted), AT_ONCE):
            rows = self._session.rows(PolicyTextRow).filter(digest__in=wanted[start : start + AT_ONCE])
            found.update({str(row.digest): str(row.text) for row in await rows})
        return found

    async def get(self, digest: str) -> str:
        """Return the text of a digest.

        Raises:
            NotFound: no text was kept under it.
        """
        row = await self._session.rows(PolicyTextRow).filter(digest=digest).first()
        if row is None:
            raise NotFound(
                Message(
                    "没有这个摘要的政策文本，请核对摘要。",
                    f"No policy text is kept under the digest {digest}; check the digest.",
                )
            )
        return str(row.text)
