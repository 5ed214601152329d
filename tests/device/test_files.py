"""The file manager: virtual files read, looked at, written and deleted, with the host's errors."""

from __future__ import annotations

import errno
import math
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bridge import Bridge, HostError, undefined
from bridge.target import resolve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.device.conftest import Asking

NUMBER = {"my": "error", "tt:feishu": "errno", "tt:douyin": "errNo", "wx": "errno"}
PNG = b"\x89PNG\x00\xff"


def data_of(answer: Any) -> object:  # noqa: ANN401  bare on most hosts, in an object on Alipay
    """Return what was read."""
    return answer["data"] if isinstance(answer, dict) else answer


def stats_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the stats, out of the object that Alipay puts around them."""
    stats: dict[str, Any] = answer.get("stats", answer)
    return stats


async def ask(asking: Asking, name: str, options: dict[str, object]) -> tuple[bool, dict[str, Any]]:
    """Call a function of the file manager with callbacks and wait for them."""
    heard: list[tuple[bool, dict[str, Any]]] = []
    said = {"success": lambda res: heard.append((True, res))}
    said["fail"] = lambda res: heard.append((False, res))
    getattr(asking.files, name)({**options, **said})
    await asking.bridge.settled()
    (answer,) = heard
    return answer


async def test_a_written_file_is_read_back(managed: Asking) -> None:
    """Text, bytes and encodings, at once and by callback."""
    path = f"{managed.root}/note.txt"
    managed.files.writeFileSync(path, "héllo", "utf8")
    assert "héllo" == data_of(managed.files.readFileSync(path, "utf8"))
    assert "héllo".encode() == data_of(managed.files.readFileSync(path))
    ok, _ = await ask(managed, "writeFile", {"filePath": path, "data": PNG})
    assert ok
    ok, result = await ask(managed, "readFile", {"filePath": path, "encoding": "base64"})
    assert (True, "iVBORwD/") == (ok, result["data"])
    assert PNG == managed.bridge.files.read(path)


@pytest.mark.parametrize(
    ("encodings", "text"),
    [
        ("hex", "89504e4700ff"),
        ("base64", "iVBORwD/"),
        ("latin1 ascii binary", "\x89PNG\0ÿ"),
        ("ucs2 ucs-2 utf16le utf-16le", "\u5089\u474e\uff00"),
    ],
)
async def test_an_encoding_works_both_ways(managed: Asking, encodings: str, text: str) -> None:
    """What is read in an encoding can be written in it, whichever of its names is used."""
    path, copy = f"{managed.root}/a.bin", f"{managed.root}/b.bin"
    managed.files.writeFileSync(path, PNG, undefined)
    for encoding in encodings.split():
        read = data_of(managed.files.readFileSync(path, encoding))
        assert text == read
        managed.files.writeFileSync(copy, read, encoding)
        assert PNG == managed.bridge.files.read(copy)


@pytest.mark.parametrize("encoding", ["utf8", "utf-8"])
async def test_what_is_no_text_reads_and_writes_as_replacement_characters(encoding: str) -> None:
    """Neither bytes that are no UTF-8 nor half of a surrogate pair end the call."""
    async with Bridge("wx") as bridge:
        path, files = "wxfile://usr/a.txt", bridge.api.getFileSystemManager()
        files.writeFileSync(path, PNG)
        assert "\ufffdPNG\0\ufffd" == files.readFileSync(path, encoding)
        files.writeFileSync(path, "a\ud83d", encoding)
        assert "a\ufffd" == files.readFileSync(path, encoding)


async def test_alipay_tells_what_it_has_read() -> None:
    """Bytes, or a text where an encoding was named."""
    async with Bridge("my", files={"a.txt": "x"}) as bridge:
        files = bridge.api.getFileSystemManager()
        for encoding, told in ((undefined, (b"x", "ArrayBuffer")), ("utf8", ("x", "string"))):
            answer = files.readFileSync("a.txt", encoding)
            assert told == (answer["data"], answer["dataType"])


async def test_no_function_leaves_a_file_open(managed: Asking, tmp_path: Path) -> None:
    """The lowest descriptor that is free before is free afterwards."""
    (tmp_path / "a.bin").write_bytes(PNG)
    path = managed.bridge.files.add("a.bin", tmp_path / "a.bin")
    free = os.dup(0)
    os.close(free)
    for work in (managed.files.accessSync, managed.files.statSync, managed.files.readFileSync):
        work(path)
        again = os.dup(0)
        os.close(again)
        assert free == again


async def test_a_part_of_a_file_is_read() -> None:
    """`position` and `length` count bytes."""
    async with Bridge("wx", files={"app.js": "0123456789"}) as bridge:
        files = bridge.api.getFileSystemManager()
        assert "234" == files.readFileSync("app.js", "utf8", 2, 3)
        assert "89" == files.readFileSync("/app.js", "utf8", 8)


@pytest.mark.parametrize(
    ("expected", "position", "length"),
    [
        ("01234", math.nan, 5),
        ("", 0, math.nan),
        ("", math.inf, 5),
        ("789", 7, math.inf),
        ("01234", -math.inf, 5),
        ("23", 2.9, 2.1),
    ],
)
async def test_a_number_that_is_no_index_is_read_as_javascript_reads_it(
    expected: str, position: float, length: float
) -> None:
    """A mini-program comes by such a number by dividing by nothing, which ends no test."""
    async with Bridge("wx", files={"app.js": "0123456789"}) as bridge:
        files = bridge.api.getFileSystemManager()
        assert expected == files.readFileSync("app.js", "utf8", position, length)


async def test_a_file_and_a_folder_are_told_apart(managed: Asking) -> None:
    """By size and, where the host has them, by two functions."""
    path = managed.bridge.files.add("a.png", PNG)
    stats = stats_of(managed.files.statSync(path))
    folder = stats_of(managed.files.statSync(managed.root))
    assert (6, 0) == (stats["size"], folder["size"])
    assert (0o100644, 0o040755) == (stats["mode"], folder["mode"])
    now = round(managed.bridge.calls[-1].started / 1000)
    assert (now, now) == (folder["lastAccessedTime"], folder["lastModifiedTime"])
    if "isFile" in stats:
        assert (True, False) == (stats["isFile"](), stats["isDirectory"]())
        assert (False, True) == (folder["isFile"](), folder["isDirectory"]())
    ok, result = await ask(managed, "stat", {"path": path})
    assert (True, 6) == (ok, result["stats"]["size"])


async def test_what_exists_can_be_accessed(managed: Asking) -> None:
    """Files of every kind, and folders."""
    for kind in ("temp", "saved", "user", "package"):
        managed.files.accessSync(managed.bridge.files.add(f"in/{kind}.txt", "x", kind=kind))
    managed.files.accessSync(managed.root)
    managed.files.accessSync("in")
    assert (await ask(managed, "access", {"path": managed.root}))[0]
    assert not (await ask(managed, "access", {"path": f"{managed.root}/gone"}))[0]


async def test_a_deleted_file_is_gone(managed: Asking) -> None:
    """At once and by callback."""
    for work in ("unlinkSync", "unlink"):
        path = managed.bridge.files.add("a.txt", "x", kind="user")
        if work == "unlink":
            assert (await ask(managed, work, {"filePath": path}))[0]
        else:
            managed.files.unlinkSync(path)
        assert not (await ask(managed, "access", {"path": path}))[0]


def _file(path: Path) -> Path:
    path.write_text("x")
    return path


async def test_a_file_that_the_system_refuses_to_read_is_unreadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It opened, and the disk has an error: the host says so, and no test ends for it."""

    def broken(_fd: int, _count: int, _offset: int) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    async with Bridge("wx") as bridge:
        path = bridge.files.add("a.txt", _file(tmp_path / "a.txt"))
        monkeypatch.setattr(os, "pread", broken)
        with pytest.raises(HostError, match="permission denied"):
            bridge.api.getFileSystemManager().readFileSync(path)
        assert "unreadable_file" == bridge.calls[-1].reason


