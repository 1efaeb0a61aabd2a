"""The identity providers whose tokens are accepted: those in the file TOKEN_ISSUERS, and one with TOKEN_PUBLIC_KEY."""

import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from composition.keys import KeyRing
from composition.settings import ConfigurationError, Settings
from gateways.errors import GatewayConfigurationError
from gateways.provider import is_trustworthy
from gateways.token_issuers import ALGORITHMS, LONGEST_LIFE, Issuer, held_key, published_by
from gateways.tokens import ALGORITHM, AUDIENCE, ISSUER
from policies.engine.decide import Policies
from web.development_issuer import CLIENT, PATH

GIVEN_KEY_LIFE: Final = timedelta(days=1)
"""How long a token may be good that fits TOKEN_PUBLIC_KEY."""
DEMO_LIFE: Final = timedelta(days=7)
DEVELOPMENT_LIFE: Final = timedelta(hours=1)
_TEXTS: Final = ("issuer", "audience", "key_file", "client_id", "scope")
_LISTS: Final = ("algorithms", "roles", "channels")
_NEEDED: Final = ("issuer", "audience", "roles", "channels")
_MINUTES: Final = "longest_life_minutes"
_WORDS: Final = {
    "algorithms": f"is none of {', '.join(ALGORITHMS)}",
    "roles": "the roles vocabulary (vocabulary/roles.yaml) does not have",
    "channels": "the channels vocabulary (vocabulary/channels.yaml) does not have",
}


def token_issuers(
    settings: Settings, keys: KeyRing, policies: Policies, client: httpx.AsyncClient | None
) -> list[Issuer]:
    """Return the identity providers of an installation.

    Args:
        client: the connection pool; None where nobody publishes keys.

    Raises:
        ConfigurationError: the file cannot be used; the message says which part of it.
        GatewayConfigurationError: TOKEN_PUBLIC_KEY is no key.
    """
    found: list[Issuer] = []
    if (pem := keys.token_public_key()) is not None:
        # The tokens of the demo are good for a week.
        life = GIVEN_KEY_LIFE if settings.is_production else DEMO_LIFE
        found.append(Issuer(ISSUER, AUDIENCE, held_key(pem), longest_life=life))
    if settings.demo and not settings.is_production and client is not None and is_trustworthy(settings.public_url):
        address = settings.public_url + PATH
        own = published_by(address, (ALGORITHM,), DEVELOPMENT_LIFE, client)
        found.append(Issuer(address, AUDIENCE, own, (ALGORITHM,), DEVELOPMENT_LIFE, client_id=CLIENT))
    if (file := settings.token_issuers) is not None and client is not None:
        for number, said in enumerate(_listed(file), 1):
            where = f"{file}: issuer {number}"
            issuer = _issuer(where, said, file.parent, policies, client)
            if any(issuer.name == other.name for other in found):
                raise ConfigurationError(f"{where} is {issuer.name} again; list each issuer once.")
            found.append(issuer)
    return found


def _listed(file: Path) -> list[Any]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}. TOKEN_ISSUERS names it.") from None
    except ValueError as error:
        raise ConfigurationError(f"{file} is no TOML: {error}. TOKEN_ISSUERS names it.") from None
    listed = content.get("issuers")
    if set(content) != {"issuers"} or not isinstance(listed, list) or not listed:
        raise ConfigurationError(f"{file} must hold [[issuers]] and nothing else. TOKEN_ISSUERS names it.")
    return listed


def _issuer(where: str, said: Any, folder: Path, policies: Policies, client: httpx.AsyncClient) -> Issuer:
    _check(where, said, policies)
    algorithms = tuple(said.get("algorithms", ALGORITHMS))
    life = timedelta(minutes=said.get(_MINUTES, 60))
    try:
        if "key_file" in said:
            keys: Any = held_key((folder / said["key_file"]).read_bytes())
        else:
            keys = published_by(said["issuer"], algorithms, life, client)
    except GatewayConfigurationError as error:
        raise ConfigurationError(f"{where}: {error}") from None
    except OSError as error:
        raise ConfigurationError(f"{where}: key_file {said['key_file']!r} cannot be read: {error.strerror}.") from None
    return Issuer(
        said["issuer"],
        said["audience"],
        keys,
        algorithms,
        life,
        frozenset(said["roles"]),
        frozenset(said["channels"]),
        said.get("client_id"),
        said.get("scope", "openid"),
    )


def _check(where: str, said: Any, policies: Policies) -> None:
    """Refuse an entry that says something that cannot be, or lacks something.

    Raises:
        ConfigurationError: it does.
    """
    if not isinstance(said, Mapping):
        raise ConfigurationError(f"{where} is no table; write [[issuers]].")
    wrong = [name for name in said if name not in (*_TEXTS, *_LISTS, _MINUTES)]
    wrong += [name for name in _TEXTS if name in said and not _is_text(said[name])]
    wrong += [name for name in _LISTS if name in said and not _are_texts(said[name])]
    missing = [name for name in _NEEDED if name not in said]
    if wrong or missing:
        what = [f"{', '.join(wrong)} cannot be used"] if wrong else []
        what += [f"{', '.join(missing)} missing"] if missing else []
        raise ConfigurationError(
            f"{where}: {'; '.join(what)}. Needed are the texts issuer and audience and the lists roles and "
            f"channels; there may be the list algorithms, the texts key_file, client_id and scope, and {_MINUTES}."
        )
    most = int(LONGEST_LIFE / timedelta(minutes=1))
    minutes = said.get(_MINUTES, 60)
    if type(minutes) is not int or not 1 <= minutes <= most:
        raise ConfigurationError(f"{where}: {_MINUTES} is {minutes!r}; give a whole number, 1 to {most}.")
    known: dict[str, Callable[[str], bool]] = {
        "algorithms": ALGORITHMS.__contains__,
        "roles": lambda term: policies.term_label("roles", term) is not None,
        "channels": lambda term: policies.knows_term("channels", term),
    }
    for name, is_known in known.items():
        if unknown := [term for term in said.get(name, ()) if not is_known(term)]:
            raise ConfigurationError(f"{where}: {name} names {', '.join(unknown)}, which {_WORDS[name]}.")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[!-~][ -~]*", value) is not None


def _are_texts(value: object) -> bool:
    return isinstance(value, Collection) and not isinstance(value, str) and bool(value) and all(map(_is_text, value))
