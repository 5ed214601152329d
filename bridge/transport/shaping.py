"""
Bandwidth and latency: when bytes may pass, on the loop's own clock.

A transport asks before each piece it sends or hands on, and waits; nothing is buffered, and no
thread is used. What is shaped is one phone's network, so its calls share the bandwidth.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bridge.conditions import Slow

_SPAN = 0.02  # seconds that one piece takes, so that a change of the bandwidth is felt soon
_LEAST, _MOST = 512, 64 * 1024
_LATE = 0.25  # seconds a transfer may be behind and still catch up: timers ring late, never early


class Lane:
    """
    One direction of a network: pieces pass one after the other, at so many bytes a second.

    Attributes:
        rate: the bandwidth; None for any.
    """

    def __init__(self) -> None:
        self.rate: float | None = None
        self._free = 0.0

    @property
    def piece(self) -> int:
        """The bytes that pass in one go."""
        return _MOST if self.rate is None else min(_MOST, max(_LEAST, int(self.rate * _SPAN)))

    async def take(self, count: int, *, first: bool) -> None:
        """
        Wait until so many bytes have passed.

        Args:
            count: bytes of one piece.
            first: whether the transfer begins with it; then nothing is caught up.
        """
        if self.rate is None:
            await asyncio.sleep(0)
            return
        now = asyncio.get_running_loop().time()
        start = self._free if self._free > now or not (first or now - self._free > _LATE) else now
        self._free = start + count / self.rate
        if self._free > now:
            await asyncio.sleep(self._free - now)


class Link:
    """
    What a phone's network lets through now; its conditions may change while calls are on the way.

    Args:
        seed: makes the jitter repeat.
    """

    def __init__(self, seed: int) -> None:
        self.up = Lane()
        self.down = Lane()
        self.latency = self.jitter = 0.0
        self.seed = seed
        self.broken = 0
        """How often every connection was lost; a call of before goes no further."""
        self._moving = asyncio.Event()
        self._moving.set()

    def shape(self, slow: Slow | None) -> None:
        """Be as slow as that from now on, or not at all."""
        self.up.rate, self.down.rate = (slow.up, slow.down) if slow else (None, None)
        self.latency, self.jitter = (slow.latency, slow.jitter) if slow else (0.0, 0.0)

    def stall(self, *, stalled: bool) -> None:
        """Let nothing pass, or let things pass again."""
        if stalled:
            self._moving.clear()
        else:
            self._moving.set()

    async def moving(self) -> None:
        """Wait while nothing passes."""
        if not self._moving.is_set():
            await self._moving.wait()


class Marks(Protocol):
    """The places in a body at which something happens to the network."""

    def mark(self, total: int) -> int | None:
        """Return the next one in a body of `total` bytes; None for none."""

    def reach(self) -> None:
        """Have it happen."""


class Passage:
    """
    The way of one call through a link.

    Args:
        link: what it passes.
        marks: what happens at which byte of its body.
        number: the call's, which its jitter is drawn for.
    """

    def __init__(self, link: Link, marks: Marks, number: int) -> None:
        self._link = link
        self._marks = marks
        self._broken = link.broken
        self._random = random.Random(f"{link.seed}/{number}")  # noqa: S311  a wait, not a secret
        self._begun: set[Lane] = set()

    @property
    def latency(self) -> float:
        """The seconds that a round trip takes longer, jitter aside."""
        return self._link.latency

    def piece(self, sent: int, total: int) -> int:
        """
        Return how many bytes of a body may be sent in one go, up to where something happens.

        Args:
            sent: bytes of it that have left; what is to happen there happens now.
            total: bytes it has.
        """
        at = self._marks.mark(total)
        while at is not None and sent >= at:
            self._marks.reach()
            at = self._marks.mark(total)
        piece = self._link.up.piece
        return piece if at is None else min(piece, at - sent)

    async def send(self, count: int) -> None:
        """Wait until a piece of the body may leave."""
        await self._pass(self._link.up, count)

    async def receive(self, count: int) -> None:
        """Wait until so many bytes of an answer have arrived."""
        lane = self._link.down
        while count > 0:
            piece = min(count, lane.piece)
            await self._pass(lane, piece)
            count -= piece

    async def round_trip(self) -> None:
        """Wait as long as a round trip takes longer than here."""
        link = self._link
        drawn = self._random.uniform(-link.jitter, link.jitter)
        await asyncio.sleep(max(0.0, link.latency + drawn))
        await self._goes_on()

    async def _pass(self, lane: Lane, count: int) -> None:
        await self._goes_on()
        await lane.take(count, first=lane not in self._begun)
        self._begun.add(lane)
        await self._goes_on()

    async def _goes_on(self) -> None:
        """Wait while nothing passes; for ever once the connection is lost, until it is dropped."""
        await self._link.moving()
        if self._broken != self._link.broken:
            await asyncio.get_running_loop().create_future()
