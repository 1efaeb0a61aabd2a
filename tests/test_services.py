"""The table of services, held against the vocabulary that officers read."""

from domain.outcomes import COMPARED, OF_A_DELIVERY
from domain.services import (
    CHOICE,
    POSTPONED_UNTIL_PAID,
    RECORDS,
    SERVICES,
    Choice,
    Reach,
    records_of,
    services_reading,
    services_taking,
    takes,
    tells,
)
from rehearsal.inputs import camel
from resolvers.services.resuming import USE_CASES
from schema.build import build_schema
from tests.policies.support.regions import real_policies


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


def test_what_a_service_takes_to_be_chosen_its_rules_may_read() -> None:
    for name, service in SERVICES.items():
        assert all(tells(name, choice) for choice in service.takes), name
        assert (CHOICE in records_of(name)) is any(tells(name, choice) for choice in Choice), name


def test_a_choice_is_made_with_some_services_and_read_by_the_steps_after_them() -> None:
    assert services_taking("choice.bank") == ("apply", "correct", "produce", "reissue")
    assert services_taking("choice.cancellation_reason") == ("cancel",)
    assert (takes("accept", "choice.bank"), tells("accept", "choice.bank")) == (False, True)
    assert (takes("accept", "choice.urgent"), takes("status", "choice.urgent")) == (True, False)
    assert not tells("accept", "choice.cancellation_reason")
    assert not tells("activate", "choice.bank")
    assert takes("teleport", "choice.bank")


def test_whatever_can_wait_for_its_payment_can_be_gone_on_with() -> None:
    assert set(USE_CASES) == POSTPONED_UNTIL_PAID <= set(SERVICES)


def test_every_detail_is_an_input_of_its_own_or_comes_with_a_delivery_and_what_is_compared_is_a_proof() -> None:
    words = real_policies().tree.regions["000000"].words.vocabularies
    details = {term: camel(term) for term in words["details"].terms}
    fields = build_schema()._schema.get_type("DetailsInput").fields  # type: ignore[union-attr]
    assert {term for term, name in details.items() if name not in fields} == OF_A_DELIVERY
    assert words["proofs"].terms.keys() >= COMPARED
    assert details.keys() >= COMPARED
