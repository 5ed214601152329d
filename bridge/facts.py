"""Everything that is claimed of a platform, one entry per source: fields, texts, options, APIs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, cast

import schemas
from bridge.profile import Layer, Local, Never, Paths, Picker, RequestProfile, Source, Text, Through

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from bridge.profile import Device, Profile

    Json = dict[str, Any]

_APART = ("source", "texts", "members", "since", "cancelled", "empty_lists", "causes")
"""What a record holds beside its value: facts of their own, and what a fact has a place for."""
_DESCRIBED = ("type", "enum", "default")


@dataclass(frozen=True, slots=True)
class Fact:
    """
    One claim about one platform, and how it is known.

    Attributes:
        host: the name of the profile or layer.
        entry: its address: `limit`, `texts.TIMEOUT`, `request.limit`, `uploadFile.option.url`,
            `uploadFile.success.data`, `pickers.chooseImage`, `device.getStorage`,
            `device.info.brand`, `layer.rename`.
        value: what is claimed, as JSON data; None for a text that is never said.
        since: the first version of which it holds, where that is known.
        source: where it was read. That a text is never said has a note and no address.
        about: what the entry is, in the words of its schema; empty for all that has none.
    """

    host: str
    entry: str
    value: object
    since: str | None
    source: Source
    about: str = ""


def facts(platform: Profile | Layer) -> tuple[Fact, ...]:
    """Return every sourced entry of a platform: each source once, `device.info` key by key."""
    found = _of_layer(platform) if isinstance(platform, Layer) else _of_profile(platform)
    return tuple(found)


def plain(value: object, apart: Collection[str] = _APART) -> object:
    """
    Return what a platform file holds as JSON data, without sources; a function by its name.

    Args:
        value: it.
        apart: the fields of records that are left out.
    """
    if isinstance(value, (Paths, Picker, Text)):
        return _record(value, apart, whole=True)
    if isinstance(value, (Local, Through)):
        return _record(value, apart, whole=False)
    if isinstance(value, Mapping):
        return {str(key): plain(inner, apart) for key, inner in value.items()}
    if isinstance(value, (frozenset, set)):
        return sorted(map(str, value))
    if isinstance(value, (tuple, list)):
        return [plain(inner, apart) for inner in value]
    return _named(value) if callable(value) else value


def _named(function: object) -> str:
    kind = type(function)
    name = getattr(function, "__qualname__", kind.__qualname__)
    return f"{getattr(function, '__module__', kind.__module__)}.{name}"


def _record(record: Any, apart: Collection[str], *, whole: bool) -> Json:  # noqa: ANN401  one of a profile's records
    """Return a record's fields; those left empty only where `whole` asks for them."""
    pairs = ((f.name, getattr(record, f.name)) for f in fields(record) if f.name not in apart)
    return {name: plain(value, apart) for name, value in pairs if whole or value}


def _of_layer(layer: Layer) -> Iterator[Fact]:
    return _fields(layer, layer.name, "layer.")


def _of_profile(profile: Profile) -> Iterator[Fact]:
    host = profile.name
    yield from _fields(profile, host)
    yield from _texts(host, "texts.", profile.texts)
    yield from _schemas(profile)
    for api, picker in profile.pickers.items():
        since = profile.since.get(f"api.{api}")
        yield Fact(host, f"pickers.{api}", plain(picker), since, picker.source)
        yield _text(host, f"pickers.{api}.cancelled", picker.cancelled)
        yield from _texts(host, f"pickers.{api}.empty_lists.", picker.empty_lists)
    if profile.request is not None:
        yield from _fields(profile.request, host, "request.")
        yield from _texts(host, "request.texts.", profile.request.texts)
    if profile.device is not None:
        yield from _device(profile.device, host)


