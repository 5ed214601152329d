"""Seed 003's Alipay columns: what a tick and a cross really do on `mpx/my`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bridge import Bridge, MemoryTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.sink import UploadServer

CROSSED: dict[str, object] = {"enableProfile": True, "enableHttp2": True, "enableQuic": True}
PNG = b"\x89PNG\r\n\x1a\n"
BAD_PARAMETER = {"error": 11, "errorMessage": "无效参数"}


def options_for(bridge: Bridge, url: str, **more: object) -> dict[str, object]:
    """Return what a call on Alipay needs, and whatever else is given."""
    path = bridge.files.add("photo.png", b"picture")
    own = {"url": f"{url}/upload", "filePath": path, "name": "file", "fileType": "image"}
    return {**own, **more}


def sample(bridge: Bridge, done: Callable[[Any], None], **more: object) -> None:
    """Run the page's sample: choose an image, upload it, hand on what `complete` gets."""
    mpx = bridge.api

    def chosen(res: dict[str, list[str]]) -> None:
        mpx.uploadFile(
            {
                "url": "https://example.weixin.qq.com/upload",
                "filePath": res["tempFilePaths"][0],
                "name": "file",
                "formData": {"user": "test"},
                "complete": done,
                **more,
            }
        )

    mpx.chooseImage({"success": chosen})


