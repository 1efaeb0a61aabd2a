"""What production refuses: all of it is told at once, and no secret is."""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from composition.production import over_tls, production_faults
from composition.settings import ConfigurationError, Settings
from store import Keys, Store, StoreError
from store.address import Address
from tests.commands import production
from tests.databases import TestServer

GOOD = production()
SHORT = b64encode(b"short").decode()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"ENCRYPTION_KEYS": SHORT}, "ENCRYPTION_KEYS: key 1 is shorter than 32 bytes"),
        ({"ENCRYPTION_KEYS": f"{GOOD['ENCRYPTION_KEYS']},{SHORT}"}, "ENCRYPTION_KEYS: key 2 is shorter"),
        ({"INDEX_KEY": "not base64!"}, "INDEX_KEY: key 1 is not base64"),
        ({"INDEX_KEY": b64encode(b"\0\1\2\3" * 8).decode()}, "INDEX_KEY: key 1 repeats itself"),
        ({"INDEX_KEY": b64encode(bytes(range(100, 132))).decode()}, "INDEX_KEY: key 1 repeats itself"),
        ({"FILE_KEYS": b64encode(b"a secret that somebody has typed").decode()}, "FILE_KEYS: key 1 is a text"),
        ({"INDEX_KEY": GOOD["ENCRYPTION_KEYS"]}, "ENCRYPTION_KEYS and INDEX_KEY hold one secret"),
        ({"PAYMENT_SECRET": GOOD["CODE_KEY"]}, "CODE_KEY and PAYMENT_SECRET hold one secret"),
        ({"ENCRYPTION_KEYS": ",".join([GOOD["ENCRYPTION_KEYS"]] * 2)}, "ENCRYPTION_KEYS and ENCRYPTION_KEYS hold one"),
        ({"CODE_KEY": "x" * 40}, "CODE_KEY is shorter than 32 characters or repeats itself"),
        ({"METRICS_KEY": "x" * 40}, "METRICS_KEY is shorter than 32 characters or repeats itself"),
        ({"DATABASE_URL": "sqlite:///cards.db"}, "DATABASE_URL names no PostgreSQL database"),
        ({"PUBLIC_URL": "http://cards.example.cn"}, "PUBLIC_URL is not an https address"),
        ({"MOBILE_URL": "http://mobile.example.cn"}, "MOBILE_URL is not an https address"),
        ({"SMS_KEY": ""}, "Production needs these environment variables: SMS_KEY."),
        ({"SMS_KEY": "abc\n"}, "SMS_KEY has blanks around it"),
        ({"SMS_KEY": "钥匙"}, "SMS_KEY has blanks around it, or characters that no header can carry"),
        ({"FACE_AUDIENCE": " "}, "Production needs these environment variables: FACE_AUDIENCE."),
        ({"PUBLIC_URL": "https://who:word@cards.example.cn"}, "PUBLIC_URL names a user"),
        ({"PUBLIC_URL": "https://cards.example.cn/?a=b"}, "PUBLIC_URL has a query"),
        ({"PUBLIC_URL": "https://cards.example.cn\n"}, "PUBLIC_URL is no address"),
        ({"PUBLIC_URL": "https://cards.example.cn:99999"}, "PUBLIC_URL is no address"),
        ({"SMS_URL": "https:///send"}, "SMS_URL is no address"),
        ({"SMS_URL": "https://[::1/send"}, "SMS_URL is no address"),
        ({"SMS_URL": "https://who:word@sms.example.cn"}, "SMS_URL names a user"),
        ({"CODE_KEY": GOOD["ENCRYPTION_KEYS"]}, "ENCRYPTION_KEYS and CODE_KEY hold one secret"),
        ({"PAYMENT_SECRET": f"{GOOD['CODE_KEY']} "}, "CODE_KEY and PAYMENT_SECRET hold one secret"),
    ],
)
def test_each_fault_is_told_and_no_secret_is(wrong: Mapping[str, str], told: str) -> None:
    values = {**GOOD, **wrong}
    [fault] = production_faults(values)
    assert told in fault
    assert not [text for name, text in values.items() if text and ("KEY" in name or "SECRET" in name) and text in fault]
    with pytest.raises(ConfigurationError, match=fault[:20]):
        Settings.from_environment(values)
    Settings.from_environment({**values, "SERVICE_ENVIRONMENT": "development"})


