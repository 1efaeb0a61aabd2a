"""Reading the whole record anew, seal by seal: what was changed, taken away, put in, exchanged or back-dated is found and named."""

from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from domain.message import Message
from store.audit import findings, merkle
from store.audit.before import BEFORE
from store.audit.dropping import GONE, Drop, last_drop
from store.audit.entries import KeptEntry, moment_text, read_moment
from store.audit.findings import Bent, Finding
from store.audit.keys import AuditKeys, is_signed
from store.audit.ranges import Ranges
from store.audit.rows import entries_of, finding
from store.audit.sealing import LATE, SEALS
from store.audit.seals import BRIEF, KeptSeal, Seal, briefs_of, leaf_of
from store.audit.tracks import Track
from store.audit.witnessed import WitnessedRows
from store.session import Session

PAGE: Final = 2_000
SEALS_AT_ONCE: Final = 20
SKEW: Final = timedelta(minutes=5)
"""How far the clocks of two machines may be apart."""
_SEALS: Final = SEALS.select('WHERE "id" > $1 ORDER BY "id" LIMIT $2')
_BETWEEN: Final = finding('WHERE "id" >= $1 AND "id" <= $2 ORDER BY "id"')
_AMONG: Final = finding('WHERE "id" = ANY($1) ORDER BY "id"')
_ABOVE: Final = finding('WHERE "id" > $1 ORDER BY "id" LIMIT $2')
Told = Callable[[int, str], None]
"""Is told up to which id the record is read, and in which month that is."""


@dataclass(slots=True)
class Verified:
    """What came of it.

    Args:
        entries, seals: how many were read; since: when the record begins; unsealed: how many are sealed next.
        unsettled: numbers of processes that ended on a sudden, of which nobody can say whether there ever was an entry.
        broken_off: chains of processes that did not say that they ended.
        drop: what has gone of it for its age.
    """

    entries: int = 0
    seals: int = 0
    since: datetime | None = None
    unsealed: int = 0
    unsettled: int = 0
    broken_off: int = 0
    last_hash: str = ""
    drop: Drop | None = None


@dataclass(frozen=True, slots=True)
class _State:
    """What is known once a seal has been read.

    Args:
        seal: that one; hash: of it; count: of all entries up to it; numbers: how many of each chain were read.
        chains: how far each is; decisions: when the last was made that was told.
    """

    seal: Seal
    hash: str
    count: int
    numbers: Mapping[str, int]
    chains: Mapping[str, Track]
    decisions: datetime | None


