"""The album and the pickers: where a mini-program's file paths come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bridge import Bridge, BridgeError, MemoryTransport, Reason, UploadFailed
from bridge.logic.python import HostPromise
from bridge.pickers import Album, AlbumItem
from bridge.target import all_names, resolve

if TYPE_CHECKING:
    from pathlib import Path

PNG = b"\x89PNG\r\n"
MP4 = b"\x00\x00\x00 ftyp"
TARGETS = [name for name in all_names() if not name.startswith("uploader")]
CANCELLED = {
    "wx": {"errMsg": "chooseImage:fail cancel"},
    "wx:devtools": {"errMsg": "chooseImage:fail cancel"},
    "my": {"error": 11, "errorMessage": "用户取消操作"},
    "my:ide": {"error": 11, "errorMessage": "用户取消操作"},
    "my:harmony": {"error": 11, "errorMessage": "用户取消操作"},
    "tt:douyin": {"errMsg": "chooseImage:fail cancel"},
    "uni/h5": {"errMsg": "chooseImage:fail cancel"},
    "uni/app": {"errMsg": "chooseImage:fail User cancelled"},
    "uni/my": {"errMsg": "chooseImage:fail 用户取消操作"},
}


def phone(target: str, *album: Any) -> Bridge:  # noqa: ANN401  paths or bytes
    """Return a bridge with an album."""
    return Bridge(target, album=album, transport=MemoryTransport())


async def picked(bridge: Bridge, api: str, **options: object) -> dict[str, Any]:
    """Return what a picker answers."""
    outcome = await bridge.call(api, options)
    assert outcome.ok, outcome.result
    assert outcome.reason is None
    return outcome.result


# --- chooseImage


@pytest.mark.parametrize("target", TARGETS)
async def test_choose_image_takes_its_default_count(target: str) -> None:
    """Alipay picks one picture unless told otherwise, every other host nine."""
    async with phone(target, *[PNG] * 12) as bridge:
        result = await picked(bridge, "chooseImage")
        profile = bridge.profile
        keys = (*profile.pickers["chooseImage"].result,)
        layered = target.startswith("uni/my")
        assert {*keys, *(("errMsg",) if layered else ())} == set(result)
        count = 1 if profile.namespace == "my" else 9
        paths = result["tempFilePaths"]
        assert count == len(paths) == len(set(paths)) == len(result["tempFiles"])
        assert paths == [item["path"] for item in result["tempFiles"]]
        assert {len(PNG)} == {item["size"] for item in result["tempFiles"]}
        assert PNG == bridge.files.read(paths[0])
        if "errMsg" in result:
            assert "chooseImage:ok" == result["errMsg"]


@pytest.mark.parametrize(
    ("target", "asked", "count"),
    [
        ("wx", 1, 1),
        ("wx", 3, 3),
        ("wx", 99, 25),
        ("tt", 99, 20),
        ("tt:douyin", 24.0, 24),
        ("my", 3, 3),
    ],
)
async def test_the_count_is_kept_within_the_hosts_bound(
    target: str, asked: float, count: int
) -> None:
    """Feishu gives at most 20, WeChat names no bound."""
    async with phone(target, *[PNG] * 25) as bridge:
        assert count == len((await picked(bridge, "chooseImage", count=asked))["tempFilePaths"])


@pytest.mark.parametrize("count", [0, -1, 0.5, float("nan")])
async def test_a_count_of_less_than_one_reads_as_the_default(count: float) -> None:
    """A picker that succeeds hands over something: one file, where there is no default."""
    async with phone("wx", *[PNG] * 25) as bridge:
        for api, usual in (("chooseImage", 9), ("chooseMessageFile", 1)):
            assert usual == len((await picked(bridge, api, count=count))["tempFiles"])


@pytest.mark.parametrize("count", [float("inf"), 10**400])
async def test_an_endless_count_is_all_there_is(count: float) -> None:
    """No number breaks a picker."""
    async with phone("wx", PNG, PNG) as bridge:
        assert 2 == len((await picked(bridge, "chooseImage", count=count))["tempFilePaths"])


async def test_choose_image_offers_pictures_only() -> None:
    """Videos and documents in the album are passed over."""
    async with phone("wx", MP4, PNG, b"text") as bridge:
        [file] = (await picked(bridge, "chooseImage"))["tempFiles"]
        assert len(PNG) == file["size"]


async def test_a_picked_file_uploads_like_any_other() -> None:
    """What a picker answers is what `filePath` takes."""
    transport = MemoryTransport()
    async with Bridge("wx", album=[PNG], transport=transport) as bridge:
        [path] = (await picked(bridge, "chooseImage"))["tempFilePaths"]
        options = {"url": "https://a.test/", "filePath": path, "name": "f"}
        assert (await bridge.call("uploadFile", options)).ok
        assert len(PNG) == transport.uploads[0].files[0].size


@pytest.mark.parametrize(("target", "keys"), [("uni/h5", {"path", "size", "name"})])
async def test_the_browsers_entries_have_a_name(target: str, keys: set[str]) -> None:
    """They stand for File objects."""
    async with phone(target, PNG) as bridge:
        [entry] = (await picked(bridge, "chooseImage"))["tempFiles"]
        assert keys == set(entry)


# --- WeChat's other pickers


@pytest.mark.parametrize(
    ("album", "kinds", "whole"),
    [
        ([PNG, MP4], ["image", "video"], "mix"),
        ([PNG, PNG], ["image", "image"], "image"),
        ([MP4, b"text"], ["video"], "video"),
    ],
)
async def test_choose_media_tells_what_was_picked(
    album: list[bytes], kinds: list[str], whole: str
) -> None:
    """`type` is mix as soon as both kinds were picked."""
    async with phone("wx", *album) as bridge:
        result = await picked(bridge, "chooseMedia")
        assert kinds == [item["fileType"] for item in result["tempFiles"]]
        assert {"tempFilePath", "size", "fileType"} == set(result["tempFiles"][0])
        assert (whole, "chooseMedia:ok") == (result["type"], result["errMsg"])


@pytest.mark.parametrize(("asked", "count"), [(["video"], 1), (["image"], 1), (["mix"], 2)])
async def test_choose_media_offers_the_kinds_asked_for(asked: list[str], count: int) -> None:
    """Documents are never among them."""
    async with phone("wx", PNG, MP4, b"text") as bridge:
        assert count == len((await picked(bridge, "chooseMedia", mediaType=asked))["tempFiles"])


async def test_choose_media_takes_at_most_twenty() -> None:
    """The default is nine."""
    async with phone("wx", *[PNG] * 25) as bridge:
        assert 9 == len((await picked(bridge, "chooseMedia"))["tempFiles"])
        assert 20 == len((await picked(bridge, "chooseMedia", count=99))["tempFiles"])


async def test_choose_message_file_keeps_the_users_name(tmp_path: Path) -> None:
    """Only here the original name is known; `time` is in seconds."""
    (tmp_path / "notes.pdf").write_bytes(b"%PDF")
    async with phone("wx", tmp_path / "notes.pdf", PNG) as bridge:
        result = await picked(bridge, "chooseMessageFile", count=5)
        first, second = result["tempFiles"]
        assert ("notes.pdf", "file", 4) == (first["name"], first["type"], first["size"])
        assert "image" == second["type"]
        assert first["time"] == round(bridge.calls[0].started / 1000)
        assert first["path"].endswith(".pdf")


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"type": "all"}, ["a.pdf", "b.txt", "c.png"]),
        ({"type": "image"}, ["c.png"]),
        ({"type": "file"}, ["a.pdf", "b.txt"]),
        ({"type": "file", "extension": []}, ["a.pdf", "b.txt"]),
        ({"type": "file", "extension": [".txt", "doc"]}, ["b.txt"]),
        ({"type": "all", "extension": ["txt"]}, ["a.pdf", "b.txt", "c.png"]),
    ],
)
async def test_choose_message_file_offers_the_kind_asked_for(
    tmp_path: Path, options: dict[str, object], names: list[str]
) -> None:
    """`extension` counts beside the type `file` only."""
    for name in ("a.pdf", "b.txt", "c.png"):
        (tmp_path / name).write_bytes(b"x")
    paths = [tmp_path / name for name in ("a.pdf", "b.txt", "c.png")]
    async with phone("wx", *paths) as bridge:
        result = await picked(bridge, "chooseMessageFile", count=9, **options)
        assert names == [item["name"] for item in result["tempFiles"]]


async def test_pickers_come_with_their_version() -> None:
    """`chooseMedia` exists from 2.10.0 on, and on WeChat only."""
    for target in ("wx@2.9.9", "tt", "my"):
        async with phone(target, PNG) as bridge:
            assert not hasattr(bridge.api, "chooseMedia")
            with pytest.raises(BridgeError, match=r"unknown API of .* 'chooseMedia'"):
                await bridge.call("chooseMedia")


# --- failures


@pytest.mark.parametrize("target", sorted(CANCELLED))
async def test_a_user_who_backs_out_is_told_in_the_hosts_words(target: str) -> None:
    """Each `cancel_next` counts for one picker."""
    async with phone(target, PNG) as bridge:
        bridge.album.cancel_next()
        outcome = await bridge.call("chooseImage")
        assert CANCELLED[target] == outcome.result
        assert not outcome.ok
        assert Reason.ABORTED is outcome.reason
        assert (await bridge.call("chooseImage")).ok


@pytest.mark.parametrize(("target", "code"), [("tt", 1300001)])
async def test_feishu_numbers_a_cancelled_picker(target: str, code: int) -> None:
    """The text names the API of the picker."""
    async with phone(target, PNG) as bridge:
        bridge.album.cancel_next()
        result = (await bridge.call("chooseImage")).result
        assert code == result["errno"]
        assert str(result["errMsg"]).startswith("chooseImage:fail ")


@pytest.mark.parametrize("api", ["chooseMedia", "chooseMessageFile"])
async def test_every_picker_can_be_cancelled(api: str) -> None:
    """The text has that picker's prefix."""
    async with phone("wx", PNG) as bridge:
        bridge.album.cancel_next()
        outcome = await bridge.call(api, {"count": 1})
        assert {"errMsg": f"{api}:fail cancel"} == outcome.result


