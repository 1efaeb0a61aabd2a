"""How many statements a change costs: what it is about once, its facts once, and each thing that it writes once."""

from collections.abc import Awaitable
from typing import Any

import pytest

from domain.operation import Delivery
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.accept import accept_for_production
from resolvers.services.activate import activate_card
from resolvers.services.apply import apply_for_card
from resolvers.services.cancel import cancel_card
from resolvers.services.cancel_loss_report import cancel_loss_report
from resolvers.services.change_password import change_password
from resolvers.services.deliver import set_delivery
from resolvers.services.produce import ProducedCard, record_produced
from resolvers.services.receive import confirm_receipt
from resolvers.services.reissue import reissue_card
from resolvers.services.report_formal_loss import report_formal_loss
from resolvers.services.report_temporary_loss import report_temporary_loss
from resolvers.services.reset_password import reset_password
from resolvers.services.set_password import set_password
from resolvers.services.transfer_in import transfer_card_in, with_kinds
from resolvers.services.update_information import update_information
from resolvers.services.withdraw import withdraw_application
from tests.resolvers.together import active_card, at_window
from tests.resolvers.world import (
    CARD_MAKER,
    CHENGDU,
    MIANYANG,
    Person,
    World,
    application,
    card_number,
    clerk,
    settle,
)
from tests.statements import counted_statements, is_of_facts, together

pytestmark = pytest.mark.anyio

AROUND = 2
"""BEGIN and COMMIT, which every change needs and `counted_statements` leaves out."""
CLERK = clerk(CHENGDU)
OLD, NEW = "86420135", "97531246"
COSTS = {
    "apply": 7,
    "withdraw": 5,
    "deliver": 5,
    "accept": 6,
    "produce": 8,
    "receive": 10,
    "activate": 5,
    "set_password": 6,
    "change_password": 6,
    "reset_password": 6,
    "report_temporary_loss": 5,
    "cancel_loss_report": 5,
    "update_information": 5,
    "report_formal_loss": 5,
    "reissue": 6,
    "transfer_in": 6,
    "cancel": 5,
}
"""What is locked is changed, and an operation begins, by one statement with timeline, history and decision; so a slot is claimed.
The holder of an application is read before the register of mobile numbers is asked; a card that is made is inserted by itself, for
another may have its number.
"""


class Counter:
    """Awaits changes, and keeps how many statements each took."""

    def __init__(self, country: World) -> None:
        self._store, self.counts = country.store, dict[str, int]()

    async def __call__(self, service: str, change: Awaitable[Any]) -> Any:
        """Await a change of a service."""
        async with counted_statements(self._store) as seen:
            answer = await change
        of_facts = [statement for statement in seen if is_of_facts(statement)]
        # Each record is read once, however many rules read facts of it.
        assert len({statement.split(" WHERE ")[0][-20:] for statement in of_facts}) == len(of_facts)
        self.counts[service] = len(together(seen)) - len(of_facts) + AROUND
        return answer


async def _application(country: World, person: Person, count: Counter) -> str:
    actor = person.citizen(CHENGDU)
    asked = await application(country, actor, person, CHENGDU)
    return str((await count("apply", apply_for_card(country.dependencies, actor, asked))).operation.id)


async def _made(country: World, person: Person, count: Counter) -> str:
    """Take an application through its steps, and return the id of the card that comes of it."""
    dependencies = country.dependencies
    withdrawn = ServiceRequest("withdraw", operation_id=await _application(country, person, count))
    await count("withdraw", withdraw_application(dependencies, person.citizen(CHENGDU), withdrawn))
    identifier = await _application(country, person, count)
    collected = ServiceRequest("deliver", operation_id=identifier, delivery=Delivery("outlet", "chengdu_sample_icbc"))
    await count("deliver", set_delivery(dependencies, CLERK, collected))
    accepted = ServiceRequest("accept", operation_id=identifier)
    await count("accept", accept_for_production(dependencies, CLERK, accepted))
    made, card = ServiceRequest("produce", operation_id=identifier, bank="icbc"), ProducedCard(card_number(), "third")
    card_id = str((await count("produce", record_produced(dependencies, CARD_MAKER, made, card))).operation.card_id)
    received = ServiceRequest("receive", operation_id=identifier)
    await count("receive", confirm_receipt(dependencies, CLERK, received))
    return card_id


async def _used(country: World, person: Person, card_id: str, count: Counter) -> None:
    """Take a card through its services, as far as being replaced."""
    dependencies = country.dependencies

    def asked(service: str, **further: Any) -> ServiceRequest:
        return at_window(service, card_id, **further)

    await count("activate", activate_card(dependencies, CLERK, asked("activate")))
    await count("set_password", set_password(dependencies, CLERK, asked("set_password"), OLD, OLD))
    known = ServiceRequest("change_password", card_id=card_id)
    await count("change_password", change_password(dependencies, person.citizen(CHENGDU), known, OLD, NEW, NEW))
    await count("reset_password", reset_password(dependencies, CLERK, asked("reset_password"), OLD, OLD))
    number = {"identity_number": person.holder.identity_number}
    lost = ServiceRequest("report_temporary_loss", card_id=card_id, details=number)
    hotline = clerk(CHENGDU, "hotline_12333")
    await count("report_temporary_loss", report_temporary_loss(dependencies, hotline, lost))
    await count("cancel_loss_report", cancel_loss_report(dependencies, CLERK, asked("cancel_loss_report")))
    landline = asked("update_information", details={"landline": "02812345678"})
    await count("update_information", update_information(dependencies, CLERK, landline))
    await count("report_formal_loss", report_formal_loss(dependencies, CLERK, asked("report_formal_loss")))
    await count("reissue", reissue_card(dependencies, CLERK, asked("reissue", reissue_reason="lost")))


async def _ended(country: World, person: Person, count: Counter) -> None:
    """Move a card, and cancel it."""
    dependencies, card_id = country.dependencies, await active_card(country, person)
    moved = with_kinds(at_window("transfer_in", card_id, region=MIANYANG), ("medical",))
    await count("transfer_in", transfer_card_in(dependencies, clerk(MIANYANG), moved))
    proof = ("settlement_abroad_proof", "social_security_card", "identity_card_front", "identity_card_back")
    abroad = ServiceRequest("cancel", card_id=card_id, cancellation_reason="settled_abroad", sighted=proof)
    await count("cancel", cancel_card(dependencies, clerk(MIANYANG), abroad))


async def test_a_change_reads_and_writes_each_thing_once(country: World) -> None:
    count = Counter(country)
    # Twice: what the policies say is kept with the first decision that they are behind.
    for _ in range(2):
        person = await settle(country.store)
        await _used(country, person, await _made(country, person, count), count)
        await _ended(country, await settle(country.store, insured_in=(CHENGDU, MIANYANG)), count)
    assert count.counts == COSTS
