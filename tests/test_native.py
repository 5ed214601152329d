"""One call on the native side: its end, what it frees, and what the logic hears of it."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from blockbuster import blockbuster_ctx
from hypothesis import given
from hypothesis import strategies as st

from bridge import Bridge, MemoryTransport, Reason, Reply, TransportFailure, UploadServer
from bridge.call import Call
from bridge.protocol import Invoke
from bridge.target import all_names, resolve
from bridge.transport.body import UploadBody
from bridge.transport.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.profile import Profile
    from bridge.transport import Events, WireUpload

TARGETS = tuple(all_names())
READABLE = {"Access-Control-Allow-Origin": "*"}
Heard = list[tuple[str, Any]]


class Gates:
    """A transport that stops before the body, and again before the answer, until it is let on."""

    def __init__(self) -> None:
        self.sending, self.body = asyncio.Event(), asyncio.Event()
        self.receiving, self.answer = asyncio.Event(), asyncio.Event()
        self.running = self.most = 0
        self.error: BaseException | None = None

    async def send(self, upload: WireUpload, events: Events) -> Reply:
        """Send nothing, in two steps."""
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            self.sending.set()
            await self.body.wait()
            events.progress(4, 4)
            events.headers(200, ())
            self.receiving.set()
            await self.answer.wait()
            if self.error is not None:
                raise self.error
            return Reply(200, (), b"ok", None, upload.url)
        finally:
            self.running -= 1

    def route(self, origin: str, to: str | None) -> None:
        """Nothing is dialled."""

    async def aclose(self) -> None:
        """Nothing is open."""

    def open(self) -> None:
        """Let everything through."""
        self.body.set()
        self.answer.set()


class Desk:
    """A bridge with one file, and all that its calls tell."""

    def __init__(self, bridge: Bridge, path: str | None = None) -> None:
        self.bridge = bridge
        self.path = bridge.files.add("a.png", b"picture") if path is None else path
        self.heard: Heard = []

    def options(self, **more: object) -> dict[str, Any]:
        """Return options every target accepts."""
        given = {"url": "https://a.test/up", "filePath": self.path, "name": "f"}
        return {**given, "fileType": "image", **more}

    def start(self, **more: object) -> Any:  # noqa: ANN401  what the host returns
        """Make a call whose callbacks and listeners are all noted."""
        names = ("success", "fail", "complete")
        callbacks = {name: self._noting(name) for name in names}
        task = self.bridge.api.uploadFile(self.options(**callbacks, **more))
        if hasattr(task, "onProgressUpdate"):
            task.onProgressUpdate(self._noting("progress"))
        if hasattr(task, "onHeadersReceived"):
            task.onHeadersReceived(self._noting("headers"))
        return task

    @property
    def names(self) -> list[str]:
        """What was heard, by name."""
        return [name for name, _ in self.heard]

    def _noting(self, name: str) -> Callable[[object], None]:
        return lambda result: self.heard.append((name, result))


def gated(**overrides: object) -> tuple[Desk, Gates]:
    """Return a WeChat bridge on a transport with gates."""
    gates = Gates()
    return Desk(Bridge("wx", transport=gates, **overrides)), gates  # type: ignore[arg-type]  # overrides by name


def message_of(profile: Profile, result: dict[str, Any]) -> object:
    """Return the text of a fail object, whoever shaped it."""
    return result.get(profile.message_key, result.get("errMsg"))


def descriptors() -> int:
    """Count this process's open descriptors."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def ticks(count: int = 10) -> None:
    """Let the loop go round."""
    for _ in range(count):
        await asyncio.sleep(0)


ABORTED = {"errMsg": "uploadFile:fail abort"}


# --- a call that succeeds


async def test_nothing_fires_before_the_call_has_returned() -> None:
    """Listeners can be attached to the returned task, and hear everything, in order."""
    desk, gates = gated()
    gates.open()
    async with desk.bridge:
        desk.start()
        assert [] == desk.heard
        await desk.bridge.settled()
        assert ["progress", "headers", "success", "complete"] == desk.names


async def test_even_a_refused_call_fires_on_a_later_tick() -> None:
    """A bad parameter is told as an event, and the call returns undefined on WeChat."""
    desk, _ = gated()
    async with desk.bridge:
        assert desk.start(url=None) is None
        assert [] == desk.heard
        await desk.bridge.settled()
        assert ["fail", "complete"] == desk.names


async def test_every_callback_has_its_own_plain_extensible_object() -> None:
    """What one callback writes into its result, no other sees."""
    desk, gates = gated()
    gates.open()
    async with desk.bridge:
        seen: list[dict[str, Any]] = []

        def success(result: dict[str, Any]) -> None:
            result["mine"] = result["header"]["mine"] = 1
            seen.append(result)

        task = desk.bridge.api.uploadFile(desk.options(success=success, complete=seen.append))
        first, second = await task, await task
        done, complete = seen
        assert type(done) is dict
        assert "mine" in done
        assert complete == first == second
        assert not {"mine"} & (complete.keys() | complete["header"].keys() | first.keys())
        assert first is not second


