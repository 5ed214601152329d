"""Slots: never more than the limit, in order, and free at once when a call ends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.scheduler import Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

TICKS = 12


class Job:
    """A call that runs until its gate opens."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.worker: asyncio.Task[None] | None = None
        self.settled = False
        self.started = False
        self.gate = asyncio.Event()


class Yard:
    """A scheduler with the jobs given to it; `order` holds those that started."""

    def __init__(self, limit: int | None, overflow: Literal["queue", "reject"] = "queue") -> None:
        self.scheduler: Scheduler[Job] = Scheduler(limit, overflow, self._run)
        self.jobs: list[Job] = []
        self.order: list[int] = []
        self.finishes = True
        self.at_end: Callable[[Job], object] = lambda _: None

    @property
    def running(self) -> list[Job]:
        """The jobs that have begun and not ended."""
        return [job for job in self.jobs if job.started and not job.settled]

    @property
    def live(self) -> list[Job]:
        """The jobs that have not ended."""
        return [job for job in self.jobs if not job.settled]

    def submit(self) -> str:
        """Give the scheduler one more job; a refused one is forgotten."""
        job = Job(len(self.jobs))
        place = self.scheduler.submit(job)
        if place != "refused":
            self.jobs.append(job)
        return place

    def end(self, job: Job) -> None:
        """Settle a job as a call does: first its state, then its slot."""
        if not job.settled:
            job.settled = True
            self.scheduler.release(job)

    async def _run(self, job: Job) -> None:
        job.started = True
        self.order.append(job.number)
        await job.gate.wait()
        if self.finishes:
            self.scheduler.finish(job)
        self.end(job)
        self.at_end(job)


async def ticks(count: int = TICKS) -> None:
    """Let the loop go round."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_the_overflow_waits_in_order() -> None:
    """With two slots the third starts when one of the first two ends."""
    yard = Yard(2)
    assert ["slot", "slot", "queue", "queue"] == [yard.submit() for _ in range(4)]
    assert [] == yard.order
    await ticks()
    assert [0, 1] == yard.order
    yard.jobs[1].gate.set()
    await ticks()
    assert [0, 1, 2] == yard.order
    for job in yard.jobs:
        yard.end(job)
    await yard.scheduler.drained()


async def test_one_more_than_the_limit_is_refused_where_the_host_refuses() -> None:
    """Exactly the limit is accepted, and a freed slot is accepted again in the same tick."""
    yard = Yard(2, "reject")
    assert ["slot", "slot", "refused"] == [yard.submit() for _ in range(3)]
    yard.end(yard.jobs[0])
    assert ["slot", "refused"] == [yard.submit(), yard.submit()]
    await ticks()
    assert [1, 2] == sorted(yard.order)
    for job in yard.jobs:
        yard.end(job)
    await yard.scheduler.drained()


async def test_without_a_limit_everything_runs() -> None:
    """`limit=None` has neither queue nor refusal."""
    yard = Yard(None)
    assert {"slot"} == {yard.submit() for _ in range(50)}
    await ticks()
    assert 50 == len(yard.running)
    for job in yard.jobs:
        job.gate.set()
    await ticks()
    assert [] == yard.live
    await yard.scheduler.drained()


@pytest.mark.parametrize("later", range(8))
async def test_a_call_made_while_the_last_one_leaves_gets_its_slot(later: int) -> None:
    """With one slot, the next call may come in any tick of the first one's end."""
    yard = Yard(1)

    def submit(left: int) -> None:
        if left:
            asyncio.get_running_loop().call_soon(submit, left - 1)
        else:
            yard.submit()

    yard.submit()
    await ticks()
    yard.jobs[0].gate.set()
    submit(later)
    await ticks(2 * TICKS)
    assert [0, 1] == yard.order
    yard.end(yard.jobs[1])
    await yard.scheduler.drained()


async def test_a_worker_goes_from_one_call_to_the_next_by_itself() -> None:
    """A call made at the very end of another needs no task, also after one that broke off."""
    yard = Yard(5)
    yard.finishes = False
    yard.submit()
    yard.jobs[0].gate.set()
    await ticks()
    yard.finishes = True
    yard.submit()
    await ticks()
    workers = asyncio.all_tasks()
    yard.at_end = lambda job: yard.submit() if job.number == 1 else None
    yard.jobs[1].gate.set()
    await ticks()
    assert [0, 1, 2] == yard.order
    assert workers == asyncio.all_tasks()
    yard.end(yard.jobs[2])
    await yard.scheduler.drained()


