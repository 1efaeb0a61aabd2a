"""What people call the parts of an impact, in Chinese or English."""

from collections.abc import Sequence

from domain.message import Language, Message
from policies.engine.decide import Policies
from policies.language.values import show_duration
from policies.replay.impact import ChangedDecision
from policies.replay.recorded import Lapsing, Promised, Standing

STANDINGS = {
    Standing.ALLOWED: Message("准予", "allowed"),
    Standing.ASKED: Message("材料不齐", "asked for more"),
    Standing.REFUSED: Message("不予办理", "refused"),
    Standing.UNDECIDED: Message("无法判定", "cannot be decided"),
}
PAYERS = {
    "holder": Message("持卡人", "holder"),
    "bank": Message("银行", "bank"),
    "government": Message("财政", "government"),
}
_NONE = Message("无", "none")


class ImpactWords:
    """Looks up names: in the draft first, then in what it is compared with, else the bare word.

    Args:
        policies: where to look; language: of all texts.
    """

    def __init__(self, policies: Sequence[Policies], language: Language) -> None:
        self._policies = policies
        self.language: Language = language

    def in_language(self, language: Language) -> "ImpactWords":
        """Return the same in another language."""
        return ImpactWords(self._policies, language)

    def say(self, zh: str, en: str) -> str:
        """Return one of two texts."""
        return Message(zh, en).text(self.language)

    def standing(self, standing: Standing) -> str:
        """Return what a standing is called."""
        return STANDINGS[standing].text(self.language)

    def region(self, code: str) -> str:
        """Return a region's name with its code."""
        for policies in self._policies:
            if (place := policies.tree.regions.get(code)) is not None:
                return f"{place.region.name.text(self.language)} {code}"
        return code

    def term(self, vocabulary: str, name: str) -> str:
        """Return the label of a word."""
        for policies in self._policies:
            if (label := policies.term_label(vocabulary, name)) is not None:
                return label.text(self.language)
        return name

    def service(self, name: str) -> str:
        """Return a service's label with its name."""
        label = self.term("services", name)
        return label if label == name else f"{label} {name}"

    def payer(self, name: str) -> str:
        """Return who pays."""
        return PAYERS[name].text(self.language) if name in PAYERS else name

    def yuan(self, fen: int) -> str:
        """Return an amount in yuan."""
        sign, fen = "-" * (fen < 0), abs(fen)
        return f"{sign}{fen // 100:,}" if fen % 100 == 0 else f"{sign}{fen / 100:,.2f}"

    def changed(self, changed: ChangedDecision) -> tuple[str, str, str]:
        """Return what promises or lapses are about, how they were, and how they would be."""
        first = (*changed.before, *changed.after)[0]
        about = self.term("promises" if isinstance(first, Promised) else "lapsing_states", first[0])
        return about, self._terms(changed.before), self._terms(changed.after)

    def _terms(self, terms: Sequence[Promised | Lapsing]) -> str:
        return self.say("、", ", ").join(map(self._one, terms)) or _NONE.text(self.language)

    def _one(self, term: Promised | Lapsing) -> str:
        if isinstance(term, Promised):
            moment = self.term("moments", term.counted_from)
            return f"{show_duration(term.within).text(self.language)} ({moment})"
        return f"{show_duration(term.after).text(self.language)} → {self.term('card_states', term.becomes)}"
