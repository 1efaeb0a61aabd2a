"""durable-rules, wrapped once and totally.

What it does to who uses it bare, and what is done here about each (figures in `docs/decisions/0002`):

- It frees memory that was never set when a state is deleted in which nothing fired: a catch-all rule fires in every
  state, and a state where it did not is an error, never an approval.
- It finds a state by a 32-bit hash of a caller's id, holds 1,024 of them, and mixes them up between threads: there is
  one state at a time, under a name and a lock of ours, deleted before the call returns, also after an error.
- It treats missing, null or ill-typed values as "does not match": it is told whole numbers only, and every one.
- It keeps every ruleset for ever: those that nobody used for longest are freed, and all of them on `clear`.
- Its `Host` starts timer threads: only its C functions are called.
- It hangs or fails on many rules: `program` cuts them into pieces far below its limits.
- It answers with what fired and the facts that made it fire: the facts must be the ones just told, to the letter.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Any

import durable_rules_engine
import orjson

from policies.program import CATCH_ALL, Chunk

_STATE = "decision"
_OK = 0
MAX_RULESETS = 1_024
"""About a quarter of a mebibyte each; compiling one anew takes half a millisecond."""


class EngineError(Exception):
    """The engine did not answer as it must; nothing may be concluded from the call."""


class Engine:
    """Runs chunks. Safe to call from several threads; each call is atomic and leaves nothing behind."""

    def __init__(self, capacity: int = MAX_RULESETS) -> None:
        """Start with no rulesets.

        Args:
            capacity: how many compiled rulesets to keep.
        """
        self._capacity = capacity
        self._handles: OrderedDict[str, int] = OrderedDict()
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
        text = orjson.dumps({**message, "id": "1", "sid": _STATE}).decode()
        with self._lock:
            handle = self._handle(chunk.text)
            try:
                names = self._run(handle, text)
            except BaseException as error:
                self._abandon(chunk.text)
                if isinstance(error, Exception):
                    raise EngineError(f"the rule engine failed: {error}") from error
                raise
        if CATCH_ALL not in names:
            raise EngineError("the rule engine did not run: its catch-all rule did not fire")
        return frozenset(rule for name in names for rule in chunk.rules[name])

    def _run(self, handle: int, text: str) -> list[str]:
        names: list[str] = []
        try:
            for action in _actions(handle, text):
                names.append(_name(action, text))
        finally:
            if names:
                durable_rules_engine.delete_state(handle, _STATE)
        if not names:
            raise EngineError("its catch-all rule did not fire")
        return names

    def _handle(self, text: str) -> int:
        if text in self._handles:
            self._handles.move_to_end(text)
            return self._handles[text]
        while len(self._handles) >= self._capacity:
            _, oldest = self._handles.popitem(last=False)
            durable_rules_engine.delete_ruleset(oldest)
        try:
            handle: int = durable_rules_engine.create_ruleset("policy", text)
        except Exception as error:
            raise EngineError(f"the rule engine cannot compile the rules: {error}") from error
        self.compiled += 1
        self._handles[text] = handle
        return handle

    def _abandon(self, text: str) -> None:
        """Drop a ruleset after an error: the next decision compiles it anew.

        It is not freed: it may hold a state in which nothing fired, and freeing that crashes the process.
        """
        if self._handles.pop(text, None) is not None:
            self.abandoned += 1

    def clear(self) -> None:
        """Free every ruleset; the next decisions compile what they need."""
        with self._lock:
            while self._handles:
                _, handle = self._handles.popitem()
                durable_rules_engine.delete_ruleset(handle)


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
