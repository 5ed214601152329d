"""`Bridge`: what a test opens, what it sees, and what its mistakes are told."""

from __future__ import annotations

import asyncio
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bridge import (
    Bridge,
    BridgeError,
    HostError,
    MemoryTransport,
    Reason,
    UploadFailed,
    UploadServer,
    undefined,
)
from bridge.logic.python import HostPromise, HostTask
from bridge.protocol import Invoke
from bridge.target import all_names

if TYPE_CHECKING:
    from bridge import Reply
    from bridge.transport import Events, WireUpload

TARGETS = tuple(all_names())
READABLE = {"Access-Control-Allow-Origin": "*"}
HOST_TEXT = {
    "wx": "uploadFile:fail upload fail:-105:net::ERR_NAME_NOT_RESOLVED",
    "wx:devtools": "uploadFile:fail Error: getaddrinfo ENOTFOUND nowhere.test",
    "my": "上传文件失败",
    "uni/h5": "uploadFile:fail",
    "uni/my": "uploadFile:fail 上传文件失败",
}


def memory(target: str = "wx", **more: Any) -> Bridge:  # noqa: ANN401  the Bridge's own arguments
    """Return a bridge whose every upload is answered."""
    return Bridge(target, transport=MemoryTransport(headers=READABLE), **more)


def options(bridge: Bridge, **more: object) -> dict[str, Any]:
    """Return options that every target accepts."""
    path = bridge.files.add("a.png", b"picture")
    given = {"url": "https://a.test/up", "filePath": path, "name": "f", "fileType": "image"}
    return {**given, **more}


# --- what a bridge shows


async def test_a_bridge_tells_its_target_and_profile() -> None:
    """The canonical name, whatever alias was given."""
    async with memory("tt@4.6", limit=2) as bridge:
        assert "tt:feishu@4.6" == bridge.target
        assert 2 == bridge.profile.limit
        assert "<Bridge tt:feishu@4.6, 0 in flight>" == repr(bridge)
        bridge.api.uploadFile(options(bridge))
        assert "<Bridge tt:feishu@4.6, 1 in flight>" == repr(bridge)
        await bridge.settled()
        assert [] == bridge.in_flight


@pytest.mark.parametrize(
    ("target", "names"),
    [
        ("wx", {"wx"}),
        ("my:ide", {"my"}),
        ("tt", {"tt"}),
        ("uni/h5", {"uni"}),
        ("uni/wx", {"uni", "wx"}),
        ("mpx/my", {"mpx", "my"}),
        ("uploader/wx", {"uploader", "uni", "wx"}),
        ("uploader/h5", {"uploader", "uni"}),
    ],
)
async def test_the_globals_are_those_of_the_real_host(target: str, names: set[str]) -> None:
    """The layers' and the host's, each with its functions as own attributes."""
    async with memory(target) as bridge:
        assert names == set(bridge.globals)
        api = bridge.globals[target.partition("/")[0].partition(":")[0]]
        assert bridge.api is api
        assert {"uploadFile", "upload"} & set(vars(api))
        assert f"<global {target.partition('/')[0].partition(':')[0]}>" == repr(api)


async def test_every_global_of_a_stack_can_be_called() -> None:
    """`uni.uploadFile` under `uploader` passes `uni` only."""
    async with memory("uploader/wx") as bridge:
        bridge.globals["uploader"].config({"baseURI": "https://base.test"})
        given = options(bridge)
        for name, api, url in (
            ("uploader", "upload", "/up"),
            ("uni", "uploadFile", "https://a.test/up"),
            ("wx", "uploadFile", "https://a.test/up"),
        ):
            assert (await getattr(bridge.globals[name], api)({**given, "url": url}))["errMsg"]
        assert ["upload", "uploadFile", "uploadFile"] == [record.api for record in bridge.calls]
        sent: Any = bridge.calls[0].request
        assert "https://base.test/up" == sent.url


async def test_a_missing_function_is_told_what_there_is() -> None:
    """The message has the host's own functions."""
    async with memory("tt") as bridge:
        with pytest.raises(AttributeError, match=r"tt\.downloadFile does not exist here; .*: up"):
            bridge.api.downloadFile({})


# --- calls by their neutral name


