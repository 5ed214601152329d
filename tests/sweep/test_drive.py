"""The driver: batches handed out, losses played again, each scenario recorded once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

import pytest

from bridge import BridgeError
from bridge.sweep.drive import BATCH, TRIES, Drive
from bridge.sweep.ledger import Ledger, records
from bridge.sweep.reading import read
from bridge.sweep.scenario import Result
from bridge.sweep.work import line_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.sweep.scenario import Scenario
    from bridge.sweep.work import Line
    from tests.sweep.folders import Folder


class Here:
    """
    Workers that play at once, in this process, and die when they are told to.

    Attributes:
        batches: the numbers of each batch that was handed out.
        beside: for each of them, how many others the driver had not taken back.
    """

    def __init__(
        self, plays: Callable[[int], bool], *, shared: bool = False, width: int = 2
    ) -> None:
        self.shared = shared
        self.batches: list[tuple[int, ...]] = []
        self.beside: list[int] = []
        self._plays = plays
        self._width = width
        self._out = 1

    @property
    def width(self) -> int:
        """How many may be out; the driver asks at its start, and after each that it takes back."""
        self._out -= 1
        return self._width

    def submit(self, batch: tuple[Scenario, ...]) -> Future[list[Line]]:
        """Play a batch."""
        self.batches.append(tuple(scenario.number for scenario in batch))
        self.beside.append(self._out)
        self._out += 1
        future: Future[list[Line]] = Future()
        self._settle(future, batch)
        return future

    def losses(self, error: BaseException) -> int:
        """Count what a pool counts."""
        return int(isinstance(error, BrokenProcessPool))

    def close(self) -> None:
        """Do nothing."""

    def _settle(self, future: Future[list[Line]], batch: tuple[Scenario, ...]) -> None:
        if all(self._plays(scenario.number) for scenario in batch):
            future.set_result([line_of(scenario, Result("passed")) for scenario in batch])
        else:
            future.set_exception(BrokenProcessPool())


def swept(folder: Folder, workers: Here, count: int = 40) -> tuple[list[str], list[bytes]]:
    """Sweep that many scenarios; returns their outcomes in order, and what was watched."""
    plan = read(folder.plan(f'seeds = {count}\n[scenarios]\ncalls = ["file.json"]\n'))
    path = folder.path / "out.jsonl"
    watched: list[bytes] = []
    with Ledger(path, plan, resume=True) as ledger:
        Drive(plan, ledger, workers, watched.append).run()
    found = sorted(records(path), key=lambda record: int(record["n"]))
    assert list(range(count)) == [record["n"] for record in found]
    return [record["outcome"] for record in found], watched


def test_every_scenario_is_played_once_where_nothing_goes_wrong(folder: Folder) -> None:
    """In batches, and each line is watched."""
    workers = Here(lambda _: True)
    outcomes, watched = swept(folder, workers)
    assert ["passed"] * 40 == outcomes
    assert 40 == len(watched)
    assert [20, 10, 5, 3, 1, 1] == [len(batch) for batch in workers.batches]
    assert list(range(40)) == [number for batch in workers.batches for number in batch]


def test_a_small_plan_is_spread_over_the_workers(folder: Folder) -> None:
    """Rather than given to one of them in a whole."""
    workers = Here(lambda _: True, width=4)
    swept(folder, workers, 8)
    assert [2, 2, 1, 1, 1, 1] == [len(batch) for batch in workers.batches]


def test_a_batch_has_its_limits(folder: Folder) -> None:
    """So that the results of a large plan stream."""
    workers = Here(lambda _: True, width=1)
    swept(folder, workers, 200)
    assert [BATCH, BATCH, BATCH, 200 - 3 * BATCH] == [len(batch) for batch in workers.batches]


def test_what_is_recorded_already_is_not_played(folder: Folder) -> None:
    """A second run of a finished plan plays nothing."""
    swept(folder, Here(lambda _: True))
    again = Here(lambda _: True)
    assert (["passed"] * 40, []) == swept(folder, again)
    assert [] == again.batches


@pytest.mark.parametrize("shared", [False, True])
def test_a_lost_batch_is_played_again_one_by_one(folder: Folder, *, shared: bool) -> None:
    """After all else; on shared workers with nothing beside it."""
    lost = {17: 1}

    def plays(number: int) -> bool:
        lost[number] = lost.get(number, 0) - 1
        return lost[number] < 0

    workers = Here(plays, shared=shared)
    outcomes, _ = swept(folder, workers)
    assert ["passed"] * 40 == outcomes
    again = list(zip(workers.batches, workers.beside, strict=True))[-20:]
    assert [(number,) for number in range(20)] == [batch for batch, _ in again]
    assert shared == all(not beside for _, beside in again)


def test_a_scenario_that_kills_its_worker_every_time_is_recorded_as_crashed(
    folder: Folder,
) -> None:
    """After so many tries on its own; those that were lost beside it are played."""
    played: Counter[int] = Counter()

    def plays(number: int) -> bool:
        played[number] += 1
        return number != 17

    outcomes, _ = swept(folder, Here(plays))
    assert {"passed": 39, "crashed": 1} == Counter(outcomes)
    assert "crashed" == outcomes[17]
    assert 1 + TRIES == played[17]
    [crashed] = [one for one in records(folder.path / "out.jsonl") if one["n"] == 17]
    assert "its worker died every time it was played" == crashed["reason"]


def test_what_a_worker_did_not_get_to_is_handed_out_again(folder: Folder) -> None:
    """A worker may hand in a part of its batch."""

    class Slow(Here):
        def _settle(self, future: Future[list[Line]], batch: tuple[Scenario, ...]) -> None:
            super()._settle(future, batch[:3])

    workers = Slow(lambda _: True)
    outcomes, _ = swept(folder, workers)
    assert ["passed"] * 40 == outcomes
    assert {1, 2, 3} == {len(batch[:3]) for batch in workers.batches}
    assert 3 * len(workers.batches) >= 40


def test_a_result_that_comes_twice_is_recorded_once(folder: Folder) -> None:
    """As when a worker was taken for lost."""

    class Twice(Here):
        def _settle(self, future: Future[list[Line]], batch: tuple[Scenario, ...]) -> None:
            passed = [line_of(scenario, Result("passed")) for scenario in batch]
            failed = [line_of(scenario, Result("failed")) for scenario in batch]
            future.set_result([*passed, *failed])

    outcomes, watched = swept(folder, Twice(lambda _: True))
    assert (["passed"] * 40, 40) == (outcomes, len(watched))


@pytest.mark.parametrize("fault", [ImportError("no bridge here"), None])
def test_workers_that_cannot_play_end_the_sweep_in_a_sentence(
    folder: Folder, fault: Exception | None
) -> None:
    """What was recorded stays."""

    class Broken(Here):
        def _settle(self, future: Future[list[Line]], batch: tuple[Scenario, ...]) -> None:
            if len(self.batches) == 1:
                super()._settle(future, batch)
            elif fault is None:
                future.cancel()
            else:
                future.set_exception(fault)

    told = (
        "a worker cannot play: ImportError: no bridge here" if fault else "has given the sweep up"
    )
    with pytest.raises(BridgeError, match=told):
        swept(folder, Broken(lambda _: True))
    assert 20 == len(list(records(folder.path / "out.jsonl")))
