"""A process that is killed, or asked to end, at any moment: what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 30
IN_THE_BACKGROUND = ("sh", "-c", "trap '' INT; exec \"$@\"", "sh")
"""Starts a command as a shell does with `&`: interrupts are ignored."""
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
UPLOADS = """
const next = (path) => wx.uploadFile({
  url: '%s', filePath: path, name: 'file', success: () => next(path),
});
wx.chooseImage({ success: (res) => next(res.tempFilePaths[0]) });
"""


def children_of(process: int) -> list[int]:
    """Return the processes that a process has started."""
    text = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return [int(number) for number in text.split()]


def recorded(folder: Path) -> list[Any]:
    """Return the records of a trace, each of them whole."""
    text = (folder / "calls.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def gone(process: int) -> bool:
    """Wait until a process has ended, whoever has to bury it; False if it does not."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state.split()[0] == "Z":
            return True
        os.sched_yield()
    return False


class Running:
    """`minibridge run` of a program, whose uploads this test answers one by one."""

    def __init__(self, process: subprocess.Popen[bytes], listening: socket.socket) -> None:
        self.process = process
        self._listening = listening

    def answer(self) -> None:
        """Answer its next upload."""
        connection = self.taken()
        connection.sendall(ANSWER)
        connection.close()

    def taken(self) -> socket.socket:
        """Take its next upload and read all of it."""
        connection, _ = self._listening.accept()
        connection.settimeout(SECONDS)
        heard = b""
        while not heard.endswith(b"--\r\n"):
            heard += connection.recv(1 << 16)
        return connection


@contextmanager
def running(folder: Path, engine: str, *before: str) -> Iterator[Running]:
    """Run the program in a folder that has a file for it, and a place for temporary files."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(SECONDS)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        (folder / "temporary").mkdir()
        (folder / "logic.js").write_text(UPLOADS % url, encoding="utf-8")
        words = ["run", "logic.js", "--engine", engine, "--trace", "calls.jsonl"]
        with subprocess.Popen(
            [*before, sys.executable, "-m", "bridge.cli", *words],
            cwd=folder,
            stderr=subprocess.PIPE,
            env={**os.environ, "TMPDIR": str(folder / "temporary")},
        ) as process:
            try:
                yield Running(process, listening)
            finally:
                process.kill()


@pytest.fixture(params=["node", "quickjs"])
def engine(request: pytest.FixtureRequest) -> str:
    """Name each engine in turn."""
    name: str = request.param
    return name


@pytest.mark.parametrize("answered", [0, 3])
def test_a_killed_run_leaves_its_records_and_nothing_else(
    tmp_path: Path, engine: str, answered: int
) -> None:
    """Every call that had ended is in the trace; no file and no engine is left."""
    with running(tmp_path, engine) as run:
        for _ in range(answered):
            run.answer()
        with run.taken():
            [child] = children_of(run.process.pid)
            run.process.send_signal(signal.SIGKILL)
            run.process.wait(SECONDS)
    assert gone(child)
    records = recorded(tmp_path)
    ended = [record["outcome"]["ok"] for record in records if record["api"] == "uploadFile"]
    assert [True] * answered == ended
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    assert {"temporary", "logic.js", "calls.jsonl"} == left


@pytest.mark.parametrize("before", [(), IN_THE_BACKGROUND], ids=["", "in the background"])
def test_a_run_that_is_asked_to_end_does(
    tmp_path: Path, engine: str, before: tuple[str, ...]
) -> None:
    """SIGTERM ends what is in flight as aborted, writes it down, and exits as it should."""
    with running(tmp_path, engine, *before) as run:
        run.answer()
        with run.taken():
            [child] = children_of(run.process.pid)
            run.process.send_signal(signal.SIGTERM)
            _, err = run.process.communicate(timeout=SECONDS)
    assert 128 + signal.SIGTERM == run.process.returncode
    assert b"Traceback" not in err
    assert gone(child)
    records = recorded(tmp_path)
    reasons = [record["outcome"]["reason"] for record in records if record["api"] == "uploadFile"]
    assert [None, "aborted"] == reasons


@pytest.mark.skipif(which("setpriv") is None, reason="no setpriv here to tie a child to its parent")
def test_an_engine_in_an_endless_turn_ends_with_its_parent(tmp_path: Path, engine: str) -> None:
    """It reads nothing any more, so the system has to end it."""
    (tmp_path / "logic.js").write_text("console.log('here'); for (;;);", encoding="utf-8")
    command = [sys.executable, "-m", "bridge.cli", "run", "logic.js", "--engine", engine]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
        [child] = children_of(process.pid)
        process.kill()
    assert gone(child)