@pytest.mark.parametrize("name", ["SERVICE_FOLDER", "REGIONS_FOLDER"])
def test_a_folder_that_is_named_by_nothing_is_not_the_one_that_the_process_was_started_in(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name} is empty"):
        Settings.from_environment({name: " "})


def test_all_faults_are_told_at_once() -> None:
    assert production_faults(GOOD) == []
    blank = {"SMS_KEY": " ", "TOKEN_PUBLIC_KEY": " ", "TOKEN_ISSUERS": ""}
    needed = "Production needs these environment variables: SMS_KEY, TOKEN_ISSUERS or TOKEN_PUBLIC_KEY."
    assert production_faults({**GOOD, **blank}) == [needed]
    wrong = {
        "INDEX_KEY": SHORT,
        "SMS_URL": "http://sms.example.cn",
        "DATABASE_URL": "sqlite:///x.db",
        "CODE_KEY": "too brief",
    }
    assert len(production_faults({**GOOD, **wrong})) == 4


def test_the_server_of_the_database_proves_who_it_is_unless_it_is_said_otherwise() -> None:
    def of(url: str) -> object:
        settings = Settings.from_environment({**GOOD, "DATABASE_URL": url})
        return Address.parse(settings.database_url).credentials.get("ssl")

    default = of("postgresql://cards@db.example.cn/cards?pool_size=3")
    assert isinstance(default, ssl.SSLContext)
    assert (default.verify_mode, default.check_hostname) == (ssl.CERT_REQUIRED, True)
    lowered = of("postgresql://cards@db.example.cn/cards?sslmode=verify-ca")
    assert isinstance(lowered, ssl.SSLContext)
    assert (lowered.verify_mode, lowered.check_hostname) == (ssl.CERT_REQUIRED, False)
    assert of("postgresql://cards@db.example.cn/cards?sslmode=require") == "require"
    assert of("postgresql://cards@db.example.cn/cards?sslmode=disable") == "disable"
    assert of("postgresql://cards@/cards?host=/run/postgresql") is None
    assert over_tls("sqlite:///x.db") == "sqlite:///x.db"
    for wrong, told in (("sslmode=on", "on is no sslmode"), ("sslmode=verify-full&sslrootcert=/nowhere", "/nowhere")):
        with pytest.raises(StoreError, match=told):
            Address.parse(f"postgresql://cards@db.example.cn/cards?{wrong}")


@asynccontextmanager
async def _before(postgresql: TestServer, certificate: Path, key: Path) -> AsyncIterator[int]:
    """Take TLS connections for a server, which listens on a socket alone, and yield the port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    async def forward(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                target.write(data)
                await target.drain()
            target.close()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await reader.readexactly(8)  # the request for TLS
            writer.write(b"S")
            await writer.start_tls(context)
            behind, ahead = await asyncio.open_unix_connection(f"{postgresql.folder}/.s.PGSQL.5432")
            await asyncio.gather(forward(reader, ahead), forward(behind, writer))

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for 127.0.0.1 that vouches for itself, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "database")])
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    signed = builder.add_extension(alternative, critical=False).sign(key, SHA256())
    paths = folder / "server.crt", folder / "server.key"
    paths[0].write_bytes(signed.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


@pytest.mark.anyio
async def test_a_server_that_cannot_prove_who_it_is_gets_nothing(
    postgresql: TestServer, postgresql_template: str, keys: Keys, tmp_path: Path
) -> None:
    certificate, key = _certificate(tmp_path)
    async with _before(postgresql, certificate, key) as port:

        async def opened(host: str, options: str) -> None:
            url = f"postgresql://postgres@{host}:{port}/{postgresql_template}?{options}"
            store = await Store.open(over_tls(url), keys)
            await store.check()
            await store.close()

        await opened("127.0.0.1", f"sslmode=verify-full&sslrootcert={certificate}")
        await opened("localhost", f"sslmode=verify-ca&sslrootcert={certificate}")
        for host, options in (
            ("127.0.0.1", "pool_size=1"),
            ("localhost", f"sslmode=verify-full&sslrootcert={certificate}"),
        ):
            with pytest.raises(StoreError, match="does not prove who it is"):
                await opened(host, options)
