"""durable-rules, wrapped once and totally.

What it does to who uses it bare, and what is done here about each (figures in `docs/decisions/0002`):

- It frees memory that was never set when a state is deleted in which nothing fired: a catch-all rule fires in every
  state, and a state where it did not is an error, never an approval, and is never freed.
- It finds a state by a 32-bit hash of a caller's id, holds 1,024 of them, and mixes them up between threads: each ruleset
  has one state, under a name and a lock of ours, which must be empty again before the call returns.
- It treats missing, null or ill-typed values as "does not match": it is told whole numbers only, and every one.
- It keeps every ruleset for ever: those that nobody used for longest are freed, those of former policies by
  `keep_only`, and all of them on `clear`.
- Its `Host` starts timer threads: only its C functions are called.
- It hangs or fails on many rules: `program` cuts them into pieces far below its limits.
- It answers with what fired and the facts that made it fire: the facts must be the ones just told, to the letter, and
  carry a number that no other decision has.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from itertools import count
from threading import Lock
from typing import Any

import durable_rules_engine
import orjson

from policies.engine.program import CATCH_ALL, Chunk

_STATE = "decision"
_OK = 0
_NO_FACTS = "[]"
MAX_RULESETS = 32
"""About a quarter of a mebibyte each; compiling one anew takes half a millisecond, and what it answered is kept (`truths`)."""
MAX_STATES = 4
"""Empty states kept for the rulesets used last, up to half a mebibyte each; making one takes a tenth of a millisecond."""


class EngineError(Exception):
    """The engine did not answer as it must; nothing may be concluded from the call."""


class Engine:
    """Runs chunks. Safe to call from several threads; each call is atomic and leaves no fact behind."""

    def __init__(self, capacity: int = MAX_RULESETS) -> None:
        """Start with no rulesets.

        Args:
            capacity: how many compiled rulesets to keep.
        """
        self._capacity = capacity
        self._handles: OrderedDict[str, int] = OrderedDict()
        self._states: OrderedDict[int, None] = OrderedDict()
        self._serials = count(1)
        self._lock = Lock()
        self.compiled = 0
        self.abandoned = 0

    def __len__(self) -> int:
        return len(self._handles)

    def __bool__(self) -> bool:
        return True  # also with no rulesets yet: `engine or Engine()` must not replace it

    def fired(self, chunk: Chunk, message: Mapping[str, Any]) -> frozenset[str]:
        """Return the policy rules whose conditions hold of a message.

        Raises:
            EngineError: the engine failed or its catch-all did not fire.
        """
        text = orjson.dumps({**message, "id": f"{next(self._serials)}", "sid": _STATE}).decode()
        with self._lock:
            handle = self._handle(chunk.text)
            try:
                names = _run(handle, text)
                self._keep_state(handle)
            except BaseException as error:
                self._abandon(chunk.text)
                if isinstance(error, Exception):
                    raise EngineError(f"the rule engine failed: {error}") from error
                raise
        return frozenset(rule for name in names for rule in chunk.rules[name])

    def _keep_state(self, handle: int) -> None:
        self._states[handle] = None
        self._states.move_to_end(handle)
        while len(self._states) > MAX_STATES:
            oldest, _ = self._states.popitem(last=False)
            durable_rules_engine.delete_state(oldest, _STATE)

    def _handle(self, text: str) -> int:
        if text in self._handles:
            self._handles.move_to_end(text)
            return self._handles[text]
        while len(self._handles) >= self._capacity:
            self._free(self._handles.popitem(last=False)[1])
        try:
            handle: int = durable_rules_engine.create_ruleset("policy", text)
        except Exception as error:
            raise EngineError(f"the rule engine cannot compile the rules: {error}") from error
        self.compiled += 1
        self._handles[text] = handle
        return handle

    def _free(self, handle: int) -> None:
        if handle in self._states:
            del self._states[handle]
            durable_rules_engine.delete_state(handle, _STATE)
        durable_rules_engine.delete_ruleset(handle)

    def _abandon(self, text: str) -> None:
        """Drop a ruleset after an error: the next decision compiles it anew.

        It is not freed: it may hold a state in which nothing fired, and freeing that crashes the process.
        """
        handle = self._handles.pop(text, None)
        if handle is not None:
            self._states.pop(handle, None)
            self.abandoned += 1

    def keep_only(self, texts: Collection[str]) -> int:
        """Free every ruleset but some, and return how many were freed.

        Each call of `fired` is atomic, so none is freed under a decision; one that is asked for again all the same, by a
        decision that began before, is compiled anew.
        """
        freed = 0
        with self._lock:
            unused = [text for text in self._handles if text not in texts]
        for text in unused:
            with self._lock:  # taken for each, so that decisions go on in between
                handle = self._handles.pop(text, None)
                if handle is not None:
                    self._free(handle)
                    freed += 1
        return freed

    def clear(self) -> None:
        """Free every ruleset; the next decisions compile what they need."""
        with self._lock:
            while self._handles:
                self._free(self._handles.popitem()[1])


def _run(handle: int, text: str) -> list[str]:
    """Return the names of the rules that fire on some facts, and take the facts back."""
    names = [_name(action, text) for action in _actions(handle, text)]
    if CATCH_ALL not in names:
        raise EngineError("its catch-all rule did not fire")
    status, _ = durable_rules_engine.retract_fact(handle, text)
    if status != _OK or durable_rules_engine.get_facts(handle, _STATE) != _NO_FACTS:
        raise EngineError("it did not forget the facts")
    return names


def _actions(handle: int, text: str) -> Iterator[str]:
    """Yield what fires on some facts, one after the other, as the engine puts it."""
    status, state = durable_rules_engine.assert_fact(handle, text)
    if status != _OK:
        raise EngineError(f"it took the facts with status {status}")
    started = durable_rules_engine.start_action_for_state(handle, state)
    action = started[1] if started else None
    while action:
        yield action
        action = durable_rules_engine.complete_and_start_action(handle, state)


def _name(action: str, text: str) -> str:
    """Return the rule in `{"rule":{"m":facts}}`, whose facts must be the very text that was asserted."""
    head, tail = '{"', '":{"m":' + text + "}}"
    if not (action.startswith(head) and action.endswith(tail)):
        raise EngineError("it answered about other facts than those it was given")
    return action[len(head) : -len(tail)]
