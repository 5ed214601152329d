"""JavaScript values as Python sees them: brands, `String(v)`, `undefined`, and copies."""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bridge
from bridge.errors import BridgeError
from bridge.files import HostFile
from bridge.values import (
    Flat,
    Foreign,
    Returns,
    Undefined,
    brand,
    check,
    copied,
    from_json,
    js_string,
    taken,
    to_json,
    undefined,
)

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = HostFile(name="a.png", path="blob:1", size=3)
KEYS = st.sampled_from(["$bytes", "$file", "$js", "$plain", "$returns", "text"]) | st.text(
    st.characters(exclude_categories=["Cs"])
)
LEAVES = st.sampled_from(["AAAA", "undefined", b"\x00", undefined, None, 1])
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        ("String", "a"),
        ("Boolean", True),
        ("Number", 1),
        ("Number", 1.5),
        ("Object", {}),
        ("Object", OrderedDict()),
        ("Array", []),
        ("Array", ()),
        ("Null", None),
        ("Undefined", undefined),
        ("ArrayBuffer", b""),
        ("ArrayBuffer", bytearray()),
        ("File", FILE),
        ("Function", print),
    ],
)
def test_every_value_of_a_mini_program_has_a_brand(expected: str, value: object) -> None:
    """The brand is that of `Object.prototype.toString`, also for a subclass."""
    assert expected == brand(value)


@pytest.mark.parametrize("value", [Path("a"), {1}, object()])
def test_a_value_without_counterpart_is_the_authors_mistake(value: object) -> None:
    """What JavaScript does not have names its Python type."""
    with pytest.raises(BridgeError, match=type(value).__name__):
        brand(value)


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        ("a", "a"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("undefined", undefined),
        ("[object Object]", {"a": 1}),
        ("[object ArrayBuffer]", b"ab"),
        ("[object File]", FILE),
        ("1,,a,,true", [1, None, "a", undefined, True]),
        ("1,2,3", [[1, 2], (3,)]),
        ("", []),
        ("0", 0),
        ("0", -0.0),
        ("-5", -5),
        ("5", 5.0),
        ("0.1", 0.1),
        ("0.000001", 1e-6),
        ("1e-7", 1e-7),
        ("1.5e-9", 1.5e-9),
        ("-1.5e-9", -1.5e-9),
        ("100000000000000000000", 1e20),
        ("1e+21", 1e21),
        ("1.2345678901234568e+30", 1.2345678901234568e30),
        ("9007199254740992", 2**53),
        ("9007199254740992", 2**53 + 1),
        ("590295810358705700000", 2**69),
        ("Infinity", 10**400),
        ("-Infinity", -(10**400)),
        ("NaN", math.nan),
        ("Infinity", math.inf),
        ("-Infinity", -math.inf),
    ],
)
def test_a_value_reads_as_javascript_spells_it(expected: str, value: object) -> None:
    """`js_string` is `String(value)`, numbers included."""
    assert expected == js_string(value)


def test_a_function_reads_as_native_code() -> None:
    """A function has the text that engines give a built-in one."""
    assert "function () { [native code] }" == js_string(print)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_of_a_number_reads_back_as_that_number(number: float) -> None:
    """No digit of a double is lost, and none is superfluous to `float`."""
    assert number == float(js_string(number))


@given(st.integers(-(2**53), 2**53))
def test_a_safe_integer_keeps_all_its_digits(number: int) -> None:
    """Integers that a double holds exactly read as Python spells them."""
    assert str(number) == js_string(number)
    assert js_string(float(number)) == js_string(number)


@given(VALUES)
def test_a_value_crosses_whatever_its_keys_are_called(value: object) -> None:
    """Data that looks like a tag is no tag, at any depth."""
    assert value == from_json(json.loads(json.dumps(to_json(value))))


def test_undefined_is_one_falsy_value_with_its_own_name() -> None:
    """`undefined` is public, false, and prints as itself."""
    assert bridge.undefined is undefined
    assert not undefined
    assert "undefined" == repr(undefined)
    assert isinstance(undefined, Undefined)


def test_a_wrong_value_is_found_at_any_depth() -> None:
    """`check` walks objects and arrays."""
    check({"a": [{"b": (1, None, undefined)}], "c": b""})
    with pytest.raises(BridgeError, match=r"PosixPath|WindowsPath"):
        check({"a": [{"b": (1, Path("x"))}]})


