"""An upload server that reads as far as a test lets it, so that what a page shows stands still."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_PIECE: Final = 64 << 10
_ANSWER: Final = b"HTTP/1.1 201 Created\r\nContent-Length: 11\r\nConnection: close\r\n\r\n"


class Gates:
    """
    The server.

    Attributes:
        url: its origin.
        begun: how many uploads have begun.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.begun = 0
        self._open: list[asyncio.Event] = []
        self._pieces: list[int] = []
        self._changed = asyncio.Event()

    def let(self, number: int, pieces: int) -> None:
        """Let so many more pieces of 64 KiB of an upload be read."""
        self._pieces[number] += pieces
        self._open[number].set()

    def let_all(self) -> None:
        """Let every upload that has begun be read to its end, and be answered."""
        for number in range(self.begun):
            self.let(number, 1 << 20)

    async def beginning(self, count: int) -> None:
        """Wait until so many uploads have begun."""
        while self.begun < count:
            self._changed.clear()
            await self._changed.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one upload."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            number, self.begun = self.begun, self.begun + 1
            self._open.append(asyncio.Event())
            self._pieces.append(0)
            self._changed.set()
            left = int(head.lower().partition(b"content-length:")[2].split()[0])
            while left > 0:
                await self._turn(number)
                left -= len(await reader.readexactly(min(_PIECE, left)))
            await self._turn(number)
            writer.write(_ANSWER + b'{"ok":true}')
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the call, or the whole test, was given up
        finally:
            writer.close()

    async def _turn(self, number: int) -> None:
        while not self._pieces[number]:
            self._open[number].clear()
            await self._open[number].wait()
        self._pieces[number] -= 1


@asynccontextmanager
async def gated() -> AsyncIterator[Gates]:
    """Run such a server; it holds no more of what nobody has let in than the kernel does."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _PIECE)
        listening.bind(("127.0.0.1", 0))
        gates = Gates(f"http://127.0.0.1:{listening.getsockname()[1]}")
        server = await asyncio.start_server(gates.serve, sock=listening, limit=_PIECE)
        async with server:
            yield gates
            gates.let_all()
