"""What the tests of the command share: ways to run it, a file, and a server in another process."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from bridge.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4


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


class Run(Protocol):
    """Run a command in this process."""

    def __call__(self, *argv: object) -> Ran:
        """Return how it ended."""


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the look of the output independent of who runs the tests."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("NO_COLOR", "FORCE_COLOR", "MINIBRIDGE_DEBUG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process."""

    def running(*argv: object) -> Ran:
        capsys.readouterr()
        status = main([str(word) for word in argv])
        return Ran(status, *capsys.readouterr())

    return running


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Provide a small picture."""
    path = tmp_path / "picture.png"
    path.write_bytes(PICTURE)
    return path


class Spawn(Protocol):
    """Run a command in a process of its own, to its end."""

    def __call__(self, *argv: object, **env: str) -> Ran:
        """Return how it ended."""


@pytest.fixture
def spawn() -> Spawn:
    """Run the command in a process of its own."""

    def spawning(*argv: object, **env: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "bridge.cli", *map(str, argv)],
            capture_output=True,
            env=os.environ | env,
            check=False,
            timeout=50,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return spawning


class Sink:
    """A running `minibridge sink`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stderr is not None
        told = re.search(r"http://\S+:\d+", process.stderr.readline())
        assert told is not None
        self.url = told[0]

    def line(self) -> Any:  # noqa: ANN401  whatever it prints
        """Wait for its next line and read it as JSON."""
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())


@pytest.fixture
def sink(tmp_path: Path) -> Callable[..., AbstractContextManager[Sink]]:
    """Run `minibridge sink` with a script and more flags, and interrupt it at the end."""

    @contextmanager
    def running(*steps: dict[str, object], flags: tuple[str, ...] = ()) -> Iterator[Sink]:
        script = tmp_path / "script.json"
        script.write_text(json.dumps(list(steps)))
        process = subprocess.Popen(
            [sys.executable, "-m", "bridge.cli", "sink", "--script", str(script), *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                yield Sink(process)
            finally:
                if process.poll() is None:
                    process.send_signal(signal.SIGINT)

    return running


@pytest.fixture
def third_party(tmp_path: Path) -> Callable[..., str]:
    """Install a distribution with these entry points; returns the folder for PYTHONPATH."""

    def installing(entries: str, module: str = "", name: str = "acme", needs: str = "") -> str:
        folder = tmp_path / "third"
        info = folder / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        head = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        (info / "METADATA").write_text(head + needs)
        (info / "entry_points.txt").write_text(f"[minibridge.platforms]\n{entries}\n")
        (folder / "acme_host.py").write_text(module)
        return str(folder)

    return installing


@pytest.fixture
def own_entries() -> str:
    """Provide the platforms of this distribution, as its entry points spell them."""
    entries = metadata.entry_points(group="minibridge.platforms")
    return "\n".join(f"{entry.name} = {entry.value}" for entry in entries)
