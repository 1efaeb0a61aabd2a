"""The file of the identity providers, as operators write it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from composition.keys import KeyRing
from composition.settings import ROOT, ConfigurationError, Settings
from composition.token_issuers import token_issuers
from gateways.published_keys import HeldKey, PublishedKeys
from gateways.token_issuers import Issuer
from policies.engine.decide import Policies
from policies.tree.tree import load_tree

PEM = generate_private_key(SECP256R1()).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
STAFF = """
[[issuers]]
issuer = "https://login.example.cn/staff"
audience = "cards"
algorithms = ["ES256"]
roles = ["clerk", "policy_officer"]
channels = ["service_window", "hotline_12333"]
longest_life_minutes = 30
client_id = "card-pages"
"""
PARTNERS = """
[[issuers]]
issuer = "partners"
audience = "cards"
key_file = "partners.pem"
roles = ["bank"]
channels = ["partner_system"]
"""


@pytest.fixture(scope="module")
def policies() -> Policies:
    return Policies(load_tree(ROOT / "regions"))


def read(folder: Path, policies: Policies, content: str) -> list[Issuer]:
    """Return the issuers of an installation with a file."""
    file = folder / "issuers.toml"
    file.write_text(content, encoding="utf-8")
    (folder / "partners.pem").write_bytes(PEM)
    settings = replace(Settings("development", folder, "", ROOT / "regions"), token_issuers=file)
    return token_issuers(settings, KeyRing(settings), policies, httpx.AsyncClient(trust_env=False))


def test_each_issuer_is_trusted_as_the_file_says(tmp_path: Path, policies: Policies) -> None:
    own, staff, partners = read(tmp_path, policies, STAFF + PARTNERS)
    assert (own.name, own.roles, own.longest_life) == ("social-security-card", None, timedelta(days=7))
    assert isinstance(staff.keys, PublishedKeys)
    assert isinstance(partners.keys, HeldKey)
    assert replace(staff, keys=own.keys) == Issuer(
        "https://login.example.cn/staff",
        "cards",
        own.keys,
        ("ES256",),
        timedelta(minutes=30),
        frozenset({"clerk", "policy_officer"}),
        frozenset({"service_window", "hotline_12333"}),
        "card-pages",
    )
    assert (partners.longest_life, partners.client_id) == (timedelta(hours=1), None)


def test_one_key_that_was_given_is_an_issuer_of_its_own_or_none_is(tmp_path: Path, policies: Policies) -> None:
    for given, life in ((PEM.decode(), timedelta(days=1)), (PEM.decode().replace("\n", "\\n"), timedelta(days=1))):
        values = {"TOKEN_PUBLIC_KEY": given}
        settings = Settings("production", tmp_path, "", ROOT / "regions", values=values)
        [own] = token_issuers(settings, KeyRing(settings), policies, None)
        assert (own.name, own.longest_life) == ("social-security-card", life)
    settings = replace(settings, values={})
    assert token_issuers(settings, KeyRing(settings), policies, None) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[[issuers", "is no TOML"),
        ("", r"must hold \[\[issuers\]\]"),
        ("issuers = []", r"must hold \[\[issuers\]\]"),
        (STAFF + "[more]\n", r"must hold \[\[issuers\]\]"),
        ("issuers = [1]", "issuer 1 is no table"),
        ('[[issuers]]\nissuer = "https://a.example.cn"', "audience, roles, channels missing"),
        (STAFF + 'longest_live = 5', "longest_live cannot be used"),
        (STAFF.replace('["clerk", "policy_officer"]', '"clerk"'), "roles cannot be used"),
        (STAFF.replace('["clerk", "policy_officer"]', "[]"), "roles cannot be used"),
        (STAFF.replace('"cards"', '""'), "audience cannot be used"),
        (STAFF.replace("ES256", "HS256"), "algorithms names HS256, which is none of EdDSA, ES256, RS256"),
        (STAFF.replace("policy_officer", "emperor"), "roles names emperor"),
        (STAFF.replace("hotline_12333", "pigeon"), "channels names pigeon"),
        (STAFF.replace("= 30", "= 5259600"), "longest_life_minutes is 5259600; give a whole number, 1 to 44640"),
        (STAFF.replace("= 30", "= true"), "longest_life_minutes is True"),
        (STAFF.replace("https://", "http://"), "must be https"),
        (STAFF + STAFF, "issuer 2 is https://login.example.cn/staff again"),
        (PARTNERS.replace('"partners"', '"social-security-card"'), "is social-security-card again"),
        (PARTNERS.replace("partners.pem", "gone.pem"), "'gone.pem' cannot be read"),
        (PARTNERS.replace("partners.pem", "issuers.toml"), "Ed25519 public key"),
    ],
)  # fmt: skip
def test_an_issuer_that_cannot_be_is_told_at_the_start(
    tmp_path: Path, policies: Policies, content: str, words: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"issuers.toml.*{words}"):
        read(tmp_path, policies, content)


def test_a_file_that_is_not_there_is_told(tmp_path: Path, policies: Policies) -> None:
    settings = replace(Settings("development", tmp_path, "", ROOT / "regions"), token_issuers=tmp_path / "gone.toml")
    with pytest.raises(ConfigurationError, match=r"gone\.toml cannot be read"):
        token_issuers(settings, KeyRing(settings), policies, httpx.AsyncClient(trust_env=False))
