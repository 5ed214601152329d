"""Seed 003, `mpx.uploadFile` on WeChat: every option, the result, the task and the sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge import Bridge, MemoryTransport, Reason, UploadFailed

if TYPE_CHECKING:
    from bridge.sink import UploadServer

PAGE_URL = "https://example.weixin.qq.com"
CROSSED = ("enableHttp2", "enableQuic")


def options_for(bridge: Bridge, url: str = PAGE_URL, **more: object) -> dict[str, object]:
    """Return the three required options for a small picture, and whatever else is given."""
    path = bridge.files.add("photo.png", b"picture")
    return {"url": f"{url}/upload", "filePath": path, "name": "file", **more}


def task_members(task: object) -> set[str]:
    """Return what the mini-program sees on a returned object."""
    return {name for name in dir(task) if not name.startswith("_")}


@pytest.mark.target("mpx/wx")
async def test_the_call_is_a_multipart_post_to_an_https_address(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The client sends a POST whose content-type is multipart/form-data."""
    bridge.route(PAGE_URL, to=upload_server.url)
    outcome = await bridge.call("uploadFile", options_for(bridge))
    assert outcome.ok
    assert "POST" == upload_server.last.method
    kind = upload_server.last.headers["Content-Type"]
    assert kind.startswith("multipart/form-data; boundary=")
    assert "example.weixin.qq.com" == upload_server.last.headers["Host"]


@pytest.mark.target("mpx/wx", "mpx/my")
async def test_an_address_that_is_not_https_is_refused(bridge: Bridge) -> None:
    """The page speaks of an HTTPS request: both of its hosts take nothing else."""
    given = options_for(bridge, "http://example.weixin.qq.com", fileType="image")
    outcome = await bridge.call("uploadFile", given)
    assert Reason.UNSUPPORTED_SCHEME is outcome.reason


