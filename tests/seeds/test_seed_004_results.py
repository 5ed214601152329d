"""Seed 004, Feishu `tt.uploadFile`: standard objects, `trace`, errno, the task and the samples."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from bridge import Bridge, MemoryTransport, Reason, UploadFailed

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.sink import UploadServer

SAMPLE_TRACE = "021638203108547b7613bd1ebe5586ea6f58e17a92f1544eebbbb"
TRACE = re.compile(r"02(?P<ms>\d{13})[0-9a-f]{32}[0-9a-z]{6}")
URL = "https://api.example.com"
# Reason -> what follows `uploadFile:fail `, and the errno.
ERRNO = {
    Reason.BAD_PARAMETER: ("invalid parameter", 104),
    Reason.MISSING_FILE: ("File does not exist", 203),
    Reason.NOT_A_FILE: ("Is not file", 207),
    Reason.UNREADABLE_FILE: ("No read permission", 201),
    Reason.OVER_SIZE: ("Data to read exceeds size limit", 210),
    Reason.BAD_URL: ("不支持的URL", 307),
    Reason.UNSUPPORTED_SCHEME: ("不支持的URL", 307),
    Reason.DOMAIN_NOT_LISTED: ("API call prohibited", 110),
    Reason.OVER_LIMIT: ("Too many API calls", 111),
    Reason.OFFLINE: ("No network connection", 303),
    Reason.DNS_FAILURE: ('CronetError("Cronet Error: code=1 / internal_code=-105 / None")', 305),
    Reason.CONNECTION_REFUSED: ("Network failure", 305),
    Reason.CONNECTION_RESET: ("Network failure", 305),
    Reason.NETWORK_CHANGED: ("Network failure", 305),
    Reason.TLS_FAILURE: ("Network failure", 305),
    Reason.TIMEOUT: ("timeout", 302),
    Reason.ABORTED: ("abort", 301),
    Reason.INTERRUPTED_BACKGROUND: ("Unable to call this API in the background", 112),
    Reason.TOO_MANY_REDIRECTS: ("Network failure", 305),
    Reason.BAD_RESPONSE: ("Network failure", 305),
    Reason.INTERNAL: ("internal error", 102),
}


def options_for(bridge: Bridge, url: str = URL, **more: object) -> dict[str, object]:
    """Return the three required options for a small file, and whatever else is given."""
    path = bridge.files.add("photo.jpeg", b"picture")
    return {"url": f"{url}/upload", "filePath": path, "name": "file", **more}


def failed(reason: Reason) -> tuple[object, object]:
    """Return the errMsg and errno the table has for a reason."""
    text, number = ERRNO[reason]
    return f"uploadFile:fail {text}", number


# --- standard objects


@pytest.mark.target("tt:feishu")
async def test_row_success_gets_data_status_code_err_msg_and_trace(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Four fields of the listed types; no header, no errno."""
    seen: list[dict[str, object]] = []
    bridge.api.uploadFile(options_for(bridge, upload_server.url, success=seen.append))
    await bridge.settled()
    types = {key: type(value) for key, value in seen[0].items()}
    assert {"data": str, "statusCode": int, "errMsg": str, "trace": str} == types
    assert "uploadFile:ok" == seen[0]["errMsg"]


@pytest.mark.target("tt:feishu")
async def test_row_fail_gets_err_msg_trace_and_errno(bridge: Bridge) -> None:
    """Three fields: the text, the request id, and the number that may be there."""
    seen: list[dict[str, object]] = []
    bridge.api.uploadFile(options_for(bridge, fail=seen.append) | {"filePath": "ttfile://user/no"})
    await bridge.settled()
    types = {key: type(value) for key, value in seen[0].items()}
    assert {"errMsg": str, "trace": str, "errno": int} == types
    assert failed(Reason.MISSING_FILE) == (seen[0]["errMsg"], seen[0]["errno"])


