"""A server that does with each call what it is told to, and counts on its own what it gets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from bridge import MemoryTransport, Reason
from bridge.transport import Cut, TransportFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bridge import Reply
    from bridge.transport import Events, Headers, WireUpload

READABLE = {"Access-Control-Allow-Origin": "*"}
SCRIPTED: Mapping[str, Reason] = {
    "refuse": Reason.CONNECTION_REFUSED,
    "reset": Reason.CONNECTION_RESET,
}
"""What the server can do to a call -> what it then fails with."""


class Hasty:
    """Events of a transport that reports in bursts, whether or not the call still lives."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self.measures = events.measures

    def progress(self, sent: int, total: int) -> None:
        """Report in two steps at once."""
        self._events.progress(sent - 1, total)
        self._events.progress(sent, total)

    def headers(self, status: int, headers: Headers) -> None:
        """Report twice."""
        self._events.headers(status, headers)
        self._events.headers(status, headers)


class Server(MemoryTransport):
    """
    Holds every call until it is told what to do with it: `answer`, `refuse`, `reset` or `stall`.

    Args:
        see: takes what happens.
        latency: seconds before the body, and again before the answer.
        rate: bytes of the body per second; None for no delay.
    """

    def __init__(self, see: Callable[[str, int], None], latency: float, rate: float | None) -> None:
        super().__init__(headers=READABLE, latency=latency, rate=rate, steps=4)
        self._see = see
        self.holding: dict[int, asyncio.Future[None]] = {}
        """The calls that nothing was decided about."""
        self.decided: dict[int, str] = {}

    async def send(self, upload: WireUpload, events: Events) -> Reply:
        """Hold the call unless it was decided about; reset or stall it half way."""
        number = int(urlsplit(upload.url).path[1:])
        self._see("sent", number)
        try:
            return await self._decided(number, upload, cast("Events", Hasty(events)))
        except asyncio.CancelledError:
            # Closing a connection takes its time; until then the slot at the server is taken.
            await pause(5)
            raise
        finally:
            self._see("gone", number)

    def decide(self, number: int, what: str) -> None:
        """Say what becomes of a call, now that it is held or before it comes."""
        self.decided[number] = what
        held = self.holding.pop(number, None)
        if held is not None and not held.done():
            held.set_result(None)

    async def _decided(self, number: int, upload: WireUpload, events: Events) -> Reply:
        if number not in self.decided:
            held = self.holding[number] = asyncio.get_running_loop().create_future()
            try:
                await held
            finally:
                self.holding.pop(number, None)
        what = self.decided[number]
        if what == "refuse":
            raise TransportFailure(SCRIPTED[what])
        if what in ("reset", "stall"):
            cut = Cut(after=None, percent=50, kind="reset" if what == "reset" else "stall")
            upload = upload._replace(cut=cut)
        return await super().send(upload, events)


async def pause(count: int) -> None:
    """Let the loop go round."""
    for _ in range(count):
        await asyncio.sleep(0)
