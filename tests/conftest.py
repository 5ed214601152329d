"""What every test of minibridge stands on."""

from __future__ import annotations

import asyncio

# The plugin is tested by running pytest on small suites of its own.
pytest_plugins = "pytester"


def pytest_configure() -> None:
    """Start without a loop of the main thread, which pytest-asyncio on 3.11 would leave open."""
    asyncio.set_event_loop(None)
