"""A request that is turned away before anything is executed."""

from collections.abc import Mapping

from domain.errors import InvalidInput
from domain.message import Message


class RequestRefused(InvalidInput):
    """The HTTP request itself is at fault.

    Args:
        message: what is wrong and what to do.
        code: the code in the answer's `extensions`.
        status: the HTTP status of the answer.
        headers: headers that the status asks for, such as `Allow`.
    """

    default_code = "INVALID_REQUEST"

    def __init__(
        self,
        message: Message,
        *,
        code: str | None = None,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.headers = dict(headers or {})
