"""Putting cards on record that were issued before this service: a batch of rows, one answer for each."""

from collections.abc import Awaitable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import strawberry

from domain.access import CLERKS
from domain.card import CardState
from gateways.identity_number import mask_card_number
from resolvers.changing.batches import BatchRow, RowAnswer
from resolvers.changing.idempotency import IdempotencyKey
from resolvers.changing.imported_cards import GivenCard
from resolvers.changing.results import Imported
from resolvers.services.import_cards import batch_id, import_card
from schema.kit.access import BY_CLERKS, WITH_IT, sees
from schema.kit.context import Context, Info
from schema.kit.described import field
from schema.kit.relay import global_id
from schema.types.batches import Batch, BatchInput, batch_mutation, errors_of_row
from schema.types.errors import UserError
from schema.types.nodes import Card, Holder, card_node, served_holder


@strawberry.input(
    description="A card that was issued before this service, with its holder; also the columns of a file."
)
class ImportedCardInput:
    """A card and its holder."""

    name: str = field("Of the holder, as on the identity document.")
    identity_type: str = field("A term of the identity types vocabulary.")
    identity_number: str = field("Number of the document; by it people are one person, whatever cards they have.")
    card_number: str = field("On the photo side.")
    region_code: str = field("Home region of the card, GB/T 2260.")
    bank: str = field("Issuing bank: a term of the region's banks.")
    generation: str = field("A term of the card generations vocabulary.")
    issued_on: date = field("Day of issue.")
    state: CardState = field("State of the social-security application.")
    state_since: datetime = field("When that state began; in a file a day will do, which begins at midnight in China.")
    state_until: datetime | None = field("When it ends by time alone, if it does.", default=None)
    state_then: CardState | None = field("What it becomes then.", default=None)
    expires_on: date | None = field("Last day of the card, if it has one.", default=None)
    social_security_number: str | None = field("The number of the identity document if left out.", default=None)
    account_closed_at: datetime | None = field(
        "When the bank closed the account; of cancelled cards only.", default=None
    )
    holder_type: str | None = field(
        "A term of the holder types vocabulary; may be left out with a citizen number.", default=None
    )
    born_on: date | None = field("Date of birth; may be left out with a citizen number.", default=None)
    mobile: str | None = field("Bound mobile number, of a holder who is not on record yet.", default=None)
    address: str | None = field("Residence, of a holder who is not on record yet.", default=None)
    address_region: str | None = field("Its region, GB/T 2260.", default=None)
    insured_in: list[str] = field(
        "Where a holder who is not on record yet is insured, GB/T 2260; in a file with spaces between.", factory=list
    )
    employed_in: list[str] = field("Where they are employed, likewise.", factory=list)

    def given(self) -> GivenCard:
        """Return it as the use case takes it; what is empty is left out."""
        given = {name: tuple(value) if isinstance(value, list) else value for name, value in vars(self).items()}
        values: Any = {name: value for name, value in given.items() if value not in (None, "")}
        # What has to be there is told to be wrong where it is empty.
        needed = dict.fromkeys(("name", "identity_type", "identity_number", "card_number", "bank", "generation"), "")
        region = values.pop("region_code", "")
        return GivenCard(region=region, **(needed | values))


@strawberry.input(description="Cards that were issued before this service.")
class ImportCardsBatchInput(BatchInput):
    """Cards."""

    rows: list[ImportedCardInput] = field("The cards, each with its holder.")


@sees(WITH_IT)
@strawberry.type(description="What came of one card.")
class ImportedCardAnswer:
    """A row's answer."""

    row: int = field("Its place in the batch; the first row is 1.")
    card: Card | None = field("The card on record; null where it was refused.", default=None)
    holder: Holder | None = field("Whose it is.", default=None)
    known: bool = field("Whether the card was on record before, so that nothing was changed.", default=False)
    repeated: bool = field("Whether it was imported when the batch was sent before.", default=False)
    errors: list[UserError] = field("Expected failures; empty when the card is on record.", factory=list)


@sees(WITH_IT)
@strawberry.type(description="The answer to a batch of cards that were issued before this service.")
class ImportCardsBatchPayload:
    """What came of each."""

    rows: list[ImportedCardAnswer] = field("What came of each row.", factory=list)
    done: int = field("How many cards are on record, now or before.", default=0)
    refused: int = field("How many were refused.", default=0)
    not_reached: int = field(
        "How many were not reached within the time of one request: send the batch again under its key.", default=0
    )
    errors: list[UserError] = field("Why the batch as a whole was refused; empty otherwise.", factory=list)


def _read(context: Context, row: ImportedCardInput, key: str) -> BatchRow[Imported]:
    actor, number = context.require_actor(), row.card_number.strip().upper()

    def ask(own: IdempotencyKey) -> Awaitable[Imported]:
        return import_card(context.dependencies, actor, row.given(), batch_id(actor, key), own)

    return BatchRow(number, "input.cardNumber", mask_card_number(number), asdict(row), ask)


def _answer(info: Info, place: int, found: RowAnswer[Imported]) -> ImportedCardAnswer:
    answer = found.answer
    if answer is None:
        return ImportedCardAnswer(row=place + 1, errors=errors_of_row(found.error, place))
    card, holder = card_node(answer.card, info), served_holder(answer.holder, info)
    return ImportedCardAnswer(
        row=place + 1, card=card, holder=holder, known=answer.known, repeated=found.repeated, errors=[]
    )


def _card_id(answer: Imported) -> str:
    return global_id("Card", answer.card.id)


def _holder_id(answer: Imported) -> str:
    return global_id("Holder", answer.holder.id)


BATCH = Batch(
    "importCardsBatch",
    ImportedCardInput,
    _read,
    {"cardId": _card_id, "holderId": _holder_id},
    state=lambda answer: answer.card.state.name,
    known=lambda answer: answer.known,
    asks=CLERKS,
    refusal=BY_CLERKS,
)

mutation = batch_mutation(
    BATCH,
    ImportCardsBatchInput,
    ImportCardsBatchPayload,
    "Put cards on record that were issued before this service, with their holders, each by itself. Clerks only.",
    _answer,
)
