"""What the policies of a digest said, kept for as long as decisions name the digest."""

from domain.errors import NotFound
from domain.message import Message
from store.models import PolicyTextRow
from store.session import Session


class PolicyTexts:
    """Policy texts by digest."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def keep(self, digest: str, text: str) -> None:
        """Keep a text under its digest; nothing happens when it is kept already."""
        row = PolicyTextRow(digest=digest, text=text)
        await PolicyTextRow.bulk_create([row], ignore_conflicts=True, using_db=self._session.writer)

    async def get(self, digest: str) -> str:
        """Return the text of a digest.

        Raises:
            NotFound: no text was kept under it.
        """
        row = await self._session.rows(PolicyTextRow).filter(digest=digest).first()
        if row is None:
            raise NotFound(
                Message(
                    f"没有摘要为“{digest}”的政策文本。请核对摘要。",
                    f"No policy text is kept under the digest {digest}; check the digest.",
                )
            )
        return str(row.text)
