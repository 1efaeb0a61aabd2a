"""What is on record about one person is given to them whole, and erased but for what has to stay."""

import json
from dataclasses import replace

import pytest

from domain.errors import Conflict, NotFound
from resolvers.changing.erasure import erase
from resolvers.looking_up.personal_copy import data_of
from store.repositories.person_data import ABOUT, ERASED_NAME
from tests.resolvers.world import START, World
from tests.store import samples
from tests.store.filling import fill
from tests.store.raw import query, tables
from tests.store.test_personal_data import SECRETS, _raw

pytestmark = pytest.mark.anyio

OF_NOBODY = {
    "policy_texts", "persisted_documents", "card_imports", "account_batches", "key_marks", "revocations", "audit_seals",
    "limit_counts",
}  # fmt: skip
"""Tables without rows about a person; the others must be told of where all about one is looked for."""
ME = "holder-1"


async def _filled(country: World, url: str, request: pytest.FixtureRequest, *, archived: bool) -> list[str]:
    """Put something into every table about a person whose affairs are ended; return the files of their documents."""
    await fill(country.store)
    files = [(await country.dependencies.files.save(f"paper {name}".encode())).name for name in ("old", "brought")]
    documents = [samples.document(f"document-{name}") for name in ("old", "brought")]
    async with country.store.transaction() as work:
        for document, file in zip(documents, files, strict=True):
            await work.documents.add(replace(document, name=file, owner_id=ME))
        [guardianship] = await work.guardianships.of_ward(ME)
        # Over by age alone: nobody has to end it.
        await work.guardianships.update(replace(guardianship, ended_at=None, grown_at=START))
    archive = '["identity_card"]' if archived else "[]"
    query(
        url,
        request,
        "UPDATE cards SET state = 'cancelled', state_until = NULL, state_then = NULL, ends_at = NULL, ends_source = NULL",
        "UPDATE operations SET state = 'completed', state_until = NULL, state_then = NULL, "
        f"documents = '[\"document-brought\"]', archive = '{archive}'",
        f"DELETE FROM documents WHERE name NOT IN ('{files[0]}', '{files[1]}') RETURNING 1",
    )
    return files


async def test_every_table_is_looked_for_a_person_or_holds_none(
    database_url: str, request: pytest.FixtureRequest
) -> None:
    assert set(tables(database_url, request)) == set(ABOUT) | OF_NOBODY


async def test_all_that_is_on_record_about_a_person_is_given_to_them_readable(
    country: World, database_url: str, request: pytest.FixtureRequest
) -> None:
    await _filled(country, database_url, request, archived=True)
    found = await data_of(country.dependencies, ME)
    text = json.dumps(found, ensure_ascii=False, default=str)
    # A kept answer says what other tables do, and may be about others for whom they asked.
    left_out = {samples.PASSWORD_HASH, samples.ANSWER}
    for secret in set(SECRETS) - left_out:
        assert secret in text, secret
    for secret in left_out | {"clerk-1", "clerk-2", "token-1"}:
        assert secret not in text, secret
    assert set(found) == set(ABOUT)
    looks = "SELECT text FROM audit_entries WHERE kind = 'look' AND holder_id = 'holder-1'"
    assert ['"personal_data"' in text for (text,) in query(database_url, request, looks)][-1:] == [True]
    with pytest.raises(NotFound):
        await data_of(country.dependencies, "nobody")


async def test_what_still_serves_its_purpose_is_not_erased(country: World) -> None:
    await fill(country.store)
    async with country.store.transaction() as work:
        await work.holders.add(samples.holder("holder-2"))
    # A guardianship that is to end is in force until then, for the ward and for the guardian.
    for person, serves in ((ME, "card card-1.*guardianship of holder-1"), ("holder-2", "guardianship of holder-1")):
        with pytest.raises(Conflict, match=serves):
            await erase(country.dependencies, person)
    async with country.store.reading() as work:
        assert (await work.holders.get(ME)).name == samples.NAME


@pytest.mark.parametrize("archived", [True, False])
async def test_nothing_personal_is_left_but_what_is_archived(
    country: World, database_url: str, request: pytest.FixtureRequest, archived: bool
) -> None:
    files = await _filled(country, database_url, request, archived=archived)
    report = await erase(country.dependencies, ME)
    assert (report.erased["identity_documents"], report.erased["operations"], report.erased["cards"]) == (2, 1, 2)
    assert report.erased["documents"] == (1 if archived else 2)
    assert report.kept.get("documents", (0, ""))[0] == (1 if archived else 0)
    assert all(why for _, why in report.kept.values())
    left = await _contents(country, files)
    assert left == ([None, b"paper brought"] if archived else [None, None])
    async with country.store.reading() as work:
        data = work.person_data
        shown = {table: await data.rows(table, await data.ids(table, ME)) for table in ABOUT}
        assert (await work.holders.get(ME)).name == ERASED_NAME
        assert await work.holders.find_by_identity("identity_card", samples.IDENTITY_NUMBER) is None
    text = json.dumps(shown, ensure_ascii=False, default=str) + _raw(database_url, request)
    assert [secret for secret in SECRETS if secret in text] == []
    again = await erase(country.dependencies, ME)
    assert not any(again.erased.values())
    # The record tells of each time.
    (before, why), told = report.kept.pop("audit_entries"), again.kept.pop("audit_entries")
    assert told == (before + 1, why)
    assert again.kept == report.kept
    # Whoever was erased can come back as somebody new.
    async with country.store.transaction() as work:
        await work.holders.add(samples.holder("holder-again"))


async def test_what_was_broken_off_is_gone_on_with(
    country: World, database_url: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = await _filled(country, database_url, request, archived=False)
    delete = country.dependencies.files.delete

    async def breaks_off(name: str) -> None:
        await delete(name)
        raise KeyboardInterrupt

    monkeypatch.setattr(country.dependencies.files, "delete", breaks_off)
    with pytest.raises(KeyboardInterrupt):
        await erase(country.dependencies, ME)
    async with country.store.reading() as work:
        assert (await work.holders.get(ME)).name == samples.NAME
    monkeypatch.undo()
    assert (await erase(country.dependencies, ME)).erased["documents"] == 2
    assert await _contents(country, files) == [None, None]


async def _contents(country: World, files: list[str]) -> list[bytes | None]:
    found: list[bytes | None] = []
    for file in files:
        try:
            found.append(await country.dependencies.files.read(file))
        except NotFound:
            found.append(None)
    return found
