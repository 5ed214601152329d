"""Where an expectation looks: events and uploads by name, and places in them by path."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.conformance.case import Json
    from bridge.conformance.transcript import Event, Transcript

ALL: Final = "*"
HEARD: Final = "heard:"
WIRE: Final = "wire"


class NotThereError(Exception):
    """Nothing is where an expectation looks; the text says what is there instead."""


@dataclass(frozen=True)
class View:
    """A transcript, as expectations look at it."""

    transcript: Transcript

    def find(self, of: str, path: str) -> object:
        """Return what an expectation judges; raises `NotThereError`."""
        return follow(self._subject(of), path)

    def events(self, name: str) -> list[Event]:
        """Return the events of a name such as `a.success`."""
        return [event for event in self.transcript.events if event.name == name]

    def _subject(self, of: str) -> object:
        if of == ALL:
            return [event.name for event in self.transcript.events]
        if of.partition(":")[0] == WIRE:
            return self._arrived(of.partition(":")[2])
        label, dot, what = of.partition(".")
        mine = [event for event in self.transcript.events if event.call == label]
        if not dot:
            return [event.what for event in mine]
        values = [event.value for event in mine if event.what == what]
        return values if what.startswith(HEARD) else self._only(of, values, mine)

    def _only(self, of: str, values: list[Any], mine: list[Event]) -> object:
        if len(values) == 1:
            return values[0]
        happened = ", ".join(event.what for event in mine) or "nothing"
        times = "has not happened" if not values else f"has happened {len(values)} times"
        text = f"{of} {times}; there was: {happened}{_reason(mine)}"
        raise NotThereError(text)

    def _arrived(self, path: str) -> object:
        if not path:
            return self.uploads
        found = [upload for upload in self.uploads if upload["path"] == path]
        if len(found) == 1:
            return found[0]
        text = f"{len(found)} uploads to {path} have arrived, of {len(self.uploads)} in all"
        raise NotThereError(text)

    @cached_property
    def uploads(self) -> list[Json]:
        """What arrived, with headers by lower-case name, and form fields and files by name."""
        return [_shown(upload) for upload in self.transcript.uploads]


def _reason(mine: list[Event]) -> str:
    """Say what a failure said, which is what went wrong most of the time."""
    told = next((event.value for event in mine if event.what in ("fail", "threw")), None)
    return "" if told is None else f" ({told})"


def _shown(upload: Json) -> Json:
    parts = upload["parts"]
    fields = {part["name"]: part["text"] for part in parts if part["filename"] is None}
    files = [part for part in parts if part["filename"] is not None]
    return {**upload, "headers": _headers(upload["headers"]), "fields": fields, "files": files}


def _headers(pairs: list[list[str]]) -> Json:
    headers: Json = {}
    for name, value in pairs:
        known = headers.get(name.lower())
        headers[name.lower()] = value if known is None else f"{known}, {value}"
    return headers


def follow(value: object, path: str) -> object:
    """Return what is at a path in a value; raises `NotThereError`."""
    keys = path.split(".") if path else []
    return _follow(value, keys)


def _follow(value: Any, keys: list[str]) -> object:  # noqa: ANN401  any JSON
    for at, key in enumerate(keys):
        if key == ALL and isinstance(value, list):
            return [_follow(inner, keys[at + 1 :]) for inner in value]
        value = _inner(value, key)
    return value


def _inner(value: Any, key: str) -> object:  # noqa: ANN401
    if isinstance(value, dict) and key in value:
        return value[key]
    if (
        isinstance(value, list)
        and key.lstrip("-").isdecimal()
        and -len(value) <= int(key) < len(value)
    ):
        return value[int(key)]
    text = f"there is no {key!r} in {brief(value)}"
    raise NotThereError(text)


def brief(value: object) -> str:
    """Return the outline of a value for a sentence."""
    if isinstance(value, dict):
        return f"{{{', '.join(value)}}}"
    return f"a list of {len(value)}" if isinstance(value, list) else repr(value)


def type_of(value: object) -> str:
    """Return the JavaScript type of a tagged value, as an expectation spells it."""
    if isinstance(value, dict):
        return next(_of_tag(value), "object")
    kinds = {bool: "boolean", str: "string", int: "number", float: "number", list: "array"}
    return kinds.get(type(value), "null")


def _of_tag(value: Json) -> Iterator[str]:
    if "$bytes" in value:
        yield "bytes"
    word = value.get("$js")
    if isinstance(word, str):
        numbers = ("NaN", "Infinity", "-Infinity")
        yield "number" if word in numbers else word.lower()
