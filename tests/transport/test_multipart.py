"""The multipart body: its bytes, and each way they reach the socket."""

# ruff: noqa: PLR0913, PLR0917  a test names the fixtures it needs

from __future__ import annotations

import asyncio
import os
import socket
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import Payload
from hypothesis import given
from hypothesis import strategies as st

from bridge.files import OpenFile
from bridge.reasons import Reason
from bridge.transport import FilePart
from bridge.transport.body import UploadBody
from bridge.transport.multipart import Form, encode
from bridge.transport.tuning import Tuning

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from multidict import CIMultiDict

    from bridge.transport import Cut
    from tests.transport.conftest import Log, Opened, Serve, ServeRaw

_MIB = 1024 * 1024
_PATHS = [
    pytest.param(Tuning(), id="sendfile"),
    pytest.param(Tuning(sendfile=False), id="copied"),
    pytest.param(Tuning(small=1 << 30), id="joined"),
    pytest.param(Tuning(step=65_537, chunk=4_099), id="odd-steps"),
]


def _descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


async def _turns() -> None:
    """Let everything that is ready run, many times over."""
    for _ in range(200):
        await asyncio.sleep(0)


def _wire(form: Form) -> bytes:
    pieces = (s if isinstance(s, bytes) else s.pread(s.size, 0) for s in form.segments)
    return b"".join(pieces)


def _part(name: str, filename: str, content_type: str = "image/png") -> FilePart:
    return FilePart(name, filename, content_type, OpenFile(b"content"))


def _parsed(form: Form) -> list[Any]:
    head = f"Content-Type: {form.content_type}\r\n\r\n".encode()
    return list(BytesParser(policy=HTTP).parsebytes(head + _wire(form)).iter_parts())


def test_fields_come_before_files_in_the_order_given() -> None:
    """Every field, then every file, each with its own disposition and bytes."""
    form = encode([("b", "1"), ("a", "two")], [_part("f", "x.png"), _part("f", "y.png")], "BB")
    expected = (
        b'--BB\r\nContent-Disposition: form-data; name="b"\r\n\r\n1\r\n'
        b'--BB\r\nContent-Disposition: form-data; name="a"\r\n\r\ntwo\r\n'
        b'--BB\r\nContent-Disposition: form-data; name="f"; filename="x.png"\r\n'
        b"Content-Type: image/png\r\n\r\ncontent\r\n"
        b'--BB\r\nContent-Disposition: form-data; name="f"; filename="y.png"\r\n'
        b"Content-Type: image/png\r\n\r\ncontent\r\n"
        b"--BB--\r\n"
    )
    assert expected == _wire(form)
    assert len(expected) == form.size
    assert form.content_type == "multipart/form-data; boundary=BB"


def test_a_form_without_parts_is_its_closing_boundary() -> None:
    """No field and no file still make a well-formed, non-empty body."""
    assert _wire(encode([], [], "BB")) == b"--BB--\r\n"


def test_names_are_escaped_as_browsers_do() -> None:
    """Quotes and line ends of names are percent-encoded, other text stays UTF-8."""
    form = encode([('q"\r\n\0é', "v")], [_part('n"', "图\r\n.png", "image/png\r\nX: 1\0")], "BB")
    wire = _wire(form).decode()
    assert 'name="q%22%0D%0A%00é"' in wire
    assert 'name="n%22"; filename="图%0D%0A.png"\r\nContent-Type: image/pngX: 1\r\n\r\n' in wire


def test_values_travel_as_they_are_but_for_lone_surrogates() -> None:
    """Line ends of a value stay; a lone surrogate is U+FFFD, a split pair is joined."""
    form = encode([("\udfff", "a\nb\r\ud83d"), ("p", "\ud83d\ude00")], [], "BB")
    wire = _wire(form).decode()
    assert 'name="\ufffd"\r\n\r\na\nb\r\ufffd\r\n' in wire
    assert 'name="p"\r\n\r\n\U0001f600\r\n' in wire


