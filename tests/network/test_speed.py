"""A slow network: how long things take, in virtual time over a line without sockets."""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import pairwise

import pytest

from bridge.conditions import PRESETS
from bridge.network import Network
from bridge.reasons import Reason
from tests.network.lines import SIZE, Scene, play

BETWEEN = {
    "2g": ("2g", 3),
    "3g": ("3g", 4),
    "4g": ("4g", 5),
    "wifi": ("wifi", 5),
    "weak": ("2g", 2),
}


def spent(scene: Scene, start: str, end: str) -> float:
    """Return the milliseconds between two moments of the newest call."""
    times = scene.bridge.calls[-1].times
    return times[end] - times[start]


def test_a_body_leaves_at_the_bandwidth() -> None:
    """So many bytes a second, the form's own included, with progress all the way."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.slow(up=10_000)
        outcome = await stage.upload()
        assert outcome.ok
        record = outcome.record
        body = record.request.size if record.request else 0
        assert body > SIZE
        assert body / 10 == pytest.approx(spent(stage, "send", "sent"))
        assert 101 == len(record.progress)
        for (before, sent), (after, more) in pairwise(record.progress):
            assert more - sent == pytest.approx((after - before) * 10, abs=1)

    play("wx", scene)


def test_an_answer_arrives_at_the_bandwidth() -> None:
    """Down is a direction of its own."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.slow(down=1000)
        outcome = await stage.upload()
        assert b"a" * 5000 == str(outcome.result["data"]).encode()
        assert 5000 == pytest.approx(spent(stage, "first_byte", "end"))
        assert 0 == spent(stage, "send", "sent")

    play("wx", scene, body=b"a" * 5000)


@pytest.mark.parametrize(("scheme", "trips"), [("https", 3), ("http", 2)])
def test_latency_is_felt_at_connect_tls_and_first_byte(scheme: str, trips: int) -> None:
    """Each takes one round trip longer; without TLS there are two."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.slow(latency=0.3)
        outcome = await stage.upload(url=f"{scheme}://127.0.0.1/x")
        assert outcome.ok
        assert 300 * trips == pytest.approx(outcome.record.times["end"])
        assert 300 == pytest.approx(spent(stage, "sent", "first_byte"))
        assert 300 * (trips - 1) == pytest.approx(spent(stage, "connect", "send"))
        profile = outcome.result["profile"]
        assert isinstance(profile, dict)
        assert 300 * (trips - 1) == pytest.approx(profile["connectEnd"] - profile["connectStart"])
        if trips > 2:
            assert 300 == pytest.approx(spent(stage, "tls", "send"))

    play("wx", scene)


def test_calls_share_the_bandwidth() -> None:
    """Two uploads at once take as long as one after the other, and end together."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.slow(up=10_000)
        alone = (await stage.upload()).record.ended or 0
        ends = [o.record.ended for o in await asyncio.gather(stage.upload(), stage.upload())]
        assert [2 * alone, 2 * alone] == pytest.approx(ends, rel=0.01)

    play("wx", scene)


def jittered(seed: int) -> list[float]:
    """Return how long three uploads take on a line whose latency wavers."""
    took: list[float] = []

    async def scene(stage: Scene) -> None:
        stage.bridge.network.slow(latency=1, jitter=0.5)
        took.extend([(await stage.upload()).record.ended or 0 for _ in range(3)])

    play("wx", scene, seed=seed)
    return took


def test_jitter_repeats_for_a_seed() -> None:
    """It stays within its bounds, differs by call and by seed, and is the same each time."""
    first = jittered(1)
    assert first == jittered(1)
    assert first != jittered(2)
    assert 3 == len(set(first))
    assert all(1500 <= each <= 4500 for each in first)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("target", ["wx", "my", "tt:douyin", "uni/h5"])
