"""Faults of tests that are there only because a policy file could not be read as it was meant.

A slip in `apply.yaml` takes its rules away, so that each case that names one is faulty too, and with the wrong remedy: an
officer who followed it would mend what is right. Such faults are counted, not listed; mending the cause shows what is left.
"""

from collections.abc import Iterable, Iterator

from policies.faults import Fault
from policies.folders import TESTS, VOCABULARY

_NAMING = frozenset({"UNKNOWN_RULE", "UNKNOWN_FACT", "UNKNOWN_TERM", "UNKNOWN_VOCABULARY"})
"""Codes of names that are not there, perhaps because what defines them could not be read."""
_DEFINING = ("vocabulary.yaml", "rules.yaml", "region.yaml")
_TOP = "facts.yaml"


def without_consequences(faults: Iterable[Fault]) -> tuple[tuple[Fault, ...], int]:
    """Return the faults but for those of tests that may follow from one in a policy file, and how many those are."""
    listed = tuple(faults)
    faulty = {fault.file for fault in listed if not fault.file.endswith(TESTS)}
    words = any(file == _TOP or file.startswith(f"{VOCABULARY}/") for file in faulty)
    kept = tuple(fault for fault in listed if not _follows(fault, faulty, words))
    return kept, len(listed) - len(kept)


def _follows(fault: Fault, faulty: set[str], words: bool) -> bool:
    if fault.code not in _NAMING or not fault.file.endswith(TESTS):
        return False
    return words or not faulty.isdisjoint(_defining(fault.file))


def _defining(tests: str) -> Iterator[str]:
    """Yield the files that can define what the tests of a service name: of its folder and of those above."""
    folder, _, name = tests.rpartition("/")
    service = f"{name.removesuffix(TESTS)}.yaml"
    while folder:
        yield from (f"{folder}/{file}" for file in (service, *_DEFINING))
        folder = folder.rpartition("/")[0]
