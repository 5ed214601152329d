"""The album and the pickers that answer from it: where a mini-program's `filePath`s come from."""

from __future__ import annotations

import mimetypes
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from bridge.errors import BridgeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.files import Files, HostFile
    from bridge.profile import Options, Picker, Result

_MAGIC = {
    b"\x89PNG": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"GIF8": ".gif",
    b"RIFF": ".webp",
    b"\x00\x00\x00": ".mp4",
}
_TYPES = mimetypes.MimeTypes()
_MANY = sys.maxsize
_TOLD = 3


@dataclass(frozen=True, slots=True)
class AlbumItem:
    """One picture, video or document on the phone."""

    name: str
    content: bytes | Path

    @property
    def kind(self) -> str:
        """`image`, `video` or `file`, by the extension."""
        # Not strict: Python 3.11 counts image/webp among the common types outside the standard.
        guessed, _ = _TYPES.guess_type(f"name{PurePosixPath(self.name).suffix}", strict=False)
        major = (guessed or "").partition("/")[0]
        return major if major in ("image", "video") else "file"


class Album:
    """What the user of the emulated phone can pick, oldest first."""

    def __init__(self, items: tuple[str | Path | bytes, ...] = ()) -> None:
        self._items: list[AlbumItem] = []
        self._cancels = 0
        self.add(*items)

    def add(self, *items: str | Path | bytes) -> None:
        """
        Put files in the album: paths on this machine, or the bytes of a picture.

        Raises:
            BridgeError: a path is not a regular file.
        """
        for item in items:
            self._items.append(self._item(item))

    def cancel_next(self) -> None:
        """Make the user back out of the next picker."""
        self._cancels += 1

    def clear(self) -> None:
        """Empty the album, and forget what `cancel_next` was to do."""
        self._items.clear()
        self._cancels = 0

    def take_cancel(self) -> bool:
        """Tell whether this picker is backed out of; each `cancel_next` counts once."""
        cancelled = self._cancels > 0
        self._cancels -= cancelled
        return cancelled

    def matching(self, wanted: Callable[[AlbumItem], bool]) -> list[AlbumItem]:
        """Return the items a picker offers; raises `BridgeError` when there is none."""
        found = [item for item in self._items if wanted(item)]
        if not found:
            message = (
                f"the album holds nothing to pick out of {len(self._items)} items{self._kinds()}; "
                "call bridge.album.add(...), or bridge.album.cancel_next() for a user who backs out"
            )
            raise BridgeError(message)
        return found

    def _kinds(self) -> str:
        """Say what the first items are taken for: zeros in the place of a picture are none."""
        first = [f"{item.name} is of kind {item.kind}" for item in self._items[:_TOLD]]
        told = "a path's ending tells the kind, or how bytes begin, a PNG with 89 50 4E 47"
        return f" ({', '.join(first)}: {told})" if first else ""

    def _item(self, item: str | Path | bytes) -> AlbumItem:
        if isinstance(item, bytes):
            suffix = next((s for magic, s in _MAGIC.items() if item.startswith(magic)), ".bin")
            return AlbumItem(f"album{len(self._items) + 1}{suffix}", item)
        path = Path(item)
        if not path.is_file():
            message = f"{str(item)!r} is not a regular file, so it cannot be in the album"
            raise BridgeError(message)
        return AlbumItem(path.name, path)


def pick(  # noqa: PLR0913  a pure function of what one phone has
    api: str,
    picker: Picker,
    options: Options,
    *,
    usual: object,
    album: Album,
    files: Files,
    now: int,
) -> Result | None:
    """
    Answer a picker in the host's shape; None when the user backs out.

    Args:
        api: `chooseImage`, `chooseMedia` or `chooseMessageFile`.
        picker: the host's shape.
        options: understood options, defaults filled in.
        usual: the schema's default `count`, None where it has none.
        album: where the files come from.
        files: gives each picked file its virtual path.
        now: epoch seconds, for `time`.

    Raises:
        BridgeError: the album holds nothing this picker would show.
    """
    if album.take_cancel():
        return None
    offered = album.matching(lambda item: _WANTED[api](options, item))
    taken = offered[: _count(picker, options, usual)]
    held = [(item, files.pick(item.name, item.content, picker.temp)) for item in taken]
    whole = {
        "tempFilePaths": [file.path for _, file in held],
        "apFilePaths": [file.path for _, file in held],
        "tempFiles": [_entry(picker, item, file, now) for item, file in held],
        "type": _type([item for item, _ in held]),
        "errMsg": f"{api}:ok",
    }
    return {key: whole[key] for key in picker.result}


def _count(picker: Picker, options: Options, usual: object) -> int:
    """Return how many items the host hands over; a count of no sense reads as its default."""
    wanted = (options.get("count"), usual, 1)
    count = next(n for n in wanted if isinstance(n, (int, float)) and n >= 1)
    return int(min(count, picker.max_count or _MANY))


def _entry(picker: Picker, item: AlbumItem, file: HostFile, now: int) -> dict[str, object]:
    whole: dict[str, object] = {
        "path": file.path,
        "tempFilePath": file.path,
        "size": file.size,
        "name": item.name,
        "type": item.kind,
        "fileType": item.kind,
        "time": now,
    }
    return {key: whole[key] for key in picker.item}


def _type(items: list[AlbumItem]) -> str:
    kinds = {item.kind for item in items}
    return kinds.pop() if len(kinds) == 1 else "mix"


def _is_media(options: Options, item: AlbumItem) -> bool:
    asked = options.get("mediaType")
    kinds = asked if isinstance(asked, list) else ["image", "video"]
    return item.kind in ("image", "video") and ("mix" in kinds or item.kind in kinds)


def _is_message_file(options: Options, item: AlbumItem) -> bool:
    kind, extensions = options.get("type"), options.get("extension")
    if kind != "file" or not isinstance(extensions, list) or not extensions:
        return kind in ("all", None, item.kind)
    suffix = PurePosixPath(item.name).suffix.removeprefix(".")
    return item.kind == "file" and suffix in [str(e).removeprefix(".") for e in extensions]


_WANTED: dict[str, Callable[[Options, AlbumItem], bool]] = {
    "chooseImage": lambda _, item: item.kind == "image",
    "chooseMedia": _is_media,
    "chooseMessageFile": _is_message_file,
}
