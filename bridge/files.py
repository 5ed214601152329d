"""
The mini-program's files: a dict of virtual path -> file; only package paths touch a directory.

Nothing a mini-program writes reaches outside: a virtual path is looked up, never joined, and a
package path is followed without symlinks and opened without blocking.
"""

from __future__ import annotations

import base64
import errno
import os
import re
import stat
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote

from bridge.errors import BridgeError
from bridge.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bridge.profile import Paths

Kind = Literal["temp", "saved", "user", "package"]
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
)
_FOLLOWING = _OPEN_FLAGS & ~getattr(os, "O_NOFOLLOW", 0)


# No such path, a path too long to be one, a socket: nothing a mini-program could upload.
_ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ENXIO}


_DATA_URL = re.compile(r"data:[a-z-]+/([a-z-]+);base64,")


class FileFailure(Exception):  # noqa: N818  becomes the host's fail, never the test author's error
    """A virtual path that cannot be uploaded, and why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.detail: dict[str, object] = {}


class OpenFile:
    """
    Bytes ready to be sent: either in memory or behind one descriptor.

    `size` is fixed when the file is opened; every read is positional, so a redirect can replay it.
    """

    __slots__ = ("_data", "_fd", "_read", "size")

    def __init__(self, source: bytes | int, size: int | None = None) -> None:
        self._data: bytes | None = None
        self._read: bytes | None = None
        if isinstance(source, bytes):
            self._data, self._fd, self.size = source, -1, len(source)
        else:
            self._fd, self.size = source, os.fstat(source).st_size if size is None else size

    def fileno(self) -> int | None:
        """Return the descriptor, or None for bytes in memory."""
        return self._fd if self._fd >= 0 else None

    def pread(self, count: int, offset: int) -> bytes:
        """Read up to `count` bytes at `offset`; an empty result is the end."""
        if self._data is not None:
            return self._data[offset : offset + count]
        return os.pread(self._fd, count, offset)

    def whole(self) -> bytes:
        """Return all of the file, read once; it is shorter than `size` if the file is now."""
        if self._data is not None:
            return self._data
        if self._read is None:
            content = piece = os.pread(self._fd, self.size, 0)
            while piece and len(content) < self.size:
                content += (piece := os.pread(self._fd, self.size - len(content), len(content)))
            self._read = content
        return self._read

    def close(self) -> None:
        """Release the descriptor, or the bytes; safe to call twice."""
        fd, self._fd, self._data, self._read = self._fd, -1, None, None
        if fd >= 0:
            os.close(fd)


@dataclass(frozen=True, slots=True)
class HostFile:
    """A file object as H5 knows it: passed as `file`, or inside `files`."""

    name: str
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class _Held:
    """A file the test added: what the user called it, and its bytes or the path of them."""

    name: str
    content: bytes | str

    @property
    def size(self) -> int:
        content = self.content
        return len(content) if isinstance(content, bytes) else os.stat(content).st_size  # noqa: PTH116  a path is kept as text

    def open(self) -> OpenFile:
        content = self.content
        return (
            OpenFile(content) if isinstance(content, bytes) else open_regular(content, _FOLLOWING)
        )


def _reason_of(error: OSError) -> Reason:
    """Name why the operating system refused: absent in any way, or present and unreadable."""
    missing = error.errno in _ABSENT
    return Reason.MISSING_FILE if missing else Reason.UNREADABLE_FILE


def open_regular(path: Path | str, flags: int = _OPEN_FLAGS) -> OpenFile:
    """Open a regular file without following a link or blocking; raises `FileFailure`."""
    try:
        fd = os.open(path, flags)
    except OSError as error:
        raise FileFailure(_reason_of(error)) from error
    found = os.fstat(fd)
    if stat.S_ISREG(found.st_mode):
        return OpenFile(fd, found.st_size)
    os.close(fd)
    raise FileFailure(Reason.NOT_A_FILE if stat.S_ISDIR(found.st_mode) else Reason.MISSING_FILE)


class Files:
    """
    The files of one mini-program, addressed by the host's own path forms.

    Args:
        paths: the host's path templates.
        expand: fills a template for a file name with the bridge's seeded values.
        package: the code package, as a directory or as path -> content; None for an empty one.
    """

    def __init__(
        self,
        paths: Paths,
        expand: Callable[[str, str], str],
        package: str | Path | Mapping[str, bytes | str | Path] | None = None,
    ) -> None:
        self._paths = paths
        self._expand = expand
        self._held: dict[str, _Held] = {}
        self._user_root = paths.user.partition("{")[0].rstrip("/")
        self._root = _directory(package) if isinstance(package, (str, Path)) else None
        if package is not None and not isinstance(package, (str, Path)):
            for name, content in package.items():
                self.add(name, content, kind="package")

    def add(self, name: str, data: bytes | str | Path, *, kind: Kind = "temp") -> str:
        """
        Give the mini-program a file and return its virtual path.

        Args:
            name: the name it had for the user; its extension is kept in the path.
            data: the content (text is UTF-8), or a `Path` read when it is uploaded.
            kind: where it lives: `temp`, `saved`, `user` or `package`.

        Raises:
            BridgeError: the `Path` is not a regular file, or `kind` is none of the four.
        """
        return self._hold(self._path_for(name, kind), name, data)

    def pick(self, name: str, data: bytes | Path, template: str | None) -> HostFile:
        """Add a temp file under a picker's own path template, as the user's choice of it."""
        path = self._hold(self._expand(template or self._paths.temp, name), name, data)
        return self.blob(path)

    def read(self, path: str) -> bytes:
        """Return the bytes behind a virtual path; raises `BridgeError` when there are none."""
        try:
            file = self.open(path)
        except FileFailure as failure:
            message = f"no file to read at {path!r} ({failure.reason})"
            raise BridgeError(message) from failure
        with closing(file):
            return file.whole()

    def remove(self, path: str) -> None:
        """Delete an added file, as a host does on a cold start; raises `BridgeError` if unknown."""
        if self._held.pop(_key(path), None) is None:
            message = f"no added file at {path!r}; added: {', '.join(self._held) or 'none'}"
            raise BridgeError(message)

    def blob(self, path: str) -> HostFile:
        """Return the H5 `File` object of an added file; raises `BridgeError` if unknown."""
        held = self._held.get(_key(path))
        if held is None:
            message = f"no added file at {path!r}; added: {', '.join(self._held) or 'none'}"
            raise BridgeError(message)
        return HostFile(name=held.name, path=path, size=held.size)

    def write(self, path: str, data: bytes) -> None:
        """
        Write a file of the user's directory as the mini-program does; raises `FileFailure`.

        `MISSING_FILE` says that the folder it would lie in does not exist.
        """
        if self.is_directory(path):
            raise FileFailure(Reason.NOT_A_FILE)
        self._check_writable(path)
        if not self.is_directory(path.rpartition("/")[0]):
            raise FileFailure(Reason.MISSING_FILE)
        self._hold(path, path.rpartition("/")[2], data)

    def unlink(self, path: str) -> None:
        """Delete a file of the user's directory as the mini-program does; raises `FileFailure`."""
        if self.is_directory(path):
            raise FileFailure(Reason.NOT_A_FILE)
        self.open(path).close()
        self._check_writable(path)
        del self._held[_key(path)]

    def is_directory(self, path: str) -> bool:
        """Tell whether a virtual path is a folder: the user's own, or one that holds files."""
        key = _key(path).rstrip("/")
        if path.rstrip("/") == self._user_root or any(p.startswith(f"{key}/") for p in self._held):
            return True
        parts = self._package_parts(path.rstrip("/"))
        found = self._root.joinpath(*parts) if self._root is not None and parts else None
        return found is not None and found.is_dir() and Path(os.path.realpath(found)) == found

    def original_name(self, path: str) -> str | None:
        """Return the name a file had for the user, or gets from the host; None for other paths."""
        held = self._held.get(_key(path))
        if held is not None:
            return held.name
        data = self._data_url(path)
        return None if data is None else self._expand("{ms}{ext}", f"data.{data[1]}")

    def open(self, path: str) -> OpenFile:
        """Open a virtual path for sending; raises `FileFailure`."""
        held = self._held.get(path) or self._held.get(_key(path))
        if held is not None:
            return held.open()
        data = self._data_url(path)
        return self._open_package(path) if data is None else OpenFile(_decoded(path[data.end() :]))

    def _data_url(self, path: str) -> re.Match[str] | None:
        return _DATA_URL.match(path) if self._paths.data_urls else None

    def _check_writable(self, path: str) -> None:
        beneath = path.removeprefix(f"{self._user_root}/")
        if beneath == path or not all(map(_plain, beneath.split("/"))):
            raise FileFailure(Reason.UNREADABLE_FILE)

    def _hold(self, path: str, name: str, data: bytes | str | Path) -> str:
        self._held[_key(path)] = _Held(name, _checked(data))
        return path

    def _path_for(self, name: str, kind: Kind) -> str:
        match kind:
            case "package":
                return name
            case "temp" | "saved" | "user":
                return self._expand(getattr(self._paths, kind), name)
        message = f"kind is {kind!r}; it must be 'temp', 'saved', 'user' or 'package'"
        raise BridgeError(message)

    def _open_package(self, path: str) -> OpenFile:
        parts = self._package_parts(path)
        if self._root is None or not parts:
            raise FileFailure(Reason.MISSING_FILE)
        candidate = self._root.joinpath(*parts)
        if Path(os.path.realpath(candidate)) != candidate:
            raise FileFailure(Reason.MISSING_FILE)
        return open_regular(candidate)

    def _package_parts(self, path: str) -> list[str]:
        """Split a package path; empty for anything that is not a plain one of this host."""
        prefix = next((p for p in self._paths.package if p and path.startswith(p)), "")
        if not prefix and "" not in self._paths.package:
            return []
        parts = path.removeprefix(prefix).split("/")
        return parts if all(map(_plain, parts)) else []


