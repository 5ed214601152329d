"""Seed 004, Feishu `tt.uploadFile`: options, limits and rules on what is sent."""

from __future__ import annotations

import asyncio
from itertools import product
from typing import TYPE_CHECKING

import pytest

from bridge import Bridge, MemoryTransport, Reason, undefined

if TYPE_CHECKING:
    from bridge.sink import UploadServer

BAD_PARAMETER = "uploadFile:fail invalid parameter"
OWN_REFERER = "https://tmaservice.developer.toutiao.com/?appid=wx0123456789abcdef&version=0"
REQUIRED = ("url", "filePath", "name")
EMPTY = ("", undefined, None)


def options_for(bridge: Bridge, url: str, **more: object) -> dict[str, object]:
    """Return the three required options for a small file, and whatever else is given."""
    path = bridge.files.add("photo.jpeg", b"picture")
    return {"url": f"{url}/upload", "filePath": path, "name": "file", **more}


# --- notes


@pytest.mark.target("tt:feishu")
async def test_row_the_method_is_post(bridge: Bridge, upload_server: UploadServer) -> None:
    """It is POST whatever a caller asks for: `method` is not an option."""
    given = options_for(bridge, upload_server.url, method="PUT")
    outcome = await bridge.call("uploadFile", given)
    assert "POST" == upload_server.last.method
    assert ("method",) == outcome.record.unknown_keys