async def test_wrong_options_fail_with_the_pickers_own_prefix() -> None:
    """WeChat requires `count` for message files; Feishu checks every option."""
    async with phone("wx", PNG) as bridge:
        outcome = await bridge.call("chooseMessageFile")
        text = "parameter error: parameter.count should be Number instead of Undefined;"
        assert f"chooseMessageFile:fail {text}" == outcome.result["errMsg"]
        assert Reason.BAD_PARAMETER is outcome.reason
    async with phone("tt", PNG) as bridge:
        outcome = await bridge.call("chooseImage", {"count": "9"})
        assert "chooseImage:fail invalid parameter" == outcome.result["errMsg"]
        assert not outcome.ok


async def test_an_empty_album_is_the_authors_mistake() -> None:
    """It is raised at once, and nothing stays in flight."""
    async with phone("wx", b"text") as bridge:
        with pytest.raises(BridgeError, match=r"nothing to pick out of 1 items .*; call bridge"):
            await bridge.call("chooseImage")
        await bridge.settled()
        assert [] == bridge.in_flight


async def test_what_a_picker_passes_over_is_named() -> None:
    """Zeros are a picture to whoever writes the test, and a video to the album."""
    async with phone("wx", b"text", bytes(9), b"more", b"fourth") as bridge:
        with pytest.raises(BridgeError) as caught:
            await bridge.call("chooseImage")
    kinds = "album1.bin is of kind file, album2.mp4 is of kind video, album3.bin is of kind file"
    assert f"out of 4 items ({kinds}: a path's ending tells" in str(caught.value)
    assert "PNG with 89 50 4E 47" in str(caught.value)


