"""One request over one connection, by aiohttp's session and past it: both do the same."""

# ruff: noqa: PLR0913, PLR0917  a test names the fixtures it needs

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING

import aiohttp
import pytest
import uvloop

from bridge.reasons import Reason
from bridge.transport import TransportFailure
from bridge.transport.dial import Dialler
from bridge.transport.http import HttpTransport
from bridge.transport.tuning import DIRECT, Tuning

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bridge.transport import Cut, WireUpload
    from tests.transport.conftest import Log, Opened, ServeRaw

    Loop = Callable[[], asyncio.AbstractEventLoop]
    Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_KIB = 1024
_SMALLEST = 1  # bytes of a socket's buffer: the system makes the least it can of it
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_LOOPS = pytest.mark.parametrize(
    "loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)


def test_this_aiohttp_is_one_that_is_known() -> None:
    """The faster line is what the tests, and users of the pinned version, go by."""
    assert DIRECT
    assert Tuning().direct


async def _request(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Return the head and the body of one request."""
    head = await reader.readuntil(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
    return head, await reader.readexactly(int(fields.get(b"content-length", 0)))


def _answers(*texts: bytes) -> tuple[list[bytes], Handler]:
    """Return a handler that gives each request the next answer, and the heads it was asked by."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while len(heads) < len(texts):
            heads.append((await _request(reader))[0])
            writer.write(texts[len(heads) - 1])
            await writer.drain()

    return heads, serve


async def test_interim_answers_are_passed_over(
    transport: HttpTransport, serve_raw: ServeRaw, make: Callable[..., WireUpload], log: Log
) -> None:
    """100 and 103 are not the answer; what follows them is, and nothing is left behind."""
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    _, serve = _answers(interim + _OK, _OK)
    port = await serve_raw(serve)
    url = f"http://127.0.0.1:{port}/"
    assert (await transport.send(make(url), log)).body == b"ok"
    assert [status for status, _ in log.answered] == [200]
    assert (await transport.send(make(url), log)).status == 200
    assert log.measures.reused


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
async def test_an_answer_that_can_have_no_body_leaves_the_connection_open(
    transport: HttpTransport,
    serve_raw: ServeRaw,
    make: Callable[..., WireUpload],
    log: Log,
    status: bytes,
) -> None:
    """Nothing is waited for after its head."""
    _, serve = _answers(b"HTTP/1.1 " + status + b"\r\n\r\n", _OK)
    port = await serve_raw(serve)
    url = f"http://127.0.0.1:{port}/"
    assert (await transport.send(make(url), log)).body == b""
    assert (await transport.send(make(url), log)).body == b"ok"
    assert log.measures.reused


async def test_the_answer_to_a_head_has_no_body(
    transport: HttpTransport, serve_raw: ServeRaw, make: Callable[..., WireUpload], log: Log
) -> None:
    """The length it announces is that of the body a GET would have."""
    heads, serve = _answers(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n", _OK)
    port = await serve_raw(serve)
    url = f"http://127.0.0.1:{port}/"
    reply = await transport.send(make(url, method="HEAD", body=b""), log)
    assert (reply.status, reply.body) == (200, b"")
    await transport.send(make(url), log)
    assert log.measures.reused
    assert [head.split(b" ")[0] for head in heads] == [b"HEAD", b"POST"]


async def test_a_connect_that_succeeds_has_its_head_for_an_answer(
    transport: HttpTransport, serve_raw: ServeRaw, make: Callable[..., WireUpload], log: Log
) -> None:
    """What the connection carries from then on is nobody's answer, so no other upload gets it."""
    heads, serve = _answers(b"HTTP/1.1 200 OK\r\n\r\n")
    _, serve_more = _answers(_OK)

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await (serve_more if heads else serve)(reader, writer)
        await reader.read()

    url = f"http://127.0.0.1:{await serve_raw(tunnel)}/"
    async with asyncio.timeout(5):
        reply = await transport.send(make(url, method="CONNECT", body=b""), log)
    assert (reply.status, reply.body) == (200, b"")
    assert (await transport.send(make(url), log)).body == b"ok"
    assert not log.measures.reused


async def test_a_connect_that_is_refused_is_told_why(
    transport: HttpTransport, serve_raw: ServeRaw, make: Callable[..., WireUpload], log: Log
) -> None:
    """Such an answer has a body like any other."""
    _, serve = _answers(b"HTTP/1.1 405 No\r\nContent-Length: 2\r\n\r\nno")
    url = f"http://127.0.0.1:{await serve_raw(serve)}/"
    reply = await transport.send(make(url, method="CONNECT", body=b""), log)
    assert (reply.status, reply.body) == (405, b"no")


async def test_a_redirects_body_is_read_however_late_it_comes(
    transport: HttpTransport, serve_raw: ServeRaw, make: Callable[..., WireUpload], log: Log
) -> None:
    """Its bytes have been received, and the next hop goes over the same connection."""
    moved = b"HTTP/1.1 307 Moved\r\nLocation: /next\r\nContent-Length: 5\r\n\r\n"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _request(reader)
        writer.write(moved)
        await _turns()
        writer.write(b"moved")
        await _request(reader)
        writer.write(_OK)
        await reader.read()

    port = await serve_raw(serve)
    assert (await transport.send(make(f"http://127.0.0.1:{port}/"), log)).body == b"ok"
    assert log.measures.reused
    assert log.measures.received_bytes == len(moved + b"moved" + _OK)


async def test_a_server_that_wants_the_connection_closed_gets_it_closed(
    transport: HttpTransport, serve_raw: ServeRaw, make: Callable[..., WireUpload], log: Log
) -> None:
    """The next upload opens another."""
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
    _, serve = _answers(closing, closing)
    port = await serve_raw(serve)
    url = f"http://127.0.0.1:{port}/"
    assert (await transport.send(make(url), log)).body == b"ok"
    assert (await transport.send(make(url), log)).body == b"ok"
    assert not log.measures.reused


@pytest.mark.parametrize(
    ("method", "lines"),
    [
        ("GET", set()),
        ("DELETE", {b"Content-Length: 0"}),
        ("POST", {b"Content-Length: 0", b"Content-Type: application/octet-stream"}),
    ],
)
async def test_a_request_without_a_body_says_so(
    transport: HttpTransport,
    serve_raw: ServeRaw,
    make: Callable[..., WireUpload],
    log: Log,
    method: str,
    lines: set[bytes],
) -> None:
    """Methods that usually have a body announce an empty one; GET announces none."""
    heads, serve = _answers(_OK)
    port = await serve_raw(serve)
    await transport.send(make(f"http://127.0.0.1:{port}/a?b#c", method=method, body=b""), log)
    sent = heads[0].split(b"\r\n")
    assert sent[0] == f"{method} /a?b HTTP/1.1".encode()
    assert lines == {line for line in sent if line.startswith(b"Content-")}
    assert log.measures.times["request_end"] == log.measures.times["request_start"]


async def test_credentials_of_the_address_are_a_header(
    transport: HttpTransport, serve_raw: ServeRaw, make: Callable[..., WireUpload], log: Log
) -> None:
    """User and password leave the address for `Authorization`, decoded."""
    heads, serve = _answers(_OK)
    port = await serve_raw(serve)
    await transport.send(make(f"http://us%40er:p%C3%A9@127.0.0.1:{port}/"), log)
    lines = heads[0].split(b"\r\n")
    assert b"Authorization: Basic dXNAZXI6cOk=" in lines
    assert f"Host: 127.0.0.1:{port}".encode() in lines


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
@pytest.mark.parametrize("before", [0, 1])
async def test_a_request_that_was_cut_is_not_sent_again(
    transport: HttpTransport,
    serve_raw: ServeRaw,
    make: Callable[..., WireUpload],
    log: Log,
    method: str,
    before: int,
) -> None:
    """Whatever the method, on a new connection or a kept one: the server's cut is what counts."""
    requests: list[bytes] = []

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(before):
            await _request(reader)
            writer.write(_OK)
        requests.append((await _request(reader))[0])

    port = await serve_raw(hang_up)
    upload = make(f"http://127.0.0.1:{port}/", method=method, body=b"" if method == "GET" else b"x")
    for _ in range(before):
        await transport.send(upload, log)
    with pytest.raises(TransportFailure) as caught:
        await transport.send(upload, log)
    assert caught.value.reason is Reason.CONNECTION_RESET
    assert log.measures.reused is bool(before)
    assert len(requests) == 1


_UNASKED = {"an answer": _OK, "noise": b"\0\r\n", "an end": b""}


@pytest.mark.parametrize("turns", [0, 5], ids=["unread", "read"])
@pytest.mark.parametrize("unasked", _UNASKED.values(), ids=_UNASKED)
async def test_a_kept_connection_that_has_spoken_is_not_used(
    transport: HttpTransport,
    serve_raw: ServeRaw,
    make: Callable[..., WireUpload],
    log: Log,
    unasked: bytes,
    turns: int,
) -> None:
    """What a server says unasked is no answer to the next request, read by the loop or not yet."""
    kept: list[socket.socket] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kept.append(writer.get_extra_info("socket"))
        await _request(reader)
        writer.write(_OK)
        await reader.read()

    port = await serve_raw(serve)
    upload = make(f"http://127.0.0.1:{port}/")
    await transport.send(upload, log)
    if unasked:
        os.write(kept[0].fileno(), unasked)
    else:
        with socket.socket(fileno=os.dup(kept[0].fileno())) as twin:
            twin.shutdown(socket.SHUT_WR)
    for _ in range(turns):
        await asyncio.sleep(0)
    assert (await transport.send(upload, log)).body == b"ok"
    assert not log.measures.reused
    assert len(kept) == 2


async def test_a_refused_connection_is_not_tried_again(
    tuning: Tuning, make: Callable[..., WireUpload], log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether a request may be repeated or not, nobody listening is nobody listening."""
    opened: list[object] = []
    original = Dialler.open_socket

    def count(self: Dialler, info: tuple[object, ...]) -> socket.socket:
        opened.append(info)
        return original(self, info)

    monkeypatch.setattr(Dialler, "open_socket", count)
    transport = HttpTransport(tuning=tuning)
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}/"
        with pytest.raises(TransportFailure) as caught:
            await transport.send(make(url, method="GET", body=b""), log)
    await transport.aclose()
    assert caught.value.reason is Reason.CONNECTION_REFUSED
    assert len(opened) == 1


async def test_a_small_bodys_listener_that_raises_ends_the_upload(
    transport: HttpTransport, serve_raw: ServeRaw, make: Callable[..., WireUpload], log: Log
) -> None:
    """What a listener raises is told as the failure, and the connection is not used again."""
    _, serve = _answers(_OK, _OK)
    port = await serve_raw(serve)

    def broken(sent: int, total: int) -> None:
        raise LookupError(f"listener at {sent} of {total}")

    told, log.progress = log.progress, broken  # type: ignore[method-assign]
    url = f"http://127.0.0.1:{port}/"
    with pytest.raises(TransportFailure, match="internal") as caught:
        await transport.send(make(url), log)
    assert "listener" in str(caught.value.detail["detail"])
    log.progress = told  # type: ignore[method-assign]
    await transport.send(make(url), log)
    assert not log.measures.reused


async def test_a_small_file_that_shrank_is_unreadable(
    transport: HttpTransport,
    serve_raw: ServeRaw,
    opened: Opened,
    make: Callable[..., WireUpload],
    log: Log,
) -> None:
    """No head leaves for a body that cannot be whole."""
    heads, serve = _answers(_OK)
    port = await serve_raw(serve)
    file = opened(b"content")
    descriptor = file.fileno()
    assert descriptor is not None
    os.truncate(f"/dev/fd/{descriptor}", 3)
    with pytest.raises(TransportFailure) as caught:
        await transport.send(make(f"http://127.0.0.1:{port}/", file), log)
    assert caught.value.reason is Reason.UNREADABLE_FILE
    assert caught.value.detail["detail"] == "file changed during upload"
    assert heads == []


# --- a peer that does not read -----------------------------------------------------------------


class Raw:
    """A server whose one connection can be kept from being read."""

    def __init__(self) -> None:
        self.connected = asyncio.Event()
        self.go_on = asyncio.Event()
        self.ended = asyncio.Event()
        self.body = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read when told to, and answer."""
        self.connected.set()
        try:
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            await self.go_on.wait()
            writer.transport.resume_reading()  # type: ignore[attr-defined]
            _, self.body = await _request(reader)
            writer.write(_OK)
            await reader.read()  # until the client parts with the connection
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()
            self.ended.set()


def _run(
    check: Callable[[HttpTransport, str, Raw], Awaitable[None]], tuning: Tuning, loop: Loop
) -> None:
    """Run a check against a raw server, all of it on one loop."""

    async def main() -> None:
        raw, transport, listener = Raw(), HttpTransport(tuning=tuning), socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALLEST)
        listener.bind(("127.0.0.1", 0))
        server = await asyncio.start_server(raw.serve, sock=listener)
        try:
            await check(transport, f"http://127.0.0.1:{listener.getsockname()[1]}/", raw)
        finally:
            await transport.aclose()
            raw.go_on.set()
            await raw.ended.wait()
            server.close()
            await server.wait_closed()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(main())


async def _turns() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


@_LOOPS
@pytest.mark.parametrize("size", [1, 40 * _KIB])
def test_a_small_body_is_reported_once_it_has_left(
    make: Callable[..., WireUpload],
    opened: Opened,
    log_class: type[Log],
    size: int,
    tuning: Tuning,
    loop: Loop,
) -> None:
    """One report, and the end of the request before the answer begins."""
    log, file = log_class(), opened(os.urandom(size))

    async def check(transport: HttpTransport, url: str, raw: Raw) -> None:
        raw.go_on.set()
        assert (await transport.send(make(url, file), log)).body == b"ok"

    _run(check, tuning, loop)
    total = log.measures.body_bytes
    assert [(total, total)] == log.progressed
    assert log.measures.times["request_end"] <= log.measures.times["response_start"]
    assert log.measures.rtt > 0


@_LOOPS
@pytest.mark.usefixtures("small_buffers")
def test_no_byte_is_reported_that_has_not_left(
    make: Callable[..., WireUpload],
    opened: Opened,
    log_class: type[Log],
    tuning: Tuning,
    loop: Loop,
) -> None:
    """While nobody reads, a small body that does not fit is not reported as sent."""
    log, file = log_class(), opened(os.urandom(40 * _KIB))

    async def check(transport: HttpTransport, url: str, raw: Raw) -> None:
        sending = asyncio.create_task(transport.send(make(url, file), log))
        await raw.connected.wait()
        await _turns()
        assert "request_end" not in log.measures.times
        assert log.progressed == []
        raw.go_on.set()
        assert (await sending).body == b"ok"

    _run(check, tuning, loop)
    total = log.measures.body_bytes
    assert (total, total) == log.progressed[-1]


@_LOOPS
@pytest.mark.usefixtures("small_buffers")
def test_a_file_does_not_overtake_what_is_before_it(
    make: Callable[..., WireUpload],
    opened: Opened,
    log_class: type[Log],
    tuning: Tuning,
    loop: Loop,
) -> None:
    """What nobody reads yet waits in the transport; the file, past it, would be there first."""
    field, content = "v" * 40 * _KIB, os.urandom(100 * _KIB)
    file, bodies = opened(content), list[bytes]()

    async def check(transport: HttpTransport, url: str, raw: Raw) -> None:
        upload = make(url, file, fields=(("key", field),))
        sending = asyncio.create_task(transport.send(upload, log_class()))
        await raw.connected.wait()
        await _turns()
        raw.go_on.set()
        assert (await sending).body == b"ok"
        bodies.append(raw.body)

    _run(check, tuning, loop)
    assert 0 < bodies[0].find(field.encode()) < bodies[0].find(content)


@_LOOPS
@pytest.mark.usefixtures("small_buffers")
def test_a_cancelled_small_body_is_dropped(
    make: Callable[..., WireUpload],
    opened: Opened,
    log_class: type[Log],
    tuning: Tuning,
    loop: Loop,
) -> None:
    """Nothing is reported after the upload was cancelled."""
    log, file = log_class(), opened(os.urandom(40 * _KIB))

    async def check(transport: HttpTransport, url: str, raw: Raw) -> None:
        sending = asyncio.create_task(transport.send(make(url, file), log))
        await raw.connected.wait()
        await _turns()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await _turns()
        assert log.progressed == []

    _run(check, tuning, loop)


@_LOOPS
def test_a_listener_that_raises_is_told_on_every_loop(
    make: Callable[..., WireUpload],
    log_class: type[Log],
    tuning: Tuning,
    loop: Loop,
) -> None:
    """The failure reaches the caller in the listener's own words."""
    log = log_class()

    def broken(sent: int, total: int) -> None:
        raise LookupError(f"listener at {sent} of {total}")

    log.progress = broken  # type: ignore[method-assign]

    async def check(transport: HttpTransport, url: str, raw: Raw) -> None:
        raw.go_on.set()
        with pytest.raises(TransportFailure) as caught:
            await transport.send(make(url), log)
        assert caught.value.reason is Reason.INTERNAL
        assert "listener" in str(caught.value.detail["detail"])

    _run(check, tuning, loop)


def test_an_unknown_aiohttp_goes_by_its_session() -> None:
    """The version decides, and nothing else: what is known is named in one place."""
    assert aiohttp.__version__.startswith("3.14.") == DIRECT


async def test_a_cancelled_stall_leaves_no_task(
    transport: HttpTransport,
    serve_raw: ServeRaw,
    make: Callable[..., WireUpload],
    cut_at: Callable[..., Cut],
    log: Log,
) -> None:
    """What waited for nothing at the cut is gone with the upload."""
    arrived = asyncio.Event()

    async def wait(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(3)
        arrived.set()
        await asyncio.get_running_loop().create_future()

    port = await serve_raw(wait)
    before = len(asyncio.all_tasks())
    upload = make(f"http://127.0.0.1:{port}/", cut=cut_at(3, "stall"))
    sending = asyncio.create_task(transport.send(upload, log))
    await arrived.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await _turns()
    assert before + 1 == len(asyncio.all_tasks())  # the server's own
    assert [(3, log.progressed[0][1])] == log.progressed
