from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateways.errors import GatewayConfigurationError
from gateways.face import SandboxFace
from gateways.payment import SandboxPayment
from gateways.registry import SandboxRegistry
from gateways.sms import SandboxSms

PEM = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

SANDBOXES: list[Callable[[str], object]] = [
    lambda environment: SandboxSms(environment, print),
    lambda environment: SandboxPayment(environment, print, b"s" * 32, "http://127.0.0.1:8000"),
    lambda environment: SandboxFace(environment, print, PEM),
    lambda environment: SandboxRegistry(environment, []),
]


@pytest.mark.parametrize("make", SANDBOXES)
@pytest.mark.parametrize("environment", ["production", "Production", " PROD ", "production-2"])
def test_no_sandbox_runs_in_production(make: Callable[[str], object], environment: str) -> None:
    with pytest.raises(GatewayConfigurationError, match=r"Sandbox.* configure the real provider") as caught:
        make(environment)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("make", SANDBOXES)
def test_every_sandbox_runs_elsewhere(make: Callable[[str], object]) -> None:
    assert make("development")