def _fields(owner: Profile | RequestProfile | Layer, host: str, place: str = "") -> Iterator[Fact]:
    """Yield the fields with a source in `sources`, and those that are a text with its own."""
    for field in fields(owner):
        value = getattr(owner, field.name)
        if isinstance(value, Text):
            yield _text(host, place + field.name, value)
        elif field.name in owner.sources:
            source = owner.sources[field.name]
            yield Fact(host, place + field.name, plain(value), None, source)


def _texts(host: str, place: str, texts: Mapping[Any, Text | Never]) -> Iterator[Fact]:
    """Yield one fact per cause: a reason by its name, a cause of a device API as it is spelled."""
    for cause, text in texts.items():
        entry = place + getattr(cause, "name", cause)
        yield _text(host, entry, text)
        if isinstance(text, Text):
            yield from _texts(host, f"{entry}.", text.causes)


def _text(host: str, entry: str, text: Text | Never) -> Fact:
    if isinstance(text, Never):
        return Fact(host, entry, None, None, Source("inferred", "", note=text.note))
    return Fact(host, entry, plain(text), None, text.source)


def _device(device: Device, host: str) -> Iterator[Fact]:
    values = {field.name: getattr(device, field.name) for field in fields(device)}
    for name, source in device.sources.items():
        # Of the APIs only the list has this source; what each of them does has its own.
        value = list(device.apis) if name == "apis" else plain(values[name])
        divided = value.items() if name == "info" and isinstance(value, dict) else ()
        for key, inner in divided:
            yield Fact(host, f"device.info.{key}", inner, None, source)
        if not divided:
            yield Fact(host, f"device.{name}", value, None, source)
    for api, local in device.apis.items():
        yield from _local(local, host, f"device.{api}")


def _local(local: Local, host: str, place: str) -> Iterator[Fact]:
    """Yield a device API, what it says of failures, and the functions of the object it returns."""
    yield Fact(host, place, plain(local), local.since, local.source)
    yield from _texts(host, f"{place}.texts.", local.texts)
    for name, member in local.members.items():
        yield from _local(member, host, f"{place}.{name}")


def _schemas(profile: Profile) -> Iterator[Fact]:
    for name in schemas.names(profile.schema):
        api, _, result = name.partition(".")
        schema = cast("Json", schemas.load(profile.schema, name))
        place = f"{api}.{result or 'option'}."
        yield from _properties(profile, schema, place, _given(profile, api, result))


def _properties(
    profile: Profile, schema: Json, place: str, given: frozenset[str] | None
) -> Iterator[Fact]:
    """Yield the sourced properties of a schema, then those of the objects it nests."""
    for name, option in schema.get("properties", {}).items():
        entry = place + name
        if "x-source" in option:
            value = {key: option[key] for key in _DESCRIBED if key in option}
            value["required"] = name in schema.get("required", ())
            if "x-note" in option:
                value["note"] = option["x-note"]
            since = _since(profile, entry) or option.get("x-since")
            if given is not None and name not in given:
                value, since = {**value, "given": False}, None
            source, about = Source(**option["x-source"]), option.get("description", "")
            yield Fact(profile.name, entry, value, since, source, about)
        yield from _properties(profile, option, f"{entry}.", None)
        yield from _properties(profile, option.get("items", {}), f"{entry}[].", None)


def _given(profile: Profile, api: str, result: str) -> frozenset[str] | None:
    """Return the keys this very profile hands out; None where the schema alone tells."""
    owners = {"uploadFile": profile, "request": profile.request}
    keys = getattr(owners.get(api), result, None) if result else None
    if keys is None:
        return None
    others = getattr(owners[api], "answered", ()) if result == "fail" else ()
    return frozenset((*keys, *others))


def _since(profile: Profile, entry: str) -> str | None:
    """Return the version that a profile itself gives for `uploadFile.success.KEY` and the like."""
    api, _, key = entry.partition(".")
    owner = profile.request if api == "request" and profile.request is not None else profile
    return owner.since.get(key)
