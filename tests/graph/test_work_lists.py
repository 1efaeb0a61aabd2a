"""Work lists of offices: what waits longest, what is late, and what has changed since they looked."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.operation import OperationState
from store import UnitOfWork
from tests.graph.caller import Caller
from tests.graph.journey import ZIBO, delivered_to, submitted
from tests.graph.service import GraphService
from tests.graph.waiting import waiting_operations

LIST = (
    "query($filter: OperationFilterInput, $first: Int, $after: String, $last: Int, $before: String, $order: OperationOrder){"
    "operations(filter: $filter, first: $first, after: $after, last: $last, before: $before, order: $order)"
    "{totalCount pageInfo{hasNextPage hasPreviousPage endCursor startCursor} edges{node{id state}}}}"
)
DESERTED = "370303"


def listed(caller: Caller, **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = caller.ask(LIST, {"order": "NEWEST_FIRST", **given})["operations"]
    return found


def ids(page: dict[str, Any]) -> list[str]:
    return [edge["node"]["id"] for edge in page["edges"]]


def changes(caller: Caller, after: str | None = None) -> tuple[list[tuple[str, str]], str | None]:
    """Return what has changed after a cursor, by its id and state, and the cursor of the last: however many pages it takes."""
    found: list[tuple[str, str]] = []
    while (page := listed(caller, order="CHANGED", after=after, first=100))["edges"]:
        found += [(edge["node"]["id"], edge["node"]["state"]) for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    return found, after


def test_what_waits_longest_comes_first(service: GraphService) -> None:
    maker = service.card_maker(ZIBO)
    waiting = waiting_operations(service, 5, region=ZIBO)
    waiting_operations(service, 1, OperationState.PRODUCED, ZIBO)
    asked = {"filter": {"states": ["PAID"], "regionCode": ZIBO}, "order": "LONGEST_WAITING_FIRST"}
    first = listed(maker, first=2, **asked)
    assert (ids(first), first["totalCount"]) == (waiting[:2], 5)
    second = listed(maker, first=2, after=first["pageInfo"]["endCursor"], **asked)
    assert (ids(second), second["pageInfo"]["hasNextPage"]) == (waiting[2:4], True)
    back = listed(maker, last=2, before=second["pageInfo"]["startCursor"], **asked)
    assert ids(back) == waiting[:2]
    assert ids(listed(maker, last=2, **asked)) == waiting[3:]
    newest = {**asked, "order": "NEWEST_FIRST", "first": 2}
    assert ids(listed(maker, **newest)) == waiting[:2:-1]
    wrong = {**newest, "after": first["pageInfo"]["endCursor"]}
    assert maker.failure(LIST, wrong) == "CURSOR_OF_ANOTHER_LIST"


def test_what_is_late_is_listed_until_its_card_is_made(service: GraphService) -> None:
    clerk, now = service.clerk(DESERTED), service.clock.now()
    promised: dict[str, Any] = {"region": DESERTED, "promised_at": now + timedelta(days=1)}
    accepted = waiting_operations(service, 3, OperationState.ACCEPTED, **promised)
    waiting_operations(service, 1, OperationState.PRODUCED, **promised)
    waiting_operations(service, 1, OperationState.ACCEPTED, DESERTED)
    asked = {"filter": {"late": True, "regionCode": DESERTED}, "order": "LONGEST_WAITING_FIRST"}
    assert ids(listed(clerk, **asked)) == []
    service.clock.advance(timedelta(days=2))
    page = listed(service.clerk(DESERTED), first=2, **asked)
    assert (ids(page), page["totalCount"], page["pageInfo"]["hasNextPage"]) == (accepted[:2], 3, True)
    narrowed = {**asked, "filter": {**asked["filter"], "states": ["PAID"]}}  # type: ignore[dict-item]
    assert ids(listed(clerk, **narrowed)) == []
    assert ids(listed(service.clerk("370100"), filter={"late": True, "regionCode": DESERTED})) == []


def after_all_others(service: GraphService) -> None:
    """Set the clock to after all that other tests have done: changes are kept in their order, and clocks go one way."""

    async def last(work: UnitOfWork) -> Any:
        _, [row] = await work.key_marks._session._client.execute_query("SELECT max(at) AS at FROM timeline")
        return row["at"]

    found = service.work(last)
    at = found if isinstance(found, datetime) else datetime.fromisoformat(found).replace(tzinfo=UTC)
    service.clock.set(max(at, service.clock.now()) + timedelta(hours=1))


def test_what_has_changed_since_is_told_once_in_the_order_of_the_changes(service: GraphService) -> None:
    waiting_operations(service, 2, region=ZIBO)
    after_all_others(service)
    maker = service.card_maker(ZIBO)
    service.clock.advance(timedelta(hours=1))
    since = service.clock.now().isoformat()
    assert ids(listed(maker, filter={"updatedSince": since})) == []
    waiting = waiting_operations(service, 3, region=ZIBO)
    service.clock.advance(timedelta(minutes=1))
    maker.changed("acceptForProduction", operationId=waiting[0])
    begun = service.clock.now() - timedelta(minutes=2)
    page = listed(maker, filter={"updatedSince": begun.isoformat()}, first=2)
    assert (ids(page), page["totalCount"], page["pageInfo"]["hasNextPage"]) == (waiting[1:], 3, True)
    page = listed(maker, filter={"updatedSince": begun.isoformat()}, first=2, after=page["pageInfo"]["endCursor"])
    assert (ids(page), page["pageInfo"]["hasNextPage"]) == (waiting[:1], False)
    # The next night: on from there, whatever the clock says.
    after = page["pageInfo"]["endCursor"]
    assert ids(listed(maker, order="CHANGED", after=after)) == []
    maker.changed("acceptForProduction", operationId=waiting[2])
    maker.changed("requestCorrection", operationId=waiting[2], reason="照片不清楚")
    maker.changed("acceptForProduction", operationId=waiting[1])
    again = listed(maker, order="CHANGED", after=after)
    assert [(edge["node"]["id"], edge["node"]["state"]) for edge in again["edges"]] == [
        (waiting[2], "CORRECTION_REQUESTED"),
        (waiting[1], "ACCEPTED"),
    ]
    only = listed(maker, order="CHANGED", after=after, filter={"states": ["ACCEPTED"]})
    assert ids(only) == [waiting[1]]
    elsewhere = service.card_maker("370100")
    assert not {*ids(listed(elsewhere, order="CHANGED", after=after))} & {*waiting}


def test_people_look_again_at_their_own(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = submitted(citizen)
    page = listed(citizen, order="CHANGED")
    assert ids(page) == [operation["id"]]
    after = page["pageInfo"]["endCursor"]
    assert ids(listed(citizen, order="CHANGED", after=after)) == []
    delivered_to(citizen, operation)
    assert ids(listed(citizen, order="CHANGED", after=after)) == [operation["id"]]


def test_what_time_alone_has_done_is_a_change_once_it_is_written_down(service: GraphService) -> None:
    maker, now = service.card_maker(ZIBO), service.clock.now()
    ending = {"state_until": now + timedelta(days=1), "state_then": OperationState.WITHDRAWN}
    [operation] = waiting_operations(service, 1, OperationState.SUBMITTED, ZIBO, **ending)
    before, last = changes(maker)
    assert (operation, "SUBMITTED") in before
    service.clock.advance(timedelta(days=2))
    assert operation not in dict(changes(service.card_maker(ZIBO), last)[0])
    service.sweep()
    assert (operation, "WITHDRAWN") in changes(service.card_maker(ZIBO), last)[0]


def test_changes_are_read_forwards_only(service: GraphService) -> None:
    maker = service.card_maker()
    assert maker.failure(LIST, {"order": "CHANGED", "last": 2}) == "INVALID_INPUT"
    assert maker.failure(LIST, {"order": "CHANGED", "after": "nonsense"}) == "CURSOR_INVALID"