@pytest.mark.parametrize("target", TARGETS)
async def test_a_call_by_its_neutral_name_reaches_every_target(target: str) -> None:
    """`uploadFile` means `upload` where the layer calls it so."""
    async with memory(target) as bridge:
        outcome = await bridge.call("uploadFile", options(bridge))
        assert (True, None, bridge.target, "uploadFile") == (
            outcome.ok,
            outcome.reason,
            outcome.target,
            outcome.api,
        )
        assert outcome.record is bridge.calls[-1]
        assert outcome.result["data"] == '{"ok":true}'


async def test_an_outcomes_result_is_its_own() -> None:
    """What a test writes into it is not in the record."""
    async with memory() as bridge:
        outcome = await bridge.call("uploadFile", options(bridge))
        outcome.result["header"] = outcome.result["mine"] = None
        assert outcome.record.result["header"]
        assert "mine" not in outcome.record.result


@pytest.mark.parametrize("target", ["wx", "uni/my", "mpx/tt"])
async def test_a_host_failure_is_an_outcome_and_never_raised(target: str) -> None:
    """Without options every host has something to say."""
    async with memory(target) as bridge:
        outcome = await bridge.call("uploadFile")
        assert not outcome.ok
        assert Reason.BAD_PARAMETER is outcome.reason


async def test_an_unknown_api_names_the_nearest() -> None:
    """Settings of a layer are no calls that settle."""
    async with memory("uploader/wx") as bridge:
        with pytest.raises(BridgeError, match="unknown API of uploader 'uplod'; did you mean"):
            await bridge.call("uplod")
        with pytest.raises(BridgeError, match="unknown API of uploader 'config'"):
            await bridge.call("config")


async def test_only_the_newest_records_are_kept() -> None:
    """`record_limit` bounds them, the numbers go on."""
    async with memory(record_limit=2) as bridge:
        given = options(bridge)
        for _ in range(4):
            assert (await bridge.call("uploadFile", given)).ok
        assert [3, 4] == [record.id for record in bridge.calls]


async def test_the_domain_list_can_be_another_one_later() -> None:
    """It counts from the next call on, and one that is refused changes nothing."""
    async with memory(domains=["a.test"]) as bridge:
        assert {"*": ("a.test",)} == bridge.domains
        bridge.domains = ["b.test"]
        with pytest.raises(BridgeError, match="give a list of hosts"):
            bridge.domains = "c.test"
        assert {"*": ("b.test",)} == bridge.domains
        a, b = (options(bridge) | {"url": f"https://{name}.test/"} for name in "ab")
        outcomes = [await bridge.call("uploadFile", given) for given in (a, b)]
        assert [False, True] == [outcome.ok for outcome in outcomes]
        assert Reason.DOMAIN_NOT_LISTED is outcomes[0].reason


# --- mistakes


@pytest.mark.parametrize("limit", [0, -1])
def test_at_least_one_record_is_kept(limit: int) -> None:
    """Without one no outcome could name its record."""
    with pytest.raises(BridgeError, match=f"record_limit={limit}: at least one"):
        Bridge("wx", record_limit=limit)


@pytest.mark.parametrize(
    ("said", "more"),
    [
        ("did you mean 'file_type'?", {"filetype": "ignored"}),
        ("file_type is required or checked or ignored", {"file_type": "off"}),
        ("give a list of hosts or origins", {"domains": "a.test"}),
        ("the package directory 'nowhere' does not exist", {"files": "nowhere"}),
        ("so it cannot be in the album", {"album": ["nowhere.png"]}),
    ],
)
def test_a_wrong_argument_is_told_at_once(said: str, more: dict[str, Any]) -> None:
    """One sentence, before any call."""
    with pytest.raises(BridgeError, match=re.escape(said)):
        Bridge("my", **more)


@pytest.mark.parametrize(
    ("origin", "to"),
    [
        ("a.test", "http://127.0.0.1:1"),
        ("https://a.test/path", "http://127.0.0.1:1"),
        ("https://a.test", "127.0.0.1:1"),
        ("ws://a.test", None),
    ],
)
async def test_a_route_is_from_origin_to_origin(origin: str, to: str | None) -> None:
    """Anything more or less is refused."""
    async with memory() as bridge:
        with pytest.raises(BridgeError, match="is not an origin; write scheme://host"):
            bridge.route(origin, to=to)


async def test_a_closed_bridge_takes_no_call() -> None:
    """The message says where calls belong; closing twice is fine."""
    bridge = memory()
    async with bridge:
        given = options(bridge)
    await bridge.aclose()
    with pytest.raises(BridgeError, match=r"is closed; make the call inside `async with"):
        bridge.api.uploadFile(given)


