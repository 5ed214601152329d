"""The file manager: a mini-program's virtual files read, written and looked at."""

from __future__ import annotations

import base64
import math
from contextlib import closing
from typing import TYPE_CHECKING, cast

from bridge.device.refusal import Refusal
from bridge.files import FileFailure
from bridge.reasons import Reason
from bridge.values import Returns, js_string, well_formed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.files import Files, OpenFile
    from bridge.profile import Options, Result

_FILE_MODE, _DIRECTORY_MODE = 0o100644, 0o040755
_CODECS = {
    "utf8": "utf-8",
    "utf-8": "utf-8",
    "ascii": "latin-1",
    "latin1": "latin-1",
    "binary": "latin-1",
    "ucs2": "utf-16-le",
    "ucs-2": "utf-16-le",
    "utf16le": "utf-16-le",
    "utf-16le": "utf-16-le",
}
_CAUSES = {
    Reason.MISSING_FILE: "missing",
    Reason.NOT_A_FILE: "directory",
    Reason.UNREADABLE_FILE: "permission",
}
_WHILE_READING = {**_CAUSES, Reason.UNREADABLE_FILE: "unreadable"}


def access(files: Files, values: Options, _: int) -> Result:
    """Tell that a file or folder exists."""
    path = _path(values)
    if not files.is_directory(path):
        _opened(files, path).close()
    return {}


def stat(files: Files, values: Options, started: int) -> Result:
    """Return the size of a file or folder, and what it is as functions."""
    stats, folder = _measured(files, _path(values), started)
    stats |= {"isDirectory": Returns(folder), "isFile": Returns(not folder)}
    return {"stats": stats, "stat": stats}


def plain_stat(files: Files, values: Options, started: int) -> Result:
    """Return the size of a file or folder, without functions."""
    return {"stats": _measured(files, _path(values), started)[0]}


def read(files: Files, values: Options, _: int) -> Result:
    """Return a file's content: bytes, or text in the encoding asked for."""
    path = _path(values)
    if files.is_directory(path):
        raise _refusal(FileFailure(Reason.NOT_A_FILE), path)
    try:
        with closing(_opened(files, path)) as file:
            data = file.whole()
    except OSError as error:
        raise _refusal(FileFailure(Reason.UNREADABLE_FILE), path, _WHILE_READING) from error
    start = _index(values.get("position", 0), len(data))
    end = start + _index(values.get("length", len(data)), len(data))
    encoding = values.get("encoding")
    content = data[max(start, 0) : max(end, 0)]
    return {
        "data": content if encoding is None else _text(content, js_string(encoding)),
        "dataType": "ArrayBuffer" if encoding is None else "string",
    }


def write(files: Files, values: Options, _: int) -> Result:
    """Write a file in the user's directory."""
    path, data = _path(values), values.get("data", "")
    encoding = js_string(values.get("encoding", "utf8"))
    raw = isinstance(data, (bytes, bytearray))
    content = bytes(cast("bytes", data)) if raw else _bytes(js_string(data), encoding)
    try:
        files.write(path, content)
    except FileFailure as failure:
        raise _refusal(failure, path) from failure
    return {}


def unlink(files: Files, values: Options, _: int) -> Result:
    """Delete a file in the user's directory."""
    path = _path(values)
    try:
        files.unlink(path)
    except FileFailure as failure:
        raise _refusal(failure, path) from failure
    return {}


def _path(values: Options) -> str:
    return js_string(values.get("filePath", values.get("path", "")))


def _index(value: object, most: int) -> int:
    """Return a number as JavaScript reads an index: its whole part, NaN as 0, no end as `most`."""
    number = cast("float", value)
    if isinstance(number, int) or math.isfinite(number):
        return int(number)
    return most if number > 0 else 0


def _opened(files: Files, path: str) -> OpenFile:
    try:
        return files.open(path)
    except FileFailure as failure:
        raise _refusal(failure, path, _WHILE_READING) from failure


def _measured(files: Files, path: str, started: int) -> tuple[Result, bool]:
    """Return mode, size and times, and whether it is a folder; a time is the call's, in seconds."""
    folder = files.is_directory(path)
    size = 0
    if not folder:
        file = _opened(files, path)
        size = file.size
        file.close()
    mode = _DIRECTORY_MODE if folder else _FILE_MODE
    times: Result = {"lastAccessedTime": started, "lastModifiedTime": started}
    return {"mode": mode, "size": size, **times}, folder


def _refusal(failure: FileFailure, path: str, causes: Mapping[Reason, str] = _CAUSES) -> Refusal:
    return Refusal(causes[failure.reason], failure.reason, {"path": path})


def _codec(encoding: str) -> str:
    codec = _CODECS.get(encoding.lower())
    if codec is None:
        raise Refusal("encoding", Reason.BAD_PARAMETER, {"encoding": encoding})
    return codec


def _text(data: bytes, encoding: str) -> str:
    if encoding == "base64":
        return base64.b64encode(data).decode()
    return data.hex() if encoding == "hex" else data.decode(_codec(encoding), "replace")


def _bytes(text: str, encoding: str) -> bytes:
    try:
        if encoding == "base64":
            return base64.b64decode(text, validate=True)
        if encoding == "hex":
            return bytes.fromhex(text)
    except ValueError as error:
        raise Refusal("encoding", Reason.BAD_PARAMETER, {"encoding": encoding}) from error
    return well_formed(text).encode(_codec(encoding), "replace")
