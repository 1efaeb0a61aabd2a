"""Every sandbox refuses to run in production."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import gateways
from gateways.errors import GatewayConfigurationError
from gateways.face import SandboxFace
from gateways.insurance import SandboxInsuranceRegister
from gateways.mobile_register import SandboxMobileRegister
from gateways.payment import SandboxPayment
from gateways.registry import SandboxRegistry
from gateways.sms import SandboxSms

PEM = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

SANDBOXES: list[Callable[[str], object]] = [
    lambda environment: SandboxSms(environment, print),
    lambda environment: SandboxPayment(environment, print, b"s" * 32, "http://127.0.0.1:8000"),
    lambda environment: SandboxFace(environment, print, PEM),
    lambda environment: SandboxRegistry(environment, []),
    lambda environment: SandboxInsuranceRegister(environment, {}),
    lambda environment: SandboxMobileRegister(environment, {}),
]


def test_no_sandbox_is_left_out() -> None:
    modules = [importlib.import_module(f"gateways.{module.name}") for module in pkgutil.iter_modules(gateways.__path__)]
    found = {name for module in modules for name, _ in inspect.getmembers(module, inspect.isclass)}
    assert {type(make("test")).__name__ for make in SANDBOXES} == {name for name in found if name.startswith("Sandbox")}


@pytest.mark.parametrize("make", SANDBOXES)
@pytest.mark.parametrize("environment", ["production", "Production", " PROD ", "production-2"])
def test_no_sandbox_runs_in_production(make: Callable[[str], object], environment: str) -> None:
    with pytest.raises(GatewayConfigurationError, match=r"Sandbox.* configure the real provider") as caught:
        make(environment)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("make", SANDBOXES)
def test_every_sandbox_runs_elsewhere(make: Callable[[str], object]) -> None:
    assert make("development")
