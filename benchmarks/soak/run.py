"""The two long rows of calls: small ones that are answered, large ones that are aborted."""

from __future__ import annotations

import asyncio
import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.soak.state import State, look
from bridge import Bridge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

LOOKS = 10
"""How often is looked in the course of a row."""
_AT_ONCE = 10
_CONTENT = b"a small picture" * 64


@dataclass(frozen=True, slots=True)
class Row:
    """
    What was seen of one row of calls.

    Attributes:
        name: what was done.
        seconds: how long it took.
        before: what the process held before the bridge was opened, warm from some calls before.
        during: what it held now and then.
        after: what it held when the bridge was closed.
    """

    name: str
    seconds: float
    before: State
    during: list[State]
    after: State

    @property
    def grown(self) -> int:
        """Bytes of memory between the first look, a tenth into the row, and the last."""
        return self.during[-1].memory - self.during[0].memory

    @property
    def leaked(self) -> dict[str, int]:
        """What was held after the row and not before, by kind; memory apart."""
        kinds = ("tasks", "files", "sockets", "temporary")
        found = {kind: getattr(self.after, kind) - getattr(self.before, kind) for kind in kinds}
        return {kind: count for kind, count in found.items() if count}


async def small(url: str, count: int, folder: Path) -> Row:
    """Upload a small file over and over; the server has to answer with its hash."""
    expected = hashlib.sha256(_CONTENT).hexdigest()

    async def one(bridge: Bridge, path: str) -> None:
        outcome = await bridge.call("uploadFile", {"url": url, "filePath": path, "name": "f"})
        if outcome.result.get("data") != expected:
            raise RuntimeError(f"an upload came to {outcome.result}")

    return await _row("small uploads", one, _CONTENT, count, folder)


async def aborted(url: str, count: int, size: int, folder: Path) -> Row:
    """Begin to upload a large file over and over, and abort it once some of it has left."""
    file = folder.parent / "large"
    with file.open("wb") as opened:
        opened.truncate(size)

    async def one(bridge: Bridge, path: str) -> None:
        ended = asyncio.get_running_loop().create_future()
        task: Any = bridge.api.uploadFile(
            {"url": url, "filePath": path, "name": "f", "complete": ended.set_result}
        )
        task.onProgressUpdate(lambda _: task.abort())
        result = await ended
        if result["errMsg"] != "uploadFile:fail abort":
            raise RuntimeError(f"an aborted upload came to {result}")

    return await _row("aborted uploads", one, file, count, folder)


async def _row(
    name: str,
    one: Callable[[Bridge, str], Awaitable[None]],
    content: bytes | Path,
    count: int,
    folder: Path,
) -> Row:
    await _calls(one, content, min(count, 100), folder)
    await _silence()
    before, began = look(0, folder), time.monotonic()
    during = await _calls(one, content, count, folder)
    seconds = time.monotonic() - began
    await _silence()
    return Row(name, seconds, before, during, look(count, folder))


async def _calls(
    one: Callable[[Bridge, str], Awaitable[None]], content: bytes | Path, count: int, folder: Path
) -> list[State]:
    """Make calls on a bridge of their own, so many at once; look now and then."""
    states: list[State] = []
    step, done = max(1, count // LOOKS), 0
    async with Bridge("wx", record_limit=100) as bridge:
        path = bridge.files.add("a.png", content)

        async def some(numbers: list[int]) -> None:
            nonlocal done
            for _ in numbers:
                await one(bridge, path)
                done += 1
                if done % step == 0:
                    states.append(look(done, folder))

        async with asyncio.TaskGroup() as group:
            for first in range(min(_AT_ONCE, count)):
                group.create_task(some([*range(first, count, _AT_ONCE)]))
    return states


async def _silence() -> None:
    """Let transports close their sockets, in the loop's next turns."""
    for _ in range(5):
        await asyncio.sleep(0)
