"""What a scripted server does on one connection, step by step."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Step = Callable[["Peer"], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 2\r\n\r\nok"
_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)", re.IGNORECASE)
_RESET = struct.pack("ii", 1, 0)


class Peer:
    """
    The server's side of one connection.

    Attributes:
        heard: the bytes that were read.
        said: how many bytes the system took.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.heard = b""
        self.said = 0

    async def hear_out(self) -> None:
        """Read until the other side ends the connection."""
        while piece := await self.reader.read(1 << 16):
            self.heard += piece

    async def say(self, data: bytes) -> None:
        """Send bytes, and wait until they are on their way."""
        self.writer.write(data)
        await self.writer.drain()
        self.said += len(data)


async def hear_head(peer: Peer) -> None:
    """Read the head of a request, and no more."""
    peer.heard += await peer.reader.readuntil(b"\r\n\r\n")


async def hear(peer: Peer) -> None:
    """Read a whole request."""
    await hear_head(peer)
    await hear_body(peer)


async def hear_body(peer: Peer) -> None:
    """Read the body of the newest request whose head was read."""
    length = _LENGTH.findall(peer.heard.rpartition(b"HTTP/1.1")[2])
    try:
        peer.heard += await peer.reader.readexactly(int(length[-1]) if length else 0)
    except asyncio.IncompleteReadError as end:
        peer.heard += end.partial
        raise


def do(action: Callable[[], object]) -> Step:
    """Return a step that does something to the world outside."""

    async def step(_: Peer) -> None:
        action()

    return step


def say(*texts: bytes) -> Step:
    """Return a step that sends texts, one after the other."""

    async def step(peer: Peer) -> None:
        for text in texts:
            await peer.say(text)

    return step


def trickle(text: bytes) -> Step:
    """Return a step that sends a text byte by byte, each in a turn of its own."""

    async def step(peer: Peer) -> None:
        sock = peer.writer.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(text)):
            await peer.say(text[at : at + 1])
            await asyncio.sleep(0)

    return step


def forever(text: bytes, at_once: int = 1 << 14) -> Step:
    """Return a step that sends a text over and over, until the other side has had enough."""

    async def step(peer: Peer) -> None:
        piece = text * max(1, at_once // len(text))
        while True:
            await peer.say(piece)
            await asyncio.sleep(0)

    return step


async def close(peer: Peer) -> None:
    """End the connection in good order."""
    peer.writer.close()
    await peer.writer.wait_closed()


async def reset(peer: Peer) -> None:
    """Cut the connection."""
    sock = peer.writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    peer.writer.transport.abort()