TROUBLES = {
    "wx": {
        "gone": ("no such file or directory", 1300002),
        "read-only": ("permission denied, open", 1300013),
        "folder": ("illegal operation on a directory", 1301003),
        "unreadable": ("permission denied, open", 1300013),
    },
    "my": {
        "gone": ("文件/目录不存在", 10022),
        "read-only": ("指定的路径没有写权限", 10024),
        "folder": ("未知错误", 3),
        "unreadable": ("指定的路径没有读权限", 10024),
    },
    "tt:feishu": {
        "gone": ("File does not exist", 203),
        "read-only": ("No write permission", 202),
        "folder": ("Is not file", 207),
        "unreadable": ("No read permission", 201),
    },
    "tt:douyin": {
        "gone": ("no such file or directory", 20000),
        "read-only": ("permission denied, open", 20000),
        "folder": ("illegal operation on a directory", 20000),
        "unreadable": ("permission denied, open", 20000),
    },
}


@pytest.mark.parametrize("trouble", ["gone", "read-only", "folder", "unreadable"])
@pytest.mark.parametrize("target", sorted(TROUBLES))
async def test_a_failure_has_the_hosts_text_and_number(
    target: str, trouble: str, tmp_path: Path
) -> None:
    """A missing file, a place that cannot be written, a folder read as a file, a sealed one."""
    async with Bridge(target) as bridge:
        root = bridge.profile.paths.user.partition("{")[0].rstrip("/")
        files = bridge.api.getFileSystemManager()
        heard: list[dict[str, Any]] = []
        match trouble:
            case "gone":
                files.readFile({"filePath": f"{root}/gone", "fail": heard.append})
            case "folder":
                files.readFile({"filePath": root, "fail": heard.append})
            case "unreadable":
                sealed = bridge.files.add("a.txt", _file(tmp_path / "a.txt"))
                (tmp_path / "a.txt").unlink()
                (tmp_path / "a.txt").symlink_to(tmp_path / "a.txt")
                files.readFile({"filePath": sealed, "fail": heard.append})
            case _:
                temp = bridge.files.add("a.txt", "x")
                files.writeFile({"filePath": temp, "data": "y", "fail": heard.append})
        await bridge.settled()
        (answer,) = heard
        text, number = TROUBLES[target][trouble]
        assert text in answer[bridge.profile.message_key]
        assert number == answer[NUMBER[target]]


