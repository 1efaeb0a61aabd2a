"""What the policies of a digest said, kept for as long as decisions name the digest."""

from collections.abc import Collection, Iterable

from domain.errors import NotFound
from domain.message import Message
from store.models import PolicyTextRow
from store.session import AT_ONCE, Session


class PolicyTexts:
    """Policy texts by digest.

    Args:
        session: the unit of work.
        kept: digests whose texts are known to be kept, for as long as the store is open: a text is long, and hardly any
            decision brings a new one. What this unit of work keeps is in `keeping`, to be added once it is committed.
    """

    def __init__(self, session: Session, kept: Collection[str] = frozenset()) -> None:
        self._session = session
        self._kept = kept
        self.keeping: set[str] = set()

    async def keep(self, digest: str, text: str) -> None:
        """Keep a text under its digest; nothing happens when it is kept already."""
        if digest not in self._kept and digest not in self.keeping:
            await self._session.insert_if_new(PolicyTextRow(digest=digest, text=text))
            self.keeping.add(digest)

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