async def test_a_cleared_album_offers_nothing_and_cancels_nothing() -> None:
    """It is as new, for the next part of a test."""
    async with phone("wx", PNG) as bridge:
        bridge.album.cancel_next()
        bridge.album.clear()
        with pytest.raises(BridgeError, match="nothing to pick out of 0 items"):
            await bridge.call("chooseImage")
        bridge.album.add(PNG, PNG)
        assert 2 == len((await picked(bridge, "chooseImage"))["tempFilePaths"])


def test_only_a_regular_file_can_be_in_the_album(tmp_path: Path) -> None:
    """A directory or a missing path is refused when it is added."""
    for path in (tmp_path, tmp_path / "none", str(tmp_path / "none")):
        with pytest.raises(BridgeError, match="so it cannot be in the album"):
            Album((path,))


@pytest.mark.parametrize(
    ("kind", "suffix", "data"),
    [
        ("image", ".png", PNG),
        ("image", ".jpg", b"\xff\xd8\xff\xe0"),
        ("image", ".gif", b"GIF89a"),
        ("image", ".webp", b"RIFF\0\0\0\0WEBP"),
        ("video", ".mp4", MP4),
        ("file", ".bin", b"else"),
        ("file", ".bin", b""),
    ],
)
def test_bytes_are_known_by_their_beginning(kind: str, suffix: str, data: bytes) -> None:
    """A picture without a name gets one with the extension of its format."""
    [item] = Album((data,)).matching(lambda _: True)
    assert (kind, f"album1{suffix}") == (item.kind, item.name)
    assert kind == AlbumItem(f"x{suffix}", b"").kind


# --- what a picker returns


@pytest.mark.parametrize("target", TARGETS)
async def test_a_picker_returns_a_promise_where_the_host_does(target: str) -> None:
    """Hosts without promises return undefined; a layer that has them returns one."""
    async with phone(target, PNG) as bridge:
        layered = target.startswith("uni/")
        promised = layered or resolve(target).profile.picker_returns == "promise"
        returned = bridge.api.chooseImage()
        assert promised is isinstance(returned, HostPromise)
        assert promised is (returned is not None)
        if promised:
            assert (await returned)["tempFilePaths"]
        await bridge.settled()


async def test_with_a_callback_there_is_no_promise() -> None:
    """The callbacks run once each, after the call has returned."""
    async with phone("wx", PNG) as bridge:
        heard: list[str] = []
        returned = bridge.api.chooseImage(
            {
                "success": lambda _: heard.append("success"),
                "fail": lambda _: heard.append("fail"),
                "complete": lambda _: heard.append("complete"),
            }
        )
        assert returned is None
        assert [] == heard
        await bridge.settled()
        assert ["success", "complete"] == heard


async def test_mpx_in_promise_mode_always_promises() -> None:
    """What the host returned is kept beside it; a cancelled picker rejects."""
    bridge = Bridge("mpx/tt", album=[PNG], transport=MemoryTransport(), use_promise="on")
    async with bridge:
        promise = bridge.api.chooseImage({"success": print})
        assert (await promise)["errMsg"] == "chooseImage:ok"
        bridge.album.cancel_next()
        with pytest.raises(UploadFailed) as caught:
            await bridge.api.chooseImage()
        assert Reason.ABORTED is caught.value.reason
