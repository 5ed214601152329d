"""An event loop whose time passes at once: when nothing is left to do, the next timer is due."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any, TypeVar

    Result = TypeVar("Result")


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0


class _Selector(selectors.SelectSelector):
    """A selector that does not wait, but moves the clock by as long as it would have waited."""

    def __init__(self, clock: _Clock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            # Nothing is timed: only another thread can wake this loop, and it has to be waited for.
            return super().select(None)
        if not ready and timeout:
            self._clock.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """
    A loop in virtual time.

    It suits what waits for timers only: work on sockets or in threads takes no time here.
    """

    def __init__(self) -> None:
        self._virtual = _Clock()
        super().__init__(_Selector(self._virtual))

    def time(self) -> float:
        """Return the virtual time in seconds; it begins at zero."""
        return self._virtual.now

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ARG002, ASYNC109  the base's own
        """Wait until the threads have ended; a timeout for that would pass at once."""
        await super().shutdown_default_executor()


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
