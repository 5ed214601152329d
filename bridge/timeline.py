"""A script of network conditions as it is played: one step after the other, by time or by byte."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bridge.conditions import Step


class Timeline:
    """
    The steps that are still to come; each waits for the one before it.

    Args:
        steps: what happens, in order.
        act: carries out one step.
    """

    def __init__(self, steps: Iterable[Step], act: Callable[[Step], None]) -> None:
        self._steps = deque(steps)
        self._act = act
        self._began: float | None = None
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Start the clock, with the first call that is made."""
        if self._began is None:
            self._began = self._last = asyncio.get_running_loop().time()
            self._wait()

    def stop(self) -> None:
        """Let nothing more happen."""
        self._steps.clear()
        if self._timer is not None:
            self._timer.cancel()

    def mark(self, total: int) -> int | None:
        """Return the byte of a body at which the next step happens; None for none."""
        at = self._steps[0].at if self._steps else None
        return None if at is None or at.timed else at.place(total)

    def reach(self) -> None:
        """Have the next step happen, at the byte it waited for, and wait for the one after it."""
        self._happen(asyncio.get_running_loop().time())
        self._wait()

    def _wait(self) -> None:
        """Have happen what is due, and set the timer for the next step that has a time."""
        loop = asyncio.get_running_loop()
        while self._steps and self._steps[0].at.timed:
            at = self._steps[0].at
            due = at.value + (self._last if at.unit == "+s" else self._began or 0.0)
            if due > loop.time():
                self._timer = loop.call_at(due, self._ring, due)
                return
            self._happen(due)

    def _ring(self, due: float) -> None:
        self._happen(due)
        self._wait()

    def _happen(self, now: float) -> None:
        self._last = now
        self._act(self._steps.popleft())