async def test_a_close_that_is_cancelled_closes_the_connections_too() -> None:
    """Though an upload is slow to stop."""

    class Slow(MemoryTransport):
        closed = False

        async def send(self, upload: WireUpload, events: Events) -> Reply:
            try:
                return await super().send(upload, events)
            finally:
                await stopped.wait()

        async def aclose(self) -> None:
            self.closed = True
            stopped.set()
            await super().aclose()

    stopped = asyncio.Event()
    transport = Slow(latency=60)
    bridge = Bridge("wx", transport=transport)
    bridge.api.uploadFile(options(bridge))
    await asyncio.sleep(0)
    closing = asyncio.create_task(bridge.aclose())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert transport.closed


def test_a_bridge_belongs_to_one_loop() -> None:
    """The second loop is refused, and the call leaves nothing behind."""
    bridge = memory()
    given = options(bridge)

    async def use() -> None:
        await bridge.call("uploadFile", given)

    asyncio.run(use())
    with pytest.raises(BridgeError, match="belongs to another event loop"):
        asyncio.run(use())
    assert [] == bridge.in_flight


@pytest.mark.parametrize("name", ["success", "fail", "complete"])
async def test_a_coroutine_callback_is_the_authors_mistake(name: str) -> None:
    """Nobody would await it."""

    async def callback(_: object) -> None:
        raise AssertionError

    async with memory() as bridge:
        for api in (bridge.api.uploadFile, bridge.api.chooseImage):
            with pytest.raises(BridgeError, match=f"{name} is a coroutine function"):
                api({name: callback})
        assert [] == bridge.calls


@pytest.mark.skipif(
    not hasattr(inspect, "markcoroutinefunction"), reason="the mark is new in Python 3.12"
)
async def test_a_function_marked_as_a_coroutine_function_is_one() -> None:
    """What wraps a coroutine function may say so itself."""
    mark: Any = getattr(inspect, "markcoroutinefunction", None)
    async with memory() as bridge:
        with pytest.raises(BridgeError, match="success is a coroutine function"):
            bridge.api.uploadFile({"success": mark(lambda _: None)})


async def test_a_path_of_this_machine_in_the_options_is_the_authors_mistake() -> None:
    """A `pathlib.Path` is told what to give instead."""
    async with memory() as bridge:
        with pytest.raises(BridgeError, match=r"can pass; give .* bridge\.files\.add"):
            await bridge.call("uploadFile", options(bridge, filePath=Path("a.png")))
        assert [] == bridge.in_flight


async def test_keywords_are_the_authors_mistake() -> None:
    """A mini-program passes one object, and is shown how."""
    async with memory() as bridge:
        for name in ("uploadFile", "chooseImage"):
            with pytest.raises(
                BridgeError, match=rf"{name}\({{'name': \.\.\., 'count': \.\.\.}}\)"
            ):
                getattr(bridge.api, name)(name="f", count=1)
        assert [] == bridge.in_flight


async def test_tasks_and_records_tell_what_they_are() -> None:
    """In a debugger, and where an assertion shows them."""
    async with memory() as bridge:
        task = bridge.api.uploadFile(options(bridge))
        assert "<HostTask of <Record 1: uploadFile on wx, in flight>>" == repr(task)
        await task
        assert "<Record 1: uploadFile on wx, success>" == repr(bridge.calls[0])
        failed = await bridge.call("uploadFile", {})
        assert "<Record 2: uploadFile on wx, fail, bad_parameter>" == repr(failed.record)


# --- routes


@pytest.mark.parametrize("target", sorted(HOST_TEXT))
async def test_an_unrouted_origin_is_never_dialled(target: str) -> None:
    """It fails as the host's DNS failure, and the record names the origin and the remedy."""
    async with Bridge(target) as bridge:
        outcome = await bridge.call("uploadFile", options(bridge, url="https://nowhere.test/up"))
        assert Reason.DNS_FAILURE is outcome.reason
        said = {outcome.result.get("errMsg"), outcome.result.get("errorMessage")}
        assert HOST_TEXT[target] in said
        assert "https://nowhere.test" == outcome.record.unrouted
        assert "bridge.route" in outcome.record.decisions.rules()