@dataclass(slots=True)
class Verifier:
    """Reads a record.

    Args:
        keys: of the record; session: reads; now: when; published: hashes of seals that were kept elsewhere, by number.
        told: is told how far it is; stops: numbers of seals up to which entries may have to go (`drop_at`).
    """

    keys: AuditKeys
    session: Session
    now: datetime
    published: Mapping[int, str]
    told: Told
    stops: Collection[int] = ()
    verified: Verified = field(default_factory=Verified)
    _tracks: dict[str, Track] = field(default_factory=dict)
    _sealed: Ranges = field(default_factory=Ranges)
    _states: dict[int, _State] = field(default_factory=dict)

    async def findings(self) -> AsyncIterator[Finding]:
        """Yield what is wrong, in the order of the record."""
        last: Seal | None = None
        drop = self.verified.drop = await last_drop(self.session, self.keys)
        if drop is not None:
            self._tracks = {name: track.copy() for name, track in drop.chains.items()}
        rows = WitnessedRows(self.session, drop.decisions if drop is not None else None)
        count = 0
        async for kept in self._seals():
            wrong, seal = self._seal(kept, last)
            for each in wrong:
                yield each
            if seal is None:
                continue
            count += seal.size
            if drop is None or seal.number > drop.seal:
                entries = await self._of(seal.ids)
                for each in (*self._entries(seal, entries, last), *await rows.compared(entries)):
                    yield each
            elif seal.number == drop.seal and (kept.hash, seal.top, count) != (drop.hash, drop.top, drop.count):
                yield findings.of_drop(drop.seal)
            last = seal
            if seal.number in self.stops:
                self._states[seal.number] = self._state(seal, kept.hash, count, rows.latest)
            self.told(seal.top, f"{seal.at:%Y-%m}")
        if drop is not None and (last is None or last.number < drop.seal):
            yield findings.of_drop(drop.seal)
        for each in self._unpublished():
            yield each
        async for each in self._outside(last, rows):
            yield each
        since = self.verified.since
        if drop is not None and drop.decisions is not None:
            # Of one that was made by then, an entry may have told that has gone.
            since = drop.decisions + timedelta.resolution
        for each in (*self._missing_numbers(), *await rows.unknown(since)):
            yield each

    def _state(self, seal: Seal, hashed: str, count: int, decisions: datetime | None) -> _State:
        chains = {name: track.copy() for name, track in self._tracks.items()}
        return _State(
            seal, hashed, count, {name: len(each.numbers) for name, each in chains.items()}, chains, decisions
        )

    def drop_at(self, stop: int, month: str, export: Sequence[str], by: str) -> Drop:
        """Return what has gone once the entries have up to a seal that was one of the stops; the record was read without findings.

        Args:
            month: before which they are; export: SHA-256 of the files in which they are; by: who has them go.
        """
        state, before = self._states[stop], self.verified.drop.exports if self.verified.drop is not None else ()
        chains = {
            name: track
            for name, track in state.chains.items()
            if len(self._tracks[name].numbers) > state.numbers[name] or track.may_go_on(self.now)
        }
        waited = Ranges.of(number for ids, _ in state.seal.open for number in ids.numbers())
        exports = tuple(dict.fromkeys((*before, *export)))
        return Drop(
            stop, state.hash, state.seal.top, waited, state.count, month, chains, state.decisions, exports, self.now, by
        )

    async def _seals(self) -> AsyncIterator[KeptSeal]:
        after = 0
        while page := await self.session.find(_SEALS, after, SEALS_AT_ONCE):
            for kept in page:
                yield kept
            after = page[-1].number

    def _seal(self, kept: KeptSeal, last: Seal | None) -> tuple[list[Finding], Seal | None]:
        """Return what is wrong with a seal by itself, and what it says, if it can be read."""
        try:
            seal = Seal.parse(kept.body)
        except (KeyError, TypeError, ValueError):
            return [
                findings.of_seal(kept.number, Message("读不出来，被改过。", "cannot be read: it was changed"))
            ], None
        wrong = [findings.of_seal(kept.number, why) for why in self._wrong_with(kept, seal, last)]
        if self.published.get(kept.number, kept.hash) != kept.hash:
            why = Message("与对外公布的不同。", f"is not the one that was published: {self.published[kept.number]}")
            wrong.append(Finding(Bent.PUBLISHED, (str(kept.number),), findings.of_seal(kept.number, why).message))
        self.verified.seals += 1
        self.verified.last_hash = kept.hash
        return wrong, seal

    def _wrong_with(self, kept: KeptSeal, seal: Seal, last: Seal | None) -> Iterator[Message]:
        key, drop = self.keys.by_name.get(seal.key), self.verified.drop
        if key is None and drop is not None and seal.number <= drop.seal:
            pass  # The mark has the hash of the last of them, which names those before it.
        elif key is None:
            yield Message(
                f"所用密钥 `{seal.key}` 不在现有密钥中。", f"was signed with the key {seal.key}, which is not given"
            )
        elif not is_signed(key.public, kept.body.encode(), b64decode(kept.signature, validate=False)):
            yield Message("签名不对，封印被改过。", "is not signed as it is: it was changed")
        expected = last.number + 1 if last is not None else 1
        if kept.number != seal.number or seal.number != expected:
            yield Message(
                f"之前缺少第{expected}号封印。", f"follows where the seal {expected} should: seals are missing"
            )
        elif seal.previous != self.verified.last_hash:
            yield Message("与前一封印不相连。", "does not name the one before it as it is")
        # Machines seal in turns, each by its own clock.
        if kept.at != seal.at or (last is not None and seal.at < last.at - SKEW):
            yield Message("时间不对。", "has another time than it says, or an earlier one than the seal before it")
        if seal.size != len(seal.ids) or len(seal.briefs) != BRIEF * seal.size:
            yield Message("条数不对。", "covers another number of entries than it says")
        twice = [number for number in seal.ids.numbers() if not self._sealed.add(number)]
        if twice:
            yield Message(f"重复封印了第{twice[0]}条。", f"covers the entry {twice[0]}, which an earlier one covers")

    async def _of(self, ids: Ranges) -> list[KeptEntry]:
        """Return the entries with some ids that are there, in the order of the ids."""
        found: list[KeptEntry] = []
        for part in _parts(ids):
            first, last = part[0], part[-1]
            if last - first < 2 * len(part):
                wanted = set(part)
                entries = entries_of(await self.session.run(_BETWEEN, first, last))
                found += [entry for entry in entries if entry.id in wanted]
            else:
                found += entries_of(await self.session.run(_AMONG, part))
        return found

    def _entries(self, seal: Seal, entries: Sequence[KeptEntry], last: Seal | None) -> Iterator[Finding]:
        """Yield what is wrong with the entries of a seal."""
        wrong: set[int] = set()
        for entry in entries:
            for each in self._entry(entry, last, seal):
                wrong.add(entry.id)
                yield each
        present = {entry.id: leaf_of(entry) for entry in entries}
        numbers = list(seal.ids.numbers())
        before = None
        times = {entry.id: entry.at for entry in entries}
        for number in numbers:
            if number not in present:
                yield findings.of_missing(number, seal.number, before)
            before = times.get(number, before)
        if len(present) < len(numbers):
            # Those that are there are still held to the beginnings of their hashes.
            yield from _differing(seal, numbers, present, wrong, entries)
            return
        leaves = [present[number] for number in numbers]
        if merkle.root(leaves).hex() == seal.root and briefs_of(leaves) == seal.briefs:
            return
        found = list(_differing(seal, numbers, present, wrong, entries))
        yield from found
        if not found and not wrong:
            yield findings.of_seal(seal.number, Message("与所含各条不符。", "does not fit the entries that it covers"))

    def _entry(self, entry: KeptEntry, last: Seal | None, seal: Seal | None) -> Iterator[Finding]:
        """Yield what is wrong with an entry by itself.

        Args:
            last: the seal before it; seal: its own, None where it has none yet.
        """
        self.verified.entries += 1
        if self.verified.since is None:
            self.verified.since = entry.at
        if (why := self._changed(entry, seal)) is not None:
            if entry.chain in self._tracks:
                self._tracks[entry.chain].excuse(entry.number)
            yield findings.of_entry(Bent.CHANGED, entry, why)
            return
        if entry.chain == BEFORE:
            return
        if not self._tracks.setdefault(entry.chain, Track()).take(entry):
            yield findings.of_entry(
                Bent.TWICE,
                entry,
                Message(
                    "与本进程的另一条编号相同：被抄了一份。",
                    "has the number of another entry of its chain: it is a copy",
                ),
            )
        said = entry.said
        self._tracks[entry.chain].unsure.update(said.get("unsure", ()))
        if said["kind"] == "process":
            self._tracks[entry.chain].ended = said["action"] == "ended"
        if last is not None and entry.at < last.at - LATE:
            why = Message(
                f"写的是{moment_text(entry.at)}，却在{moment_text(last.at)}的封印之后才有：时间被提前了。",
                f"was not there yet when the seal of {moment_text(last.at)} was made: it is back-dated",
            )
            yield findings.of_entry(Bent.BACK_DATED, entry, why)
        if entry.at > (seal.at if seal is not None else self.now) + SKEW:
            yield findings.of_entry(
                Bent.BACK_DATED, entry, Message("写的时间晚于封印的时间。", "is dated later than it was sealed")
            )

    def _changed(self, entry: KeptEntry, seal: Seal | None) -> Message | None:
        """Return why an entry is not what its process wrote; None where it is."""
        if entry.chain == BEFORE:
            genuine = entry.mac == "" and (seal is None or seal.number == 1)
        else:
            if self.keys.of_chain(entry.chain) is None:
                return Message("所用密钥不在现有密钥中。", "is marked with a key that is not given")
            genuine = self.keys.marked(entry.chain, entry.number, entry.text, entry.mac)
        if not genuine:
            return Message("被改过：校验值不对。", "was changed: its mark is of something else")
        said = entry.said
        shown = (read_moment(said), said["kind"], said.get("holder"), said.get("subject"))
        if shown != (entry.at, entry.kind, entry.holder_id, entry.subject):
            return Message("被改过：各列与正文不一致。", "was changed: its columns say something else than its text")
        return None

    def _unpublished(self) -> Iterator[Finding]:
        """Yield the seals that were published and are not there."""
        for number in sorted(self.published):
            if number > self.verified.seals:
                why = findings.of_seal(number, Message("公布过，但不见了。", "was published and is missing")).message
                yield Finding(Bent.PUBLISHED, (str(number),), why)

    async def _outside(self, last: Seal | None, rows: WitnessedRows) -> AsyncIterator[Finding]:
        """Yield what is wrong with entries that no seal covers."""
        waited = {number for ids, _ in (last.open if last is not None else ()) for number in ids.numbers()}
        before = entries_of(await self.session.run(_BETWEEN, -(2**63), 0))
        for entry in (*before, *await self._put_back(), *await self._of(self._never_sealed())):
            if entry.id in waited:
                for each in self._entry(entry, last, None):
                    yield each
                continue
            yield findings.of_entry(
                Bent.INSERTED,
                entry,
                Message(
                    "封印时没有它，是后来插入的。", "was not there when those around it were sealed: it was put in"
                ),
            )
        after = last.top if last is not None else 0
        while page := entries_of(await self.session.run(_ABOVE, after, PAGE)):
            for entry in page:
                for each in self._entry(entry, last, None):
                    yield each
                if entry.at < self.now - LATE:
                    yield findings.of_entry(
                        Bent.UNSEALED,
                        entry,
                        Message(
                            "写后一小时还没有封印：封印停了，或者被删了。",
                            "has no seal after an hour: nobody seals, or the seals were taken away",
                        ),
                    )
            for each in await rows.compared(page):
                yield each
            self.verified.unsealed += len(page)
            after = page[-1].id
            self.told(after, f"{page[-1].at:%Y-%m}")

    def _never_sealed(self) -> Ranges:
        """Return the ids that no seal covers though one with a greater id does, but those of what has gone."""
        drop = self.verified.drop
        if drop is None:
            return self._sealed.missing()
        late = (number for number in drop.open.numbers() if number not in self._sealed)
        return Ranges.of((*late, *self._sealed.missing(drop.top + 1).numbers()))

    async def _put_back(self) -> list[KeptEntry]:
        """Return the entries that are there though the mark says that all of their seals went."""
        found: list[KeptEntry] = []
        if (drop := self.verified.drop) is not None:
            after = 0
            while page := entries_of(await self.session.run(GONE, *drop.bounds, after, PAGE)):
                found += page
                after = page[-1].id
        return found

    def _missing_numbers(self) -> Iterator[Finding]:
        for chain, track in self._tracks.items():
            self.verified.unsettled += track.unsettled()
            self.verified.broken_off += not track.ended
            for number, then in sorted(track.taken_away().items()):
                yield findings.of_number(chain, number, then)


def _differing(
    seal: Seal,
    numbers: Sequence[int],
    present: Mapping[int, bytes],
    wrong: set[int],
    entries: Iterable[KeptEntry],
) -> Iterator[Finding]:
    """Yield the entries whose hashes begin otherwise than the seal says: exchanged ones, and those that nothing else has told."""
    expected = {number: seal.briefs[place * BRIEF : (place + 1) * BRIEF] for place, number in enumerate(numbers)}
    differing = [number for number in numbers if number in present and present[number][:BRIEF] != expected[number]]
    places = {expected[number]: number for number in numbers if number in differing or number not in present}
    by_id = {entry.id: entry for entry in entries}
    for number in differing:
        if (other := places.get(present[number][:BRIEF])) is not None:
            yield findings.of_exchanged(number, other)
        elif number not in wrong:
            yield findings.of_entry(
                Bent.CHANGED,
                by_id[number],
                Message(
                    "与封印时不同：有密钥的人改过。", "is not what was sealed: somebody with the key has changed it"
                ),
            )


def _parts(ids: Ranges) -> Iterator[list[int]]:
    part: list[int] = []
    for number in ids.numbers():
        part.append(number)
        if len(part) == PAGE:
            yield part
            part = []
    if part:
        yield part
