"""Seed 000, the rows that say which files a call sends, and the files each host takes them from."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING

import pytest

from bridge import Bridge, Outcome, Reason, UploadServer, undefined
from bridge.options import rules_for
from bridge.target import all_names, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bridge.target import Target
    from bridge.uploads import Upload

NOTHING_TO_SEND = {
    "uni/h5": "uploadFile:fail file error",
    "uni/app": "uploadFile:fail statusCode: 0",
    "uni/wx": (
        "uploadFile:fail parameter error: parameter.filePath should be String instead of Undefined;"
    ),
    "uni/my": "uploadFile:fail 无效参数",
    "uni/tt:feishu": "uploadFile:fail invalid parameter",
}


def targets(layers: str = "uni uploader", where: Callable[[Target], bool] = bool) -> list[str]:
    """Return the addresses of seed 000's layers over every host that fulfils a condition."""
    names = [name for name in all_names() if name.partition("/")[0] in layers.split()]
    return [name for name in names if where(resolve(name))]


def knows(option: str) -> Callable[[Target], bool]:
    """Return the condition that a host has an option of this name."""
    return lambda target: option in rules_for(target, "uploadFile").properties


def lacks(option: str) -> Callable[[Target], bool]:
    """Return the condition that a host has no option of this name."""
    return lambda target: not knows(option)(target)


def required(bridge: Bridge) -> dict[str, object]:
    """Return what this host asks for beside the file itself."""
    return {"fileType": "image"} if bridge.profile.file_type == "required" else {}


def listed(bridge: Bridge, *names: str | None) -> list[dict[str, object]]:
    """Return a `files` array: one fresh file an item, its content its place in the array."""
    items: list[dict[str, object]] = []
    for place, name in enumerate(names):
        uri = bridge.files.add(f"{place}.png", str(place))
        items.append({"uri": uri} if name is None else {"name": name, "uri": uri})
    return items


def keys_and_contents(upload: Upload) -> list[tuple[str, str | None]]:
    """Return each file part's key and text, in wire order."""
    return [(part.name, part.text) for part in upload.files]


async def send(bridge: Bridge, url: str, **options: object) -> Outcome:
    """Upload what the options name, with what this host requires besides."""
    return await bridge.call("uploadFile", {"url": url, **required(bridge), **options})


# --- files


