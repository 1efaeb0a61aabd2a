"""A text that a person reads, in both languages of the service."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """One text in Chinese and English."""

    zh: str
    en: str

    def text(self, language: Language) -> str:
        """Return the text in one language."""
        return self.zh if language == "zh" else self.en

    def format(self, **values: object) -> "Message":
        """Fill the `{named}` places of both texts."""
        return Message(self.zh.format(**values), self.en.format(**values))


def in_both(text: Message | str) -> Message:
    """Return a text in both languages: one that is written in one language only is shown to readers of either."""
    return Message(text, text) if isinstance(text, str) else text


def joined(parts: Iterable[Message], zh: str, en: str) -> Message:
    """Join messages with a word for each language."""
    listed = list(parts)
    return Message(zh.join(m.zh for m in listed), en.join(m.en for m in listed))
