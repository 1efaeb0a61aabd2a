"""Reading documents, vocabularies and facts from files, each on top of the words that there are."""

from policies.language.fact_definitions import check_fact_types, read_fact
from policies.language.sources import read_document
from policies.language.vocabulary import Lexicon, OwnVocabulary, read_vocabulary
from policies.source.faults import FaultLog
from policies.source.nodes import Scalar
from policies.source.reader import Value, read_definitions, read_entries


def read_documents(value: Value | None, words: Lexicon) -> None:
    """Read the documents of a file and add them to `words`."""
    read_definitions(read_entries(value), "source", lambda name, spec: read_document(name, spec, words))


def read_vocabularies(found: list[tuple[str, Value]], words: Lexicon) -> dict[str, OwnVocabulary]:
    """Read vocabularies and add them to `words`, each after those whose words its attributes use.

    Returns:
        What is said of each.
    """
    own: dict[str, OwnVocabulary] = {}
    waiting = dict(found)
    while waiting:
        ready = [n for n, v in waiting.items() if not (_uses(v) & (waiting.keys() - {n}))] or list(waiting)
        entries = [(name, waiting.pop(name)) for name in ready]
        read_definitions(
            entries, "vocabulary", lambda name, value: own.update({name: read_vocabulary(name, value, words)})
        )
    return own


def _uses(value: Value) -> set[str]:
    """Return the vocabularies that the attributes of a vocabulary are words of."""
    attributes = value.entries().get("attributes") if value.is_mapping else None
    specs = [spec.entries() for _, spec in read_entries(attributes) if spec.is_mapping]
    named = [spec["of"].node for spec in specs if "of" in spec]
    return {node.value for node in named if isinstance(node, Scalar)}


def read_facts(value: Value | None, words: Lexicon, log: FaultLog) -> None:
    """Read the facts of a file and add them to `words`."""
    before = set(words.facts)
    read_definitions(read_entries(value), "fact", lambda name, spec: read_fact(name, spec, words))
    check_fact_types(words.facts.keys() - before, words, log)
