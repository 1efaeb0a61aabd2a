"""A decision of long ago is repeated from what was kept, after the policies have changed under the running service."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from policies.live import Reload
from policies.replay.repeating import repeat
from schema.kit.relay import split_id
from store import Keys, UnitOfWork
from store.records import DecisionRecord
from tests.databases import ENGINES
from tests.graph.conftest import fresh_database, key_variables
from tests.graph.journey import QINGDAO, delivered_to, submitted
from tests.graph.service import NOW, REGIONS, GraphService, serve_graph
from tests.recorded_calendar import counted_days

DEARER = """source: assumption
settings:
  postage_same_province:
    replaces: true
    values: [{value: 21.50 yuan, from: 2021-12-01}]
"""


@pytest.fixture(params=ENGINES)
def service_of_copy(request: pytest.FixtureRequest, tmp_path: Path, keys: Keys) -> Iterator[GraphService]:
    """Serve the graph with a copy of the regions."""
    shutil.copytree(REGIONS, tmp_path / "regions")
    with (
        fresh_database(request.param, request, tmp_path) as url,
        serve_graph(tmp_path, url, tmp_path / "regions", key_variables(keys)) as running,
    ):
        running.clock.set(NOW)
        yield running


def last_decision(service: GraphService, operation: str) -> tuple[DecisionRecord, str]:
    """Return the newest decision about an operation, with the kept text of its policies."""

    async def found(work: UnitOfWork) -> tuple[DecisionRecord, str]:
        [decisions] = (await work.decisions.of_operations([split_id(operation, "id")[1]])).values()
        record = next(record for record in reversed(decisions) if record.service == "deliver")
        return record, await work.policy_texts.get(record.digest)

    return service.work(found)


def test_an_old_decision_is_repeated_after_the_policies_have_changed(service_of_copy: GraphService) -> None:
    service, live = service_of_copy, service_of_copy.running.live
    citizen = service.citizen(service.person())
    operation = submitted(citizen)
    assert delivered_to(citizen, operation, QINGDAO)["due"] == 1200
    old, text = last_decision(service, operation["id"])
    service.clock.advance(timedelta(minutes=1))
    (live.folder / "china/shandong/jinan/deliver.yaml").write_text(DEARER, encoding="utf-8")
    assert live.reload() is Reload.REPLACED
    assert delivered_to(citizen, operation, QINGDAO)["due"] == 2150
    later, _ = last_decision(service, operation["id"])
    assert later.digest != old.digest
    again = repeat(text, old.digest, old.facts, old.on, old.known, **counted_days(old))
    assert [charge.fee.amount for charge in again.charges] == [1200]
    assert [charge["amount"] for charge in old.outcome["charges"]] == [1200]
    now = live.current.policies.decide(old.service, old.region, old.facts, old.on, known=old.known)
    assert [charge.fee.amount for charge in now.charges] == [2150]
