"""The numbers of `res.profile`, measured from the real transfer in epoch milliseconds."""

from __future__ import annotations

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

    `offset` is what makes epoch seconds of such a time.
    """

    invoked: float
    queued: float
    dequeued: float
    measures: Measures
    offset: float

    def times(self) -> dict[str, float]:
        """Return every moment by name; what never happened is absent."""
        known = self.measures.times
        times = {"invoked": self.invoked, "queued": self.queued, "dequeued": self.dequeued}
        if "fetch_start" in known:
            # A reused connection has its lookup and its connecting at the fetch start.
            times |= dict.fromkeys(_CONNECTING, known["fetch_start"])
        times |= known
        if "tls_start" in known and "connect_end" in known:
            times["tls_end"] = known["connect_end"]
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
        self._times = [(name, _TIMES[field]) for name, field in known.items() if field in _TIMES]
        self._counts = [(name, _COUNTS[field]) for name, field in known.items() if field in _COUNTS]

    def measured(self, moments: Moments) -> Flat[object]:
        """Return what the fields say of one call; what never happened is 0."""
        times, offset, measures = moments.times(), moments.offset, moments.measures
        told = Flat(self._empty)
        for name, moment in self._times:
            if moment in times:
                told[name] = int((times[moment] + offset) * 1000)
        for name, count in self._counts:
            told[name] = count(measures)
        return told
