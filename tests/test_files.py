"""The mini-program's files: path forms, what reaches outside, and what blocks."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.clock import Chance
from bridge.errors import BridgeError
from bridge.files import FileFailure, Files, HostFile, OpenFile, open_regular, package_of
from bridge.profile import Paths
from bridge.reasons import Reason
from bridge.target import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

HEX = "[0-9a-f]{32}"
UUID = "[0-9a-f-]{36}"


def files_of(
    target: str = "wx", package: str | Path | Mapping[str, bytes | str | Path] | None = None
) -> Files:
    """Return the files of a target's host."""
    return Files(resolve(target).profile.paths, Chance(0).expand, package)


def refused(files: Files, path: str) -> Reason | None:
    """Return why a path cannot be opened, None if it can; nothing stays open."""
    before = open_descriptors()
    try:
        files.open(path).close()
    except FileFailure as failure:
        return failure.reason
    finally:
        assert before == open_descriptors()
    return None


def open_descriptors() -> int:
    """Count this process's descriptors."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Make a package directory beside a file that must stay out of reach."""
    (tmp_path / "secret.txt").write_bytes(b"secret")
    root = tmp_path / "app"
    (root / "img").mkdir(parents=True)
    (root / "img" / "a.png").write_bytes(b"picture")
    (root / "img" / "名 字.png").write_bytes(b"named")
    return root


# --- forms


@pytest.mark.parametrize(
    ("target", "kind", "form"),
    [
        ("wx", "temp", rf"wxfile://tmp_{HEX}\.png"),
        ("wx", "saved", rf"wxfile://store_{HEX}\.png"),
        ("wx", "user", r"wxfile://usr/a\.png"),
        ("wx", "package", r"a\.png"),
        ("wx:devtools", "temp", rf"http://tmp/{HEX}\.png"),
        ("my", "temp", rf"https://resource/apml{HEX}\.image"),
        ("my", "user", r"https://usr/a\.png"),
        ("my:ide", "temp", r"https://resource/\d+\.png"),
        ("tt", "temp", r"ttfile://temp/\d+\.png"),
        ("tt", "user", r"ttfile://user/a\.png"),
        ("tt:douyin", "temp", rf"ttfile://temp/{HEX}\.png"),
        ("uni/h5", "temp", f"blob:http://localhost:8080/{UUID}"),
        ("uni/app", "temp", r"_doc/uniapp_temp_\d+/gallery/a\.png"),
    ],
)
def test_a_path_has_the_hosts_own_form(
    target: str, kind: Literal["temp", "saved", "user", "package"], form: str
) -> None:
    """Each kind of file lives where that host would have put it."""
    files = files_of(target)
    path = files.add("a.png", b"x", kind=kind)
    assert re.fullmatch(form, path)
    assert b"x" == files.read(path)
    assert "a.png" == files.original_name(path)


@pytest.mark.parametrize("target", ["my:ide", "tt", "uni/app"])
def test_paths_named_by_the_clock_are_never_twice_the_same(target: str) -> None:
    """Two files of the same millisecond have two paths."""
    files = files_of(target)
    assert 20 == len({files.add("a.png", b"x") for _ in range(20)})


def test_text_is_content_too() -> None:
    """A str is kept as UTF-8."""
    files = files_of()
    assert "é".encode() == files.read(files.add("a.txt", "é"))


def test_a_file_without_a_plain_name_is_called_file() -> None:
    """Directories in a name do not reach the path."""
    files = files_of("uni/app")
    assert files.add("", b"").endswith("/gallery/file")
    assert files.add("/x/y.png", b"").endswith("/gallery/y.png")


@pytest.mark.parametrize("spelling", ["img/b.png", "/img/b.png", "./img/b.png"])
def test_a_package_path_is_the_same_with_and_without_its_slash(spelling: str) -> None:
    """A mapping stands for the code package."""
    files = files_of("wx", {"/img/b.png": b"b"})
    assert b"b" == files.read(spelling)


