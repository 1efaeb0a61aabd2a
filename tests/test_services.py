"""The table of services, held against the vocabulary that officers read."""

from domain.services import RECORDS, SERVICES, Reach, records_of, services_reading
from tests.policies.regions import real_policies


def test_the_table_has_the_services_of_the_vocabulary() -> None:
    terms = real_policies().tree.regions["000000"].words.vocabularies["services"].terms
    assert list(SERVICES) == list(terms)


def test_whatever_is_about_a_card_or_an_operation_reaches_the_other_where_there_is_one() -> None:
    assert records_of("activate")["operation"] is Reach.PERHAPS
    assert records_of("receive")["card"] is Reach.PERHAPS
    assert records_of("receive")["operation"] is records_of("activate")["card"] is Reach.ALWAYS


def test_every_record_is_reached_from_somewhere_and_a_service_unheard_of_reaches_nothing() -> None:
    assert [record for record in RECORDS if not services_reading(record)] == []
    assert records_of("teleport") == {}
