"""What `data` becomes on its way out: JavaScript's JSON, query strings and form fields."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import undefined
from bridge.data import body_of, content_type, in_query, js_json, method_of, typed
from bridge.files import HostFile
from bridge.target import resolve
from bridge.trace import Decisions
from bridge.values import Foreign

if TYPE_CHECKING:
    from bridge.profile import RequestProfile


def rules(target: str = "wx") -> RequestProfile:
    """Return a target's rules of `request`."""
    found = resolve(target).profile.request
    assert found is not None
    return found


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=20,
)


@given(PLAIN)
def test_plain_data_survives_json(value: object) -> None:
    """What JSON can hold is read back as it was."""
    assert value == json.loads(js_json(value) or "")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (undefined, None),
        (Foreign("Function", "f"), None),
        (Foreign("Symbol", "Symbol(a)"), None),
        ({"a": undefined, "b": print, "c": 1}, '{"c":1}'),
        ([undefined, print, 1], "[null,null,1]"),
        ([float("inf"), float("-inf"), float("nan")], "[null,null,null]"),
        (1e21, "1e+21"),
        (-0.0, "0"),
        (b"x", "{}"),
        (HostFile("a", "blob:a", 1), "{}"),
        ("\u2028\x7f\x01", '"\u2028\x7f\\u0001"'),
        ("\ud83d", '"\ufffd"'),
        (Foreign("Date", "Tue"), '"Tue"'),
        ((1, (2,)), "[1,[2]]"),
    ],
)
def test_json_is_written_as_javascript_writes_it(value: object, text: str | None) -> None:
    """What JavaScript leaves out is left out, and nothing is escaped without need."""
    assert text == js_json(value)


@given(st.dictionaries(TEXTS, TEXTS, min_size=1))
def test_a_query_of_texts_can_be_read_back(data: dict[str, object]) -> None:
    """Every name and value arrives."""
    url = in_query(rules(), "GET", "https://a.test/?", data, Decisions())
    assert sorted(data.items()) == sorted(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def test_a_query_keeps_what_is_not_replaced() -> None:
    """A pair's name ends at its first `=`."""
    url = in_query(rules(), "GET", "https://a.test/?a=b=c&d=e=f", {"a": 1}, Decisions())
    assert "https://a.test/?a=1&d=e=f" == url


@pytest.mark.parametrize(
    ("method", "data"),
    [("POST", {"a": 1}), ("GET", None), ("GET", undefined), ("GET", ""), ("HEAD", {})],
)
def test_nothing_is_said_of_the_query_where_nothing_is_left_out(method: str, data: object) -> None:
    """A body takes the data, or there is none."""
    decisions = Decisions()
    assert "https://a.test/" == in_query(rules(), method, "https://a.test/", data, decisions)
    assert [] == decisions.rules()


@given(st.dictionaries(TEXTS, TEXTS))
def test_form_fields_can_be_read_back(data: dict[str, object]) -> None:
    """In the order they were given."""
    body = body_of(rules(), "POST", "application/x-www-form-urlencoded", data).decode()
    assert list(data.items()) == parse_qsl(body, keep_blank_values=True)


@pytest.mark.parametrize(
    ("given_", "method"),
    [("get", "GET"), ("Post", "POST"), ("PATCH", None), ("", None), (5, None)],
)
def test_a_method_is_raised_and_known_or_not(given_: object, method: str | None) -> None:
    """Case does not count."""
    assert method == method_of(rules(), given_)


def test_a_list_is_numbered_as_form_fields() -> None:
    """As a loop over its keys does."""
    kind = "application/x-www-form-urlencoded"
    assert b"0=a&1=b" == body_of(rules(), "POST", kind, ["a", "b"])


def test_a_head_sends_neither_query_nor_body() -> None:
    """Its data has nowhere to go, and the record says so."""
    decisions = Decisions()
    url = in_query(rules(), "HEAD", "https://a.test/", {"a": 1}, decisions)
    assert ("https://a.test/", ["methods"]) == (url, decisions.rules())
    assert b"" == body_of(rules(), "HEAD", "application/json", {"a": 1})


def test_the_callers_content_type_stays_in_any_spelling() -> None:
    """The default is added only where there is none, and the given headers are not changed."""
    header: dict[str, object] = {"CONTENT-type": "Text/Plain"}
    assert header == typed(rules(), "POST", header)
    assert "text/plain" == content_type(header)
    plain: dict[str, object] = {"a": 1}
    assert {"Content-Type": "application/json", "a": 1} == typed(rules(), "POST", plain)
    assert {"a": 1} == plain == typed(rules("uni/h5"), "GET", plain)