async def test_others_have_the_loop_between_two_calls() -> None:
    """Calls that never wait do not follow each other at once."""
    yard, turns, seen = Yard(1), list[int](), list[list[int]]()

    def note(job: Job) -> None:
        seen.append([*turns])
        asyncio.get_running_loop().call_soon(turns.append, job.number)

    yard.at_end = note
    for _ in range(3):
        yard.submit()
        yard.jobs[-1].gate.set()
    await yard.scheduler.drained()
    assert [[], [0], [0, 1]] == seen


@pytest.mark.parametrize("finishes", [True, False])
async def test_only_what_still_runs_is_cancelled(*, finishes: bool) -> None:
    """A call that has said that it is over settles undisturbed; either way the next one runs."""
    yard, seen = Yard(1), list[int]()
    yard.finishes = finishes
    yard.submit()
    yard.submit()
    await ticks()
    worker = yard.jobs[0].worker
    assert worker is not None
    yard.at_end = lambda _: seen.append(worker.cancelling())
    yard.jobs[0].gate.set()
    await ticks()
    assert [0 if finishes else 1] == seen
    assert [0, 1] == yard.order
    yard.end(yard.jobs[1])
    await yard.scheduler.drained()


async def test_a_cancelled_worker_ends_without_swallowing_the_cancellation() -> None:
    """Closing the loop cancels workers whose calls have not settled."""
    yard = Yard(1)
    yard.submit()
    await ticks()
    worker = yard.jobs[0].worker
    assert worker is not None
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker


class Slots(RuleBasedStateMachine):
    """Random submits, ends and aborts against a plain model: a list and a number."""

    @initialize(
        limit=st.integers(1, 3) | st.none(),
        overflow=st.sampled_from(["queue", "reject"]),
        finishes=st.booleans(),
    )
    def open(
        self, limit: int | None, overflow: Literal["queue", "reject"], *, finishes: bool
    ) -> None:
        """Start with a fresh scheduler on a loop of its own."""
        self.loop = asyncio.new_event_loop()
        self.limit, self.overflow = limit, overflow
        self.yard = Yard(limit, overflow)
        self.yard.finishes = finishes

    def do(self, work: Coroutine[object, object, None]) -> None:
        """Run a piece of work on the loop."""
        self.loop.run_until_complete(work)

    @rule()
    def submit(self) -> None:
        """A call gets a slot, a place or a refusal by the number of live ones alone."""

        async def work() -> None:
            full = self.limit is not None and len(self.yard.live) >= self.limit
            refused = "refused" if self.overflow == "reject" else "queue"
            assert (refused if full else "slot") == self.yard.submit()

        self.do(work())

    @precondition(lambda self: self.yard.running)
    @rule(data=st.data(), ahead=st.integers(0, 3))
    def finish(self, data: st.DataObject, ahead: int) -> None:
        """A running call ends by itself."""
        job = data.draw(st.sampled_from(self.yard.running))

        async def work() -> None:
            job.gate.set()
            await ticks(ahead)

        self.do(work())

    @precondition(lambda self: self.yard.live)
    @rule(data=st.data())
    def abort(self, data: st.DataObject) -> None:
        """Any live call ends from outside, whether it runs or waits."""
        job = data.draw(st.sampled_from(self.yard.live))

        async def work() -> None:
            self.yard.end(job)

        self.do(work())

    @rule()
    def rest(self) -> None:
        """Once the loop is quiet, the oldest live calls run, and only they."""
        self.do(ticks(4 * TICKS))
        expected = self.yard.live if self.limit is None else self.yard.live[: self.limit]
        assert expected == self.yard.running

    @invariant()
    def never_too_many_and_always_in_order(self) -> None:
        """At no time do more run than the limit allows, or one before an older one."""
        assert self.limit is None or len(self.yard.running) <= self.limit
        assert sorted(self.yard.order) == self.yard.order
        assert len(set(self.yard.order)) == len(self.yard.order)

    def teardown(self) -> None:
        """End everything; no task may be left."""

        async def work() -> None:
            for job in self.yard.live:
                self.yard.end(job)
            await self.yard.scheduler.drained()
            await ticks()
            assert {asyncio.current_task()} == asyncio.all_tasks()

        if hasattr(self, "loop"):
            try:
                self.do(work())
            finally:
                self.loop.close()


TestSlots = Slots.TestCase
TestSlots.settings = settings(
    max_examples=60, stateful_step_count=30, suppress_health_check=[HealthCheck.too_slow]
)
