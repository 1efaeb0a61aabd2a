"""The facts that the software itself knows, by the record that they are facts of. Standard library only.

`regions/facts.yaml` gives each its type and label, `resolvers/facts/` computes it, and tests hold the three together. What
people declare, what is counted, and what a region lets them choose besides is defined in files alone.
"""

from collections.abc import Mapping

_NAMES: Mapping[str, str] = {
    "request": "service channel role office today now time_of_day weekday day_of_month days_left_in_month"
    " working_days_left_in_month month month_and_day last_month_ended_on is_working_day",
    "actor": "relation age office_in_city office_region kind_of_office outlet bank",
    "holder": "type identity_type age full_capacity deceased groups photo_on_file photo_taken_on mobile_bound"
    " mobile_bound_at insured_in employed_in insured_in_province employed_in_province insured_in_city employed_in_city address_region"
    " address_in_city address_in_province guardians_on_record proposed_duplicates cards_in_province cards_elsewhere card_generations"
    " card_banks applications_in_province",
    "card": "state bank region generation issued_on issued_at_age expires_on state_until state_since loss_reported_at"
    " password_locked in_city in_province account_state account_closed_at being_replaced replaces_another received"
    " has_password password_errors",
    "replaced": "state bank region generation issued_on expires_on account_state account_closed_at",
    "operation": "service replaces_card reissue_reason state channel relation bank outlet submitted_at paid_at accepted_at"
    " produced_at shipped_at received_at promised_at corrections due due_before delivery_method lost_in_post papers",
    "choice": "bank outlet delivery reissue_reason cancellation_reason",
    "delivery": "zone region",
    "password": "length digits_only simple same_as_old",
    "change": "fields",
    "insurance": "held chosen",
    "delegation": "services until delegate_age",
    "guardian": "age full_capacity present",
    "identity": "type issued_on expires_on replaces_another",
    "death": "died_on",
    "merge": "same_name same_birth_date",
}
PROVIDED: frozenset[str] = frozenset(f"{record}.{name}" for record, names in _NAMES.items() for name in names.split())
"""Every fact that is computed, claimed by a token, or chosen through an input of its own."""


def names_of(record: str) -> tuple[str, ...]:
    """Return the facts of a record, without its name."""
    return tuple(_NAMES.get(record, "").split())


def is_provided(name: str, origin: str) -> bool:
    """Say whether anything can know a fact that a file defines.

    Args:
        origin: as the file says: what is declared or counted, or is a choice, needs no software of its own.
    """
    files_alone = origin in ("declared", "counted") or (origin == "chosen" and name.startswith("choice."))
    return files_alone or name in PROVIDED
