"""What every test of minibridge stands on."""

from __future__ import annotations

import asyncio


def pytest_configure() -> None:
    """Start without a loop of the main thread, which pytest-asyncio on 3.11 would leave open."""
    asyncio.set_event_loop(None)