async def test_a_route_leads_to_the_embedded_server_and_can_be_removed() -> None:
    """It may be set before the first call or after it."""
    async with UploadServer() as server, Bridge("wx") as bridge:
        given = options(bridge)
        bridge.route("https://a.test", to=server.url)
        assert (await bridge.call("uploadFile", given)).ok
        assert "a.test" == server.uploads[0].headers["Host"]
        bridge.route("https://b.test", to=server.url)
        assert (await bridge.call("uploadFile", {**given, "url": "https://b.test/"})).ok
        bridge.route("https://a.test", to=None)
        assert Reason.DNS_FAILURE is (await bridge.call("uploadFile", given)).reason


async def test_a_route_removed_before_the_first_call_has_no_effect() -> None:
    """Even if it never existed."""
    async with Bridge("wx") as bridge:
        bridge.route("https://a.test", to="http://127.0.0.1:1")
        bridge.route("https://a.test", to=None)
        bridge.route("https://b.test", to=None)
        assert Reason.DNS_FAILURE is (await bridge.call("uploadFile", options(bridge))).reason


# --- what repeats


async def test_the_same_seed_makes_the_same_paths_and_ids() -> None:
    """Paths, boundaries and ids repeat; another seed has others."""

    async def made(seed: int) -> tuple[str, str, str]:
        async with memory("wx", seed=seed) as bridge:
            given = options(bridge)
            outcome = await bridge.call("uploadFile", given)
            return given["filePath"], outcome.record.boundary, outcome.record.session

    assert await made(1) == await made(1)
    assert all(a != b for a, b in zip(await made(1), await made(2), strict=True))


async def test_a_files_parts_and_names_reach_the_wire_as_the_host_sends_them() -> None:
    """WeChat names the part by its path, H5 by the user's own name."""
    for target, pattern in (("wx", r"tmp_[0-9a-f]{32}\.png"), ("uni/h5", r"a\.png")):
        transport = MemoryTransport(headers=READABLE)
        async with Bridge(target, transport=transport) as bridge:
            assert (await bridge.call("uploadFile", options(bridge))).ok
            [file] = transport.uploads[0].files
            assert re.fullmatch(pattern, file.filename)
            assert "image/png" == file.content_type


# --- what a call returns


@pytest.mark.parametrize(
    ("target", "kind", "members"),
    [
        ("wx", HostTask, {"abort", "onProgressUpdate", "offHeadersReceived"}),
        ("tt", HostTask, {"abort", "onProgressUpdate"}),
        ("my", HostPromise, {"abort", "offProgressUpdate"}),
        ("my:ide", HostPromise, set()),
        ("uploader/wx", HostTask, {"abort"}),
    ],
)
async def test_a_call_returns_what_the_host_returns(
    target: str, kind: type[HostPromise], members: set[str]
) -> None:
    """Exactly its members, and room for more."""
    async with memory(target) as bridge:
        api = bridge.api.upload if target.startswith("uploader") else bridge.api.uploadFile
        task: Any = api(options(bridge, success=print))
        assert type(task) is kind
        assert members <= set(dir(task))
        assert isinstance(await task, dict)
        vars(task)["extra"] = True
        with pytest.raises(AttributeError, match="has no member 'pause'"):
            task.pause()


async def test_feishu_has_no_headers_members() -> None:
    """Absent, doing nothing and throwing are three things."""
    async with memory("tt") as bridge:
        assert not hasattr(bridge.api.uploadFile(options(bridge)), "onHeadersReceived")
        await bridge.settled()
    async with memory("uni/app") as bridge:
        task = bridge.api.uploadFile(options(bridge, complete=print))
        assert task.onHeadersReceived(pytest.fail) is None
        await task
    async with memory("uni/h5") as bridge:
        task = bridge.api.uploadFile(options(bridge, complete=print))
        with pytest.raises(HostError, match="Method not implemented"):
            task.onHeadersReceived(print)
        await task


@pytest.mark.parametrize("nothing", [(), (None,), (undefined,)])
async def test_off_without_a_function_clears_wechats_listeners(nothing: tuple[object]) -> None:
    """`undefined` is the same as no argument."""
    async with memory() as bridge:
        task = bridge.api.uploadFile(options(bridge))
        task.onProgressUpdate(lambda _: pytest.fail("still attached"))
        task.offProgressUpdate(*nothing)
        await task
        assert [] == bridge.callback_errors


async def test_a_listener_is_detached_by_itself() -> None:
    """Others stay."""
    async with memory() as bridge:
        task, heard = bridge.api.uploadFile(options(bridge)), []

        def gone(_: object) -> None:
            heard.append("gone")

        task.onProgressUpdate(gone)
        task.onProgressUpdate(lambda _: heard.append("kept"))
        task.offProgressUpdate(gone)
        await task
        assert {"kept"} == set(heard)


