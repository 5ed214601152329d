"""A server below HTTP that plays a script to each connection, and calls that meet it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from bridge import Bridge, HttpTransport, Limits
from bridge.transport.tuning import Tuning
from tests.hostile.wire import Peer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bridge.trace import Record
    from tests.hostile.wire import Step

SECONDS = 20
"""After which a test has hung."""


class Hostile:
    """
    Plays one script to each connection, in turn; the last one to all that follow.

    A script that ends leaves its connection open: only the other side can end it then.

    Attributes:
        scripts: what is played.
        peers: the connections so far.
    """

    def __init__(self) -> None:
        self.scripts: list[Sequence[Step]] = []
        self.peers: list[Peer] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/up"

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)

    async def parted(self) -> None:
        """Wait until the other side has left every connection."""
        async with asyncio.timeout(SECONDS):
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Listen no more."""
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.append(task)
        peer = Peer(reader, writer)
        script = self.scripts[min(len(self.peers), len(self.scripts) - 1)]
        self.peers.append(peer)
        try:
            for step in script:
                await step(peer)
            await peer.hear_out()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@dataclass(slots=True)
class Told:
    """What a mini-program was told of one call, in order, and its record."""

    record: Record
    heard: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The callbacks that were called."""
        return [name for name, _ in self.heard]

    @property
    def result(self) -> Any:  # noqa: ANN401  whatever the host hands over
        """What the last callback got."""
        return self.heard[-1][1]


async def told(bridge: Bridge, api: str, options: dict[str, Any]) -> Told:
    """Make a call as a mini-program does, and wait for its end."""
    heard: list[tuple[str, Any]] = []
    ended = asyncio.Event()

    def note(name: str, result: object) -> None:
        heard.append((name, result))
        if name == "complete":
            ended.set()

    callbacks = {
        name: lambda result, name=name: note(name, result)
        for name in ("success", "fail", "complete")
    }
    getattr(bridge.api, api)({**options, **callbacks})
    async with asyncio.timeout(SECONDS):
        await ended.wait()
    return Told(bridge.calls[-1], heard)


def sent(bridge: Bridge, size: int = 10) -> dict[str, Any]:
    """Return what every target needs for the upload of a file of this size."""
    return {"filePath": bridge.files.add("a.png", bytes(size)), "name": "f", "fileType": "image"}


@pytest.fixture
async def hostile() -> AsyncIterator[Hostile]:
    """
    Return a server without a script.

    At the end, every client has left by itself, and no task and no descriptor is held.
    """
    server = Hostile()
    await server.start()
    before = _descriptors()
    yield server
    await server.parted()
    # Transports close their sockets in the loop's next turn.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert {asyncio.current_task()} == asyncio.all_tasks()
    assert before == _descriptors()
    await server.close()


@pytest.fixture(params=["direct", "session"])
def tuning(request: pytest.FixtureRequest) -> Tuning:
    """Return the tuning of each way a request can go by aiohttp."""
    return Tuning(direct=request.param == "direct")


@pytest.fixture
def limited(tuning: Tuning) -> HttpTransport:
    """Return a transport with small limits; whoever uses it closes it."""
    return HttpTransport(limits=Limits(body=100_000), tuning=tuning)


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208  names, and nothing opened
