"""The checks of the judging language, one function each: what is asked, and what was found."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, cast

from bridge.conformance.stage import content_of
from bridge.conformance.views import NotThereError, type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bridge.conformance.case import Hold, Json
    from bridge.conformance.transcript import Event
    from bridge.conformance.views import View

_QUANTIFIERS: Final = "?*+"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What was asked and what was found instead: JSON, or a sentence where nothing was found."""

    expected: object
    actual: object
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """
    Where one check looks.

    Attributes:
        hold: the expectation.
        view: the transcript.
        files: the given files, by name.
    """

    hold: Hold
    view: View
    files: Mapping[str, Json]

    @property
    def value(self) -> Any:  # noqa: ANN401  any JSON
        """What is judged; raises `NotThereError`."""
        return self.view.find(self.hold.of, self.hold.path)

    def first(self, name: str) -> Event:
        """Return the first event of a name; raises `NotThereError`."""
        found = self.view.events(name)
        if not found:
            raise NotThereError(f"{name} has not happened")
        return found[0]


def judged(check: str, asked: object, look: Look) -> Mismatch | None:
    """Return what is wrong by one check, None where it holds."""
    try:
        return _CHECKS[check](asked, look)
    except NotThereError as error:
        return Mismatch({check: asked}, str(error), missing=True)


def equal(one: object, other: object) -> bool:
    """Compare two JSON values as JavaScript's values: 1 is 1.0, and neither is true."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _unless(holds: bool, expected: object, actual: object) -> Mismatch | None:  # noqa: FBT001
    return None if holds else Mismatch(expected, actual)


# --- what something is


def _is(asked: object, look: Look) -> Mismatch | None:
    value = look.value
    return _unless(equal(asked, value), asked, value)


def _type(asked: str | list[str], look: Look) -> Mismatch | None:
    kinds = [asked] if isinstance(asked, str) else asked
    found = type_of(look.value)
    return _unless(found in kinds, {"type": asked}, {"type": found, "value": look.value})


def _keys(asked: list[str] | dict[str, Any], look: Look) -> Mismatch | None:
    value = look.value
    if not isinstance(value, dict):
        return Mismatch({"keys": asked}, value)
    if isinstance(asked, list):
        return _unless(asked == list(value), {"keys": asked}, {"keys": list(value)})
    found = {key: type_of(inner) for key, inner in value.items()}
    fits = list(asked) == list(found) and all(_fits(asked[key], found[key]) for key in found)
    return _unless(fits, {"keys": asked}, {"keys": found})


def _fits(asked: str | list[str], found: str) -> bool:
    return found in ([asked] if isinstance(asked, str) else asked)


def _matches(asked: str, look: Look) -> Mismatch | None:
    value = look.value
    fits = isinstance(value, str) and re.fullmatch(asked, value, re.DOTALL) is not None
    return _unless(fits, {"matches": asked}, value)


def _absent(asked: bool, look: Look) -> Mismatch | None:  # noqa: FBT001
    """Nothing is there: no such event at all, no such place in it, or an empty list."""
    if "." in look.hold.of and not look.hold.path:
        there: object = [event.value for event in look.view.events(look.hold.of)] or None
    else:
        there = _or_none(look)
    found = there not in (None, [])
    return _unless(found is not asked, {"absent": asked}, there)


def _or_none(look: Look) -> object:
    """Return what is judged, None where there is nothing; of null it says that it is there."""
    try:
        value = look.value
    except NotThereError:
        return None
    return {"there": None} if value is None else value


def _same(asked: dict[str, str], look: Look) -> Mismatch | None:
    hold = look.hold
    other = look.view.find(asked.get("of", hold.of), asked.get("path", hold.path))
    value = look.value
    return _unless(equal(other, value), other, value)


def _file(asked: str, look: Look) -> Mismatch | None:
    content = content_of(look.files[asked])
    expected = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    part = look.value
    actual = {key: part.get(key) for key in expected} if isinstance(part, dict) else part
    return _unless(expected == actual, expected, actual)


# --- how much it is


def _count(asked: object, look: Look) -> Mismatch | None:
    value = look.value
    if not isinstance(value, (list, dict, str)):
        return Mismatch({"count": asked}, value)
    return _unless(_in_range(asked, len(value)), {"count": asked}, {"count": len(value)})


def _between(asked: object, look: Look) -> Mismatch | None:
    value = look.value
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return _unless(number and _in_range(asked, value), {"between": asked}, value)


def _in_range(asked: object, number: float) -> bool:
    if isinstance(asked, dict):
        return cast("bool", asked.get("least", -math.inf) <= number <= asked.get("most", math.inf))
    return number == asked


def _rising(asked: str, look: Look) -> Mismatch | None:
    values = look.value
    if not isinstance(values, list) or not all(type_of(value) == "number" for value in values):
        return Mismatch({"rising": asked}, values)
    pairs = list(pairwise(values))
    fits = all(a < b for a, b in pairs) if asked == "strictly" else all(a <= b for a, b in pairs)
    return _unless(fits, {"rising": asked}, values)


def _every(asked: object, look: Look) -> Mismatch | None:
    """Each entry of a list or an object equals the value; only those that do not are shown."""
    entries = _entries(look.value)
    others = {name: inner for name, inner in entries.items() if not equal(asked, inner)}
    return _unless(bool(entries) and not others, {"every": asked}, others or look.value)


def _without(asked: object, look: Look) -> Mismatch | None:
    """No entry of a list or an object equals the value; only those that do are shown."""
    entries = _entries(look.value)
    found = {name: inner for name, inner in entries.items() if equal(asked, inner)}
    return _unless(bool(entries) and not found, {"without": asked}, found or look.value)


def _entries(value: object) -> dict[str, object]:
    """Return the entries of a list or an object by name; a value of another kind has none."""
    if isinstance(value, dict):
        return value
    return {str(at): one for at, one in enumerate(value)} if isinstance(value, list) else {}


# --- when it happened


def _order(asked: list[str], look: Look) -> Mismatch | None:
    found = look.value
    pattern = "".join(map(_repeated, asked))
    fits = re.fullmatch(pattern, "".join(f"{name}\n" for name in found)) is not None
    return _unless(fits, asked, found)


def _repeated(name: str) -> str:
    """Return the pattern of one name of an order, with how often it may come."""
    often = name[-1] if name[-1] in _QUANTIFIERS else ""
    return f"(?:{re.escape(name.removesuffix(often))}\n){often}"


def _before(asked: str, look: Look) -> Mismatch | None:
    first, second = look.first(look.hold.of), look.first(asked)
    events = look.view.transcript.events
    places = [next(at for at, each in enumerate(events) if each is one) for one in (first, second)]
    names = [event.name for event in events]
    return _unless(places[0] < places[1], f"{look.hold.of} before {asked}", names)


def _took(asked: dict[str, Any], look: Look) -> Mismatch | None:
    passed = look.first(look.hold.of).at - look.first(asked["since"]).at
    return _unless(_in_range(asked, passed), {"took": asked}, f"{passed:g} ms")


_CHECKS: Final[dict[str, Callable[[Any, Look], Mismatch | None]]] = {
    "is": _is,
    "type": _type,
    "keys": _keys,
    "matches": _matches,
    "absent": _absent,
    "order": _order,
    "before": _before,
    "count": _count,
    "between": _between,
    "rising": _rising,
    "every": _every,
    "without": _without,
    "same": _same,
    "took": _took,
    "file": _file,
}