async def test_uni_returns_a_task_with_a_callback_and_a_promise_without() -> None:
    """The Promise has no members of a task."""
    async with memory("uni/wx") as bridge:
        assert HostTask is type(bridge.api.uploadFile(options(bridge, fail=print)))
        promise = bridge.api.uploadFile(options(bridge))
        assert HostPromise is type(promise)
        assert not hasattr(promise, "abort")
        await promise


async def test_mpx_in_promise_mode_keeps_the_task_beside_the_promise() -> None:
    """The native return is in `__returned`."""
    async with memory("mpx", use_promise="on") as bridge:
        promise = bridge.api.uploadFile(options(bridge))
        vars(promise)["__returned"].abort()
        with pytest.raises(UploadFailed):
            await promise
        refused = bridge.api.uploadFile({})
        assert vars(refused)["__returned"] is None
        await bridge.settled()


async def test_awaiting_a_failure_raises_with_all_there_is_to_know() -> None:
    """Result, reason and record; the next await has its own copy."""
    async with memory() as bridge:
        bridge.network.offline()
        task = bridge.api.uploadFile(options(bridge))
        with pytest.raises(UploadFailed, match=r"offline: .*ERR_INTERNET_DISCONNECTED") as first:
            await task
        assert Reason.OFFLINE is first.value.reason
        assert bridge.calls[0] is first.value.record
        first.value.result.clear()
        with pytest.raises(UploadFailed) as second:
            await task
        assert second.value.result["errno"]


async def test_an_awaiter_that_gave_up_disturbs_nobody() -> None:
    """A cancelled await leaves the call running."""
    async with memory() as bridge:
        task = bridge.api.uploadFile(options(bridge))

        async def wait() -> None:
            await task

        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0)
        waiting.cancel()
        assert (await task)["errMsg"]
        assert waiting.cancelled()


@pytest.mark.parametrize("nothing", [undefined, None, "text", 5, [], {}])
async def test_anything_but_an_object_counts_as_no_options(nothing: object) -> None:
    """WeChat then misses its three parameters."""
    async with memory() as bridge:
        assert bridge.api.uploadFile(nothing) is None
        assert bridge.api.uploadFile() is None
        await bridge.settled()
        assert {Reason.BAD_PARAMETER} == {record.reason for record in bridge.calls}


async def test_callbacks_that_are_no_functions_are_dropped() -> None:
    """As layers do, without a word."""
    async with memory() as bridge:
        task = bridge.api.uploadFile(options(bridge, success=1, fail=None, complete=[print]))
        assert (await task)["errMsg"]
        assert "success" not in bridge.calls[0].options


# --- the layer's settings


async def test_a_layers_settings_last_from_call_to_call() -> None:
    """`config`, `setHeader` and `setFormData` return the layer itself."""
    transport = MemoryTransport()
    async with Bridge("uploader/wx", transport=transport) as bridge:
        uploader = bridge.api
        base: dict[str, object] = {"baseURI": "https://a.test"}
        assert uploader.config(base) is uploader
        base["baseURI"] = "https://later.test"
        uploader.setHeader({"X-A": "1"}).setFormData({"k": "v"})
        await bridge.call("uploadFile", options(bridge, url="/one"))
        [upload] = transport.uploads
        assert "https://a.test/one" == upload.url
        assert (("k", "v"),) == upload.fields
        assert "1" == dict(upload.headers)["X-A"]


async def test_the_native_side_refuses_what_its_target_does_not_offer() -> None:
    """The only door names the event; an unknown task cannot be aborted."""
    heard: list[object] = []
    async with memory("uploader/wx") as bridge:
        with pytest.raises(BridgeError, match="'setNothing' is nothing 'uploader' offers on upl"):
            bridge.invoke(Invoke("setNothing", {}, "uploader"), heard.append)
        with pytest.raises(BridgeError, match="'config' is nothing 'wx' offers"):
            bridge.invoke(Invoke("config", {}, "wx"), heard.append)
        unknown: tuple[dict[str, object], ...] = (
            {"uploadTaskId": 9, "operationType": "abort"},
            {"operationType": "pause"},
        )
        for params in unknown:
            answer = bridge.invoke(Invoke("operateUploadTask", params), heard.append)
            assert {"errMsg": "operateUploadTask:fail"} == answer
    assert [] == heard
