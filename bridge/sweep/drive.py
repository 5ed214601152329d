"""The driver of a sweep: it hands out batches, records what comes back, and replays losses."""

from __future__ import annotations

from collections import Counter, deque
from concurrent.futures import CancelledError
from contextlib import suppress
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from bridge.errors import BridgeError
from bridge.sweep.scenario import Result
from bridge.sweep.work import line_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from bridge.sweep.ledger import Ledger
    from bridge.sweep.plan import Plan
    from bridge.sweep.scenario import Scenario
    from bridge.sweep.work import Line

TRIES: Final = 3
"""Workers that may die over one scenario before it is recorded as crashed."""
BATCH: Final = 64
"""Scenarios that are handed out at once: so many that handing out costs next to nothing."""
_LOOK_SECONDS: Final = 1.0
LOST: Final = Result("crashed", "its worker died every time it was played")


class Workers(Protocol):
    """Where batches are played: here, or on a cluster."""

    @property
    def shared(self) -> bool:
        """Tell whether a worker holds several batches, so that its death tells little of each."""

    @property
    def width(self) -> int:
        """How many batches may be out at once."""

    def submit(self, batch: tuple[Scenario, ...]) -> Future[list[Line]]:
        """Have a batch played; whoever plays it may hand in only a part of it."""

    def losses(self, error: BaseException) -> int:
        """Tell how many workers died over a batch that ended in this error; 0 for another fault."""

    def close(self) -> None:
        """Let go of the workers, whatever they do."""


class _Out(NamedTuple):
    """A batch that is out: its scenarios, and whether it is one that is suspected."""

    numbers: tuple[int, ...]
    suspect: bool


class Drive:
    """
    One run of a plan.

    A batch that is lost with its worker is played again scenario by scenario, when all else is
    done; on shared workers also with nothing beside it. A scenario that loses `TRIES` workers so is
    recorded as crashed.

    Args:
        plan: the plan.
        ledger: where results are recorded; what is in it already is not played.
        workers: who plays.
        watch: is told of each line that was recorded.
    """

    def __init__(
        self, plan: Plan, ledger: Ledger, workers: Workers, watch: Callable[[bytes], None]
    ) -> None:
        self._plan = plan
        self._ledger = ledger
        self._workers = workers
        self._watch = watch
        self._fresh = ledger.missing()
        self._left = len(plan) - len(ledger)
        self._again: deque[int] = deque()
        self._suspects: deque[int] = deque()
        self._deaths: Counter[int] = Counter()
        self._out: dict[Future[list[Line]], _Out] = {}
        self._landed: SimpleQueue[Future[list[Line]]] = SimpleQueue()

    def run(self) -> None:
        """
        Play until every scenario is recorded.

        Raises:
            BridgeError: nobody can play them, or the results cannot be written.
        """
        self._hand_out()
        while self._out:
            # Now and then it is worth a look whether there are more workers by now.
            with suppress(Empty):
                self._land(self._landed.get(timeout=_LOOK_SECONDS))
            self._hand_out()

    def _hand_out(self) -> None:
        width = self._workers.width
        while len(self._out) < width:
            batch = self._next(width)
            if batch is None:
                return
            future = self._workers.submit(tuple(map(self._plan.scenario, batch.numbers)))
            self._out[future] = batch
            future.add_done_callback(self._landed.put)

    def _next(self, width: int) -> _Out | None:
        """Return the next batch; None where there is none, or where one has to wait."""
        share = min(max(BATCH, self._plan.how.at_once), -(-self._left // width))
        numbers = [self._again.popleft() for _ in range(min(share, len(self._again)))]
        numbers += islice(self._fresh, share - len(numbers))
        if numbers:
            self._left -= len(numbers)
            return _Out(tuple(numbers), suspect=False)
        if not self._suspects or (self._workers.shared and self._out):
            return None
        return _Out((self._suspects.popleft(),), suspect=True)

    def _land(self, future: Future[list[Line]]) -> None:
        """Record what a batch came to."""
        batch = self._out.pop(future)
        try:
            lines = future.result()
        except CancelledError as error:
            raise BridgeError("the cluster has given the sweep up; --resume goes on") from error
        except Exception as error:  # noqa: BLE001  whatever a worker has raised
            self._lose(batch, error)
            return
        self._record(lines)
        played = {number for number, _ in lines}
        rest = [number for number in batch.numbers if number not in played]
        self._again.extend(rest)
        self._left += len(rest)

    def _lose(self, batch: _Out, error: Exception) -> None:
        """Have the scenarios of a lost batch played on their own, unless they were already."""
        deaths = self._workers.losses(error)
        if not deaths:
            raise BridgeError(f"a worker cannot play: {type(error).__name__}: {error}") from error
        self._suspects.extend(batch.numbers)
        if batch.suspect:
            [number] = batch.numbers
            self._deaths[number] += deaths
            if self._deaths[number] >= TRIES:
                self._suspects.remove(number)
                self._record([line_of(self._plan.scenario(number), LOST)])

    def _record(self, lines: Sequence[Line]) -> None:
        for _, line in self._ledger.add(lines):
            self._watch(line)
