"""Clients that do all they can to the embedded servers: they are told so, and nobody else is."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from bridge import Bridge, UploadServer
from bridge.logic.server import BridgeServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
BAD = {
    "no Host": b"GET /bridge HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET /bridge HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "noise": b"\0\xff\r\n\r\n",
    "a NUL in a header": b"GET /bridge HTTP/1.1\r\nHost: localhost\r\nA: \0\r\n\r\n",
    "an endless head": b"GET /bridge HTTP/1.1\r\nHost: localhost\r\nA: " + b"a" * 100_000,
    "endless headers": b"GET /bridge HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 50_000,
    "an endless target": b"GET /" + b"a" * 100_000,
    "two lengths": _POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a length and chunks": _POST
    + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
}


@pytest.fixture(params=["sink", "bridge"])
async def address(request: pytest.FixtureRequest) -> AsyncIterator[tuple[str, int]]:
    """Run each of the embedded servers, and return where it listens."""
    opened = UploadServer() if request.param == "sink" else BridgeServer(Bridge)
    async with opened as server:
        found = urlsplit(server.url)
        yield str(found.hostname), int(found.port or 0)


@pytest.mark.parametrize("bad", BAD)
async def test_what_is_no_request_is_answered_400(
    address: tuple[str, int], bad: str, caplog: pytest.LogCaptureFixture
) -> None:
    """One sentence to whoever sent it, and not a word in anybody's log."""
    caplog.set_level(logging.DEBUG)
    reader, writer = await asyncio.open_connection(*address)
    writer.write(BAD[bad])
    answer = await asyncio.wait_for(reader.read(1 << 16), 20)
    writer.transport.abort()
    assert b" 400 Bad Request" in answer.split(b"\r\n")[0]
    assert [] == [one for one in caplog.records if one.levelno > logging.DEBUG]
