"""Warnings: what the language allows, and an officer should know before it surprises anybody."""

from dataclasses import dataclass

from domain.message import Language, Message
from policies.source.faults import SourceLocation, told


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that is allowed, and that an officer should know.

    Args:
        code: which kind of warning; each has a page in `docs/errors/`.
        place: where; message: what; remedy: what to do.
    """

    code: str
    place: SourceLocation
    message: Message
    remedy: Message

    def text(self, language: Language) -> str:
        """Say it in lines, for people."""
        return told(self.place, self.code, self.message, self.remedy).text(language)


def in_order(notice: Notice) -> tuple[str, int, int, str, Message]:
    """Return what warnings are sorted by: their places."""
    return notice.place.file, notice.place.line, notice.place.column, notice.code, notice.message
