"""Cases played in several processes: each takes some of the targets."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Final

from bridge.conformance.run import run
from bridge.conformance.scene import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bridge.conformance.case import Case
    from bridge.conformance.judge import Verdict

_WORTH_A_PROCESS: Final = 200
"""Pairs of a case and a target from which on a process pays for its start."""


def run_spread(
    cases: Iterable[Case],
    targets: Iterable[str | Place],
    engine: str = "python",
    *,
    processes: int | None = None,
) -> list[Verdict]:
    """
    Do what `run` does, in as many processes as there are cores where there is enough to do.

    Args:
        cases: what to play.
        targets: addresses of targets, or places with readings of their own.
        engine: `python`, `node` or `quickjs`.
        processes: how many instead.

    Raises:
        BridgeError: an unknown engine or target.
        MissingEngineError: the engine cannot be started here.
    """
    listed = list(cases)
    places = [each if isinstance(each, Place) else Place(each) for each in targets]
    most = min(len(places), processes or _useful(len(listed) * len(places)))
    if most < 2:  # noqa: PLR2004  one process is this one
        return run(listed, places, engine)
    # Neighbours in the list are alike in what they cost, so they are dealt out in turn.
    hands = [places[at::most] for at in range(most)]
    with ProcessPoolExecutor(most, multiprocessing.get_context("spawn")) as pool:
        dealt = list(pool.map(run, [listed] * most, hands, [engine] * most))
    return list(_gathered(dealt, len(places), len(listed)))


def _useful(pairs: int) -> int:
    return min(os.cpu_count() or 1, pairs // _WORTH_A_PROCESS)


def _gathered(dealt: Sequence[list[Verdict]], places: int, cases: int) -> Iterator[Verdict]:
    """Return the verdicts target by target, in the order in which the targets were dealt out."""
    for place in range(places):
        turn, hand = divmod(place, len(dealt))
        yield from dealt[hand][turn * cases : (turn + 1) * cases]
