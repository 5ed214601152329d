"""Folders with a plan, runs of the command in them, and a layer that waits or kills."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

SECONDS = 60
CALL = {"url": "/avatar", "filePath": "picture.png", "name": "file", "fileType": "image"}
SCRIPT = """\
const host = typeof wx === 'undefined' ? my : wx;
host.request({
  url: 'https://api.example.com/data',
  success: (done) => console.log('got', done.data),
  fail: (error) => { throw new Error(Object.keys(error).join()); },
});
"""
LAYER = """\
import os, signal, time
from pathlib import Path
from bridge.profile import Layer

HERE = Path(__file__).parent

def note(name):
    with (HERE / name).open("a") as file:
        file.write(f"{os.getpid()}\\n")

def translate(layer, options, config):
    if options["name"] == "die":
        note("deaths")
        os.kill(os.getpid(), signal.SIGKILL)
    if options["name"] == "hold":
        note("holding")
        for _ in range(6000):
            if (HERE / "go").exists():
                break
            time.sleep(0.01)
    return options

LAYER = Layer(name="acme", title="Acme", default="wx", apis={"uploadFile": "uploadFile"},
              translate=translate, sources={})
"""


@dataclass(frozen=True)
class Ran:
    """How one command ended, and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401  whatever the command prints
        """The whole of standard output, read as JSON."""
        return json.loads(self.out)


class Sweeping:
    """A `minibridge sweep` that runs."""

    def __init__(self, argv: list[str], folder: Path, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bridge.cli", "sweep", *argv],
            cwd=folder,
            env=os.environ | {"COLUMNS": "80", "NO_COLOR": "1"} | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # As a shell's: the terminal's interrupt would reach all of it.
            start_new_session=True,
        )

    def interrupt(self) -> None:
        """Do what Ctrl-C does: tell every process of its group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def ended(self) -> Ran:
        """Wait for its end."""
        out, err = self.process.communicate(timeout=SECONDS)
        return Ran(self.process.returncode, out, err)


class Folder:
    """A folder with a plan, its files, and a layer `acme` that does what a call's `name` says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "picture.png").write_bytes(bytes(2000))
        (path / "logic.js").write_text(SCRIPT)
        for name in ("file", "hold", "die"):
            self.call(name, CALL | {"name": name})
        self.layer = path / "installed"
        info = self.layer / "acme-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[minibridge.platforms]\nacme = acme_layer:LAYER\n")
        (self.layer / "acme_layer.py").write_text(LAYER)
        before = os.environ.get("PYTHONPATH", "")
        self.env = {"PYTHONPATH": os.pathsep.join(filter(None, [str(self.layer), before]))}
        self._running: list[Sweeping] = []

    def call(self, name: str, options: Mapping[str, object]) -> None:
        """Write a call."""
        (self.path / f"{name}.json").write_text(json.dumps(options))

    def plan(self, text: str) -> Path:
        """Write the plan."""
        path = self.path / "plan.toml"
        path.write_text(text)
        return path

    def start(self, *flags: str) -> Sweeping:
        """Begin a sweep of the plan into `out.jsonl`."""
        argv = ["plan.toml", "-o", "out.jsonl", *flags]
        self._running.append(Sweeping(argv, self.path, self.env))
        return self._running[-1]

    def sweep(self, *flags: str) -> Ran:
        """Sweep the plan into `out.jsonl`, to the end."""
        return self.start(*flags).ended()

    def records(self) -> list[dict[str, Any]]:
        """Return what is recorded, in the order of the product; checks that it is so once."""
        text = (self.path / "out.jsonl").read_text()
        assert text.endswith("\n")
        found = [json.loads(line) for line in text.splitlines()[1:]]
        numbers = [record["n"] for record in found]
        assert len(set(numbers)) == len(numbers)
        return sorted(found, key=lambda record: int(record["n"]))

    def forget(self) -> None:
        """Remove the results."""
        (self.path / "out.jsonl").unlink()

    def pids(self, name: str, count: int = 1) -> list[int]:
        """Wait until workers have noted their process id so many times, and return them all."""
        file = self.layer / name
        wait_for(lambda: file.exists() and file.read_text().count("\n") >= count)
        return [int(word) for word in file.read_text().split()]

    def go(self) -> None:
        """Let calls that hold go on, now and in future."""
        (self.layer / "go").touch()

    def close(self) -> None:
        """End what still runs."""
        self.go()
        for sweeping in self._running:
            sweeping.process.kill()
            sweeping.process.communicate()


def wait_for(met: Callable[[], object]) -> None:
    """Wait until something is true, which another process makes so."""
    until = time.monotonic() + SECONDS
    while not met():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


def gone(pid: int) -> bool:
    """Tell whether a process has ended, reaped or not."""
    return _ps("-o", "stat=", "-p", str(pid)).strip()[:1] in ("", "Z")


def children_of(*pids: int) -> list[int]:
    """Return the ids of the processes that these have started."""
    pairs = (line.split() for line in _ps("-A", "-o", "pid=,ppid=").splitlines())
    return [int(pid) for pid, parent in pairs if int(parent) in pids]


def busy(pid: int) -> bool:
    """Tell whether a process has computed for a second."""
    hours_minutes, _, seconds = _ps("-o", "time=", "-p", str(pid)).strip().rpartition(":")
    return bool(hours_minutes) and float(seconds) >= 1


def _ps(*argv: str) -> str:
    ps = shutil.which("ps")
    assert ps is not None
    return subprocess.run([ps, *argv], capture_output=True, text=True, check=False).stdout


def without_times(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return records without the one thing in them that is up to the machine."""
    return [{key: value for key, value in one.items() if key != "ms"} for one in records]
