"""Limits of verification codes: who asks for many to a number locks out nobody else."""

from datetime import timedelta

from tests.graph.caller import codes
from tests.graph.delegations import delegate_on_record
from tests.graph.journey import CHENGDU, JINAN
from tests.graph.limited import sent, someone, window_clerk
from tests.graph.service import GraphService, holder_id, mobile

HOUR = timedelta(hours=1)


def flooded(service: GraphService, number: str) -> None:
    """Have strangers ask for as many codes to a number as they get."""
    for _ in range(5):
        assert codes(sent(service.caller(someone()), mobile=number)) == []
        assert codes(sent(service.caller(someone()), mobile=number)) == ["CODE_TOO_SOON"]
        service.clock.advance(timedelta(minutes=1))
    assert codes(sent(service.caller(someone()), mobile=number)) == ["CODE_TOO_SOON"]


def test_codes_of_strangers_lock_out_neither_whose_number_it_is_nor_who_acts_for_them(service: GraphService) -> None:
    number = mobile()
    person = service.person(mobile=number)
    flooded(service, number)
    delegate = service.citizen(delegate_on_record(service, person, "activate"))
    clerk, owner = service.caller(window_clerk()), service.citizen(person)
    for caller in (owner, delegate, clerk):
        given = {"mobile": number} if caller is owner else {"holderId": holder_id(person)}
        assert codes(sent(caller, **given)) == []
    # And the other way round: what the owner asks for counts against nobody else.
    service.clock.advance(HOUR)
    for _ in range(5):
        assert codes(sent(owner)) == []
        service.clock.advance(timedelta(minutes=1))
    assert codes(sent(owner)) == ["CODE_TOO_SOON"]
    assert codes(sent(service.caller(someone()), mobile=number)) == []


def test_codes_of_one_office_lock_out_no_other(service: GraphService) -> None:
    person = service.person(mobile=mobile(), insured_in=(CHENGDU,))
    asked = {"holderId": holder_id(person)}
    elsewhere = service.caller(someone("clerk", "service_window", office="another", region=JINAN))
    assert codes(sent(elsewhere, **asked)) == []
    assert codes(sent(elsewhere, **asked)) == ["CODE_TOO_SOON"]
    assert codes(sent(service.caller(window_clerk()), **asked)) == []


def test_an_office_sends_codes_to_one_after_the_other(service: GraphService) -> None:
    clerk = service.caller(window_clerk())
    assert [codes(sent(clerk, mobile=mobile())) for _ in range(7)] == [[]] * 7
