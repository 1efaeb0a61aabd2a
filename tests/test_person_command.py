"""`person export` and `person erase`, as an operator calls them."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

import main
from store import Keys, Store
from tests.graph.conftest import key_variables
from tests.store import samples


def test_an_operator_gives_out_the_data_of_a_person_and_erases_them(
    tmp_path: Path, sqlite_template: Path, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "service.db")
    asyncio.run(_add(f"sqlite:///{tmp_path / 'service.db'}", keys))
    values = {"SERVICE_FOLDER": str(tmp_path), **key_variables(keys)}
    assert main.run(["person", "export", "holder-1", "--by", "op-7"], values) == 0
    found = json.loads(capsys.readouterr().out)
    assert [person["name"] for person in found["holders"]] == [samples.NAME]
    assert main.run(["person", "erase", "holder-1", "--json", "--by", "op-8"], values) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["erased"]["holders"] == report["erased"]["identity_documents"] == 1
    assert report["kept"]["holders"]["why"]
    assert main.run(["person", "export", "nobody"], values) == 1
    assert "NOT_FOUND" in capsys.readouterr().err
    # Whoever looked at all of somebody's data, or had it erased, is on record.
    assert main.run(["keys", "rotate", "--by", "op-9"], values) == 0
    assert main.run(["audit", "seal"], values) == 0
    capsys.readouterr()
    assert main.run(["audit", "export"], values) == 0
    told = [json.loads(line).get("text", {}) for line in capsys.readouterr().out.splitlines()[1:]]
    by_operators = [
        (each["action"], each.get("subject"))
        for each in map(json.loads, filter(None, told))
        if each.get("role") == "operator"
    ]
    assert by_operators == [("personal_data", "op-7"), ("erase_person", "op-8"), ("keys_rotate", "op-9")]


async def _add(url: str, keys: Keys) -> None:
    store = await Store.open(url, keys)
    async with store.transaction() as work:
        await work.holders.add(samples.holder())
    await store.close()