@given(st.text(), st.text(), st.text(), st.text(alphabet=st.characters(codec=None)))
def test_no_name_can_add_a_header_or_a_part(
    field: str, name: str, filename: str, content_type: str
) -> None:
    """Whatever the names hold, a parser sees two parts with the expected headers."""
    form = encode([(field, "v")], [_part(name, filename, content_type)], "BB")
    wire = _wire(form)
    assert 3 == wire.count(b"--BB\r\n") + wire.count(b"--BB--")
    heads = [part.split(b"\r\n\r\n")[0] for part in wire.split(b"--BB\r\n")[1:]]
    assert [0, 1] == [head.count(b"\r\n") for head in heads]
    assert all(b"\r" not in line and b"\n" not in line for h in heads for line in h.split(b"\r\n"))


def test_a_standard_parser_reads_the_parts_back() -> None:
    """The body is multipart to a parser that knows nothing of us."""
    field, file = _parsed(encode([("key", "value")], [_part("file", "a.png")], "BB"))
    assert field.get_payload() == "value"
    assert file.get_filename() == "a.png"
    assert file.get_content() == b"content"


class _Receiver:
    """An aiohttp handler that keeps each body, and answers when it has it all."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        return web.Response(text="ok")


async def _post(url: str, body: UploadBody, tls: ssl.SSLContext | None = None) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, ssl=tls or True) as response,
    ):
        return response.status


@pytest.mark.parametrize("tuning", _PATHS)
@pytest.mark.parametrize("size", [0, 1, 65_535, 128 * 1024, _MIB + 1])
@pytest.mark.parametrize("memory", [False, True])
async def test_every_path_sends_the_same_bytes(
    opened: Opened,
    serve: Serve,
    log: Log,
    make_part: Callable[..., FilePart],
    tuning: Tuning,
    size: int,
    memory: bool,  # noqa: FBT001
) -> None:
    """Joined, sent by the kernel or copied: the server reads exactly the form."""
    receiver = _Receiver()
    port = await serve(receiver.handle)
    files = [opened(os.urandom(size), memory=memory), opened(b"second")]
    form = encode([("k", "v")], map(make_part, files), "BB")
    body = UploadBody(form, log, tuning=tuning)

    assert await _post(f"http://127.0.0.1:{port}/", body) == 200

    assert [_wire(form)] == receiver.bodies
    assert body.finished
    assert log.progressed[-1] == (form.size, form.size)
    assert sorted(set(log.progressed)) == log.progressed
    assert log.measures.body_bytes == form.size
    assert 0 < log.measures.times["request_start"] <= log.measures.times["request_end"]
    assert log.measures.rtt > 0


async def test_large_files_are_reported_step_by_step(
    opened: Opened, serve: Serve, log: Log, make_part: Callable[..., FilePart]
) -> None:
    """A file of several steps reports at least one progress per step."""
    port = await serve(_Receiver().handle)
    form = encode([], [make_part(opened(bytes(3 * _MIB)))], "BB")
    await _post(f"http://127.0.0.1:{port}/", UploadBody(form, log))
    assert len(log.progressed) >= 3


async def test_a_small_body_is_reported_once(
    opened: Opened, serve: Serve, log: Log, make_part: Callable[..., FilePart]
) -> None:
    """One joined write, one report."""
    port = await serve(_Receiver().handle)
    form = encode([], [make_part(opened(b"small"))], "BB")
    await _post(f"http://127.0.0.1:{port}/", UploadBody(form, log))
    assert [(form.size, form.size)] == log.progressed


async def test_tls_copies_the_file(
    opened: Opened,
    serve: Serve,
    log: Log,
    make_part: Callable[..., FilePart],
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
) -> None:
    """Under TLS the bytes are the same and the last report is the exact total."""
    receiver = _Receiver()
    port = await serve(receiver.handle, server_tls)
    form = encode([], [make_part(opened(os.urandom(2 * _MIB)))], "BB")
    await _post(f"https://localhost:{port}/", UploadBody(form, log), client_tls)
    assert [_wire(form)] == receiver.bodies
    assert log.progressed[-1] == (form.size, form.size)


async def test_a_loop_that_watches_no_descriptors_copies_the_file(
    opened: Opened, serve: Serve, log: Log, make_part: Callable[..., FilePart]
) -> None:
    """Where add_writer is missing, as on a proactor loop, the file is copied."""
    receiver = _Receiver()
    port = await serve(receiver.handle)
    form = encode([], [make_part(opened(os.urandom(_MIB)))], "BB")
    body = UploadBody(form, log)
    async with aiohttp.ClientSession() as session:
        await session.post(f"http://127.0.0.1:{port}/", data=b"connects first")
        loop = asyncio.get_running_loop()

        def missing(*_args: object) -> None:
            raise NotImplementedError

        loop.add_writer = missing  # type: ignore[assignment]
        async with session.post(f"http://127.0.0.1:{port}/", data=body) as response:
            assert response.status == 200
    assert _wire(form) == receiver.bodies[-1]


async def test_the_legacy_write_sends_everything_too(
    opened: Opened, serve: Serve, log: Log, make_part: Callable[..., FilePart]
) -> None:
    """A caller of `Payload.write` gets the whole body."""
    receiver = _Receiver()
    port = await serve(receiver.handle)
    form = encode([], [make_part(opened(b"x"))], "BB")

    class Legacy(Payload):
        def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
            raise NotImplementedError

        async def write(self, writer: AbstractStreamWriter) -> None:
            await body.write(writer)

    body = UploadBody(form, log)
    headers = {"Content-Length": str(body.size)}
    async with aiohttp.ClientSession() as session:
        await session.post(f"http://127.0.0.1:{port}/", data=Legacy(None), headers=headers)
    assert [_wire(form)] == receiver.bodies


async def test_decoding_is_refused(log: Log) -> None:
    """Decoding a streamed body is a `TypeError`."""
    with pytest.raises(TypeError):
        UploadBody(encode([], [], "BB"), log).decode()


@pytest.mark.parametrize("tuning", _PATHS)
async def test_a_file_that_shrank_is_unreadable(
    tmp_path: Path,
    serve: Serve,
    log: Log,
    make_part: Callable[..., FilePart],
    tuning: Tuning,
) -> None:
    """A file shorter than announced ends the upload with a reason, never a wrong body."""
    port = await serve(_Receiver().handle)
    path = tmp_path / "shrinks"
    path.write_bytes(bytes(_MIB))
    file = OpenFile(os.open(path, os.O_RDONLY))
    os.truncate(path, _MIB // 2)
    body = UploadBody(encode([], [make_part(file)], "BB"), log, tuning=tuning)
    with pytest.raises(aiohttp.ClientOSError):
        await _post(f"http://127.0.0.1:{port}/", body)
    file.close()
    assert body.failure is not None
    assert body.failure.reason is Reason.UNREADABLE_FILE
    assert body.failure.detail == {"detail": "file changed during upload"}


@pytest.mark.parametrize("tuning", _PATHS)
async def test_a_file_that_grew_is_sent_as_announced(
    tmp_path: Path,
    serve: Serve,
    log: Log,
    make_part: Callable[..., FilePart],
    tuning: Tuning,
) -> None:
    """Bytes appended after the file was opened stay behind."""
    receiver = _Receiver()
    port = await serve(receiver.handle)
    path = tmp_path / "grows"
    path.write_bytes(b"\x01" * _MIB)
    file = OpenFile(os.open(path, os.O_RDONLY))
    path.write_bytes(b"\x01" * (2 * _MIB))
    form = encode([], [make_part(file)], "BB")
    await _post(f"http://127.0.0.1:{port}/", UploadBody(form, log, tuning=tuning))
    file.close()
    assert receiver.bodies[0].count(b"\x01") == _MIB


@pytest.mark.parametrize("tuning", _PATHS)
async def test_a_file_that_cannot_be_read_is_unreadable(
    tmp_path: Path,
    serve: Serve,
    log: Log,
    make_part: Callable[..., FilePart],
    tuning: Tuning,
) -> None:
    """The system's refusal to read is the file's failure, not the network's."""
    port = await serve(_Receiver().handle)
    path = tmp_path / "write-only"
    path.write_bytes(bytes(_MIB))
    file = OpenFile(os.open(path, os.O_WRONLY))
    body = UploadBody(encode([], [make_part(file)], "BB"), log, tuning=tuning)
    with pytest.raises(aiohttp.ClientOSError):
        await _post(f"http://127.0.0.1:{port}/", body)
    file.close()
    assert body.failure is not None
    assert body.failure.reason is Reason.UNREADABLE_FILE


