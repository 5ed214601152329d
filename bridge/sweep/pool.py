"""Workers on this machine: processes, each in a pool of its own, so that none takes others down."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, get_context, parent_process
from typing import TYPE_CHECKING, Final

from bridge.errors import BridgeError
from bridge.sweep.work import work

if TYPE_CHECKING:
    from concurrent.futures import Future

    from bridge.sweep.scenario import Scenario
    from bridge.sweep.work import Line

_START_SECONDS: Final = 60.0


class Pool:
    """
    So many worker processes; `close` ends them.

    Args:
        size: how many.
    """

    shared: Final = False

    def __init__(self, size: int) -> None:
        self.width = size
        self._idle = [_Lane() for _ in range(size)]
        self._lanes = list(self._idle)

    def submit(self, batch: tuple[Scenario, ...]) -> Future[list[Line]]:
        """
        Give a batch to an idle worker, to a new one where it has died; `width` of them at most.

        Raises:
            BridgeError: no worker process can be started.
        """
        lane = self._idle.pop()
        try:
            future = lane.submit(batch)
        except BrokenProcessPool:
            lane = self._replaced(lane)
            future = lane.submit(batch)
        future.add_done_callback(lambda _: self._idle.append(lane))
        return future

    def losses(self, error: BaseException) -> int:
        """Tell how many workers died over a batch that ended in this error."""
        return int(isinstance(error, BrokenProcessPool))

    def close(self) -> None:
        """End all workers: those that have nothing to do in order, the others at once."""
        for lane in self._lanes:
            if lane not in self._idle:
                lane.kill()
        for lane in self._lanes:
            lane.join()

    def _replaced(self, lane: _Lane) -> _Lane:
        # Engine processes may have outlived it.
        lane.kill()
        lane.join()
        self._lanes.remove(lane)
        self._lanes.append(_Lane())
        return self._lanes[-1]


class _Lane:
    """One worker process."""

    def __init__(self) -> None:
        # A forked one would hold on to the results file, and to what other threads had locked.
        self._executor = ProcessPoolExecutor(1, get_context("spawn"), initializer=_begin)
        self._pid = self._executor.submit(os.getpid)

    def submit(self, batch: tuple[Scenario, ...]) -> Future[list[Line]]:
        """Give it a batch; raises `BrokenProcessPool` when it has died since it was started."""
        try:
            self._pid.result(_START_SECONDS)
        except (BrokenProcessPool, TimeoutError) as error:
            raise BridgeError(f"no worker process can be started here: {error}") from error
        return self._executor.submit(work, batch)

    def kill(self) -> None:
        """End it at once, with the engine processes it has started; safe after its death."""
        if not self._pid.done() or self._pid.exception() is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            return
        with contextlib.suppress(ProcessLookupError):
            _end(self._pid.result())

    def join(self) -> None:
        """Wait until it has ended."""
        self._executor.shutdown(cancel_futures=True)


if sys.platform == "win32":  # pragma: no cover  written for Windows, not run there

    def _end(pid: int) -> None:
        os.kill(pid, signal.SIGTERM)

    def _lead() -> None:
        """Do nothing: there are no process groups."""

else:

    def _end(pid: int) -> None:
        os.killpg(pid, signal.SIGKILL)

    def _lead() -> None:
        """Lead a group, which the terminal's interrupt does not reach and which ends as one."""
        os.setsid()


def _begin() -> None:
    """Make a new process a worker."""
    _lead()
    threading.Thread(target=_outlive_nobody, daemon=True).start()


def _outlive_nobody() -> None:
    """End this worker and its engines when whoever started it is gone, however that came."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        _end(os.getpid())
