"""Scripts: conditions that follow each other, by time and by byte, in virtual time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import pytest

from bridge.errors import BridgeError
from bridge.network import Network
from tests.network.lines import SIZE, Scene, play

if TYPE_CHECKING:
    from collections.abc import Sequence

SLOW = "slow (up 10000 B/s)"


def test_the_tunnel_starts_at_forty_percent() -> None:
    """Nothing moves for five seconds, then the upload goes on to its success."""

    async def scene(stage: Scene) -> None:
        network = stage.bridge.network
        network.script([(0, "slow:up=10kB"), ("40%", "stall"), ("+5s", "online")])
        outcome = await stage.upload()
        assert outcome.ok
        before = [at for at, sent in outcome.record.progress if sent <= 0.4 * SIZE]
        after = [at for at, sent in outcome.record.progress if sent > 0.42 * SIZE]
        assert 5000 <= min(after) - max(before) < 5300
        assert (SLOW, "stalled") == outcome.record.conditions
        script = [d for d in outcome.record.decisions if d[0] == "network"]
        expected = ["stall at 40 %", "online at 5 s later"]
        assert expected == [effect for _, _, effect in script]

    play("wx", scene)


@pytest.mark.parametrize(
    ("steps", "end"),
    [
        ([("40%", "offline")], 4000),
        ([("30kB", "offline")], 3000),
        ([(2, "offline")], 2000),
        ([("1s", "stall"), ("+1500ms", "offline")], 2500),
        ([("20%", "stall"), ("+1s", "offline")], 3000),
        ([(1, "stall"), (1.5, "online"), ("40%", "offline")], 4500),
    ],
)
def test_a_step_happens_at_its_time_or_place(
    steps: Sequence[tuple[object, str]], end: float
) -> None:
    """Times count from the call, or from the step before; places are those of the body."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.slow(up=10_000)
        stage.bridge.network.script(steps)
        outcome = await stage.upload()
        assert "offline" == outcome.reason
        assert end == pytest.approx(outcome.record.times["end"], rel=0.02)

    play("wx", scene)


def test_a_place_cuts_to_the_byte() -> None:
    """Not one byte more leaves, with or without a limit on the bandwidth."""
    for start in ("", "2g,"):

        async def scene(stage: Scene, start: str = start) -> None:
            stage.bridge.network.apply(f"{start}reset@12345B")
            outcome = await stage.upload()
            assert ("connection_reset", 12345) == (
                outcome.reason,
                outcome.record.request and outcome.record.request.size,
            )
            assert not stage.memory.uploads

        play("wx", scene)


def test_a_step_happens_once() -> None:
    """A retry gets through: only the first upload is reset."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.apply("reset@40%")
        assert ["connection_reset", None] == [(await stage.upload()).reason for _ in range(2)]

    play("wx", scene)


def test_a_place_at_the_end_comes_after_the_last_byte() -> None:
    """The whole body has left, and its answer is lost."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.apply("offline@100%")
        outcome = await stage.upload()
        assert "offline" == outcome.reason
        assert outcome.record.progress[-1][1] > SIZE

    play("wx", scene)


def test_a_place_that_no_body_reaches_is_waited_for() -> None:
    """A short body passes; the next step waits behind it all the same."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.apply("reset@50MB,offline@1s")
        assert [None, None] == [(await stage.upload()).reason for _ in range(2)]
        assert stage.bridge.network.connected

    play("wx", scene)


def test_the_clock_starts_with_the_first_call() -> None:
    """What a test does before is not counted; calls of the phone itself do not start it."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.apply("offline@2s")
        await stage.bridge.call("getNetworkType")
        await asyncio.sleep(10)
        assert (await stage.upload()).ok
        await asyncio.sleep(1.9)
        assert stage.bridge.network.connected
        await asyncio.sleep(0.2)
        assert not stage.bridge.network.connected

    play("wx", scene)


def test_a_script_replaces_the_one_before_and_ends_with_clear() -> None:
    """What has not happened then never does."""

    async def scene(stage: Scene) -> None:
        network = stage.bridge.network
        network.apply("offline@1s")
        assert (await stage.upload()).ok
        network.apply("stall@2s")
        assert (await stage.upload()).ok
        await asyncio.sleep(1.5)
        assert () == network.conditions
        network.clear()
        await asyncio.sleep(5)
        assert () == network.conditions

    play("wx", scene)


def test_steps_that_come_late_follow_at_once() -> None:
    """Steps keep their order: a time that has passed is due when its turn comes."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.slow(up=10_000)
        stage.bridge.network.script([("50%", "stall"), ("1s", "online")])
        outcome = await stage.upload()
        assert outcome.ok
        assert SIZE / 10 == pytest.approx(outcome.record.times["end"], rel=0.01)

    play("wx", scene)


def test_a_closed_bridge_plays_no_further_step() -> None:
    """Its timer is gone with it."""
    kept: list[Network] = []

    async def scene(stage: Scene) -> None:
        kept.append(stage.bridge.network)
        kept[0].apply("offline@5s")
        assert (await stage.upload()).ok
        await stage.bridge.aclose()
        await asyncio.sleep(10)
        assert kept[0].connected

    play("wx", scene)


def test_a_wrong_script_sets_nothing() -> None:
    """The test's author is told at once, not when the step is due."""
    network = Network()
    for steps in ([(0, "3g"), ("40%", "ofline")], [("soon", "offline")], [(None, "offline")]):
        with pytest.raises(BridgeError):
            network.script(cast("Sequence[tuple[object, str]]", steps))
    assert () == network.conditions
