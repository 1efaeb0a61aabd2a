"""Finding a person by an identity document, and a card by its number."""

from typing import Annotated

import strawberry

from domain.access import SIGNED_IN
from domain.message import Message
from resolvers.looking_up.finding import WhyNotShown
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import argument, enum, field
from schema.kit.loading import loading
from schema.kit.text import Text, text
from schema.types.inputs import SIGHTED
from schema.types.nodes import Card, Holder, card_node, holder_node
from schema.types.terms import name_of_region

enum(
    WhyNotShown,
    "Why nothing is shown of who or what was looked for.",
    {
        WhyNotShown.NOT_ON_RECORD: "Nothing is on record by that, or nothing that you may see.",
        WhyNotShown.ANOTHER_PROVINCE: "It is another province's; an office there sees it.",
    },
)
_NOBODY = Message(
    "没有查到，请核对姓名、证件类型和号码。没有登记过的，请先登记。",
    "Nobody that you may see is on record with that name and document. Check both; who is not on record is registered first.",
)
_NO_CARD = Message(
    "没有查到这张社会保障卡，请核对卡号。",
    "No card that you may see is on record with that number; check the number.",
)
_ELSEWHERE = Message(
    "这张社会保障卡属于其他省份，请到卡归属地的经办机构办理。",
    "The card is another province's; an office of its home region sees it.",
)


@sees(WITH_IT)
@strawberry.type(description="The person who was looked for, or why nobody is shown.")
class HolderFinding:
    """The answer to a search for a person."""

    holder: Holder | None = field("The person; null where nobody is shown.", default=None)
    reason: WhyNotShown | None = field("Why nobody is shown; null where somebody is.", default=None)
    message: Text | None = field("The same for people, with what to do.", default=None)


@sees(WITH_IT)
@strawberry.type(description="The card that was looked for, or why none is shown.")
class CardFinding:
    """The answer to a search for a card."""

    card: Card | None = field("The card; null where none is shown.", default=None)
    reason: WhyNotShown | None = field("Why none is shown; null where one is.", default=None)
    message: Text | None = field("The same for people, with what to do.", default=None)
    region_code: str | None = field("GB/T 2260 code of its home region, where it is another province's.", default=None)
    region_name: Text | None = field("Name of that region, where it has policies.", default=None)


@strawberry.type
class FindingQuery:
    """The queries that look for people and cards."""

    @loading(
        "A person by an identity document: anybody for a clerk; for others themselves, a ward, who delegated to them. "
        "Which of name and number is wrong is never said. A clerk so reads for an hour who stands at the window; it is put on record.",
        sees=SIGNED_IN,
    )
    async def find_holder(
        self,
        info: Info,
        name: Annotated[str, argument("As on the identity document.")],
        identity_type: Annotated[str, argument("A term of the identity types vocabulary.")],
        identity_number: Annotated[str, argument("Number of the document, in full.")],
    ) -> HolderFinding | None:
        """Look for a person."""
        found = await info.context.loaders.found_holders.load((name, identity_type, identity_number))
        if found is None:
            return HolderFinding(reason=WhyNotShown.NOT_ON_RECORD, message=text(_NOBODY))
        return HolderFinding(holder=holder_node(found))

    @loading(
        "A card by the number on its photo side, as the region's policy of looking up allows (SC-3, CD-10, QD-6); what a "
        "pharmacy asks is `cardUsable`.",
        sees=SIGNED_IN,
    )
    async def find_card(
        self,
        info: Info,
        number: Annotated[str, argument("On the photo side, in full.")],
        sighted_documents: Annotated[list[str] | None, argument(SIGHTED)] = None,
    ) -> CardFinding | None:
        """Look for a card."""
        found = await info.context.loaders.found_cards.load((number, tuple(sighted_documents or ())))
        if found.decided is not None:
            return CardFinding(card=card_node(found.decided.its_card, info))
        if found.elsewhere is None:
            return CardFinding(reason=WhyNotShown.NOT_ON_RECORD, message=text(_NO_CARD))
        return CardFinding(
            reason=WhyNotShown.ANOTHER_PROVINCE,
            message=text(_ELSEWHERE),
            region_code=found.elsewhere.region,
            region_name=name_of_region(info, found.elsewhere.region),
        )