@pytest.mark.target("tt:feishu")
async def test_row_complete_gets_an_equal_object_of_its_own_after_the_others(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Changing what `success` got changes nothing for `complete`."""
    seen: list[tuple[str, dict[str, object]]] = []

    def success(result: dict[str, object]) -> None:
        seen.append(("success", dict(result)))
        result.clear()

    given = options_for(bridge, upload_server.url, success=success)
    bridge.api.uploadFile(given | {"complete": lambda r: seen.append(("complete", r))})
    await bridge.settled()
    assert ["success", "complete"] == [name for name, _ in seen]
    assert seen[0][1] == seen[1][1]


@pytest.mark.target("tt:feishu")
async def test_row_data_is_the_servers_text(bridge: Bridge, upload_server: UploadServer) -> None:
    """JSON is not parsed."""
    upload_server.reply(body={"error": "xxxx"})
    outcome = await bridge.call("uploadFile", options_for(bridge, upload_server.url))
    assert '{"error":"xxxx"}' == outcome.result["data"]


@pytest.mark.target("tt:feishu")
@pytest.mark.parametrize("status", [200, 204, 302, 404, 500])
async def test_row_status_code_is_the_http_status_and_never_a_failure(
    bridge: Bridge, upload_server: UploadServer, status: int
) -> None:
    """Whatever the server answers goes to success (a 302 without an address is an answer)."""
    upload_server.reply(status)
    outcome = await bridge.call("uploadFile", options_for(bridge, upload_server.url))
    assert (True, status) == (outcome.ok, outcome.result["statusCode"])


# --- trace


def test_the_published_trace_fits_the_pattern() -> None:
    """The page's own sample has 53 characters: 02, epoch milliseconds, 32 hex, six more."""
    assert 53 == len(SAMPLE_TRACE)
    assert TRACE.fullmatch(SAMPLE_TRACE)


@pytest.mark.target("tt:feishu")
async def test_row_trace_has_the_form_of_the_sample_and_tells_the_time_of_the_call(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Every call has an id of its own, with its time in milliseconds inside."""
    before = int(time.time() * 1000) - 1000
    given = options_for(bridge, upload_server.url)
    traces = [str((await bridge.call("uploadFile", given)).result["trace"]) for _ in range(3)]
    found = [TRACE.fullmatch(trace) for trace in traces]
    times = [int(match["ms"]) for match in found if match is not None]
    assert [53] * 3 == [len(trace) for trace in traces]
    assert 3 == len(set(traces)) == len(times)
    assert before < times[0] <= times[1] <= times[2] < time.time() * 1000 + 1000


@pytest.mark.target("tt:feishu")
async def test_row_trace_is_the_id_on_the_wire(bridge: Bridge, upload_server: UploadServer) -> None:
    """The same value is in x-request-id and x-tt-logid; a caller's own are overwritten."""
    header = {"X-Request-Id": "mine", "x-tt-logid": "mine"}
    outcome = await bridge.call("uploadFile", options_for(bridge, upload_server.url, header=header))
    headers = upload_server.last.headers
    assert [outcome.result["trace"]] == headers.getall("x-request-id")
    assert [outcome.result["trace"]] == headers.getall("x-tt-logid")


@pytest.mark.target("tt:feishu")
async def test_row_fail_has_the_trace_that_was_on_the_wire(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """An aborted upload can be found on the server by the id its fail got."""
    upload_server.hold()
    task = bridge.api.uploadFile(options_for(bridge, upload_server.url))
    await upload_server.received(1)
    task.abort()
    with pytest.raises(UploadFailed) as caught:
        await task
    assert upload_server.last.headers["x-request-id"] == caught.value.result["trace"]


@pytest.mark.target("tt:feishu")
async def test_row_fail_has_a_trace_even_when_nothing_was_sent(bridge: Bridge) -> None:
    """A parameter error never reaches the network and has an id all the same."""
    outcome = await bridge.call("uploadFile", {})
    assert TRACE.fullmatch(str(outcome.result["trace"]))


@pytest.mark.parametrize(
    ("version", "keys"),
    [
        ("4.6", ["errMsg", "data", "statusCode"]),
        ("4.6.9", ["errMsg", "data", "statusCode"]),
        ("4.7.0", ["errMsg", "trace"]),
        ("5.14.9", ["errMsg", "trace"]),
        ("5.15", ["errMsg", "trace", "errno"]),
        ("7.35.0", ["errMsg", "trace", "errno"]),
    ],
)
async def test_row_fail_has_its_trace_from_4_7_0_and_its_errno_from_5_15(
    version: str, keys: list[str]
) -> None:
    """Older clients have the shape of their time: empty data and status 0."""
    async with Bridge(f"tt:feishu@{version}", transport=MemoryTransport()) as bridge:
        bridge.network.offline()
        outcome = await bridge.call("uploadFile", options_for(bridge))
        assert keys == list(outcome.result)
        assert "uploadFile:fail No network connection" == outcome.result["errMsg"]
        assert ("", 0) == (outcome.result.get("data", ""), outcome.result.get("statusCode", 0))


async def test_an_old_client_fails_in_exactly_its_own_shape() -> None:
    """`tt:feishu@4.6`: the number 0 and an empty text stand where nothing was answered."""
    async with Bridge("tt:feishu@4.6", transport=MemoryTransport()) as bridge:
        outcome = await bridge.call("uploadFile", {})
        expected = {"errMsg": "uploadFile:fail invalid parameter", "data": "", "statusCode": 0}
        assert expected == outcome.result


async def test_an_old_client_succeeds_without_a_trace() -> None:
    """The id is in no callback before 4.7.0."""
    async with Bridge("tt:feishu@4.6", transport=MemoryTransport()) as bridge:
        outcome = await bridge.call("uploadFile", options_for(bridge))
        assert ["data", "statusCode", "errMsg"] == list(outcome.result)


# --- errno


@pytest.mark.parametrize(
    "reason",
    [
        Reason.DNS_FAILURE,
        Reason.CONNECTION_REFUSED,
        Reason.CONNECTION_RESET,
        Reason.NETWORK_CHANGED,
        Reason.TLS_FAILURE,
        Reason.TIMEOUT,
        Reason.INTERRUPTED_BACKGROUND,
        Reason.TOO_MANY_REDIRECTS,
        Reason.BAD_RESPONSE,
        Reason.INTERNAL,
    ],
)
async def test_errno_row_of_what_the_network_can_do(reason: Reason) -> None:
    """Each cause a transport reports has the table's text and number."""
    transport = MemoryTransport()
    transport.fail(reason)
    async with Bridge("tt:feishu", transport=transport) as bridge:
        outcome = await bridge.call("uploadFile", options_for(bridge))
        assert reason is outcome.reason
        assert failed(reason) == (outcome.result["errMsg"], outcome.result["errno"])


@pytest.mark.parametrize(
    ("reason", "changes", "setup"),
    [
        (Reason.BAD_PARAMETER, {"name": 1}, {}),
        (Reason.MISSING_FILE, {"filePath": "ttfile://temp/none.jpg"}, {}),
        (Reason.MISSING_FILE, {"filePath": "pages/none.jpg"}, {}),
        (Reason.OVER_SIZE, {}, {"max_size": 6}),
        (Reason.BAD_URL, {"url": "not an address"}, {}),
        (Reason.BAD_URL, {"url": "https://"}, {}),
        (Reason.UNSUPPORTED_SCHEME, {"url": "ftp://api.example.com/"}, {}),
        (Reason.DOMAIN_NOT_LISTED, {}, {"domains": ["other.example.com"]}),
        (Reason.OVER_LIMIT, {}, {"limit": 0, "overflow": "reject"}),
    ],
)
async def test_errno_row_of_what_is_refused_before_sending(
    reason: Reason, changes: dict[str, object], setup: dict[str, object]
) -> None:
    """Each cause found before the network has the table's text and number."""
    transport = MemoryTransport()
    async with Bridge("tt:feishu", transport=transport, **setup) as bridge:  # type: ignore[arg-type]
        outcome = await bridge.call("uploadFile", options_for(bridge) | changes)
        assert reason is outcome.reason
        assert failed(reason) == (outcome.result["errMsg"], outcome.result["errno"])
        assert [] == transport.uploads


async def test_errno_row_of_a_directory(tmp_path: Path) -> None:
    """A package path that leads to a directory is not a file."""
    (tmp_path / "images").mkdir()
    async with Bridge("tt:feishu", files=tmp_path, transport=MemoryTransport()) as bridge:
        outcome = await bridge.call("uploadFile", options_for(bridge) | {"filePath": "images"})
        assert failed(Reason.NOT_A_FILE) == (outcome.result["errMsg"], outcome.result["errno"])


async def test_errno_row_of_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A file that is there and does not open is a matter of permission."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"picture")
    async with Bridge("tt:feishu", transport=MemoryTransport()) as bridge:
        virtual = bridge.files.add("photo.jpg", path)
        path.unlink()
        path.symlink_to(path)
        outcome = await bridge.call("uploadFile", options_for(bridge) | {"filePath": virtual})
        expected = failed(Reason.UNREADABLE_FILE)
        assert expected == (outcome.result["errMsg"], outcome.result["errno"])


@pytest.mark.target("tt:feishu")
async def test_errno_row_of_being_offline(bridge: Bridge) -> None:
    """Without a network the number is 303."""
    bridge.network.offline()
    outcome = await bridge.call("uploadFile", options_for(bridge))
    assert failed(Reason.OFFLINE) == (outcome.result["errMsg"], outcome.result["errno"])


async def test_every_reason_has_its_errno_row() -> None:
    """The table above is whole, and every number in it is one of the dictionary's."""
    assert set(Reason) == set(ERRNO)
    async with Bridge("tt:feishu", errno="omit", transport=MemoryTransport()) as bridge:
        outcome = await bridge.call("uploadFile", {})
        assert ["errMsg", "trace"] == list(outcome.result)


# --- the task


@pytest.mark.target("tt:feishu")
async def test_the_task_has_two_members(bridge: Bridge, upload_server: UploadServer) -> None:
    """`onProgressUpdate` and `abort`; the others are absent, not silent."""
    task = bridge.api.uploadFile(options_for(bridge, upload_server.url))
    assert {"abort", "onProgressUpdate"} == {n for n in dir(task) if not n.startswith("_")}
    for name in ("offProgressUpdate", "onHeadersReceived", "offHeadersReceived"):
        assert not hasattr(task, name)
    await task


@pytest.mark.target("tt:feishu")
async def test_row_on_progress_update_counts_up_to_the_whole_body(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Three numbers an event, rising, and the last one is 100 with both counts equal."""
    path = bridge.files.add("big.bin", b"x" * 3_000_000)
    events: list[dict[str, int]] = []
    task = bridge.api.uploadFile(options_for(bridge, upload_server.url) | {"filePath": path})
    task.onProgressUpdate(events.append)
    await task
    assert {("progress", "totalBytesSent", "totalBytesExpectedToSend")} == set(map(tuple, events))
    for name in ("progress", "totalBytesSent"):
        values = [event[name] for event in events]
        assert sorted(values) == values
    size = upload_server.last.size
    whole = {"progress": 100, "totalBytesSent": size, "totalBytesExpectedToSend": size}
    assert whole == events[-1]
    assert 1 < len(events)


@pytest.mark.target("tt:feishu")
async def test_row_abort_may_be_called_from_inside_a_progress_callback(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """As the page of `abort` does it: the call fails, and no progress follows."""
    path = bridge.files.add("big.bin", b"x" * 3_000_000)
    events: list[object] = []
    task = bridge.api.uploadFile(options_for(bridge, upload_server.url) | {"filePath": path})

    def on_progress(event: object) -> None:
        events.append(event)
        assert task.abort() is None

    task.onProgressUpdate(on_progress)
    with pytest.raises(UploadFailed) as caught:
        await task
    result = caught.value.result
    assert failed(Reason.ABORTED) == (result["errMsg"], result["errno"])
    assert 1 == len(events)


@pytest.mark.target("tt:feishu")
async def test_row_abort_in_the_tick_of_the_call_runs_fail_and_complete(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Nothing is sent, and both callbacks run once, after `abort` has returned."""
    seen: list[str] = []
    given = options_for(bridge, upload_server.url)
    for name in ("success", "fail", "complete"):
        given[name] = lambda _, name=name: seen.append(name)
    task = bridge.api.uploadFile(given)
    task.abort()
    task.abort()
    assert [] == seen
    await bridge.settled()
    assert ["fail", "complete"] == seen
    assert [] == upload_server.uploads


# --- samples


@pytest.mark.target("tt:feishu")
async def test_the_sample_call_answers_as_the_success_sample(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The page's call and the page's answer, but for the value of the id."""
    tt = bridge.api
    bridge.route("https://www.bytedance.com", to=upload_server.url)
    upload_server.reply(body={"error": "xxxx"})
    logged: list[dict[str, object]] = []
    file_path = bridge.files.add("test.jpeg", b"picture")
    upload_task = tt.uploadFile(
        {
            "url": "https://www.bytedance.com/",
            "filePath": file_path,
            "name": "test.jpeg",
            "formData": {"param1": "value1", "param2": "value2"},
            "success": logged.append,
            "fail": logged.append,
        }
    )
    await upload_task
    expected = {
        "statusCode": 200,
        "data": '{"error":"xxxx"}',
        "trace": logged[0]["trace"],
        "errMsg": "uploadFile:ok",
    }
    assert [expected] == logged
    assert TRACE.fullmatch(str(logged[0]["trace"]))
    assert "www.bytedance.com" == upload_server.last.headers["Host"]
    assert [("param1", "value1"), ("param2", "value2")] == upload_server.last.fields
    upload_server.last.assert_file(name="test.jpeg", size=len(b"picture"))


@pytest.mark.looptime
async def test_a_timeout_answers_as_the_fail_sample() -> None:
    """The page's second sample, which has no number: a client that sends none."""
    transport = MemoryTransport(latency=3600)
    async with Bridge("tt:feishu", transport=transport, errno="omit") as bridge:
        outcome = await bridge.call("uploadFile", options_for(bridge))
        expected = {"errMsg": "uploadFile:fail timeout", "trace": outcome.result["trace"]}
        assert expected == outcome.result
