"""What one caller, and all together, may take of a process before a request of theirs is under way, and while it is written and read."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

NOT_KEPT: Final = "httptools is not installed; without it a half-sent request is waited for without end."


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a process waits for callers, and for how many.

    Args:
        head_seconds: for all that stands before a body, from when the connection or the head began.
        body_seconds: for a body; one second more for each `bytes_a_second` that have come.
        idle_seconds: for the next request on a connection.
        read_seconds: for a caller to take some of the answer that was written.
        connections: how many are open at once in a process.
        by_address: how many of them from one address, unless a proxy that is trusted is there.
        turned_away: how many more are open for being told that there are too many; those beyond are closed at once.
        pipelined: requests on a connection that are sent before the one ahead of them is answered.
    """

    head_seconds: float = 10
    body_seconds: float = 10
    bytes_a_second: int = 16 * 1024
    idle_seconds: int = 20
    read_seconds: float = 20
    connections: int = 512
    by_address: int = 100
    turned_away: int = 64
    pipelined: int = 16


def can_be_kept() -> bool:
    """Say whether what keeps callers to them is installed; without it HTTP is read by h11, and waits without end."""
    return find_spec("httptools") is not None
