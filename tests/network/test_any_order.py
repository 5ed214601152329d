"""Any changes of the network at any moments, while uploads are on their way."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import layers
from bridge.target import all_names, resolve
from tests.network.lines import Scene, play

if TYPE_CHECKING:
    from bridge.trace import Record

TARGETS = sorted({*all_names()})
EXAMPLES = int(os.environ.get("MINIBRIDGE_EXAMPLES", "10"))
"""How many orders are tried on each target; the environment may ask for more."""
LONGEST = 60_000
"""Milliseconds after which every host gives a call up, from when it has begun to be sent."""
CHANGES = (
    "offline",
    "online",
    "stall",
    "weak",
    "wifi",
    "slow:up=20kB",
    "slow:down=1kB:latency=2s:jitter=1s",
    "switch:3g",
    "reset",
    "reset_after:40%",
    "stall_after:10kB",
    "dns_failure",
    "refuse",
    "tls:expired",
    "background",
    "foreground",
    "clear",
    "3g,stall@60%,online@+1s",
)

moments = st.integers(0, 300).map(lambda tenths: tenths / 10)
changes = st.lists(st.tuples(moments, st.sampled_from(CHANGES)), max_size=8)
calls = st.lists(st.tuples(moments, st.none() | moments), min_size=1, max_size=4)
lines = st.fixed_dictionaries(
    {"latency": st.sampled_from([0.0, 3.0]), "rate": st.sampled_from([None, 10_000.0])}
)


class Heard:
    """What a mini-program hears of one upload."""

    record: Record

    def __init__(self) -> None:
        self.ends: list[str] = []
        self.sent: list[int] = []

    def begin(self, stage: Scene, abort: float | None) -> None:
        """Upload, and abort so many seconds later."""
        ends = {name: partial(self._end, name) for name in ("success", "fail", "complete")}
        name = layers.own_name(resolve(stage.bridge.target), layers.UPLOAD)
        made = getattr(stage.bridge.api, name)(stage.options(**ends))
        self.record = stage.bridge.calls[-1]
        if hasattr(made, "onProgressUpdate"):
            made.onProgressUpdate(self._progress)
        if abort is not None and hasattr(made, "abort"):
            asyncio.get_running_loop().call_later(abort, made.abort)

    def _end(self, name: str, _result: object) -> None:
        self.ends.append(name)

    def _progress(self, told: dict[str, int]) -> None:
        assert not self.ends
        self.sent.append(next(told[key] for key in told if key != "progress"))


def ended_well(heard: Heard) -> None:
    """Check that a call came to one end, within its time, without going back."""
    record = heard.record
    assert heard.ends in (["success", "complete"], ["fail", "complete"])
    assert record.ok == ("success" in heard.ends)
    assert (record.reason is None) == record.ok
    assert all(sent < more for sent, more in pairwise(heard.sent))
    if record.ok:
        body = record.request.size if record.request else 0
        assert body == record.progress[-1][1]
    begun = record.dequeued
    assert begun is None or (record.ended or 0) - record.ms(begun) <= LONGEST + 1


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=EXAMPLES, deadline=None)
@given(changes=changes, calls=calls, line=lines)
def test_every_call_comes_to_one_end(
    target: str,
    changes: list[tuple[float, str]],
    calls: list[tuple[float, float | None]],
    line: dict[str, Any],
) -> None:
    """Whatever the network becomes, a call ends once, and leaves nothing behind."""

    async def scene(stage: Scene) -> None:
        loop, network = asyncio.get_running_loop(), stage.bridge.network
        for at, change in changes:
            loop.call_later(at, network.apply, change)
        heard = [Heard() for _ in calls]
        for each, (at, abort) in zip(heard, calls, strict=True):
            loop.call_later(at, each.begin, stage, abort)
        await asyncio.sleep(31)
        await stage.bridge.settled()
        for each in heard:
            ended_well(each)
        await asyncio.sleep(0)

    play(target, scene, **line)
