"""What the files of one folder add to the words above: documents, vocabularies, facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from policies.language.vocabulary import FactDefinition, Lexicon, OwnVocabulary, SourceDocument


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What the files of a region's folder say of words; nothing of it replaces a word from above."""

    documents: Mapping[str, SourceDocument] = field(default_factory=dict)
    vocabularies: Mapping[str, OwnVocabulary] = field(default_factory=dict)
    facts: Mapping[str, FactDefinition] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether the files add nothing."""
        return not (self.documents or self.vocabularies or self.facts)

    def over(self, above: Lexicon) -> Lexicon:
        """Return the words that there are with these on top of those above; see `fits`."""
        vocabularies = {name: own.over(above.vocabularies.get(name)) for name, own in self.vocabularies.items()}
        return Lexicon(
            {**above.vocabularies, **vocabularies} if vocabularies else above.vocabularies,
            {**above.facts, **self.facts} if self.facts else above.facts,
            {**above.documents, **self.documents} if self.documents else above.documents,
            above.codes,
        )

    def fits(self, above: Lexicon, known: Lexicon) -> bool:
        """Say whether reading these again would find no fault on top of other words above.

        Args:
            above: of them nothing that these name is gone or means something else.
            known: all words that there were when these were read.
        """
        new = above.facts.keys() - known.facts.keys()
        attributes = {attribute for own in self.vocabularies.values() for attribute in own.attributes}
        return (
            above.documents.keys().isdisjoint(self.documents)
            and above.facts.keys().isdisjoint(self.facts)
            and all(own.fits(above.vocabularies.get(name)) for name, own in self.vocabularies.items())
            # A fact is not named like an attribute of a term that another fact holds.
            and not any(known.fact(name) is not None or name.rpartition(".")[2] in attributes for name in new)
            and not any(name.rpartition(".")[0] in new for name in self.facts)
        )
