"""What the policies of a digest said, kept for as long as decisions name the digest."""

from collections.abc import Callable, Collection, Iterable

from domain.errors import NotFound
from domain.message import Message
from store.session import Session
from store.statement import Statement

_KEEP = Statement('INSERT INTO "policy_texts" ("digest", "text") VALUES ($1, $2) ON CONFLICT DO NOTHING')
_TEXTS = Statement('SELECT "digest", "text" FROM "policy_texts" WHERE "digest" = ANY($1)')


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

    async def keep(self, digest: str, text: Callable[[], str]) -> None:
        """Keep a text under its digest; nothing happens when it is kept already.

        Args:
            text: writes it, which takes a while.
        """
        if digest not in self._kept and digest not in self.keeping:
            await self._session.run(_KEEP, digest, text())
            self.keeping.add(digest)

    async def get_many(self, digests: Iterable[str]) -> dict[str, str]:
        """Return the texts that are kept, by digest; digests of nothing are left out."""
        return {found[0]: found[1] for found in await self._session.run(_TEXTS, list(set(digests)))}

    async def get(self, digest: str) -> str:
        """Return the text of a digest.

        Raises:
            NotFound: no text was kept under it.
        """
        found = await self.get_many([digest])
        if digest not in found:
            raise NotFound(
                Message(
                    "没有这个摘要的政策文本，请核对摘要。",
                    f"No policy text is kept under the digest {digest}; check the digest.",
                )
            )
        return found[digest]