async def test_options_changed_after_the_call_have_no_effect() -> None:
    """They are copied at entry, at every depth."""
    transport = MemoryTransport()
    desk = Desk(Bridge("wx", transport=transport))
    async with desk.bridge:
        form: dict[str, object] = {"a": 1, "deep": [1]}
        options = desk.options(formData=form, header={"X-A": "1"})
        desk.bridge.api.uploadFile(options)
        form["a"], form["b"] = 2, 3
        options["header"]["X-A"] = "2"
        options["url"] = "https://b.test/"
        options["fail"] = pytest.fail
        await desk.bridge.settled()
        [upload] = transport.uploads
        assert (("a", "1"), ("deep", "1")) == upload.fields
        assert "https://a.test/up" == upload.url
        assert "1" == dict(upload.headers)["X-A"]


async def test_the_same_options_may_be_used_twice() -> None:
    """A call writes nothing onto its caller's object."""
    transport = MemoryTransport()
    desk = Desk(Bridge("wx", transport=transport))
    async with desk.bridge:
        options = desk.options(success=print)
        before = dict(options)
        for _ in range(2):
            assert (await desk.bridge.call("uploadFile", options)).ok
        assert before == options


@pytest.mark.parametrize("target", TARGETS)
async def test_every_target_uploads_and_answers(target: str) -> None:
    """Any HTTP status is a success."""
    transport = MemoryTransport(status=500, headers=READABLE)
    desk = Desk(Bridge(target, transport=transport))
    async with desk.bridge:
        outcome = await desk.bridge.call("uploadFile", desk.options())
        assert outcome.ok, outcome.result
        assert "500" == str(outcome.result["statusCode"])
        [upload] = transport.uploads
        assert ("f", len(b"picture")) == (upload.files[0].name, upload.files[0].size)
        progress = outcome.record.progress
        assert 100 == round(progress[-1][1] / progress[-1][1] * 100)
        assert sorted(progress) == progress


# --- abort


async def test_an_abort_in_the_tick_of_the_call_still_ends_it() -> None:
    """`fail` then `complete`, once, not inside `abort`, and nothing was sent."""
    desk, gates = gated()
    async with desk.bridge:
        task = desk.start()
        assert task.abort() is None
        assert [] == desk.heard
        await desk.bridge.settled()
        assert [("fail", ABORTED), ("complete", ABORTED)] == desk.heard
        assert desk.heard[0][1] is not desk.heard[1][1]
        assert not gates.sending.is_set()


async def test_an_abort_while_queued_frees_the_place_at_once() -> None:
    """The next in the queue moves up, and the aborted one never starts."""
    desk, gates = gated(limit=1)
    async with desk.bridge:
        first, waiting, last = desk.start(), desk.start(), desk.start()
        await gates.sending.wait()
        waiting.abort()
        await ticks()
        assert [("fail", ABORTED), ("complete", ABORTED)] == desk.heard
        assert 2 == len(desk.bridge.in_flight)
        gates.open()
        assert "uploadFile:ok" == (await first)["errMsg"] == (await last)["errMsg"]
        assert 1 == gates.most


@pytest.mark.parametrize("stage", ["sending", "receiving"])
async def test_an_abort_on_the_way_stops_the_transfer(stage: str) -> None:
    """The transport is cancelled, its slot is free at once, and late events are dropped."""
    desk, gates = gated(limit=1, overflow="reject")
    async with desk.bridge:
        task = desk.start()
        await gates.sending.wait()
        if stage == "receiving":
            gates.body.set()
            await gates.receiving.wait()
        before = len(desk.heard)
        task.abort()
        assert before == len(desk.heard)
        again = desk.start()
        await ticks()
        assert [("fail", ABORTED), ("complete", ABORTED)] == desk.heard[before : before + 2]
        assert 1 == gates.running
        gates.open()
        assert "uploadFile:ok" == (await again)["errMsg"]


async def test_an_abort_after_the_end_or_twice_does_nothing() -> None:
    """It is idempotent, and never raises."""
    desk, gates = gated()
    gates.open()
    async with desk.bridge:
        task = desk.start()
        await task
        task.abort()
        other = desk.start()
        other.abort()
        other.abort()
        await desk.bridge.settled()
        other.abort()
        await ticks()
        ends = [name for name in desk.names if name not in ("progress", "headers")]
        assert ["success", "complete", "fail", "complete"] == ends


async def test_a_listener_may_abort_its_own_call() -> None:
    """As the samples do past half of the way; no further progress is heard."""
    desk = Desk(Bridge("wx", transport=MemoryTransport(steps=100)))
    async with desk.bridge:
        task = desk.start()

        def stop(event: dict[str, Any]) -> None:
            if event["progress"] >= 50:
                task.abort()

        task.onProgressUpdate(stop)
        await desk.bridge.settled()
        shown = [result["progress"] for name, result in desk.heard if name == "progress"]
        assert list(range(51)) == shown
        assert ["fail", "complete"] == desk.names[-2:]
        assert Reason.ABORTED is desk.bridge.calls[-1].reason