async def test_a_failure_has_no_number_where_its_host_gives_none() -> None:
    """`errno` counts for files as it does for uploads."""
    async with Bridge("wx", errno="omit") as bridge:
        heard: list[dict[str, Any]] = []
        files = bridge.api.getFileSystemManager()
        files.readFile({"filePath": "wxfile://usr/gone", "fail": heard.append})
        await bridge.settled()
        assert [["errMsg"]] == [list(answer) for answer in heard]


@pytest.mark.parametrize(("data", "brand"), [(5, "Number"), ({}, "Object"), (None, "Undefined")])
async def test_only_text_and_bytes_can_be_written(data: object, brand: str) -> None:
    """The host asks for a text, and there is no file afterwards."""
    async with Bridge("wx") as bridge:
        files = bridge.api.getFileSystemManager()
        with pytest.raises(HostError, match=f"data should be String instead of {brand};"):
            files.writeFileSync("wxfile://usr/a.txt", data)
        with pytest.raises(HostError, match="no such file"):
            files.accessSync("wxfile://usr/a.txt")


async def test_a_failed_sync_function_throws_the_hosts_text() -> None:
    """The Error names the function and the path."""
    async with Bridge("wx") as bridge:
        files = bridge.api.getFileSystemManager()
        for work, arguments in (
            ("readFileSync", ("wxfile://usr/gone", "utf8")),
            ("accessSync", ("wxfile://usr/gone",)),
            ("statSync", ("wxfile://usr/gone",)),
            ("unlinkSync", ("wxfile://usr/gone",)),
            ("writeFileSync", ("wxfile://usr/no/such/folder.txt", "x")),
        ):
            with pytest.raises(HostError, match=f"^{work}:fail no such file or directory wxfile"):
                getattr(files, work)(*arguments)
            assert "missing_file" == bridge.calls[-1].reason


