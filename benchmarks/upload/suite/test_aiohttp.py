"""As many tests as asked for, each with a session of its own and one upload of 1 KiB."""

# ruff: noqa: INP001, S101, PLR2004, ASYNC230  a test like any other, run by pytest

from __future__ import annotations

import os
from pathlib import Path

import aiohttp
import pytest

FILE = Path(os.environ["BENCHMARK_FILE"])
SINK = os.environ["BENCHMARK_SINK"]


@pytest.mark.parametrize("number", range(int(os.environ["BENCHMARK_TESTS"])))
async def test_upload(number: int) -> None:
    """The upload is answered."""
    form = aiohttp.FormData()
    form.add_field("file", FILE.open("rb"), filename=f"{number}.bin")
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{SINK}/upload", data=form) as response,
    ):
        assert response.status == 200
        await response.read()