@pytest.mark.target(*targets(where=knows("files")))
async def test_row_files_non_empty_wins_over_file_path_and_name(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """With a non-empty files neither filePath nor name has any effect."""
    path = bridge.files.add("single.png", "single")
    files = listed(bridge, "first", "second")

    outcome = await send(bridge, upload_server.url, files=files, filePath=path, name="single")

    assert outcome.ok
    assert [("first", "0"), ("second", "1")] == keys_and_contents(upload_server.last)
    assert "files" in outcome.record.decisions.rules()


@pytest.mark.target(*targets())
async def test_row_files_empty_leaves_file_path_and_name_in_force(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """An empty array is no list of files, on any host."""
    path = bridge.files.add("single.png", "single")

    outcome = await send(bridge, upload_server.url, files=[], filePath=path, name="pic")

    assert outcome.ok
    assert [("pic", "single")] == keys_and_contents(upload_server.last)


@pytest.mark.target(*targets(where=knows("files")))
async def test_row_files_item_name_is_file_by_default(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """An item without a name, or with an empty one, arrives as `file`."""
    await send(bridge, upload_server.url, files=listed(bridge, None, "", "own"))

    assert [("file", "0"), ("file", "1"), ("own", "2")] == keys_and_contents(upload_server.last)


@pytest.mark.target(*targets(where=knows("files")))
async def test_row_files_with_the_same_name_stay_two_parts_in_order_and_a_naive_server_sees_one(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Equal names are not merged on the wire; a server that keeps a dict loses all but one."""
    await send(bridge, upload_server.url, files=listed(bridge, "same", "same", "same"))

    arrived = keys_and_contents(upload_server.last)
    assert [("same", "0"), ("same", "1"), ("same", "2")] == arrived
    assert {"same": "2"} == dict(arrived)


@pytest.mark.target(*targets(where=knows("files")))
async def test_row_files_keep_their_order_after_the_form_data(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The text fields come first, then every file where the array has it."""
    files = listed(bridge, "z", "a", "m")

    await send(bridge, upload_server.url, files=files, formData={"user": "test"})

    assert ["user", "z", "a", "m"] == [part.name for part in upload_server.last.parts]


@pytest.mark.target(*targets(where=knows("files")))
async def test_row_files_with_one_missing_uri_send_nothing(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """One file that does not exist fails the whole call."""
    files = [*listed(bridge, "here"), {"name": "gone", "uri": "blob:gone"}]

    outcome = await send(bridge, upload_server.url, files=files)

    assert outcome.reason == Reason.MISSING_FILE
    assert upload_server.uploads == []


@pytest.mark.target("uni/h5@2.6.14", "uploader/h5@2.6.14")
async def test_row_files_do_not_exist_on_h5_before_2_6_15(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """HBuilderX 2.6.14 drops files on H5, so that filePath counts, and the record says why."""
    path = bridge.files.add("single.png", "single")

    outcome = await send(
        bridge, upload_server.url, files=listed(bridge, "new"), filePath=path, name="old"
    )

    assert [("old", "single")] == keys_and_contents(upload_server.last)
    assert "files" in outcome.record.unknown_keys


@pytest.mark.target("uni/h5@2.6.15", "uploader/h5@2.6.15", "uni/app@2.6.15")
async def test_row_files_exist_on_h5_and_app_since_2_6_15(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """HBuilderX 2.6.15 sends each of them."""
    await send(bridge, upload_server.url, files=listed(bridge, "a", "b"))

    assert [("a", "0"), ("b", "1")] == keys_and_contents(upload_server.last)


# --- file, the object of a browser


@pytest.mark.target(*targets(where=knows("file")))
async def test_row_file_is_an_h5_file_object_since_2_6_15(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The File itself is sent under its own name, and no filePath is needed beside it."""
    blob = bridge.files.blob(bridge.files.add("holiday.png", "pixels"))

    outcome = await send(bridge, upload_server.url, file=blob, name="photo")

    assert outcome.ok
    upload_server.last.assert_file("photo", filename="holiday.png", size=6, type="image/png")


@pytest.mark.target(*targets(where=knows("file")))
async def test_row_file_wins_over_file_path(bridge: Bridge, upload_server: UploadServer) -> None:
    """With both given the File is what leaves."""
    blob = bridge.files.blob(bridge.files.add("object.png", "object"))
    path = bridge.files.add("path.png", "path")

    await send(bridge, upload_server.url, file=blob, filePath=path, name="photo")

    assert [("photo", "object")] == keys_and_contents(upload_server.last)


@pytest.mark.target(*targets(where=knows("file")))
async def test_row_file_as_a_picker_hands_it_over_is_such_an_object(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """What chooseImage lists in tempFiles may be passed as file."""
    bridge.album.add(b"\x89PNG picked")
    picked = await bridge.globals["uni"].chooseImage()

    await send(bridge, upload_server.url, file=picked["tempFiles"][0], name="photo")

    upload_server.last.assert_file("photo", filename="album1.png", size=11)


@pytest.mark.target("uni/h5@2.6.14", "uploader/h5@2.6.14")
async def test_row_file_does_not_exist_before_2_6_15(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """HBuilderX 2.6.14 drops the File, and without a filePath there is nothing to send."""
    blob = bridge.files.blob(bridge.files.add("holiday.png", "pixels"))

    outcome = await send(bridge, upload_server.url, file=blob, name="photo")

    assert {"errMsg": "uploadFile:fail file error"} == outcome.result
    assert "file" in outcome.record.unknown_keys
    assert upload_server.uploads == []


@pytest.mark.target(*targets(where=lacks("file")))
async def test_row_file_is_for_h5_only_elsewhere_it_is_dropped_and_recorded(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """A host without File objects sends what filePath names."""
    blob = bridge.files.blob(bridge.files.add("object.png", "object"))
    path = bridge.files.add("path.png", "path")

    outcome = await send(bridge, upload_server.url, file=blob, filePath=path, name="photo")

    assert [("photo", "path")] == keys_and_contents(upload_server.last)
    assert "file" in outcome.record.unknown_keys


@pytest.mark.target(*targets(where=knows("file")))
async def test_row_files_item_file_is_a_file_object_on_h5(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """An item's File is used instead of its uri, which may then be missing altogether."""
    one = bridge.files.blob(bridge.files.add("one.png", "one"))
    two = bridge.files.blob(bridge.files.add("two.png", "two"))
    other = bridge.files.add("other.png", "other")

    await send(bridge, upload_server.url, files=[{"file": one, "uri": other}, {"file": two}])

    assert [("file", "one"), ("file", "two")] == keys_and_contents(upload_server.last)


@pytest.mark.target(*targets(where=lambda target: target.profile.name == "app"))
async def test_row_files_item_file_is_for_h5_only_and_without_effect_in_the_app(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The App sends what the item's uri names; a File beside it is dropped, which is recorded."""
    blob = bridge.files.blob(bridge.files.add("object.png", "object"))
    path = bridge.files.add("path.png", "path")

    outcome = await send(bridge, upload_server.url, files=[{"file": blob, "uri": path}])
    alone = await send(bridge, upload_server.url, files=[{"file": blob}])

    assert [("file", "path")] == keys_and_contents(upload_server.last)
    said = [entry["effect"] for entry in outcome.record.decisions.to_json({})]
    assert "file inside files is not an option here: dropped" in said
    assert alone.reason == Reason.MISSING_FILE
    assert 1 == len(upload_server.uploads)


# --- neither


def without_file(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return each of these targets beside the text its host has for a call without a file."""
    return [(name, NOTHING_TO_SEND[name]) for name in names]


@pytest.mark.parametrize(("target", "text"), without_file(list(NOTHING_TO_SEND)))
async def test_row_neither_files_nor_file_path_fails_in_each_hosts_own_words(
    upload_server: UploadServer, target: str, text: str
) -> None:
    """A call that names no file fails as its host says it, before anything is sent."""
    async with Bridge(target) as bridge:
        outcome = await send(bridge, upload_server.url, name="photo")

    assert text == outcome.result["errMsg"]
    assert upload_server.uploads == []


@pytest.mark.target(*targets())
@pytest.mark.parametrize("absent", [undefined, None])
async def test_row_neither_files_nor_file_path_sends_nothing_on_any_host(
    bridge: Bridge, upload_server: UploadServer, absent: object
) -> None:
    """With an empty files and a filePath that is not there, fail and complete run and no more."""
    outcome = await send(bridge, upload_server.url, files=[], filePath=absent, name="photo")

    assert outcome.reason in (Reason.BAD_PARAMETER, Reason.MISSING_FILE)
    assert upload_server.uploads == []


# --- hosts that take a single file


@pytest.mark.target(*targets("uni", where=lacks("files")))
async def test_row_single_file_hosts_drop_files_and_miss_file_path(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """A mini-program host given files alone fails for want of filePath, and records the files."""
    outcome = await send(bridge, upload_server.url, files=listed(bridge, "a", "b"), name="photo")

    assert outcome.reason == Reason.BAD_PARAMETER
    assert "filePath" in outcome.record.detail
    assert ("files",) == outcome.record.unknown_keys
    assert upload_server.uploads == []


@pytest.mark.target("uploader/wx", "uploader/wx:devtools")
async def test_row_single_file_hosts_wechat_answers_files_alone_as_wechat_does(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """WeChat calls fail, then complete, with its parameter error, and hands back undefined."""
    heard: list[tuple[str, dict[str, object]]] = []

    returned = bridge.api.upload(
        {
            "url": upload_server.url,
            "files": listed(bridge, "a"),
            "fail": lambda result: heard.append(("fail", result)),
            "complete": lambda result: heard.append(("complete", result)),
        }
    )
    assert (None, []) == (returned, heard)
    await bridge.settled()

    said = {"errMsg": NOTHING_TO_SEND["uni/wx"], "errno": 1001}
    assert [("fail", said), ("complete", said)] == heard


@pytest.mark.target(*targets())
async def test_row_single_file_hosts_are_served_by_one_call_for_each_file(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The portable way, one call a file, sends each file once on every host."""
    for place in range(3):
        path = bridge.files.add(f"{place}.png", str(place))
        outcome = await send(bridge, upload_server.url, filePath=path, name="photo")
        assert outcome.ok

    arrived = [keys_and_contents(upload) for upload in upload_server.uploads]
    assert [[("photo", "0")], [("photo", "1")], [("photo", "2")]] == arrived


# --- an item's name as an attack


@pytest.mark.target(*targets(where=knows("files")))
async def test_row_files_names_cannot_forge_a_part(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Line ends and quotes in an item's name stay inside that name."""
    forged = 'a"\r\n\r\nforged\r\n--x'

    await send(bridge, upload_server.url, files=listed(bridge, forged, "b"))

    names = [part.name for part in upload_server.last.files]
    assert 2 == len(names)
    assert "b" == names[1]
    disposition = upload_server.last.files[0].headers["Content-Disposition"]
    head = f"Content-Disposition: {disposition}\r\n\r\n".encode()
    assert [] == BytesParser(policy=HTTP).parsebytes(head).defects
    assert "%22%0D%0A" in disposition
