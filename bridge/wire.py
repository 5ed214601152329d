"""Understood options -> the parts of one multipart body: text fields first, then the files."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from bridge.files import FileFailure, HostFile
from bridge.reasons import Reason
from bridge.transport import FilePart
from bridge.values import js_string

if TYPE_CHECKING:
    from contextlib import ExitStack

    from bridge.files import Files
    from bridge.profile import Options, Profile
    from bridge.trace import Decisions

_TYPES = mimetypes.MimeTypes()
_DEFAULT_TYPE = "application/octet-stream"
_DEFAULT_NAME = "file"


@dataclass(frozen=True, slots=True)
class Chosen:
    """One file the call names: the form key, and its virtual path."""

    name: str
    path: str


def chosen(values: Options, decisions: Decisions) -> list[Chosen]:
    """
    Return the files a call sends: a non-empty `files` wins over `file`, `filePath` and `name`.

    Raises:
        FileFailure: the call, or one of its `files`, names none.
    """
    items = values.get("files")
    if isinstance(items, list) and items:
        decisions.add("files", "files", "files is not empty: filePath and name have no effect")
        return [_item(item) for item in items]
    name = values.get("name", _DEFAULT_NAME)
    path = _path_of(values.get("file")) or values.get("filePath")
    if not isinstance(path, str) or not path:
        raise FileFailure(Reason.MISSING_FILE)
    return [Chosen(js_string(name), path)]


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


def opened(
    profile: Profile, files: Files, picked: list[Chosen], stack: ExitStack
) -> list[FilePart]:
    """
    Open the chosen files; the stack closes them.

    Raises:
        FileFailure: one is missing, not a file, unreadable, or over the host's size.
    """
    return [_opened(profile, files, one, stack) for one in picked]


def _opened(profile: Profile, files: Files, one: Chosen, stack: ExitStack) -> FilePart:
    file = files.open(one.path)
    stack.callback(file.close)
    if profile.max_size is not None and file.size > profile.max_size:
        raise FileFailure(Reason.OVER_SIZE)
    original = files.original_name(one.path) if profile.filename == "original" else None
    filename = original or one.path.rstrip("/").rpartition("/")[2]
    return FilePart(one.name, filename, _type_of(filename.rpartition(".")[2].lower()), file)


@lru_cache(maxsize=256)
def _type_of(extension: str) -> str:
    # Not strict: Python 3.11 counts image/webp among the common types outside the standard.
    guessed, _ = _TYPES.guess_type(f"name.{extension}", strict=False)
    return guessed or _DEFAULT_TYPE


def text_fields(values: Options, decisions: Decisions) -> tuple[tuple[str, str], ...]:
    """Return `formData` as text fields in insertion order, values as JavaScript's `String(v)`."""
    given = values.get("formData")
    form = cast("Options", given) if isinstance(given, dict) else {}
    for key, value in form.items():
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            decisions.add("wire", "form_value", f"{key} is sent as {js_string(value)!r}")
    return tuple((key, js_string(value)) for key, value in form.items())
