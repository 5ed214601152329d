"""What every test of minibridge stands on."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Loops = Mapping[str, Callable[[], asyncio.AbstractEventLoop]]

# The plugin is tested by running pytest on small suites of its own.
pytest_plugins = "pytester"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the same tests run on another event loop."""
    text = "the event loop of asynchronous tests"
    parser.addoption("--loop", choices=("asyncio", "uvloop"), default="asyncio", help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Start without a loop of the main thread, which pytest-asyncio on 3.11 would leave open."""
    asyncio.set_event_loop(None)
    if config.getoption("--loop") == "uvloop":
        config.pluginmanager.register(_Uvloop())


@pytest.fixture
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure no coverage in what a test starts: it takes long, and that code has other tests."""
    for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
        monkeypatch.delenv(name)


class _Uvloop:
    """Makes every asynchronous test run on uvloop."""

    def pytest_asyncio_loop_factories(self) -> Loops:
        import uvloop  # noqa: PLC0415  only for whoever asks

        return {"uvloop": uvloop.new_event_loop}
