"""Seed 000, the rows of the task it returns, what its progress says, and the page's sample."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bridge import Bridge, HostError, MemoryTransport, Reason, UploadServer
from bridge.target import all_names, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.logic.python import HostTask
    from bridge.target import Target

    Result = dict[str, object]
    Heard = list[tuple[str, Result]]

EXAMPLE = "https://www.example.com"
SENT = ["progress", "totalBytesSent", "totalBytesExpectedToSend"]
WRITTEN = ["progress", "totalBytesWritten", "totalBytesExpectedToWrite"]
BIG = b"\x89PNG" + bytes(24 << 20)
"""Larger than what both kernels hold of a connection, so that half of it cannot have arrived."""


def targets(layers: str = "uni uploader", where: Callable[[Target], bool] = bool) -> list[str]:
    """Return the addresses of seed 000's layers over every host that fulfils a condition."""
    names = [name for name in all_names() if name.partition("/")[0] in layers.split()]
    return [name for name in names if where(resolve(name))]


def member(name: str, how: str) -> Callable[[Target], bool]:
    """Return the condition that a task has this member, and that it does so much."""
    return lambda target: target.profile.members.get(name, "absent").partition(":")[0] == how


def member_of_task(name: str, how: str) -> Callable[[Target], bool]:
    """Return the same condition, of hosts that return a task at all."""
    return lambda target: has_task(target) and member(name, how)(target)


def has_task(target: Target) -> bool:
    """Tell whether a call returns something that can be aborted and watched."""
    return member("abort", "call")(target) and member("onProgressUpdate", "call")(target)


def aborted(bridge: Bridge) -> str:
    """Return what errMsg says of an abort: uni puts its own prefix before Alipay's whole text."""
    text = "uploadFile:fail abort"
    return f"uploadFile:fail {text}" if bridge.profile.namespace == "my" else text


def required(bridge: Bridge) -> Result:
    """Return what this host asks for beside the page's options."""
    return {"fileType": "image"} if bridge.profile.file_type == "required" else {}


def start(bridge: Bridge, url: str, heard: Heard, content: bytes = b"pixels") -> HostTask:
    """Start an upload that writes down its three callbacks, and return its task."""

    def listener(name: str) -> Callable[[Result], None]:
        return lambda result: heard.append((name, result))

    options = {
        "url": url,
        "filePath": bridge.files.add("photo.png", content),
        "name": "photo",
        **required(bridge),
        **{name: listener(name) for name in ("success", "fail", "complete")},
    }
    name = "upload" if bridge.target.startswith("uploader/") else "uploadFile"
    task: HostTask = getattr(bridge.api, name)(options)
    return task


# --- the return value


