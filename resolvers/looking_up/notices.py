"""What people were told of changes about them, for themselves to look up."""

from collections.abc import Mapping, Sequence
from typing import Final

from domain.notice import Notice
from store import UnitOfWork

MOST: Final = 1_000


async def notices_to(work: UnitOfWork, holder_ids: Sequence[str]) -> Mapping[str, tuple[Notice, ...]]:
    """Return the last notices to people, the newest first, by person."""
    return {holder_id: await work.notices.of_holder(holder_id, MOST) for holder_id in holder_ids}
