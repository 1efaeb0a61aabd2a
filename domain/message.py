"""A text that a person reads, in both languages of the service."""

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