def test_the_phone_agrees_with_a_preset(target: str, preset: str) -> None:
    """The network's type, its news, and WeChat's estimate are those of the preset."""
    kind, estimate = BETWEEN[preset]

    async def scene(stage: Scene) -> None:
        api, heard = stage.bridge.api, []
        api.onNetworkStatusChange(lambda news: heard.append(news["networkType"].lower()))
        stage.bridge.network.slow(preset)
        told = (await stage.bridge.call("getNetworkType")).result["networkType"]
        assert kind == str(told).lower()
        assert ([] if kind == "wifi" else [kind]) == heard
        if target == "wx":
            outcome = await stage.upload()
            profile = outcome.result["profile"]
            assert isinstance(profile, dict)
            slow = PRESETS[preset].slow
            assert (estimate, slow.latency * 1000) == (profile["estimate_nettype"], profile["rtt"])
            assert "profile.estimate_nettype" not in outcome.record.not_emulated

    play(target, scene)


def test_without_a_preset_the_estimate_stays_a_placeholder() -> None:
    """It is 0, and the record says that nobody measured it."""

    async def scene(stage: Scene) -> None:
        outcome = await stage.upload()
        profile = outcome.result["profile"]
        assert isinstance(profile, dict)
        assert 0 == profile["estimate_nettype"]
        assert "profile.estimate_nettype" in outcome.record.not_emulated

    play("wx", scene)


def test_a_timeout_on_a_slow_line_is_the_hosts() -> None:
    """A body that takes longer than the time limit ends in it, to the millisecond."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.slow(up=1000)
        outcome = await stage.upload()
        assert "timeout" == outcome.reason
        assert 60_000 == pytest.approx(outcome.record.times["end"])
        assert "uploadFile:fail timeout" == outcome.result["errMsg"]

    play("wx", scene)


def test_a_cut_is_met_on_a_slow_line_too() -> None:
    """Speed and failures combine: the connection is reset once half of the body has left."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.apply("slow:up=10kB:latency=1s,reset_after:50%")
        outcome = await stage.upload()
        assert "connection_reset" == outcome.reason
        assert 2000 + SIZE / 20 == pytest.approx(outcome.record.times["end"], rel=0.01)
        expected = ("slow (up 10000 B/s, latency 1000 ms)", "reset after 50 %")
        assert expected == outcome.record.conditions
        assert list(expected) == outcome.record.to_json()["conditions"]

    play("wx", scene)


