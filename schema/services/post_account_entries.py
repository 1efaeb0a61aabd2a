"""Posting entries of medical personal accounts."""

from datetime import datetime
from typing import Annotated

import strawberry

from domain.access import SIGNED_IN
from resolvers.changing.results import Posted
from resolvers.services.post_account_entries import NewEntry, post_entries
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import INPUT, field
from schema.kit.scalars import Fen
from schema.services.account_entries import EntryKind
from schema.types.decision import decision
from schema.types.errors import attempt
from schema.types.inputs import MutationInput
from schema.types.mutations import mutation as described_mutation
from schema.types.payloads import DecidedPayload


@strawberry.input(description="An entry to post.")
class AccountEntryInput:
    """An entry."""

    card_number: str = field("The number of a card of the person.")
    reference: str = field("Your own name for the entry, unique in the region; 1 to 100 characters.")
    kind: EntryKind = field("Credit or spending.")
    amount: Fen = field("How much, in fen, above zero.")
    occurred_at: datetime = field("When the money moved; with a zone.")
    description: str | None = field("What for, up to 200 characters.", default=None)

    def value(self) -> NewEntry:
        """Return the entry as plain values."""
        return NewEntry(self.card_number, self.reference, self.kind, self.amount, self.occurred_at, self.description)


@strawberry.input(description="A batch of entries: all of it is posted, or nothing.")
class PostAccountEntriesInput(MutationInput):
    """A batch."""

    region_code: str = field("The city that runs the accounts, GB/T 2260.")
    reference: str = field("Your own name for the batch; the same batch again changes nothing.")
    entries: list[AccountEntryInput] = field("The entries, at least one.")


@sees(WITH_IT)
@strawberry.type(description="The answer to a batch.")
class PostAccountEntriesPayload(DecidedPayload):
    """What is on record."""

    reference: str | None = field("Your name for the batch.", default=None)
    posted_at: datetime | None = field("When it was posted first.", default=None)
    posted: int | None = field("How many entries it holds.", default=None)
    repeated: bool | None = field("Whether it was on record before, so that nothing changed.", default=None)


@described_mutation("Post entries of medical personal accounts. Settlement systems only (QD-7).", asks=SIGNED_IN)
async def mutation(info: Info, input: Annotated[PostAccountEntriesInput, INPUT]) -> PostAccountEntriesPayload:
    """Post a batch."""
    actor, dependencies = info.context.require_actor(), info.context.dependencies

    async def posted() -> Posted:
        entries = [entry.value() for entry in input.entries]
        return await post_entries(dependencies, actor, input.region_code, input.reference, entries, input.key(info))

    return await attempt(
        PostAccountEntriesPayload,
        posted,
        lambda answer: {
            "reference": answer.reference,
            "posted_at": answer.posted_at,
            "posted": answer.entries,
            "repeated": answer.repeated,
            "decision": decision(answer.decision),
        },
    )
