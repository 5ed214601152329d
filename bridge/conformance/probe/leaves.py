"""A transcript as places and plain values, so that two can be compared place by place."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from bridge.conformance.checks import equal
from bridge.conformance.views import HEARD, View, type_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bridge.conformance.case import Json
    from bridge.conformance.transcript import Transcript
    from bridge.target import Target

ABSENT: Final = object()
"""What stands where there is nothing."""
_BOUNDARY = re.compile(r"boundary=[^;]+")
_WIRE_KEYS: Final = ("method", "parts", "text")
_OF_LENGTH: Final = "content-length"
"""The header that the length of a boundary decides."""
_OF_CLOCK: Final = "date"
_THREW: Final = "threw"
_TAGS: Final = frozenset({"$js", "$bytes"})
_UNDEFINED: Final = {"$js": "undefined"}
_EPOCH: Final = 1_000_000_000
"""The least number that is taken for a time since 1970, in seconds or in milliseconds."""


@dataclass(frozen=True, slots=True)
class Leaves:
    """
    What was seen, place by place.

    Attributes:
        found: place -> value; what was measured is told by its type.
        roots: the places of whole events and requests.
    """

    found: Mapping[str, object]
    roots: frozenset[str]

    def at(self, place: str) -> object:
        """Return what is at a place, or `ABSENT`."""
        return self.found.get(place, ABSENT)

    def below(self, place: str) -> object:
        """Return what is at a place, else all that lies below it, or `ABSENT`."""
        under = {
            name.removeprefix(f"{place}."): value
            for name, value in self.found.items()
            if name.startswith(f"{place}.")
        }
        return self.found.get(place, under or ABSENT)

    def missing_whole(self, place: str) -> str:
        """Return the widest part around a place that is not here, or is a plain value here."""
        roots = [each for each in self.roots if place.startswith(f"{each}.")]
        whole = max(roots, key=len, default=place)
        for key in place.removeprefix(whole).split(".")[1:]:
            whole = f"{whole}.{key}"
            if whole in self.found or self.below(whole) is ABSENT:
                return whole
        return place

    def differing(self, other: Leaves) -> list[str]:
        """Return the places where another has something else, or nothing, or as the only one."""
        places = dict.fromkeys((*self.found, *other.found))
        return [place for place in places if not equal(self.at(place), other.at(place))]


def leaves_of(transcript: Transcript, target: Target, *, one_nothing: bool) -> Leaves:
    """
    Return what a transcript holds, without what two runs of one host need not agree upon.

    That is when something happened, how often a listener was called in a row, the order of events
    of different calls, the values of clocks, whether a connection was there already, and what an
    engine says of an error that is thrown.

    Args:
        transcript: what was seen.
        target: tells which keys of a result hold measured times.
        one_nothing: whether `undefined` counts as null, of which Python has only one.
    """
    requesting = () if target.requesting is None else target.requesting.profile_fields
    seen = _Seen(frozenset((*target.profile_fields, *requesting)), one_nothing)
    whole = {**dict(_events(transcript)), **dict(_requests(transcript))}
    found = _lists(transcript) | {
        place: leaf for root, value in whole.items() for place, leaf in seen.of(value, root)
    }
    return Leaves(found, frozenset(whole))


@dataclass(frozen=True, slots=True)
class _Seen:
    measured: frozenset[str]
    one_nothing: bool

    def of(self, value: Any, place: str) -> Iterator[tuple[str, object]]:  # noqa: ANN401  any JSON
        """Yield the places in a value, and the plain values there."""
        if isinstance(value, dict) and value and not _TAGS & value.keys():
            for key, inner in value.items():
                yield from self.of(inner, f"{place}.{key}")
        elif isinstance(value, list) and value:
            for number, inner in enumerate(value):
                yield from self.of(inner, f"{place}.{number}")
        elif self.one_nothing and value == _UNDEFINED:
            yield place, None
        else:
            yield place, type_of(value) if self._is_measured(value, place) else value

    def _is_measured(self, value: object, place: str) -> bool:
        *before, key = place.split(".")
        if key.lower() == _OF_CLOCK or (before and before[-1].startswith(_THREW)):
            return True
        return isinstance(value, int | float) and (key in self.measured or value >= _EPOCH)


def _lists(transcript: Transcript) -> dict[str, object]:
    """Return the events of each call and the paths of all requests: what there was at all."""
    calls: dict[str, list[str]] = {}
    for event in transcript.events:
        calls.setdefault(event.call, []).append(event.what)
    paths = sorted(upload["path"] for upload in transcript.uploads)
    runs = {call: [what for what, _ in groupby(whats)] for call, whats in calls.items()}
    return {**runs, "wire": paths}


def _events(transcript: Transcript) -> Iterator[tuple[str, object]]:
    """Yield the events of each call; of those of one name in a row the last."""
    for _, group in groupby(
        sorted(transcript.events, key=lambda one: one.call), lambda one: one.call
    ):
        runs = [list(run)[-1] for _, run in groupby(group, key=lambda one: one.name)]
        yield from _numbered((event.name, event.value) for event in runs)


def _requests(transcript: Transcript) -> Iterator[tuple[str, object]]:
    """Yield what arrived, path by path; of several on one path in the order of their parts."""
    uploads = sorted(View(transcript).uploads, key=lambda one: (one["path"], str(one["parts"])))
    yield from _numbered((f"wire:{upload['path']}", _request(upload)) for upload in uploads)


def _numbered(pairs: Iterable[tuple[str, object]]) -> Iterator[tuple[str, object]]:
    """Give numbers to values of one name, and to what a listener has heard in any case."""
    listed = list(pairs)
    times = Counter(name for name, _ in listed)
    seen: Counter[str] = Counter()
    for name, value in listed:
        alone = times[name] == 1 and f".{HEARD}" not in name
        yield name if alone else f"{name}.{seen[name]}", value
        seen[name] += 1


def _request(upload: Json) -> Json:
    headers = dict(_headers(upload["headers"]))
    told = {key: upload[key] for key in _WIRE_KEYS}
    return {**told, "headers": headers, "whole": not upload["error"]}


def _headers(headers: Json) -> Iterator[tuple[str, object]]:
    for name, value in headers.items():
        if name != _OF_LENGTH:
            yield name, _BOUNDARY.sub("boundary=...", value)