@pytest.mark.target("mpx/wx", "mpx/my")
async def test_the_page_is_for_wechat_and_alipay(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Both hosts the page names run the same call."""
    given = options_for(bridge, upload_server.url, fileType="image")
    assert (await bridge.call("uploadFile", given)).ok


@pytest.mark.target("mpx/tt:feishu", "mpx/tt:douyin")
async def test_hosts_the_page_does_not_name_are_passed_through_as_well(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The layer's code hands the call to `tt` unchanged, whatever the page says."""
    outcome = await bridge.call("uploadFile", options_for(bridge, upload_server.url))
    assert outcome.ok
    assert {"mpx", "tt"} == bridge.globals.keys()


# --- options


@pytest.mark.target("mpx/wx")
async def test_row_url_is_where_the_upload_goes(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Path and query arrive as the mini-program wrote them."""
    given = options_for(bridge, upload_server.url)
    await bridge.call("uploadFile", {**given, "url": f"{upload_server.url}/a/b?c=d&e=%20f"})
    assert "/a/b?c=d&e=%20f" == upload_server.last.path


@pytest.mark.target("mpx/wx")
async def test_row_file_path_is_the_local_path_of_what_is_sent(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The file behind the local path is one file part of the body."""
    given = options_for(bridge, upload_server.url)
    await bridge.call("uploadFile", given)
    name = str(given["filePath"]).rpartition("/")[2]
    upload_server.last.assert_file(filename=name, size=len(b"picture"), type="image/png")


@pytest.mark.target("mpx/wx")
async def test_row_name_is_the_key_the_server_finds_the_file_under(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The file part has the name that was given."""
    await bridge.call("uploadFile", options_for(bridge, upload_server.url) | {"name": "avatar"})
    assert ["avatar"] == [part.name for part in upload_server.last.files]


@pytest.mark.target("mpx/wx")
@pytest.mark.parametrize("key", ["url", "filePath", "name"])
@pytest.mark.parametrize(
    ("value", "brand"), [(None, "Null"), (12, "Number"), ({"a": 1}, "Object"), (True, "Boolean")]
)
async def test_rows_url_file_path_and_name_must_be_strings(
    bridge: Bridge, key: str, value: object, brand: str
) -> None:
    """A required option of another type is a parameter error that names option and types."""
    outcome = await bridge.call("uploadFile", options_for(bridge) | {key: value})
    text = f"parameter.{key} should be String instead of {brand};"
    expected = {"errMsg": f"uploadFile:fail parameter error: {text}", "errno": 1001}
    assert expected == outcome.result


@pytest.mark.target("mpx/wx")
async def test_row_name_may_not_be_an_empty_string(bridge: Bridge) -> None:
    """An empty key is a string, and fails all the same."""
    outcome = await bridge.call("uploadFile", options_for(bridge) | {"name": ""})
    expected = {"errMsg": "uploadFile:fail missing required parameters", "errno": 1001}
    assert expected == outcome.result


@pytest.mark.target("mpx/wx")
async def test_rows_url_file_path_and_name_are_required(bridge: Bridge) -> None:
    """A call without any of them names all three, in the page's order."""
    outcome = await bridge.call("uploadFile", {})
    problems = "".join(
        f"parameter.{key} should be String instead of Undefined;"
        for key in ("url", "filePath", "name")
    )
    assert f"uploadFile:fail parameter error: {problems}" == outcome.result["errMsg"]


@pytest.mark.target("mpx/wx")
async def test_row_header_is_sent_and_its_referer_is_not(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The caller's headers arrive; Referer stays the host's own."""
    header = {"X-App": "1", "Referer": "https://evil.example.com/", "rEFERER": "https://x/"}
    outcome = await bridge.call("uploadFile", options_for(bridge, upload_server.url, header=header))
    headers = upload_server.last.headers
    assert "1" == headers["X-App"]
    own = "https://servicewechat.com/wx0123456789abcdef/0/page-frame.html"
    assert [own] == headers.getall("Referer")
    assert ["forbidden_headers"] * 2 == outcome.record.decisions.rules()


@pytest.mark.target("mpx/wx")
async def test_row_form_data_is_sent_as_further_fields(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Each key is a text field before the file, its value as JavaScript's `String(value)`."""
    form = {"user": "test", "n": 12, "half": 0.5, "empty": ""}
    await bridge.call("uploadFile", options_for(bridge, upload_server.url, formData=form))
    expected = [("user", "test"), ("n", "12"), ("half", "0.5"), ("empty", "")]
    assert expected == upload_server.last.fields
    assert upload_server.last.parts[-1].filename is not None


@pytest.mark.looptime
@pytest.mark.parametrize(
    ("target", "given", "ends"),
    [
        ("mpx/wx", {}, 60_000),
        ("mpx/wx", {"timeout": 5000}, 5000),
        ("mpx/wx", {"timeout": 90_000}, 90_000),
        ("mpx/wx@2.10.0", {"timeout": 5000}, 5000),
        ("mpx/wx@2.9.9", {"timeout": 5000}, 60_000),
    ],
)
async def test_row_timeout_counts_milliseconds_from_2_10_0_on(
    target: str, given: dict[str, object], ends: int
) -> None:
    """Given in milliseconds, without a maximum, 60 s by default; older base libraries drop it."""
    async with Bridge(target, transport=MemoryTransport(latency=3600)) as bridge:
        outcome = await bridge.call("uploadFile", options_for(bridge) | given)
        expected = {"errMsg": "uploadFile:fail timeout", "errno": 5}
        assert expected == outcome.result
        assert pytest.approx(ends) == outcome.record.times["end"]


@pytest.mark.parametrize(
    ("key", "since", "before", "default"),
    [
        ("timeout", "2.10.0", "2.9.9", 60_000),
        ("enableHttp2", "2.10.4", "2.10.3", False),
        ("enableQuic", "2.10.4", "2.10.3", False),
        ("enableProfile", "3.5.0", "3.4.9", True),
    ],
)
async def test_rows_with_a_lowest_version_exist_from_it_on_with_their_default(
    key: str, since: str, before: str, default: object
) -> None:
    """An older base library does not know the option: it is dropped, and the record says why."""
    async with Bridge(f"mpx/wx@{since}", transport=MemoryTransport()) as bridge:
        outcome = await bridge.call("uploadFile", options_for(bridge))
        assert default == outcome.record.understood[key]
    async with Bridge(f"mpx/wx@{before}", transport=MemoryTransport()) as bridge:
        outcome = await bridge.call("uploadFile", options_for(bridge) | {key: default})
        assert outcome.ok
        assert key not in outcome.record.understood
        assert (key,) == outcome.record.unknown_keys
        assert ["unknown_key"] == outcome.record.decisions.rules()


@pytest.mark.target("mpx/wx")
async def test_row_enable_profile_is_on_unless_it_is_switched_off(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """`enableProfile: false` leaves `profile` out of the result; nothing else changes."""
    given = options_for(bridge, upload_server.url)
    default = await bridge.call("uploadFile", given)
    on = await bridge.call("uploadFile", given | {"enableProfile": True})
    off = await bridge.call("uploadFile", given | {"enableProfile": False})
    assert ["data", "statusCode", "header", "errMsg", "profile"] == list(default.result)
    assert list(default.result) == list(on.result)
    assert ["data", "statusCode", "header", "errMsg"] == list(off.result)
    assert [] == list(off.record.not_emulated)


@pytest.mark.target("wx:devtools")
async def test_row_enable_profile_does_nothing_on_other_clients(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Only iOS and Android have `profile`: the developer tools answer without it."""
    given = options_for(bridge, upload_server.url, enableProfile=True)
    outcome = await bridge.call("uploadFile", given)
    assert outcome.ok
    assert "profile" not in outcome.result


async def accepted_without_effect(bridge: Bridge, server: UploadServer, key: str) -> None:
    """Check that an option changes neither the wire nor the result, and that the record says so."""
    given = options_for(bridge, server.url)
    off = await bridge.call("uploadFile", given | {key: False})
    on = await bridge.call("uploadFile", given | {key: True})
    assert on.ok
    assert key in on.record.not_emulated
    assert key not in off.record.not_emulated
    assert isinstance(on.result["profile"], dict)
    assert "http1.1" == on.result["profile"]["protocol"]
    assert () == on.record.unknown_keys
    assert key in on.record.to_json()["not_emulated"]  # type: ignore[operator]  # a list in JSON


@pytest.mark.target("mpx/wx")
async def test_row_enable_http2_is_accepted_without_effect_and_recorded(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The option is taken, HTTP/1.1 is spoken, and the record lists it as not emulated."""
    await accepted_without_effect(bridge, upload_server, "enableHttp2")


@pytest.mark.target("mpx/wx")
async def test_row_enable_quic_is_accepted_without_effect_and_recorded(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The option is taken, HTTP/1.1 is spoken, and the record lists it as not emulated."""
    await accepted_without_effect(bridge, upload_server, "enableQuic")


@pytest.mark.target("mpx/wx")
async def test_the_withdrawn_high_performance_mode_is_accepted_without_effect_and_recorded(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """WeChat took the option back; code that still passes it goes on."""
    await accepted_without_effect(bridge, upload_server, "useHighPerformanceMode")


@pytest.mark.target("wx")
async def test_a_failed_call_also_records_what_had_no_effect(bridge: Bridge) -> None:
    """Options without effect are listed whatever becomes of the call, in the schema's order."""
    given = dict.fromkeys(reversed(CROSSED), True)
    outcome = await bridge.call("uploadFile", given)
    assert not outcome.ok
    assert list(CROSSED) == outcome.record.not_emulated


@pytest.mark.target("mpx/wx")
@pytest.mark.parametrize(
    ("key", "default"),
    [("header", None), ("formData", None), ("timeout", 60_000), ("enableProfile", True)],
)
async def test_an_optional_row_of_a_wrong_type_is_dropped(
    bridge: Bridge, upload_server: UploadServer, key: str, default: object
) -> None:
    """WeChat goes on without an optional option it cannot use."""
    given = options_for(bridge, upload_server.url, **{key: "wrong"})
    outcome = await bridge.call("uploadFile", given)
    assert outcome.ok
    assert default == outcome.record.understood.get(key)
    assert ["mismatch"] == outcome.record.decisions.rules()


@pytest.mark.target("mpx/wx")
async def test_row_success_is_called_with_the_result(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """`success` runs once, with the object a Promise would have given."""
    results: list[dict[str, object]] = []
    await bridge.api.uploadFile(options_for(bridge, upload_server.url, success=results.append))
    assert [200] == [result["statusCode"] for result in results]


@pytest.mark.target("mpx/wx")
async def test_row_fail_is_called_with_the_error(bridge: Bridge) -> None:
    """`fail` runs once, and never together with `success`."""
    seen: list[tuple[str, object]] = []
    given = options_for(bridge) | {"filePath": "wxfile://tmp_none.png"}
    task = bridge.api.uploadFile(
        given
        | {"success": lambda r: seen.append(("success", r))}
        | {"fail": lambda r: seen.append(("fail", r))}
    )
    with pytest.raises(UploadFailed):
        await task
    assert [("fail", {"errMsg": "uploadFile:fail file not found"})] == seen


@pytest.mark.target("mpx/wx")
async def test_row_complete_follows_success_and_fail_alike(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """`complete` runs last, with an equal object of its own."""
    seen: list[tuple[str, dict[str, object]]] = []
    callbacks = {
        name: lambda r, name=name: seen.append((name, r))
        for name in ("complete", "fail", "success")
    }
    bridge.api.uploadFile(options_for(bridge, upload_server.url) | callbacks)
    await bridge.settled()
    bridge.api.uploadFile(options_for(bridge, "http://127.0.0.1:1", filePath="none") | callbacks)
    await bridge.settled()
    assert ["success", "complete", "fail", "complete"] == [name for name, _ in seen]
    for (_, first), (_, second) in (seen[:2], seen[2:]):
        assert first == second
        assert first is not second


# --- the result


@pytest.mark.target("mpx/wx")
async def test_row_data_is_the_servers_text(bridge: Bridge, upload_server: UploadServer) -> None:
    """`data` is text and stays text, JSON included."""
    upload_server.reply(body={"url": "https://cdn.example.com/1.png"})
    outcome = await bridge.call("uploadFile", options_for(bridge, upload_server.url))
    assert '{"url":"https://cdn.example.com/1.png"}' == outcome.result["data"]


@pytest.mark.target("mpx/wx")
@pytest.mark.parametrize("status", [200, 201, 204, 400, 404, 413, 500, 503])
async def test_row_status_code_is_a_number_and_every_status_is_a_success(
    bridge: Bridge, upload_server: UploadServer, status: int
) -> None:
    """An answer is an answer: only a missing one is a failure."""
    upload_server.reply(status)
    outcome = await bridge.call("uploadFile", options_for(bridge, upload_server.url))
    assert outcome.ok
    assert status == outcome.result["statusCode"]
    assert isinstance(outcome.result["statusCode"], int)


# --- what comes back


@pytest.mark.target("mpx/wx")
async def test_the_return_value_is_the_upload_task(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The host's task comes back at once, with WeChat's five members."""
    task = bridge.api.uploadFile(options_for(bridge, upload_server.url))
    expected = {
        "abort", "onProgressUpdate", "offProgressUpdate", "onHeadersReceived", "offHeadersReceived",
    }  # fmt: skip
    assert expected == task_members(task)
    await task


@pytest.mark.target("mpx/wx")
async def test_a_parameter_error_returns_nothing(bridge: Bridge) -> None:
    """The host's `undefined` comes through the layer; `fail` has the error."""
    seen: list[dict[str, object]] = []
    assert bridge.api.uploadFile({"fail": seen.append}) is None
    await bridge.settled()
    assert [1001] == [result["errno"] for result in seen]


@pytest.mark.target("mpx/wx", use_promise="on")
async def test_with_use_promise_the_call_returns_a_promise_that_keeps_the_task(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The Promise's only own key is `__returned`, the native return."""
    promise = bridge.api.uploadFile(options_for(bridge, upload_server.url))
    assert set() == task_members(promise)
    events: list[dict[str, object]] = []
    task = vars(promise)["__returned"]
    assert "abort" in task_members(task)
    task.onProgressUpdate(events.append)
    assert 200 == (await promise)["statusCode"]
    assert 100 == events[-1]["progress"]


@pytest.mark.target("mpx/wx", use_promise="on")
async def test_with_use_promise_a_failure_rejects_and_callbacks_still_run(bridge: Bridge) -> None:
    """Both ways of hearing of a failure work side by side."""
    seen: list[object] = []
    promise = bridge.api.uploadFile(options_for(bridge) | {"filePath": "x", "fail": seen.append})
    with pytest.raises(UploadFailed) as caught:
        await promise
    assert [{"errMsg": "uploadFile:fail file not found"}] == seen
    assert seen[0] == caught.value.result


@pytest.mark.target("mpx/wx", use_promise="on")
async def test_with_use_promise_a_parameter_error_leaves_nothing_in_returned(
    bridge: Bridge,
) -> None:
    """The Promise is there even where the host returned `undefined`."""
    promise = bridge.api.uploadFile({})
    assert vars(promise)["__returned"] is None
    with pytest.raises(UploadFailed):
        await promise


@pytest.mark.target("mpx/my", use_promise="on")
async def test_with_use_promise_alipays_own_promise_stays_inside(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Alipay's Promise that is a task as well is what `__returned` holds."""
    given = options_for(bridge, upload_server.url, fileType="image")
    promise = bridge.api.uploadFile(given)
    assert set() == task_members(promise)
    native = vars(promise)["__returned"]
    assert "abort" in task_members(native)
    assert await promise == await native


# --- the sample


@pytest.mark.target("mpx/wx")
async def test_the_sample_uploads_the_chosen_image(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The page's sample, transcribed: choose, upload with a form field, read `res.data`."""
    mpx = bridge.api
    bridge.route(PAGE_URL, to=upload_server.url)
    bridge.album.add(b"\x89PNG\r\n\x1a\n")
    data: list[object] = []

    def chosen(res: dict[str, list[str]]) -> None:
        temp_file_paths = res["tempFilePaths"]
        mpx.uploadFile(
            {
                "url": "https://example.weixin.qq.com/upload",
                "filePath": temp_file_paths[0],
                "name": "file",
                "formData": {"user": "test"},
                "success": lambda res: data.append(res["data"]),
            }
        )

    mpx.chooseImage({"success": chosen})
    await bridge.settled()
    assert ['{"ok":true}'] == data
    assert "/upload" == upload_server.last.path
    assert "test" == upload_server.last.field("user")
    upload_server.last.assert_file(name="file", size=8)
