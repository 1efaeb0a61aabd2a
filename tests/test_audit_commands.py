"""`main.py audit …`: an operator seals, publishes, verifies and exports the record; somebody else checks it without the database."""

import asyncio
import json
import sqlite3
from base64 import b64decode
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import main
from composition.keys import KeyRing
from composition.settings import Settings
from gateways.clock import SystemClock
from store import Store
from store.audit.keys import is_signed
from store.repositories.audit import Audit
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
    published.write_text("2026-11-30 12:00 nothing of seals")
    # Compared with nothing, nothing would be found.
    assert main.run(["audit", "verify", "--roots", str(published), "--lang", "en"], values) == 1
    assert "has no seals" in capsys.readouterr().err
    published.write_text(f"2026-11-30 12:00 INFO {roots}")
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


async def _written_for_years(settings: Settings) -> None:
    store = await Store.open(settings.database_url, KeyRing(settings).store_keys())
    await store.migrate()
    for month in (1, 2, 3):
        for minute in range(PAGE):
            at = datetime(2019, month, 5, 8, minute, tzinfo=UTC)
            async with store.transaction() as work:
                work.audit.tell(samples.audit_entry(at=at))
        await store.seal_audit(at + timedelta(minutes=1))
    await store.close()  # which the record is told of: today


class Old:
    """A record of years, and the command that is given it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder, self._capsys = folder, capsys
        self._values = {"SERVICE_FOLDER": str(folder)}
        asyncio.run(_written_for_years(Settings.from_environment(self._values)))

    def run(self, *arguments: str) -> tuple[int, str]:
        """Return the exit code and what is said."""
        code = main.run(["audit", *arguments], self._values)
        return code, "".join(self._capsys.readouterr())

    def drop(self, *arguments: str) -> tuple[int, str]:
        """Let the first two months go."""
        return self.run("drop", "--before", "2019-03", "--lang", "en", "--by", "operator-7", *arguments)

    def change(self, statement: str) -> None:
        """Write into the database past the service."""
        with closing(sqlite3.connect(self._folder / "service.db")) as file:
            file.execute(statement)
            file.commit()


def _refuses_what_must_stay(
    record: Old, exported: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    this_month = f"{SystemClock().now():%Y-%m}"
    code, told = record.run("drop", "--before", this_month, "--lang", "en", "--exported", str(exported))
    assert (code, "The audit record has to be kept since" in told) == (1, True)
    for wrong_by in ("张三", "a name", "x" * 65):
        with pytest.raises(SystemExit):
            record.drop("--by", wrong_by)
    capsys.readouterr()
    monkeypatch.setenv("LOGNAME", "张三")
    code, told = record.run("drop", "--before", "2019-03", "--lang", "en")
    assert (code, "give --by ID" in told) == (1, True)
    assert record.drop("--dry-run") == (
        0,
        "2019-01: 3 entries would go (seals 1 to 1).\n2019-02: 3 entries would go (seals 2 to 2).\n",
    )
    code, told = record.drop()
    assert (code, "The seal 1 with all its entries is in no file as it was sealed" in told) == (1, True)
    for name, old, new in (
        ("changed", '"number": 5', '"number": 6'),
        ("shortened", exported.read_text().splitlines()[7], "{}"),
        ("without paths", '"path": ["', '"path": ["00'),
        ("signed otherwise", '"signature": "', '"signature": "AA'),
    ):
        wrong = exported.parent / name
        wrong.write_text(exported.read_text().replace(old, new))
        code, told = record.drop("--exported", str(wrong), "--dry-run")
        assert (code, "is in no file as it was sealed" in told) == (1, True), name
    record.change("UPDATE audit_entries SET subject = 'another' WHERE id = 2")
    code, told = record.drop("--exported", str(exported))
    assert (code, "entry 2 (number 2 of the chain" in told, "Nothing was dropped." in told) == (1, True, True)
    record.change("UPDATE audit_entries SET subject = 'clerk-1' WHERE id = 2")


def _broken_off_before_the_second_month(record: Old, exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first has gone as a whole, and the second is there as a whole."""
    gone, let_go = [], Audit.drop

    async def broken_off(self: Audit, *given: Any) -> bool:
        went = await let_go(self, *given)
        gone.append(went)
        if len(gone) == 2:
            raise KeyboardInterrupt
        return went

    monkeypatch.setattr(Audit, "drop", broken_off)
    with pytest.raises(KeyboardInterrupt):
        record.drop("--exported", str(exported))
    monkeypatch.setattr(Audit, "drop", let_go)


def test_months_go_that_are_old_and_were_exported_and_the_rest_is_verified_as_before(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = Old(tmp_path, capsys)
    record.run("seal")
    exported, roots = tmp_path / "exported", tmp_path / "roots"
    exported.write_text(record.run("export")[1])
    roots.write_text(record.run("roots")[1])
    _refuses_what_must_stay(record, exported, capsys, monkeypatch)
    _broken_off_before_the_second_month(record, exported, monkeypatch)
    digest = sha256(exported.read_bytes()).hexdigest()
    said = "Before it {} entries (up to the seal {}, before {}) were dropped, the last on {} by operator-7; exported as {}."
    for count, seal, month in ((3, 1, "2019-02"), (6, 2, "2019-03")):
        code, told = record.run("verify", "--roots", str(roots), "--lang", "en")
        line = next(each for each in told.splitlines() if each.startswith("Before it"))
        assert (code, "Nothing was bent." in told) == (0, True), told
        assert line == said.format(count, seal, month, line.split(" the last on ")[1].split(" by ")[0], digest)
        if seal == 1:
            assert record.drop("--exported", str(exported)) == (0, "2019-02: 3 entries went (seals 2 to 2).\n")
    assert "The record begins at 2019-03-05T08:00:00.000000+00:00" in told
    assert record.drop() == (0, "There is no month to drop.\n")

    lines = [json.loads(line) for line in record.run("export")[1].splitlines()[1:]]
    assert [(each["seal"], each.get("dropped")) for each in lines if "body" in each][:3] == [
        (1, True),
        (2, True),
        (3, None),
    ]
    assert [each["entry"] for each in lines if "entry" in each][:3] == [7, 8, 9]
    assert roots.read_text() == "".join(record.run("roots")[1].splitlines(keepends=True)[:4])
    code, told = record.run("verify", "--lang", "zh")
    assert (code, "此前的6条（到第2号封印，2019-03之前）已按保存期限删除" in told) == (0, True)
