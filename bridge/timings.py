"""The numbers of `res.profile`, measured from the real transfer in epoch milliseconds."""

from __future__ import annotations

from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, NamedTuple

from bridge.values import Flat

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bridge.transport import Measures

NOT_EMULATED = frozenset(
    {
        "estimate_nettype",
        "httpRttEstimate",
        "transportRttEstimate",
        "downstreamThroughputKbpsEstimate",
        "usingHighPerformanceMode",
    }
)
"""
Fields nobody can measure on one call from here: 0 or False, and listed in the record.

`estimate_nettype` is known where the network is one of the named ones.
"""
TLS_FIELDS = frozenset({"SSLconnectionStart", "SSLconnectionEnd"})
"""Fields that are 0 where a route leads an https address to a plain server."""


class Moments(NamedTuple):
    """
    When things happened to one call, in seconds of `loop.time()`.

    `offset` is what makes epoch seconds of such a time.
    """

    invoked: float
    queued: float
    dequeued: float
    measures: Measures
    offset: float


def _kbps(measures: Measures) -> int:
    """Return the download's kilobits per second, 0 when it was too short to tell."""
    times = measures.times
    seconds = times.get("response_end", 0.0) - times.get("response_start", 0.0)
    return round(measures.received_bytes * 8 / 1000 / seconds) if seconds > 0 else 0


_FIRST = ("invoked", "queued", "dequeued")
_CONNECTING = ("dns_start", "dns_end", "connect_start", "connect_end")
_TIMES = {
    "invokeStart": "invoked",
    "queueStart": "queued",
    "queueEnd": "dequeued",
    "redirectStart": "redirect_start",
    "redirectEnd": "redirect_end",
    "fetchStart": "fetch_start",
    "domainLookUpStart": "dns_start",
    "domainLookUpEnd": "dns_end",
    "connectStart": "connect_start",
    "connectEnd": "connect_end",
    "SSLconnectionStart": "tls_start",
    "SSLconnectionEnd": "tls_end",
    "requestStart": "request_start",
    "requestEnd": "request_end",
    "responseStart": "response_start",
    "responseEnd": "response_end",
}
"""A host's field -> the moment it tells, 0 for one that never came."""
_COUNTS: dict[str, Callable[[Measures], object]] = {
    "rtt": lambda measures: round(measures.rtt),
    "throughputKbps": _kbps,
}
"""A host's field -> what it tells of the connection."""
_MEASURED = {
    "estimate_nettype": "estimate",
    "peerIP": "ip",
    "port": "port",
    "socketReused": "reused",
    "sendBytesCount": "sent_bytes",
    "receivedBytedCount": "received_bytes",
}
"""A host's field -> the measured figure it tells as it is."""
_CONSTANTS: dict[str, object] = {
    "httpRttEstimate": 0,
    "transportRttEstimate": 0,
    "downstreamThroughputKbpsEstimate": 0,
    "protocol": "http1.1",
    "usingHighPerformanceMode": False,
}
_SPELLINGS = {field.lower(): field for field in (*_TIMES, *_COUNTS, *_MEASURED, *_CONSTANTS)}


class Layout:
    """
    The fields of one host, in order; each host's spelling of a field means the same.

    Args:
        names: the fields.

    Raises:
        KeyError: a name that no host uses.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        known = {name: _SPELLINGS[name.lower()] for name in names}
        self._empty = {name: _CONSTANTS.get(field, 0) for name, field in known.items()}
        self._times = {name: _TIMES[field] for name, field in known.items() if field in _TIMES}
        self._counts = [(name, _COUNTS[field]) for name, field in known.items() if field in _COUNTS]
        figures = {name: _MEASURED[field] for name, field in known.items() if field in _MEASURED}
        self._figures = tuple(figures)
        self._read = _reader(tuple(figures.values()))
        self._plans: dict[tuple[str, ...], _Plan] = {}

    def measured(self, moments: Moments) -> Flat[object]:
        """Return what the fields say of one call; what never happened is 0."""
        invoked, queued, dequeued, measures, offset = moments
        times = measures.times
        known = tuple(times)
        plan = self._plans.get(known) or self._planned(known)
        at = [int((t + offset) * 1000) for t in (invoked, queued, dequeued, *times.values())]
        told = Flat(self._empty)
        told.update(zip(plan.fields, plan.pick(at), strict=True))
        told.update(zip(self._figures, self._read(measures), strict=True))
        for name, count in self._counts:
            told[name] = count(measures)
        return told

    def _planned(self, known: tuple[str, ...]) -> _Plan:
        """Work out, once for all calls of which the same is known, which field tells which."""
        moments = (*_FIRST, *known)
        found = {name: _standing(moment, known) for name, moment in self._times.items()}
        there = {name: moments.index(moment) for name, moment in found.items() if moment in moments}
        plan = self._plans[known] = _Plan(tuple(there), _picker(tuple(there.values())))
        return plan


class _Plan(NamedTuple):
    """Which fields have a time, and what picks their times in that order."""

    fields: tuple[str, ...]
    pick: Callable[[list[int]], Sequence[int]]


def _standing(moment: str, known: tuple[str, ...]) -> str:
    """Return the moment that is told for another one that nobody measured."""
    if moment in _CONNECTING and moment not in known:
        # A reused connection has its lookup and its connecting at the fetch start.
        return "fetch_start"
    return "connect_end" if moment == "tls_end" and "tls_start" in known else moment


def _reader(names: tuple[str, ...]) -> Callable[[Measures], Sequence[object]]:
    """Return what reads figures of these names; `attrgetter` returns no tuple for a single one."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda measures: [getattr(measures, name) for name in names]


def _picker(places: tuple[int, ...]) -> Callable[[list[int]], Sequence[int]]:
    """Return what picks items at these places; `itemgetter` returns no tuple for a single one."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda at: [at[place] for place in places]
