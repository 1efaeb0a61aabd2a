"""Tokens that count no more, though they are good otherwise."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum


class Revokes(StrEnum):
    """By which claim of theirs tokens are revoked."""

    ONE = "jti"
    SESSION = "sid"
    SUBJECT = "sub"


@dataclass(frozen=True, slots=True)
class Revocation:
    """An issuer's word that tokens of its own count no more.

    Args:
        issuer: its claim `iss`.
        revokes, value: by which claim, and what it says.
        revoked_at: when; of a subject, tokens that were issued after that count.
        until: when the last of these tokens has expired, so that nobody needs to know any more.
    """

    issuer: str
    revokes: Revokes
    value: str
    revoked_at: datetime
    until: datetime


@dataclass(slots=True)
class RevokedTokens:
    """What is revoked, as far as this process knows: looked at with each request, without a look at the database."""

    _found: dict[tuple[str, str, str], Revocation] = field(default_factory=dict)

    def note(self, revocations: Iterable[Revocation]) -> None:
        """Note what is revoked; what is known of the same already counts on, as far as it reaches further."""
        for each in revocations:
            key = each.issuer, each.revokes.value, each.value
            if (known := self._found.get(key)) is not None:
                # A word may come late, or again: it takes back nothing of a later one.
                at, until = max(known.revoked_at, each.revoked_at), max(known.until, each.until)
                each = replace(each, revoked_at=at, until=until)
            self._found[key] = each

    def forget(self, now: datetime) -> None:
        """Forget what nobody needs to know any more."""
        for key in [key for key, each in self._found.items() if each.until < now]:
            del self._found[key]

    def covers(
        self, issuer: str | None, token_id: str | None, session: str | None, subject: str, issued: float
    ) -> bool:
        """Say whether a token is revoked.

        Args:
            issuer, token_id, session, subject: its claims; issued: when it was, in seconds since 1970.
        """
        if not self._found or issuer is None:
            return False
        if (issuer, "jti", token_id) in self._found or (issuer, "sid", session) in self._found:
            return True
        of_subject = self._found.get((issuer, "sub", subject))
        return of_subject is not None and issued <= of_subject.revoked_at.timestamp()
