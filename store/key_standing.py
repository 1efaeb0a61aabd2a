"""What a database knows of its keys: with which its rows were written, and whether earlier forms are refused."""

from collections.abc import Iterable, Mapping

from store.errors import StoreError
from store.keys import Keys
from store.repositories.sealed_rows import EARLIER, TABLES, UNKNOWN
from store.sealing import Sealer
from store.unit_of_work import UnitOfWork

EARLIER_FORMS = "earlier forms"
_KINDS = {"encryption": "ENCRYPTION_KEYS", "index": "INDEX_KEY"}
"""The kinds of keys, each with the variable that holds them; there is a mark of each."""


async def adopt(work: UnitOfWork, keys: Keys, sealer: Sealer) -> None:
    """Note that rows are written with these keys from now on, and refuse keys that would not do for what is on record.

    Raises:
        StoreError: a key is missing, or comes too early.
    """
    await work.key_marks.take_turn()
    marks = {kind: await work.key_marks.get(kind) for kind in _KINDS}
    if not all(marks.values()):
        marks = await _first_marks(work, keys)
    for kind, ids in _ids(keys).items():
        known = marks[kind]
        _refuse_missing(kind, known["written"], ids)
        if ids[0] not in known["known"]:
            raise StoreError(
                f"The key {ids[0]} comes first in {_KINDS[kind]}, and no process was started with it before. Start all of them with it in "
                "the second place, then all of them with it in the first, so that each can read what the others write."
            )
        noted = {"written": sorted({*known["written"], ids[0]}), "known": sorted({*known["known"], *ids})}
        if noted != await work.key_marks.get(kind):
            await work.key_marks.put(kind, noted)
    sealer.refuses_earlier = bool(await work.key_marks.get(EARLIER_FORMS))


async def follow(work: UnitOfWork, keys: Keys, sealer: Sealer) -> None:
    """Read what is known of the keys.

    Raises:
        StoreError: rows were written with a key that is not there.
    """
    for kind, ids in _ids(keys).items():
        _refuse_missing(kind, (await work.key_marks.get(kind)).get("written", ()), ids)
    sealer.refuses_earlier = bool(await work.key_marks.get(EARLIER_FORMS))


async def refuse_unused(work: UnitOfWork, keys: Keys) -> None:
    """Refuse keys in the first place that nobody who serves has there: rows would be sealed that others cannot read.

    Raises:
        StoreError: they are.
    """
    for kind, ids in _ids(keys).items():
        if ids[0] not in (await work.key_marks.get(kind)).get("written", ids):
            raise StoreError(
                f"The key {ids[0]} comes first in {_KINDS[kind]} here, and no service was started so. Start all processes with these keys first."
            )


async def all_renewed(work: UnitOfWork, keys: Keys, sealer: Sealer) -> None:
    """Note that every row is written with the newest keys: earlier forms are refused, other keys not needed."""
    await work.key_marks.take_turn()
    await work.key_marks.put(EARLIER_FORMS, {"refused": True})
    for kind, ids in _ids(keys).items():
        await work.key_marks.put(kind, {"written": [ids[0]], "known": sorted(ids)})
    sealer.refuses_earlier = True


def _ids(keys: Keys) -> dict[str, tuple[str, ...]]:
    return {"encryption": keys.encryption_ids, "index": keys.index_ids}


async def _first_marks(work: UnitOfWork, keys: Keys) -> dict[str, Mapping[str, list[str]]]:
    """Return what is known of a database that has no marks yet: a new one never had anything in an earlier form."""
    if not [name for name in TABLES if (await work.sealed_rows.look(name, None, 1)).rows]:
        await work.key_marks.put(EARLIER_FORMS, {"refused": True})
    someone = await work.sealed_rows.look("holders", None, 1)
    if someone.indexed_by[UNKNOWN]:
        raise StoreError(
            "INDEX_KEY is not the key by which this database finds people and cards. Start with the key that it was filled with."
        )
    found = {"encryption": set(someone.sealed_by) - {EARLIER}, "index": set(someone.indexed_by)}
    return {kind: {"written": sorted(found[kind]), "known": list(ids)} for kind, ids in _ids(keys).items()}


def _refuse_missing(kind: str, written: Iterable[str], ids: tuple[str, ...]) -> None:
    if missing := sorted(set(written) - set(ids)):
        raise StoreError(
            f"Rows of this database were written with the {kind} key {', '.join(missing)}, and {_KINDS[kind]} lacks it. Add it behind the "
            "newest, until main.py keys status says that nothing uses it."
        )
