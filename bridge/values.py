"""JavaScript values as Python sees them: brands, `String(v)`, and `undefined`."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from bridge.errors import BridgeError
from bridge.files import HostFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Undefined:
    """The type of `undefined`, for hosts that tell it from null (None) and from absent."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "undefined"

    def __bool__(self) -> bool:
        return False


undefined: Final = Undefined()
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Foreign:
    """A JavaScript value of which only brand and text cross: a `Symbol`, a `Date`, ..."""

    brand: str
    text: str


@dataclass(frozen=True, slots=True)
class Returns:
    """A function in a result that does nothing but return a value, such as `stats.isFile`."""

    value: object

    def __call__(self) -> object:
        """Return the value."""
        return self.value


class Flat(dict[str, T]):
    """An object that holds no objects and no arrays: it is copied in one step."""

    __slots__ = ()


class Shallow(dict[str, object]):
    """
    An object of which only the members under `nested` are objects or arrays, which hold no others.

    Args:
        members: all of them.
        nested: the keys of those.
    """

    __slots__ = ("nested",)

    def __init__(self, members: Mapping[str, object], nested: Iterable[str]) -> None:
        super().__init__(members)
        self.nested = nested


_BRANDS: dict[type, str] = {
    str: "String",
    bool: "Boolean",
    int: "Number",
    float: "Number",
    dict: "Object",
    list: "Array",
    tuple: "Array",
    type(None): "Null",
    Undefined: "Undefined",
    bytes: "ArrayBuffer",
    bytearray: "ArrayBuffer",
    HostFile: "File",
}
_LEAVES = frozenset(_BRANDS) - {dict, list, tuple}
"""The exact types of values that hold no others; whatever is not among them is looked at."""
_TAKEN_AS_THEY_ARE = _LEAVES - {int}
_TEXT = frozenset({str})
_MAX_DEPTH = 64
_DECIMAL_FROM, _DECIMAL_TO = 1e-6, 1e21
_EXACT = 2**53
_TAGS: Final = frozenset({"$bytes", "$file", "$js", "$plain", "$returns"})


def brand(value: object) -> str:
    """
    Return the `Object.prototype.toString` brand of a value, such as `String` or `Undefined`.

    Raises:
        BridgeError: the value has no counterpart in JavaScript.
    """
    found = _BRANDS.get(type(value))
    if found is not None:
        return found
    if isinstance(value, Foreign):
        return value.brand
    if callable(value):
        return "Function"
    for known, name in _BRANDS.items():
        if isinstance(value, known):
            return name
    message = (
        f"{value!r} is a Python {type(value).__name__}, which no mini-program can pass; "
        "give str, numbers, bool, None, undefined, bytes, dict, list or a virtual path, "
        "as bridge.files.add(...) returns it"
    )
    raise BridgeError(message)


def check(value: object) -> None:
    """Raise `BridgeError` when a value, at any depth, could not come from a mini-program."""
    taken(value)


def taken(value: object, depth: int = 0) -> object:
    """
    Return a copy of what a mini-program passes, so that a later change by its owner has no effect.

    Raises:
        BridgeError: it could not come from a mini-program, at whatever depth.
    """
    if depth >= _MAX_DEPTH and isinstance(value, (dict, list, tuple)) and value:
        message = f"options are nested deeper than {_MAX_DEPTH} levels"
        raise BridgeError(message)
    if isinstance(value, dict):
        return taken_members(dict(value), depth)
    if isinstance(value, (list, tuple)):
        return [taken(inner, depth + 1) for inner in value]
    brand(value)
    return _as_number(value) if type(value) is int else value


def _as_number(value: int) -> int | float:
    """Return an integer as JavaScript holds it: exactly up to 2**53, then as near as it can."""
    if abs(value) <= _EXACT:
        return value
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def taken_members(members: dict[str, object], depth: int = 0) -> dict[str, object]:
    """Do what `taken` does with the values of a fresh object, and return it."""
    plain = _TAKEN_AS_THEY_ARE.issuperset(map(type, members.values()))
    if plain and _TEXT.issuperset(map(type, members)):
        return members
    for key, inner in members.items():
        if type(key) is not str:
            _check_key(key)
        if type(inner) not in _TAKEN_AS_THEY_ARE:
            members[key] = taken(inner, depth + 1)
    return members


