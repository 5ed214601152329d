"""The call that is compared, as it was given: options, a JSON file of them, or a logic file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bridge import rules
from bridge.errors import BridgeError
from bridge.files import HostFile
from bridge.layers import UPLOAD
from bridge.masking import masked
from bridge.protocol import CALLBACKS
from bridge.textfile import text_of
from bridge.values import check, from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.files import Files
    from bridge.profile import Options

ORIGIN: Final = "https://upload.example.com"
"""What stands before an address that is missing or a mere path."""
_ADDRESS: Final = f"{ORIGIN}/upload"
_SCRIPTS: Final = (".js", ".cjs")
_FILE_OPTIONS: Final = ("filePath", "file")
_ITEM_OPTIONS: Final = ("uri", "file")
_WRAPPER: Final = ("api", "options")
_SHAPE: Final = 'give an object of options, or {"api": NAME, "options": {...}}'


@dataclass(frozen=True, slots=True)
class Call:
    """
    One call, the same for every target.

    Attributes:
        api: the API by the host's name, or by a layer's.
        options: its options; a `Path` in them is a file of this machine.
        notes: what was noticed on reading it.
    """

    api: str
    options: Options
    notes: tuple[str, ...] = ()

    def addressed(self) -> Call:
        """Return the call with an address: where it has none or a path, the embedded server's."""
        url = self.options.get("url", _ADDRESS)
        if isinstance(url, str) and url.startswith("/") and "domain" not in self.options:
            url = f"{ORIGIN}{url}"
        return replace(self, options={"url": url} | self.options | {"url": url})

    @property
    def origins(self) -> list[str]:
        """The origins it names that are not on this machine."""
        named = (self.options.get(key) for key in ("url", "domain"))
        parsed = [rules.parse(text) for text in named if isinstance(text, str)]
        foreign = [one.origin for one in parsed if one is not None and not one.loopback]
        return [origin for origin in foreign if rules.is_origin(origin)]

    def on(self, files: Files) -> Options:
        """Return the options for one bridge, whose `files` get the files that are named."""

        def added(key: str, value: object) -> object:
            if not isinstance(value, Path):
                return value
            path = files.add(value.name, value)
            return files.blob(path) if key == "file" else path

        return _with_files(self.options, added)

    def to_json(self) -> dict[str, object]:
        """Return the call as data, secrets masked and files by their names."""
        named = masked(_with_files(self.options, _name))
        return {"api": self.api, "options": to_json(named)}


@dataclass(frozen=True, slots=True)
class Logic:
    """A logic file that is run instead of one call being made."""

    file: Path
    notes: tuple[str, ...] = ()
    api: str = ""

    def to_json(self) -> dict[str, object]:
        """Return its name as data."""
        return {"file": self.file.name}


def read(call: Mapping[str, object] | str | Path, api: str = UPLOAD) -> Call | Logic:
    """
    Read what is to be compared.

    Args:
        call: options, or `{"api", "options"}`, in which a `Path` stands for a file; or the name of
            a `.json` file that holds either, or of a `.js` file that is run.
        api: the API of bare options.

    Raises:
        BridgeError: it is none of these, or holds what no mini-program could pass.
    """
    if isinstance(call, Mapping):
        return _checked(call, api)
    if not isinstance(call, (str, Path)):
        raise BridgeError(f"cannot compare a {type(call).__name__}: {_SHAPE}")
    file = Path(call)
    if not _is_file(file):
        raise BridgeError(f"there is no file {str(call)!r}")
    if file.suffix in _SCRIPTS:
        return Logic(file)
    if file.suffix != ".json":
        raise BridgeError(f"{file.name!r} is neither a .json file with a call nor a .js file")
    return _from_file(file, api)


def _from_file(file: Path, api: str) -> Call:
    try:
        found = from_json(json.loads(text_of(file, "the call")))
    except (ValueError, RecursionError) as error:
        raise BridgeError(f"{file.name} cannot be read as JSON: {error}") from error
    try:
        call = _checked(found, api)
    except BridgeError as error:
        raise BridgeError(f"{file.name}: {error}") from error
    return _located(call, file)


def _located(call: Call, file: Path) -> Call:
    """Put a `Path` where an option names a file that is there, seen from the folder of `file`."""
    notes: list[str] = []

    def located(_key: str, value: object) -> object:
        if not isinstance(value, str):
            return value
        path = file.resolve().parent / value
        if _is_file(path):
            return path
        notes.append(f"no file {value!r} beside {file.name}: passed on as it is written")
        return value

    return replace(call, options=_with_files(call.options, located), notes=tuple(notes))


def _checked(found: object, api: str) -> Call:
    if not isinstance(found, Mapping):
        raise BridgeError(f"a {type(found).__name__} is no call: {_SHAPE}")
    named, given = _unwrapped(found, api)
    if not isinstance(named, str) or not isinstance(given, Mapping):
        raise BridgeError(f"'api' is a text and 'options' an object: {_SHAPE}")
    own = [name for name in CALLBACKS if name in given]
    if own:
        raise BridgeError(f"leave {own[0]!r} out: a comparison listens with callbacks of its own")
    options = dict(given)
    check(_with_files(options, _name))
    return Call(named, options)


def _unwrapped(found: Mapping[str, object], api: str) -> tuple[object, object]:
    """Return the API and the options, which stand alone or in an object that names both."""
    if not found.keys() & set(_WRAPPER):
        return api, found
    strange = sorted(str(key) for key in found.keys() - set(_WRAPPER))
    if strange:
        raise BridgeError(f"{strange[0]!r} stands beside 'api' or 'options': {_SHAPE}")
    return found.get("api", api), found.get("options", {})


def _with_files(options: Options, change: Callable[[str, object], object]) -> Options:
    """Return the options with `change(key, value)` where a host looks for a file."""
    found = _changed(options, _FILE_OPTIONS, change)
    items = found.get("files")
    if isinstance(items, list):
        found["files"] = [
            _changed(item, _ITEM_OPTIONS, change) if isinstance(item, dict) else item
            for item in items
        ]
    return found


def _changed(
    options: Options, keys: tuple[str, ...], change: Callable[[str, object], object]
) -> Options:
    return {key: change(key, value) if key in keys else value for key, value in options.items()}


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long a name, or one with a NUL in it
        return False


def _name(_key: str, value: object) -> object:
    return value.name if isinstance(value, Path) else value


def file_paths(options: Options) -> list[str]:
    """Return the paths that stand in options where a host looks for a file."""
    found: list[str] = []

    def seen(_key: str, value: object) -> object:
        path = value.path if isinstance(value, HostFile) else value
        if isinstance(path, str):
            found.append(path)
        return value

    _with_files(options, seen)
    return found
