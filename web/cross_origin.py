"""Which other sites' scripts may call, and what they may send and read (CORS)."""

import re
from collections.abc import Sequence
from typing import Final

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from web.multipart import PREFLIGHT_HEADERS

ANY_PORT: Final = ":*"
"""At the end of an origin: on whatever port."""

# Apollo's clients send their name and version, if they have been given one.
SENT: Final = (
    "Authorization",
    "Content-Type",
    *PREFLIGHT_HEADERS,
    "Apollographql-Client-Name",
    "Apollographql-Client-Version",
)
READ: Final = ("Retry-After", "WWW-Authenticate", "Allow", "X-Request-Id")


def cross_origin(allowed: Sequence[str]) -> list[Middleware]:
    """Return the middleware that lets the scripts of other sites in; none if no site may.

    Args:
        allowed: origins as browsers write them, such as `https://portal.example.cn`; `http://localhost:*` is one on
            whatever port.
    """
    if not allowed:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origin_regex="|".join(_pattern(origin) for origin in allowed),
            allow_methods=["GET", "POST"],
            allow_headers=SENT,
            expose_headers=READ,
        )
    ]


def _pattern(origin: str) -> str:
    return re.escape(origin.removesuffix(ANY_PORT)) + ("(:[0-9]{1,5})?" if origin.endswith(ANY_PORT) else "")
