"""Facts in a few words: what stands in a cell, whatever the format."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bridge.facts import Fact

    Items = dict[Any, object]

_WORDS: Final = {None: "none", True: "yes", False: "no"}
_LONG: Final = 150
"""From so many characters on a list is folded away behind its length."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; `code` where it is spelled as a program spells it."""

    text: str
    code: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What a cell says; `summary` stands in its place until a reader asks for more."""

    pieces: tuple[Piece, ...]
    summary: str = ""


def said(fact: Fact) -> Said:
    """Return the value of a fact in words."""
    pieces = tuple(_pieces(fact))
    length = sum(len(piece.text) for piece in pieces)
    return Said(pieces, "" if length < _LONG else _summary(fact.value))


def _summary(value: object) -> str:
    """Sum up what is long because it is many; empty for what is one text, however long."""
    match value:
        case {"kind": "constant", "value": inner}:
            return _summary(inner)
        case {"kind": _, "given": _, **call}:
            options, keys = (len(cast("Items", call.get(k, ()))) for k in ("takes", "result"))
            return f"{options} options, {keys} keys"
        case list() | dict() if not {"message", "required"} & set(map(str, value)):
            return f"{len(value)} entries"
        case _:
            return ""


def prose(text: str) -> tuple[Piece, ...]:
    """Return a sentence whose words in backticks are code."""
    parts = enumerate(text.split("`"))
    return tuple(Piece(part, bool(place % 2)) for place, part in parts if part)


def _pieces(fact: Fact) -> Iterator[Piece]:
    match fact.value:
        case None if not fact.source.address:
            yield Piece("never")
        case {"given": False}:
            yield Piece("not handed out")
        case {"required": required, **option}:
            yield Piece(_option(option, required=bool(required)), code=True)
        case {"message": message, "code": code}:
            yield Piece(str(message), code=True)
            yield Piece("" if code is None else f", code {code}")
        case {"kind": _, "given": _}:
            yield from _api(cast("Items", fact.value))
        case value:
            yield from _value(value)


def _option(option: Items, *, required: bool) -> str:
    kind = option.get("type", "any")
    kinds = cast("list[str]", kind) if isinstance(kind, list) else [str(kind)]
    choice = cast("list[object]", option.get("enum", []))
    told = " | ".join([json.dumps(one, ensure_ascii=False) for one in choice] or kinds)
    if not required:
        told = f"({told})?" if " | " in told else f"{told}?"
    if "default" in option:
        told += f" = {json.dumps(option['default'], ensure_ascii=False)}"
    return told


def _api(api: Items) -> Iterator[Piece]:
    """Tell how a device API is called and what it answers."""
    kind = api["kind"]
    result = cast("list[str]", api.get("result", []))
    if kind == "constant":
        yield from _value(api.get("value"))
    elif kind == "object":
        yield Piece("an object with functions")
    elif kind == "listener":
        yield Piece(f"(function) ← {', '.join(result)}", code=True)
    else:
        answer = str(api["bare"]) if "bare" in api else ", ".join(result)
        yield Piece(_taken(api) + (f" → {answer}" if answer else ""), code=True)
        if api.get("promise") == "without callbacks":
            yield Piece(" or a Promise")


def _taken(api: Items) -> str:
    takes = cast("dict[str, str]", api.get("takes", {}))
    names = ", ".join(name if rule.endswith("!") else f"{name}?" for name, rule in takes.items())
    if not names:
        return "()"
    one_by_one = api["kind"] == "value" and api.get("given") != "object"
    return f"({names})" if one_by_one else f"({{{names}}})"


def _value(value: object) -> Iterator[Piece]:
    """Tell any value: names as code, lists with commas, objects as `key: value`."""
    if isinstance(value, dict) and value:
        yield from _joined((_pair(keys, inner) for keys, inner in _grouped(value)), "; ")
    elif isinstance(value, list) and value:
        yield from _joined(map(_value, value), ", ")
    elif isinstance(value, (list, dict)):
        yield Piece(_WORDS[None])
    elif value is None or isinstance(value, bool):
        yield Piece(_WORDS[value])
    elif isinstance(value, str):
        yield Piece(value, code=True) if value.strip() else Piece("empty")
    else:
        yield Piece(f"{value:g}" if isinstance(value, float) else str(value), code=True)


def _grouped(value: Items) -> Iterator[tuple[list[str], object]]:
    """Yield each value once, with all the keys that hold it."""
    keys: dict[str, list[str]] = {}
    for key, inner in value.items():
        keys.setdefault(json.dumps(inner, sort_keys=True), []).append(key)
    yield from ((group, value[group[0]]) for group in keys.values())


def _pair(keys: list[str], inner: object) -> Iterator[Piece]:
    yield from _joined(([Piece(key, code=True)] for key in keys), ", ")
    yield Piece(": ")
    nested = isinstance(inner, dict) and bool(inner)
    yield from (Piece("("), *_value(inner), Piece(")")) if nested else _value(inner)


def _joined(parts: Iterable[Iterable[Piece]], mark: str) -> Iterator[Piece]:
    for place, part in enumerate(parts):
        if place:
            yield Piece(mark)
        yield from part