async def test_a_raising_listener_ends_the_upload(
    opened: Opened, serve: Serve, log: Log, make_part: Callable[..., FilePart]
) -> None:
    """A listener that raises in the middle of a file does not leave the upload waiting."""
    port = await serve(_Receiver().handle)

    def broken(sent: int, total: int) -> None:
        raise LookupError(f"listener at {sent} of {total}")

    log.progress = broken  # type: ignore[method-assign]
    body = UploadBody(encode([], [make_part(opened(bytes(_MIB)))], "BB"), log)
    with pytest.raises(aiohttp.ClientConnectionError, match="listener"):
        await _post(f"http://127.0.0.1:{port}/", body)


async def test_an_early_close_never_sends_another_files_bytes(
    opened: Opened,
    serve_raw: ServeRaw,
    log: Log,
    make_part: Callable[..., FilePart],
    tmp_path: Path,
) -> None:
    """After an early answer the file's number may be used again, yet its bytes stay the file's."""
    received = bytearray()
    more, over = asyncio.Event(), asyncio.Event()

    async def answer_early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        received.extend(await reader.read(1))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
        await writer.drain()
        await more.wait()
        try:
            while piece := await reader.read(_MIB):
                received.extend(piece)
        except ConnectionError:
            pass
        finally:
            over.set()

    port = await serve_raw(answer_early)
    file = opened(b"A" * (32 * _MIB))
    form = encode([], [make_part(file)], "BB")
    body = UploadBody(form, log)
    other = tmp_path / "other"
    other.write_bytes(b"Z" * (32 * _MIB))
    async with aiohttp.ClientSession() as session:
        response = await session.post(f"http://127.0.0.1:{port}/", data=body)
        assert not body.finished
        file.close()
        others = [os.open(other, os.O_RDONLY) for _ in range(8)]
        more.set()
        await log.reached.wait()
        sent = len(log.progressed)
        while len(log.progressed) < sent + 2:
            log.reached.clear()
            await log.reached.wait()
        response.close()
        await over.wait()
    for descriptor in others:
        os.close(descriptor)
    assert len(received) > 2 * _MIB
    assert b"Z" not in received


