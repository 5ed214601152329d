"""
The multipart body: encoded once, joined into one write when small, sent from the file when large.

A large file on plain TCP goes from its descriptor to the socket inside the kernel; under TLS, and
where the system lacks that call, it is copied in small pieces. Every read is positional, so a
redirect can send the same body again.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import payload

from bridge.files import OpenFile
from bridge.reasons import Reason
from bridge.transport import TransportFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from aiohttp.abc import AbstractStreamWriter

    from bridge.transport import Cut, Events, FilePart, WireUpload

_KIB = 1024
_RTT = struct.Struct("68xI")  # struct tcp_info (Linux): tcpi_rtt, in microseconds
_TCP_INFO = getattr(socket, "TCP_INFO", None)
_NAME_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A", "\0": "%00"})
_TYPE_ESCAPES = str.maketrans({"\r": None, "\n": None, "\0": None})


@dataclass(frozen=True, slots=True)
class Tuning:
    """
    How a body is written; the defaults are the measured best.

    Attributes:
        small: bodies up to this many bytes are joined into one write.
        step: bytes of one sendfile call, and so of one progress report.
        chunk: bytes of one copied piece.
        sendfile: whether the kernel may send from the file.
    """

    small: int = 128 * _KIB
    step: int = _KIB * _KIB
    chunk: int = 64 * _KIB
    sendfile: bool = hasattr(os, "sendfile")


DEFAULT_TUNING = Tuning()


@dataclass(frozen=True, slots=True)
class Form:
    """An encoded body: its segments in wire order, and their total size in bytes."""

    segments: tuple[bytes | OpenFile, ...]
    size: int
    content_type: str


def encode(fields: Iterable[tuple[str, str]], files: Iterable[FilePart], boundary: str) -> Form:
    """
    Encode fields, then files, with names escaped as browsers do.

    Field values travel as they are; a lone surrogate becomes U+FFFD everywhere.
    """
    segments = tuple(_joined(_pieces(fields, files, boundary)))
    size = sum(_size(segment) for segment in segments)
    return Form(segments, size, f"multipart/form-data; boundary={boundary}")


def content_of(upload: WireUpload) -> Form:
    """Return what an upload's body holds: its own bytes, or else the form of fields and files."""
    if upload.body is None:
        return encode(upload.fields, upload.files, upload.boundary)
    segments = (upload.body,) if upload.body else ()
    return Form(segments, len(upload.body), "application/octet-stream")


def _pieces(
    fields: Iterable[tuple[str, str]], files: Iterable[FilePart], boundary: str
) -> Iterator[str | OpenFile]:
    for name, value in fields:
        disposition = f'Content-Disposition: form-data; name="{_name(name)}"'
        yield f"--{boundary}\r\n{disposition}\r\n\r\n{value}\r\n"
    for part in files:
        names = f'name="{_name(part.name)}"; filename="{_name(part.filename)}"'
        disposition = f"Content-Disposition: form-data; {names}"
        content_type = f"Content-Type: {part.content_type.translate(_TYPE_ESCAPES)}"
        yield f"--{boundary}\r\n{disposition}\r\n{content_type}\r\n\r\n"
        yield part.file
        yield "\r\n"
    yield f"--{boundary}--\r\n"


def _joined(pieces: Iterable[str | OpenFile]) -> Iterator[bytes | OpenFile]:
    """Join neighbouring texts into one byte string each."""
    text: list[str] = []
    for piece in pieces:
        if isinstance(piece, OpenFile):
            yield _utf8("".join(text))
            yield piece
            text.clear()
        else:
            text.append(piece)
    yield _utf8("".join(text))


def _name(text: str) -> str:
    return text.translate(_NAME_ESCAPES)


def _utf8(text: str) -> bytes:
    """Encode text; surrogates that pair up are joined, the others become U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def _size(segment: bytes | OpenFile) -> int:
    return segment.size if isinstance(segment, OpenFile) else len(segment)


class UploadBody(payload.Payload):
    """
    A body as aiohttp's payload, for every attempt of one upload.

    It reports progress and fills `body_bytes`, `rtt` and, where the request has not marked it,
    `request_start`, then `request_end` of the measures. A body that could not be read is explained
    in `failure`, because aiohttp replaces the exception.
    """

    _autoclose = True  # the files belong to whoever opened them

    def __init__(
        self, form: Form, events: Events, *, cut: Cut | None = None, tuning: Tuning | None = None
    ) -> None:
        super().__init__(form, content_type=form.content_type)
        self._form = form
        self._cut = cut
        self._tuning = tuning or DEFAULT_TUNING
        self._meter = _Meter(events, form.size)
        self._sending: _Sending | None = None
        self.failure: TransportFailure | None = None

    @property
    def size(self) -> int:
        """Return the exact length of the body in bytes."""
        return self._form.size

    @property
    def finished(self) -> bool:
        """Tell whether the newest attempt has handed the whole body to the kernel."""
        return self._sending is not None and self._sending.finished

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:  # noqa: ARG002
        """Refuse: a streamed body has no text."""
        raise TypeError("an upload body is streamed and cannot be decoded")

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Send the whole body."""
        await self.write_with_length(writer, None)

    async def write_with_length(
        self,
        writer: AbstractStreamWriter,
        content_length: int | None,  # noqa: ARG002  always this body's own size
    ) -> None:
        """Send the whole body, from its start; raises `OSError` when a file cannot be read."""
        self.stop()
        self._meter.restart()
        self._sending = _Sending(writer, self._form, self._meter, self._tuning, self._cut)
        try:
            await self._sending.run()
        except TransportFailure as failure:
            self.failure = failure
            raise OSError(str(failure.detail.get("detail"))) from failure

    def stop(self) -> None:
        """End the attempt at once: no byte leaves and no progress is reported after this."""
        if self._sending is not None:
            self._sending.stop()


