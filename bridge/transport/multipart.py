"""The multipart body as bytes and files in wire order, encoded once and ahead of every write."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from bridge.reasons import Reason
from bridge.transport import TransportFailure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.files import OpenFile
    from bridge.transport import FilePart, WireUpload

UNNAMED_TYPE = "application/octet-stream"
"""The type of a body whose caller names none."""
# A test sends the same few names over and over.
_REMEMBERED = 256
_NAME_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A", "\0": "%00"})
_TYPE_ESCAPES = str.maketrans({"\r": None, "\n": None, "\0": None})


class Form(NamedTuple):
    """An encoded body: its segments in wire order, and their total size in bytes."""

    segments: tuple[bytes | OpenFile, ...]
    size: int
    content_type: str


def encode(fields: Iterable[tuple[str, str]], files: Iterable[FilePart], boundary: str) -> Form:
    """
    Encode fields, then files, with names escaped as browsers do.

    Field values travel as they are; a lone surrogate becomes U+FFFD everywhere.
    """
    mark = f"--{boundary}".encode()
    lead = _utf8("".join([_field(name, value, boundary) for name, value in fields]))
    segments: list[bytes | OpenFile] = []
    size = 0
    for name, filename, kind, file in files:
        head = b"%b%b\r\n%b" % (lead, mark, _about(name, filename, kind))
        segments += (head, file)
        size += len(head) + file.size
        lead = b"\r\n"
    tail = b"%b%b--\r\n" % (lead, mark)
    segments.append(tail)
    content_type = f"multipart/form-data; boundary={boundary}"
    return Form(tuple(segments), size + len(tail), content_type)


def content_of(upload: WireUpload) -> Form:
    """Return what an upload's body holds: its own bytes, or else the form of fields and files."""
    if upload.body is None:
        return encode(upload.fields, upload.files, upload.boundary)
    segments = (upload.body,) if upload.body else ()
    return Form(segments, len(upload.body), UNNAMED_TYPE)


def _field(name: str, value: str, boundary: str) -> str:
    disposition = f'Content-Disposition: form-data; name="{_name(name)}"'
    return f"--{boundary}\r\n{disposition}\r\n\r\n{value}\r\n"


@lru_cache(maxsize=_REMEMBERED)
def _about(name: str, filename: str, content_type: str) -> bytes:
    """Return the header lines of a file's part, the empty one included."""
    names = f'name="{_name(name)}"; filename="{_name(filename)}"'
    kind = content_type.translate(_TYPE_ESCAPES)
    return _utf8(f"Content-Disposition: form-data; {names}\r\nContent-Type: {kind}\r\n\r\n")


@lru_cache(maxsize=_REMEMBERED)
def _name(text: str) -> str:
    return text.translate(_NAME_ESCAPES)


def _utf8(text: str) -> bytes:
    """Encode text; surrogates that pair up are joined, the others become U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def joined(form: Form) -> bytes:
    """Return a form's bytes in full; raises `TransportFailure` where they cannot be read."""
    return b"".join([s if isinstance(s, bytes) else _whole(s) for s in form.segments])


def _whole(file: OpenFile) -> bytes:
    try:
        content = file.whole()
    except OSError as error:
        raise unreadable(error) from error
    if len(content) < file.size:
        raise shrunk()
    return content


def read(file: OpenFile, count: int, offset: int) -> bytes:
    """Read up to `count` bytes, at least one; raises `TransportFailure` where there is none."""
    try:
        content = file.pread(count, offset)
    except OSError as error:
        raise unreadable(error) from error
    if not content:
        raise shrunk()
    return content


def unreadable(error: OSError) -> TransportFailure:
    """Return the failure of a file that the system refuses to read."""
    return _unreadable(error.strerror or str(error))


def shrunk() -> TransportFailure:
    """Return the failure of a file that has become shorter since it was opened."""
    return _unreadable("file changed during upload")


def _unreadable(detail: str) -> TransportFailure:
    return TransportFailure(Reason.UNREADABLE_FILE, {"detail": detail})
