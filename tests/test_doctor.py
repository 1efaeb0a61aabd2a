"""`main.py doctor` in an installation that is well, and in one where everything is wrong."""

import asyncio
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from composition import outside
from composition.commands import commands, doctor
from composition.production import PROVIDERS
from composition.settings import Settings
from composition.variables import KNOWN
from domain.errors import GatewayUnavailable
from gateways.provider import Provider
from gateways.sms import SMS_PROVIDER
from store import Keys, Store
from tests.commands import ROOT, production
from tests.databases import TestServer
from web.bounds import Bounds


class Examination:
    """What the doctor says of an installation."""

    def __init__(self, values: Mapping[str, str], language: str = "en") -> None:
        lines: list[str] = []
        self.code = commands.run(
            ["doctor", "--lang", language],
            lambda tolerant: Settings.from_environment(values, tolerant=tolerant),
            lines.append,
        )
        self.text = "\n".join(lines)
        self.parts = {part: found for found, part in re.findall(r"^(good |fault)  (\S.*)$", self.text, re.M)}


@contextmanager
def answering_by_tls(folder: Path) -> Iterator[tuple[int, Path]]:
    """Take connections on this machine by TLS; yield the port, and the certificate to trust."""
    key, now = generate_private_key(SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=9))
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    certificate = folder / "certificate.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    certificate.write_bytes(pem + built.sign(key, SHA256()).public_bytes(Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with ThreadingTCPServer(("127.0.0.1", 0), BaseRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], certificate
        server.shutdown()


async def migrate(url: str, keys: Keys) -> None:
    store = await Store.open(url, keys)
    await store.migrate()
    await store.close()


async def asked_of(values: Mapping[str, str]) -> str:
    """Return why a provider that hangs up after it has proved who it is, or has not, gives no answer to the service."""
    async with outside.client(Settings.from_environment(values)) as client:
        with pytest.raises(GatewayUnavailable) as caught:
            await Provider(SMS_PROVIDER, values["SMS_URL"], "key", client).ask("POST", "/messages", {})
    return caught.value.message.en


def test_an_installation_that_is_well(tmp_path: Path, postgresql: TestServer) -> None:
    folder = tmp_path / "service"
    folder.mkdir(mode=0o700)
    public = generate_private_key(SECP256R1()).public_key()
    keys, url = Keys.generate(), postgresql.url(postgresql.create())
    encryption, index = keys.render()
    asyncio.run(migrate(url, keys))
    with answering_by_tls(tmp_path) as (port, certificate):
        values = {
            **production(url),
            "SERVICE_FOLDER": str(folder),
            "SSL_CERT_FILE": str(certificate),
            "ENCRYPTION_KEYS": encryption,
            "INDEX_KEY": index,
            "TOKEN_PUBLIC_KEY": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
            **{f"{name}_URL": f"https://localhost:{port}" for name in PROVIDERS},
        }
        well = Examination(values)
        assert (well.code, set(well.parts.values())) == (0, {"good "}), well.text
        assert well.text.endswith("Nothing is wrong.")
        assert Examination(values, "zh").text.endswith("没有发现问题。")
        assert "broke off" in asyncio.run(asked_of(values))
        # One whose certificate nobody vouches for is not the provider, for the service neither.
        del values["SSL_CERT_FILE"]
        assert "localhost does not prove who it is: " in (told := Examination(values).text)
        assert "in SSL_CERT_FILE" in told
        assert "its certificate is of no authority that is trusted" in asyncio.run(asked_of(values))


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    regions = tmp_path / "regions"
    regions.mkdir()
    (regions / "facts.yaml").write_text("a: [")
    values = {
        **production("postgresql://cards@127.0.0.1:1/cards?sslmode=disable"),
        "SERVICE_ENVIRONMENT": "development",
        "SERVICE_FOLDER": str(tmp_path / "nowhere"),
        "REGIONS_FOLDER": str(regions),
        "TRUSTED_DOCUMENTS": str(tmp_path / "manifest.json"),
        "INDEX_KEY": "c2hvcnQ=",
        "SWEEP_SECONDS": "never",
        "REQUEST_SECOND": "60",
        "SMS_URL": "https://127.0.0.1:1",
    }
    ill = Examination(values)
    assert ill.code == 1
    for told in (
        "SERVICE_ENVIRONMENT is not production",
        "INDEX_KEY: key 1 is shorter than 32 bytes",
        "SWEEP_SECONDS is 'never'",
        "REQUEST_SECOND is read by nothing here; was REQUEST_SECONDS meant?",
        "SERVICE_FOLDER: nothing can be written",
        "facts.yaml",
        "manifest.json",
        "database",
        "SMS_URL: 127.0.0.1 cannot be reached",
    ):
        assert told in ill.text, f"{told!r} not in\n{ill.text}"
    secrets = [text for name, text in values.items() if name.endswith(("_KEY", "_KEYS", "_SECRET")) and len(text) > 9]
    assert not [text for text in secrets if text in ill.text and not text.startswith("https")]
    assert not (tmp_path / "nowhere").exists()


def test_more_connections_than_a_process_may_open_files_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (256, 1_024))
    settings = Settings.from_environment({"CONNECTIONS": "900"})
    [told] = doctor._connections(settings)
    assert "a process needs 1092 open files, and may have 1024" in told
    assert [*doctor._connections(replace(settings, bounds=Bounds()))] == []


def test_the_table_of_the_variables_has_each_that_is_read() -> None:
    """Whoever sets the service up reads the table, and nothing else."""
    settings = (ROOT / "docs/operations.md").read_text("utf-8").partition("\n## Settings\n")[2].partition("\n## ")[0]
    table = re.findall(r"^\| (`[A-Z].*?) \|", settings, re.M)
    told = {name for row in table for name in re.findall(r"`([A-Z_]+)`", row)}
    in_development = {"TOKEN_SIGNING_KEY", "FACE_SIGNING_KEY"}
    assert told == KNOWN - in_development
    code = "\n".join(path.read_text("utf-8") for path in [*ROOT.glob("composition/**/*.py"), *ROOT.glob("web/*.py")])
    named = set(
        re.findall(r'"((?:[A-Z]+_)+(?:URL|KEY|KEYS|SECONDS|FOLDER|DIR|SECRET|ISSUERS?|DOCUMENTS|CHANNELS))"', code)
    )
    assert named <= KNOWN, named - KNOWN
