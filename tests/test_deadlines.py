"""Time limits: every call has its own, and they share a timer."""

from __future__ import annotations

import asyncio
from typing import Any

from bridge.deadlines import Deadlines

LIMIT = 60.0


class Call:
    """What the deadlines see of a call."""

    def __init__(self) -> None:
        self.timeout: float | None = None


class Stand:
    """Deadlines, and the calls they ended."""

    def __init__(self) -> None:
        self.loop: Any = asyncio.get_running_loop()
        self.deadlines = Deadlines[Call](self._expire)
        self.over: list[Call] = []
        self.ended = asyncio.Semaphore(0)
        self.fault: Exception | None = None

    def start(self, *, left: float = LIMIT, limit: float = LIMIT) -> Call:
        """Begin a call of which so many seconds are left."""
        call = Call()
        self.deadlines.start(call, limit, self.loop.time() - limit + left)
        return call

    def timers(self) -> list[Any]:
        """Return what is due in the loop."""
        return [timer for timer in self.loop._scheduled if not timer.cancelled()]  # noqa: SLF001

    async def until_over(self, count: int) -> None:
        """Let the loop turn until so many calls have been ended."""
        for _ in range(count):
            async with asyncio.timeout(5):
                await self.ended.acquire()

    def _expire(self, call: Call) -> None:
        self.over.append(call)
        self.ended.release()
        if self.fault is not None:
            raise self.fault


async def test_calls_end_when_their_time_is_over() -> None:
    """In the order in which they began, and no other with them."""
    stand = Stand()
    first, second, other = stand.start(left=-1), stand.start(left=-1), stand.start(limit=9, left=0)
    running = stand.start()
    await stand.until_over(3)
    assert {first, second, other} == set(stand.over)
    assert stand.over.index(first) < stand.over.index(second)
    assert [None, LIMIT] == [first.timeout, running.timeout]


async def test_a_call_that_has_ended_is_not_ended_again() -> None:
    """Neither the first of its limit nor one after it."""
    stand = Stand()
    calls = [stand.start(left=-1) for _ in range(4)]
    stand.deadlines.stop(calls[0])
    stand.deadlines.stop(calls[2])
    await stand.until_over(2)
    assert [calls[1], calls[3]] == stand.over


async def test_a_call_that_has_not_begun_can_be_stopped() -> None:
    """It has no time limit yet."""
    stand = Stand()
    stand.deadlines.stop(Call())
    assert [] == stand.timers()


async def test_calls_of_one_limit_share_a_timer() -> None:
    """A second limit has a second one."""
    stand = Stand()
    for _ in range(100):
        stand.start()
    assert 1 == len(stand.timers())
    stand.start(limit=9)
    assert 2 == len(stand.timers())


async def test_a_timer_set_for_a_call_that_ended_is_set_for_the_next() -> None:
    """The next one's time is not cut short by it, and not forgotten."""
    stand = Stand()
    ended, running = stand.start(left=-1), stand.start(left=30)
    stand.deadlines.stop(ended)
    [before] = stand.timers()
    for _ in range(2):
        await asyncio.sleep(0)
    [after] = stand.timers()
    assert [] == stand.over
    assert before.when() + 31 - 1e-6 < after.when()
    assert LIMIT == running.timeout


async def test_a_timer_that_rang_for_nobody_is_set_again() -> None:
    """The next call of that limit has its own time."""
    stand = Stand()
    stand.deadlines.stop(stand.start(left=-1))
    for _ in range(2):
        await asyncio.sleep(0)
    again = stand.start(left=-1)
    await stand.until_over(1)
    assert [again] == stand.over


async def test_a_timer_that_nobody_needs_stops() -> None:
    """One that somebody needs goes on."""
    stand = Stand()
    ended, running = stand.start(), stand.start(limit=9)
    stand.deadlines.stop(ended)
    stand.deadlines.rest()
    assert 1 == len(stand.timers())
    stand.deadlines.stop(running)
    stand.deadlines.rest()
    assert [] == stand.timers()
    again = stand.start(left=-1)
    await stand.until_over(1)
    assert [again] == stand.over


async def test_an_error_at_the_end_of_a_call_does_not_keep_the_next_from_ending() -> None:
    """The loop reports each."""
    stand = Stand()
    reported: list[object] = []
    stand.loop.set_exception_handler(lambda _, context: reported.append(context["exception"]))
    stand.fault = ValueError("a fault of ours")
    calls = [stand.start(left=-1) for _ in range(3)]
    await stand.until_over(3)
    assert calls == stand.over
    await asyncio.sleep(0)
    assert [stand.fault] * 3 == reported


async def test_limits_nobody_has_any_more_are_forgotten() -> None:
    """However many different ones come by."""
    stand = Stand()
    staying = stand.start()
    for limit in range(1, 100):
        stand.deadlines.stop(stand.start(limit=limit))
    assert 2 == len(stand.deadlines._lines)  # noqa: SLF001  nothing else shows it
    assert 2 == len(stand.timers())
    assert LIMIT == staying.timeout
