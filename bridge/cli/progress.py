"""
Progress bars on standard error, while a terminal watches and rich is there to draw them.

All of them show how far it is, how fast, and how long it will take; none outlives its command.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from rich.console import Console
    from rich.progress import Progress, TaskID

    from bridge.runtime import Bridge
    from bridge.trace import Record

_EVERY: Final = 0.05
_SOON: Final = 0.2
"""Seconds that a call may take before it is worth a bar."""
_WHOLE: Final = 10
"""Things a second from which tenths say nothing."""

Count = Callable[[int, int, int], None]


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
        task = self._progress.add_task(f"{bridge.target}{place}", total=None, visible=False)
        self._later(_SOON, task, bridge)
        try:
            yield
        finally:
            if self._timer is not None:
                self._timer.cancel()
            self._progress.remove_task(task)

    def _tick(self, task: TaskID, bridge: Bridge) -> None:
        for record in bridge.calls:
            sent, total = seen(record)
            self._progress.update(task, completed=sent, total=total, visible=True)
        self._later(_EVERY, task, bridge)

    def _later(self, seconds: float, task: TaskID, bridge: Bridge) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, self._tick, task, bridge)


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
    if not is_watched():
        yield Quiet()
        return
    from rich import progress  # noqa: PLC0415  40 ms, for a terminal only

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(compact=True),
    )
    with progress.Progress(*columns, console=_console(colour=colour), transient=True) as drawn:
        yield Drawn(drawn, count)


@contextmanager
def counted(total: int, done: int = 0, *, colour: bool) -> Iterator[Count]:
    """
    Draw a bar of so many things, where a terminal watches.

    Args:
        total: how many there are.
        done: how many there were at first, which say nothing of the speed.
        colour: whether it may be coloured.

    Yields:
        what is told how many are done, how many of these failed, and how many need not be done.
    """
    if not is_watched():
        yield lambda _, __, ___: None
        return
    from rich import progress  # noqa: PLC0415  40 ms, for a terminal only

    columns = (
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeRemainingColumn(),
        progress.TextColumn("[red]{task.fields[failed]}"),
    )
    with progress.Progress(*columns, console=_console(colour=colour), transient=True) as drawn:
        task = drawn.add_task("", total=total, completed=done, rate="", failed="")
        began = time.monotonic()

        def count(now: int, failed: int, needless: int) -> None:
            speed = (now - done) / (time.monotonic() - began)
            rate = f"{speed:,.0f}/s" if speed >= _WHOLE else f"{speed:.1f}/s"
            told = f"{failed:,} failed" if failed else ""
            whole = total - needless
            drawn.update(task, total=whole, completed=now, rate=rate, failed=told)

        yield count


def is_watched() -> bool:
    """Tell whether a terminal watches, and rich is there to draw on it."""
    return sys.stderr.isatty() and find_spec("rich") is not None


def _console(*, colour: bool) -> Console:
    from rich.console import Console  # noqa: PLC0415

    return Console(stderr=True, no_color=None if colour else True)
