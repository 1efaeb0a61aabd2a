"""`main.py revoke`: tokens that count no more from now on, in every process within seconds."""

import argparse
import asyncio

from composition import outside
from composition.commands.arguments import add_language
from composition.commands.commands import Show
from composition.commands.loaded import load_policies
from composition.commands.spoken import say
from composition.commands.who import add_by, by_whom
from composition.keys import KeyRing
from composition.settings import ConfigurationError, Settings
from composition.token_issuers import token_issuers
from domain.message import Message
from domain.revocation import Revocation, Revokes
from gateways.clock import SystemClock
from gateways.token_issuers import Issuer
from gateways.tokens import ISSUER, LEEWAY
from resolvers.audit import OPERATOR, run_by
from resolvers.revoked import told_of_revocation
from store import Store

LONGEST = 128
_DONE = Message("已作废，各进程将在几秒内生效。", "Revoked; every process knows within seconds.")
_HELP = {
    Revokes.ONE: Message("一个令牌的编号", "the id of a token (jti)"),
    Revokes.SESSION: Message("一次登录的编号，这次登录的令牌都失效", "of a sign-in (sid): all tokens of it"),
    Revokes.SUBJECT: Message(
        "一个人的编号，此前签发的令牌都失效", "of a person (sub): all tokens that were issued until now"
    ),
}


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    named = parser.add_mutually_exclusive_group(required=True)
    for revokes, text in _HELP.items():
        named.add_argument(f"--{revokes.value}", metavar=say("编号", "ID"), help=say(text.zh, text.en))
    parser.add_argument(
        "--issuer",
        metavar=say("签发方", "ISSUER"),
        default=ISSUER,
        help=say(f"令牌的签发方；不写即 `{ISSUER}`", f"who signed them (iss); {ISSUER} if left out"),
    )
    add_by(parser)
    add_language(parser)


def run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    """Carry out the command and return its exit code.

    Raises:
        PolicyFaults, StoreError, ConfigurationError: the policies, the database or the issuers cannot be used.
    """
    revokes = next(each for each in Revokes if getattr(arguments, each.value) is not None)
    value: str = getattr(arguments, revokes.value)
    if not 0 < len(value) <= LONGEST:
        raise ConfigurationError(Message(f"编号应有1至{LONGEST}个字符。", f"An id has 1 to {LONGEST} characters."))
    with run_by(by_whom(arguments)):
        asyncio.run(_revoke(settings, arguments.issuer, revokes, value))
    show(_DONE.text(arguments.lang))
    return 0


async def _revoke(settings: Settings, name: str, revokes: Revokes, value: str) -> None:
    issuer = await _issuer(settings, name)
    now = SystemClock().now()
    store = await Store.open(settings.database_url, KeyRing(settings).store_keys())
    try:
        async with store.transaction() as work:
            revocation = Revocation(name, revokes, value, now, now + issuer.longest_life + 2 * LEEWAY)
            await work.revocations.add(revocation, now)
            work.audit.tell(told_of_revocation(revocation, now, OPERATOR))
    finally:
        await store.close()


async def _issuer(settings: Settings, name: str) -> Issuer:
    policies = load_policies(settings.regions)
    async with outside.client(settings) as client:
        known = {each.name: each for each in token_issuers(settings, KeyRing(settings), policies, client)}
    if name not in known:
        raise ConfigurationError(
            Message(
                f"没有签发方 `{name}`，有：{'、'.join(f'`{each}`' for each in known)}。",
                f"There is no issuer {name!r}; there are: {', '.join(known)}.",
            )
        )
    return known[name]
