"""multipart/form-data, read piece by piece as it arrives at the embedded upload server."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from multidict import CIMultiDict, CIMultiDictProxy

from bridge.charsets import known_charset
from bridge.uploads import DEFAULT_LIMITS, Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.uploads import UploadLimits

MAX_PADDING: Final = 64
"""Blanks allowed between a boundary and the end of its line."""

# A quote inside a value may be escaped with a backslash, and a name may end in a plain backslash:
# the closing quote is the one that a semicolon or the end follows.
_PARAMETER = re.compile(
    r';\s*(?P<key>[\w!#$%&+^`|~.*-]+)\s*=\s*(?:"(?P<quoted>(?:\\"|[^"])*)"|(?P<token>[^\s;"]*))'
    r"\s*(?=;|$)"
)


class MalformedBody(Exception):  # noqa: N818  a finding about the client, not a failure here
    """The body is not well-formed multipart/form-data; the text is a sentence saying why."""


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
        self._boundary = boundary_of(content_type)
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
        charset = codec_of(self._headers.get("Content-Type", ""))
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


def boundary_of(content_type: str) -> str:
    """Return the boundary that a Content-Type names; raises `MalformedBody`."""
    kind = content_type.partition(";")[0].strip()
    if kind.lower() != "multipart/form-data":
        found = f"is {kind!r}, not 'multipart/form-data'" if kind else "is missing"
        raise MalformedBody(f"the Content-Type {found}")
    boundary = _parameters(content_type).get("boundary", "")
    if not boundary:
        raise MalformedBody("the Content-Type 'multipart/form-data' names no boundary")
    return boundary


def codec_of(content_type: str) -> str:
    """Return the codec of the charset that a Content-Type names, UTF-8 where it names none."""
    return known_charset(_parameters(content_type).get("charset", ""))
