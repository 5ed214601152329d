"""The reader of typings, on typings of our own, and the comparison, on members of our own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.witness.members import ITEMS, Difference, Member, differences, of_schema
from tests.witness.typings import TYPESCRIPT, out_of_reach, read

if TYPE_CHECKING:
    from pathlib import Path

    from tests.witness.members import Members
    from tests.witness.typings import Told

pytestmark = pytest.mark.timeout(180)

OWN = """
declare namespace host {
    type Heard<T> = (result: T) => void
    enum Kind { A = 'a', B = 'b' }
    interface General { errMsg: string }
    interface Options<T extends string | object = string | object> {
        url: string
        count?: number | null
        flag?: boolean
        header?: Record<string, string>
        anything?: any
        kind?: 'two' | 'one'
        named?: `${Kind}`
        sizes?: Array<'small' | 'large'> | string
        files?: { uri: string; more?: File }[]
        success?: Heard<General & { data: T }>
        fail?(problem: { error?: number } | { error: 11; text: string }): void
        complete?: Heard<General>
    }
    interface Task {
        abort(): void
        onProgressUpdate(listener: Heard<{ progress: number }>): void
    }
    function send<T extends string | object>(options: Options<T>): Promise<General> & Task
    function pick<P extends { count?: number }>(options?: P): P extends General ? void : Task
    const version: string
}
declare module 'own-typings' { export {} }
"""


@pytest.fixture(scope="module")
def own(packages: Path) -> Told:
    """Provide what is said of a package of our own."""
    folder = packages / "node_modules" / "own-typings"
    folder.mkdir()
    (folder / "package.json").write_text('{"name": "own-typings", "types": "index.d.ts"}')
    (folder / "index.d.ts").write_text(OWN)
    names = ("send", "pick", "version", "absent")
    [told] = read(packages, [("own-typings", {name: f"host.{name}" for name in names})])
    return told


def part(told: Told, function: str, name: str) -> Members:
    """Return one part of what is said of a function."""
    said = (told[function] or {})[name]
    assert said is not None
    return said


def kinds(members: Members) -> dict[str, str]:
    """Return each member's types, a `!` where it is always there."""
    return {
        name: " | ".join(sorted(one.kinds)) + "!" * one.required for name, one in members.items()
    }


def test_options_are_read_with_their_types_and_without_callbacks(own: Told) -> None:
    """Null and undefined make an option no other type; `any` is none."""
    assert {
        "url": "string!",
        "count": "number",
        "flag": "boolean",
        "header": "object",
        "anything": "",
        "kind": "string",
        "named": "string",
        "sizes": "array | string",
        "files": "array",
    } == kinds(part(own, "send", "options"))


def test_literals_are_read_as_values(own: Told) -> None:
    """In a union, in an enumeration, and in the items of a list."""
    options = part(own, "send", "options")
    assert {"one", "two"} == options["kind"].values
    assert {"a", "b"} == options["named"].values
    assert {"small", "large"} == options["sizes"].members[ITEMS].values
    assert set() == options["sizes"].values | options["url"].values


def test_members_of_members_are_read(own: Told) -> None:
    """The objects in a list have their own members; a map and a library's object have none."""
    options = part(own, "send", "options")
    assert {"uri": "string!", "more": "object"} == kinds(options["files"].members[ITEMS].members)
    assert {} == options["files"].members[ITEMS].members["more"].members
    assert {} == options["header"].members


def test_what_callbacks_hear_is_read(own: Told) -> None:
    """Through aliases, generics and methods; of a union everything that one branch may have."""
    assert {"errMsg": "string!", "data": "object | string!"} == kinds(part(own, "send", "success"))
    assert {"error": "number", "text": "string"} == kinds(part(own, "send", "fail"))


def test_what_a_progress_listener_hears_is_read(own: Told) -> None:
    """From the task that the call returns."""
    assert {"progress": "number!"} == kinds(part(own, "send", "progress"))


def test_a_part_that_is_not_declared_is_nothing(own: Told) -> None:
    """So is a function that does not exist, and a constant."""
    assert {"count": "number"} == kinds(part(own, "pick", "options"))
    assert own["pick"]
    assert own["pick"]["success"] is None
    assert own["version"] is None
    assert own["absent"] is None


def test_an_npm_out_of_reach_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The tests that need it are skipped then, and not failed."""
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_cache", str(tmp_path))
    [(package, version)] = TYPESCRIPT.items()
    assert "ECONNREFUSED" == out_of_reach(package, version)


# --- the comparison


def test_a_schema_is_read_with_its_items() -> None:
    """Types, values and necessity, at every depth."""
    schema = {
        "required": ["files"],
        "properties": {
            "files": {"type": "array", "items": {"type": "object", "properties": {"uri": {}}}},
            "kind": {"type": ["string", "number"], "enum": ["a"]},
        },
    }
    uri = Member(required=False)
    item = Member(kinds=frozenset({"object"}), members={"uri": uri})
    assert {
        "files": Member(kinds=frozenset({"array"}), members={ITEMS: item}),
        "kind": Member(
            required=False, kinds=frozenset({"string", "number"}), values=frozenset({"a"})
        ),
    } == of_schema(schema)


TEXT = Member(kinds=frozenset({"string"}))
LISTED = replace(TEXT, values=frozenset({"x", "w"}))


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        (TEXT, []),
        (replace(TEXT, required=False), [("required", "required", "optional", "a")]),
        (replace(TEXT, kinds=frozenset({"number"})), [("type", "string", "number", "a")]),
        (Member(), [("type", "string", "any", "a")]),
        (LISTED, [("values", "any", "w | x", "a")]),
        (None, [("name", "present", "absent", "a")]),
    ],
)
def test_each_aspect_of_a_member_is_compared(
    theirs: Member | None, expected: list[tuple[str, ...]]
) -> None:
    """Name, necessity, types and values."""
    other = {} if theirs is None else {"a": theirs}
    every = differences("wx:send", {"a": TEXT}, other)
    assert [Difference("wx:send", *one) for one in expected] == list(every)


def test_members_are_compared_where_both_sides_have_some() -> None:
    """The path leads through lists; a side that says nothing of them is no difference."""

    def listed(name: str) -> Members:
        return {"a": Member(members={ITEMS: Member(members={name: TEXT} if name else {})})}

    paths = {one.field: one.ours for one in differences("s", listed("x"), listed("y"))}
    assert {"a[].x": "present", "a[].y": "absent"} == paths
    assert [] == list(differences("s", listed("x"), listed("")))