async def test_a_failed_sync_function_answers_on_alipay() -> None:
    """Nothing is thrown there; both ways of passing arguments are taken."""
    async with Bridge("my") as bridge:
        files = bridge.api.getFileSystemManager()
        gone = {"error": 10022, "errorMessage": "文件/目录不存在"}
        assert gone == files.accessSync("https://usr/gone")
        assert gone == files.accessSync({"path": "https://usr/gone"})
        assert {"success": True} == files.writeFileSync({"filePath": "https://usr/a", "data": "x"})


@pytest.mark.parametrize("path", ["../x", "a/../b", "%2e%2e/x", "a//b"])
async def test_only_plain_names_in_the_users_directory_are_written(path: str) -> None:
    """No spelling of a path leads out of it, and other places are read-only."""
    async with Bridge("wx", files={"app.js": "x"}) as bridge:
        files = bridge.api.getFileSystemManager()
        for where in (f"wxfile://usr/{path}", path, "", "wxfile://usrx/a"):
            with pytest.raises(HostError, match="permission denied"):
                files.writeFileSync(where, "x")


@pytest.mark.parametrize("path", ["wxfile://usr", "wxfile://usr/"])
async def test_a_folder_cannot_be_written_as_a_file(path: str) -> None:
    """Not even the user's own."""
    async with Bridge("wx") as bridge:
        with pytest.raises(HostError, match="illegal operation on a directory"):
            bridge.api.getFileSystemManager().writeFileSync(path, "x")


async def test_only_the_users_files_are_deleted() -> None:
    """A temp file and a folder stay."""
    async with Bridge("wx", files={"app.js": "x"}) as bridge:
        files = bridge.api.getFileSystemManager()
        temp = bridge.files.add("a.txt", "x")
        for path in (temp, "app.js"):
            with pytest.raises(HostError, match="unlinkSync:fail permission denied"):
                files.unlinkSync(path)
        with pytest.raises(HostError, match="illegal operation on a directory"):
            files.unlinkSync("wxfile://usr")


async def test_a_package_folder_is_a_folder(tmp_path: Path) -> None:
    """Its files are read from the disk, links are not followed."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "a.js").write_text("code")
    (tmp_path / "link").symlink_to(tmp_path / "pages")
    async with Bridge("wx", files=tmp_path) as bridge:
        files = bridge.api.getFileSystemManager()
        assert files.statSync("pages")["isDirectory"]()
        assert "code" == files.readFileSync("/pages/a.js", "utf8")
        with pytest.raises(HostError, match="no such file"):
            files.accessSync("link")


async def test_a_written_file_cannot_take_a_folders_place() -> None:
    """A path that holds files is a folder, into which more can be written."""
    paths = replace(resolve("wx").profile.paths, user="wxfile://usr/{uuid}/{name}")
    async with Bridge("wx", paths=paths) as bridge:
        folder = bridge.files.add("a.txt", "x", kind="user").removesuffix("/a.txt")
        files = bridge.api.getFileSystemManager()
        with pytest.raises(HostError, match="illegal operation on a directory"):
            files.writeFileSync(folder, "x")
        files.writeFileSync(f"{folder}/b.txt", bytearray(b"y"))
        assert b"y" == bridge.files.read(f"{folder}/b.txt")


async def test_a_wrong_encoding_is_refused() -> None:
    """Neither an unknown one nor text that is not in it."""
    async with Bridge("wx") as bridge:
        files = bridge.api.getFileSystemManager()
        for data, encoding in (("x", "utf-7"), ("$", "base64"), ("xyz", "hex")):
            with pytest.raises(HostError, match="writeFileSync:fail encode error"):
                files.writeFileSync("wxfile://usr/a", data, encoding)
    async with Bridge("tt:douyin") as bridge:
        files = bridge.api.getFileSystemManager()
        with pytest.raises(HostError, match="encoding should be string"):
            files.writeFileSync("ttfile://user/a", "x", 8)


async def test_the_file_manager_is_one_object(managed: Asking) -> None:
    """It is the same each time, and writes what an upload can send."""
    assert managed.files is managed.files
    path = f"{managed.root}/up.txt"
    managed.files.writeFileSync(path, "sent", "utf8")
    outcome = await managed.bridge.call(
        "uploadFile",
        {"url": "https://a.test/", "filePath": path, "name": "f", "fileType": "image"},
    )
    assert outcome.ok
