"""What a body tells of itself while it is sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bridge.transport.connection import round_trip

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter

    from bridge.transport import Events


class Telling:
    """
    The progress and the times of one body: never backwards, and nothing of a call that ends.

    Args:
        events: what is told.
        total: bytes of the body.
        loop: the loop it is sent on.
    """

    __slots__ = ("_events", "_measures", "_reported", "_task", "_total", "loop")

    def __init__(self, events: Events, total: int, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._events = events
        self._measures = events.measures
        self._task = asyncio.current_task(loop)
        self._total = total
        self._reported = 0

    def begin(self) -> None:
        """Note that an attempt begins, which starts the request unless its head has."""
        self._measures.body_bytes = 0
        self._measures.times.setdefault("request_start", self.loop.time())

    def reach(self, sent: int) -> None:
        """Note that `sent` bytes have left, and tell it unless the upload is being cancelled."""
        self._measures.body_bytes = sent
        if sent <= self._reported or (self._task is not None and self._task.cancelling()):
            return
        self._reported = sent
        self._events.progress(sent, self._total)

    def end(self, writer: AbstractStreamWriter, latency: float = 0.0) -> None:
        """Note that all has left, over a network that adds `latency` seconds to a round trip."""
        self._measures.times["request_end"] = self.loop.time()
        self._measures.rtt = round_trip(writer) + latency * 1000
