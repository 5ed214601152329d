"""Trees of several targets, compared: what is not the same on all of them, and where it stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from bridge.comparison.steady import Kind
from bridge.comparison.tree import Section

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Path = tuple[str, ...]
    Found = dict[str, object]


class Absent:
    """The type of `ABSENT`, which stands where a target has nothing."""

    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = Absent()
OBJECT: Final = Kind("object")
"""Stands for an object whose members are compared one by one."""


def compared(trees: Mapping[str, object], path: Path = ()) -> Iterator[tuple[Path, Found]]:
    """
    Yield every place in the trees with what each target has there, objects before their members.

    Args:
        trees: target -> its tree, or `ABSENT`; an empty key adds nothing to the path.
        path: where they stand.
    """
    if any(isinstance(tree, Section) for tree in trees.values()):
        trees = {name: tree for name, tree in trees.items() if isinstance(tree, Section)}
    inner = {name: tree for name, tree in trees.items() if isinstance(tree, dict)}
    if len(inner) < len(trees):
        yield path, {name: OBJECT if name in inner else tree for name, tree in trees.items()}
    for key in dict.fromkeys(key for tree in inner.values() for key in tree):
        below = (*path, key) if key else path
        yield from compared({name: tree.get(key, ABSENT) for name, tree in inner.items()}, below)


def split(found: Found) -> list[tuple[object, list[str]]]:
    """Part the targets by what they have, the first target's value first."""
    values: dict[str, tuple[object, list[str]]] = {}
    for name, value in found.items():
        values.setdefault(_shape(value), (value, []))[1].append(name)
    return list(values.values())


def alike(trees: Mapping[str, object]) -> list[list[str]]:
    """Group the targets whose trees are the same."""
    return [names for _, names in split(dict(trees))]


def _shape(value: object) -> str:
    """Return a text that only equal values share; `"200"` and 200, or 1 and true, differ."""
    if isinstance(value, (Absent, Kind)):
        return repr(value)
    return json.dumps(value, sort_keys=True, default=repr)
