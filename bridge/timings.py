"""The numbers of `res.profile`, measured from the real transfer in epoch milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

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


@dataclass(frozen=True, slots=True)
class Moments:
    """
    When things happened to one call, in seconds of `loop.time()`.

    `epoch` turns such a time into whole epoch milliseconds.
    """

    invoked: float
    queued: float
    dequeued: float
    measures: Measures
    epoch: Callable[[float], int]

    def at(self, name: str) -> int:
        """Return when `name` happened, 0 if it never did."""
        time = self.measures.times.get(name)
        return 0 if time is None else self.epoch(time)

    def at_or_fetch(self, name: str) -> int:
        """Return when `name` happened, or the fetch start where a connection was reused."""
        return self.at(name if name in self.measures.times else "fetch_start")

    def kbps(self) -> int:
        """Return the download's kilobits per second, 0 when it was too short to tell."""
        times = self.measures.times
        seconds = times.get("response_end", 0.0) - times.get("response_start", 0.0)
        return round(self.measures.received_bytes * 8 / 1000 / seconds) if seconds > 0 else 0


_FIELDS: dict[str, Callable[[Moments], object]] = {
    "invokeStart": lambda m: m.epoch(m.invoked),
    "queueStart": lambda m: m.epoch(m.queued),
    "queueEnd": lambda m: m.epoch(m.dequeued),
    "redirectStart": lambda m: m.at("redirect_start"),
    "redirectEnd": lambda m: m.at("redirect_end"),
    "fetchStart": lambda m: m.at("fetch_start"),
    "domainLookUpStart": lambda m: m.at_or_fetch("dns_start"),
    "domainLookUpEnd": lambda m: m.at_or_fetch("dns_end"),
    "connectStart": lambda m: m.at_or_fetch("connect_start"),
    "connectEnd": lambda m: m.at_or_fetch("connect_end"),
    "SSLconnectionStart": lambda m: m.at("tls_start"),
    "SSLconnectionEnd": lambda m: m.at("connect_end") if m.at("tls_start") else 0,
    "requestStart": lambda m: m.at("request_start"),
    "requestEnd": lambda m: m.at("request_end"),
    "responseStart": lambda m: m.at("response_start"),
    "responseEnd": lambda m: m.at("response_end"),
    "rtt": lambda m: round(m.measures.rtt),
    "estimate_nettype": lambda _: 0,
    "httpRttEstimate": lambda _: 0,
    "transportRttEstimate": lambda _: 0,
    "downstreamThroughputKbpsEstimate": lambda _: 0,
    "throughputKbps": Moments.kbps,
    "peerIP": lambda m: m.measures.ip,
    "port": lambda m: m.measures.port,
    "socketReused": lambda m: m.measures.reused,
    "sendBytesCount": lambda m: m.measures.sent_bytes,
    "receivedBytedCount": lambda m: m.measures.received_bytes,
    "protocol": lambda _: "http1.1",
    "usingHighPerformanceMode": lambda _: False,
}
_SPELLINGS = {name.lower(): field for name, field in _FIELDS.items()}


def measured(names: tuple[str, ...], moments: Moments) -> dict[str, object]:
    """
    Return the named fields in order, each host's spelling of a field meaning the same.

    Raises:
        KeyError: a name that no host uses.
    """
    return {name: field(moments) for name, field in _fields(names)}


@cache
def _fields(names: tuple[str, ...]) -> list[tuple[str, Callable[[Moments], object]]]:
    return [(name, _SPELLINGS[name.lower()]) for name in names]
