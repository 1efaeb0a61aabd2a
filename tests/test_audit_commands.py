"""`main.py audit …`: an operator seals, publishes, verifies and exports the record; somebody else checks it without the database."""

import asyncio
import json
import sqlite3
from base64 import b64decode
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

import main
from composition.keys import KeyRing
from composition.settings import Settings
from gateways.clock import SystemClock
from store import Store
from store.audit.keys import is_signed
from tests.store import samples
from tests.store.test_audit import root_by_path

PAGE = 3


async def _tell(settings: Settings, times: int) -> None:
    store = await Store.open(settings.database_url, KeyRing(settings).store_keys())
    await store.migrate()
    for _ in range(times):
        async with store.transaction() as work:
            work.audit.tell(samples.audit_entry(at=SystemClock().now()))
    await store.close()


def _leaf(entry: dict[str, str]) -> bytes:
    said = f"{entry['chain']}\n{entry['number']}\n{entry['mac']}\n{entry['text']}"
    return sha256(b"\0" + said.encode()).digest()


def test_the_record_is_sealed_published_exported_and_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = {"SERVICE_FOLDER": str(tmp_path)}
    settings = Settings.from_environment(values)

    def run(*arguments: str) -> tuple[int, str]:
        code = main.run(["audit", *arguments], values)
        return code, capsys.readouterr().out

    for sealed in (1, 2):
        asyncio.run(_tell(settings, PAGE))
        code, said = run("seal")
        assert (code, said.split()[:3]) == (0, ["audit", "seal", str(sealed)])
    code, roots = run("roots")
    assert (code, len(roots.splitlines())) == (0, 2)
    assert run("roots", "--after", "1")[1] == said
    published = tmp_path / "roots"
    published.write_text(f"2026-11-30 12:00 WARNING {roots}")
    code, told = run("verify", "--roots", str(published), "--lang", "en")
    assert code == 0, told
    # Each process said that it ended.
    assert f"{2 * (PAGE + 1)} entries and 2 seals verified" in told
    assert "Nothing was bent" in told

    head, *lines = map(json.loads, run("export")[1].splitlines())
    assert [json.loads(each) for each in run("export", "--after", "1")[1].splitlines()[1:]] == [
        each for each in lines if each["seal"] == 2
    ]
    assert run("export", "--before", "2020-01-01")[1].splitlines()[1:] == []
    previous, bodies = "", {}
    for line in lines:
        if "body" in line:
            body = bodies[line["seal"]] = json.loads(line["body"])
            assert is_signed(b64decode(head["keys"][body["key"]]), line["body"].encode(), b64decode(line["signature"]))
            assert body["previous"] == previous
            previous = sha256(line["body"].encode()).hexdigest()
            continue
        body = bodies[line["seal"]]
        path = [bytes.fromhex(each) for each in line["path"]]
        assert root_by_path(_leaf(line), line["place"], body["size"], path).hex() == body["root"]
    assert len(lines) == 2 + 2 * (PAGE + 1)

    with closing(sqlite3.connect(tmp_path / "service.db")) as file:
        file.execute(
            "UPDATE audit_entries SET text = replace(text, 'clerk-1', 'clerk-2'), subject = 'clerk-2' WHERE id = 2"
        )
        file.execute("DELETE FROM audit_entries WHERE id = 6")
        file.commit()
    code, told = run("verify", "--lang", "en")
    assert code == 1
    assert "entry 2 (number 2 of the chain" in told
    assert "entry 6 is missing; the seal 2 has it" in told
    code, told = run("verify", "--lang", "zh")
    assert (code, "审计记录第6条不见了" in told) == (1, True)
