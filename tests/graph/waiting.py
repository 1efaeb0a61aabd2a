"""Operations on record that wait for an office, as many as a batch or a list needs: put there without asking for each."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from domain.holder import Holder
from domain.operation import Delivery, Operation, OperationState, TimelineEntry
from domain.region import province_of
from schema.kit.relay import global_id
from store import UnitOfWork
from tests.graph.journey import JINAN
from tests.graph.service import GraphService, mobile


def operation_of(person: Holder, now: datetime, state: OperationState, region: str = JINAN, **fields: Any) -> Operation:
    """Return an application of a person that is to be posted."""
    given: dict[str, Any] = {
        "bank": "ccb",
        "delivery": Delivery("post", region="510104", recipient="收件人", mobile="13812345678", address="人民路1号"),
        **fields,
    }
    return Operation(
        id=str(uuid4()),
        service="apply",
        region=region,
        province=province_of(region),
        holder_id=person.id,
        actor_id=person.id,
        relation="self",
        state=state,
        channel="national_mini_program",
        office=None,
        created_at=now,
        updated_at=now,
        policy_digest="sha256:of-a-test",
        **given,
    )


def waiting_operations(
    service: GraphService, many: int, state: OperationState = OperationState.PAID, region: str = JINAN, **fields: Any
) -> list[str]:
    """Put operations on record that wait in a state, each of another person and a second later; return their global ids."""
    now = service.clock.now()
    person = service.person()
    people = [replace(person, id=str(uuid4()), identity_number=f"3701{mobile()}{place:03}") for place in range(many)]
    found = [
        operation_of(each, now - timedelta(seconds=many - place), state, region, **fields)
        for place, each in enumerate(people)
    ]
    service.work(lambda work: _put(work, people, found))
    return [global_id("Operation", operation.id) for operation in found]


async def _put(work: UnitOfWork, people: Sequence[Holder], operations: Sequence[Operation]) -> None:
    for person in people:
        await work.holders.add(person)
    for operation in operations:
        await work.operations.add(operation)
        at = operation.created_at
        entered = TimelineEntry(
            operation.id, at, "apply", None, operation.state, operation.actor_id, "citizen", None, None, None
        )
        await work.timeline.append(entered)