async def test_an_abort_when_the_answer_is_already_there_still_counts() -> None:
    """A transport that answers without another pause has lost to the abort."""
    desk, gates = gated()
    gates.open()
    async with desk.bridge:
        task = desk.start()
        task.onHeadersReceived(lambda _: task.abort())
        await desk.bridge.settled()
        assert ["progress", "headers", "fail", "complete"] == desk.names
        assert Reason.ABORTED is desk.bridge.calls[0].reason


async def test_a_callback_may_start_the_next_call() -> None:
    """With one slot, a call made inside `complete` runs."""
    desk, gates = gated(limit=1, overflow="reject")
    gates.open()
    done: list[object] = []
    async with desk.bridge:
        again = desk.options(success=done.append)
        desk.bridge.api.uploadFile(
            desk.options(complete=lambda _: desk.bridge.api.uploadFile(again))
        )
        await desk.bridge.settled()
        assert 1 == len(done)


async def test_a_mini_program_that_tries_again_at_once_leaves_room_for_others() -> None:
    """Offline no call ever waits for anything, yet the test goes on and can end that."""
    desk = Desk(Bridge("wx", transport=MemoryTransport()))
    tried: list[object] = []
    async with desk.bridge:
        desk.bridge.network.offline()

        def again(result: object) -> None:
            tried.append(result)
            desk.bridge.api.uploadFile(options)

        options = desk.options(fail=again, success=lambda _: None)
        desk.bridge.api.uploadFile(options)
        await ticks()
        assert 1 < len(tried) < 50
        desk.bridge.network.online()
        await desk.bridge.settled()
        assert desk.bridge.calls[-1].ok


async def test_an_ended_call_leaves_no_descriptor_open(tmp_path: Path) -> None:
    """Success, failure and abort all close the file, and the embedded server's connection."""
    (tmp_path / "a.bin").write_bytes(bytes(1 << 20))
    async with UploadServer() as server, Bridge("wx") as bridge:
        desk = Desk(bridge, bridge.files.add("a.bin", tmp_path / "a.bin"))
        assert (await bridge.call("uploadFile", desk.options(url=server.url))).ok
        before = descriptors()
        for _ in range(5):
            assert (await bridge.call("uploadFile", desk.options(url=server.url))).ok
        assert before == descriptors()
        for turns in range(12):
            task = desk.start(url=server.url)
            await ticks(turns)
            task.abort()
            await bridge.settled()
    await ticks()
    assert before > descriptors()
    assert "fail" in desk.names


async def test_an_ended_call_leaves_nothing_to_the_garbage_collector() -> None:
    """What it went through is gone with it: the collector would stop the loop to find it."""
    gc.collect()
    gc.disable()
    try:
        async with UploadServer() as server, Bridge("wx") as bridge:
            desk = Desk(bridge)
            for _ in range(3):
                assert (await bridge.call("uploadFile", desk.options(url=server.url))).ok
            await ticks()
            kept = (Call, UploadBody, Exchange)
            assert [] == [made for made in gc.get_objects() if isinstance(made, kept)]
    finally:
        gc.enable()


async def test_a_file_is_open_from_the_slot_to_the_end_of_its_call(tmp_path: Path) -> None:
    """A call that waits, reaches no server or is aborted at once holds none."""
    (tmp_path / "a.bin").write_bytes(b"content")
    desk, gates = gated(limit=1)
    desk.path = desk.bridge.files.add("a.bin", tmp_path / "a.bin")
    async with desk.bridge:
        before = descriptors()
        desk.start()
        assert before + 1 == descriptors()
        waiting = [desk.start() for _ in range(3)]
        assert before + 1 == descriptors()
        await gates.sending.wait()
        assert before + 1 == descriptors()
        waiting[0].abort()
        desk.bridge.network.refuse()
        gates.open()
        await desk.bridge.settled()
        assert before == descriptors()
        desk.start().abort()
        assert before == descriptors()
        await desk.bridge.settled()
    assert [True, False, False, False, False] == [record.ok for record in desk.bridge.calls]
    desk, _ = gated(limit=1, overflow="reject")
    desk.path = desk.bridge.files.add("a.bin", tmp_path / "a.bin")
    async with desk.bridge:
        desk.start()
        desk.start()
        assert before + 1 == descriptors()


async def test_a_file_is_looked_for_again_when_its_call_has_waited() -> None:
    """One that is gone by then is missing; one that has its slot is sent as it was."""
    desk, gates = gated(limit=1)
    async with desk.bridge:
        desk.start()
        desk.start()
        desk.bridge.files.remove(desk.path)
        gates.open()
        await desk.bridge.settled()
    assert [None, Reason.MISSING_FILE] == [record.reason for record in desk.bridge.calls]


async def test_an_ended_call_leaves_no_timer_behind() -> None:
    """Neither its timeout nor anything else is still due, however the call ended."""
    desk, gates = gated()
    loop: Any = asyncio.get_running_loop()
    async with desk.bridge:
        aborted = desk.start()
        await gates.sending.wait()
        aborted.abort()
        gates.open()
        await desk.start()
        await desk.bridge.settled()
        assert [] == [timer for timer in loop._scheduled if not timer.cancelled()]  # noqa: SLF001


