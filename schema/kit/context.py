"""What each request's resolvers are given: who asks, in which language, and loaders that fetch many at once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import strawberry
from starlette.requests import Request

from domain.access import Standing
from domain.errors import NotAuthenticated, NotPermitted
from domain.holder import Actor, VouchedIdentity
from domain.message import Language, Message
from domain.rate_limits import Limited
from gateways.tokens import TokenVerifier
from resolvers import rate_limiting
from resolvers.dependencies import Dependencies
from resolvers.sign_ins import note_refused
from schema.kit.addresses import address_of
from schema.kit.loaders import Loaders, require_actor

_NOT_FOR_YOU = Message(
    "您的账号不能查看或办理这一项，请换用有权限的账号，或由有权限的人员办理。",
    "Your role may not ask for this; use an account that may, or let somebody ask who may.",
)


@dataclass(slots=True)
class Context:
    """One request's context.

    Args:
        actor: who asks, from the token; None without one.
        language: the one that texts are given in.
        vouched: returns who the identity provider vouches that they are, if it does.
    """

    dependencies: Dependencies
    actor: Actor | None
    language: Language
    loaders: Loaders
    vouched: Callable[[], VouchedIdentity | None] = lambda: None

    def require_actor(self) -> Actor:
        """Return who asks.

        Raises:
            NotAuthenticated: nobody said.
        """
        return require_actor(self.actor)

    def admit(self, rule: Standing, refusal: Message | None = None) -> None:
        """Let only those ask who may, by what they come as.

        Args:
            refusal: why others may not.

        Raises:
            NotAuthenticated: nobody said who asks, and not everybody may.
            NotPermitted: who asks may not.
        """
        self.require_actor()
        if not self.loaders.viewer.comes_as & rule:
            raise NotPermitted(refusal or _NOT_FOR_YOU)


Info = strawberry.Info[Context, None]


def context_factory(
    dependencies: Dependencies, verifier: TokenVerifier, language_of: Callable[[str | None], Language]
) -> Callable[[Request], Awaitable[Context]]:
    """Return what makes the context of a request.

    Args:
        verifier: checks tokens; language_of: chooses a language by Accept-Language.
    """

    async def context_for(request: Request) -> Context:
        # Policies may be replaced while the request is answered; it goes on with those that it began with.
        settled = dependencies.of_now()
        header = request.headers.get("authorization")
        try:
            actor = settled.merged.acting(await _actor(settled, verifier, header)) if header is not None else None
        except NotAuthenticated as refused:
            rate_limiting.tally(settled, None, Limited.SIGN_INS, address_of(request))
            note_refused(settled, header or "", refused)
            raise
        language = language_of(request.headers.get("accept-language"))
        return Context(settled, actor, language, Loaders(settled, actor), lambda: _vouched(verifier, header))

    return context_for


def admit_anonymous(dependencies: Dependencies) -> Callable[[Request], None]:
    """Return what counts the requests of an address that carry no token, before anything is read of them.

    It raises TooManyRequests where one is too many.
    """

    def admit(request: Request) -> None:
        if "authorization" not in request.headers:
            rate_limiting.tally(dependencies, None, Limited.ANONYMOUS, address_of(request))

    return admit


def _vouched(verifier: TokenVerifier, header: str | None) -> VouchedIdentity | None:
    return verifier.vouched(header.partition(" ")[2].strip()) if header is not None else None


async def _actor(dependencies: Dependencies, verifier: TokenVerifier, header: str) -> Actor:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticated(
            Message(
                "请把请求头 `Authorization` 写作 `Bearer` 加空格和令牌。",
                "The Authorization header must be: Bearer, a space, the token.",
            )
        )
    actor = await verifier.verify(token.strip(), dependencies.clock.now())
    policies = dependencies.policies()
    if policies.term_label("roles", actor.role) is None or not policies.knows_term("channels", actor.channel):
        raise NotAuthenticated(
            Message(
                f"令牌里的角色 `{actor.role}` 或渠道 `{actor.channel}` 不存在，请换用正确的令牌。",
                f"The token names the role {actor.role} and the channel {actor.channel}, and one of them does not exist.",
            )
        )
    if actor.region is not None and not policies.codes.may_have(actor.region):
        raise NotAuthenticated(
            Message(
                "令牌所写的所属地区不存在。请联系身份认证系统的管理人员改正后，重新登录。",
                "The claim 'region' of the token names a region that does not exist; "
                "have the identity provider correct it, and log in again.",
            )
        )
    return actor
