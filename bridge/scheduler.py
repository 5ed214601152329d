"""
Slots: at most `limit` calls run at once; the rest wait in order, or are refused.

A waiting call is one entry in a deque. At most `limit` worker tasks exist, each running one call
after the other; a call that ended while it waited is skipped when its turn comes.
"""

from __future__ import annotations

import asyncio
import types
from collections import deque
from typing import TYPE_CHECKING, Generic, Literal, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

Place = Literal["slot", "queue", "refused"]


class Scheduled(Protocol):
    """What the scheduler needs of a call."""

    worker: asyncio.Task[None] | None
    """The task that runs it, while there is something to cancel."""

    @property
    def settled(self) -> bool:
        """Tell whether the call has ended."""


C = TypeVar("C", bound=Scheduled)


class Scheduler(Generic[C]):
    """
    One bucket of slots.

    Args:
        limit: calls that run at once; None for no limit.
        overflow: what happens to one more: it waits (`queue`) or is refused (`reject`).
        run: runs one call and never raises, cancellation apart.
    """

    def __init__(
        self,
        limit: int | None,
        overflow: Literal["queue", "reject"],
        run: Callable[[C], Awaitable[None]],
    ) -> None:
        self._limit = limit
        self._overflow = overflow
        self._run = run
        self._live = 0
        self._waiting: deque[C] = deque()
        self._workers: set[asyncio.Task[None]] = set()
        self._free = 0  # workers that are about to look for the next call

    def submit(self, call: C) -> Place:
        """Give a call a slot or a place in the queue, or refuse it; it starts on a later tick."""
        full = self._limit is not None and self._live >= self._limit
        if full and self._overflow == "reject":
            return "refused"
        self._live += 1
        self._waiting.append(call)
        if len(self._waiting) > self._free and (
            self._limit is None or len(self._workers) < self._limit
        ):
            self._workers.add(asyncio.get_running_loop().create_task(self._work()))
            self._free += 1
        return "queue" if full else "slot"

    def finish(self, call: C) -> None:
        """Note that nothing is left to run of a call but its end: its worker is free for others."""
        if call.worker is not None:
            call.worker = None
            self._free += 1

    def release(self, call: C) -> None:
        """Free the slot or place of a call that has just settled, and stop what still runs."""
        self._live -= 1
        if call.worker is not None:
            call.worker.cancel()

    async def drained(self) -> None:
        """Wait until no worker is left; every call must have settled before."""
        if self._workers:
            await asyncio.wait(self._workers)

    async def _work(self) -> None:
        worker = cast("asyncio.Task[None]", asyncio.current_task())
        try:
            while self._waiting:
                call = self._waiting.popleft()
                if call.settled:
                    continue
                call.worker = worker
                self._free -= 1
                try:
                    await self._run(call)
                except asyncio.CancelledError:
                    if not call.settled:
                        raise
                finally:
                    self.finish(call)
                await _pause(worker)
        finally:
            # At once, not when the task is done: a call submitted in between would have no worker.
            self._workers.discard(worker)
            self._free -= 1


@types.coroutine
def _turn() -> Generator[None, None, None]:
    """Let the loop come round once, as `asyncio.sleep(0)` does."""
    yield


async def _pause(worker: asyncio.Task[None]) -> None:
    """
    Let others have the loop between two calls: some, such as those made offline, never wait.

    Whoever was told of the end may make the next call meanwhile, which then needs no new task.

    The cancellation that ended the one is taken back, so that it cannot reach the next: a call
    aborted from inside its own last step is cancelled with nothing left to await.
    """
    cancelled = worker.cancelling()
    try:
        await _turn()
    except asyncio.CancelledError:
        if not cancelled:
            raise
    while worker.cancelling():
        worker.uncancel()
