"""What production refuses: all of it is told at once, and no secret is."""

import ssl
from base64 import b64encode
from collections.abc import Mapping

import pytest

from composition.production import over_tls, production_faults
from composition.settings import ConfigurationError, Settings
from store import StoreError
from store.address import Address
from tests.test_main import _production as production

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
        ({"DATABASE_URL": "sqlite:///cards.db"}, "DATABASE_URL names no PostgreSQL database"),
        ({"PUBLIC_URL": "http://cards.example.cn"}, "PUBLIC_URL is not an https address"),
        ({"MOBILE_URL": "http://mobile.example.cn"}, "MOBILE_URL is not an https address"),
        ({"SMS_KEY": ""}, "Production needs these environment variables: SMS_KEY."),
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


def test_all_faults_are_told_at_once() -> None:
    assert production_faults(GOOD) == []
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
