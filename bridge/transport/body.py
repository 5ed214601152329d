"""
A form as aiohttp's payload: joined into one write when it is short, else sent from the file.

A large file on plain TCP goes from its descriptor to the socket inside the kernel; under TLS, and
where the system lacks that call, it is copied in small pieces. Every read is positional, so a
redirect can send the same body again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import payload

from bridge.reasons import Reason
from bridge.transport import TransportFailure, free
from bridge.transport.connection import buffered, flush, plain_socket, reset
from bridge.transport.direct import Direct, Share
from bridge.transport.multipart import joined, read
from bridge.transport.telling import Telling
from bridge.transport.tuning import DEFAULT_TUNING, Tuning

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.abc import AbstractStreamWriter

    from bridge.files import OpenFile
    from bridge.transport import Cut, Events
    from bridge.transport.multipart import Form
    from bridge.transport.shaping import Passage


class UploadBody(payload.Payload):
    """
    A form as aiohttp's payload, for every attempt of one upload.

    It reports progress, never backwards, and fills `body_bytes`, `rtt` and, where the request has
    not marked it, `request_start`, then `request_end` of the measures. A body that could not be
    read is explained in `failure`, because aiohttp replaces the exception.

    Args:
        form: what to send; its files belong to whoever opened them.
        events: what is told of it.
        cut: where the network ends it.
        passage: asked before each piece leaves for what slows it.
        tuning: how it is written.
        share: what bodies of one loop have in common; None for a body on its own.
        loop: the loop it is written on; None for the one that runs.
    """

    _autoclose = True

    def __init__(  # noqa: PLR0913  all but the first two by keyword
        self,
        form: Form,
        events: Events,
        *,
        cut: Cut | None = None,
        passage: Callable[[], Passage | None] = free,
        tuning: Tuning = DEFAULT_TUNING,
        share: Share | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(form, content_type=form.content_type)
        self._size = form.size
        self._attempt: _Attempt | None = None
        self.form = form
        self.telling = Telling(events, form.size, loop or asyncio.get_running_loop())
        self.cut = cut
        self.passage = passage
        self.tuning = tuning
        self.share = share or tuning.share()
        self.failure: TransportFailure | None = None

    @property
    def finished(self) -> bool:
        """Tell whether the newest attempt has handed the whole body to the kernel."""
        return self._attempt is not None and self._attempt.finished

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
        """
        Send the whole body, from its start; raises `OSError` when a file cannot be read.

        A peer that went away does not end it: its answer may have arrived, and aiohttp, which
        reads all the while, learns of the end of the connection and cancels this.
        """
        await self.begin(writer)
        try:
            await self.rest()
        except ConnectionError:
            await self.telling.loop.create_future()

    async def begin(self, writer: AbstractStreamWriter) -> bool:
        """Begin to send the body, of which all is left then."""
        self.stop()
        self.telling.begin()
        self._attempt = _Attempt(self, writer)
        return False

    async def rest(self) -> None:
        """Send what has been begun to its end; raises `OSError` when a file cannot be read."""
        if self._attempt is None:
            return
        try:
            await self._attempt.send()
        except TransportFailure as failure:
            raise self._explained(failure) from failure

    def _explained(self, failure: TransportFailure) -> OSError:
        self.failure = failure
        return OSError(str(failure.detail.get("detail")))

    def stop(self) -> None:
        """End the attempt at once: no byte leaves and no progress is reported after this."""
        if self._attempt is not None:
            self._attempt.stop()

    def release(self) -> None:
        """Stop, and let go of the attempt: as they hold each other, the collector would have to."""
        self.stop()
        self._attempt = None


class _Attempt:
    """One attempt to send a body."""

    __slots__ = ("_body", "_direct", "_limit", "_stopped", "_writer", "_written", "finished")

    def __init__(self, body: UploadBody, writer: AbstractStreamWriter) -> None:
        size = body.form.size
        self._body = body
        self._writer = writer
        self._limit = size if body.cut is None else body.cut.at(size)
        self._written = 0
        self._direct: Direct | None = None
        self._stopped = False
        self.finished = False

    def stop(self) -> None:
        self._stopped = True
        if self._direct is not None:
            self._direct.close()

    async def send(self) -> None:
        """Send all that is not on its way yet, up to where the body is cut."""
        body = self._body
        if not self._slowed:
            await self._send_freely()
        passage = body.passage()
        if passage is not None:
            await self._send_shaped(passage)
        if buffered(self._writer):
            await flush(self._writer)
        if self._limit:
            self._progress()
        if body.cut is not None:
            await self._end_connection(body.cut)
        self._complete()

    @property
    def _slowed(self) -> bool:
        """Tell whether something slows the body now, which may begin while it is on its way."""
        return self._body.passage() is not None

    async def _send_shaped(self, passage: Passage) -> None:
        """
        Send what is left piece by piece, each when it may leave.

        A piece is small and soon sent, so the file is read and written here: over plain TCP and TLS
        alike, every byte is one that the network let through.
        """
        total, before = self._body.form.size, self._written
        for segment in self._body.form.segments:
            size = len(segment) if isinstance(segment, bytes) else segment.size
            offset = min(before, size)
            before -= offset
            end = min(size, offset + self._limit - self._written)
            while offset < end:
                count = min(passage.piece(self._written, total), end - offset)
                await passage.send(count)
                await self._send_piece(segment, offset, count)
                offset += count
        passage.piece(self._written, total)

    async def _send_piece(self, segment: bytes | OpenFile, offset: int, count: int) -> None:
        if self._stopped:
            raise ConnectionAbortedError
        if isinstance(segment, bytes):
            piece = segment[offset : offset + count]
        else:
            piece = read(segment, count, offset)
        await self._writer.write(piece)
        await flush(self._writer)
        self._advance(count)

    async def _send_freely(self) -> None:
        """Send all, or as much as leaves before something slows it."""
        if self._body.form.size > self._body.tuning.small:
            await self._send_segments()
        elif not self._written:
            await self._write_joined()

    async def _write_joined(self) -> None:
        content = joined(self._body.form)[: self._limit]
        if content:
            await self._writer.write(content)
            self._written = len(content)

    async def _send_segments(self) -> None:
        for segment in self._body.form.segments:
            left = self._limit - self._written
            if self._slowed:
                return
            if isinstance(segment, bytes):
                await self._send_bytes(segment[:left])
            else:
                await self._send_file(segment, min(segment.size, left))

    async def _send_bytes(self, content: bytes) -> None:
        if content:
            await self._writer.write(content)
            self._written += len(content)

    async def _send_file(self, file: OpenFile, size: int) -> None:
        source = file.fileno()
        target = plain_socket(self._writer) if self._body.tuning.sendfile else None
        if not size:
            return
        if source is None or target is None:
            await self._copy(file, size)
            return
        await flush(self._writer)
        try:
            await self._send_directly(source, target, size)
        except NotImplementedError:
            await self._copy(file, size)

    async def _send_directly(self, source: int, target: int, size: int) -> None:
        """Send from the kernel; raises `NotImplementedError`, with nothing sent, if it cannot."""
        self._direct = Direct(source, target, size, self._body.share, self._sent_directly)
        try:
            await self._direct.done
        finally:
            self._direct.close()
            self._direct = None  # they hold each other

    def _sent_directly(self, count: int) -> None:
        self._writer.output_size += count
        self._advance(count)
        if self._direct is not None and self._slowed:
            self._direct.leave()

    async def _copy(self, file: OpenFile, size: int) -> None:
        tuning, offset, pause = self._body.tuning, 0, self._body.tuning.burst
        while offset < size and not self._slowed:
            if self._stopped:
                raise ConnectionAbortedError
            piece = read(file, min(tuning.chunk, size - offset), offset)
            await self._writer.write(piece)
            offset += len(piece)
            self._advance(len(piece))
            if offset >= pause:
                # A fast peer never lets the transport pause, so the loop is yielded to by hand.
                await asyncio.sleep(0)
                pause = offset + tuning.burst

    def _advance(self, count: int) -> None:
        self._written += count
        self._progress()

    def _progress(self) -> None:
        """Count what has left for the kernel, which excludes what the transport still buffers."""
        if not self._stopped:
            self._body.telling.reach(max(0, self._written - buffered(self._writer)))

    def _complete(self) -> None:
        self.finished = True
        passage = self._body.passage()
        self._body.telling.end(self._writer, 0.0 if passage is None else passage.latency)

    async def _end_connection(self, cut: Cut) -> None:
        """Act as the network does at the cut: nothing more, or a reset."""
        if not self._limit:
            self._writer.send_headers()
            await flush(self._writer)
        if cut.kind == "stall":
            await self._body.telling.loop.create_future()
        reset(self._writer)
        detail = f"the connection was reset after {self._limit} bytes of the body"
        raise TransportFailure(Reason.CONNECTION_RESET, {"detail": detail})
