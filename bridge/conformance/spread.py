"""Cases played in several processes: each takes some of the targets."""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor, wait
from multiprocessing import connection
from typing import TYPE_CHECKING, ClassVar, Final

from bridge.conformance.run import run
from bridge.conformance.scene import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from multiprocessing.sharedctypes import SynchronizedArray

    from bridge.conformance.case import Case
    from bridge.conformance.judge import Verdict

    Told = Callable[[int, int, int], None]

_WORTH_A_PROCESS: Final = 200
"""Pairs of a case and a target from which on a process pays for its start."""
_EVERY: Final = 0.1
"""Seconds between two looks at what the processes have found."""


def run_spread(
    cases: Iterable[Case],
    targets: Iterable[str | Place],
    engine: str = "python",
    *,
    processes: int | None = None,
    told: Told = lambda *_: None,
) -> list[Verdict]:
    """
    Do what `run` does, in as many processes as there are cores where there is enough to do.

    Args:
        cases: what to play.
        targets: addresses of targets, or places with readings of their own.
        engine: `python`, `node` or `quickjs`.
        processes: how many instead.
        told: is told now and then how many pairs were played, how many of these failed, and how
            many were skipped.

    Raises:
        BridgeError: an unknown engine or target.
        MissingEngineError: the engine cannot be started here.
    """
    listed = list(cases)
    places = [each if isinstance(each, Place) else Place(each) for each in targets]
    most = min(len(places), processes or _useful(len(listed) * len(places)))
    if most < 2:  # noqa: PLR2004  one process is this one
        return run(listed, places, engine, told=teller(told))
    # Neighbours in the list are alike in what they cost, so they are dealt out in turn.
    hands = [places[at::most] for at in range(most)]
    context = multiprocessing.get_context("spawn")
    numbers = context.Array("L", 3)
    held, holding = context.Pipe(duplex=False)
    with held, holding, ProcessPoolExecutor(most, context, _share, (numbers, held)) as pool:
        try:
            playing = [pool.submit(_hand, listed, hand, engine) for hand in hands]
            while wait(playing, _EVERY).not_done:
                told(*numbers[:])
            dealt = [each.result() for each in playing]
        except BaseException:
            # An interrupt would else wait until all is played.
            holding.close()
            raise
    told(*numbers[:])
    return list(_gathered(dealt, len(places), len(listed)))


class _Shared:
    """Where a process finds the numbers that all of its run count together."""

    numbers: ClassVar[SynchronizedArray[int]]


def _share(numbers: SynchronizedArray[int], held: connection.Connection) -> None:
    _Shared.numbers = numbers
    threading.Thread(target=_outlive_nobody, args=(held,), daemon=True).start()


def _outlive_nobody(held: connection.Connection) -> None:
    """End this process when nobody holds the other end of its pipe, however that came."""
    connection.wait([held])
    os._exit(1)


def _hand(cases: list[Case], places: list[Place], engine: str) -> list[Verdict]:
    """Play cases in a process of its own, counting for whoever waits."""
    numbers = _Shared.numbers

    def count(verdict: Verdict) -> None:
        with numbers.get_lock():
            _add(verdict, numbers)

    return run(cases, places, engine, told=count)


def teller(told: Told) -> Callable[[Verdict], None]:
    """Return what counts verdicts and tells the numbers."""
    numbers = [0, 0, 0]

    def count(verdict: Verdict) -> None:
        _add(verdict, numbers)
        told(*numbers)

    return count


def _add(verdict: Verdict, numbers: SynchronizedArray[int] | list[int]) -> None:
    """Count a verdict among those played, those that failed, or those skipped."""
    skipped = verdict.outcome == "skipped"
    numbers[0] += not skipped
    numbers[1] += verdict.outcome == "failed"
    numbers[2] += skipped


def _useful(pairs: int) -> int:
    return min(os.cpu_count() or 1, pairs // _WORTH_A_PROCESS)


def _gathered(dealt: Sequence[list[Verdict]], places: int, cases: int) -> Iterator[Verdict]:
    """Return the verdicts target by target, in the order in which the targets were dealt out."""
    for place in range(places):
        turn, hand = divmod(place, len(dealt))
        yield from dealt[hand][turn * cases : (turn + 1) * cases]
