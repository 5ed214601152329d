"""What arrived at the embedded upload server: its records, and the reader that makes them."""

from __future__ import annotations

import asyncio
import codecs
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy

from bridge.charsets import known_charset
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

KIB: Final = 1024
PIECE: Final = 128 * KIB
MAX_PADDING: Final = 64
"""Blanks allowed between a boundary and the end of its line."""

# A quote inside a value may be escaped with a backslash, and a name may end in a plain backslash:
# the closing quote is the one that a semicolon or the end follows.
_PARAMETER = re.compile(
    r';\s*(?P<key>[\w!#$%&+^`|~.*-]+)\s*=\s*(?:"(?P<quoted>(?:\\"|[^"])*)"|(?P<token>[^\s;"]*))'
    r"\s*(?=;|$)"
)

_FORM_BEGINNING = re.compile(rb"--[^\r\n]{1,200}\r\nContent-Disposition: *form-data", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """
    What the upload server takes of a form, and keeps of what arrives.

    Attributes:
        parts: parts of a form; one that has more is faulty.
        part_head: bytes of the headers of a part; likewise.
        field: bytes of a text field; likewise.
        preview: bytes that are kept of each part, and of a body that is no form.
        uploads: uploads that are kept; older ones are forgotten, their numbers not used again.
        script: bytes of a script that the admin interface takes.
    """

    parts: int = 1000
    part_head: int = 16 * KIB
    field: int = 1024 * KIB
    preview: int = 64 * KIB
    uploads: int = 1000
    script: int = 4 * 1024 * KIB


DEFAULT_LIMITS: Final = UploadLimits()


class MalformedBody(Exception):  # noqa: N818  a finding about the client, not a failure here
    """The body is not well-formed multipart/form-data; the text is a sentence saying why."""


@dataclass(frozen=True, slots=True)
class Part:
    """
    One part of a multipart body, as it stood on the wire.

    Attributes:
        name: the field's name; browser escapes such as `%22` stay as they were sent.
        filename: the file's name, escapes included; None marks a plain field.
        content_type: the part's own Content-Type header, parameters included, or None.
        size: bytes in the body of the part.
        sha256: lower-case hexadecimal digest of those bytes.
        text: a field's text; a file's text when it is valid and fits a preview; else None.
        preview: the first bytes, 64 KiB unless the server's limits say otherwise.
        headers: the part's headers; keys match in any case and keep the client's spelling.
    """

    name: str
    filename: str | None
    content_type: str | None
    size: int
    sha256: str
    text: str | None
    preview: bytes
    headers: CIMultiDictProxy[str]

    def to_json(self) -> dict[str, object]:
        """Return the part as plain JSON data, without its bytes."""
        return {
            "name": self.name,
            "filename": self.filename,
            "content_type": self.content_type,
            "size": self.size,
            "sha256": self.sha256,
            "text": self.text,
            "headers": [list(pair) for pair in self.headers.items()],
        }


@dataclass(frozen=True, slots=True)
class Upload:
    """
    One request that reached the server, whether or not its body was sound.

    Attributes:
        number: counts the server's uploads from 1, in the order in which they ended.
        method: the request method.
        path: the request target with its query, as sent.
        headers: the request headers; keys match in any case and keep the client's spelling.
        parts: the parts that arrived whole, in wire order.
        size: bytes of the body that were read.
        error: a sentence when the body was cut or was no sound multipart/form-data, else None.
        answer: the status of the server's answer, None when there was none.
        text: the beginning of a body that is no form, at most a preview; None for a form, and for
            bytes that are no text.
    """

    number: int
    method: str
    path: str
    headers: CIMultiDictProxy[str]
    parts: tuple[Part, ...]
    size: int
    error: str | None
    answer: int | None
    text: str | None = None

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The plain fields, name and text, in wire order."""
        return [(part.name, part.text or "") for part in self.parts if part.filename is None]

    @property
    def files(self) -> tuple[Part, ...]:
        """The file parts, in wire order."""
        return tuple(part for part in self.parts if part.filename is not None)

    def field(self, name: str) -> str:
        """
        Return the text of the first plain field called `name`.

        Raises:
            BridgeError: there is no such field.
        """
        for key, text in self.fields:
            if key == name:
                return text
        raise BridgeError(self._absent("field", name, (key for key, _ in self.fields)))

    def file(self, name: str | None = None) -> Part:
        """
        Return the first file part, or the first one called `name`.

        Raises:
            BridgeError: there is no such file part.
        """
        for part in self.files:
            if name in (None, part.name):
                return part
        raise BridgeError(self._absent("file", name, (part.name for part in self.files)))

    def assert_file(
        self,
        name: str | None = None,
        filename: str | None = None,
        size: int | None = None,
        sha256: str | None = None,
        type: str | None = None,  # noqa: A002  the option's name in the public interface
    ) -> None:
        """
        Check the first file part, or the first one called `name`; None leaves a property unchecked.

        `size` is in bytes; a `type` without parameters is compared without the part's own.

        Raises:
            AssertionError: there is no such file, or it differs; one message lists every mismatch.
        """
        try:
            part = self.file(name)
        except BridgeError as error:
            raise AssertionError(str(error)) from None
        actual_type = part.content_type
        if type is not None and ";" not in type and actual_type is not None:
            actual_type = actual_type.partition(";")[0].strip()
        wanted = {"filename": filename, "size": size, "sha256": sha256, "type": type}
        actual = {
            "filename": part.filename,
            "size": part.size,
            "sha256": part.sha256,
            "type": actual_type,
        }
        wrong = [
            f"  {key}: expected {value!r}, got {actual[key]!r}"
            for key, value in wanted.items()
            if value is not None and value != actual[key]
        ]
        if wrong:
            raise AssertionError(
                "\n".join([f"upload {self.number}, file part {part.name!r}:", *wrong])
            )

    def to_json(self) -> dict[str, object]:
        """Return the upload as plain JSON data."""
        return {
            "number": self.number,
            "method": self.method,
            "path": self.path,
            "headers": [list(pair) for pair in self.headers.items()],
            "parts": [part.to_json() for part in self.parts],
            "size": self.size,
            "error": self.error,
            "answer": self.answer,
            "text": self.text,
        }

    def _absent(self, kind: str, name: str | None, present: Iterable[str]) -> str:
        wanted = f"{kind} part" if name is None else f"{kind} part {name!r}"
        names = ", ".join(map(repr, present)) or "none"
        return f"upload {self.number} has no {wanted}; its {kind} parts: {names}{self._cause()}"

    def _cause(self) -> str:
        """Return why there may be no parts at all."""
        if self.error is not None:
            return f" (the body was faulty: {self.error})"
        kind = self.headers.get("Content-Type", "")
        form = kind.strip().lower().startswith("multipart/")
        return "" if form else f" (the request was no form: its Content-Type is {kind!r})"


class FormReader:
    """
    Read a multipart/form-data body piece by piece, without ever holding a file.

    `parts` holds the parts that are complete so far. Call `feed` with each piece, then `finish`.
    """

    def __init__(self, content_type: str, limits: UploadLimits = DEFAULT_LIMITS) -> None:
        """
        Start on a body of the given Content-Type header.

        Args:
            content_type: the header.
            limits: what a form may have.

        Raises:
            MalformedBody: it is not multipart/form-data with a boundary.
        """
        self._limits = limits
        self._boundary = _boundary(content_type)
        self._mark = b"\r\n--" + self._boundary.encode("utf-8", "replace")
        # The first boundary has no line end before it: with this one all of them look the same.
        self._buffer = bytearray(b"\r\n")
        self._step: Callable[[], bool] = self._preamble
        self._open = _OpenPart(CIMultiDictProxy(CIMultiDict()), "", None, limits)
        self.parts: list[Part] = []

    def feed(self, data: bytes) -> None:
        """
        Take the next piece of the body.

        Raises:
            MalformedBody: the body cannot be multipart/form-data any more.
        """
        self._buffer += data
        while self._step():
            pass

    def finish(self) -> None:
        """
        State that the body has ended.

        Raises:
            MalformedBody: the closing boundary has not been seen.
        """
        if self._step == self._preamble:
            raise MalformedBody(f"the body holds no boundary line '--{self._boundary}'")
        if self._step != self._epilogue:
            place = f"after {len(self.parts)} whole part(s)"
            raise MalformedBody(
                f"the body ends {place}, before its closing boundary '--{self._boundary}--'"
            )

    def _preamble(self) -> bool:
        return self._skip_to_mark(lambda _: None)

    def _content(self) -> bool:
        if not self._skip_to_mark(self._open.write):
            return False
        self.parts.append(self._open.close())
        return True

    def _skip_to_mark(self, write: Callable[[bytearray], None]) -> bool:
        """Hand what precedes the next boundary to `write`; True when the boundary was there."""
        at = self._buffer.find(self._mark)
        found = at >= 0
        # Without a boundary the last bytes may be the beginning of one.
        end = at if found else max(0, len(self._buffer) - len(self._mark) + 1)
        write(self._buffer[:end])
        del self._buffer[: end + len(self._mark) if found else end]
        if found:
            self._step = self._delimiter
        return found

    def _delimiter(self) -> bool:
        """Read what follows a boundary: `--` ends the body, a line end begins a part."""
        if self._buffer.startswith(b"--"):
            self._step = self._epilogue
            return True
        end = self._buffer.find(b"\r\n")
        rest = bytes(self._buffer[:end] if end >= 0 else self._buffer)
        left = rest.strip(b" \t")
        if end < 0 and left in (b"", b"\r", b"-") and len(rest) < MAX_PADDING:
            return False
        if end < 0 or left:
            raise MalformedBody(f"a boundary line '--{self._boundary}' goes on with {rest[:20]!r}")
        if len(self.parts) == self._limits.parts:
            raise MalformedBody(f"the body has more than {self._limits.parts} parts")
        del self._buffer[:end]
        self._step = self._head
        return True

    def _head(self) -> bool:
        """Read the headers of a part; the buffer begins with the line end before them."""
        end = self._buffer.find(b"\r\n\r\n")
        most = self._limits.part_head
        if (len(self._buffer) if end < 0 else end) > most:
            raise MalformedBody(
                f"the head of part {len(self.parts) + 1} is longer than {most} bytes"
            )
        if end < 0:
            return False
        self._open = _open_part(bytes(self._buffer[2:end]), len(self.parts) + 1, self._limits)
        del self._buffer[: end + 4]
        self._step = self._content
        return True

    def _epilogue(self) -> bool:
        self._buffer.clear()
        return False


class Receiver:
    """
    Reads the body of one upload, at most `limit` bytes of it, and remembers what was wrong.

    A body of another type than multipart is a plain request's, of which the beginning is kept.
    """

    def __init__(self, request: web.BaseRequest, limit: int | None, limits: UploadLimits) -> None:
        self._request = request
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
        kind = self._request.headers.get("Content-Type", "")
        if not kind.strip().lower().startswith("multipart/"):
            return
        try:
            self._reader = FormReader(kind, self._limits)
        except MalformedBody as error:
            self.error = str(error)

    def _text(self) -> str | None:
        """Return the beginning of a plain request's body; a character may be cut at its end."""
        if self._reader is not None or b"\0" in self._kept:
            return None
        decoder = codecs.getincrementaldecoder(self._charset())()
        try:
            return decoder.decode(bytes(self._kept))
        except UnicodeDecodeError:
            return None

    def _charset(self) -> str:
        return _charset(self._request.headers.get("Content-Type", ""))

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
            _boundary(self._request.headers.get("Content-Type", ""))

    def _cut(self, cause: str) -> None:
        announced = self._request.content_length
        total = "" if announced is None else f" of {announced}"
        self.error = f"{cause} after {self._size}{total} bytes of the body"


class _OpenPart:
    """A part whose body is still arriving: counted and hashed, only its beginning kept."""

    def __init__(
        self,
        headers: CIMultiDictProxy[str],
        name: str,
        filename: str | None,
        limits: UploadLimits,
    ) -> None:
        self._headers = headers
        self._name = name
        self._filename = filename
        self._size = 0
        self._digest = hashlib.sha256()
        self._kept = bytearray()
        self._preview = limits.preview
        self._keep = limits.preview if filename is not None else limits.field

    def write(self, data: bytearray) -> None:
        self._size += len(data)
        self._digest.update(data)
        self._kept += data[: self._keep - len(self._kept)]
        if self._filename is None and self._size > self._keep:
            raise MalformedBody(f"the field {self._name!r} is longer than {self._keep} bytes")

    def close(self) -> Part:
        return Part(
            name=self._name,
            filename=self._filename,
            content_type=self._headers.get("Content-Type"),
            size=self._size,
            sha256=self._digest.hexdigest(),
            text=self._text(),
            preview=bytes(self._kept[: self._preview]),
            headers=self._headers,
        )

    def _text(self) -> str | None:
        charset = _charset(self._headers.get("Content-Type", ""))
        if self._filename is None:
            return self._kept.decode(charset, "replace")
        if self._size > self._keep or b"\0" in self._kept:
            return None
        try:
            return self._kept.decode(charset)
        except UnicodeDecodeError:
            return None


def _open_part(head: bytes, number: int, limits: UploadLimits) -> _OpenPart:
    """Begin a part from its header lines; `number` counts from 1 and serves the error's text."""
    headers: CIMultiDict[str] = CIMultiDict()
    for line in head.split(b"\r\n") if head else []:
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if not colon or not name.strip():
            raise MalformedBody(f"part {number} has a header line without a name: {name[:40]!r}")
        headers.add(name.strip(), value.strip())
    disposition = headers.get("Content-Disposition", "")
    given = _parameters(disposition)
    if not disposition.lower().startswith("form-data") or "name" not in given:
        raise MalformedBody(
            f"part {number} has no 'Content-Disposition: form-data' header with a name"
        )
    return _OpenPart(CIMultiDictProxy(headers), given["name"], _filename(given), limits)


def _filename(given: dict[str, str]) -> str | None:
    """Return the plain `filename`; failing that the extended one, which is always encoded."""
    if "filename" in given or "filename*" not in given:
        return given.get("filename")
    charset, _, encoded = given["filename*"].partition("'")
    return unquote(encoded.partition("'")[2], known_charset(charset), "replace")


def _parameters(header: str) -> dict[str, str]:
    """Return a header's parameters by lower-case key, values as they stand; the first one wins."""
    given: dict[str, str] = {}
    for match in _PARAMETER.finditer(header):
        quoted, token = match["quoted"], match["token"]
        given.setdefault(match["key"].lower(), token if quoted is None else quoted)
    return given


def _boundary(content_type: str) -> str:
    kind = content_type.partition(";")[0].strip()
    if kind.lower() != "multipart/form-data":
        found = f"is {kind!r}, not 'multipart/form-data'" if kind else "is missing"
        raise MalformedBody(f"the Content-Type {found}")
    boundary = _parameters(content_type).get("boundary", "")
    if not boundary:
        raise MalformedBody("the Content-Type 'multipart/form-data' names no boundary")
    return boundary


def _charset(content_type: str) -> str:
    return known_charset(_parameters(content_type).get("charset", ""))
