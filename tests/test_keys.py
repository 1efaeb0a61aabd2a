"""The keys that development makes for itself, by several processes at once."""

import secrets
from pathlib import Path
from threading import Event, Thread

import pytest

from composition.keys import KeyRing
from composition.settings import Settings
from tests.patience import PATIENCE


def test_who_starts_while_another_makes_a_key_finds_none_of_it_or_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings.from_environment({"SERVICE_FOLDER": str(tmp_path)})
    make_really = secrets.token_bytes
    begun, found = Event(), []

    def make_slowly(count: int) -> bytes:
        if not begun.is_set():
            begun.set()
            other.join(PATIENCE)
        return make_really(count)

    def look() -> None:
        begun.wait(PATIENCE)
        found.append(KeyRing(settings).secret("CODE_KEY"))

    monkeypatch.setattr(secrets, "token_bytes", make_slowly)
    other = Thread(target=look)
    other.start()
    found.append(KeyRing(settings).secret("CODE_KEY"))
    assert len(found) == 2
    assert found[0] == found[1]
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["code_key.key"]
    assert (tmp_path / "keys" / "code_key.key").stat().st_mode & 0o077 == 0
