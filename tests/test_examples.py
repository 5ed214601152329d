"""Every example runs, and shows what its first lines promise."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.look import cell_width
from bridge.target import all_names

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"


def shown(name: str, *argv: str) -> str:
    """Run an example to its good end and return what it printed."""
    command = [sys.executable, str(EXAMPLES / name), *argv]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout


def follow(text: str, *wanted: str) -> None:
    """Check that these pieces occur in this order."""
    at = 0
    for piece in wanted:
        found = text.find(piece, at)
        assert found >= 0, f"{piece!r} does not follow in:\n{text}"
        at = found + len(piece)


def test_the_picture_is_a_real_png(tmp_path: Path) -> None:
    """The generated file has PNG's signature, sizes, and closing chunk."""
    path = tmp_path / "made.png"
    assert f"{path}: " in shown("picture.py", str(path))
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0")
    assert data.endswith(b"IEND\xae\x42\x60\x82")


def test_a_big_picture_is_aborted_past_half_way() -> None:
    """Progress passes 50 %, `fail` says abort, and the server got no more than some of it."""
    out = shown("seed_000_uploader.py")
    follow(
        out, "上传进度 50 %", "上传进度 51 %", "fail: uploadFile:fail abort", "connection was lost"
    )
    got = re.search(r"got ([\d,]+) bytes of a picture of ([\d,]+)", out)
    assert got is not None
    arrived, whole = (int(number.replace(",", "")) for number in got.groups())
    assert whole * 0.4 < arrived < whole


def test_the_mpx_sample_passes_fails_and_passes_repaired() -> None:
    """WeChat accepts the sample, Alipay refuses it with its own error until `fileType` is there."""
    follow(
        shown("seed_003_mpx.py"),
        "mpx/wx  success: data, statusCode, header, errMsg, profile",
        "mpx/my  fail: {'error': 11, 'errorMessage': '无效参数'}",
        "mismatch: fileType should be string, not Undefined (documented)",
        "mpx/my {'fileType': 'image'} success: data, statusCode, header",
    )


def test_the_feishu_sample_has_both_of_its_results() -> None:
    """`ok` comes with the trace that was on the wire, the second run ends in `fail timeout`."""
    out = shown("seed_004_feishu.py")
    follow(out, "success", 'data: \'{"error":"xxxx"}\'', "errMsg: 'uploadFile:ok'", "trace: '")
    follow(out, "fail", "errMsg: 'uploadFile:fail timeout'", "trace: '")
    first, on_the_wire = re.findall(r"(?:trace: '|x-request-id )(\w+)", out)[:2]
    assert first == on_the_wire


def test_the_demo_shows_every_target_each_difference_and_the_samples() -> None:
    """The demo runs the real command on all targets, then what differs, then each sample."""
    out = shown("demo.py")
    follow(
        out,
        "$ minibridge upload picture.png --on all",
        *all_names(),
        "What differs between the hosts",
        "  string: my:harmony, my:ide",
        "$ minibridge upload picture.png --on my:ide",
        "$ python examples/seed_000_uploader.py",
        "$ python examples/seed_003_mpx.py",
        "$ python examples/seed_004_feishu.py",
    )
    assert max(map(cell_width, out.splitlines())) <= 80


def test_the_pytest_example_passes_on_each_of_its_targets(pytester: pytest.Pytester) -> None:
    """The example's tests pass in a project of their own, once per target."""
    pytester.makepyfile((EXAMPLES / "test_upload_logic.py").read_text())
    result = pytester.runpytest_subprocess("-p", "no:randomly")
    result.assert_outcomes(passed=8)


def test_no_example_is_left_out() -> None:
    """Every file of the folder is run by a test here."""
    text = Path(__file__).read_text()
    assert [] == [path.name for path in EXAMPLES.glob("*.py") if f'"{path.name}"' not in text]
