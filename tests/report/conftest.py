"""One Chromium for all tests that look at a page, and the pages they look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest
import pytest_asyncio

from bridge.report import write_report
from tests.report.browser import READY, Browser, Tab, address_of, running
from tests.report.samples import trace
from tests.report.scene import photo_page

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    from tests.report.samples import Json


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Run Chromium; without one every test that asks for it is skipped."""
    async with running() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def tab(browser: Browser) -> AsyncIterator[Tab]:
    """Open an empty page; at the end nothing may have gone wrong in it, nor been asked for."""
    async with browser.tab() as opened:
        await opened.look(width=1280, height=800)
        yield opened
        assert [] == opened.errors
        assert {"file", "data"} >= {address.partition(":")[0] for address in opened.requests}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the page of a trace that has something of everything."""
    folder = tmp_path_factory.mktemp("scene")
    await photo_page(folder / "photos.jsonl")
    write_report(folder / "photos.jsonl", folder / "photos.html")
    return folder / "photos.html"


class Open(Protocol):
    """Open the page of some records."""

    async def __call__(self, records: Iterable[Json], name: str = "a.jsonl") -> Tab:
        """Return it, read to its end."""


@pytest.fixture
def opened(tab: Tab, tmp_path: Path) -> Open:
    """Make pages of records, and open them."""

    async def opening(records: Iterable[Json], name: str = "a.jsonl") -> Tab:
        path = trace(tmp_path / name, records)
        write_report(path, tmp_path / "page.html")
        await tab.open(address_of(tmp_path / "page.html"), READY)
        return tab

    return opening


@pytest_asyncio.fixture(loop_scope="session")
async def photos(tab: Tab, scene: Path) -> Tab:
    """Open the page that has something of everything."""
    await tab.open(address_of(scene), READY)
    return tab
