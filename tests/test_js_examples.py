"""Every JavaScript example runs, on each engine."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bridge import Bridge, UploadServer
from bridge.cli import main
from bridge.logic.program import Program

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
JS = EXAMPLES / "js"
ENGINES = ("node", "quickjs")
BIG = 64_000_000

each_engine = pytest.mark.parametrize("engine", ENGINES)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run the command line that an example's first lines give; returns what it printed."""

    def running(name: str, engine: str) -> str:
        text = (JS / name).read_text(encoding="utf-8")
        command = re.search(r"^// Run: minibridge (.+)$", text, re.MULTILINE)
        assert command is not None
        words = [str(JS / name) if w == f"examples/js/{name}" else w for w in command[1].split()]
        capsys.readouterr()
        status = main([*words, "--engine", engine])
        out, err = capsys.readouterr()
        assert (0, str(JS / name)) == (status, words[1]), err
        return out + err

    return running


@each_engine
def test_the_mpx_sample_passes_on_wechat_and_fails_on_alipay(
    run: Callable[..., str], engine: str
) -> None:
    """The server's answer is printed once; Alipay's own refusal is in the summary."""
    out = run("seed_003_mpx.js", engine)
    assert 1 == out.count('{"ok":true}')
    assert f"mpx/wx on {engine}: 1 upload arrived" in out
    assert f"mpx/my on {engine}: no uploads arrived" in out
    assert "bad_parameter: fileType" in out


@each_engine
def test_the_feishu_sample_uploads_its_form(run: Callable[..., str], engine: str) -> None:
    """Feishu's success object has its trace; the form's fields arrive with the file."""
    out = run("seed_004_feishu.js", engine)
    answer = (
        r'\{ data: "\{\\"ok\\":true\}", statusCode: 200, errMsg: "uploadFile:ok", trace: "\w+" \}'
    )
    assert re.search(answer, out)
    assert f"tt:feishu on {engine}: 1 upload arrived" in out
    assert "param1, param2, test.jpeg (" in out


@each_engine
async def test_the_feishu_sample_fails_as_its_page_shows(engine: str) -> None:
    """A server that holds its answer back leads to the page's `fail` object."""
    heard: list[str] = []
    async with UploadServer() as server, Bridge("tt:feishu", fixed_timeout=100) as bridge:
        server.hold()
        await play("seed_004_feishu.js", engine, bridge, server, heard)
    [line] = heard
    assert re.fullmatch(r'\{ errMsg: "uploadFile:fail timeout", trace: "\w+".*\}', line)


@each_engine
async def test_the_uploader_sample_aborts_past_half_way(engine: str, tmp_path: Path) -> None:
    """Progress passes 50 %, no answer is printed, and the server got no whole file."""
    heard: list[str] = []
    picture = tmp_path / "big.png"
    with picture.open("wb") as file:
        file.truncate(BIG)
    async with UploadServer() as server, Bridge("uploader/wx", album=[picture]) as bridge:
        await play("seed_000_uploader.js", engine, bridge, server, heard)
        await server.received(1)
        upload = server.last
    seen = [int(line.removeprefix("上传进度")) for line in heard if line.startswith("上传进度")]
    # More may come before the abort has crossed over to the native side.
    assert seen[-1] > 50
    assert not any(line.startswith("{") for line in heard)
    assert upload.error is not None
    assert 0 < upload.size < BIG


async def play(
    name: str, engine: str, bridge: Bridge, server: UploadServer, heard: list[str]
) -> None:
    """Run a sample against a server until it has nothing left to do."""
    bridge.album.add(b"\xff\xd8\xff" + bytes(50_000))
    text = (JS / name).read_text(encoding="utf-8")
    for origin in re.findall(r"--route (\S+)", text):
        bridge.route(origin, to=server.url)
    program = Program(bridge, engine=engine, hear=lambda _, message, __: heard.append(message))
    async with program:
        await program.load(JS / name)
        await program.idle()


@each_engine
def test_the_mini_program_passes_its_own_tests(pytester: pytest.Pytester, engine: str) -> None:
    """Its pytest tests pass in a project of their own, once per target."""
    project = pytester.path / "mini_program"
    shutil.copytree(
        EXAMPLES / "mini_program", project, ignore=shutil.ignore_patterns("__pycache__")
    )
    tests = project / "test_upload_page.py"
    call = 'mini_program("app.js", "pages/upload/upload.js")'
    code = tests.read_text(encoding="utf-8")
    assert 1 == code.count(call)
    tests.write_text(code.replace(call, f'{call[:-1]}, engine="{engine}")'), encoding="utf-8")
    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=25)


def test_no_example_is_left_out() -> None:
    """Every sample is run by a test here."""
    text = Path(__file__).read_text(encoding="utf-8")
    assert [] == [path.name for path in JS.glob("*.js") if f'"{path.name}"' not in text]
