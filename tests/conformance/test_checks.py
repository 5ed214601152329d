"""The checks, each on one transcript: what they accept, what they refuse, what they say then."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from bridge.conformance.case import CHECKS, Hold
from bridge.conformance.checks import Look, Mismatch, judged
from bridge.conformance.transcript import Event, Transcript
from bridge.conformance.views import NotThereError, View, follow, type_of

PHOTO = bytes(range(251)) * 4
PART = {
    "name": "f",
    "filename": "a.png",
    "text": None,
    "size": 1000,
    "sha256": hashlib.sha256(PHOTO[:1000]).hexdigest(),
}
RESULT: dict[str, Any] = {"data": "{}", "statusCode": 200, "header": {"A": "b"}, "none": None}
PERCENTS = [{"progress": 50, "sent": 1}, {"progress": 50, "sent": 2}, {"progress": 100, "sent": 2}]
EVENTS = [
    Event("a", "returned", {"kind": "task", "members": ["abort"]}, 0.5),
    *(Event("a", "heard:p", value, 10.0) for value in PERCENTS),
    Event("a", "success", RESULT, 100.0),
    Event("a", "complete", RESULT | {"statusCode": 201}, 100.5),
    Event("b", "fail", {"errMsg": "x:fail no\nway"}, 200.0),
    Event("b", "complete", None, 200.0),
    Event("b", "complete", "again", 200.0),
]
UPLOAD = {
    "method": "POST",
    "path": "/upload",
    "headers": [["X-One", "1"], ["x-two", "2"], ["X-Two", "3"]],
    "parts": [{"name": "user", "filename": None, "text": "test"}, PART],
}
VIEW = View(Transcript("case", "wx", "python", tuple(EVENTS), (UPLOAD,)))
FILES = {"photo.png": {}, "other.png": {"text": "other"}}


def by(check: str, asked: object, of: str, path: str = "") -> Mismatch | None:
    """Judge the transcript by one check."""
    hold = Hold("it holds", of, path, {check: asked}, None, (), (), ())
    return judged(check, asked, Look(hold, VIEW, FILES))


HOLDS = [
    ("is", 200, "a.success", "statusCode"),
    ("is", 200.0, "a.success", "statusCode"),
    ("is", {"A": "b"}, "a.success", "header"),
    ("is", None, "a.success", "none"),
    ("is", [50, 50, 100], "a.heard:p", "*.progress"),
    ("is", 100, "a.heard:p", "-1.progress"),
    ("is", {"user": "test"}, "wire:/upload", "fields"),
    ("is", "2, 3", "wire:/upload", "headers.x-two"),
    ("is", ["user", "f"], "wire", "0.parts.*.name"),
    ("type", "number", "a.success", "statusCode"),
    ("type", ["string", "number"], "a.success", "statusCode"),
    ("type", "null", "a.success", "none"),
    ("keys", ["data", "statusCode", "header", "none"], "a.success", ""),
    ("keys", {"A": "string"}, "a.success", "header"),
    ("keys", {"A": ["number", "string"]}, "a.success", "header"),
    ("matches", "x:fail .*", "b.fail", "errMsg"),
    ("absent", True, "b.success", ""),
    ("absent", True, "a.success", "cookies"),
    ("absent", True, "b.heard:p", ""),
    ("absent", False, "a.success", ""),
    ("absent", False, "a.success", "none"),
    ("absent", False, "wire", ""),
    ("absent", False, "b.complete", ""),
    ("order", ["returned", "heard:p+", "success", "complete"], "a", ""),
    ("order", ["returned", "heard:p*", "x?", "success", "x*", "complete"], "a", ""),
    ("before", "b.fail", "a.success", ""),
    ("count", 3, "a.heard:p", ""),
    ("count", {"least": 1}, "wire", ""),
    ("count", {"most": 4}, "a.success", ""),
    ("count", 2, "a.success", "data"),
    ("between", {"least": 200, "most": 299}, "a.success", "statusCode"),
    ("between", 200, "a.success", "statusCode"),
    ("rising", "loosely", "a.heard:p", "*.progress"),
    ("same", {"of": "a.complete"}, "a.success", "data"),
    ("same", {"path": "1.sent"}, "a.heard:p", "-1.sent"),
    ("took", {"since": "a.returned", "least": 99.5, "most": 99.5}, "a.success", ""),
    ("file", "photo.png", "wire:/upload", "files.0"),
    ("every", "POST", "wire", "*.method"),
    ("every", "b", "a.success", "header"),
    ("without", "GET", "wire", "*.method"),
    ("without", "A", "a.success", "header"),
]
FAILS = [
    ("is", 201, "a.success", "statusCode"),
    ("is", "200", "a.success", "statusCode"),
    ("is", True, "a.heard:p", "0.sent"),
    ("is", {"A": "b", "B": "c"}, "a.success", "header"),
    ("is", {}, "a.success", "header"),
    ("is", [50, 100], "a.heard:p", "*.progress"),
    ("is", 200, "b.success", "statusCode"),
    ("is", 200, "a.success", "cookies"),
    ("is", None, "b.complete", ""),
    ("is", 50, "a.heard:p", "3.progress"),
    ("is", "POST", "wire:/elsewhere", "method"),
    ("type", "string", "a.success", "statusCode"),
    ("type", ["string", "null"], "a.success", "statusCode"),
    ("keys", ["statusCode", "data", "header", "none"], "a.success", ""),
    ("keys", ["data", "statusCode", "header"], "a.success", ""),
    ("keys", ["length"], "a.success", "data"),
    ("keys", {"A": "number"}, "a.success", "header"),
    ("keys", {"A": "string", "B": "string"}, "a.success", "header"),
    ("keys", {"header": "object", "statusCode": "number"}, "a.success", ""),
    ("matches", "x:fail", "b.fail", "errMsg"),
    ("matches", "200", "a.success", "statusCode"),
    ("absent", True, "a.success", ""),
    ("absent", True, "a.success", "none"),
    ("absent", True, "a.heard:p", ""),
    ("absent", True, "b.complete", ""),
    ("absent", False, "b.success", ""),
    ("absent", False, "a.success", "cookies"),
    ("order", ["returned", "heard:p", "success", "complete"], "a", ""),
    ("order", ["returned", "success", "complete"], "a", ""),
    ("order", ["success", "heard:p+", "returned", "complete"], "a", ""),
    ("order", ["returned", "heard:p+", "success"], "a", ""),
    ("before", "a.success", "b.fail", ""),
    ("before", "a.fail", "a.success", ""),
    ("before", "a.success", "a.fail", ""),
    ("count", 2, "a.heard:p", ""),
    ("count", {"least": 4}, "a.heard:p", ""),
    ("count", {"most": 2}, "a.heard:p", ""),
    ("count", 1, "a.success", "statusCode"),
    ("between", {"least": 201}, "a.success", "statusCode"),
    ("between", {"most": 199}, "a.success", "statusCode"),
    ("between", {}, "a.success", "data"),
    ("rising", "strictly", "a.heard:p", "*.progress"),
    ("rising", "loosely", "a.success", "statusCode"),
    ("rising", "loosely", "wire", "*.method"),
    ("same", {"of": "a.complete"}, "a.success", "statusCode"),
    ("same", {"path": "0.sent"}, "a.heard:p", "-1.sent"),
    ("took", {"since": "a.returned", "least": 100}, "a.success", ""),
    ("took", {"since": "a.returned", "most": 99}, "a.success", ""),
    ("took", {"since": "b.returned"}, "a.success", ""),
    ("file", "other.png", "wire:/upload", "files.0"),
    ("file", "photo.png", "wire:/upload", "fields"),
    ("file", "photo.png", "wire:/upload", "method"),
    ("every", 50, "a.heard:p", "*.progress"),
    ("every", "{", "a.success", "data"),
    ("every", 1, "b.heard:p", ""),
    ("without", 50, "a.heard:p", "*.progress"),
    ("without", "b", "a.success", "header"),
    ("without", "{", "a.success", "data"),
    ("without", 1, "b.heard:p", ""),
]


@pytest.mark.parametrize(("check", "asked", "of", "path"), HOLDS)
def test_a_check_accepts(check: str, asked: object, of: str, path: str) -> None:
    """What is so is found to be so."""
    assert by(check, asked, of, path) is None


@pytest.mark.parametrize(("check", "asked", "of", "path"), FAILS)
def test_a_check_refuses(check: str, asked: object, of: str, path: str) -> None:
    """What is not so is found not to be so."""
    assert by(check, asked, of, path) is not None


@pytest.mark.parametrize("examples", [HOLDS, FAILS])
def test_every_check_is_tried(examples: list[tuple[str, object, str, str]]) -> None:
    """Each check of the language is seen to hold, and to fail."""
    assert {*CHECKS} == {check for check, *_ in examples}


def test_loose_and_strict_rise_differ_only_where_numbers_stay() -> None:
    """A fall is refused by both."""
    falls = View(Transcript("c", "wx", "python", (Event("a", "success", [2, 1], 0),), ()))
    hold = Hold("it rises", "a.success", "", {}, None, (), (), ())
    for how in ("strictly", "loosely"):
        assert judged("rising", how, Look(hold, falls, {})) == Mismatch({"rising": how}, [2, 1])


def test_a_strict_rise_is_accepted() -> None:
    """Each number is greater than the last."""
    rises = View(Transcript("c", "wx", "python", (Event("a", "success", [1, 2, 3.5], 0),), ()))
    hold = Hold("it rises", "a.success", "", {}, None, (), (), ())
    assert judged("rising", "strictly", Look(hold, rises, {})) is None


SAID = "fail, complete, complete ({'errMsg': 'x:fail no\\nway'})"
KEYS = "{data, statusCode, header, none}"


@pytest.mark.parametrize(
    ("check", "asked", "of", "expected", "actual"),
    [
        ("keys", ["a"], "a.returned", {"keys": ["a"]}, {"keys": ["kind", "members"]}),
        ("is", 1, "b.success", {"is": 1}, f"b.success has not happened; there was: {SAID}"),
        ("is", 1, "b.complete", {"is": 1}, f"b.complete has happened 2 times; there was: {SAID}"),
        ("count", 1, "wire:/x", {"count": 1}, "0 uploads to /x have arrived, of 1 in all"),
        ("took", {"since": "b.fail"}, "c.fail", None, "c.fail has not happened"),
        ("took", {"since": "a.returned", "most": 9}, "a.success", None, "99.5 ms"),
    ],
)
def test_what_is_wrong_is_told(
    check: str,
    asked: Any,  # noqa: ANN401  any JSON
    of: str,
    expected: object,
    actual: object,
) -> None:
    """A mismatch says what was asked, and what was found or happened instead."""
    found = by(check, asked, of)
    assert found is not None
    assert ({check: asked} if expected is None else expected, actual) == (
        found.expected,
        found.actual,
    )


@pytest.mark.parametrize(
    ("of", "told"),
    [("a.success", f"there is no 'x' in {KEYS}"), ("a.heard:p", "there is no 'x' in a list of 3")],
)
def test_what_is_there_instead_is_told(of: str, told: str) -> None:
    """Where a place is missing, its surroundings are outlined."""
    found = by("is", 1, of, "x")
    assert found == Mismatch({"is": 1}, told, missing=True)


def test_a_mismatch_tells_nothing_from_something_else() -> None:
    """What is not there is marked, so that it need not be told twice."""
    missing, other = by("is", 1, "b.success"), by("is", 1, "a.success", "data")
    assert missing is not None
    assert other is not None
    assert (True, False) == (missing.missing, other.missing)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("", "string"),
        (1, "number"),
        (1.5, "number"),
        (True, "boolean"),
        (None, "null"),
        ([], "array"),
        ({}, "object"),
        ({"$bytes": ""}, "bytes"),
        ({"$js": "undefined"}, "undefined"),
        ({"$js": "Function"}, "function"),
        ({"$js": "NaN"}, "number"),
        ({"$js": "-Infinity"}, "number"),
    ],
)
def test_types_are_javascripts(value: object, kind: str) -> None:
    """A tagged value is of the type of what it stands for."""
    assert kind == type_of(value)


def test_a_path_stops_at_what_has_no_inside() -> None:
    """An index beyond a list, or a key of a text, is not there."""
    for path in ("2", "-3", "x", "0.x"):
        with pytest.raises(NotThereError):
            follow(["a", "b"], path)
    assert ["b", "b"] == [follow(["a", "b"], path) for path in ("1", "-1")]