@pytest.mark.target(*targets(where=has_task))
async def test_row_returns_a_task_that_takes_further_members(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """A call with callbacks returns the host's task, to which a layer may add its own marks."""
    heard: Heard = []

    task = start(bridge, upload_server.url, heard)
    setattr(task, "__v_skip", True)

    assert callable(task.abort)
    assert callable(task.onProgressUpdate)
    own = {name for name in dir(task) if not name.startswith("_")}
    assert {*bridge.profile.members} == own
    assert "__v_skip" in vars(task)
    await bridge.settled()


@pytest.mark.target("uploader/h5", "uploader/wx", "uploader/my", "uploader/tt:feishu")
async def test_row_returns_a_task_from_the_uploader_even_without_callbacks(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The uploader hands all three callbacks down, so no call of it is a bare Promise."""
    path = bridge.files.add("photo.png", b"pixels")

    task = bridge.api.upload({"url": upload_server.url, "filePath": path, **required(bridge)})

    assert callable(task.abort)
    await bridge.settled()
    assert bridge.calls[-1].ok


@pytest.mark.target("uni/my:ide", "uploader/my:ide")
async def test_row_returns_no_task_in_the_alipay_ide(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The developer tool's return value has none of the members."""
    heard: Heard = []

    returned = start(bridge, upload_server.url, heard)

    for name in ("abort", "onProgressUpdate", "onHeadersReceived"):
        assert not hasattr(returned, name)
    await bridge.settled()
    assert ["success", "complete"] == [name for name, _ in heard]


# --- abort


@pytest.mark.target(*targets(where=has_task))
async def test_row_abort_in_the_same_tick_still_runs_fail_and_complete(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """An upload aborted at once fails, though not before abort has returned, and is not sent."""
    heard: Heard = []

    start(bridge, upload_server.url, heard).abort()
    assert [] == heard
    await bridge.settled()

    assert ["fail", "complete"] == [name for name, _ in heard]
    assert aborted(bridge) == heard[0][1]["errMsg"]
    assert heard[0][1] == heard[1][1]
    assert Reason.ABORTED == bridge.calls[-1].reason
    assert upload_server.uploads == []


@pytest.mark.target(*targets(where=has_task))
async def test_row_abort_while_the_server_thinks_ends_the_request(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """A request whose answer is awaited is cut, and its late answer goes nowhere."""
    heard: Heard = []
    upload_server.hold()

    task = start(bridge, upload_server.url, heard)
    await upload_server.received(1)
    task.abort()
    task.abort()
    await bridge.settled()
    upload_server.release()

    assert ["fail", "complete"] == [name for name, _ in heard]
    assert aborted(bridge) == heard[0][1]["errMsg"]


@pytest.mark.target(*targets(where=has_task))
async def test_row_abort_after_the_end_changes_nothing(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """An upload that has succeeded stays a success."""
    heard: Heard = []

    task = start(bridge, upload_server.url, heard)
    await bridge.settled()
    task.abort()
    await bridge.settled()

    assert ["success", "complete"] == [name for name, _ in heard]
    assert bridge.calls[-1].ok


@pytest.mark.target(*targets(where=has_task))
async def test_row_abort_past_half_of_the_upload_leaves_a_cut_body(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Aborted from its own progress listener the upload goes no further, and no listener runs."""
    heard: Heard = []
    percents: list[int] = []
    task = start(bridge, upload_server.url, heard, BIG)

    def watch(event: dict[str, int]) -> None:
        percents.append(event["progress"])
        if event["progress"] > 50:
            task.abort()

    task.onProgressUpdate(watch)
    await bridge.settled()
    await upload_server.received(1)

    assert ["fail", "complete"] == [name for name, _ in heard]
    assert aborted(bridge) == heard[0][1]["errMsg"]
    assert sorted(percents) == percents
    assert 50 < percents[-1] < 100
    assert [percents[-1]] == [percent for percent in percents if percent > 50]
    assert upload_server.last.error is not None
    assert upload_server.last.size < len(BIG)


# --- onProgressUpdate and its payload


@pytest.mark.target(*targets(where=has_task))
async def test_row_on_progress_update_counts_up_to_the_whole_body(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The percentage rises to exactly 100, the bytes to the request's Content-Length."""
    heard: Heard = []
    events: list[dict[str, int]] = []

    task = start(bridge, upload_server.url, heard, BIG)
    task.onProgressUpdate(events.append)
    await bridge.settled()

    names = WRITTEN if bridge.profile.progress_names == "written" else SENT
    assert [names] * len(events) == [list(event) for event in events]
    percents, sent, totals = zip(*(event.values() for event in events), strict=True)
    assert [*percents] == sorted(percents)
    assert [*sent] == sorted({*sent})
    size = upload_server.last.size
    assert (100, size, {size}) == (percents[-1], sent[-1], {*totals})
    assert len(events) > 1


@pytest.mark.target(*targets("uni", where=has_task))
async def test_row_on_progress_update_is_over_before_success(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """No progress comes after success, and none before the call has returned."""
    heard: Heard = []

    task = start(bridge, upload_server.url, heard)
    task.onProgressUpdate(lambda event: heard.append(("progress", event)))
    assert [] == heard
    await bridge.settled()

    assert ["progress", "success", "complete"] == [name for name, _ in heard]


@pytest.mark.parametrize(
    ("names", "expected"),
    [("sent", SENT), ("written", WRITTEN), ("both", SENT + WRITTEN[1:])],
)
@pytest.mark.parametrize("target", targets(where=has_task))
async def test_row_progress_payload_under_both_spellings(
    upload_server: UploadServer, target: str, names: str, expected: list[str]
) -> None:
    """The page's table and its sample spell the counts differently: progress_names says which."""
    heard: Heard = []
    events: list[dict[str, int]] = []

    async with Bridge(target, progress_names=names) as bridge:
        start(bridge, upload_server.url, heard).onProgressUpdate(events.append)
        await bridge.settled()

    size = upload_server.last.size
    assert dict.fromkeys(expected, size) | {"progress": 100} == events[-1]
    assert expected == list(events[-1])


def test_row_progress_payload_is_spelt_as_in_the_sample_except_on_alipay() -> None:
    """The sample's names are every host's but Alipay's, which has those of the table."""
    spelt = {name: resolve(name).profile.progress_names for name in targets("uni")}

    assert {"sent", "written"} == {*spelt.values()}
    written = [name for name, names in spelt.items() if names == "written"]
    assert ["uni/my", "uni/my:harmony", "uni/my:ide"] == written


@pytest.mark.parametrize(("target", "percents"), [("uni/h5", [33, 67, 100]), ("uni/wx", [33, 66])])
async def test_row_progress_payload_rounds_on_h5_and_floors_elsewhere(
    target: str, percents: list[int]
) -> None:
    """Two thirds are 67 percent to a browser and 66 to WeChat."""
    heard: Heard = []
    events: list[dict[str, int]] = []

    async with Bridge(target, transport=MemoryTransport(steps=3)) as bridge:
        start(bridge, EXAMPLE, heard, bytes(30_000)).onProgressUpdate(events.append)
        await bridge.settled()

    assert percents == [event["progress"] for event in events][: len(percents)]


# --- offProgressUpdate


@pytest.mark.target(*targets(where=member("offProgressUpdate", "call")))
async def test_row_off_progress_update_detaches_one_listener(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The listener named is not called any more, the other one is."""
    heard: Heard = []
    detached: list[object] = []
    kept: list[object] = []

    task = start(bridge, upload_server.url, heard)
    task.onProgressUpdate(detached.append)
    task.onProgressUpdate(kept.append)
    task.offProgressUpdate(detached.append)
    await bridge.settled()

    assert ([], 1) == (detached, len(kept))


@pytest.mark.target(*targets(where=member("offProgressUpdate", "call")))
async def test_row_off_progress_update_without_a_function_clears_or_does_nothing(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """WeChat and Alipay then detach every listener; uni's own H5 and App detach none."""
    heard: Heard = []
    events: list[object] = []

    task = start(bridge, upload_server.url, heard)
    task.onProgressUpdate(events.append)
    task.offProgressUpdate()
    await bridge.settled()

    own = bridge.profile.namespace == "uni"
    assert (1 if own else 0) == len(events)


@pytest.mark.target(*targets(where=member("onProgressUpdate", "call")))
async def test_row_on_progress_update_twice_counts_twice_on_h5_and_app_only(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """A listener attached twice runs twice where uni keeps the list, once elsewhere."""
    heard: Heard = []
    events: list[object] = []

    task = start(bridge, upload_server.url, heard)
    task.onProgressUpdate(events.append)
    task.onProgressUpdate(events.append)
    task.onProgressUpdate("not a function")
    await bridge.settled()

    assert (2 if bridge.profile.namespace == "uni" else 1) == len(events)


@pytest.mark.target(*targets(where=member_of_task("offProgressUpdate", "absent")))
async def test_row_off_progress_update_is_absent_on_feishu_and_douyin(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """There is no such member: to call it is the mini-program's own error."""
    heard: Heard = []

    task = start(bridge, upload_server.url, heard)

    assert "tt" == bridge.profile.namespace
    with pytest.raises(AttributeError, match="has no member 'offProgressUpdate'"):
        task.offProgressUpdate()
    await bridge.settled()


# --- onHeadersReceived and offHeadersReceived: working, throwing, no-op, absent


@pytest.mark.target(*targets(where=member("onHeadersReceived", "call")))
async def test_row_on_headers_received_comes_before_success_where_it_works(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """WeChat hands over {header}, Alipay the header map itself, once, ahead of success."""
    heard: Heard = []
    upload_server.reply(headers={"X-Answer": "early"})

    task = start(bridge, upload_server.url, heard)
    task.onHeadersReceived(lambda event: heard.append(("headers", event)))
    await bridge.settled()

    assert ["headers", "success", "complete"] == [name for name, _ in heard]
    event = heard[0][1]
    header = event if bridge.profile.namespace == "my" else event["header"]
    assert isinstance(header, dict)
    assert "early" == header["X-Answer"]
    assert (bridge.profile.namespace == "wx") == ([*event] == ["header"])


@pytest.mark.target(*targets(where=member("offHeadersReceived", "call")))
async def test_row_off_headers_received_detaches_where_it_works(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """A detached listener hears nothing of the answer's headers."""
    heard: Heard = []
    events: list[object] = []

    task = start(bridge, upload_server.url, heard)
    task.onHeadersReceived(events.append)
    task.offHeadersReceived(events.append)
    await bridge.settled()

    assert ([], "success") == (events, heard[0][0])


@pytest.mark.target(*targets(where=member("onHeadersReceived", "throw")))
@pytest.mark.parametrize("name", ["onHeadersReceived", "offHeadersReceived"])
async def test_row_on_and_off_headers_received_throw_on_h5(
    bridge: Bridge, upload_server: UploadServer, name: str
) -> None:
    """The members exist on H5 and throw; the upload they were called on goes on."""
    heard: Heard = []

    task = start(bridge, upload_server.url, heard)

    assert "h5" == bridge.profile.name
    with pytest.raises(HostError, match=r"^Method not implemented\.$"):
        getattr(task, name)(heard.append)
    await bridge.settled()
    assert ["success", "complete"] == [event for event, _ in heard]


@pytest.mark.target(*targets(where=member("onHeadersReceived", "noop")))
async def test_row_on_and_off_headers_received_do_nothing_in_the_app(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The App takes a listener for the headers and never calls it."""
    heard: Heard = []
    events: list[object] = []

    task = start(bridge, upload_server.url, heard)
    returned = (task.onHeadersReceived(events.append), task.offHeadersReceived(events.append))
    await bridge.settled()

    assert "app" == bridge.profile.name
    assert ((None, None), []) == (returned, events)
    assert ["success", "complete"] == [name for name, _ in heard]


@pytest.mark.target(*targets(where=member_of_task("onHeadersReceived", "absent")))
@pytest.mark.parametrize("name", ["onHeadersReceived", "offHeadersReceived"])
async def test_row_on_and_off_headers_received_are_absent_on_feishu_and_douyin(
    bridge: Bridge, upload_server: UploadServer, name: str
) -> None:
    """No such members: to call one raises as a missing member does, which is not HostError."""
    heard: Heard = []

    task = start(bridge, upload_server.url, heard)

    assert "tt" == bridge.profile.namespace
    with pytest.raises(AttributeError, match=f"has no member '{name}'"):
        getattr(task, name)(heard.append)
    await bridge.settled()


# --- the sample


def sample(bridge: Bridge, log: list[str], **more: object) -> list[object]:
    """Transcribe the page's sample; `more` holds what it leaves out, the list what upload gave."""
    uni, uploader = bridge.globals["uni"], bridge.globals["uploader"]
    tasks: list[object] = []

    def chosen(choose_image_res: dict[str, list[str]]) -> None:
        temp_file_paths = choose_image_res["tempFilePaths"]
        upload_task = uploader.upload(
            {
                "url": "/upload",
                "domain": EXAMPLE,
                "filePath": temp_file_paths[0],
                "name": "file",
                "formData": {"user": "test"},
                "success": lambda upload_file_res: log.append(upload_file_res["data"]),
                **more,
            }
        )
        tasks.append(upload_task)

        def progress(res: dict[str, int]) -> None:
            log.append(f"上传进度{res['progress']}")
            log.append(f"已经上传的数据长度{res.get('totalBytesSent', 'undefined')}")
            log.append(
                f"预期需要上传的数据总长度{res.get('totalBytesExpectedToSend', 'undefined')}"
            )
            if res["progress"] > 50:
                upload_task.abort()

        upload_task.onProgressUpdate(progress)

    uni.chooseImage({"success": chosen})
    return tasks


@pytest.mark.target(*targets("uploader", where=has_task))
async def test_row_sample_uploads_the_chosen_picture_until_it_aborts_past_half(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Picker, upload, progress, abort: the sample's log ends above 50, and success never runs."""
    log: list[str] = []
    ends: list[str] = []
    bridge.album.add(BIG)
    bridge.route(EXAMPLE, to=upload_server.url)

    sample(bridge, log, complete=lambda res: ends.append(res["errMsg"]), **required(bridge))
    await bridge.settled()
    await upload_server.received(1)

    assert [aborted(bridge)] == ends
    assert ["chooseImage", "upload"] == [record.api for record in bridge.calls]
    progress = [int(line[4:]) for line in log if line.startswith("上传进度")]
    assert len(log) == 3 * len(progress)
    assert 50 < progress[-1] < 100
    seen = upload_server.last
    assert ("/upload", "www.example.com") == (seen.path, seen.headers["Host"])
    assert "test" == seen.field("user")
    assert seen.error is not None


@pytest.mark.target(*targets("uploader", where=has_task))
async def test_row_sample_reads_undefined_byte_counts_on_alipay_alone(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The sample reads totalBytesSent, which Alipay's events do not have."""
    log: list[str] = []
    bridge.album.add(BIG)
    bridge.route(EXAMPLE, to=upload_server.url)

    sample(bridge, log, **required(bridge))
    await bridge.settled()

    unknown = [line for line in log if line.endswith("undefined")]
    assert ("my" == bridge.profile.namespace) == bool(unknown)
    assert len(unknown) in (0, len(log) * 2 // 3)


@pytest.mark.target(*targets("uploader", where=lambda target: target.profile.namespace == "my"))
async def test_row_sample_as_it_stands_fails_on_alipay_for_want_of_file_type(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The sample passes no fileType, and Alipay requires one."""
    log: list[str] = []
    ends: list[dict[str, object]] = []
    bridge.album.add(BIG)
    bridge.route(EXAMPLE, to=upload_server.url)

    sample(bridge, log, fail=ends.append)
    await bridge.settled()
    bridge.callback_errors.clear()

    assert [{"errMsg": "uploadFile:fail 无效参数"}] == ends
    assert [] == log
    assert upload_server.uploads == []


@pytest.mark.target("uploader/my:ide")
async def test_row_sample_throws_in_the_alipay_ide_which_returns_no_task(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """What chooseImage's success throws there is reported; the upload itself goes through."""
    log: list[str] = []
    bridge.album.add(b"\x89PNG small")
    bridge.route(EXAMPLE, to=upload_server.url)

    sample(bridge, log, **required(bridge))
    await bridge.settled()

    assert ['{"ok":true}'] == log
    (error,) = bridge.callback_errors
    assert "has no member 'onProgressUpdate'" in str(error)
    assert bridge.calls[0].callback_errors == [f"success: {error!r}"]
    bridge.callback_errors.clear()


@pytest.mark.target(*targets("uploader"))
async def test_row_sample_finds_both_its_globals_and_the_hosts_own(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """`globals` holds uploader, uni and what the host itself has, and uploader is `api`."""
    path = bridge.files.add("photo.png", b"pixels")
    bridge.globals["uni"].uploadFile(
        {
            "url": upload_server.url,
            "filePath": path,
            "name": "uni",
            "complete": lambda _: None,
            **required(bridge),
        }
    )
    await bridge.settled()

    assert ["uploader", "uni", bridge.profile.namespace] == [
        *bridge.globals,
        *([] if bridge.profile.namespace != "uni" else ["uni"]),
    ]
    assert bridge.api is bridge.globals["uploader"]
    upload_server.last.assert_file("uni", size=6)


@pytest.mark.target("uploader/h5", "uploader/wx")
async def test_row_sample_does_nothing_when_the_user_backs_out_of_the_picker(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Without a picture there is no success of chooseImage, and so no upload."""
    log: list[str] = []
    bridge.album.cancel_next()

    tasks = sample(bridge, log)
    await bridge.settled()

    assert ([], []) == (tasks, log)
    assert Reason.ABORTED == bridge.calls[-1].reason
    assert upload_server.uploads == []


async def test_row_sample_runs_several_uploads_side_by_side(upload_server: UploadServer) -> None:
    """Two samples on two targets do not disturb each other."""
    logs: dict[str, list[str]] = {"uploader/h5": [], "uploader/wx": []}

    async def run(target: str) -> None:
        async with Bridge(target, album=[b"\x89PNG" + target.encode()]) as bridge:
            bridge.route(EXAMPLE, to=upload_server.url)
            bridge.globals["uni"].chooseImage(
                {
                    "success": lambda res: bridge.api.upload(
                        {
                            "url": "/upload",
                            "domain": EXAMPLE,
                            "filePath": res["tempFilePaths"][0],
                            "success": lambda answer: logs[target].append(answer["data"]),
                        }
                    )
                }
            )
            await bridge.settled()

    await asyncio.gather(*map(run, logs))

    assert {target: ['{"ok":true}'] for target in logs} == logs
    sizes = sorted(upload.file("file").size for upload in upload_server.uploads)
    assert [15, 15] == sizes