class _Meter:
    """Counts the bytes of one upload's body; a replayed body never reports backwards."""

    def __init__(self, events: Events, total: int) -> None:
        self._events = events
        self._task = asyncio.current_task()
        self._total = total
        self._reported = 0
        self.measures = events.measures

    def restart(self) -> None:
        self.measures.body_bytes = 0

    def reach(self, sent: int) -> None:
        """Note that `sent` bytes have left, and tell it unless the upload is being cancelled."""
        self.measures.body_bytes = sent
        if sent <= self._reported or (self._task is not None and self._task.cancelling()):
            return
        self._reported = sent
        self._events.progress(sent, self._total)


class _Sending:
    """One attempt to send a form."""

    def __init__(
        self,
        writer: AbstractStreamWriter,
        form: Form,
        meter: _Meter,
        tuning: Tuning,
        cut: Cut | None,
    ) -> None:
        self._writer = writer
        self._form = form
        self._meter = meter
        self._tuning = tuning
        self._cut = cut
        self._limit = form.size if cut is None else cut.at(form.size)
        self._written = 0
        self._direct: _Direct | None = None
        self._stopped = False
        self.finished = False

    def stop(self) -> None:
        self._stopped = True
        if self._direct is not None:
            self._direct.close()

    async def run(self) -> None:
        """
        Send the body.

        A peer that went away does not end it: its answer may have arrived, and aiohttp, which
        reads all the while, learns of the end of the connection and cancels this.
        """
        times = self._meter.measures.times
        times.setdefault("request_start", asyncio.get_running_loop().time())
        try:
            await self._send()
        except ConnectionError:
            await asyncio.get_running_loop().create_future()

    async def _send(self) -> None:
        if self._form.size <= self._tuning.small:
            await self._send_joined()
        else:
            await self._send_segments()
        await _flush(self._writer)
        if self._limit:
            self._progress()
        if self._cut is not None:
            await self._end_connection(self._cut)
        self._complete()

    async def _send_joined(self) -> None:
        body = b"".join(map(_content, self._form.segments))[: self._limit]
        if body:
            await self._writer.write(body)
            self._written = len(body)

    async def _send_segments(self) -> None:
        for segment in self._form.segments:
            size = min(_size(segment), self._limit - self._written)
            if not size:
                continue
            if isinstance(segment, bytes):
                await self._writer.write(segment[:size])
                self._written += size
            else:
                await self._send_file(segment, size)

    async def _send_file(self, file: OpenFile, size: int) -> None:
        source = file.fileno()
        target = _plain_socket(self._writer) if self._tuning.sendfile else None
        if source is None or target is None:
            await self._copy(file, size)
            return
        await _flush(self._writer)
        try:
            self._direct = _Direct(source, target, size, self._tuning.step, self._sent_directly)
        except NotImplementedError:  # an event loop that cannot watch descriptors
            await self._copy(file, size)
            return
        try:
            await self._direct.done
        finally:
            self._direct.close()

    def _sent_directly(self, count: int) -> None:
        self._writer.output_size += count
        self._advance(count)

    async def _copy(self, file: OpenFile, size: int) -> None:
        offset = 0
        while offset < size:
            if self._stopped:
                raise ConnectionAbortedError
            piece = _read(file, min(self._tuning.chunk, size - offset), offset)
            await self._writer.write(memoryview(piece))
            offset += len(piece)
            self._advance(len(piece))
            # A fast peer never lets the transport pause, so the loop is yielded to by hand.
            await asyncio.sleep(0)

    def _advance(self, count: int) -> None:
        self._written += count
        self._progress()

    def _progress(self) -> None:
        """Count what has left for the kernel, which excludes what the transport still buffers."""
        if not self._stopped:
            self._meter.reach(max(0, self._written - _buffered(self._writer)))

    def _complete(self) -> None:
        self.finished = True
        measures = self._meter.measures
        measures.times["request_end"] = asyncio.get_running_loop().time()
        measures.rtt = _round_trip(self._writer)

    async def _end_connection(self, cut: Cut) -> None:
        """Act as the network does at the cut: nothing more, or a reset."""
        if not self._limit:
            self._writer.send_headers()
            await _flush(self._writer)
        if cut.kind == "stall":
            await asyncio.get_running_loop().create_future()
        _reset(self._writer)
        detail = f"the connection was reset after {self._limit} bytes of the body"
        raise TransportFailure(Reason.CONNECTION_RESET, {"detail": detail})