@pytest.mark.parametrize("tuning", [Tuning(), Tuning(sendfile=False)], ids=["sendfile", "copied"])
async def test_stopping_sends_and_reports_nothing_more(
    opened: Opened,
    serve_raw: ServeRaw,
    log: Log,
    make_part: Callable[..., FilePart],
    tuning: Tuning,
) -> None:
    """After `stop` no progress is reported and the body's own descriptors are back."""
    go_on = asyncio.Event()

    async def read_later(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        while await reader.read(_MIB):
            pass

    port = await serve_raw(read_later)
    form = encode([], [make_part(opened(bytes(64 * _MIB)))], "BB")
    body = UploadBody(form, log, tuning=tuning)
    task = asyncio.create_task(_post(f"http://127.0.0.1:{port}/", body))
    await log.reached.wait()
    during = _descriptors()
    body.stop()
    reports = len(log.progressed)
    assert during - 2 * tuning.sendfile == _descriptors()
    go_on.set()
    await _turns()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert reports == len(log.progressed)
    assert not body.finished


async def test_stopping_from_within_a_progress_report_is_safe(
    opened: Opened, serve: Serve, log: Log, make_part: Callable[..., FilePart]
) -> None:
    """A listener may end the upload it is told about, even at the file's last step."""
    port = await serve(_Receiver().handle)
    body = UploadBody(encode([], [make_part(opened(bytes(_MIB)))], "BB"), log)
    stopped = asyncio.Event()

    def stop(sent: int, total: int) -> None:
        assert sent <= total
        body.stop()
        stopped.set()

    log.progress = stop  # type: ignore[method-assign]
    task = asyncio.create_task(_post(f"http://127.0.0.1:{port}/", body))
    await stopped.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not body.finished


@pytest.mark.parametrize("tuning", _PATHS)
async def test_the_last_report_waits_for_the_kernel(
    opened: Opened,
    serve_raw: ServeRaw,
    log: Log,
    make_part: Callable[..., FilePart],
    tuning: Tuning,
) -> None:
    """Bytes that the transport still holds are not counted; the end is reported when they left."""
    go_on = asyncio.Event()

    async def read_later(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await go_on.wait()
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        await reader.readuntil(b"--BB--\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    port = await serve_raw(read_later, limit=64 * _MIB)
    form = encode([], [make_part(opened(bytes(32 * _MIB), memory=True))], "BB")
    body = UploadBody(form, log, tuning=tuning)
    task = asyncio.create_task(_post(f"http://127.0.0.1:{port}/", body))
    await _turns()
    assert not body.finished
    assert all(sent < form.size for sent, _ in log.progressed)
    go_on.set()
    assert await task == 200
    assert log.progressed[-1] == (form.size, form.size)


class _Unconnected(AbstractStreamWriter):
    """A writer whose connection was lost just after the last byte was taken."""

    async def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Take the bytes."""

    async def write_eof(self, chunk: bytes = b"") -> None:
        """Take the end."""

    async def drain(self) -> None:
        """Hold nothing."""

    def enable_compression(self, encoding: str = "deflate", strategy: int | None = None) -> None:
        """Never asked for."""

    def enable_chunking(self) -> None:
        """Never asked for."""

    async def write_headers(self, status_line: str, headers: CIMultiDict[str]) -> None:
        """Take the headers."""


class _Gone(_Unconnected):
    """A writer whose peer has gone."""

    async def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Find that out."""
        raise ConnectionResetError(f"nobody takes {len(chunk)} bytes")


class _Holding(asyncio.Transport):
    """A transport whose kernel takes nothing until the writer drains, and whose socket is gone."""

    def __init__(self) -> None:
        super().__init__({"socket": socket.socket()})
        self.get_extra_info("socket").close()
        self.held = 0
        self.limits = (16, 64)

    def get_write_buffer_size(self) -> int:
        """Return what the kernel has not taken."""
        return self.held

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Return the low and the high mark."""
        return self.limits

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set both marks."""
        self.limits = (low or 0, high or 0)


class _Buffered(_Unconnected):
    """A writer over a holding transport; it notes the marks it is drained at."""

    def __init__(self) -> None:
        self.holding = _Holding()
        self.drained_at: list[tuple[int, int]] = []

    @property
    def transport(self) -> asyncio.WriteTransport:
        """Return the holding transport."""
        return self.holding

    async def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Hold the bytes."""
        self.holding.held += len(chunk)

    async def drain(self) -> None:
        """Let the kernel take everything."""
        self.drained_at.append(self.holding.limits)
        self.holding.held = 0


async def test_the_end_is_reported_once_the_transport_holds_nothing(log: Log) -> None:
    """The body is drained to the last byte first, and the transport's marks are put back."""
    writer = _Buffered()
    form = encode([("k", "v")], [], "BB")
    await UploadBody(form, log).write(writer)
    assert writer.drained_at == [(0, 0)]
    assert writer.holding.limits == (16, 64)
    assert [(form.size, form.size)] == log.progressed
    assert log.measures.rtt == 0


async def test_what_the_transport_holds_is_not_reported(
    opened: Opened, log: Log, make_part: Callable[..., FilePart]
) -> None:
    """Of a copied file nothing counts before the kernel has it, here at the very end."""
    writer = _Buffered()
    form = encode([], [make_part(opened(bytes(_MIB), memory=True))], "BB")
    await UploadBody(form, log).write(writer)
    assert [(form.size, form.size)] == log.progressed


@pytest.mark.parametrize("tuning", _PATHS)
async def test_a_connection_lost_at_the_very_end_has_no_round_trip(
    opened: Opened, log: Log, make_part: Callable[..., FilePart], tuning: Tuning
) -> None:
    """Without a connection to ask, the measure stays 0."""
    form = encode([], [make_part(opened(bytes(_MIB)))], "BB")
    await UploadBody(form, log, tuning=tuning).write(_Unconnected())
    assert log.progressed[-1] == (form.size, form.size)
    assert log.measures.rtt == 0


async def test_a_peer_that_has_gone_does_not_end_the_body(log: Log) -> None:
    """Its answer may have come before, and it is whoever reads that who ends the body."""
    body = UploadBody(encode([("k", "v")], [], "BB"), log)
    sending = asyncio.create_task(body.write(_Gone()))
    await _turns()
    assert not sending.done()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert not body.finished


async def test_a_reset_of_a_lost_connection_is_still_a_reset(
    log: Log, cut_at: Callable[..., Cut]
) -> None:
    """The reason is the network's condition, whoever ended the connection first."""
    body = UploadBody(encode([], [], "BB"), log, cut=cut_at(3, "reset"))
    with pytest.raises(OSError, match="reset after 3 bytes"):
        await body.write(_Unconnected())
    assert body.failure is not None
    assert body.failure.reason is Reason.CONNECTION_RESET


@pytest.mark.parametrize("tuning", _PATHS)
@pytest.mark.parametrize("after", [0, 7, 600_000])
async def test_a_stall_leaves_exactly_the_bytes_before_it(
    opened: Opened,
    serve_raw: ServeRaw,
    log: Log,
    make_part: Callable[..., FilePart],
    cut_at: Callable[..., Cut],
    tuning: Tuning,
    after: int,
) -> None:
    """The peer has the headers and exactly the bytes before the cut; then nothing happens."""
    arrived, go_on = asyncio.Event(), asyncio.Event()
    rest: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def count(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(after)
        arrived.set()
        await go_on.wait()
        rest.set_result(await reader.read())

    port = await serve_raw(count)
    form = encode([], [make_part(opened(bytes(_MIB)))], "BB")
    body = UploadBody(form, log, cut=cut_at(after, "stall"), tuning=tuning)
    task = asyncio.create_task(_post(f"http://127.0.0.1:{port}/", body))
    await arrived.wait()
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    go_on.set()
    assert await rest == b""
    assert not body.finished
    assert log.measures.body_bytes == after
    assert [sent for sent, _ in log.progressed][-1:] == [after][: bool(after)]


@pytest.mark.parametrize("tuning", _PATHS)
@pytest.mark.parametrize("after", [0, 7, 600_000])
async def test_a_reset_ends_the_connection_hard(
    opened: Opened,
    serve_raw: ServeRaw,
    log: Log,
    make_part: Callable[..., FilePart],
    cut_at: Callable[..., Cut],
    tuning: Tuning,
    after: int,
) -> None:
    """The peer meets a connection reset, and the body says why it ended."""
    outcome: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()

    async def read_on(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.read(65_536):
                pass
        except ConnectionResetError as error:
            outcome.set_result(error)
        else:
            outcome.set_result(None)

    port = await serve_raw(read_on)
    form = encode([], [make_part(opened(bytes(_MIB)))], "BB")
    body = UploadBody(form, log, cut=cut_at(after, "reset"), tuning=tuning)
    with pytest.raises(aiohttp.ClientError):
        await _post(f"http://127.0.0.1:{port}/", body)
    assert isinstance(await outcome, ConnectionResetError)
    assert body.failure is not None
    assert body.failure.reason is Reason.CONNECTION_RESET
    assert log.measures.body_bytes == after
