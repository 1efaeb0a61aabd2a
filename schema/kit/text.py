"""Texts in both languages."""

import strawberry

from domain.message import Message
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import field


@sees(WITH_IT)
@strawberry.type(name="Text", description="A text in Chinese and English.")
class Text:
    """A text in both languages."""

    zh: str = field("In Chinese.")
    en: str = field("In English.")

    @strawberry.field(description="In the language of the request's Accept-Language header; Chinese by default.")
    def text(self, info: Info) -> str:
        """Choose the language of the request."""
        return self.zh if info.context.language == "zh" else self.en


def text(message: Message) -> Text:
    """Return a message as the graph shows it."""
    return Text(zh=message.zh, en=message.en)
