"""What every test of minibridge stands on."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """
    Spare the processes that a test starts what takes long there and proves nothing.

    Their coverage is measured only where the test is marked as `measured`: with it they take half
    as long again or more, and most of what runs in one has other tests. And they know no public
    certificate authority: aiohttp reads all of them when it is imported, and in a test it stays on
    this machine.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", os.devnull)
        if item.get_closest_marker("measured") is None:
            for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
                patch.delenv(name)
        return (yield)


class _Uvloop:
    """Makes every asynchronous test run on uvloop."""

    def pytest_asyncio_loop_factories(self) -> Loops:
        import uvloop  # noqa: PLC0415  only for whoever asks

        return {"uvloop": uvloop.new_event_loop}
