"""
The pictures of the guides, taken from pages of real calls, of a check, and of the facts.

Run: python -m tests.report.pictures docs/images
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bridge import Bridge, UploadServer
from bridge.conformance.load import load
from bridge.conformance.run import run
from bridge.conformance.scene import Place
from bridge.matrix import matrix_of
from bridge.matrix.page import page
from bridge.registry import everything
from bridge.report import write_report
from bridge.report.checked import write_check
from bridge.report.server import LiveServer
from bridge.report.watch import Watch
from bridge.target import all_names
from tests.report.browser import CHOSEN, READY, address_of, running
from tests.report.gates import gated
from tests.report.scene import ORIGIN, PICTURE, photo_page

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.report.browser import Tab

LARGEST: Final = 150_000
"""Bytes of the largest picture that is kept in the repository."""

CASES: Final = ("upload/*", "task/*", "options/*")
SIZE: Final = 24 << 20


@dataclass(frozen=True)
class Picture:
    """One look at the page, and what is done before it is taken."""

    name: str
    prepare: Callable[[Tab], Awaitable[None]]
    page: str = "report"
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


async def _moving(tab: Tab) -> None:
    await tab.until(f"{_ANSWERS}.some((text) => /^[5-9]. %/.test(text))")
    await tab.until(f"{_ANSWERS}.filter((text) => text === '201').length === 2")


async def _failed_case(tab: Tab) -> None:
    await tab.run("document.getElementById('detail-title').focus()")


async def _list_of_cases(tab: Tab) -> None:
    await tab.select("#filter-group", "options")


async def _narrowed(tab: Tab) -> None:
    await tab.run("document.getElementById('search').focus()")
    await tab.write("timeout")
    await tab.run("document.activeElement.blur()")


_ANSWERS: Final = "[...document.querySelectorAll('.row .answer')].map((node) => node.innerText)"
_READY: Final = {
    "report": READY,
    "live": READY,
    "check": "document.getElementById('cases')?.getAttribute('aria-busy') === 'false'",
    "matrix": "document.getElementById('totals')?.textContent",
}
PICTURES: Final = (
    Picture("report", _list),
    Picture("report-dark", _failure, dark=True),
    Picture("report-sides", _sides),
    Picture("report-phone", _list, width=390, height=760),
    Picture("live", _moving, "live", height=620),
    Picture("live-phone", _moving, "live", width=390, height=760),
    Picture("check", _failed_case, "check", width=1180, height=580),
    Picture("check-phone", _list_of_cases, "check", width=390, height=760),
    Picture("matrix", _narrowed, "matrix", height=620, dark=True),
)


async def main(folder: Path) -> None:
    """Take all of them."""
    with tempfile.TemporaryDirectory() as scratch:
        addresses = await _written(Path(scratch))
        async with running() as browser:
            for each in PICTURES:
                async with browser.tab() as tab, _address(each.page, addresses) as address:
                    await tab.look(width=each.width, height=each.height, dark=each.dark)
                    await tab.open(address, _READY[each.page])
                    await each.prepare(tab)
                    await tab.until("document.getAnimations().length === 0")
                    await tab.picture(folder / f"{each.name}.png")


@asynccontextmanager
async def _address(kind: str, written: dict[str, str]) -> AsyncIterator[str]:
    """Provide the address of a page; what happens on a live one happens for each picture anew."""
    if kind in written:
        yield written[kind]
        return
    async with _happening() as live:
        yield live


async def _written(folder: Path) -> dict[str, str]:
    """Write the pages that are files, and return their addresses."""
    paths = {name: folder / f"{name}.html" for name in ("report", "check", "matrix")}
    trace = folder / "photos.jsonl"
    await photo_page(trace)
    write_report(trace, paths["report"])
    cases = {case.id: case for case in load(CASES)}
    verdicts = await asyncio.to_thread(run, cases.values(), _places())
    write_check(verdicts, cases, paths["check"], "check, python")
    paths["matrix"].write_text(page(matrix_of(everything())), encoding="utf-8")
    return {name: address_of(path) for name, path in paths.items()}


def _places() -> list[Place]:
    """Return every target; Alipay ones with a reading that the cases do not bear out."""
    wrong = {"file_type": "ignored"}
    return [Place(name, wrong if "my" in name.split("/") else None) for name in all_names()]


@asynccontextmanager
async def _happening() -> AsyncIterator[str]:
    """Send an album, stopped halfway: two photos have arrived, others are on their way or wait."""
    async with (
        UploadServer() as uploads,
        gated() as gates,
        LiveServer(Watch("run album.js")) as live,
        Bridge("wx") as bridge,
    ):
        live.watch.follow(bridge, "run 1", uploads)
        bridge.route(ORIGIN, to=gates.url)
        photo = PICTURE + bytes(SIZE)
        options = {"url": f"{ORIGIN}/albums/7/photos", "name": "photo"}
        paths = [bridge.files.add(f"photo-{number}.png", photo) for number in range(14)]
        calls = [
            asyncio.ensure_future(bridge.call("uploadFile", options | {"filePath": path}))
            for path in paths
        ]
        await gates.beginning(10)
        for number in range(10):
            gates.let(number, (1 << 20) if number < 2 else 30 * number)
        yield live.url
        for call in calls:
            call.cancel()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