@pytest.mark.parametrize(
    ("target", "path", "reason"),
    [
        ("wx", "img/a.png", None),
        ("wx", "/img/a.png", None),
        ("wx", "./img/a.png", Reason.MISSING_FILE),
        ("tt", "./img/a.png", None),
        ("uni/h5", "./img/a.png", None),
        ("wx", "/img/名 字.png", None),
        ("wx", "/img", Reason.NOT_A_FILE),
        ("wx", "/img/", Reason.MISSING_FILE),
        ("wx", "/", Reason.MISSING_FILE),
        ("wx", "", Reason.MISSING_FILE),
        ("wx", "/img/none.png", Reason.MISSING_FILE),
        ("wx", "/img/a.png/x", Reason.MISSING_FILE),
    ],
)
def test_a_package_path_is_found_as_the_host_spells_it(
    package: Path, target: str, path: str, reason: Reason | None
) -> None:
    """Only the beginnings that host accepts lead into the package."""
    assert reason is refused(files_of(target, package), path)


@pytest.mark.parametrize(("path", "reason"), [("/a", None), ("a", Reason.MISSING_FILE)])
def test_a_host_may_demand_the_slash(tmp_path: Path, path: str, reason: Reason | None) -> None:
    """Only where the bare form is listed does it lead into the package."""
    (tmp_path / "a").write_bytes(b"x")
    paths = Paths("t{hex32}", "s{hex32}", "u/{name}", package=("/",))
    assert reason is refused(Files(paths, Chance(0).expand, tmp_path), path)


@pytest.mark.parametrize(
    ("text", "content"),
    [("aGVsbG8=", b"hello"), ("aGVsbG8", b"hello"), ("aGVs\n bG8=", b"hello"), ("", b"")],
)
def test_a_data_url_is_a_file_on_h5_alone(text: str, content: bytes) -> None:
    """It is read as `atob` reads it, and called after the time and its type."""
    path = f"data:image/jpeg;base64,{text}"
    h5 = files_of("uni/h5")
    assert content == h5.open(path).whole()
    assert re.fullmatch(r"\d{13}\.jpeg", h5.original_name(path) or "")
    for target in ("wx", "my", "tt:feishu", "tt:douyin", "uni/app"):
        assert Reason.MISSING_FILE is refused(files_of(target), path)


@pytest.mark.parametrize(
    "path", ["data:image/png;base64,a", "data:image/png;base64,?", "data:image/png,a", "data:x"]
)
def test_another_data_url_is_no_file(path: str) -> None:
    """Only base64 of a plain type is read, and only if it is any."""
    assert Reason.MISSING_FILE is refused(files_of("uni/h5"), path)


def test_without_a_package_every_path_is_missing() -> None:
    """Neither an added nor a package file: there is none."""
    assert Reason.MISSING_FILE is refused(files_of(), "/img/a.png")


# --- nothing reaches outside


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "/../secret.txt",
        "img/../../secret.txt",
        "img/../img/a.png",
        "./../secret.txt",
        "%2e%2e/secret.txt",
        "%2E%2e/secret.txt",
        "..%2fsecret.txt",
        "%2e%2e%2fsecret.txt",
        "img%2f..%2f..%2fsecret.txt",
        "img\\..\\..\\secret.txt",
        "img/./a.png",
        "img//a.png",
        "img/a.png\0.jpg",
        "img/a.png%00",
        "C:/secret.txt",
        "file:///etc/passwd",
        "/etc/passwd",
        "//etc/passwd",
        "/dev/zero",
        "/proc/self/environ",
        "\ud800.png",
        "x" * 5000,
    ],
)
@pytest.mark.parametrize("target", ["wx", "my", "tt", "tt:douyin", "uni/h5", "uni/app"])
def test_no_path_reaches_outside_the_package(package: Path, target: str, path: str) -> None:
    """It reads as a missing file, however it is spelled."""
    assert Reason.MISSING_FILE is refused(files_of(target, package), path)


