"""Limits that processes share: what the log is told of it."""

import asyncio
from datetime import timedelta
from typing import cast

import pytest

from resolvers import rate_limiting
from resolvers.dependencies import Dependencies
from store import StoreError
from tests.patience import PATIENCE

pytestmark = pytest.mark.anyio


async def test_that_limits_cannot_be_shared_is_told_once_and_so_is_that_they_are_again(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    works, tries, enough = [True, False, False, False, True, True, False, True], 0, asyncio.Event()

    async def share(_: Dependencies) -> None:
        nonlocal tries
        tries += 1
        if tries == len(works):
            enough.set()
        if not works[min(tries, len(works)) - 1]:
            raise StoreError("gone")

    monkeypatch.setattr(rate_limiting, "share", share)
    sharing = asyncio.create_task(rate_limiting.share_again_and_again(cast(Dependencies, None), timedelta(0)))
    async with asyncio.timeout(PATIENCE):
        await enough.wait()
        await asyncio.sleep(0)
    sharing.cancel()
    await asyncio.gather(sharing, return_exceptions=True)
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"] * 2
