"""What ends calls on their way: no network, another one, the background; on every target."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bridge import outcome as outcomes
from bridge.failure import Failure
from bridge.profile import Text
from bridge.reasons import Reason
from bridge.target import all_names, resolve
from tests.network.lines import SIZE, Scene, play

if TYPE_CHECKING:
    from bridge.runtime import Outcome

TARGETS = sorted(set(all_names()))


def expected(stage: Scene, reason: Reason) -> dict[str, object]:
    """Return the host's own fail object for a reason."""
    target = resolve(stage.bridge.target)
    known = {"host": "a.test", "ip": "a.test", "port": 443, "detail": ""}
    return outcomes.failure(target, Failure(reason, known), "", "uploadFile")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("offline@40%", Reason.OFFLINE),
        ("switch:3g@40%", Reason.NETWORK_CHANGED),
        ("reset@40%", Reason.CONNECTION_RESET),
        ("stall@40%", Reason.TIMEOUT),
        ("weak,dns_failure@0%", None),
    ],
)
def test_every_condition_ends_in_the_targets_own_words(
    target: str, condition: str, reason: Reason | None
) -> None:
    """One `fail` or `success`, nothing left in flight; a name that fails later harms nobody."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.apply(condition)
        outcome = await stage.upload()
        assert reason == outcome.reason
        assert (reason is None) == outcome.ok
        names = [name for _, name, _ in outcome.record.callbacks]
        assert 1 == sum(name in {"success", "fail"} for name in names)
        if reason is not None:
            words = str(expected(stage, reason)[stage.bridge.profile.message_key])
            assert any(words in str(told) for told in outcome.result.values())
            assert outcome.record.conditions or reason is Reason.CONNECTION_RESET

    play(target, scene)


@pytest.mark.parametrize("seconds", [4.9, 5.1])
def test_wechat_gives_five_seconds_in_the_background(seconds: float) -> None:
    """An upload that ends in time succeeds; another is interrupted on the dot."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.slow(up=(SIZE + 500) / seconds)
        upload = asyncio.create_task(stage.upload())
        await asyncio.sleep(0)
        stage.bridge.network.background()
        outcome = await upload
        assert ("background" in outcome.record.conditions) is True
        if seconds < 5:
            assert outcome.ok
        else:
            assert {"errMsg": "uploadFile:fail interrupted", "errno": 600003} == outcome.result
            assert 5000 == pytest.approx(outcome.record.times["end"])

    play("wx", scene)


def test_coming_back_in_time_saves_an_upload() -> None:
    """The five seconds count anew the next time."""

    async def scene(stage: Scene) -> None:
        network = stage.bridge.network
        network.slow(up=SIZE / 20)
        upload = asyncio.create_task(stage.upload())
        for _ in range(3):
            await asyncio.sleep(0.5)
            network.background()
            network.background()
            await asyncio.sleep(4.5)
            network.foreground()
        assert (await upload).ok
        assert () == tuple(words for words in network.conditions if words == "background")

    play("wx", scene)


def test_what_waits_is_interrupted_in_the_background_too() -> None:
    """A queued upload has ended with the others, and its slot is free."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.slow(up=100)
        uploads = [asyncio.create_task(stage.upload()) for _ in range(12)]
        await asyncio.sleep(1)
        stage.bridge.network.background()
        reasons = {(await upload).reason for upload in uploads}
        assert {Reason.INTERRUPTED_BACKGROUND} == reasons
        stage.bridge.network.clear()
        assert (await stage.upload()).ok

    play("wx", scene)


@pytest.mark.parametrize(
    ("target", "refused"), [("wx", True), ("tt:feishu", True), ("my", False), ("tt:douyin", True)]
)
def test_a_call_in_the_background_follows_the_host(target: str, *, refused: bool) -> None:
    """Where it is refused it fails before it is sent, until the mini-program is back."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.background()
        outcome = await stage.upload()
        assert (not refused) == outcome.ok
        if refused:
            assert Reason.INTERRUPTED_BACKGROUND is outcome.reason
            assert "background_calls" in outcome.record.decisions.rules()
        stage.bridge.network.foreground()
        assert (await stage.upload()).ok

    play(target, scene)


