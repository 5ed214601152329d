"""The numbers of `res.profile`, measured from the real transfer in epoch milliseconds."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from bridge.values import Flat

if TYPE_CHECKING:
    from collections.abc import Callable

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
"""Fields nobody can measure on one call from here: always 0 or False, and listed in the record."""
TLS_FIELDS = frozenset({"SSLconnectionStart", "SSLconnectionEnd"})
"""Fields that are 0 where a route leads an https address to a plain server."""


class Moments(NamedTuple):
    """
    When things happened to one call, in seconds of `loop.time()`.

    `epoch` turns such a time into whole epoch milliseconds.
    """

    invoked: float
    queued: float
    dequeued: float
    measures: Measures
    epoch: Callable[[float], int]

    def times(self) -> dict[str, float]:
        """Return every moment by name; what never happened is absent."""
        times = self.measures.times.copy()
        times.update(invoked=self.invoked, queued=self.queued, dequeued=self.dequeued)
        if "tls_start" in times and "connect_end" in times:
            times["tls_end"] = times["connect_end"]
        if "fetch_start" in times:
            # A reused connection has its lookup and its connecting at the fetch start.
            for name in _CONNECTING:
                times.setdefault(name, times["fetch_start"])
        return times


def _kbps(measures: Measures) -> int:
    """Return the download's kilobits per second, 0 when it was too short to tell."""
    times = measures.times
    seconds = times.get("response_end", 0.0) - times.get("response_start", 0.0)
    return round(measures.received_bytes * 8 / 1000 / seconds) if seconds > 0 else 0


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
    "peerIP": attrgetter("ip"),
    "port": attrgetter("port"),
    "socketReused": attrgetter("reused"),
    "sendBytesCount": attrgetter("sent_bytes"),
    "receivedBytedCount": attrgetter("received_bytes"),
}
"""A host's field -> what it tells of the connection."""
_CONSTANTS: dict[str, object] = {
    "estimate_nettype": 0,
    "httpRttEstimate": 0,
    "transportRttEstimate": 0,
    "downstreamThroughputKbpsEstimate": 0,
    "protocol": "http1.1",
    "usingHighPerformanceMode": False,
}
_SPELLINGS = {field.lower(): field for field in (*_TIMES, *_COUNTS, *_CONSTANTS)}


class _Layout(NamedTuple):
    """The fields of one host: as they are without a transfer, and where measured ones go."""

    empty: Flat[object]
    times: dict[str, list[str]]
    counts: list[tuple[str, Callable[[Measures], object]]]


def measured(names: tuple[str, ...], moments: Moments) -> dict[str, object]:
    """
    Return the named fields in order, each host's spelling of a field meaning the same.

    Raises:
        KeyError: a name that no host uses.
    """
    layout, epoch = _layout(names), moments.epoch
    told = Flat(layout.empty)
    for moment, at in moments.times().items():
        for field in layout.times.get(moment, ()):
            told[field] = epoch(at)
    for field, count in layout.counts:
        told[field] = count(moments.measures)
    return told


@lru_cache(maxsize=256)
def _layout(names: tuple[str, ...]) -> _Layout:
    known = {name: _SPELLINGS[name.lower()] for name in names}
    times: dict[str, list[str]] = defaultdict(list)
    for name, field in known.items():
        if field in _TIMES:
            times[_TIMES[field]].append(name)
    return _Layout(
        empty=Flat({name: _CONSTANTS.get(field, 0) for name, field in known.items()}),
        times=dict(times),
        counts=[(name, _COUNTS[field]) for name, field in known.items() if field in _COUNTS],
    )
