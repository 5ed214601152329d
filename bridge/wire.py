"""Understood options -> the parts of one multipart body: text fields first, then the files."""

from __future__ import annotations

import mimetypes
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, cast

from bridge.files import FileFailure, HostFile
from bridge.reasons import Reason
from bridge.transport import FilePart
from bridge.values import js_string

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.files import Files
    from bridge.profile import Options, Profile
    from bridge.trace import Deciding

_TYPES = mimetypes.MimeTypes()
_DEFAULT_TYPE = "application/octet-stream"
_DEFAULT_NAME = "file"


class Content(NamedTuple):
    """What one call sends: the fields and files of a form, or a body as it is."""

    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[FilePart, ...] = ()
    boundary: str = ""
    method: str = "POST"
    body: bytes | None = None


class Chosen(NamedTuple):
    """One file the call names: the form key, and its virtual path."""

    name: str
    path: str


def chosen(values: Options, decisions: Deciding) -> tuple[Chosen, ...]:
    """
    Return the files a call sends: a non-empty `files` wins over `file`, `filePath` and `name`.

    Raises:
        FileFailure: the call, or one of its `files`, names none.
    """
    items = values.get("files")
    if isinstance(items, list) and items:
        decisions.add("files", "files", "files is not empty: filePath and name have no effect")
        return tuple(_item(item) for item in items)
    path = values.get("filePath")
    if "file" in values:
        path = _path_of(values["file"]) or path
    if not isinstance(path, str) or not path:
        raise FileFailure(Reason.MISSING_FILE)
    return (Chosen(js_string(values.get("name") or _DEFAULT_NAME), path),)


def _item(item: object) -> Chosen:
    entry = cast("Options", item) if isinstance(item, dict) else {}
    path = _path_of(entry.get("file")) or entry.get("uri")
    if not isinstance(path, str):
        raise FileFailure(Reason.MISSING_FILE)
    return Chosen(js_string(entry.get("name") or _DEFAULT_NAME), path)


def _path_of(file: object) -> str | None:
    """Return the path behind a File object, or a picked `{path}` that stands for one."""
    if isinstance(file, HostFile):
        return file.path
    path = file.get("path") if isinstance(file, dict) else None
    return path if isinstance(path, str) else None


def opened(profile: Profile, files: Files, picked: Iterable[Chosen]) -> tuple[FilePart, ...]:
    """
    Open the chosen files, for the caller to `close`.

    Raises:
        FileFailure: one is missing, not a file, unreadable, or over the host's size.
    """
    parts: list[FilePart] = []
    try:
        for one in picked:
            parts.append(_part(profile, files, one))  # noqa: PERF401  those before a bad one stay
    except BaseException:
        close(parts)
        raise
    return tuple(parts)


def close(parts: Iterable[FilePart]) -> None:
    """Close the files of an upload."""
    for part in parts:
        part.file.close()


def _part(profile: Profile, files: Files, one: Chosen) -> FilePart:
    path = one.path
    file = files.open(path)
    if profile.max_size is not None and file.size > profile.max_size:
        file.close()
        raise FileFailure(Reason.OVER_SIZE)
    original = files.original_name(path) if profile.filename == "original" else None
    filename, kind = _named(original or path.rstrip("/").rpartition("/")[2])
    return FilePart(one.name, filename, kind, file)


@lru_cache(maxsize=256)
def _named(filename: str) -> tuple[str, str]:
    """Return a file's name and the type that a host concludes from it."""
    _, dot, extension = filename.rpartition(".")
    # Not strict: Python 3.11 counts image/webp among the common types outside the standard.
    guessed, _ = _TYPES.guess_type(f"name{dot}{extension}", strict=False)
    return filename, guessed or _DEFAULT_TYPE


def text_fields(values: Options, decisions: Deciding) -> tuple[tuple[str, str], ...]:
    """Return `formData` as text fields in insertion order, values as JavaScript's `String(v)`."""
    given = values.get("formData")
    form = cast("Options", given) if isinstance(given, dict) else {}
    fields = [
        (key, value if type(value) is str else _field_text(key, value, decisions))
        for key, value in form.items()
    ]
    return tuple(fields)


def _field_text(key: str, value: object, decisions: Deciding) -> str:
    text = js_string(value)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        decisions.add("wire", "form_value", f"{key} is sent as {text!r}")
    return text