@pytest.mark.parametrize("target", ["my", "tt:feishu", "tt:douyin", "uni/h5", "uni/app"])
def test_elsewhere_an_upload_goes_on_in_the_background(target: str) -> None:
    """No published rule interrupts it there."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.slow(up=SIZE / 20)
        upload = asyncio.create_task(stage.upload())
        await asyncio.sleep(1)
        stage.bridge.network.background()
        assert (await upload).ok

    play(target, scene)


def test_airplane_mode_between_queue_and_send_fails_what_waits() -> None:
    """A call that was queued with a network meets none when its turn comes."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.slow(up=SIZE)
        uploads = [asyncio.create_task(stage.upload()) for _ in range(12)]
        await asyncio.sleep(0.5)
        stage.bridge.network.offline()
        done: list[Outcome] = [await upload for upload in uploads]
        assert {Reason.OFFLINE} == {outcome.reason for outcome in done}
        sent = [outcome.record.request is not None for outcome in done]
        assert [True] * 10 + [False] * 2 == sent
        assert ["the network was lost"] * 10 + ["simulated"] * 2 == [
            outcome.record.detail for outcome in done
        ]

    play("wx", scene)


def test_a_switch_tells_the_phone_and_lets_the_next_upload_through() -> None:
    """The new network has its own type and speed, and is in the record."""

    async def scene(stage: Scene) -> None:
        heard: list[object] = []
        stage.bridge.api.onNetworkStatusChange(heard.append)
        stage.bridge.network.apply("wifi,switch:3g@50%")
        outcome = await stage.upload()
        words = "uploadFile:fail upload fail:-21:net::ERR_NETWORK_CHANGED"
        assert {"errMsg": words, "errno": 600001} == outcome.result
        assert "the network changed to 3g" == outcome.record.detail
        assert ["wifi", "3g"] == [words.split()[0] for words in outcome.record.conditions]
        assert [{"isConnected": True, "networkType": "3g"}] == heard
        assert (await stage.upload()).ok

    play("wx", scene)


def test_a_request_has_words_of_its_own_for_a_switch() -> None:
    """As the forum quotes them."""

    async def scene(stage: Scene) -> None:
        stage.bridge.network.apply("slow:latency=2s,switch@1s")
        outcome = await stage.bridge.call("request", {"url": "https://a.test/x"})
        words = "errcode:10011 cronet_error_code:0 error_msg:network change, cancel all task"
        assert {"errMsg": f"request:fail {words}", "errno": 600001} == outcome.result

    play("wx", scene)


def test_losing_the_network_harms_no_call_that_has_ended() -> None:
    """Nor one that has not begun: that one fails when it is sent."""

    async def scene(stage: Scene) -> None:
        assert (await stage.upload()).ok
        task = stage.bridge.api.uploadFile(stage.options())
        stage.bridge.network.offline()
        stage.bridge.network.online()
        assert (await task)["statusCode"] == 200

    play("wx", scene)


def test_an_interruption_never_calls_back_before_it_returns() -> None:
    """The test's own line goes on first."""

    async def scene(stage: Scene) -> None:
        heard: list[str] = []
        stage.bridge.network.slow(up=100)
        stage.bridge.api.uploadFile(stage.options(fail=lambda _: heard.append("fail")))
        await asyncio.sleep(1)
        stage.bridge.network.offline()
        assert [] == heard
        await stage.bridge.settled()
        assert ["fail"] == heard

    play("wx", scene)


def test_every_host_says_something_about_a_switch() -> None:
    """All but WeChat are inferred, and say so."""
    for name in TARGETS:
        text = resolve(name).profile.texts[Reason.NETWORK_CHANGED]
        assert isinstance(text, Text)
        assert replace(text.source, status="inferred") == text.source
        assert text.source.note
