"""What is kept for a time goes when it is over, as the regions say, and not a moment before."""

from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from prometheus_client import REGISTRY

from composition.sealing import seal_once, sealing
from domain.duration import Duration, Unit
from domain.region import NATION
from domain.retention import Kept
from resolvers.audit import told_of
from resolvers.changing import retention
from resolvers.changing.idempotency import KEPT_FOR
from resolvers.changing.retention import forget_old, kept_since
from resolvers.changing.sweep import sweep
from resolvers.repeating import Repeating
from store import UnitOfWork
from store.audit.entries import AuditKind
from store.audit.seals import Seal
from store.repositories.audit import AuditSelection
from tests.resolvers.world import START, World
from tests.store import samples

pytestmark = pytest.mark.anyio


async def _counts(work: UnitOfWork) -> dict[Kept, int]:
    tables = {
        Kept.CODES: "verification_codes", Kept.FACE_CHECKS: "face_checks", Kept.ANSWERS: "answers",
        Kept.DISCLOSURES: "disclosures", Kept.DOCUMENTS: "documents", Kept.NOTICES: "notices",
    }  # fmt: skip
    return {
        kind: int((await work._session.look_up(f"SELECT count(*) FROM {table}", []))[0][0])
        for kind, table in tables.items()
    }


async def _one_of_each(country: World, at: datetime, name: str) -> str:
    """Put one of each kind on record at a moment, and return the name of the document's file."""
    file = await country.dependencies.files.save(b"a paper")
    document = samples.document(f"document-{name}")
    async with country.store.transaction() as work:
        await work.codes.add(samples.code(f"code-{name}", sent_at=at, expires_at=at))
        await work.notices.add(samples.notice(f"notice-{name}", created_at=at, due_at=None))
        await work.face_checks.consume(f"assertion-{name}", "holder-1", "apply", at)
        await work.answers.keep("holder-1", f"key-{name}", "fingerprint", {}, at)
        await work.disclosures.add([samples.disclosure(at=at)])
        await work.documents.add(replace(document, name=file.name, uploaded_at=at, province="510000"))
    return file.name


async def test_each_kind_goes_when_its_time_is_over_and_its_file_with_it(
    country: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    async with country.store.transaction() as work:
        work.audit.tell(samples.audit_entry(at=START))
    files = [await _one_of_each(country, START, name) for name in ("a", "b")]
    over = {
        START + timedelta(days=7): {Kept.ANSWERS},
        START + timedelta(days=30): {Kept.CODES, Kept.FACE_CHECKS},
        START.replace(year=START.year + 1): {Kept.NOTICES},
        START.replace(year=START.year + 3): {Kept.DISCLOSURES},
        START.replace(year=START.year + 30): {Kept.DOCUMENTS},
    }
    for moment, kinds in over.items():
        country.clock.set(moment)
        await forget_old(country.dependencies, moment)
        async with country.store.reading() as work:
            assert [(await _counts(work))[kind] for kind in kinds] == [2] * len(kinds), kinds
        country.clock.set(moment + timedelta(seconds=1))
        await sweep(country.dependencies)
        await sweep(country.dependencies)  # of the documents one at a time here
        async with country.store.reading() as work:
            assert [(await _counts(work))[kind] for kind in kinds] == [0] * len(kinds), kinds
    # The audit record goes by nobody's sweep: it tells how much went, and how many months of it may go.
    async with country.store.reading() as work:
        assert await work.audit.oldest() == START
        told = [each.said for each in await work.audit.page(AuditSelection(kinds=[AuditKind.CHANGE]), None, 100)]
    went = [(each["record"], int(each["reference"])) for each in told if each["action"] == retention.FORGOTTEN]
    assert {kind: sum(number for each, number in went if each == kind) for kind, _ in went} == dict.fromkeys(
        [kind for kinds in over.values() for kind in kinds], 2
    )
    for years, months, past in ((5, 0, 0), (5, 1, 1), (6, 0, 12)):
        month = START.month - 1 + months
        country.clock.set(START.replace(year=START.year + years + month // 12, month=month % 12 + 1))
        await seal_once(country.dependencies)
        assert REGISTRY.get_sample_value("audit_months_past_keeping") == past
    # A process that ends leaves nothing unsealed.
    async with sealing(country.dependencies, Repeating()), country.store.transaction() as work:
        work.audit.tell(told_of(None, country.clock.now(), AuditKind.PROCESS, "ended"))
    async with country.store.reading() as work:
        last = await work.audit.last_seal()
        assert last is not None
        assert Seal.parse(last.body).top == await work.audit.newest()
    for file in files:
        with pytest.raises(Exception, match="no such file"):
            await country.dependencies.files.read(file)


async def test_what_the_region_does_not_say_is_kept(country: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await _one_of_each(country, START, "a")
    place = country.dependencies.policies().region("000000")
    monkeypatch.setattr(type(place), "shared_settings", {}, raising=False)
    now = START + timedelta(days=365 * 100)
    assert all(kept_since(country.dependencies, kind, "510000", now) is None for kind in Kept)
    assert not any((await forget_old(country.dependencies, now)).values())
    # A key names one change for a week, however little a region says.
    hour = SimpleNamespace(at=lambda *_: SimpleNamespace(value=Duration(1, Unit.HOURS)))
    monkeypatch.setattr(type(place), "shared_settings", {Kept.ANSWERS.value: hour}, raising=False)
    assert kept_since(country.dependencies, Kept.ANSWERS, NATION, now) == now - KEPT_FOR
    # A province keeps documents for longer than the nation asks for.
    later = START + timedelta(seconds=1)
    for of_province, gone in ((START, 0), (later, 1)):
        since = {NATION: later, "510000": of_province}
        monkeypatch.setattr(retention, "kept_since", lambda _, kind, region, now, since=since: since[region])
        assert (await forget_old(country.dependencies, now))[Kept.DOCUMENTS] == gone
