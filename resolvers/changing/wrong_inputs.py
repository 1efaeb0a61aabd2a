"""What is wrong with a request, noted until all of it has been looked at, so that people correct everything at once."""

from types import TracebackType

from domain.errors import InvalidInput, WrongInputs


class Wrong:
    """What was found wrong so far. As a context manager it notes a refusal that is raised within, and goes on after it."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        """Start with nothing."""
        self.found: list[InvalidInput] = []

    def __enter__(self) -> None:
        """Look at one thing."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Note what is wrong with it."""
        if not isinstance(error, InvalidInput):
            return False
        self.found.extend(error.errors)
        return True

    def refuse(self) -> None:
        """Refuse the request if anything is wrong.

        Raises:
            InvalidInput: with all of it; of what is wrong with one field, the first.
        """
        if first := self.first():
            raise first[0] if len(first) == 1 else WrongInputs(first)

    def first(self) -> list[InvalidInput]:
        """Return all of it; of what is wrong with one field, the first."""
        return list({each.field: each for each in reversed(self.found)}.values())[::-1]
