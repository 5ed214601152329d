"""A progress bar on standard error, while a terminal watches and rich is there to draw it."""

from __future__ import annotations

import asyncio
import sys
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from rich.progress import Progress, TaskID

    from bridge.runtime import Bridge
    from bridge.trace import Record

_EVERY = 0.05


class Bar(Protocol):
    """What watches calls go by."""

    def following(self, bridge: Bridge) -> AbstractContextManager[None]:
        """Show the call that is made on this bridge inside the `with`."""


class Quiet:
    """The bar nobody sees."""

    def following(self, bridge: Bridge) -> AbstractContextManager[None]:  # noqa: ARG002  the protocol
        """Show nothing."""
        return nullcontext()


class Drawn:
    """A bar of rich: bytes, rate and remaining time of the call that runs."""

    def __init__(self, progress: Progress, count: int) -> None:
        self._progress = progress
        self._count = count
        self._done = 0
        self._timer: asyncio.TimerHandle | None = None

    @contextmanager
    def following(self, bridge: Bridge) -> Iterator[None]:
        """Show one call, then make room for the next."""
        self._done += 1
        place = f" ({self._done}/{self._count})" if self._count > 1 else ""
        task = self._progress.add_task(f"{bridge.target}{place}", total=None)
        self._tick(task, bridge)
        try:
            yield
        finally:
            if self._timer is not None:
                self._timer.cancel()
            self._progress.remove_task(task)

    def _tick(self, task: TaskID, bridge: Bridge) -> None:
        for record in bridge.calls:
            sent, total = seen(record)
            self._progress.update(task, completed=sent, total=total)
        self._timer = asyncio.get_running_loop().call_later(_EVERY, self._tick, task, bridge)


def seen(record: Record) -> tuple[int, int | None]:
    """Return the body bytes sent and expected, under whichever names the host reports them."""
    for _, name, payload in reversed(record.callbacks):
        if name == "progressUpdate":
            told = cast("dict[str, int]", payload)
            sent, total = told.get("totalBytesSent"), told.get("totalBytesExpectedToSend")
            return sent or told.get("totalBytesWritten", 0), total or told.get(
                "totalBytesExpectedToWrite"
            )
    return 0, None


@contextmanager
def bar_for(count: int, *, colour: bool) -> Iterator[Bar]:
    """Return a bar for so many calls: a drawn one where standard error is a terminal."""
    if not sys.stderr.isatty() or find_spec("rich") is None:
        yield Quiet()
        return
    from rich import progress  # noqa: PLC0415  40 ms, for a terminal only
    from rich.console import Console  # noqa: PLC0415

    console = Console(stderr=True, no_color=None if colour else True)
    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(compact=True),
    )
    with progress.Progress(*columns, console=console, transient=True) as drawn:
        yield Drawn(drawn, count)