class _Direct:
    """
    One file on its way by `os.sendfile`, from descriptors of its own.

    Copies of both descriptors are used: the loop refuses to watch a socket its transport owns,
    and a file closed meanwhile must not lend its number to another file's bytes.
    """

    def __init__(
        self, source: int, target: int, size: int, step: int, sent: Callable[[int], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._size = size
        self._step = step
        self._sent = sent
        self._offset = 0
        self._target = self._source = -1
        self.done: asyncio.Future[None] = self._loop.create_future()
        try:
            self._target = os.dup(target)
            self._source = os.dup(source)
            self._loop.add_writer(self._target, self._ready)
        except BaseException:
            self._release()
            raise

    def close(self) -> None:
        """Stop watching and give both descriptors back; safe to call twice."""
        if self._target >= 0:
            self._loop.remove_writer(self._target)
        self._release()
        self.done.cancel()

    def _release(self) -> None:
        descriptors = (self._target, self._source)
        self._target = self._source = -1
        for descriptor in descriptors:
            if descriptor >= 0:
                os.close(descriptor)

    def _ready(self) -> None:
        """Send one step; every way out of this callback leaves the future settled or waiting."""
        if self.done.done():
            return
        try:
            self._step_once()
        except (BlockingIOError, InterruptedError):
            return
        except Exception as error:  # noqa: BLE001  whatever it is, the upload must not wait on
            self._finish(error)
        else:
            if self._offset >= self._size:
                self._finish(None)

    def _step_once(self) -> None:
        count = min(self._step, self._size - self._offset)
        try:
            sent = os.sendfile(self._target, self._source, self._offset, count)
        except (ConnectionError, BlockingIOError, InterruptedError):
            raise
        except OSError as error:
            raise _unreadable(error.strerror or str(error)) from error
        if not sent:
            raise _shrunk()
        self._offset += sent
        self._sent(sent)

    def _finish(self, error: Exception | None) -> None:
        if self.done.done():  # stopped from within the progress report
            return
        self._loop.remove_writer(self._target)
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)


def _content(segment: bytes | OpenFile) -> bytes:
    """Return a segment's bytes in full."""
    if isinstance(segment, bytes):
        return segment
    content = b""
    while len(content) < segment.size:
        content += _read(segment, segment.size - len(content), len(content))
    return content


def _read(file: OpenFile, count: int, offset: int) -> bytes:
    try:
        content = file.pread(count, offset)
    except OSError as error:
        raise _unreadable(error.strerror or str(error)) from error
    if not content:
        raise _shrunk()
    return content


def _unreadable(detail: str) -> TransportFailure:
    return TransportFailure(Reason.UNREADABLE_FILE, {"detail": detail})


def _shrunk() -> TransportFailure:
    return _unreadable("file changed during upload")


def _socket(writer: AbstractStreamWriter) -> Any:  # noqa: ANN401  each event loop has its own class
    """Return the loop's view of the connection's socket, or None when there is none."""
    transport = writer.transport
    return None if transport is None else transport.get_extra_info("socket")


def _plain_socket(writer: AbstractStreamWriter) -> int | None:
    """Return the descriptor of a plain TCP connection; None under TLS or on other transports."""
    connection, transport = _socket(writer), writer.transport
    if connection is None or transport is None or transport.get_extra_info("ssl_object"):
        return None
    return int(connection.fileno())


def _buffered(writer: AbstractStreamWriter) -> int:
    transport = writer.transport
    return 0 if transport is None else transport.get_write_buffer_size()


async def _flush(writer: AbstractStreamWriter) -> None:
    """Wait until the transport has handed everything to the kernel."""
    transport = writer.transport
    if transport is None or not transport.get_write_buffer_size():
        return
    low, high = transport.get_write_buffer_limits()
    transport.set_write_buffer_limits(0)
    try:
        await writer.drain()
    finally:
        transport.set_write_buffer_limits(high, low)


def _round_trip(writer: AbstractStreamWriter) -> float:
    """Return the kernel's smoothed round-trip time in ms, or 0 where it is not told."""
    connection = _socket(writer)
    if connection is None or _TCP_INFO is None:
        return 0.0
    try:
        info = connection.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _RTT.size)
    except OSError:  # the connection ended with the body
        return 0.0
    return float(_RTT.unpack(info)[0]) / 1000 if len(info) == _RTT.size else 0.0


def _reset(writer: AbstractStreamWriter) -> None:
    """Drop the connection so that the peer sees a reset, not an orderly end."""
    connection, transport = _socket(writer), writer.transport
    if connection is not None and transport is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
