"""
How large a page is, and how soon it can be used, by the number of calls.

Run: python -m tests.report.figures 10 10000
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge import Bridge, UploadServer
from bridge.pictures import png
from tests.report.browser import READY, address_of, running
from tests.report.scene import written

TARGETS: Final = ("wx", "wx:devtools", "my:ide", "tt:feishu", "tt:douyin", "uni/h5")
ROWS: Final = "document.querySelectorAll('.row').length > 0"
# The command itself, in a process whose greatest size is told by the system.
COMMAND: Final = (
    "import resource, sys; from bridge.cli import main; status = main(sys.argv[1:]); "
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(status)"
)


@dataclass(frozen=True)
class Figures:
    """What was measured; seconds, and bytes but for `memory`, which is KiB."""

    calls: int
    trace: int
    page: int
    writing: float
    memory: int
    rows: float
    whole: float
    search: float
    heap: int


async def make(path: Path, calls: int) -> None:
    """Write a trace of real uploads, spread over some targets, some of them refused."""
    async with UploadServer() as server:
        for number, target in enumerate(TARGETS):
            share = calls // len(TARGETS) + (number < calls % len(TARGETS))
            async with Bridge(target, seed=number, record_limit=calls) as bridge:
                await _uploads(bridge, server, share)
                written(bridge.calls, path)
            server.clear()


async def _uploads(bridge: Bridge, server: UploadServer, calls: int) -> None:
    bridge.route("https://api.example.com", to=server.url)
    photo = bridge.files.add("photo.png", png())
    for first in range(0, calls, 20):
        several = range(first, min(calls, first + 20))
        await asyncio.gather(*(_upload(bridge, photo, number) for number in several))


async def _upload(bridge: Bridge, photo: str, number: int) -> None:
    url = f"https://api.example.com/albums/{number % 7}/photos"
    options = {"url": url, "filePath": photo, "name": "photo", "fileType": "image"}
    form = {"index": str(number), "owner": "张三"}
    if number % 10 == 9:
        options["filePath"] = "gone.png"
    await bridge.call("uploadFile", options | {"formData": form})


async def measure(calls: int, folder: Path) -> Figures:
    """Make a trace, its page, and open that."""
    trace, page = folder / f"{calls}.jsonl", folder / f"{calls}.html"
    await make(trace, calls)
    began = time.perf_counter()
    command = [sys.executable, "-c", COMMAND, "report", str(trace), "-o", str(page)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: ASYNC221
    writing = time.perf_counter() - began
    async with running() as browser, browser.tab() as tab:
        await tab.look(width=1440, height=900)
        await tab.do("Page.navigate", url=address_of(page))
        await tab.until(ROWS)
        rows = await tab.run("performance.now()")
        await tab.until(READY)
        whole = await tab.run("performance.now()")
        search = await tab.run(
            "(() => { const field = document.getElementById('search'); field.value = 'index 77';"
            " const began = performance.now(); field.dispatchEvent(new Event('input'));"
            " document.body.offsetHeight; return performance.now() - began; })()"
        )
        heap = (await tab.do("Runtime.getHeapUsage"))["usedSize"]
        assert [] == tab.errors
    return Figures(
        calls=calls,
        trace=trace.stat().st_size,
        page=page.stat().st_size,
        writing=writing,
        memory=int(done.stderr.split()[-1]),
        rows=rows / 1000,
        whole=whole / 1000,
        search=search / 1000,
        heap=heap,
    )


async def main(counts: list[int]) -> None:
    """Measure and print one JSON line for each number of calls."""
    with tempfile.TemporaryDirectory() as folder:
        for calls in counts:
            print(json.dumps(vars(await measure(calls, Path(folder)))), flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main([int(word) for word in sys.argv[1:]]))