async def test_closing_the_bridge_ends_every_call() -> None:
    """Running and waiting ones hear `fail` and `complete`, and no task is left behind."""
    desk, gates = gated(limit=1)
    async with desk.bridge:
        for _ in range(3):
            desk.start()
        await gates.sending.wait()
    assert ["fail", "complete"] * 3 == desk.names
    assert 0 == gates.running
    assert {asyncio.current_task()} == asyncio.all_tasks()
    assert "the bridge was closed" == desk.bridge.calls[0].detail


async def test_an_aborted_call_is_told_even_when_the_bridge_closes_at_once() -> None:
    """Closing waits for what is still to be said."""
    desk, _ = gated()
    async with desk.bridge:
        desk.start().abort()
    assert ["fail", "complete"] == desk.names


async def test_a_picker_answers_even_when_the_bridge_closes_at_once() -> None:
    """It has no I/O to wait for, and what it answers is due on the next turn of the loop."""
    heard: list[object] = []
    async with Bridge("wx", album=[b"GIF8"]) as bridge:
        bridge.api.chooseImage({"success": heard.append})
    assert 1 == len(heard)
    assert [] == bridge.in_flight


async def test_options_that_stayed_with_the_logic_are_in_the_record() -> None:
    """The logic names them, and the record says what became of them."""
    desk, gates = gated()
    gates.open()
    heard: list[object] = []
    async with desk.bridge:
        message = Invoke("createUploadTask", desk.options(), unknown=("colour",))
        desk.bridge.invoke(message, heard.append)
        await desk.bridge.settled()
    [record] = desk.bridge.calls
    assert "colour" in record.unknown_keys
    dropped = ("options", "unknown_key", "colour is not an option here: dropped")
    assert record.decisions[0] == dropped


async def test_a_bridge_that_closes_in_the_background_leaves_no_timer_behind() -> None:
    """What the host gives an unfinished call there is nothing to a call that has ended."""
    desk, gates = gated()
    loop: Any = asyncio.get_running_loop()
    async with desk.bridge:
        desk.start()
        await gates.sending.wait()
        desk.bridge.network.background()
    assert [] == [timer for timer in loop._scheduled if not timer.cancelled()]  # noqa: SLF001


async def test_a_logic_that_has_gone_takes_its_own_calls_along() -> None:
    """They end as aborted; what another logic has called goes on."""
    desk, gates = gated()
    gone: list[object] = []
    others: list[object] = []
    async with desk.bridge:
        for told in (gone, others):
            desk.bridge.invoke(Invoke("createUploadTask", desk.options()), told.append)
        await gates.sending.wait()
        desk.bridge.abandon(gone.append)
        gates.open()
        await desk.bridge.settled()
    ends = [(record.ok, record.reason, record.detail) for record in desk.bridge.calls]
    assert [(False, Reason.ABORTED, "the logic is gone"), (True, None, "")] == ends


STEPS = st.lists(
    st.tuples(st.just("start"), st.sampled_from(["good", "bad", "gone"]))
    | st.tuples(st.just("abort"), st.integers(0, 30))
    | st.tuples(st.just("wait"), st.integers(0, 12))
    | st.tuples(st.just("network"), st.sampled_from(["offline", "online", "refuse"])),
    max_size=30,
)


@given(target=st.sampled_from(TARGETS), overflow=st.sampled_from(["queue", "reject"]), steps=STEPS)
def test_every_call_ends_exactly_once_whatever_happens(
    target: str, overflow: str, steps: list[tuple[str, Any]]
) -> None:
    """One `success` or `fail`, then one `complete`, nothing after; no more at once than allowed."""
    chaos = Chaos()

    async def work() -> None:
        bridge = Bridge(target, transport=chaos, limit=2, overflow=overflow)
        async with bridge:
            for step, value in steps:
                await chaos.step(bridge, step, value)
            await bridge.settled()
        assert {asyncio.current_task()} == asyncio.all_tasks()

    asyncio.run(work())
    assert chaos.most <= 2
    assert 0 == chaos.running
    for heard in chaos.heard:
        ends = [name for name in heard if name != "progress"]
        assert ends in (["success", "complete"], ["fail", "complete"])
        assert ends == heard[-2:]


