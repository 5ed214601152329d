"""What the tests of comparisons share: the seeds' call, its file, and a way to look things up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

import pytest

from bridge.cli import main
from tests.compare.finding import PICTURE, SEED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.compare.finding import Options


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Provide a small picture."""
    path = tmp_path / "picture.png"
    path.write_bytes(PICTURE)
    return path


@pytest.fixture
def seed(picture: Path) -> Options:
    """Provide the seeds' call."""
    return {**SEED, "filePath": picture}


class Write(Protocol):
    """Write a call file."""

    def __call__(self, document: object, name: str = "call.json") -> Path:
        """Return its path."""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write call files beside the picture."""

    def writing(document: object, name: str = "call.json") -> Path:
        path = tmp_path / name
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    return writing


class Command(Protocol):
    """Run `minibridge compare` in this process."""

    def __call__(self, *argv: object) -> tuple[int, str, str]:
        """Return its status, standard output and standard error."""


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command on an 80-column pipe."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("NO_COLOR", "FORCE_COLOR", "MINIBRIDGE_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def running(*argv: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(["compare", *map(str, argv)])
        return status, *capsys.readouterr()

    return running