@pytest.mark.target("mpx/my", "mpx/my:ide", "mpx/my:harmony")
async def test_ticked_options_reach_the_server_as_on_wechat(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """url, filePath, header and formData are passed on unchanged."""
    more = {"header": {"X-App": "1"}, "formData": {"user": "test"}}
    outcome = await bridge.call("uploadFile", options_for(bridge, upload_server.url, **more))
    upload = upload_server.last
    assert outcome.ok
    assert ("/upload", "1", "test") == (upload.path, upload.headers["X-App"], upload.field("user"))
    upload.assert_file(name="file", size=len(b"picture"))


@pytest.mark.looptime
async def test_the_ticked_timeout_is_passed_on() -> None:
    """Alipay's own error for a timeout comes after as many milliseconds as were given."""
    async with Bridge("mpx/my", transport=MemoryTransport(latency=3600)) as bridge:
        given = options_for(bridge, "https://a.example.com", timeout=5000)
        outcome = await bridge.call("uploadFile", given)
        assert {"error": 12, "errorMessage": "上传文件失败"} == outcome.result
        assert pytest.approx(5000) == outcome.record.times["end"]


@pytest.mark.target("mpx/my")
async def test_ticked_callbacks_run_as_on_wechat(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """`success` or `fail`, then `complete`."""
    seen: list[str] = []
    callbacks = {
        name: lambda _, name=name: seen.append(name) for name in ("complete", "fail", "success")
    }
    given = options_for(bridge, upload_server.url)
    await bridge.api.uploadFile(given | callbacks)
    bridge.api.uploadFile(given | callbacks | {"filePath": "https://resource/none.image"})
    await bridge.settled()
    assert ["success", "complete", "fail", "complete"] == seen


@pytest.mark.target("mpx/my")
async def test_name_becomes_file_name_and_is_the_form_key(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The layer renames the option; the host reads `fileName` as the key."""
    given = options_for(bridge, upload_server.url, name="avatar")
    outcome = await bridge.call("uploadFile", given)
    assert ["avatar"] == [part.name for part in upload_server.last.files]
    assert ["rename", "option_aliases"] == outcome.record.decisions.rules()


@pytest.mark.target("mpx/my")
@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"name": "first", "fileName": "last"}, "last"),
        ({"fileName": "first", "name": "last"}, "last"),
    ],
)
async def test_of_name_and_file_name_the_last_one_given_wins(
    bridge: Bridge, upload_server: UploadServer, keys: dict[str, object], expected: str
) -> None:
    """The layer copies keys in the caller's order, so both end up in one option."""
    given = options_for(bridge, upload_server.url)
    del given["name"]
    await bridge.call("uploadFile", given | keys)
    assert [expected] == [part.name for part in upload_server.last.files]


@pytest.mark.target("mpx/my")
async def test_the_callers_options_stay_as_they_were(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The rename happens on a copy."""
    given = options_for(bridge, upload_server.url, header={"X-App": "1"})
    before = {**given, "header": {"X-App": "1"}}
    await bridge.api.uploadFile(given)
    assert before == given


@pytest.mark.target("mpx/my")
async def test_crossed_options_are_passed_on_and_ignored_by_alipay(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """A cross changes nothing for the caller: Alipay meets the options and does not know them."""
    plain = await bridge.call("uploadFile", options_for(bridge, upload_server.url))
    crossed = await bridge.call("uploadFile", options_for(bridge, upload_server.url, **CROSSED))
    assert plain.result.keys() == crossed.result.keys()
    assert tuple(CROSSED) == crossed.record.unknown_keys
    assert ["unknown_key"] * 3 == crossed.record.decisions.rules()[2:]


@pytest.mark.target("mpx/my", "mpx/my:ide", "mpx/my:harmony")
async def test_the_crossed_profile_is_simply_absent(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Nothing is made up in its place, and no errMsg is added either."""
    given = options_for(bridge, upload_server.url, enableProfile=True)
    outcome = await bridge.call("uploadFile", given)
    assert ["data", "statusCode", "header"] == list(outcome.result)


@pytest.mark.parametrize(
    ("target", "expected"), [("mpx/my", 200), ("mpx/my:ide", "200"), ("mpx/my:harmony", "200")]
)
async def test_the_ticked_status_code_keeps_the_type_of_its_host(
    target: str, expected: object
) -> None:
    """A string stays a string: the layer normalises nothing."""
    async with Bridge(target, transport=MemoryTransport(body=b"text")) as bridge:
        outcome = await bridge.call("uploadFile", options_for(bridge, "https://a.example.com"))
        assert ("text", expected) == (outcome.result["data"], outcome.result["statusCode"])


@pytest.mark.target("mpx/my")
async def test_a_failure_is_alipays_own(bridge: Bridge, upload_server: UploadServer) -> None:
    """`{error, errorMessage}` comes through raw, without an errMsg."""
    given = options_for(bridge, upload_server.url, filePath="https://resource/none.image")
    outcome = await bridge.call("uploadFile", given)
    assert {"error": 11, "errorMessage": "文件不存在"} == outcome.result


@pytest.mark.target("mpx/my")
async def test_progress_has_alipays_own_names(bridge: Bridge, upload_server: UploadServer) -> None:
    """The task's events count `...Written`, not `...Sent`."""
    events: list[dict[str, object]] = []
    task = bridge.api.uploadFile(options_for(bridge, upload_server.url))
    task.onProgressUpdate(events.append)
    await task
    names = ["progress", "totalBytesWritten", "totalBytesExpectedToWrite"]
    assert names == list(events[-1])
    assert 100 == events[-1]["progress"]


@pytest.mark.target("mpx/my", "mpx/my:ide", "mpx/my:harmony")
async def test_the_sample_fails_for_want_of_a_file_type(bridge: Bridge) -> None:
    """The page names no `fileType` and the layer fills none in: Alipay refuses the sample."""
    bridge.album.add(PNG)
    seen: list[object] = []
    sample(bridge, seen.append)
    await bridge.settled()
    assert [BAD_PARAMETER] == seen


@pytest.mark.target("mpx/my")
async def test_the_sample_passes_with_a_file_type(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """With `fileType` the very same sample uploads; the option itself is never sent."""
    bridge.route("https://example.weixin.qq.com", to=upload_server.url)
    bridge.album.add(PNG)
    seen: list[dict[str, object]] = []
    sample(bridge, seen.append, fileType="image")
    await bridge.settled()
    assert [200] == [result["statusCode"] for result in seen]
    assert ["user", "file"] == [part.name for part in upload_server.last.parts]


@pytest.mark.target("mpx/my", file_type="ignored")
async def test_the_sample_passes_on_the_phone_of_2022(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Under the other reading, by which phones ignore the option, the sample needs nothing."""
    bridge.route("https://example.weixin.qq.com", to=upload_server.url)
    bridge.album.add(PNG)
    seen: list[dict[str, object]] = []
    sample(bridge, seen.append)
    await bridge.settled()
    assert [200] == [result["statusCode"] for result in seen]