def _decoded(text: str) -> bytes:
    """Decode base64 as a browser's `atob` does; raises `FileFailure`."""
    plain = "".join(text.split()).rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except ValueError as error:
        raise FileFailure(Reason.MISSING_FILE) from error


def _key(path: str) -> str:
    """Package paths are the same with and without their leading slash."""
    return path if "://" in path else path.removeprefix("./").removeprefix("/")


def _plain(part: str) -> bool:
    """Tell whether one path segment is only a name, also once it is percent-decoded."""
    decoded = unquote(part)
    encodable = part == part.encode("utf-8", "replace").decode()
    return encodable and decoded not in ("", ".", "..") and not set(decoded) & set("/\\\0:")


def _checked(data: bytes | str | Path) -> bytes | str:
    if isinstance(data, str):
        return data.encode()
    if isinstance(data, Path):
        if not data.is_file():
            message = f"{str(data)!r} is not a regular file"
            raise BridgeError(message)
        return os.fspath(data)
    return bytes(data)


def _directory(package: str | Path) -> Path:
    root = Path(os.path.realpath(package))
    if not root.is_dir():
        message = f"the package directory {str(package)!r} does not exist"
        raise BridgeError(message)
    return root


def package_of(file: Path) -> Path:
    """Return a logic file's code package: the nearest folder with an `app.json`, else its own."""
    folders = file.resolve().parents
    return next((folder for folder in folders if (folder / "app.json").is_file()), folders[0])
