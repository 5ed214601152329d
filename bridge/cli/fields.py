"""One target in full: each field with its value, how it is known, and where it is written."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import schemas
from bridge.cli.answers import cited
from bridge.facts import plain
from bridge.layers import REQUEST, UPLOAD
from bridge.look import Cell, Row, Table
from bridge.profile import Layer, Never, Profile, Source, Text

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from bridge.look import Screen
    from bridge.target import Target

_OWN_SOURCES = ("texts", "pickers", "sources")
_OTHER_TEXTS = "What request says where an upload says otherwise"
_SHOWN = {True: "yes", False: "no", None: "none"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One field: its value as JSON data, and its source; None for a name of ours."""

    section: str
    field: str
    value: object
    source: Source | None
    changed: bool = False

    def to_json(self) -> dict[str, object]:
        """Return the fact as data."""
        source = None if self.source is None else dataclasses.asdict(self.source)
        return {
            "section": self.section,
            "field": self.field,
            "value": self.value,
            "changed": self.changed,
            "source": source,
        }


def explain(target: Target, args: Namespace, screen: Screen) -> None:
    """Write everything known of one target."""
    changed = {field for field, _ in args.set}
    facts = list(_facts(target, changed))
    if args.json:
        screen.json([fact.to_json() for fact in facts])
        return
    screen.line(Cell(target.name, "name"), Cell(f"  {target.profile.title}", "bold"))
    guessed = sum(fact.source is not None and fact.source.status == "inferred" for fact in facts)
    known = f"{len(facts)} facts, {guessed} of them inferred (marked ?): no source settles those"
    screen.paragraph(known, "dim")
    for section in dict.fromkeys(fact.section for fact in facts):
        screen.heading(section)
        rows = [_row(fact, screen) for fact in facts if fact.section == section]
        headers = ("", "", "", "") if screen.wide else ("", "", "")
        screen.table(Table(headers, rows, indent=7))


def _row(fact: Fact, screen: Screen) -> Row:
    source = [] if fact.source is None else cited(fact.source)
    if fact.changed:
        source = [Cell("changed by --set", "warn")]
    guess = fact.source is not None and fact.source.status == "inferred" and not fact.changed
    cells = (Cell("?" if guess else "", "warn"), Cell(fact.field, "name"), Cell(_told(fact.value)))
    if not screen.wide:
        return Row(cells, tuple(source))
    first = source[0] if source else Cell("")
    note = "".join(f"; {cell.text}" for cell in source[1:])
    return Row((*cells, Cell(first.text + note, first.style)))


def _told(value: object) -> str:
    """Return a value in a few words: names rather than punctuation."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_told(inner)}" for key, inner in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(_told, value)) or "none"
    if value is None or isinstance(value, bool):
        return _SHOWN[value]
    return value if isinstance(value, str) and value else json.dumps(value)


def _facts(target: Target, changed: set[str]) -> Iterator[Fact]:
    for layer in target.layers:
        yield from _platform(f"Layer {layer.name}", layer, changed)
    yield from _platform(f"Host {target.profile.name}", target.profile, changed)
    yield from _options(target.profile, UPLOAD)
    for api, picker in target.profile.pickers.items():
        yield Fact("Pickers", api, _plain(picker), picker.source)
    yield from _device(target.profile)
    for reason, text in target.profile.texts.items():
        yield _text(str(reason), text)
    yield from _request(target.profile, changed)


def _platform(section: str, platform: Profile | Layer, changed: set[str]) -> Iterator[Fact]:
    for field in dataclasses.fields(platform):
        own = isinstance(platform, Profile) and field.name in ("device", "request")
        if field.name not in _OWN_SOURCES and not own:
            value = _plain(getattr(platform, field.name))
            source = platform.sources.get(field.name)
            yield Fact(section, field.name, value, source, field.name in changed)


def _device(profile: Profile) -> Iterator[Fact]:
    device = profile.device
    if device is None:
        return
    for name, source in device.sources.items():
        if name != "apis":
            yield Fact("Phone", name, _plain(getattr(device, name)), source)
    for api, local in device.apis.items():
        yield Fact("Phone", api, _plain(local), local.source)


def _request(profile: Profile, changed: set[str]) -> Iterator[Fact]:
    """Yield what `request` does differently, and how it takes `data` and answers."""
    rules = profile.request
    if rules is None:
        return
    for field in dataclasses.fields(rules):
        value = getattr(rules, field.name)
        if isinstance(value, Text):
            yield Fact("Request", field.name, _said(value), value.source, "request" in changed)
        elif field.name not in _OWN_SOURCES:
            source = rules.sources.get(field.name)
            yield Fact("Request", field.name, _plain(value), source, "request" in changed)
    yield from _options(profile, REQUEST)
    for reason, text in rules.texts.items():
        yield _text(str(reason), text, _OTHER_TEXTS)


def _options(profile: Profile, api: str) -> Iterator[Fact]:
    schema = schemas.load(profile.schema, api)
    required = cast("list[str]", schema.get("required", []))
    for name, option in cast("dict[str, dict[str, object]]", schema["properties"]).items():
        known = {key: option[key] for key in ("type", "enum", "default") if key in option}
        value = known | {"required": name in required, "since": option.get("x-since", "the first")}
        source = Source(**cast("dict[str, str]", option["x-source"]))  # type: ignore[arg-type]
        yield Fact(f"Options of {api}", name, value, source)


def _text(reason: str, text: Text | Never, section: str = "What it says when a call fails") -> Fact:
    if isinstance(text, Never):
        return Fact(section, reason, f"never: {text.note}", None)
    return Fact(section, reason, _said(text), text.source)


def _said(text: Text) -> dict[str, object]:
    return {"message": text.message, "code": text.code}


def _plain(value: object) -> object:
    """Return a field's value as JSON data; its source stands beside it."""
    return plain(value, ("source",))
