"""The body of one request to the embedded upload server, read to its end and recorded."""

from __future__ import annotations

import asyncio
import codecs
import re
from typing import TYPE_CHECKING, Final

from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy

from bridge.forms import FormReader, MalformedBody, boundary_of, codec_of
from bridge.uploads import KIB, Upload

if TYPE_CHECKING:
    from bridge.uploads import UploadLimits

PIECE: Final = 128 * KIB
_FORM_BEGINNING = re.compile(rb"--[^\r\n]{1,200}\r\nContent-Disposition: *form-data", re.IGNORECASE)


class Receiver:
    """
    Reads the body of one upload, at most `limit` bytes of it, and remembers what was wrong.

    A body of another type than multipart is a plain request's, of which the beginning is kept.
    """

    def __init__(self, request: web.BaseRequest, limit: int | None, limits: UploadLimits) -> None:
        self._request = request
        self._kind = request.headers.get("Content-Type", "")
        self._limit = limit
        self._limits = limits
        self._size = 0
        self._reader: FormReader | None = None
        self._kept = bytearray()
        self.error: str | None = None

    async def read(self) -> None:
        """
        Read on past a fault, so that the client gets to hear of it; `error` says what it was.

        Raises:
            asyncio.CancelledError: the client went away, or the server closes.
        """
        self._begin()
        try:
            await self._continue()
            while self._limit is None or self._size < self._limit:
                piece = await self._request.content.read(self._wanted())
                if not piece:
                    break
                self._feed(piece)
        except asyncio.CancelledError:
            self._cut("the connection was lost")
            raise
        except web.RequestPayloadError as error:
            self._cut(f"the body's coding broke ({error})")
        else:
            self._end()

    def upload(self, number: int, answer: int | None) -> Upload:
        """Return the record of what was read."""
        headers = CIMultiDict(
            (name.decode("utf-8", "replace"), value.decode("utf-8", "replace"))
            for name, value in self._request.raw_headers
        )
        return Upload(
            number=number,
            method=self._request.method,
            path=self._request.raw_path,
            headers=CIMultiDictProxy(headers),
            parts=tuple(self._reader.parts) if self._reader else (),
            size=self._size,
            error=self.error,
            answer=answer,
            text=self._text(),
        )

    def _begin(self) -> None:
        if not self._kind.strip().lower().startswith("multipart/"):
            return
        try:
            self._reader = FormReader(self._kind, self._limits)
        except MalformedBody as error:
            self.error = str(error)

    def _text(self) -> str | None:
        """Return the beginning of a plain request's body; a character may be cut at its end."""
        if self._reader is not None or b"\0" in self._kept:
            return None
        decoder = codecs.getincrementaldecoder(codec_of(self._kind))()
        try:
            return decoder.decode(bytes(self._kept))
        except UnicodeDecodeError:
            return None

    async def _continue(self) -> None:
        """Invite the body from a client that asked first (curl does, for large files)."""
        expected = self._request.headers.get("Expect", "").lower()
        if expected == "100-continue" and self._limit != 0:
            await self._request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._request.writer.output_size = 0

    def _wanted(self) -> int:
        return PIECE if self._limit is None else min(PIECE, self._limit - self._size)

    def _feed(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._reader is None:
            self._kept += piece[: self._limits.preview - len(self._kept)]
        if self._reader is None or self.error is not None:
            return
        try:
            self._reader.feed(piece)
        except MalformedBody as error:
            self.error = str(error)

    def _end(self) -> None:
        if self._limit is not None:
            self._cut("the script dropped the connection")
        elif self.error is None:
            try:
                self._finish()
            except MalformedBody as error:
                self.error = str(error)

    def _finish(self) -> None:
        """Check the body as a whole; a form under another type is nobody's intention."""
        if self._reader is not None:
            self._reader.finish()
        elif _FORM_BEGINNING.match(self._kept):
            boundary_of(self._kind)

    def _cut(self, cause: str) -> None:
        announced = self._request.content_length
        total = "" if announced is None else f" of {announced}"
        self.error = f"{cause} after {self._size}{total} bytes of the body"
