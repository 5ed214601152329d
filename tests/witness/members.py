"""What an object has, as our schemas and as a vendor's typings have it, and how they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ITEMS = "[]"
"""The name under which the items of an array are its member."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """
    One member of an object.

    Attributes:
        required: whether it is always there.
        kinds: the JSON types it may have; none means any.
        values: the only strings it may be; none means any.
        members: what it has itself, by name; none where nothing is said of it.
    """

    required: bool = True
    kinds: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    members: Members = field(default_factory=dict)


Members = Mapping[str, Member]


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """
    One thing that a schema and the typings say differently.

    Attributes:
        schema: the schema, such as `wx:uploadFile.success`.
        aspect: `name`, `required`, `type` or `values`.
        ours: what the schema says.
        theirs: what the typings say.
        field: the member's path, such as `profile.rtt` or `files[].uri`; empty for the whole.
    """

    schema: str
    aspect: str
    ours: str
    theirs: str
    field: str


def of_schema(schema: Mapping[str, Any]) -> Members:
    """Return the members that a JSON Schema describes."""
    required = schema.get("required", ())
    properties: Mapping[str, Any] = schema.get("properties", {})
    found = {name: _of_property(one, required=name in required) for name, one in properties.items()}
    if "items" in schema:
        found[ITEMS] = _of_property(schema["items"], required=True)
    return found


def _of_property(schema: Mapping[str, Any], *, required: bool) -> Member:
    kinds = schema.get("type", [])
    named = [kinds] if isinstance(kinds, str) else kinds
    return Member(
        required=required,
        kinds=frozenset(named),
        values=frozenset(schema.get("enum", ())),
        members=of_schema(schema),
    )


def of_typings(told: Mapping[str, Any]) -> Members:
    """Return the members that `read_typings.cjs` tells of."""
    return {
        name: Member(
            required=one["required"],
            kinds=frozenset(one["kinds"]),
            values=frozenset(one["values"]),
            members=of_typings(one["members"]),
        )
        for name, one in told.items()
    }


def of_names(keys: Iterable[str], items: Mapping[str, Iterable[str]]) -> Members:
    """Return members of which only the names are known, and those of some arrays' items."""
    inner = {name: {ITEMS: Member(members=of_names(keys, {}))} for name, keys in items.items()}
    return {key: Member(members=inner.get(key, {})) for key in keys}


def differences(
    schema: str, ours: Members, theirs: Members, above: str = ""
) -> Iterator[Difference]:
    """Yield how two descriptions differ; what a member has itself is compared where both say."""
    for name in ours.keys() | theirs.keys():
        path = f"{above}.{name}".removeprefix(".").replace(f".{ITEMS}", ITEMS)
        if name not in ours or name not in theirs:
            yield Difference(schema, "name", _presence(name, ours), _presence(name, theirs), path)
            continue
        yield from _of_member(schema, path, ours[name], theirs[name])


def _of_member(schema: str, path: str, ours: Member, theirs: Member) -> Iterator[Difference]:
    said, told = _aspects(ours), _aspects(theirs)
    for aspect in said:
        if said[aspect] != told[aspect]:
            yield Difference(schema, aspect, said[aspect], told[aspect], path)
    if ours.members and theirs.members:
        yield from differences(schema, ours.members, theirs.members, path)


def _presence(name: str, members: Members) -> str:
    return "present" if name in members else "absent"


def _aspects(member: Member) -> dict[str, str]:
    return {
        "required": "required" if member.required else "optional",
        "type": " or ".join(sorted(member.kinds)) or "any",
        "values": " | ".join(sorted(member.values)) or "any",
    }
