"""The invented people of the demo, and tokens in their names."""

import tomllib
from dataclasses import replace
from datetime import timedelta
from typing import Any

from composition.keys import KeyRing
from composition.settings import ROOT, ConfigurationError, Settings
from domain.holder import Actor
from gateways.clock import SystemClock
from gateways.tokens import OPTIONAL_CLAIMS, TokenSigner
from web.development_issuer import KEY_ID, PATH, DevelopmentIssuer


def demo_data() -> dict[str, Any]:
    """Return the demo's people, papers and tokens."""
    return tomllib.loads((ROOT / "demo" / "demo.toml").read_text(encoding="utf-8"))


def signer_of(keys: KeyRing) -> TokenSigner:
    """Return what signs the tokens of the demo."""
    return TokenSigner.from_pem(keys.signing_key("TOKEN_SIGNING_KEY"))


def token_for(signer: TokenSigner, name: str, lifetime: timedelta = timedelta(days=7)) -> str:
    """Make a demo token, good for a week unless another time is given.

    Raises:
        ConfigurationError: the demo has no such token.
    """
    known = {entry["name"]: entry for entry in demo_data()["tokens"]}
    if name not in known:
        raise ConfigurationError(f"There is no demo token {name!r}; there are: {', '.join(known)}.")
    entry = known[name]
    said = {name: entry[name] for name in OPTIONAL_CLAIMS if name in entry}
    actor = Actor(entry["person"], entry["role"], entry["channel"], **said)
    return signer.sign(actor, SystemClock().now(), lifetime)


def demo_roles(keys: KeyRing) -> list[dict[str, str]]:
    """Return each token with its name, what it is about, role and channel, as pages list them."""
    return [
        {
            **{part: entry[part] for part in ("name", "about", "role", "channel")},
            "token": token_for(signer_of(keys), entry["name"]),
        }
        for entry in demo_data()["tokens"]
    ]


def development_issuer(keys: KeyRing, settings: Settings) -> DevelopmentIssuer:
    """Return the identity provider that signs people in as anybody of the demo."""
    signer, entries = signer_of(keys), demo_data()["tokens"]
    address = settings.public_url + PATH
    own = replace(signer, issuer=address, key_id=KEY_ID)
    return DevelopmentIssuer(
        address,
        f"{settings.public_url}/graphql",
        signer.key,
        [{part: entry[part] for part in ("name", "about")} for entry in entries],
        lambda name: token_for(own, name, timedelta(hours=1)),
        lambda name: str(next(entry["person"] for entry in entries if entry["name"] == name)),
        SystemClock().now,
    )
