"""What can be compared: options, files that hold them, and one clear sentence for anything else."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bridge import BridgeError, compare, undefined
from bridge.comparison import given
from tests.compare.finding import SEED, found

if TYPE_CHECKING:
    from tests.compare.conftest import Write
    from tests.compare.finding import Options


@pytest.mark.parametrize("form", ["bare", "wrapped"])
async def test_a_file_holds_bare_options_or_an_api_with_its_options(
    write: Write, picture: Path, form: str
) -> None:
    """Files it names are looked for in its own folder and added to each bridge."""
    options = {**SEED, "filePath": picture.name}
    document = {"bare": options, "wrapped": {"api": "uploadFile", "options": options}}[form]
    seen = await found(write(document), "my:ide", "my")
    assert {"my:ide": "200", "my": 200} == seen.values("success.statusCode")
    assert {"api": "uploadFile", "options": options} == seen.comparison.call
    assert () == seen.comparison.notes


async def test_the_api_may_be_named_beside_bare_options(write: Write) -> None:
    """A file of bare options is a call of the API that is asked for."""
    seen = await found(write({"count": 1}), "wx", "my", api="chooseImage")
    assert "chooseImage" == seen.comparison.call["api"]
    assert "success.apFilePaths" in seen


async def test_an_api_without_options_is_a_call(write: Write) -> None:
    """`{"api": ...}` alone passes none."""
    seen = await found(write({"api": "getNetworkType"}), "wx", "my")
    assert {"wx": "wifi", "my": "WIFI"} == seen.values("success.networkType")


async def test_a_file_that_is_not_there_is_passed_on_and_noted(write: Write) -> None:
    """A comparison of what hosts say to a missing file is a comparison, too."""
    file = write({**SEED, "filePath": "nowhere.png"})
    seen = await found(file, "wx", "my")
    assert "no file 'nowhere.png' beside call.json: passed on as it is written" in (
        seen.comparison.notes
    )
    assert "uploadFile:fail file not found" == seen.values("fail.errMsg")["wx"]


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000, "."])
async def test_what_cannot_be_a_file_is_passed_on(write: Write, name: str) -> None:
    """A path that no system takes is the host's to refuse."""
    seen = await found(write({**SEED, "filePath": name}), "wx", "my")
    assert "outcome" not in seen
    assert "fail.errMsg" in seen


def test_files_of_a_list_are_found_beside_the_call(write: Write, picture: Path) -> None:
    """`uri` and `file` of `files`, and nothing of the same name in a form."""
    document = {
        "name": "f",
        "formData": {"file": picture.name},
        "files": [{"name": "a", "uri": picture.name}, {"name": "b", "file": picture.name}, 7],
    }
    call = given.read(write(document))
    assert isinstance(call, given.Call)
    assert {"file": "picture.png"} == call.options["formData"]
    assert [
        {"name": "a", "uri": picture.resolve()},
        {"name": "b", "file": picture.resolve()},
        7,
    ] == call.options["files"]


def test_tags_spell_what_json_lacks(write: Write) -> None:
    """`undefined` is not null."""
    call = given.read(write({"filePath": {"$js": "undefined"}, "name": None}))
    assert isinstance(call, given.Call)
    assert [undefined, None] == [call.options["filePath"], call.options["name"]]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ([], "cannot compare a list"),
        ({"api": 7}, "'api' is a text and 'options' an object"),
        ({"api": "request", "options": []}, "'api' is a text and 'options' an object"),
        ({"api": "request", "url": "x"}, "'url' stands beside 'api' or 'options'"),
        ({"url": "x", "success": print}, "leave 'success' out"),
        ({"url": Path("x")}, "is a Python "),
        ({"url": object()}, "is a Python object, which no mini-program can pass"),
        ({1: "x"}, "the key 1 is not a str"),
        ("nowhere.json", "there is no file 'nowhere.json'"),
    ],
)
async def test_what_is_no_call_is_refused_in_a_sentence(call: Any, said: str) -> None:  # noqa: ANN401  on purpose
    """It is the test author's mistake, whatever the hosts would say."""
    with pytest.raises(BridgeError, match=said):
        await compare(call, ["wx", "my"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "call.json cannot be read as JSON: Expecting property name"),
        ("[]", "call.json: a list is no call"),
        ("[" * 100_000, "call.json cannot be read as JSON"),
        ('{"x": {"$bytes": "!"}}', "call.json cannot be read as JSON"),
        ('{"options": {}, "apis": 1}', "call.json: 'apis' stands beside 'api' or 'options'"),
        ("\ud800", "cannot read the call '.*/call.json': 'utf-8' codec can't decode"),
    ],
)
async def test_a_file_that_holds_no_call_is_named(tmp_path: Path, text: str, said: str) -> None:
    """The sentence names the file."""
    file = tmp_path / "call.json"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(BridgeError, match=said):
        await compare(file, ["wx", "my"])


async def test_a_file_that_the_system_keeps_shut_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not its content that is wrong."""

    def refuse(path: Path, **_: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    file = tmp_path / "call.json"
    file.touch()
    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(
        BridgeError, match=r"^cannot read the call '.*call\.json': Permission denied$"
    ):
        await compare(file, ["wx", "my"])


async def test_a_file_of_too_long_a_name_is_not_there() -> None:
    """As one that is not there."""
    with pytest.raises(BridgeError, match="there is no file 'xxx"):
        await compare("x" * 300, ["wx", "my"])


async def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """Only calls and logic files can be compared."""
    file = tmp_path / "call.yaml"
    file.touch()
    with pytest.raises(BridgeError, match=r"'call.yaml' is neither a .json file"):
        await compare(str(file), ["wx", "my"])


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ([], "a comparison needs two targets; given: none"),
        (["wx", "wx:device"], "a comparison needs two targets; given: wx"),
        ("wx", r"targets is a list of addresses, such as \['wx', 'wx'\]"),
        (["wx", "mywx"], "unknown platform 'mywx'"),
        (["wx", ("my", {"file_tipe": "x"})], "unknown profile field 'file_tipe'"),
    ],
)
async def test_targets_are_checked_before_anything_is_sent(
    seed: Options,
    targets: Any,  # noqa: ANN401  on purpose
    said: str,
) -> None:
    """Two at least, each known."""
    with pytest.raises(BridgeError, match=said):
        await compare(seed, targets)


async def test_an_api_that_no_target_has_is_a_mistake() -> None:
    """There is nothing to compare."""
    with pytest.raises(BridgeError, match="there is no API 'uploadfile' with callbacks on any of"):
        await compare({}, ["wx", "my"], api="uploadfile")
