"""As many tests as asked for, each with a bridge of its own and one upload of 1 KiB."""

# ruff: noqa: INP001, S101, PLR2004  a test like any other, run by pytest

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bridge import Bridge

FILE = Path(os.environ["BENCHMARK_FILE"])
SINK = os.environ["BENCHMARK_SINK"]


@pytest.mark.parametrize("number", range(int(os.environ["BENCHMARK_TESTS"])))
async def test_upload(bridge: Bridge, number: int) -> None:
    """The upload is answered."""
    bridge.route("https://api.example.com", to=SINK)
    path = bridge.files.add(f"{number}.bin", FILE)
    options = {"url": "https://api.example.com/upload", "filePath": path, "name": "file"}
    assert (await bridge.api.uploadFile(options))["statusCode"] == 200
