"""
What one upload is seen to do: times, addresses and byte counts, from the layers below the request.

The watch of an upload travels in its context, so that a resolver, a socket factory or a TLS
handshake that aiohttp runs for it knows whose time it is marking.
"""

from __future__ import annotations

import ssl
from contextvars import ContextVar
from itertools import chain
from typing import TYPE_CHECKING

from aiohttp.streams import EMPTY_PAYLOAD

from bridge.transport import free

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from aiohttp.abc import AbstractStreamWriter
    from multidict import MultiMapping

    from bridge.transport import Events
    from bridge.transport.head import Head
    from bridge.transport.shaping import Passage
_HOP_TIMES = (
    "dns_start",
    "dns_end",
    "connect_start",
    "connect_end",
    "tls_start",
    "request_start",
    "request_end",
    "response_start",
    "response_end",
)


class Watch:
    """
    Fills the measures of one upload from what the layers below report.

    Args:
        events: what is told of it.
        clock: returns seconds of `loop.time()`.
        passage: asked for what slows it.
    """

    def __init__(
        self, events: Events, clock: Callable[[], float], passage: Callable[[], Passage | None]
    ) -> None:
        self.measures = events.measures
        self.passage = passage
        self._times = events.measures.times
        self._clock = clock
        self._writer: AbstractStreamWriter | None = None
        self.transport: asyncio.WriteTransport | None = None
        self._left_host = False

    def mark(self, name: str) -> None:
        """Note that `name` happened now."""
        self._times[name] = self._clock()

    def start_hop(self, dialled: str) -> None:
        """Forget the hop before: its times and its connection."""
        if self._times:
            for name in _HOP_TIMES:
                self._times.pop(name, None)
        self.measures.reused = False
        self.measures.dialled = dialled
        self._writer = self.transport = None
        self.mark("fetch_start")

    def note_peer(self, address: str, port: int) -> None:
        """Note who is at the other end."""
        self.measures.ip, self.measures.port = address, port

    def note_attempt(self, address: str, port: int) -> None:
        """Note that a connection is being opened; of several attempts the first is its start."""
        self.note_peer(address, port)
        if "connect_start" not in self._times:
            self.mark("connect_start")

    async def note_connected(self) -> None:
        """Have a new connection, and its TLS handshake, take as long as the network makes them."""
        passage = self.passage()
        if passage is None or "connect_start" not in self._times:
            return
        began = self._clock()
        await passage.round_trip()
        if "tls_start" in self._times:
            # The handshake has been made already; it is felt after the time of connecting.
            self._times["tls_start"] += self._clock() - began
            await passage.round_trip()

    def note_request(self, writer: AbstractStreamWriter, headers: MultiMapping[str]) -> None:
        """
        Note that the request is leaving, which it does in the moment its connection is there.

        A body may have started already, in the same turn of the loop; then that is the moment.
        """
        self._writer = writer
        self.transport = transport = writer.transport
        peer = None if transport is None else transport.get_extra_info("peername")
        if peer:
            self.note_peer(peer[0], peer[1])
        times, measures = self._times, self.measures
        started = times.setdefault("request_start", self._clock())
        measures.request_headers = headers.items()
        measures.reused = "connect_start" not in times
        if not measures.reused:
            times["connect_end"] = started

    def note_no_body(self) -> None:
        """Note that the request ended with its head."""
        self._times["request_end"] = self._times["request_start"]

    def note_redirect(self, *, same_host: bool) -> None:
        """Extend the redirect times, which exist only while every hop stays on one host."""
        times = self._times
        self._left_host = self._left_host or not same_host
        if self._left_host:
            times.pop("redirect_start", None)
            times.pop("redirect_end", None)
        else:
            times.setdefault("redirect_start", times["fetch_start"])
            self.mark("redirect_end")

    def note_received(self, head: Head) -> None:
        """Add an answer: status line, headers and what its body took on the wire."""
        line = len(f"HTTP/1.1 {head.status} {head.reason}\r\n")
        lines = head.raw_headers
        fields = sum(map(len, chain.from_iterable(lines))) + 4 * len(lines)
        # aiohttp's stand-in for an answer without a body cannot tell its raw size.
        body = 0 if head.content is EMPTY_PAYLOAD else head.content.total_raw_bytes
        self.measures.received_bytes += line + fields + 2 + body

    def release(self) -> None:
        """Let go of the call: a connection keeps the watch of the upload that opened it."""
        self.passage = free

    def end_hop(self) -> None:
        """Add what this hop sent, headers included."""
        if self._writer is not None:
            self.measures.sent_bytes += self._writer.output_size


current: ContextVar[Watch] = ContextVar("watch")


def mark(name: str) -> None:
    """Mark a time for the upload this context belongs to, if it belongs to one."""
    watch = current.get(None)
    if watch is not None:
        watch.mark(name)


class TimedTls(ssl.SSLObject):
    """Marks when a handshake starts; its context is the upload that opened the connection."""

    def do_handshake(self) -> None:
        """Take the next step of the handshake; the first one is its start."""
        watch = current.get(None)
        if watch is not None and "tls_start" not in watch.measures.times:
            watch.mark("tls_start")
        super().do_handshake()