@pytest.mark.parametrize("name", ["%2e%2e", "a%2fb", "a%5Cb", "%2E"])
def test_a_name_that_decodes_to_more_than_a_name_is_missing(package: Path, name: str) -> None:
    """Even where a file of that very spelling lies in the package."""
    (package / name).mkdir()
    (package / name / "a.png").write_bytes(b"x")
    assert Reason.MISSING_FILE is refused(files_of("wx", package), f"/{name}/a.png")


def test_a_path_of_this_machine_is_no_path_of_the_host(package: Path) -> None:
    """The absolute path of a package file is looked up inside the package."""
    files = files_of("wx", package)
    assert Reason.MISSING_FILE is refused(files, str(package / "img" / "a.png"))


def test_a_linked_file_is_missing(package: Path) -> None:
    """A link out of the package, or within it, is not followed."""
    (package / "out.txt").symlink_to(package.parent / "secret.txt")
    (package / "in.png").symlink_to(package / "img" / "a.png")
    files = files_of("wx", package)
    assert Reason.MISSING_FILE is refused(files, "/out.txt")
    assert Reason.MISSING_FILE is refused(files, "/in.png")


def test_a_linked_directory_is_missing(package: Path) -> None:
    """Nor is a link on the way."""
    (package / "up").symlink_to(package.parent)
    assert Reason.MISSING_FILE is refused(files_of("wx", package), "/up/secret.txt")


def test_a_package_that_is_itself_a_link_is_read(package: Path, tmp_path: Path) -> None:
    """Where the test put its own directory is the test's matter."""
    (tmp_path / "link").symlink_to(package)
    assert b"picture" == files_of("wx", tmp_path / "link").read("/img/a.png")
    assert b"picture" == files_of("wx", str(tmp_path / "link")).read("/img/a.png")


def test_a_pipe_in_the_package_never_blocks(package: Path) -> None:
    """A FIFO without a writer is a missing file at once."""
    os.mkfifo(package / "pipe")
    assert Reason.MISSING_FILE is refused(files_of("wx", package), "/pipe")


@given(st.text())
def test_no_path_breaks_the_lookup(path: str) -> None:
    """Any text at all is a file or a reason."""
    assert Reason.MISSING_FILE is refused(files_of("wx", "."), f"{path}\0")
    refused(files_of("wx", "."), path)


# --- changes on disk


def test_an_added_path_is_read_when_it_is_opened(tmp_path: Path) -> None:
    """A file that is gone by then is missing, one that cannot be opened unreadable."""
    source = tmp_path / "a.png"
    source.write_bytes(b"x")
    files = files_of()
    path = files.add("a.png", source)
    source.write_bytes(b"longer")
    assert b"longer" == files.read(path)
    source.unlink()
    assert Reason.MISSING_FILE is refused(files, path)
    source.symlink_to(source)
    assert Reason.UNREADABLE_FILE is refused(files, path)
    source.unlink()
    source.mkdir()
    assert Reason.NOT_A_FILE is refused(files, path)


def test_an_added_link_is_the_authors_own(tmp_path: Path) -> None:
    """What the test itself names may be a link."""
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    files = files_of("wx", {"b.png": tmp_path / "b"})
    assert b"x" == files.read("/b.png")


def test_a_removed_file_is_missing() -> None:
    """As after a cold start."""
    files = files_of()
    path = files.add("a.png", b"x")
    files.remove(path)
    assert Reason.MISSING_FILE is refused(files, path)
    assert files.original_name(path) is None


# --- File objects and picks


def test_a_file_object_tells_name_path_and_size(tmp_path: Path) -> None:
    """H5 code passes it as `file`."""
    (tmp_path / "b").write_bytes(b"four")
    files = files_of("uni/h5")
    path, other = files.add("a.png", b"xyz"), files.add("b", tmp_path / "b")
    assert HostFile(name="a.png", path=path, size=3) == files.blob(path)
    assert 4 == files.blob(other).size


