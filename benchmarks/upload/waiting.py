"""Calls that wait for a slot: what each takes. `python -m benchmarks.upload.waiting WHAT COUNT`."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import tracemalloc
from time import process_time
from typing import TYPE_CHECKING, Final

from bridge import Bridge
from bridge.scheduler import Scheduler
from bridge.values import copied

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.transport import Events, Reply, WireUpload

_LIMIT: Final = 10
_WEIGHED: Final = 10_000  # tracing each allocation is slow, and what a call holds does not change


class Never:
    """A transport that never answers."""

    async def send(self, upload: WireUpload, events: Events) -> Reply:
        """Wait for good."""
        del upload, events
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    def route(self, origin: str, to: str | None) -> None:
        """Nothing is dialled."""

    async def aclose(self) -> None:
        """Nothing is held."""


class Waiting:
    """The least a scheduler can be given."""

    __slots__ = ("settled", "worker")

    def __init__(self) -> None:
        self.settled = False
        self.worker: asyncio.Task[None] | None = None


async def whole_call(count: int) -> tuple[float, float]:
    """Queue whole emulated calls, whose options are not counted: a caller's own are copied."""
    bridge = Bridge("wx", transport=Never())
    path = bridge.files.add("a.bin", bytes(1024))
    options = {"url": "https://api.example.com/", "filePath": path, "name": "file"}
    for _ in range(_LIMIT):
        bridge.api.uploadFile(options)
    await asyncio.sleep(0)
    copies: list[object] = []
    own = _bytes(lambda: copies.append(copied(options)), min(count, _WEIGHED))
    copies.clear()
    seconds = _seconds(lambda: bridge.api.uploadFile(options), count)
    held = _bytes(lambda: bridge.api.uploadFile(options), min(count, _WEIGHED))
    return held - own, seconds


async def scheduler_alone(count: int) -> tuple[float, float]:
    """Queue the least there can be."""
    never = asyncio.get_running_loop().create_future()

    async def run(_call: Waiting) -> None:
        await never

    scheduler = Scheduler(_LIMIT, "queue", run)
    for _ in range(_LIMIT):
        scheduler.submit(Waiting())
    await asyncio.sleep(0)
    seconds = _seconds(lambda: scheduler.submit(Waiting()), count)
    grown = _bytes(lambda: scheduler.submit(Waiting()), min(count, _WEIGHED))
    return grown, seconds


SUBJECTS: Final = {"call": whole_call, "scheduler": scheduler_alone}


def _seconds(submit: Callable[[], object], count: int) -> float:
    """Return the CPU seconds of one of so many."""
    gc.collect()
    start = process_time()
    for _ in range(count):
        submit()
    return (process_time() - start) / count


def _bytes(submit: Callable[[], object], count: int) -> float:
    """Return the bytes one of so many holds on to."""
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(count):
        submit()
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / count


async def _run(what: str, count: int) -> None:
    grown, seconds = await SUBJECTS[what](count)
    print(json.dumps({"bytes": grown, "seconds": seconds}), flush=True)
    # The calls are left as they are: to end so many takes longer than to measure them.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1], int(sys.argv[2])))
