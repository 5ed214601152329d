"""Trees compared place by place, and what is left to chance made the same."""

from __future__ import annotations

import pytest

from bridge.comparison.differing import ABSENT, OBJECT, alike, compared, split
from bridge.comparison.steady import Kind, kind, steady
from bridge.comparison.tree import Section


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("200", 200),
        (1, True),
        (0, None),
        ("absent", ABSENT),
        ("(number)", Kind("number")),
        (repr(Kind("number")), Kind("number")),
        ([1], ["1"]),
        ({}, []),
    ],
)
def test_values_of_another_type_are_other_values(one: object, other: object) -> None:
    """However alike they look."""
    assert [(one, ["a"]), (other, ["b"])] == split({"a": one, "b": other})


def test_the_order_of_keys_is_no_difference() -> None:
    """An object is its members."""
    assert [["a", "b"]] == alike({"a": {"x": 1, "y": 2}, "b": {"y": 2, "x": 1}})


def test_an_object_is_compared_by_its_members_among_those_that_have_one() -> None:
    """Beside a plain value it counts as an object; its members are those of the objects."""
    trees: dict[str, object] = {"a": {"x": {"y": 1}}, "b": {"x": {"y": 2}}, "c": {"x": 3}}
    assert [
        (("x",), {"a": OBJECT, "b": OBJECT, "c": 3}),
        (("x", "y"), {"a": 1, "b": 2}),
    ] == list(compared(trees))


def test_a_member_that_one_lacks_is_absent() -> None:
    """In the order in which members are first met."""
    trees: dict[str, object] = {"a": {"x": 1}, "b": {"y": 2}}
    assert [
        (("x",), {"a": 1, "b": ABSENT}),
        (("y",), {"a": ABSENT, "b": 2}),
    ] == list(compared(trees))


def test_a_section_is_compared_only_where_there_is_one() -> None:
    """That a target has no such part is no difference; an empty key adds no step."""
    trees: dict[str, object] = {"a": {"": Section(x=1)}, "b": {"": Section(x=2)}, "c": {}}
    assert [(("x",), {"a": 1, "b": 2})] == list(compared(trees))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("wxfile://tmp_0123456789abcdef0123456789abcdef.png", "wxfile://tmp_<hex>.png"),
        ("blob:http://x/01234567-89ab-4cde-8f01-23456789abcd", "blob:http://x/<uuid>"),
        ("ttfile://temp/1790000000000.png", "ttfile://temp/<ms>.png"),
        (f"02{'1' * 13}{'a' * 32}z0z0z0", "<trace id>"),
        ("a; boundary=----minibridge0123abcd", "a; boundary=<boundary>"),
        ("Thu, 26 Nov 2026 20:19:01 GMT", "<date>"),
        ("Python/3.11 aiohttp/3.14.5", "<the transport's own>"),
        ("at http://127.0.0.1:9/u", "at <server>/u"),
        ("f" * 33, "f" * 33),
        ("11790000000000", "11790000000000"),
        ("a plain text", "a plain text"),
    ],
)
def test_what_is_made_up_by_chance_gets_a_name(text: str, shown: str) -> None:
    """At any depth, and nothing else is touched."""
    known = {"http://127.0.0.1:9": "<server>"}
    assert {"a": [shown, 1]} == steady({"a": (text, 1)}, known)


def test_of_a_plain_value_the_type_is_left() -> None:
    """A flag is no number; a list is no plain value."""
    assert [Kind("boolean"), Kind("number"), Kind("number"), Kind("string")] == [
        kind(value) for value in (True, 1, 1.5, "x")
    ]
    assert [None, [1]] == [kind(None), kind([1])]
