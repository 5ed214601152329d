"""What a worker does: it plays a batch of scenarios and returns the lines to record."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Final

from bridge.comparison.given import Call
from bridge.conformance import virtual
from bridge.conformance.case import Case
from bridge.errors import BridgeError
from bridge.sweep import calls, cases, scripts
from bridge.sweep.carried import unpacked
from bridge.sweep.kept import kept
from bridge.sweep.play import Play
from bridge.sweep.scenario import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.sweep.kept import Kept
    from bridge.sweep.scenario import Scenario

Line = tuple[int, bytes]
"""The number of a scenario, and what is recorded of it: one line of JSON."""

SECONDS: Final = 1.0
"""How long a worker plays before it hands in what it has, so that little is lost with it."""

_VIRTUAL_SECONDS: Final = 1e7
"""The deadline in virtual time, in which the longest timeout costs nothing."""


def work(batch: tuple[Scenario, ...]) -> list[Line]:
    """
    Play scenarios of a batch until the time is up, at least one of them.

    Returns:
        The lines of those that were played; the others have to be asked for again.
    """
    own = kept()
    return _Shift(batch, own).lines()


class _Shift:
    """A batch in the hands of a worker."""

    def __init__(self, batch: tuple[Scenario, ...], own: Kept) -> None:
        self._batch = batch
        self._own = own
        self._until = time.monotonic() + SECONDS
        self._lines: list[Line] = []

    def lines(self) -> list[Line]:
        """Play what there is time for; each kind of time has a loop of its own."""
        ready = [(scenario, _prepared(scenario, self._own)) for scenario in self._batch]
        real = [pair for pair in ready if not _virtual(pair[1])]
        unreal = [pair for pair in ready if _virtual(pair[1])]
        if real:
            asyncio.run(self._play_all(real, self._batch[0].how.at_once))
        if unreal:
            # Nothing is waited for there, so there is nothing to gain by several at once.
            virtual.run(self._play_all(unreal, 1))
        return self._lines

    async def _play_all(self, pairs: list[tuple[Scenario, Play | Result]], at_once: int) -> None:
        waiting = iter(pairs)
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(self._play_on(waiting))

    async def _play_on(self, waiting: Iterator[tuple[Scenario, Play | Result]]) -> None:
        while not self._lines or time.monotonic() < self._until:
            pair = next(waiting, None)
            if pair is None:
                return
            scenario, play = pair
            result = play if isinstance(play, Result) else await _result(scenario, play)
            self._lines.append(line_of(scenario, result))


def _prepared(scenario: Scenario, own: Kept) -> Play | Result:
    try:
        what = unpacked(scenario.item, own).what
        if isinstance(what, Case):
            return cases.prepared(scenario, what, own)
        if isinstance(what, Call):
            return calls.prepared(scenario, what)
        return scripts.prepared(scenario, what, own)
    except Exception as error:  # noqa: BLE001  one scenario must not end a sweep
        return _broken(error)


async def _result(scenario: Scenario, play: Play) -> Result:
    seconds = _VIRTUAL_SECONDS if play.virtual else scenario.how.deadline
    try:
        async with asyncio.timeout(seconds):
            return await play.begin()
    except TimeoutError:
        return Result("failed", f"not over after {seconds:g} s")
    except Exception as error:  # noqa: BLE001  one scenario must not end a sweep
        return _broken(error)


def _broken(error: Exception) -> Result:
    """Return what a scenario came to that could not be played: the plan's fault, or ours."""
    if isinstance(error, BridgeError):
        return Result("failed", str(error))
    return Result("crashed", f"{type(error).__name__}: {error}")


def _virtual(play: Play | Result) -> bool:
    return isinstance(play, Play) and play.virtual


def line_of(scenario: Scenario, result: Result) -> Line:
    """Return what is recorded of a scenario."""
    record = result.record(scenario)
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    # Half a surrogate, which JavaScript can print, has no UTF-8 of its own.
    return scenario.number, text.encode(errors="backslashreplace") + b"\n"
