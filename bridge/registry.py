"""Platforms by name: built-in and third-party ones come through the same entry points."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points

import schemas
from bridge.errors import BridgeError
from bridge.profile import Layer, Profile

GROUP = "minibridge.platforms"
"""The entry-point group; a name is the target's, with `-` for `:`, a value a Profile or a Layer."""


@cache
def _entries() -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        other = found.setdefault(entry.name, entry)
        if other.value != entry.value:
            message = (
                f"two platforms are registered as {entry.name!r}: {other.value}, {entry.value}"
            )
            raise BridgeError(message)
    return found


@cache
def load(name: str) -> Profile | Layer:
    """Return the platform registered under `name`; raises `BridgeError` naming the nearest."""
    entry = _entries().get(name.replace(":", "-"))
    loaded = None if entry is None else _loaded(entry)
    if loaded is not None and name in _names(loaded):
        return loaded
    raise BridgeError(unknown("platform", name, sorted(n for p in everything() for n in _names(p))))


def _loaded(entry: EntryPoint) -> Profile | Layer:
    try:
        loaded = entry.load()
    except Exception as error:
        message = f"the platform {entry.name!r} cannot be loaded from {entry.value}: {error!r}"
        raise BridgeError(message) from error
    if not isinstance(loaded, (Profile, Layer)):
        message = f"{entry.value} is a {type(loaded).__name__}, not a Profile or a Layer"
        raise BridgeError(message)
    if entry.name not in {name.replace(":", "-") for name in _names(loaded)}:
        message = f"{entry.value} calls itself {loaded.name!r} but is registered as {entry.name!r}"
        raise BridgeError(message)
    if isinstance(loaded, Profile):
        _check_schemas(entry, loaded)
    return loaded


def _check_schemas(entry: EntryPoint, profile: Profile) -> None:
    """Raise `BridgeError` where a profile has an API whose options no schema describes."""
    request = () if profile.request is None else ("request",)
    try:
        for api in ("uploadFile", *request, *profile.pickers):
            schemas.load(profile.schema, api)
    except (KeyError, ValueError) as error:
        message = (
            f"{entry.value} has the schemas {profile.schema!r}: {error.args[0]}; "
            "a folder of your own package is 'PACKAGE:FOLDER', with a file for uploadFile, one for "
            "request unless that is None, and one for each of the pickers"
        )
        raise BridgeError(message) from error


def _names(platform: Profile | Layer) -> tuple[str, ...]:
    return (platform.name, *(platform.aliases if isinstance(platform, Profile) else ()))


@cache
def _found() -> tuple[dict[str, Profile | Layer], dict[str, str]]:
    """Part what can be used, by name, from what cannot, by entry-point name with the reason."""
    usable: dict[str, Profile | Layer] = {}
    broken: dict[str, str] = {}
    for entry in _entries().values():
        try:
            loaded = _loaded(entry)
        except BridgeError as error:
            broken[entry.name] = str(error)
        else:
            usable[loaded.name] = loaded
    return usable, broken


def everything() -> tuple[Profile | Layer, ...]:
    """Return every usable platform once, in order of name; a broken one hides no other."""
    usable, _ = _found()
    return tuple(usable[name] for name in sorted(usable))


def broken() -> dict[str, str]:
    """Return the entry points that lead to no platform: their name, and why."""
    return dict(_found()[1])


def profiles() -> list[Profile]:
    """Return every registered profile."""
    return [platform for platform in everything() if isinstance(platform, Profile)]


def layers() -> list[Layer]:
    """Return every registered layer."""
    return [platform for platform in everything() if isinstance(platform, Layer)]


def unknown(kind: str, name: str, known: list[str]) -> str:
    """Return the sentence for a name that does not exist: what does, and what is nearest."""
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"unknown {kind} {name!r}{hint} (known: {', '.join(known)})"
