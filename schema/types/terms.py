"""Words of vocabularies with what people call them, beside the fields that have a word alone."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from operator import attrgetter
from typing import Any

import strawberry

from domain.access import Standing
from domain.errors import PossibleValue
from domain.message import Message
from domain.region import NATION
from policies.language.values import as_json
from policies.language.vocabulary import Lexicon
from policies.language.vocabulary import Term as Word
from schema.kit.access import WITH_IT, Rule, guarded, sees, written
from schema.kit.context import Info
from schema.kit.described import field
from schema.kit.loading import made_loading
from schema.kit.scalars import Json
from schema.kit.text import Text, text


@sees(WITH_IT)
@strawberry.type(description="A word of a vocabulary, with what people call it.")
class Term:
    """A word."""

    name: str = field("The word, for programs: what inputs take and other fields have.")
    label: Text = field("What people call it; the word itself where the region has it no longer.")
    attributes: Json = field("What else its vocabulary says of it, by name; what is not known is left out.")


def name_of_region(info: Info, region: str) -> Text | None:
    """Return the name of a region that has policies."""
    place = info.context.dependencies.policies().tree.regions.get(region)
    return text(place.region.name) if place else None


def lexicon_of(info: Info, region: str | None) -> Lexicon:
    """Return the words of a region; of one without policies, or of none, those of the whole country."""
    regions = info.context.dependencies.policies().tree.regions
    place = regions.get(region) if region is not None else None
    return (place or regions[NATION]).words


def term_node(word: Word) -> Term:
    """Return a word as the graph shows it."""
    return Term(
        name=word.name,
        label=text(word.label),
        attributes=Json(
            {
                **{name: as_json(value) for name, value in word.attributes.items()},
                **{name: asdict(value) for name, value in word.told.items()},
            }
        ),
    )


def choice_node(choice: PossibleValue) -> Term:
    """Return what could have been given as the graph shows it."""
    attributes = {name: as_json(value) for name, value in choice.attributes.items()}
    return Term(name=choice.name, label=text(choice.label), attributes=Json(attributes))


def term_of(words: Lexicon, vocabularies: Iterable[str], name: str) -> Term:
    """Return a word of the first vocabulary that has it; one that none has any longer is called by itself."""
    found = filter(None, (words.term(vocabulary, name) for vocabulary in vocabularies))
    word = next(found, None)
    return term_node(word) if word else Term(name=name, label=text(Message(name, name)), attributes=Json({}))


def shown_term(
    vocabulary: str | tuple[str, ...] | Callable[[Any, Lexicon], Iterable[str]],
    read: str | Callable[[Any], Any],
    *,
    region: str | None = "record.region",
    sees: Rule | None = None,
) -> Any:
    """Return a field that shows the word, or the words, in another field with their labels.

    Args:
        vocabulary: of the word, or several that are asked in turn; or what tells them by the object and the region's words.
        read: the attribute of the object that has the word, such as `record.bank`, or what makes it of the object.
        region: the attribute that has the region whose words it is from; None for the whole country.
        sees: who is told it; as for the word itself.
    """
    make = attrgetter(read) if isinstance(read, str) else read
    place = attrgetter(region) if region is not None else None
    fixed = (vocabulary,) if isinstance(vocabulary, str) else vocabulary
    whose = f", of the vocabulary {' or '.join(fixed)}" if isinstance(fixed, tuple) else ""

    def resolve(self: Any, info: Info) -> Any:
        value = make(self)
        if value is None:
            return None
        words = lexicon_of(info, place(self) if place is not None else None)
        vocabularies = tuple(fixed if isinstance(fixed, tuple) else fixed(self, words))
        if isinstance(value, str):
            return term_of(words, vocabularies, str(value))
        return [term_of(words, vocabularies, str(each)) for each in value]

    said: dict[str, Any] = {"description": f"The same with label and attributes{whose}.", "metadata": written(sees)}
    if isinstance(sees, Standing):

        async def told(self: Any, info: Info) -> Any:
            return resolve(self, info)

        return strawberry.field(resolver=made_loading(guarded(told, sees)), **said)
    return strawberry.field(resolver=resolve, **said)


def vocabulary_of(words: Lexicon, fact: str) -> tuple[str, ...]:
    """Return the vocabulary that a fact's words are of, if they are of one."""
    definition = words.fact(fact)
    return (definition.type.of,) if definition is not None and definition.type.of is not None else ()