def _check_key(key: object) -> None:
    if not isinstance(key, str):
        message = f"the key {key!r} is not a str; JavaScript objects have string keys"
        raise BridgeError(message)


def copied(value: object) -> object:
    """Copy plain data at every depth, so that a later change on either side stays there."""
    kind = type(value)
    if kind is Flat:
        return value.copy()  # type: ignore[attr-defined]  # it is a Flat
    if kind is Shallow:
        shallow: dict[str, Any] = value.copy()  # type: ignore[attr-defined]  # it is a Shallow
        for key in value.nested:  # type: ignore[attr-defined]
            shallow[key] = shallow[key].copy()
        return shallow
    if isinstance(value, dict):
        members = dict(value)
        for key, inner in members.items():
            if type(inner) not in _LEAVES:
                members[key] = copied(inner)
        return members
    if isinstance(value, (list, tuple)):
        return [copied(inner) for inner in value]
    return value


def js_string(value: object) -> str:
    """Return what JavaScript's `String(value)` gives."""
    if type(value) is str:
        return value
    return value.text if isinstance(value, Foreign) else _STRINGS[brand(value)](value)


def _number(value: object) -> str:
    if isinstance(value, int) and abs(value) <= _EXACT:
        return str(int(value))
    try:
        number = float(value)  # type: ignore[arg-type]  # the brand says it is a number
    except OverflowError:
        return "Infinity" if cast("int", value) > 0 else "-Infinity"
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0 or _DECIMAL_FROM <= abs(number) < _DECIMAL_TO:
        return _plain_decimal(number)
    mantissa, _, exponent = repr(number).partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent):+d}"


def _plain_decimal(number: float) -> str:
    text = format(Decimal(repr(number)), "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-0", "0", number == 0)


def _array(value: object) -> str:
    items = value if isinstance(value, (list, tuple)) else ()
    return ",".join("" if item is None or item is undefined else js_string(item) for item in items)


_STRINGS: dict[str, Callable[[object], str]] = {
    "String": str,
    "Boolean": lambda value: "true" if value else "false",
    "Number": _number,
    "Object": lambda _: "[object Object]",
    "Array": _array,
    "Null": lambda _: "null",
    "Undefined": lambda _: "undefined",
    "ArrayBuffer": lambda _: "[object ArrayBuffer]",
    "File": lambda _: "[object File]",
    "Function": lambda _: "function () { [native code] }",
}


def to_json(value: object) -> object:
    """Turn a JavaScript value into JSON, with the protocol's tags for what JSON lacks."""
    if isinstance(value, dict):
        members = {well_formed(key): to_json(inner) for key, inner in value.items()}
        return members if members.keys().isdisjoint(_TAGS) else {"$plain": members}
    if isinstance(value, (list, tuple)):
        return [to_json(inner) for inner in value]
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, float) and not math.isfinite(value):
        return {"$js": js_string(value)}
    return value if value is None or isinstance(value, (bool, int, float)) else _tag(value)


def _tag(value: object) -> dict[str, object]:
    if isinstance(value, HostFile):
        return {"$file": value.path}
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, Returns):
        return {"$returns": to_json(value.value)}
    return {"$js": "undefined" if isinstance(value, Undefined) else brand(value)}


def well_formed(value: str) -> str:
    """Replace lone surrogates, which no UTF-8 file can hold."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def from_json(value: object) -> object:
    """Turn the protocol's JSON back into JavaScript values."""
    if isinstance(value, list):
        return [from_json(inner) for inner in value]
    if not isinstance(value, dict):
        return _as_number(value) if type(value) is int else value
    members = value
    if isinstance(value.get("$plain"), dict):
        members = value["$plain"]
    elif isinstance(value.get("$bytes"), str):
        return base64.b64decode(value["$bytes"], validate=True)
    elif isinstance(value.get("$js"), str):
        return _untagged(value["$js"], value.get("text"))
    elif isinstance(value.get("$file"), str):
        return {"path": value["$file"]}
    return {str(key): from_json(inner) for key, inner in members.items()}


def _untagged(word: str, text: object) -> object:
    if word == "undefined":
        return undefined
    if word in ("NaN", "Infinity", "-Infinity"):
        return float(word.replace("Infinity", "inf"))
    return Foreign(word, text if isinstance(text, str) else f"[object {word}]")