class Chaos(MemoryTransport):
    """Answers everything, counts what runs at once, and keeps what each call heard."""

    def __init__(self) -> None:
        super().__init__(headers=READABLE)
        self.running = self.most = 0
        self.heard: list[list[str]] = []
        self.tasks: list[Any] = []

    async def send(self, upload: WireUpload, events: Events) -> Reply:
        """Send as ever, counted."""
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            return await super().send(upload, events)
        finally:
            self.running -= 1

    async def step(self, bridge: Bridge, step: str, value: Any) -> None:  # noqa: ANN401  by step
        """Do one thing that can happen."""
        if step == "start":
            self._start(bridge, value)
        elif step == "wait":
            await ticks(value)
        elif step == "network":
            getattr(bridge.network, value)()
        elif value < len(self.tasks) and hasattr(self.tasks[value], "abort"):
            self.tasks[value].abort()

    def _start(self, bridge: Bridge, kind: str) -> None:
        desk, heard = Desk(bridge), list[str]()
        self.heard.append(heard)
        names = ("success", "fail", "complete")
        more: dict[str, Any] = {name: lambda _, name=name: heard.append(name) for name in names}
        wrong: dict[str, dict[str, object]] = {"bad": {"url": 5}, "gone": {"filePath": "gone"}}
        more |= wrong.get(kind, {})
        upload = getattr(bridge.api, "upload", None) if "uploader" in bridge.globals else None
        task = (upload or bridge.api.uploadFile)(desk.options(**more))
        self.tasks.append(task)
        if hasattr(task, "onProgressUpdate"):
            task.onProgressUpdate(lambda _: heard.append("progress"))


# --- callbacks that throw


