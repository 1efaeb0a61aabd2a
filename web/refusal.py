"""A request that is turned away before anything is executed."""

from collections.abc import Mapping

from domain.errors import InvalidInput
from domain.message import Message

_TIMEOUT = Message(
    "请求处理超过{limit}秒，已经中止，请稍后再试，或者缩小查询。",
    "The request took more than {limit} seconds and was stopped; try again later or ask for less",
)


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


def too_late(seconds: float) -> RequestRefused:
    """Return the refusal of a request that has come to its limit of time."""
    return RequestRefused(_TIMEOUT.format(limit=f"{seconds:g}"), code="REQUEST_TIMEOUT", status=503)
