"""What a service shows of its own inside, and to whom."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from domain.errors import NotPermitted
from domain.message import Message

if TYPE_CHECKING:
    from starlette.requests import Request

    from domain.holder import Actor
    from policies.engine.decide import Policies
    from schema.kit.context import Context

INTROSPECTION: Final = "introspection"
GRAPHIQL: Final = "graphiql"
METRICS: Final = "metrics"
SUGGESTIONS: Final = "suggestions"
PARTS: Final = (INTROSPECTION, GRAPHIQL, METRICS, SUGGESTIONS)
VARIABLE: Final = "OPEN"
_NOBODY: Final[frozenset[str]] = frozenset()
_CLOSED = Message(
    "不能查看监控数据，请使用有权限的令牌，或者请管理人员开放。",
    "The metrics are not shown to you; use a token that may see them, or have the operator open them to your role",
)


@dataclass(frozen=True, slots=True)
class Openness:
    """What is shown of the inside of a service.

    Args:
        shown: by what it is, the roles that are shown it; None is everybody. What is left out is shown to nobody.
    """

    shown: Mapping[str, frozenset[str] | None] = field(default_factory=lambda: dict.fromkeys(PARTS))

    def to_everybody(self, part: str) -> bool:
        """Say whether everybody is shown a part."""
        return self.shown.get(part, _NOBODY) is None

    def to(self, part: str, actor: "Actor | None") -> bool:
        """Say whether somebody is shown a part; None is somebody without a token."""
        roles = self.shown.get(part, _NOBODY)
        return roles is None or (actor is not None and actor.role in roles)

    def without_role(self, policies: "Policies") -> Iterator[str]:
        """Yield a line for each role that does not exist."""
        named = {role for roles in self.shown.values() for role in roles or ()}
        for role in sorted(named):
            if policies.term_label("roles", role) is None:
                yield f"{VARIABLE} names the role {role}, which does not exist; give terms of the roles vocabulary."


def read_openness(listed: Sequence[str], faults: list[str]) -> Openness:
    """Return what is shown, from parts that everybody is shown, or `part:role`.

    Args:
        listed: such as `graphiql` and `introspection:policy_officer`; faults: what is wrong is added to them.
    """
    shown: dict[str, frozenset[str] | None] = {}
    for text in listed:
        part, colon, role = text.partition(":")
        if part not in PARTS or (colon and not role):
            faults.append(
                f"{VARIABLE} names {text!r}; give {', '.join(PARTS)}, by commas, each with :ROLE behind it or without."
            )
        elif part == GRAPHIQL and role:
            faults.append(
                f"{VARIABLE} opens graphiql to {role}; a page is asked for without a token, so name it without a role."
            )
        else:
            before = shown.get(part, _NOBODY)
            shown[part] = before | {role} if role and before is not None else None
    return Openness(shown)


def shown_by_role(openness: Openness, part: str) -> "Callable[[Context], bool] | None":
    """Return what says of a context whether it is shown a part; None where everybody is."""
    return None if openness.to_everybody(part) else lambda context: openness.to(part, context.actor)


def admitting(
    openness: Openness, key: str, context_for: "Callable[[Request], Awaitable[Context]]"
) -> "Callable[[Request], Awaitable[None]] | None":
    """Return what lets those pass who may see metrics; None where everybody may.

    Args:
        key: who bears it in the header Authorization may, without any role; empty where there is none.
        context_for: makes the context of a request, by its token.
    """
    if openness.to_everybody(METRICS):
        return None
    expected = f"Bearer {key}".encode()

    async def admit(request: "Request") -> None:
        header = request.headers.get("authorization", "")
        if key and compare_digest(header.encode(), expected):
            return
        context = await context_for(request)
        context.require_actor()
        if not openness.to(METRICS, context.actor):
            raise NotPermitted(_CLOSED)

    return admit
