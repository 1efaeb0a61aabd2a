"""Uploads: so many a day whoever brings them, and what nothing takes is forgotten after a day, never under somebody's hands."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import pytest

from domain.errors import DomainError, NotFound, TooManyRequests
from domain.frozen import replace
from domain.holder import Actor
from domain.operation import Delivery
from domain.uploads import MIB, UploadLimits, UploadQuota
from gateways.apart.processes import Apart
from gateways.files import FolderFiles, new_name
from resolvers.changing import retention
from resolvers.changing.retention import forget_unused
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.sweep import sweep
from resolvers.dependencies import Dependencies
from resolvers.looking_up.documents import upload_document
from resolvers.services.apply import apply_for_card
from resolvers.services.deliver import set_delivery
from store import Store, UnitOfWork
from store.audit.entries import AuditKind
from store.records import Upload
from store.repositories.audit import AuditSelection
from tests.resolvers.together import together
from tests.resolvers.world import CHENGDU, START, Person, World, application, clerk, settle

pytestmark = pytest.mark.anyio

PDF = b"%PDF-1.7 a paper %%EOF"
A_DAY = timedelta(days=1, seconds=1)
FEW = UploadLimits(person=UploadQuota(3, 10 * MIB), staff=UploadQuota(5, 10 * MIB))


async def _upload(dependencies: Dependencies, actor: Actor, about: str, content: bytes = PDF) -> str:
    """Upload a paper and return its id, or the code of the refusal."""
    try:
        stored = await upload_document(dependencies, actor, content, "identity_card_front", CHENGDU, about, None)
    except DomainError as refused:
        return refused.code
    return str(stored.evidence.id)


def _codes(answers: list[str]) -> Counter[str]:
    return Counter(answer for answer in answers if answer.isupper())


async def _files(country: World) -> set[str]:
    files = country.dependencies.files
    assert isinstance(files, FolderFiles)
    return set(await files.names())


async def _named(country: World, *ids: str) -> dict[str, str]:
    """Return the names of the files of those documents that are on record, by id."""
    async with country.store.reading() as work:
        return {identifier: found.name for identifier, found in (await work.documents.get_many(ids)).items()}


async def test_of_many_uploads_at_once_as_many_are_taken_as_the_quota_of_the_day_has_room_for(country: World) -> None:
    dependencies = replace(country.dependencies, uploads=FEW)
    one, other = [await settle(country.store) for _ in range(2)]
    actors = {person.id: person.citizen(CHENGDU) for person in (one, other)}
    answers = await together(*(_upload(dependencies, actors[one.id], one.id) for _ in range(8)))
    assert _codes(answers) == {"UPLOAD_QUOTA_USED": 5}
    assert len(await _files(country)) == 3
    # Before anything is made of the bytes: nobody is told what is wrong with them.
    assert await _upload(dependencies, actors[one.id], one.id, b"no picture") == "UPLOAD_QUOTA_USED"
    assert await _upload(dependencies, actors[other.id], other.id, b"no picture") == "IMAGE_FORMAT"
    # A clerk has a quota of their own, whoever the papers are about.
    answers = [await _upload(dependencies, clerk(CHENGDU), about) for about in (one.id, other.id) for _ in range(3)]
    assert _codes(answers) == {"UPLOAD_QUOTA_USED": 1}
    midnight = START.replace(hour=16)  # in China
    country.clock.set(midnight - timedelta(seconds=1))
    with pytest.raises(TooManyRequests) as refused:
        await upload_document(dependencies, actors[one.id], PDF, "identity_card_front", CHENGDU, one.id, None)
    assert (refused.value.code, refused.value.retry_after) == ("UPLOAD_QUOTA_USED", 1)
    country.clock.set(midnight)
    assert not _codes([await _upload(dependencies, actors[one.id], one.id)])


async def test_the_bytes_of_a_day_are_counted_too_and_those_of_what_was_refused(country: World) -> None:
    dependencies = replace(country.dependencies, uploads=UploadLimits(person=UploadQuota(9, 2 * MIB)))
    person = await settle(country.store)
    actor, half = person.citizen(CHENGDU), PDF.ljust(MIB - 5)
    assert await _upload(dependencies, actor, person.id, bytes(MIB)) == "IMAGE_FORMAT"
    assert not _codes([await _upload(dependencies, actor, person.id, half + b"%%EOF")])
    assert await _upload(dependencies, actor, person.id) == "UPLOAD_QUOTA_USED"


async def test_what_nothing_took_is_forgotten_after_a_day_and_what_something_took_is_not(country: World) -> None:
    person = await settle(country.store)
    actor = person.citizen(CHENGDU)
    applied, delivered, unused = [await _upload(country.dependencies, actor, person.id) for _ in range(3)]
    ask = await _application(country, person, applied)
    operation = (await apply_for_card(country.dependencies, actor, ask)).operation
    # No operation names what comes with a later step.
    step = ServiceRequest("deliver", operation_id=operation.id, delivery=Delivery("outlet", "chengdu_sample_icbc"))
    await set_delivery(country.dependencies, clerk(CHENGDU), replace(step, documents=(delivered,)))
    few = replace(country.dependencies, uploads=FEW)
    assert await _upload(few, actor, person.id) == "UPLOAD_QUOTA_USED"
    files = await _named(country, applied, delivered, unused)
    country.clock.set(START + timedelta(days=1))
    assert (await sweep(country.dependencies)).forgotten == 0
    country.clock.set(START + A_DAY)
    assert (await sweep(country.dependencies)).forgotten == 1
    assert await _files(country) == {files[applied], files[delivered]} == set((await _named(country, *files)).values())
    async with country.store.reading() as work:
        entries = await work.audit.page(AuditSelection(holder_ids=(person.id,)), None, 100)
    told = [entry.said for entry in entries if entry.said["action"] == "forget"]
    assert [(said["record"], said["role"], said["kind"]) for said in told] == [(unused, "system", AuditKind.CHANGE)]
    with pytest.raises(NotFound, match="One that nothing uses is forgotten, a day after its upload") as gone:
        await apply_for_card(country.dependencies, actor, replace(ask, documents=(unused,)))
    assert gone.value.field == "input.evidence.documentIds.0"
    country.clock.set(START + timedelta(days=100))
    assert (await sweep(country.dependencies)).forgotten == 0
    assert len(await _files(country)) == 2


async def test_what_a_province_keeps_for_longer_keeps_nothing_behind_it(
    country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    monkeypatch.setattr(retention, "MOST_TURNS", 2)
    person = await settle(country.store)
    documents = [await _upload(country.dependencies, person.citizen(CHENGDU), person.id) for _ in range(4)]
    country.clock.set(START + A_DAY)
    is_over = retention._is_over
    longer = sorted(documents)[:3]
    monkeypatch.setattr(retention, "_is_over", lambda *given: given[1].evidence.id not in longer and is_over(*given))
    assert await forget_unused(country.dependencies, country.clock.now()) == 1
    assert set(await _named(country, *documents)) == {*longer}


async def _application(country: World, person: Person, document: str) -> ServiceRequest:
    ask = await application(country, person.citizen(CHENGDU), person, CHENGDU)
    return replace(ask, documents=(*ask.documents, document))


async def test_a_file_goes_too_where_the_process_was_killed_before_or_after_its_row_was_written(
    country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await settle(country.store)
    files, name = country.dependencies.files, new_name()
    async with country.store.transaction() as work:
        await work.uploads.begin(Upload(str(uuid4()), "510000", person.id, START, name, 7))
    await files.save(b"no row", name)
    # Of another database, or of a later state of this one: no row says that it may go.
    other = (await files.save(b"another")).name
    unused = await _upload(country.dependencies, person.citizen(CHENGDU), person.id)
    assert isinstance(files, FolderFiles)
    (part := files._folder / ".part-broken-off").write_bytes(b"half")
    os.utime(part, (START.timestamp(), START.timestamp()))
    country.clock.set(START + A_DAY)
    with monkeypatch.context() as broken:
        broken.setattr(FolderFiles, "delete", _killed)
        with pytest.raises(RuntimeError, match="killed"):
            await forget_unused(country.dependencies, country.clock.now())
    assert await _named(country, unused) == {}
    assert len(await _files(country)) == 3
    await forget_unused(country.dependencies, country.clock.now())
    assert await _files(country) == {other}
    assert not part.exists()


async def test_who_is_cancelled_as_it_is_committed_leaves_no_document_without_its_file(
    country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, transaction = await settle(country.store), Store.transaction

    @asynccontextmanager
    async def cut_off(store: Store, *, unrecorded: bool = False) -> AsyncIterator[UnitOfWork]:
        async with transaction(store, unrecorded=unrecorded) as work:
            yield work
        if not unrecorded:
            raise asyncio.CancelledError

    with monkeypatch.context() as broken:
        broken.setattr(Store, "transaction", cut_off)
        with pytest.raises(asyncio.CancelledError):
            await _upload(country.dependencies, person.citizen(CHENGDU), person.id)
    async with country.store.reading() as work:
        [stored] = [each for each in await work.documents.of_owner(person.id) if each.evidence.format == "pdf"]
    assert await country.dependencies.files.read(stored.name) == PDF


async def test_what_is_not_looked_at_as_the_service_is_busy_does_not_count(country: World) -> None:
    dependencies = replace(country.dependencies, uploads=FEW)
    full = Apart("pictures", replace(dependencies.pictures.bounds, waiting=0))
    person = await settle(country.store)
    async with full._places:
        busy = replace(dependencies, pictures=full)
        answers = [await _upload(busy, person.citizen(CHENGDU), person.id, b"a picture") for _ in range(4)]
    assert _codes(answers) == {"SERVICE_BUSY": 4}
    assert not _codes([await _upload(dependencies, person.citizen(CHENGDU), person.id) for _ in range(3)])


async def _killed(_: FolderFiles, name: str) -> None:
    raise RuntimeError("killed")


async def test_what_a_request_takes_at_that_moment_is_not_forgotten(country: World) -> None:
    """Either the request has the document, and it stays, or it is told that it is gone."""
    outcomes = Counter[str]()
    for lead in range(6):
        country.clock.set(START + lead * 3 * A_DAY)
        person = await settle(country.store)
        actor = person.citizen(CHENGDU)
        document = await _upload(country.dependencies, actor, person.id)
        ask = await _application(country, person, document)
        country.clock.advance(A_DAY)
        actions = [apply_for_card(country.dependencies, actor, ask), _later(lead, country)]
        applied, _ = await together(*actions)
        assert isinstance(applied, NotFound) or not isinstance(applied, DomainError)
        outcomes["gone" if isinstance(applied, NotFound) else "taken"] += 1
        assert len(await _named(country, document)) == (0 if isinstance(applied, NotFound) else 1)
    assert outcomes["taken"]


async def _later(steps: int, country: World) -> None:
    for _ in range(steps * 4):
        await asyncio.sleep(0)
    await forget_unused(country.dependencies, country.clock.now())


async def test_a_sweep_passes_over_whoever_is_busy(country: World, database_url: str) -> None:
    """On SQLite it waits for them, since one transaction writes at a time."""
    person, on_postgresql = await settle(country.store), not database_url.startswith("sqlite")
    document = await _upload(country.dependencies, person.citizen(CHENGDU), person.id)
    country.clock.set(START + A_DAY)
    async with country.store.transaction(unrecorded=True) as work:
        await work.holders.concerned([person.id], lock=True)
        sweeping = asyncio.create_task(forget_unused(country.dependencies, country.clock.now()))
        if on_postgresql:
            assert await sweeping == 0
        await work.uploads.settle([document])
    assert await sweeping == 0
    assert len(await _named(country, document)) == 1