@pytest.mark.parametrize("where", ["success", "progress"])
async def test_a_throwing_callback_is_reported_and_stops_nothing(
    where: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The next callback runs; the error is kept, logged, and in the record."""
    desk = Desk(Bridge("wx", transport=MemoryTransport()))

    def boom(_: object) -> None:
        raise ValueError("in the app")

    async with desk.bridge:
        with caplog.at_level(logging.ERROR, logger="bridge"):
            done: list[object] = []
            options = {"complete": done.append} | ({"success": boom} if where == "success" else {})
            task = desk.bridge.api.uploadFile(desk.options(**options))
            if where == "progress":
                task.onProgressUpdate(boom)
                task.onProgressUpdate(done.append)
            assert "uploadFile:ok" == (await task)["errMsg"]
        assert done
        assert {"in the app"} == {str(error) for error in desk.bridge.callback_errors}
        [record] = desk.bridge.calls
        assert "ValueError('in the app')" in record.callback_errors[0]
        assert "an error in the" in caplog.text
        desk.bridge.callback_errors.clear()


@pytest.mark.parametrize("api", ["uploadFile", "chooseImage"])
def test_what_ends_a_program_is_never_swallowed(api: str) -> None:
    """SystemExit inside a callback stops the program, and closing still works."""

    def leave(_: object) -> None:
        raise SystemExit(3)

    async def program() -> None:
        async with Bridge("wx", album=[b"GIF8"], transport=MemoryTransport()) as bridge:
            getattr(bridge.api, api)({"complete": leave})
            await bridge.settled()
            pytest.fail("the program went on")

    with pytest.raises(SystemExit):
        asyncio.run(program())


# --- faults


@pytest.mark.parametrize("target", TARGETS)
async def test_a_fault_of_the_transport_is_the_hosts_internal_error(
    target: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The call ends, and the log has the traceback."""
    gates = Gates()
    gates.open()
    gates.error = RuntimeError("broken")
    desk = Desk(Bridge(target, transport=gates))
    async with desk.bridge:
        outcome = await desk.bridge.call("uploadFile", desk.options())
        assert Reason.INTERNAL is outcome.reason
        assert "RuntimeError('broken')" == outcome.record.detail
        assert "RuntimeError: broken" in caplog.text
        assert [] == desk.bridge.in_flight


async def test_a_fault_while_a_result_is_shaped_ends_the_call(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Here a profile lists a timing that does not exist."""
    bridge = Bridge("wx", transport=MemoryTransport(), profile_fields=("lunchBreak",), limit=1)
    desk = Desk(bridge)
    async with bridge:
        for _ in range(2):
            outcome = await bridge.call("uploadFile", desk.options())
            assert Reason.INTERNAL is outcome.reason
        assert "lunchbreak" in caplog.text


async def test_a_fault_before_the_call_is_sent_ends_it_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Here a profile's text asks for what no problem has."""
    desk = Desk(Bridge("wx", transport=MemoryTransport(), problem="{nothing}"))
    async with desk.bridge:
        outcome = await desk.bridge.call("uploadFile", {})
        assert Reason.INTERNAL is outcome.reason
        assert "uploadFile broke" in caplog.text
        assert [] == desk.bridge.in_flight


async def test_a_fault_of_a_layer_leaves_the_result_as_it_is(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An upload and a picker end all the same."""

    def broken(_: str, __: object) -> dict[str, object]:
        raise RuntimeError

    known = resolve("uni/my")
    layer = replace(known.layers[0], results={"my": broken})
    monkeypatch.setattr("bridge.runtime.resolve", lambda *_: replace(known, layers=(layer,)))
    desk = Desk(Bridge("uni/my", transport=MemoryTransport(), album=[b"\x89PNG"]))
    async with desk.bridge:
        for api, options in (("uploadFile", desk.options()), ("chooseImage", {})):
            assert (await desk.bridge.call(api, options)).ok
            assert f"uni cannot rewrite a result of {api}" in caplog.text
        assert [] == desk.bridge.in_flight


async def test_a_fault_before_a_picker_opens_leaves_nothing_in_flight() -> None:
    """Here too a text asks for what no problem has: that is for the test's author."""
    async with Bridge("tt", transport=MemoryTransport(), problem="{nothing}") as bridge:
        with pytest.raises(KeyError, match="nothing"):
            await bridge.call("chooseImage", {"count": "x"})
        assert [] == bridge.in_flight


async def test_a_file_that_the_system_refuses_to_read_is_unreadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its record does not stumble over it once more."""
    (tmp_path / "a.bin").write_bytes(b"a")

    def broken(_fd: int, _count: int, _offset: int) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    async with UploadServer() as server, Bridge("wx") as bridge:
        desk = Desk(bridge, bridge.files.add("a.bin", tmp_path / "a.bin"))
        monkeypatch.setattr(os, "pread", broken)
        outcome = await bridge.call("uploadFile", desk.options(url=server.url))
        assert Reason.UNREADABLE_FILE is outcome.reason
        assert "Input/output error" in outcome.record.detail


@pytest.mark.parametrize("value", [10**400, float("nan"), {}, None, b"x"])
async def test_no_form_value_breaks_a_call(value: object) -> None:
    """Everything JavaScript has is sent as `String(value)`."""
    desk = Desk(Bridge("wx", transport=MemoryTransport()))
    async with desk.bridge:
        assert (await desk.bridge.call("uploadFile", desk.options(formData={"a": value}))).ok


@pytest.mark.parametrize("target", TARGETS)
async def test_a_file_object_in_a_wrong_place_breaks_no_call(target: str) -> None:
    """As `header` or `formData` it is an object without entries."""
    transport = MemoryTransport(headers=READABLE)
    desk = Desk(Bridge(target, transport=transport))
    blob = desk.bridge.files.blob(desk.path)
    async with desk.bridge:
        for options in (desk.options(header=blob), desk.options(formData=blob)):
            outcome = await desk.bridge.call("uploadFile", options)
            assert Reason.INTERNAL is not outcome.reason


async def test_a_server_that_names_a_strange_charset_is_still_answered() -> None:
    """Its text is read as UTF-8."""
    transport = MemoryTransport(headers={"Content-Type": "text/plain; charset=undefined"})
    desk = Desk(Bridge("wx", transport=transport))
    async with desk.bridge:
        outcome = await desk.bridge.call("uploadFile", desk.options())
        assert '{"ok":true}' == outcome.result["data"]


async def test_a_transports_own_failure_has_the_hosts_text() -> None:
    """`TransportFailure` names a reason, with the detail the text asks for."""
    gates = Gates()
    gates.open()
    gates.error = TransportFailure(Reason.CONNECTION_REFUSED, {"ip": "::1", "port": 9})
    desk = Desk(Bridge("wx:devtools", transport=gates))
    async with desk.bridge:
        outcome = await desk.bridge.call("uploadFile", desk.options())
        assert {"errMsg": "uploadFile:fail Error: connect ECONNREFUSED ::1:9"} == outcome.result


# --- the network


@pytest.mark.parametrize(
    ("switch", "reason"),
    [
        ("offline", Reason.OFFLINE),
        ("dns_failure", Reason.DNS_FAILURE),
        ("refuse", Reason.CONNECTION_REFUSED),
        ("reset", Reason.CONNECTION_RESET),
        ("stall", Reason.TIMEOUT),
    ],
)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.looptime
async def test_a_bad_network_has_every_hosts_own_text(
    target: str, switch: str, reason: Reason
) -> None:
    """Simulated conditions end in the same words as real ones."""
    desk = Desk(Bridge(target, transport=MemoryTransport(headers=READABLE)))
    bridge = desk.bridge
    async with bridge:
        if switch == "reset":
            bridge.network.reset_after(percent=50)
        elif switch == "stall":
            bridge.network.stall_after(bytes=10)
        else:
            getattr(bridge.network, switch)()
        outcome = await bridge.call("uploadFile", desk.options())
        assert reason is outcome.reason
        assert bridge.network.conditions == outcome.record.conditions
        text: Any = bridge.profile.texts[reason]
        known = {"host": "a.test", "ip": "a.test", "port": 443}
        expected = text.message.format_map({**known, "detail": outcome.record.detail})
        said = message_of(bridge.profile, outcome.result)
        assert expected in (said, str(said).removeprefix("uploadFile:fail "))
        bridge.network.clear()
        assert (await bridge.call("uploadFile", desk.options())).ok


# --- time


async def now() -> float:
    """Return the loop's time."""
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize(
    ("target", "given", "seconds"),
    [
        ("wx", 2500, 2.5),
        ("wx", None, 60),
        ("wx", 0, 60),
        ("wx", -5, 60),
        ("wx", float("nan"), 60),
        ("wx@2.9.9", 2500, 60),
        ("my@10.2.79", 2500, 30),
        ("my", 2500, 2.5),
        ("tt", 2500, 60),
        ("tt:douyin", 600_000, 60),
        ("wx", 600_000, 600),
        ("uni/h5", 2500, 2.5),
        ("uploader/wx", None, 60),
    ],
)
@pytest.mark.looptime
async def test_a_call_times_out_when_its_host_says(
    target: str, given: object, seconds: float
) -> None:
    """Zero and less mean the default; Feishu has no such option; Douyin has a maximum."""
    desk = Desk(Bridge(target, transport=MemoryTransport(headers=READABLE)))
    async with desk.bridge:
        desk.bridge.network.stall_after(bytes=0)
        begun = await now()
        outcome = await desk.bridge.call("uploadFile", desk.options(timeout=given))
        assert Reason.TIMEOUT is outcome.reason
        assert seconds == pytest.approx(await now() - begun)
        if target == "tt:douyin":
            assert "max_timeout" in outcome.record.decisions.rules()


@pytest.mark.looptime
async def test_the_clock_of_a_timeout_starts_when_the_call_leaves_the_queue() -> None:
    """Waiting for a slot costs none of it; the queue times say how long it was."""
    transport = MemoryTransport(latency=4, headers=READABLE)
    desk = Desk(Bridge("wx", transport=transport, limit=1))
    async with desk.bridge:
        tasks = [desk.start(timeout=10_000) for _ in range(3)]
        results = [await task for task in tasks]
        waits = [r["profile"]["queueEnd"] - r["profile"]["queueStart"] for r in results]
        assert [0, 8000, 16_000] == [pytest.approx(wait, abs=2) for wait in waits]
        spans = [record.times["dequeued"] for record in desk.bridge.calls]
        assert [0, 8000, 16_000] == [pytest.approx(span, abs=2) for span in spans]


@pytest.mark.looptime
async def test_progress_comes_in_whole_percents_at_their_times() -> None:
    """No percent is told twice, however many steps there are."""
    transport = MemoryTransport(rate=1000, steps=500)
    desk = Desk(Bridge("wx", transport=transport))
    desk.path = desk.bridge.files.add("a.bin", bytes(4000))
    async with desk.bridge:
        begun = await now()
        await desk.start()
        shown = [result["progress"] for name, result in desk.heard if name == "progress"]
        assert list(range(101)) == shown
        assert 101 == len(desk.bridge.calls[0].progress)
        assert 4 < await now() - begun < 5


# --- which files


def of_files(desk: Desk) -> list[tuple[dict[str, Any], list[tuple[str, int]] | None]]:
    """Return options of H5, and the parts they send; None for a missing file."""
    blob = desk.bridge.files.blob(desk.path)
    other = desk.bridge.files.add("b.png", b"xy")
    one, two = ("f", len(b"picture")), ("f", 2)
    return [
        ({"filePath": desk.path, "name": "f"}, [one]),
        ({"filePath": desk.path}, [("file", 7)]),
        ({"file": blob, "filePath": other, "name": "f"}, [one]),
        ({"file": {"path": desk.path}, "name": "f"}, [one]),
        ({"files": [], "filePath": desk.path, "name": "f"}, [one]),
        ({"files": [{"uri": other, "name": "f"}], "filePath": desk.path}, [two]),
        ({"files": [{"uri": other, "name": "f"}, {"file": blob, "name": "f"}]}, [two, one]),
        ({"files": [{"uri": other}]}, [("file", 2)]),
        ({"files": [{"name": "f"}]}, None),
        ({"files": [blob]}, None),
        ({"filePath": ""}, None),
        ({}, None),
    ]


@pytest.mark.parametrize("number", range(12))
async def test_h5_sends_the_files_its_options_name(number: int) -> None:
    """A non-empty `files` wins, in its order; equal names are kept."""
    transport = MemoryTransport(headers=READABLE)
    desk = Desk(Bridge("uni/h5", transport=transport))
    async with desk.bridge:
        options, parts = of_files(desk)[number]
        outcome = await desk.bridge.call("uploadFile", {"url": "https://a.test/", **options})
        if parts is None:
            assert Reason.MISSING_FILE is outcome.reason
        else:
            assert parts == [(file.name, file.size) for file in transport.uploads[0].files]


# --- refusals on the way


async def test_bad_files_are_refused_before_they_take_a_slot() -> None:
    """A missing file, a directory, a file over the host's size."""
    desk, gates = gated(limit=1, overflow="reject", max_size=3)
    async with desk.bridge:
        for path, reason in (("wxfile://gone", Reason.MISSING_FILE), (desk.path, Reason.OVER_SIZE)):
            outcome = await desk.bridge.call("uploadFile", desk.options(filePath=path))
            assert reason is outcome.reason
        assert not gates.sending.is_set()


async def test_a_file_that_goes_while_the_call_waits_is_missing() -> None:
    """It is opened when it is sent."""
    desk, gates = gated(limit=1)
    async with desk.bridge:
        first, second = desk.start(), desk.bridge.api.uploadFile(desk.options())
        await gates.sending.wait()
        desk.bridge.files.remove(desk.path)
        gates.open()
        assert "uploadFile:ok" == (await first)["errMsg"]
        with pytest.raises(Exception, match="file not found"):
            await second


async def test_one_call_too_many_is_refused_in_the_hosts_words() -> None:
    """The developer tools refuse the eleventh."""
    gates = Gates()
    desk = Desk(Bridge("wx:devtools", transport=gates))
    async with desk.bridge:
        for _ in range(11):
            desk.start()
        await ticks()
        assert ["fail", "complete"] == desk.names
        text = "uploadFile:fail createUploadTask:fail exceed max upload connection count 10"
        assert text == desk.heard[0][1]["errMsg"]
        assert Reason.OVER_LIMIT is desk.bridge.calls[-1].reason


async def test_an_unlisted_domain_is_refused_without_a_connection() -> None:
    """The record names the rule with its source."""
    transport = MemoryTransport()
    desk = Desk(Bridge("wx", transport=transport, domains={"uploadFile": ["https://b.test"]}))
    async with desk.bridge:
        outcome = await desk.bridge.call("uploadFile", desk.options())
        assert Reason.DOMAIN_NOT_LISTED is outcome.reason
        assert "domain_match" in outcome.record.decisions.rules()
        assert [] == transport.uploads


async def test_an_answer_a_page_may_not_read_fails_on_h5() -> None:
    """The upload arrived all the same, as with a browser."""
    transport = MemoryTransport(headers={})
    desk = Desk(Bridge("uni/h5", transport=transport))
    async with desk.bridge:
        outcome = await desk.bridge.call("uploadFile", desk.options())
        assert {"errMsg": "uploadFile:fail"} == outcome.result
        assert "check_cors" in outcome.record.decisions.rules()
        assert 1 == len(transport.uploads)
    desk = Desk(Bridge("uni/h5", transport=MemoryTransport(headers={}), check_cors=False))
    async with desk.bridge:
        assert (await desk.bridge.call("uploadFile", desk.options())).ok


async def test_every_hop_of_a_redirect_is_judged() -> None:
    """A redirect out of the domain list ends the call, and so does one to another scheme."""
    async with (
        UploadServer() as server,
        Bridge("wx", domains=["https://a.test"]) as bridge,
    ):
        desk = Desk(bridge)
        bridge.route("https://a.test", to=server.url)
        server.redirect("https://a.test/again")
        assert (await bridge.call("uploadFile", desk.options())).ok
        server.redirect("https://b.test/")
        outcome = await bridge.call("uploadFile", desk.options())
        assert Reason.DOMAIN_NOT_LISTED is outcome.reason
        assert "max_redirects" in outcome.record.decisions.rules()


async def test_an_empty_name_is_refused_by_wechat_in_other_words() -> None:
    """It is text, so no type problem, and yet missing."""
    desk, _ = gated()
    async with desk.bridge:
        outcome = await desk.bridge.call("uploadFile", desk.options(name=""))
        assert "uploadFile:fail missing required parameters" == outcome.result["errMsg"]
        assert Reason.BAD_PARAMETER is outcome.reason
        outcome = await desk.bridge.call("uploadFile", desk.options(name="", url=5))
        assert "parameter.url should be String" in str(outcome.result["errMsg"])


async def test_an_empty_name_is_a_name_in_a_browser() -> None:
    """H5 does not refuse it: the part is called `file`."""
    transport = MemoryTransport()
    async with Bridge("uni/h5", transport=transport) as bridge:
        desk = Desk(bridge)
        assert (await bridge.call("uploadFile", desk.options(name=""))).ok
        assert ["file"] == [part.name for part in transport.uploads[0].files]


async def test_feishu_puts_one_id_on_the_wire_and_in_the_result() -> None:
    """Every call has its own, a failed one too."""
    transport = MemoryTransport()
    desk = Desk(Bridge("tt", transport=transport))
    async with desk.bridge:
        outcome = await desk.bridge.call("uploadFile", desk.options())
        headers = dict(transport.uploads[0].headers)
        assert outcome.result["trace"] == headers["x-tt-logid"] == headers["x-request-id"]
        failed = await desk.bridge.call("uploadFile", {})
        assert str(failed.result["trace"]).startswith("02")
        assert failed.result["trace"] != outcome.result["trace"]


# --- nothing blocks


async def test_nothing_of_a_call_blocks_the_loop(tmp_path: Path) -> None:
    """An upload from disk to a real server, and its trace, make no blocking call."""
    (tmp_path / "a.bin").write_bytes(bytes(1 << 20))
    async with UploadServer() as server, Bridge("wx") as bridge:
        desk = Desk(bridge, bridge.files.add("a.bin", tmp_path / "a.bin"))
        # The first call imports the transport, which does read files.
        assert (await bridge.call("uploadFile", desk.options(url=server.url))).ok
        with blockbuster_ctx() as watch:
            # On a socket that does not block, it takes what the kernel has room for.
            watch.functions["os.sendfile"].deactivate()
            outcome = await bridge.call("uploadFile", desk.options(url=server.url))
            assert outcome.ok, outcome.record.detail
            assert outcome.record.to_json()
        assert 1 << 20 < server.uploads[-1].size