@pytest.mark.target("tt:feishu")
async def test_row_at_most_five_uploads_are_at_the_server_at_once(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The sixth and later ones wait, and all of them arrive."""
    upload_server.hold()
    given = options_for(bridge, upload_server.url)
    calls = [
        asyncio.create_task(bridge.call("uploadFile", given | {"name": f"file{number}"}))
        for number in range(12)
    ]
    await upload_server.received(5)
    assert 5 == upload_server.in_flight
    upload_server.release()
    outcomes = await asyncio.gather(*calls)
    assert [True] * 12 == [outcome.ok for outcome in outcomes]
    assert 5 == upload_server.peak
    waited = [outcome.record.decisions.rules() for outcome in outcomes]
    assert [[]] * 5 + [["limit"]] * 7 == waited


@pytest.mark.target("tt:feishu", limit=1)
async def test_waiting_uploads_are_sent_in_the_order_of_their_calls(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """With one slot the server meets them one after the other, first called first."""
    given = options_for(bridge, upload_server.url)
    names = [f"file{number}" for number in range(8)]
    for name in names:
        bridge.api.uploadFile(given | {"name": name})
    await bridge.settled()
    assert names == [upload.files[0].name for upload in upload_server.uploads]
    assert 1 == upload_server.peak


@pytest.mark.target("tt:feishu", overflow="reject")
async def test_row_at_most_five_uploads_under_the_other_reading_refuse_the_sixth(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """With `overflow="reject"` the sixth fails at once, with the dictionary's text and number."""
    upload_server.hold()
    given = options_for(bridge, upload_server.url)
    calls = [asyncio.create_task(bridge.call("uploadFile", given)) for _ in range(5)]
    await upload_server.receiving(5)
    sixth = await bridge.call("uploadFile", given)
    assert Reason.OVER_LIMIT is sixth.reason
    assert ["errMsg", "trace", "errno"] == list(sixth.result)
    assert "uploadFile:fail Too many API calls" == sixth.result["errMsg"]
    assert 111 == sixth.result["errno"]
    upload_server.release()
    assert [True] * 5 == [outcome.ok for outcome in await asyncio.gather(*calls)]
    assert (await bridge.call("uploadFile", given)).ok
    assert 5 == upload_server.peak


@pytest.mark.target("tt:feishu")
async def test_a_waiting_upload_that_is_aborted_is_never_sent(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """It leaves the queue, and those behind it move up."""
    upload_server.hold()
    given = options_for(bridge, upload_server.url)
    tasks = [bridge.api.uploadFile(given | {"name": f"file{number}"}) for number in range(7)]
    await upload_server.receiving(5)
    tasks[5].abort()
    upload_server.release()
    await bridge.settled()
    arrived = {upload.files[0].name for upload in upload_server.uploads}
    assert {f"file{number}" for number in range(7)} - {"file5"} == arrived


@pytest.mark.target("tt:feishu")
@pytest.mark.parametrize("key", REQUIRED)
@pytest.mark.parametrize("value", EMPTY, ids=repr)
async def test_row_empty_values_of_required_options_fail(
    bridge: Bridge, key: str, value: object
) -> None:
    """An empty string, undefined and null count as empty, and an empty one is missing."""
    outcome = await bridge.call("uploadFile", options_for(bridge, "http://x") | {key: value})
    assert (BAD_PARAMETER, 104) == (outcome.result["errMsg"], outcome.result["errno"])
    assert key in outcome.record.detail


@pytest.mark.target("tt:feishu")
@pytest.mark.parametrize("key", REQUIRED)
async def test_rows_url_file_path_and_name_are_required(bridge: Bridge, key: str) -> None:
    """Without one of them the call fails."""
    given = options_for(bridge, "http://x")
    del given[key]
    outcome = await bridge.call("uploadFile", given)
    assert (BAD_PARAMETER, 104) == (outcome.result["errMsg"], outcome.result["errno"])


@pytest.mark.target("tt:feishu")
@pytest.mark.parametrize("key", ["header", "formData"])
@pytest.mark.parametrize("value", EMPTY, ids=repr)
async def test_row_empty_values_of_optional_options_are_as_none(
    bridge: Bridge, upload_server: UploadServer, key: str, value: object
) -> None:
    """The call goes on with the interface's default, which is nothing."""
    outcome = await bridge.call(
        "uploadFile", options_for(bridge, upload_server.url, **{key: value})
    )
    assert outcome.ok
    assert key not in outcome.record.understood
    assert ["empty"] == outcome.record.decisions.rules()
    assert [] == upload_server.last.fields


@pytest.mark.target("tt:feishu")
@pytest.mark.parametrize(
    ("key", "value"),
    [
        *product(REQUIRED, (7, {"a": "b"}, True, [])),
        *product(("header", "formData"), ("a", 7, False, ["a"])),
    ],
)
async def test_row_a_value_of_a_wrong_type_interrupts_the_call(
    bridge: Bridge, upload_server: UploadServer, key: str, value: object
) -> None:
    """Nothing is sent; `fail` runs, then `complete`, and the optional options are no exception."""
    seen: list[tuple[str, dict[str, object]]] = []
    given = options_for(bridge, upload_server.url) | {key: value}
    for name in ("success", "complete", "fail"):
        given[name] = lambda r, name=name: seen.append((name, r))
    bridge.api.uploadFile(given)
    assert [] == seen
    await bridge.settled()
    assert ["fail", "complete"] == [name for name, _ in seen]
    assert [BAD_PARAMETER] * 2 == [result["errMsg"] for _, result in seen]
    assert [104] * 2 == [result["errno"] for _, result in seen]
    assert [] == upload_server.uploads


@pytest.mark.target("tt:feishu")
@pytest.mark.parametrize("callback", [None, "text", 7, {}])
async def test_a_callback_that_is_no_function_is_dropped(
    bridge: Bridge, upload_server: UploadServer, callback: object
) -> None:
    """It neither fails the call nor is it called."""
    given = options_for(bridge, upload_server.url, success=callback, complete=callback)
    assert 200 == (await bridge.api.uploadFile(given))["statusCode"]


# --- options


@pytest.mark.target("tt:feishu")
async def test_row_url_is_where_the_upload_goes(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Path and query arrive as written."""
    given = options_for(bridge, upload_server.url) | {"url": f"{upload_server.url}/a?b=c"}
    await bridge.call("uploadFile", given)
    assert "/a?b=c" == upload_server.last.path


@pytest.mark.target("tt:feishu")
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_row_url_may_be_http_or_https(
    bridge: Bridge, upload_server: UploadServer, scheme: str
) -> None:
    """Both are taken, no domain list asks further."""
    bridge.route(f"{scheme}://api.example.com", to=upload_server.url)
    outcome = await bridge.call("uploadFile", options_for(bridge, f"{scheme}://api.example.com"))
    assert outcome.ok
    assert "api.example.com" == upload_server.last.headers["Host"]


@pytest.mark.target("tt:feishu")
@pytest.mark.parametrize("scheme", ["ftp", "ws", "file", "ttfile"])
async def test_row_url_may_be_nothing_else(bridge: Bridge, scheme: str) -> None:
    """Any other protocol is an unsupported URL."""
    outcome = await bridge.call("uploadFile", options_for(bridge, f"{scheme}://api.example.com"))
    assert Reason.UNSUPPORTED_SCHEME is outcome.reason
    assert "uploadFile:fail 不支持的URL" == outcome.result["errMsg"]


@pytest.mark.target("tt:feishu")
async def test_row_file_path_is_the_local_file_that_is_sent(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The file behind a `ttfile://` path is the one file part."""
    given = options_for(bridge, upload_server.url)
    assert str(given["filePath"]).startswith("ttfile://temp/")
    await bridge.call("uploadFile", given)
    upload_server.last.assert_file(size=len(b"picture"), type="image/jpeg")
    assert 1 == len(upload_server.last.parts)


@pytest.mark.target("tt:feishu")
async def test_row_name_is_the_key_the_server_finds_the_file_under(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """It is the form key, even where it looks like a file name."""
    given = options_for(bridge, upload_server.url) | {"name": "test.jpeg"}
    await bridge.call("uploadFile", given)
    assert ["test.jpeg"] == [part.name for part in upload_server.last.files]


@pytest.mark.target("tt:feishu")
@pytest.mark.parametrize("name", ["content-type", "Content-Type", "CONTENT-TYPE"])
async def test_row_header_cannot_change_the_content_type(
    bridge: Bridge, upload_server: UploadServer, name: str
) -> None:
    """It is multipart/form-data with a boundary, whatever the caller asks for."""
    header = {name: "application/json"}
    await bridge.call("uploadFile", options_for(bridge, upload_server.url, header=header))
    kinds = upload_server.last.headers.getall("Content-Type")
    assert 1 == len(kinds)
    assert kinds[0].startswith("multipart/form-data; boundary=")
    assert upload_server.last.error is None


@pytest.mark.target("tt:feishu")
@pytest.mark.parametrize("name", ["referer", "Referer", "REFERER"])
async def test_row_header_cannot_set_the_referer(
    bridge: Bridge, upload_server: UploadServer, name: str
) -> None:
    """The caller's is dropped, the host's own is sent, and the record says why."""
    header = {name: "https://elsewhere.example.com/", "X-App": "1"}
    outcome = await bridge.call("uploadFile", options_for(bridge, upload_server.url, header=header))
    assert [OWN_REFERER] == upload_server.last.headers.getall("Referer")
    assert "1" == upload_server.last.headers["X-App"]
    assert ["forbidden_headers"] == outcome.record.decisions.rules()


@pytest.mark.target("tt:feishu")
async def test_row_form_data_is_sent_as_further_fields(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Every key is a text field before the file."""
    form = {"param1": "value1", "param2": "value2"}
    await bridge.call("uploadFile", options_for(bridge, upload_server.url, formData=form))
    assert [("param1", "value1"), ("param2", "value2")] == upload_server.last.fields
    assert "file" == upload_server.last.parts[-1].name


@pytest.mark.looptime
async def test_a_timeout_is_not_an_option_and_is_dropped() -> None:
    """The page lists none: the host's own 60 s stay, and the record names the dropped key."""
    async with Bridge("tt:feishu", transport=MemoryTransport(latency=3600)) as bridge:
        given = options_for(bridge, "https://api.example.com", timeout=1000)
        outcome = await bridge.call("uploadFile", given)
        assert ("timeout",) == outcome.record.unknown_keys
        assert Reason.TIMEOUT is outcome.reason
        assert pytest.approx(60_000) == outcome.record.times["end"]