def test_a_pick_is_a_temp_file_under_the_pickers_own_form() -> None:
    """Without one it has the host's."""
    files = files_of("wx")
    assert files.pick("a.png", b"x", "wxfile://pick/{name}").path == "wxfile://pick/a.png"
    assert files.pick("a.png", b"x", None).path.startswith("wxfile://tmp_")


# --- the author's mistakes


@pytest.mark.parametrize("method", ["remove", "blob"])
def test_an_unknown_path_is_told_what_was_added(method: str) -> None:
    """The error lists the paths there are."""
    files = files_of("wx")
    with pytest.raises(BridgeError, match="no added file at 'x'; added: none"):
        getattr(files, method)("x")
    files.add("a.png", b"", kind="user")
    with pytest.raises(BridgeError, match=re.escape("added: wxfile://usr/a.png")):
        getattr(files, method)("x")


def test_reading_what_does_not_exist_is_the_authors_mistake() -> None:
    """`read` is for tests, so it raises."""
    with pytest.raises(BridgeError, match=r"no file to read at 'x' \(missing_file\)"):
        files_of().read("x")


def test_a_wrong_source_is_refused_at_once(tmp_path: Path) -> None:
    """A directory, a missing path, an unknown kind, a package that does not exist."""
    files = files_of()
    for source in (tmp_path, tmp_path / "none"):
        with pytest.raises(BridgeError, match="is not a regular file"):
            files.add("a", source)
    with pytest.raises(BridgeError, match="must be 'temp', 'saved', 'user' or 'package'"):
        files.add("a", b"", kind="tmp")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(BridgeError, match=r"package directory .*none' does not exist"):
        files_of("wx", tmp_path / "none")


# --- open files


@pytest.mark.parametrize("where", ["memory", "disk"])
def test_every_read_is_positional(tmp_path: Path, where: str) -> None:
    """A redirect replays the body from its beginning."""
    (tmp_path / "a").write_bytes(b"abcdef")
    file: Any = OpenFile(b"abcdef") if where == "memory" else open_regular(tmp_path / "a")
    assert (b"cd", b"abcdef", b"") == (file.pread(2, 2), file.pread(99, 0), file.pread(1, 6))
    assert 6 == file.size
    assert (where == "disk") is (file.fileno() is not None)
    file.close()
    file.close()
    assert file.fileno() is None


def test_a_device_is_closed_again_unread(tmp_path: Path) -> None:
    """Neither an endless device nor a directory leaves a descriptor open."""
    before = open_descriptors()
    for path, reason in (("/dev/zero", Reason.MISSING_FILE), (tmp_path, Reason.NOT_A_FILE)):
        with pytest.raises(FileFailure) as caught:
            open_regular(tmp_path / path)
        assert reason is caught.value.reason
    assert before == open_descriptors()


@pytest.mark.parametrize("now", [b"01234567", b"0123", b"0123456789", b""])
def test_a_file_is_read_in_as_many_pieces_as_the_system_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: bytes
) -> None:
    """A file that has grown since it was opened ends where it did, and is read a single time."""
    path = tmp_path / "a"
    path.write_bytes(b"01234567")
    file = open_regular(path)
    path.write_bytes(now)
    whole = os.pread
    monkeypatch.setattr(os, "pread", lambda fd, count, offset: whole(fd, min(count, 3), offset))
    assert now[:8] == file.whole()
    path.write_bytes(b"x" * 8)
    assert now[:8] == file.whole()
    file.close()


def test_a_logic_files_package_is_the_nearest_folder_with_a_description(tmp_path: Path) -> None:
    """That is an `app.json`; a file on its own has its folder."""
    logic = tmp_path / "app" / "pages" / "index" / "index.js"
    logic.parent.mkdir(parents=True)
    assert logic.parent == package_of(logic)
    (tmp_path / "app.json").touch()
    assert tmp_path == package_of(logic)
    (tmp_path / "app" / "app.json").touch()
    assert tmp_path / "app" == package_of(logic)
