"""The invented people of the demo, and tokens in their names."""

import tomllib
from datetime import timedelta
from typing import Any

from composition.keys import KeyRing
from composition.settings import ROOT, ConfigurationError
from domain.holder import Actor
from gateways.clock import SystemClock
from gateways.tokens import OPTIONAL_CLAIMS, TokenSigner


def demo_data() -> dict[str, Any]:
    """Return the demo's people, papers and tokens."""
    return tomllib.loads((ROOT / "demo" / "demo.toml").read_text(encoding="utf-8"))


def token_for(keys: KeyRing, name: str) -> str:
    """Make a demo token, good for a week.

    Raises:
        ConfigurationError: the demo has no such token.
    """
    known = {entry["name"]: entry for entry in demo_data()["tokens"]}
    if name not in known:
        raise ConfigurationError(f"There is no demo token {name!r}; there are: {', '.join(known)}.")
    entry = known[name]
    said = {name: entry[name] for name in OPTIONAL_CLAIMS if name in entry}
    actor = Actor(entry["person"], entry["role"], entry["channel"], **said)
    signer = TokenSigner.from_pem(keys.signing_key("TOKEN_SIGNING_KEY"))
    return signer.sign(actor, SystemClock().now(), timedelta(days=7))


def demo_roles(keys: KeyRing) -> list[dict[str, str]]:
    """Return each token with its name, what it is about, role and channel, as pages list them."""
    return [
        {
            **{part: entry[part] for part in ("name", "about", "role", "channel")},
            "token": token_for(keys, entry["name"]),
        }
        for entry in demo_data()["tokens"]
    ]
