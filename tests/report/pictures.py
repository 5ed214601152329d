"""
The pictures of the guides, taken from a page of real calls.

Run: python -m tests.report.pictures docs/images
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bridge.report import write_report
from tests.report.browser import CHOSEN, READY, address_of, running
from tests.report.scene import photo_page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.report.browser import Tab

LARGEST: Final = 150_000
"""Bytes of the largest picture that is kept in the repository."""


@dataclass(frozen=True)
class Picture:
    """One look at the page, and what is done before it is taken."""

    name: str
    prepare: Callable[[Tab], Awaitable[None]]
    width: int = 1240
    height: int = 720
    dark: bool = False


async def _list(tab: Tab) -> None:
    await tab.run("document.getElementById('calls').blur()")


async def _failure(tab: Tab) -> None:
    await tab.select("#filter-outcome", "failed")
    await _chosen(tab, "bad_parameter")


async def _chosen(tab: Tab, reason: str) -> None:
    rows = "[...document.querySelectorAll('.row')]"
    await tab.run(f"{rows}.find((row) => row.textContent.includes('{reason}')).click()")
    await tab.until(CHOSEN)


async def _sides(tab: Tab) -> None:
    await tab.select("#filter-target", "wx:devtools")
    await tab.run("document.querySelector('.row').click()")
    await tab.press("d")
    await tab.until("document.querySelector('#compare table')")


PICTURES: Final = (
    Picture("report", _list),
    Picture("report-dark", _failure, dark=True),
    Picture("report-sides", _sides),
    Picture("report-phone", _list, width=390, height=760),
)


async def main(folder: Path) -> None:
    """Take all of them."""
    with tempfile.TemporaryDirectory() as scratch:
        trace, page = Path(scratch) / "photos.jsonl", Path(scratch) / "photos.html"
        await photo_page(trace)
        write_report(trace, page)
        async with running() as browser:
            for each in PICTURES:
                async with browser.tab() as tab:
                    await tab.look(width=each.width, height=each.height, dark=each.dark)
                    await tab.open(address_of(page), READY)
                    await each.prepare(tab)
                    await tab.picture(folder / f"{each.name}.png")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
