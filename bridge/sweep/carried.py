"""Files that travel with their scenarios, to workers that cannot read the folder of the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from bridge.comparison.given import Call
from bridge.conformance.case import Case
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.sweep.kept import Kept
    from bridge.sweep.scenario import Item

MOST_BYTES: Final = 16 << 20
"""How much the files of one call or code package may come to."""


def packed(item: Item) -> Item:
    """
    Return an item with the content of its files.

    Raises:
        BridgeError: they are too large, or one cannot be read.
    """
    files: dict[Path, bytes] = {}
    room = MOST_BYTES
    for path in _files(item):
        room -= path.stat().st_size
        if room < 0:
            raise BridgeError(
                f"the files of {item.name} come to more than {MOST_BYTES >> 20} MiB, which is too"
                " much to send to other machines; a logic file in a folder of its own, with an"
                " app.json in it, takes along no more than that folder"
            )
        files[path] = content(path)
    return replace(item, files=files) if files else item


def unpacked(item: Item, kept: Kept) -> Item:
    """Return an item whose files are on this machine; what travelled is written there once."""
    if item.files is None:
        return item
    digest = sha256()
    for path, data in item.files.items():
        digest.update(b"%s\0%d\0" % (str(path).encode(), len(data)))
        digest.update(data)
    folder, new = kept.folder(digest.hexdigest())
    root = Path(folder)
    for path, data in item.files.items() if new else ():
        own = _moved(root, path)
        own.parent.mkdir(parents=True, exist_ok=True)
        own.write_bytes(data)
    move = partial(_moved, root)
    if isinstance(item.what, Call):
        options = cast("dict[str, object]", _changed(item.what.options, move))
        return replace(item, what=replace(item.what, options=options))
    if isinstance(item.what, Case):
        return item
    script = item.what
    return replace(item, what=replace(script, file=move(script.file), root=move(script.root)))


def content(path: Path) -> bytes:
    """Return the content of a file; raises `BridgeError`."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BridgeError(f"cannot read {str(path)!r}: {error.strerror}") from error


def _moved(root: Path, path: Path) -> Path:
    return root / path.relative_to(path.anchor)


def _files(item: Item) -> list[Path]:
    if isinstance(item.what, Call):
        return list(_paths(item.what.options))
    if isinstance(item.what, Case):
        return []
    return [path for path in sorted(item.what.root.rglob("*")) if path.is_file()]


def _paths(value: object) -> Iterator[Path]:
    if isinstance(value, Path):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _paths(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _paths(inner)


def _changed(value: object, change: Callable[[Path], Path]) -> object:
    if isinstance(value, Path):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _changed(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [_changed(inner, change) for inner in value]
    return value
