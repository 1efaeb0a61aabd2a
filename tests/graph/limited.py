"""Askers who have not asked for anything yet, and what they ask for that is limited."""

from itertools import count
from typing import Any

import httpx

from domain.holder import Actor
from tests.graph.caller import Caller
from tests.graph.journey import CHENGDU

_numbers = count(1)


def someone(role: str = "citizen", channel: str = "national_mini_program", **more: Any) -> Actor:
    """Return somebody who has not asked for anything yet."""
    return Actor(f"{role}-{next(_numbers)}", role, channel, **more)


def window_clerk() -> Actor:
    return someone("clerk", "service_window", office="window", region=CHENGDU)


def response(caller: Caller, document: str, **variables: Any) -> httpx.Response:
    body = {"query": document, "variables": variables}
    return caller.http.post("/graphql", json=body, headers=caller.headers)


def sent(caller: Caller, **given: Any) -> dict[str, Any]:
    return caller.change("requestVerificationCode", **{"purpose": "activate", **given})
