"""Every path of a body, around every threshold: the bytes that arrive are those of the file."""

# ruff: noqa: PLR0913, PLR0917  a test names the fixtures it needs

from __future__ import annotations

import asyncio
import os
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
import uvloop

from bridge.transport.http import HttpTransport
from bridge.transport.multipart import content_of
from bridge.transport.small import AT_ONCE
from bridge.transport.tuning import Tuning

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from bridge.transport import WireUpload
    from tests.transport.conftest import Log, Opened, ServeRaw

_KIB, _MIB = 1024, 1024 * 1024
_EDGES = (AT_ONCE, 64 * _KIB, 128 * _KIB, 512 * _KIB, _MIB)
_FORM_SIZES = [edge + offset for edge in _EDGES for offset in (-1, 0, 1)]
_PIECES = {"fast reader": _MIB, "slow reader": 5_003}
_WAYS = [
    pytest.param(Tuning(direct=direct, sendfile=sendfile), id=f"{line}-{path}")
    for direct, line in ((True, "direct"), (False, "session"))
    for sendfile, path in ((True, "sendfile"), (False, "copied"))
]


class Hashing:
    """A server that reads bodies in pieces of one size, and keeps each file's SHA-256."""

    def __init__(self, piece: int) -> None:
        self.files: list[bytes] = []
        self.ended = asyncio.Event()
        self._piece = piece

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        await self._serve(reader, writer)
        writer.close()
        await writer.wait_closed()
        self.ended.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            body = b""
            while len(body) < length:
                body += await reader.read(min(self._piece, length - len(body)))
                await asyncio.sleep(0)
            self.files.append(sha256(_file_of(body)).digest())
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


def _file_of(body: bytes) -> bytes:
    """Return the one file of a form, found by its boundary and nothing of ours."""
    boundary = body.partition(b"\r\n")[0]
    start = body.index(b"\r\n\r\n") + 4
    return body[start : body.rindex(b"\r\n" + boundary)]


def _content(size: int, make: Callable[..., WireUpload], opened: Opened) -> bytes:
    """Return a file whose form takes so many bytes."""
    around = content_of(make("http://localhost/", opened(b""), fields=())).size
    return os.urandom(size - around)


async def _arrives(
    transport: HttpTransport,
    url: str,
    server: Hashing,
    make: Callable[..., WireUpload],
    opened: Opened,
    log: Log,
) -> None:
    for size in _FORM_SIZES:
        content = _content(size, make, opened)
        log.progressed.clear()
        reply = await transport.send(make(url, opened(content), fields=()), log)
        assert reply.status == 200
        assert sha256(content).digest() == server.files[-1]
        assert log.progressed[-1] == (size, size)
        assert log.measures.body_bytes == size
    assert log.measures.reused


@pytest.mark.parametrize("piece", _PIECES.values(), ids=_PIECES.keys())
@pytest.mark.parametrize("tuning", _WAYS)
async def test_the_file_arrives_over_plain_tcp(
    serve_raw: ServeRaw,
    make: Callable[..., WireUpload],
    opened: Opened,
    log: Log,
    tuning: Tuning,
    piece: int,
) -> None:
    """One connection carries forms of every size, each file whole, to readers of any speed."""
    server = Hashing(piece)
    port = await serve_raw(server.serve)
    transport = HttpTransport(tuning=tuning)
    await _arrives(transport, f"http://127.0.0.1:{port}/", server, make, opened, log)
    await transport.aclose()


@pytest.mark.parametrize("piece", _PIECES.values(), ids=_PIECES.keys())
@pytest.mark.parametrize("direct", [True, False], ids=["direct", "session"])
async def test_the_file_arrives_over_tls(
    serve_raw: ServeRaw,
    make: Callable[..., WireUpload],
    opened: Opened,
    log: Log,
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
    piece: int,
    direct: bool,  # noqa: FBT001
) -> None:
    """Encryption changes the path and not the bytes."""
    server = Hashing(piece)
    port = await serve_raw(server.serve, server_tls)
    transport = HttpTransport(ssl=client_tls, tuning=Tuning(direct=direct))
    await _arrives(transport, f"https://localhost:{port}/", server, make, opened, log)
    await transport.aclose()


@pytest.mark.parametrize("tuning", _WAYS)
def test_the_file_arrives_on_uvloop(
    make: Callable[..., WireUpload], opened: Opened, log_class: type[Log], tuning: Tuning
) -> None:
    """The other event loop sends the same bytes by each path."""

    async def main() -> None:
        hashing, transport = Hashing(_MIB), HttpTransport(tuning=tuning)
        server = await asyncio.start_server(hashing.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}/"
        await _arrives(transport, url, hashing, make, opened, log_class())
        await transport.aclose()
        await hashing.ended.wait()
        server.close()
        await server.wait_closed()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


@pytest.mark.parametrize("tuning", _WAYS)
async def test_ten_files_at_once_do_not_mix(
    serve_raw: ServeRaw,
    make: Callable[..., WireUpload],
    opened: Opened,
    log_class: type[Log],
    tuning: Tuning,
) -> None:
    """Ten large files on their way together arrive as ten."""
    server = Hashing(_MIB)
    port = await serve_raw(server.serve)
    contents = [os.urandom(3 * _MIB + number) for number in range(10)]
    url = f"http://127.0.0.1:{port}/"
    uploads = [make(url, opened(content), fields=()) for content in contents]
    transport = HttpTransport(tuning=tuning)
    await asyncio.gather(*[transport.send(upload, log_class()) for upload in uploads])
    await transport.aclose()
    assert sorted(sha256(content).digest() for content in contents) == sorted(server.files)
