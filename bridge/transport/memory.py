"""
A transport without sockets: every address answers, on the loop's own clock.

With a latency or a rate it sleeps on that clock and so runs in virtual time; without, it only
yields. What arrived is kept in `uploads`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from bridge.reasons import Reason
from bridge.transport import Reply, TransportFailure
from bridge.transport.head import charset_of
from bridge.transport.multipart import Form, content_of, read
from bridge.transport.origins import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bridge.transport import Cut, Events, FilePart, Headers, WireUpload
    from bridge.transport.shaping import Passage

_CHUNK = 1024 * 1024
# The second lets a page of H5 read the answer, as the embedded server's does.
_JSON = {"Content-Type": "application/json; charset=utf-8", "Access-Control-Allow-Origin": "*"}


@dataclass(frozen=True, slots=True)
class MemoryFile:
    """One file that arrived; `size` in bytes, `sha256` in hexadecimal digits."""

    name: str
    filename: str
    content_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class MemoryUpload:
    """One upload or request that arrived in full; `body` is None where it was a form."""

    url: str
    headers: Headers
    fields: tuple[tuple[str, str], ...]
    files: tuple[MemoryFile, ...]
    method: str = "POST"
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes
    headers: Headers


class MemoryTransport:
    """
    Answers every upload without a network.

    Args:
        status: HTTP status of an answer that nobody scripted.
        body: its body.
        headers: its headers; None for JSON's.
        latency: seconds before the body starts, and again before the answer starts.
        rate: bytes of the body per second; None for no delay.
        steps: progress reports per upload.

    Attributes:
        uploads: what arrived in full, oldest first.
    """

    def __init__(  # noqa: PLR0913  one keyword for each thing a network can be
        self,
        *,
        status: int = 200,
        body: bytes | str = b'{"ok":true}',
        headers: Mapping[str, str] | None = None,
        latency: float = 0.0,
        rate: float | None = None,
        steps: int = 10,
    ) -> None:
        self.uploads: list[MemoryUpload] = []
        self._default = _answer(status, body, _JSON if headers is None else headers)
        self._script: deque[_Answer | TransportFailure] = deque()
        self._latency = latency
        self._rate = rate
        self._steps = steps
        self._closed = False

    def reply(
        self, status: int = 200, body: bytes | str = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer one upload so; several calls answer in their order."""
        self._script.append(_answer(status, body, headers or {}))

    def fail(self, reason: Reason, **detail: object) -> None:
        """Fail one upload before its body is sent, in order with `reply`."""
        self._script.append(TransportFailure(reason, detail))

    def route(self, origin: str, to: str | None) -> None:
        """Accept a route without effect; raises `ValueError` for what is not an origin."""
        Origin.parse(origin)
        if to is not None:
            Origin.parse(to)

    async def send(self, upload: WireUpload, events: Events) -> Reply:
        """Send one upload; raises `TransportFailure` as scripted, cut, or when a file shrank."""
        if self._closed:
            raise TransportFailure(Reason.INTERNAL, {"detail": "the transport is closed"})
        answer = self._script.popleft() if self._script else self._default
        _mark(events, "fetch_start")
        passage = upload.passage()
        if passage is not None:
            await _connect(upload.url, passage, events)
        await asyncio.sleep(self._latency)
        if isinstance(answer, TransportFailure):
            raise answer
        await self._send_body(upload, events)
        self.uploads.append(_arrived(upload))
        await asyncio.sleep(self._latency)
        passage = upload.passage()
        if passage is not None:
            await passage.round_trip()
        return await self._receive(upload, events, answer)

    async def aclose(self) -> None:
        """Refuse every further upload; what is in flight ends as it would have."""
        self._closed = True

    async def _send_body(self, upload: WireUpload, events: Events) -> None:
        form = content_of(upload)
        events.measures.request_headers = upload.headers
        _mark(events, "request_start")
        limit = form.size if upload.cut is None else upload.cut.at(form.size)
        sent = await self._progress(form, events, limit, upload.passage)
        passage = upload.passage()
        if passage is not None:
            await _pass(form, events, range(sent, limit), passage)
            events.measures.rtt = passage.latency * 1000
        if upload.cut is not None:
            await _end_connection(upload.cut, limit)
        _mark(events, "request_end")
        events.measures.sent_bytes = form.size + _head_size(upload.headers)

    async def _progress(
        self, form: Form, events: Events, limit: int, passage: Callable[[], Passage | None]
    ) -> int:
        """Let the body leave in equal steps; return at how many bytes something slows it."""
        sent = 0
        for step in range(1, self._steps + 1):
            reached = min(limit, form.size * step // self._steps)
            if passage() is not None:
                break
            if reached == sent:
                continue
            await asyncio.sleep((reached - sent) / self._rate if self._rate else 0)
            sent = events.measures.body_bytes = reached
            events.progress(sent, form.size)
        return sent

    async def _receive(self, upload: WireUpload, events: Events, answer: _Answer) -> Reply:
        _mark(events, "response_start")
        events.measures.received_bytes = len(answer.body) + _head_size(answer.headers)
        upload.check_answer(upload.url, answer.headers)
        events.headers(answer.status, answer.headers)
        passage = upload.passage()
        if passage is None:
            await asyncio.sleep(0)
        else:
            await passage.receive(len(answer.body))
        _mark(events, "response_end")
        return Reply(
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            charset=_charset(answer.headers),
            url=upload.url,
            set_cookies=tuple(v for name, v in answer.headers if name.lower() == "set-cookie"),
        )


def _answer(status: int, body: bytes | str, headers: Mapping[str, str]) -> _Answer:
    content = body.encode() if isinstance(body, str) else body
    return _Answer(status, content, tuple(headers.items()))


def _mark(events: Events, name: str) -> None:
    events.measures.times[name] = asyncio.get_running_loop().time()


async def _connect(url: str, passage: Passage, events: Events) -> None:
    """Take as long as the network makes connecting, and a handshake for https, last."""
    _mark(events, "connect_start")
    await passage.round_trip()
    if url.startswith("https:"):
        _mark(events, "tls_start")
        await passage.round_trip()
    _mark(events, "connect_end")


async def _pass(form: Form, events: Events, left: range, passage: Passage) -> None:
    """Let the rest of the body leave piece by piece."""
    sent = left.start
    while sent < left.stop:
        count = min(passage.piece(sent, form.size), left.stop - sent)
        await passage.send(count)
        sent += count
        events.measures.body_bytes = sent
        events.progress(sent, form.size)
    passage.piece(sent, form.size)


async def _end_connection(cut: Cut, sent: int) -> None:
    if cut.kind == "stall":
        await asyncio.get_running_loop().create_future()
    detail = f"the connection was reset after {sent} bytes of the body"
    raise TransportFailure(Reason.CONNECTION_RESET, {"detail": detail})


def _arrived(upload: WireUpload) -> MemoryUpload:
    files = tuple(map(_file, upload.files))
    return MemoryUpload(
        upload.url, upload.headers, upload.fields, files, upload.method, upload.body
    )


def _file(part: FilePart) -> MemoryFile:
    digest, offset = sha256(), 0
    while offset < part.file.size:
        piece = read(part.file, min(_CHUNK, part.file.size - offset), offset)
        digest.update(piece)
        offset += len(piece)
    return MemoryFile(part.name, part.filename, part.content_type, offset, digest.hexdigest())


def _head_size(headers: Headers) -> int:
    return sum(len(name) + len(value) + len(": \r\n") for name, value in headers)


def _charset(headers: Headers) -> str | None:
    types = [value for name, value in headers if name.lower() == "content-type"]
    return next(filter(None, map(charset_of, types)), None)
