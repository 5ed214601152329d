"""
Whether a value has the shape a schema asks for.

A trace may hold ten thousand records of hundreds of values each, and our schemas use only `type`,
`enum`, `required`, `properties` and `items`: looking at these by hand is many times faster than a
general validator, and names the first fault in a few words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """
    A schema, made ready.

    Attributes:
        kinds: the names of the JSON types it allows; empty for any.
        types: the Python types that `json.loads` makes of these.
        choices: the values it allows, or None for any.
        required: the members an object has to have.
        members: the shapes of an object's members.
        items: the shape of each item of a list, or None for any.
    """

    kinds: tuple[str, ...]
    types: frozenset[type]
    choices: list[object] | None
    required: frozenset[str]
    members: dict[str, Shape]
    items: Shape | None


def shape_of(schema: Mapping[str, object]) -> Shape:
    """Return the shape that a JSON Schema of the keywords above describes."""
    kinds = cast("str | list[str]", schema.get("type", []))
    kinds = [kinds] if isinstance(kinds, str) else kinds
    properties = cast("dict[str, Mapping[str, object]]", schema.get("properties", {}))
    items = cast("Mapping[str, object] | None", schema.get("items"))
    return Shape(
        kinds=tuple(kinds),
        types=frozenset(each for kind in kinds for each in _TYPES[kind]),
        choices=cast("list[object] | None", schema.get("enum")),
        required=frozenset(cast("list[str]", schema.get("required", []))),
        members={name: shape_of(inner) for name, inner in properties.items()},
        items=None if items is None else shape_of(items),
    )


def fault(value: object, shape: Shape) -> str | None:
    """Return what is wrong with a value of `json.loads`, such as `.id is no string`, or None."""
    if shape.kinds and type(value) not in shape.types:
        return f" is no {' or '.join(shape.kinds)}"
    if shape.choices is not None and value not in shape.choices:
        return f" is none of {shape.choices}"
    if type(value) is dict:
        return _object_fault(value, shape)
    if type(value) is list and shape.items is not None:
        return _list_fault(value, shape.items)
    return None


def _object_fault(value: dict[str, object], shape: Shape) -> str | None:
    if not shape.required <= value.keys():
        return f" has no {min(shape.required - value.keys())!r}"
    for name, inner in shape.members.items():
        if name in value and (found := fault(value[name], inner)) is not None:
            return f".{name}{found}"
    return None


def _list_fault(value: list[object], shape: Shape) -> str | None:
    for at, item in enumerate(value):
        if (found := fault(item, shape)) is not None:
            return f"[{at}]{found}"
    return None
