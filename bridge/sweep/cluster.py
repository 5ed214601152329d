"""Workers of a Dask cluster, on this machine or on many."""

from __future__ import annotations

import time
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from bridge.errors import BridgeError, MissingError
from bridge.sweep.work import work

if TYPE_CHECKING:
    from concurrent.futures import Future

    from bridge.sweep.scenario import Scenario
    from bridge.sweep.work import Line

_CONNECT_SECONDS: Final = 10
_LOOK_SECONDS: Final = 2.0
"""How often the scheduler is asked for the number of its workers."""
_EACH: Final = 2
"""Batches per thread: one that runs, and one that has arrived when it is done."""


class Cluster:
    """
    The workers of a Dask scheduler; `close` leaves them to others.

    Dask runs the batches of a lost worker elsewhere by itself, and gives one up that has lost it
    several workers.

    Args:
        address: where the scheduler listens, such as `tcp://10.0.0.1:8786`.

    Raises:
        MissingError: `distributed` is not installed.
        BridgeError: no scheduler answers there.
    """

    shared: Final = True

    def __init__(self, address: str) -> None:
        dask = _distributed()
        self._address = address
        self._look, self._width = 0.0, 0
        self._killed: Any = dask.scheduler.KilledWorker
        try:
            dask.comm.resolve_address(address)
            self._client = dask.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise BridgeError(f"no Dask scheduler answers at {address!r}: {error}") from error
        self._executor = self._client.get_executor(pure=False)

    @property
    def width(self) -> int:
        """How many batches keep the workers busy that are there; raises `BridgeError`."""
        if time.monotonic() >= self._look:
            self._look = time.monotonic() + _LOOK_SECONDS
            try:
                threads = self._client.scheduler_info(n_workers=0)["total_threads"]
            except OSError as error:
                gone = f"the Dask scheduler at {self._address!r} answers no more"
                raise BridgeError(f"{gone}; --resume goes on from what is recorded") from error
            self._width = _EACH * max(1, threads)
        return self._width

    def submit(self, batch: tuple[Scenario, ...]) -> Future[list[Line]]:
        """Give a batch to whichever worker is free."""
        future: Future[list[Line]] = self._executor.submit(work, batch)
        return future

    def losses(self, error: BaseException) -> int:
        """Tell how many workers died over a batch that ended in this error."""
        return error.allowed_failures + 1 if isinstance(error, self._killed) else 0

    def close(self) -> None:
        """Give up what is still running, and the connection."""
        self._executor.shutdown(wait=False)
        self._client.close()


def _distributed() -> Any:  # noqa: ANN401  it is an extra, which may not be installed
    try:
        return import_module("distributed")
    except ModuleNotFoundError as error:
        ways = "pip install 'minibridge[sweep]'"
        raise MissingError(f"--scheduler needs Dask's distributed: {ways}") from error