def test_a_key_that_is_no_text_is_the_authors_mistake() -> None:
    """JavaScript objects have string keys only."""
    with pytest.raises(BridgeError, match="the key 1 is not a str"):
        check({"header": {1: "a"}})


def test_options_that_hold_themselves_are_refused() -> None:
    """A cycle ends in an error, not in a full stack."""
    loop: dict[str, object] = {}
    loop["again"] = [loop]
    with pytest.raises(BridgeError, match="nested deeper than 64"):
        check(loop)


# A larger whole number is none that a mini-program could hold exactly, and does not stay as it is.
WHOLE = st.integers(-(2**53), 2**53)
JSON = st.recursive(
    st.none() | st.booleans() | WHOLE | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize("copy_of", [copied, taken])
@given(value=JSON)
def test_a_copy_is_equal_and_shares_nothing_that_can_change(
    copy_of: Callable[[object], object], value: object
) -> None:
    """New objects and arrays are made at every depth."""
    copy = copy_of(value)
    assert value == copy
    assert not _containers(value) & _containers(copy)


@pytest.mark.parametrize("copy_of", [copied, taken])
def test_a_copy_is_made_of_plain_objects_and_arrays(copy_of: Callable[[object], Any]) -> None:
    """Whatever stood for them, a mini-program meets dicts and lists."""
    copy = copy_of(OrderedDict(flat=Flat(a=1), pair=(1, Flat())))
    assert {"flat": {"a": 1}, "pair": [1, {}]} == copy
    assert [dict, dict, list, dict] == [
        type(one) for one in (copy, copy["flat"], copy["pair"], copy["pair"][1])
    ]


@pytest.mark.parametrize(
    ("number", "held"),
    [
        (2**53, "9007199254740992"),
        (-(2**53), "-9007199254740992"),
        (2**53 + 1, "9007199254740992.0"),
        (-(2**53) - 1, "-9007199254740992.0"),
        (10**400, "inf"),
        (-(10**400), "-inf"),
        (True, "True"),
    ],
)
def test_a_whole_number_is_held_as_javascript_holds_it(number: int, held: str) -> None:
    """Whether a test passes it or an engine does, alone or inside."""
    for found in (taken(number), from_json(number)):
        assert held == str(found)
    assert f"{{'a': [{held}]}}" == str(taken({"a": [number]})) == str(from_json({"a": [number]}))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (undefined, {"$js": "undefined"}),
        (math.inf, {"$js": "Infinity"}),
        (-math.inf, {"$js": "-Infinity"}),
        (b"\x00\xff", {"$bytes": "AP8="}),
        ({"a": [1.5, None, True, "x"]}, {"a": [1.5, None, True, "x"]}),
        (Foreign("Date", "[object Date]"), {"$js": "Date"}),
    ],
)
def test_what_json_lacks_crosses_under_a_tag(value: object, written: object) -> None:
    """It is read back as what it was."""
    assert written == to_json(value)
    assert value == from_json(written)


def test_a_tag_that_crosses_one_way_only_is_read_as_the_engine_means_it() -> None:
    """A file is a `{path}` on its way back, and a foreign value brings its text."""
    assert {"$file": "blob:1"} == to_json(FILE)
    assert {"path": "blob:1"} == from_json({"$file": "blob:1"})
    assert Foreign("Date", "today") == from_json({"$js": "Date", "text": "today"})
    assert {"$js": "NaN"} == to_json(math.nan)
    assert math.isnan(cast("float", from_json({"$js": "NaN"})))
    assert {"$returns": {"$js": "undefined"}} == to_json(Returns(undefined))
    assert {"$js": 1, "$file": 2, "$bytes": None} == from_json(
        {"$js": 1, "$file": 2, "$bytes": None}
    )
    assert ["\ufffd", {"\ufffd": 1}] == to_json(("\ud800", {"\udfff": 1}))


def test_options_may_be_nested_as_deep_as_the_limit() -> None:
    """64 levels are taken, one more is not."""
    options: dict[str, object] = {}
    for _ in range(64):
        options = {"in": options}
    assert options == taken(options)
    with pytest.raises(BridgeError, match="nested deeper than 64"):
        taken([options])


def _containers(value: object) -> set[int]:
    inner = value.values() if isinstance(value, dict) else value
    if not isinstance(value, (dict, list)):
        return set()
    return {id(value)}.union(*(_containers(one) for one in inner))  # type: ignore[attr-defined]
