"""Connections shared out among several processes that take them from one socket.

An event loop by itself takes what waits as soon as it wakes, and so one process could have most connections for as long as they last.
Here each takes one at a time, and leaves a new one to whoever has fewer.
"""

import asyncio
import logging
import mmap
import socket
import time
from collections.abc import Callable
from typing import Any, Final

import uvicorn

LEAVES_FOR_SECONDS: Final = 0.001
"""How long a process leaves a connection to another before it looks again whether it still waits."""
AWAKE_SECONDS: Final = 1.0
"""Who has not been heard of for so long is busy, stopped or dead, and nothing is left to it."""
FULL_SECONDS: Final = 1.0
"""How long to wait where the system has no more room for connections, as asyncio does."""
_AWAY: Final = float("-inf")
logger = logging.getLogger(__name__)


class Connections:
    """How many connections each of several processes has; shared by those that are forked after it was made.

    Args:
        places: how many processes there are; each tells of its own place alone, the first being 0.
    """

    def __init__(self, places: int) -> None:
        shared = memoryview(mmap.mmap(-1, 2 * places * 8)).cast("d")
        self._counts, self._heard = shared[:places], shared[places:]
        for place in range(places):
            self.leave(place)

    def tell(self, place: int, count: int) -> None:
        """Tell that a process takes connections, and how many it has."""
        self._counts[place], self._heard[place] = count, time.monotonic()

    def leave(self, place: int) -> None:
        """Tell that a process takes no more connections."""
        self._heard[place] = _AWAY

    def are_fewer_elsewhere(self, place: int) -> bool:
        """Say whether another process that is awake has fewer than this one."""
        own, since = self._counts[place], time.monotonic() - AWAKE_SECONDS
        return any(count < own and heard > since for count, heard in zip(self._counts, self._heard, strict=True))


class _Watched(set[Any]):
    """The connections of a server, which tells of each that comes or goes."""

    def __init__(self, came: Callable[[], None], went: Callable[[], None]) -> None:
        super().__init__()
        self._came, self._went = came, went

    def add(self, each: object) -> None:
        super().add(each)
        self._came()

    def discard(self, each: object) -> None:
        super().discard(each)
        self._went()


class SharingServer(uvicorn.Server):
    """Serves what comes to a socket from which other processes take connections as well.

    Args:
        connections: how many each process has. place: of this process among them.
    """

    def __init__(self, config: uvicorn.Config, connections: Connections, place: int) -> None:
        super().__init__(config)
        connections.leave(place)  # whoever had the place before may have died
        self._connections, self._place = connections, place
        self._arriving: dict[asyncio.Protocol, asyncio.Task[None]] = {}
        self._later: asyncio.TimerHandle | None = None
        self._takes = False
        self.server_state.connections = _Watched(self._tell, self._look_again)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take connections from the one socket that is given."""
        await super().startup(sockets=[])
        [self._listener] = sockets or []
        self._listener.setblocking(False)
        self._watch()
        self._tell()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, and answer what is under way."""
        self._ignore()
        self._leave()
        await asyncio.gather(*self._arriving.values(), return_exceptions=True)
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        """Tell the others, ten times a second, that this process is awake."""
        self._tell()
        return await super().on_tick(counter)

    def _tell(self) -> None:
        if self._takes:
            there = self.server_state.connections
            self._connections.tell(self._place, len(there) + sum(each not in there for each in self._arriving))

    def _look_again(self) -> None:
        """Tell that a connection has gone, after which the next may be for this process."""
        self._tell()
        if self._takes and self._later is not None:
            self._later.cancel()
            self._watch()

    def _leave(self) -> None:
        self._takes = False
        self._connections.leave(self._place)

    def _watch(self) -> None:
        self._takes, self._later = True, None
        asyncio.get_running_loop().add_reader(self._listener.fileno(), self._take)

    def _ignore(self) -> None:
        asyncio.get_running_loop().remove_reader(self._listener.fileno())
        if self._later is not None:
            self._later.cancel()

    def _wait(self, seconds: float) -> None:
        self._ignore()
        self._later = asyncio.get_running_loop().call_later(seconds, self._watch)

    def _take(self) -> None:
        """Take one of the connections that wait; the event loop calls again as long as more do."""
        self._tell()
        if self._connections.are_fewer_elsewhere(self._place):
            self._wait(LEAVES_FOR_SECONDS)
            return
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # another has taken it, or whoever called has gone
        except OSError as error:
            logger.error("No connection can be taken for now: %s.", error)
            self._leave()
            self._wait(FULL_SECONDS)
            return
        protocol: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        self._arriving[protocol] = asyncio.get_running_loop().create_task(self._introduce(protocol, connection))
        self._tell()

    async def _introduce(self, protocol: asyncio.Protocol, connection: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: protocol, connection, ssl=self.config.ssl)
        except OSError as error:
            logger.info("A connection has ended before it began: %s.", error)
            connection.close()
        finally:
            del self._arriving[protocol]
