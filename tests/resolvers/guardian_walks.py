"""Asking for guardians: every step of such a request, and every end that time alone brings (SC-12)."""

from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from domain.errors import NotFound, NotPermitted
from domain.holder import Actor
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.confirm_guardianship import confirm_guardianship
from resolvers.services.end_guardianship import end_guardianship
from resolvers.services.object_to_guardianship import object_to_guardianship
from resolvers.services.record_guardianship import record_guardianship
from tests.resolvers.card_driver import CardDriver
from tests.resolvers.card_model import Refusal
from tests.resolvers.walks import ADULT, FOUR, ISLANDER
from tests.resolvers.world import CHENGDU, Person, clerk

TIME_TO_OBJECT = timedelta(days=15)
"""For how long others may object to what is confirmed (an assumption of the region files)."""
TIME_TO_CONFIRM = timedelta(days=31)
"""More than the fifteen working days within which a second clerk confirms (an assumption of the region files)."""
CLERK = clerk(CHENGDU)
OTHER_CLERK = replace(CLERK, person_id="another clerk")


class GuardianDriver:
    """Asks for guardians of one child at the windows of Chengdu, and holds what becomes of that against what is expected."""

    def __init__(self, driver: CardDriver, child: Person) -> None:
        self.driver, self.child = driver, child
        self._dependencies = driver.country.dependencies

    async def _changed(self, action: Awaitable[Any], operation_id: str, state: str, refusal: Refusal = None) -> str:
        self.driver.pass_time()
        result = await self.driver.outcome(action, refusal, operation_id, self.child.id)
        found = operation_id or result.operation.id
        self.expect(found, state)
        return found

    def expect(self, operation_id: str, state: str) -> None:
        """Assert where a request stands, whether or not that is written down."""
        operation = self.driver.records.operations[operation_id]
        assert operation.reads_as(self.driver.country.clock.now()).value == state

    async def record(self, guardian: Person) -> str:
        """Ask for a guardian beside the one on record; return the operation."""
        ask = ServiceRequest("record_guardianship", region=CHENGDU, sighted=("birth_certificate",))
        action = record_guardianship(self._dependencies, CLERK, ask, guardian.id, self.child.id, "父母")
        return await self._changed(action, "", "submitted")

    async def end(self, guardian: Person) -> str:
        """Ask for the end of a guardian; return the operation."""
        papers = ("guardianship_proof", "guardian_consent")
        ask = ServiceRequest("end_guardianship", region=CHENGDU, sighted=papers)
        action = end_guardianship(self._dependencies, CLERK, ask, guardian.id, self.child.id)
        return await self._changed(action, "", "submitted")

    async def confirm(self, operation_id: str, by: Actor, state: str, refusal: Refusal = None) -> None:
        """Let a clerk confirm it."""
        ask = ServiceRequest("confirm_guardianship", operation_id=operation_id)
        await self._changed(confirm_guardianship(self._dependencies, by, ask), operation_id, state, refusal)

    async def object(self, operation_id: str, by: Person, state: str, refusal: Refusal = None) -> None:
        """Let somebody object to it."""
        ask = ServiceRequest("object_to_guardianship", operation_id=operation_id)
        action = object_to_guardianship(self._dependencies, by.citizen(CHENGDU), ask)
        await self._changed(action, operation_id, state, refusal)

    async def wait(self, by: timedelta, operation_id: str, state: str) -> None:
        """Let time pass, and have written down what it has done."""
        await self.driver.wait(by)
        self.expect(operation_id, state)
        await self.driver.sweep()
        self.expect(operation_id, state)


async def walk_guardians(driver: CardDriver) -> None:
    """Ask for a guardian and for the end of one: confirmed and not, objected to and not."""
    asking = GuardianDriver(driver, driver.people[FOUR])
    parent, other = driver.people[ADULT], driver.people[ISLANDER]
    asked = await asking.record(other)
    await asking.confirm(asked, CLERK, "submitted", NotPermitted)
    await asking.object(asked, other, "submitted", NotFound)
    await asking.object(asked, parent, "objected")
    asked = await asking.record(other)
    await asking.confirm(asked, OTHER_CLERK, "confirmed")
    await asking.object(asked, parent, "objected")
    forgotten = await asking.record(other)
    await asking.wait(TIME_TO_CONFIRM, forgotten, "withdrawn")
    asked = await asking.record(other)
    await asking.confirm(asked, OTHER_CLERK, "confirmed")
    await asking.wait(TIME_TO_OBJECT - timedelta(hours=1), asked, "confirmed")
    await asking.wait(timedelta(hours=1), asked, "completed")
    forgotten = await asking.end(other)
    await asking.wait(TIME_TO_CONFIRM, forgotten, "withdrawn")
