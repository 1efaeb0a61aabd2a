"""Warnings: what the language allows, and an officer should know before it surprises anybody."""

from dataclasses import dataclass

from policies.faults import Place


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that is allowed, and that an officer should know.

    Args:
        code: which kind of warning; each has a page in `docs/errors/`.
        place: where; message: what; remedy: what to do.
    """

    code: str
    place: Place
    message: str
    remedy: str

    def __str__(self) -> str:
        path = f" at {self.place.path}" if self.place.path else ""
        return f"{self.place}: {self.code}{path}\n    {self.message}\n    Remedy: {self.remedy}"


def in_order(notice: Notice) -> tuple[str, int, int, str, str]:
    """Return what warnings are sorted by: their places."""
    return notice.place.file, notice.place.line, notice.place.column, notice.code, notice.message