def test_speed_may_change_on_the_way() -> None:
    """What is being sent goes on at the new bandwidth."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.apply("slow:up=10kB,slow:up=100kB@50%")
        outcome = await stage.upload()
        assert outcome.ok
        assert 5.5 * SIZE / 100 == pytest.approx(spent(stage, "send", "sent"), rel=0.01)

    play("wx", scene)


def test_a_network_that_becomes_slow_slows_what_is_on_its_way() -> None:
    """What is left of a body leaves at the new bandwidth, and every byte once."""

    async def scene(stage: Scene) -> None:
        network = stage.bridge.network
        asyncio.get_running_loop().call_later(0.45, partial(network.slow, up=10_000))
        outcome = await stage.upload()
        assert outcome.ok
        sent = [sent for _, sent in outcome.record.progress]
        assert sorted({*sent}) == sent
        # Five of ten steps have left at 100 kB/s.
        before, after = sent[4] / 100, (sent[-1] - sent[4]) / 10
        assert before + after == pytest.approx(spent(stage, "send", "sent"))
        [file] = stage.memory.uploads[0].files
        assert SIZE == file.size

    play("wx", scene, rate=100_000, steps=10)


@pytest.mark.parametrize("begins", [0.5, 2.5], ids=["body", "answer"])
def test_a_tunnel_holds_up_what_is_on_its_way(begins: float) -> None:
    """A call that began in the open waits in it like any other."""

    async def scene(stage: Scene) -> None:
        network, loop = stage.bridge.network, asyncio.get_running_loop()
        loop.call_later(begins, network.stall)
        loop.call_later(10, network.online)
        outcome = await stage.upload()
        assert (True, ("stalled",)) == (outcome.ok, outcome.record.conditions)
        assert (outcome.record.ended or 0) >= 10_000

    play("wx", scene, rate=100_000, latency=1)


def test_a_tunnel_lets_no_piece_through_and_gives_no_time_back() -> None:
    """A piece that is under way waits for its end; one that has not begun takes its time then."""

    async def scene(stage: Scene) -> None:
        network, loop = stage.bridge.network, asyncio.get_running_loop()
        network.slow(up=1000)
        passage = network.passage(1)
        assert passage is not None
        loop.call_later(0.1, network.stall)
        for seconds in (1.0, 1.5):
            began = loop.time()
            loop.call_later(1, network.online)
            await passage.send(500)
            assert loop.time() - began == pytest.approx(seconds)
            network.stall()

    play("wx", scene)


def test_a_late_transfer_catches_up_but_for_its_beginning() -> None:
    """Timers ring late, which must not make a network slower than it is said to be."""

    async def scene(stage: Scene) -> None:
        network, loop = stage.bridge.network, asyncio.get_running_loop()
        network.slow(up=1000)
        await asyncio.sleep(0.2)
        passage, began = network.passage(1), loop.time()
        assert passage is not None
        await passage.send(500)
        assert loop.time() - began == pytest.approx(0.5)
        await asyncio.sleep(0.2)
        await passage.send(500)
        assert loop.time() - began == pytest.approx(1.0)
        await asyncio.sleep(0.3)
        await passage.send(500)
        assert loop.time() - began == pytest.approx(1.8)

    play("wx", scene)


def test_a_line_of_any_bandwidth_lets_others_have_the_loop() -> None:
    """Between two pieces everything else that is ready runs."""

    async def scene(stage: Scene) -> None:
        network, turns = stage.bridge.network, list[int]()
        network.slow(latency=1)
        passage = network.passage(1)
        assert passage is not None
        for piece in range(3):
            asyncio.get_running_loop().call_soon(turns.append, piece)
            await passage.send(10)
            assert [*range(piece + 1)] == turns

    play("wx", scene)


def test_a_tunnel_without_an_end_lets_what_is_on_its_way_run_into_its_timeout() -> None:
    """The answer is ready, and does not arrive."""

    async def scene(stage: Scene) -> None:
        asyncio.get_running_loop().call_later(1.5, stage.bridge.network.stall)
        outcome = await stage.upload(timeout=5000)
        assert (Reason.TIMEOUT, 5000) == (outcome.reason, outcome.record.ended)

    play("wx", scene, latency=1)


def test_a_network_that_was_cleared_can_become_slow_again() -> None:
    """A call that was on its way through both feels it as well."""

    async def scene(stage: Scene) -> None:
        network, loop = stage.bridge.network, asyncio.get_running_loop()
        network.slow(up=10_000)
        loop.call_later(7, network.clear)
        loop.call_later(9, partial(network.slow, latency=7))
        outcome = await stage.upload()
        assert outcome.ok
        assert 2000 == pytest.approx(spent(stage, "send", "sent"), abs=100)
        assert 5000 + 7000 == pytest.approx(spent(stage, "sent", "first_byte"))

    play("wx", scene, latency=5)


def test_a_network_that_was_cleared_stays_free_when_it_is_back() -> None:
    """To be online again ends a tunnel, and begins nothing."""
    network = Network()
    network.stall()
    network.clear()
    network.online()
    assert network.passage(1) is None


def test_a_cleared_network_slows_nothing() -> None:
    """Later calls take the free way again."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.slow("weak")
        assert stage.bridge.network.passage(1) is not None
        stage.bridge.network.clear()
        assert stage.bridge.network.passage(1) is None
        outcome = await stage.upload()
        assert (True, 0, ()) == (outcome.ok, outcome.record.ended, outcome.record.conditions)

    play("wx", scene)


def test_a_request_is_as_slow() -> None:
    """Its body and its answer pass the same network."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.slow(up=1000, down=100, latency=1)
        options = {"url": "https://a.test/x", "method": "POST", "data": "x" * 1000}
        outcome = await stage.bridge.call("request", options)
        assert outcome.ok
        assert 3000 + 1000 + 110 == pytest.approx(outcome.record.times["end"])

    play("wx", scene, body=b"{       :1}")


def test_a_call_of_before_goes_no_further_once_its_connection_is_lost() -> None:
    """Not a piece, however late its I/O is cancelled; a later call is on a line of its own."""

    async def scene(stage: Scene) -> None:
        network = stage.bridge.network
        network.slow("wifi")
        before = network.passage(1)
        network.switch("4g")
        after = network.passage(2)
        assert before is not None
        assert after is not None
        await after.send(10)
        for waiting in (before.send(10), before.receive(10), before.round_trip()):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(waiting, 3600)

    play("wx", scene)
