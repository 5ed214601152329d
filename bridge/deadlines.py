"""Time limits: one timer for all calls that may take equally long, not one for each call."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable


class Limited(Protocol):
    """What the deadlines need of a call."""

    timeout: float | None
    """The seconds it may take; None as long as no time runs."""


C = TypeVar("C", bound=Limited)


class Deadlines(Generic[C]):
    """
    The calls whose time is running.

    Args:
        expire: ends a call whose time is over.
    """

    def __init__(self, expire: Callable[[C], None]) -> None:
        self._expire = expire
        self._lines: dict[float, _Line[C]] = {}

    def start(self, call: C, seconds: float, now: float) -> None:
        """Give a call so many seconds from `now` on, a moment of `loop.time()`."""
        line = self._lines.get(seconds)
        if line is None:
            line = self._opened(seconds)
        call.timeout = seconds
        due = line.due[call] = now + seconds
        if line.timer is None:
            line.set(due)

    def stop(self, call: C) -> None:
        """Forget a call that has ended."""
        if call.timeout is not None:
            del self._lines[call.timeout].due[call]
            call.timeout = None

    def rest(self) -> None:
        """Stop the timers that no call needs now."""
        for line in self._lines.values():
            line.rest()

    def _opened(self, seconds: float) -> _Line[C]:
        """Begin a line, and forget those that nobody stands in."""
        self.rest()
        self._lines = {known: line for known, line in self._lines.items() if line.due}
        line = self._lines[seconds] = _Line(self._end)
        return line

    def _end(self, call: C) -> None:
        call.timeout = None
        self._expire(call)


class _Line(Generic[C]):
    """
    Calls of one limit: their time is over in the order in which it began.

    The timer is set for the first call, or still for one before it that has ended: not to set it
    anew for every call is the point.
    """

    __slots__ = ("_end", "due", "timer")

    def __init__(self, end: Callable[[C], None]) -> None:
        self._end = end
        self.timer: asyncio.TimerHandle | None = None
        self.due: OrderedDict[C, float] = OrderedDict()

    def rest(self) -> None:
        if self.timer is not None and not self.due:
            self.timer.cancel()
            self.timer = None

    def set(self, due: float) -> None:
        self.timer = asyncio.get_running_loop().call_at(due, self._ring, due)

    def _ring(self, rang: float) -> None:
        """End the first call if its time is over, once the timer is set for the next."""
        self.timer = None
        first = next(iter(self.due.values()), None)
        over = None if first is None or first > rang else self.due.popitem(last=False)[0]
        if self.due:
            self.set(next(iter(self.due.values())))
        if over is not None:
            self._end(over)
