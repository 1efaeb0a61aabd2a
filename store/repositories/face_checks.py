"""Face check assertions: each is good for one use."""

from datetime import datetime
from uuid import uuid4

from domain.errors import Conflict
from domain.message import Message
from store.session import Session
from store.statement import Statement

_USED = Message(
    "这次人脸识别已经用过，不能再用，请重新识别。",
    "This face check has been used already, and each one counts once; do the face check again.",
)
_CONSUME = Statement(
    'INSERT INTO "face_checks" ("id", "assertion_id", "person_id", "purpose", "at") VALUES ($1, $2, $3, $4, $5) '
    "ON CONFLICT DO NOTHING RETURNING 1"
)


class FaceChecks:
    """Assertions that have been used."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def consume(self, assertion_id: str, person_id: str, purpose: str, at: datetime) -> None:
        """Use an assertion up.

        Raises:
            Conflict: it was used before (`FACE_CHECK_USED`).
        """
        if not await self._session.run(_CONSUME, str(uuid4()), assertion_id, person_id, purpose, at):
            raise Conflict(_USED, code="FACE_CHECK_USED")
