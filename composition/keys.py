"""The keys of an installation."""

import os
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from composition.settings import ConfigurationError, Settings
from gateways.tokens import TokenSigner
from store import Keys


class KeyRing:
    """The keys of an installation: given in production, made once and kept in the folder in development."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.folder / "keys"

    def store_keys(self) -> Keys:
        """Return the keys that encrypt personal data, and those of the audit record."""
        generated = Keys.generate()
        encryption, index = generated.render()
        return Keys.parse(
            self._text("ENCRYPTION_KEYS", lambda: encryption),
            self._text("INDEX_KEY", lambda: index),
            self._text("AUDIT_KEYS", _new_seed),
        )

    def file_keys(self) -> list[bytes]:
        """Return the keys that encrypt uploads."""
        return [key.encode() for key in self._text("FILE_KEYS", lambda: Fernet.generate_key().decode()).split(",")]

    def secret(self, name: str) -> bytes:
        """Return a secret of 32 bytes or more, such as CODE_KEY."""
        text = self._text(name, lambda: urlsafe_b64encode(secrets.token_bytes(32)).decode())
        if len(text) < 32:
            raise ConfigurationError(f"{name} is shorter than 32 characters; give a longer random text.")
        return text.encode()

    def signing_key(self, name: str) -> bytes:
        """Return a development key in PEM; production signs nothing here."""
        return self._text(name, _new_signing_key).encode()

    def token_public_key(self) -> bytes | None:
        """Return the public key in PEM of the identity provider that publishes none; None where there is no such provider."""
        if self._settings.is_production:
            return self._settings.values.get("TOKEN_PUBLIC_KEY", "").replace("\\n", "\n").encode() or None
        private = TokenSigner.from_pem(self.signing_key("TOKEN_SIGNING_KEY")).key
        return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def _text(self, name: str, make: Callable[[], str]) -> str:
        given = self._settings.values.get(name)
        if given:
            return given
        if self._settings.is_production:
            raise ConfigurationError(f"Production needs the environment variable {name}.")
        path = self._folder / f"{name.lower()}.key"
        try:
            if not path.exists():
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                _keep(path, make())
            return path.read_text().strip()
        except OSError as error:
            raise ConfigurationError(
                f"The folder {self._folder} cannot be used: {error.strerror}. Make it writable, or set SERVICE_FOLDER."
            ) from None


def _keep(path: Path, text: str) -> None:
    """Write a key in one step, unless another process has: whoever looks finds none, or all of it."""
    beside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with open(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(text)
        with suppress(FileExistsError):
            os.link(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _new_seed() -> str:
    return b64encode(secrets.token_bytes(32)).decode()


def _new_signing_key() -> str:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
