"""What `minibridge exec` keeps of a run that fails, and the page of a run."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bridge import Bridge, MemoryTransport
from bridge.cli import failing, main
from bridge.cli.failing import MOST_KEPT, spooling

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Node  # type: ignore[import-not-found]

    from bridge.trace import Record

EXEC = (sys.executable, "-m", "bridge.cli", "exec")
CALLING = """
const filePath = minibridge.files.add('a.png', 'x');
const url = minibridge.url;
let left = 2;
function complete() {
  left -= 1;
  if (!left) process.exitCode = STATUS;
}
wx.uploadFile({ url, name: 'f', filePath, complete });
wx.uploadFile({ url, name: 'f', filePath: 'wxfile://nothing.png', fail: () => {}, complete });
"""
GOOD = CALLING.replace("STATUS", "0")
FAILING = CALLING.replace("STATUS", "3")


def ended(node: Node, folder: Path, script: str, *flags: str) -> tuple[int, list[str]]:
    """Run `exec` on a script, its temporary files in a folder; return status and what it said."""
    done = subprocess.run(
        [*EXEC, *flags, "--", "node", "-e", script],
        cwd=folder,
        env=node.env | {"TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    return done.returncode, done.stderr.splitlines()


def kept(folder: Path) -> list[Path]:
    """Return the traces in a folder of temporary files."""
    return sorted(folder.glob("minibridge-*/*.jsonl"))


def test_a_failed_run_keeps_its_trace_and_says_where(any_node: Node, tmp_path: Path) -> None:
    """The reason of the last call that went wrong stands above the path."""
    status, said = ended(any_node, tmp_path, FAILING)
    assert 3 == status
    [trace] = kept(tmp_path)
    assert said[0].startswith("minibridge: uploadFile #2 failed: missing_file: ")
    assert f"minibridge: trace of 2 calls: {trace}" == said[1]
    records = [json.loads(line) for line in trace.read_text().splitlines()]
    assert {1: True, 2: False} == {each["id"]: each["outcome"]["ok"] for each in records}


def test_a_run_that_is_well_leaves_nothing(any_node: Node, tmp_path: Path) -> None:
    """A call that fails is no failure of the run."""
    assert (0, []) == ended(any_node, tmp_path, GOOD)
    assert [] == [*tmp_path.glob("minibridge-*")]


def test_a_trace_that_was_asked_for_is_the_one_named(any_node: Node, tmp_path: Path) -> None:
    """There is no second one."""
    _, said = ended(any_node, tmp_path, FAILING, "--trace", "mine.jsonl")
    assert "minibridge: trace of 2 calls: mine.jsonl" == said[1]
    assert 2 == len((tmp_path / "mine.jsonl").read_text().splitlines())
    assert [] == [*tmp_path.glob("minibridge-*")]


def test_a_failure_without_a_call_has_no_trace(any_node: Node, tmp_path: Path) -> None:
    """There is nothing to look at."""
    assert (3, []) == ended(any_node, tmp_path, "process.exit(3)")
    assert [] == [*tmp_path.glob("minibridge-*")]


def test_the_page_has_the_calls_of_every_target(any_node: Node, tmp_path: Path) -> None:
    """Of a run that is well too."""
    flags = ("--on", "wx,wx:devtools", "--bridge-report", "run.html")
    status, said = ended(any_node, tmp_path, GOOD, *flags)
    assert 0 == status
    assert "minibridge: 4 calls on the page run.html" in said
    assert '"wx:devtools": {"title": ' in (tmp_path / "run.html").read_text()


def test_without_a_call_there_is_no_page(any_node: Node, tmp_path: Path) -> None:
    """It is told instead."""
    said = ended(any_node, tmp_path, "0", "--bridge-report", "run.html")
    assert (0, ["minibridge: no test made a call, so run.html was not written"]) == said
    assert not (tmp_path / "run.html").exists()


def test_a_page_that_cannot_be_is_told_before_the_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is run in vain."""
    for page, why in (("no/where.html", "there is no folder 'no'"), (".", "'.' is a folder")):
        status = main(["exec", "--bridge-report", page, "--", "node", "-e", "0"])
        said = capsys.readouterr().err
        assert (2, f"minibridge: --bridge-report: {why}\n") == (status, said)


@pytest.fixture
async def record() -> Record:
    """Provide the record of a call."""
    async with Bridge("wx", transport=MemoryTransport()) as bridge:
        path = bridge.files.add("a.png", b"x")
        options = {"url": "https://a.test/", "filePath": path, "name": "f"}
        return (await bridge.call("uploadFile", options)).record


def test_only_the_newest_failures_are_kept(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails again and again does not fill the disk."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    told: list[str] = []
    for _ in range(MOST_KEPT + 2):
        with spooling(None) as spool:
            spool.keep("", [record], [])
            told += spool.failed()
    assert MOST_KEPT == len(kept(tmp_path))
    assert told[-1].endswith(tuple(map(str, kept(tmp_path))))


def test_a_trace_nobody_asked_for_has_a_limit(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What found no room is counted."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(failing, "MOST_BYTES", 1)
    with spooling(None) as spool:
        for _ in range(3):
            spool.keep("", [record], [])
        [told] = spool.failed()
    assert told.startswith("trace of 1 call (2 more found no room): ")
