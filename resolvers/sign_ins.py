"""Tokens that were refused, told to the audit record: each by itself, and a flood of them by its number."""

from hashlib import sha256
from typing import Final

from domain.errors import NotAuthenticated
from resolvers.audit import told_of
from resolvers.dependencies import Dependencies
from store.audit.entries import AuditKind

REFUSED: Final = "token_refused"
"""What the audit record calls it."""
A_MINUTE: Final = 60
"""How many of one minute are told by themselves by a process; a later one tells how many more there were. Strangers could fill the record."""


class Flood:
    """Counts what comes in a minute."""

    def __init__(self) -> None:
        self._minute = 0
        self._count = 0

    def passes(self, minute: int) -> tuple[bool, int]:
        """Say whether one more may be told by itself, and how many of an earlier minute were not."""
        untold = 0
        if minute != self._minute:
            untold = max(0, self._count - A_MINUTE)
            self._minute, self._count = minute, 0
        self._count += 1
        return self._count <= A_MINUTE, untold


_FLOOD: Final = Flood()


def note_refused(dependencies: Dependencies, header: str, refused: NotAuthenticated) -> None:
    """Tell the record that a token was refused; it is known by its hash alone."""
    now = dependencies.clock.now()
    alone, untold = _FLOOD.passes(int(now.timestamp() // 60))
    entries = []
    if untold:
        entries.append(told_of(None, now, AuditKind.SIGN_IN, REFUSED, reference=f"{untold} more"))
    if alone:
        digest = sha256(header.encode(errors="replace")).hexdigest()
        entries.append(told_of(None, now, AuditKind.SIGN_IN, REFUSED, reference=refused.code, digest=digest))
    dependencies.store.looks.note(entries)
