"""Real servers on loopback, uploads and an event log for the transport tests."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from typing import TYPE_CHECKING, Literal, Protocol

import pytest
import trustme
from aiohttp import web

from bridge.files import OpenFile
from bridge.transport import Cut, FilePart, Measures, WireUpload
from bridge.transport.dial import Dialler
from bridge.transport.http import HttpTransport
from bridge.transport.tuning import Tuning

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path

    from bridge.transport import Headers

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
    RawHandler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Log:
    """Events that remember; `reached` is set by the first progress report."""

    def __init__(self) -> None:
        self.measures = Measures()
        self.progressed: list[tuple[int, int]] = []
        self.answered: list[tuple[int, Headers]] = []
        self.reached = asyncio.Event()

    def progress(self, sent: int, total: int) -> None:
        """Keep one report."""
        self.progressed.append((sent, total))
        self.reached.set()

    def headers(self, status: int, headers: Headers) -> None:
        """Keep the headers event."""
        self.answered.append((status, headers))


class Serve(Protocol):
    """Starts an aiohttp server and returns its port."""

    async def __call__(self, handler: Handler, tls: ssl.SSLContext | None = None) -> int:
        """Start it; it is stopped after the test."""


class ServeRaw(Protocol):
    """Starts a server that gets each connection's bytes and returns its port."""

    async def __call__(
        self, handler: RawHandler, tls: ssl.SSLContext | None = None, *, limit: int = 1 << 16
    ) -> int:
        """Start it; it is stopped after the test."""


class Opened(Protocol):
    """Opens content as the bridge does: from a file, or held in memory."""

    def __call__(self, content: bytes, *, memory: bool = False) -> OpenFile:
        """Return the open file; it is closed after the test."""


def part_of(file: OpenFile, **changes: str) -> FilePart:
    """Return a file part with every name given."""
    names = {"name": "file", "filename": "a.bin", "content_type": "application/octet-stream"}
    return FilePart(**(names | changes), file=file)


def upload_to(  # noqa: PLR0913
    url: str,
    *files: OpenFile,
    headers: Headers = (),
    fields: tuple[tuple[str, str], ...] = (("key", "value"),),
    cut: Cut | None = None,
    cookies: bool = False,
    max_redirects: int = 5,
    judge: Callable[[str], None] = lambda _url: None,
    check_answer: Callable[[str, Headers], None] = lambda _url, _headers: None,
    method: str = "POST",
    body: bytes | None = None,
) -> WireUpload:
    """Return an upload of these files with everything else at rest."""
    return WireUpload(
        url=url,
        headers=headers,
        fields=fields,
        files=tuple(map(part_of, files)),
        boundary="test-boundary",
        judge=judge,
        check_answer=check_answer,
        max_redirects=max_redirects,
        cookies=cookies,
        cut=cut,
        method=method,
        body=body,
    )


@pytest.fixture
def make() -> Callable[..., WireUpload]:
    """Return the maker of uploads."""
    return upload_to


@pytest.fixture
def make_part() -> Callable[..., FilePart]:
    """Return the maker of file parts."""
    return part_of


@pytest.fixture
async def log() -> Log:
    """Return a fresh event log."""
    return Log()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Return an opener of content; every file is closed at the end."""
    files: list[OpenFile] = []

    def open_content(content: bytes, *, memory: bool = False) -> OpenFile:
        path = tmp_path / f"{len(files)}.bin"
        path.write_bytes(content)
        files.append(OpenFile(content if memory else os.open(path, os.O_RDONLY)))
        return files[-1]

    yield open_content
    for file in files:
        file.close()


@pytest.fixture(params=["direct", "session"])
def tuning(request: pytest.FixtureRequest) -> Tuning:
    """Return the tuning of each way a request can go by aiohttp."""
    return Tuning(direct=request.param == "direct")


@pytest.fixture
async def transport(tuning: Tuning) -> AsyncIterator[HttpTransport]:
    """Return a transport that is closed at the end."""
    http = HttpTransport(tuning=tuning)
    yield http
    await http.aclose()


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Return a starter of aiohttp servers."""
    runners: list[web.AppRunner] = []

    async def start(handler: Handler, tls: ssl.SSLContext | None = None) -> int:
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{tail:.*}", handler)
        runner = web.AppRunner(app, shutdown_timeout=0)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        return int(runner.addresses[0][1])

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def serve_raw() -> AsyncIterator[ServeRaw]:
    """Return a starter of servers below HTTP; a connection's handler is cancelled at the end."""
    servers: list[asyncio.Server] = []
    tasks: list[asyncio.Task[None]] = []

    async def start(
        handler: RawHandler, tls: ssl.SSLContext | None = None, *, limit: int = 1 << 16
    ) -> int:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.append(task)
            try:
                await handler(reader, writer)
            except (ConnectionError, asyncio.CancelledError):
                pass
            finally:
                writer.transport.abort()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()

        server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls, limit=limit)
        servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Return a certificate authority of the tests' own."""
    return trustme.CA()


@pytest.fixture
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    """Return the TLS context of a server named api.example.com, localhost and 127.0.0.1."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("api.example.com", "localhost", "127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def client_tls(authority: trustme.CA) -> ssl.SSLContext:
    """Return a client context that trusts the tests' authority alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    return context


@pytest.fixture
def cut_at() -> Callable[..., Cut]:
    """Return the maker of cuts by a number of bytes."""

    def make_cut(after: int, kind: Literal["reset", "stall"]) -> Cut:
        return Cut(after=after, percent=None, kind=kind)

    return make_cut


@pytest.fixture
def log_class() -> type[Log]:
    """Return the class of event logs, for tests that run a loop of their own."""
    return Log


@pytest.fixture
def small_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every dialled socket the smallest buffer the system has."""
    original = Dialler.open_socket

    def small(self: Dialler, info: tuple[object, ...]) -> socket.socket:
        opened = original(self, info)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)  # the system makes it the least
        return opened

    monkeypatch.setattr(Dialler, "open_socket", small)
