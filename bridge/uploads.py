"""What arrived at the embedded upload server, and how much of it is taken and kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bridge.errors import BridgeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from multidict import CIMultiDictProxy

KIB: Final = 1024


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
    preview: bytes = field(repr=False)
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
