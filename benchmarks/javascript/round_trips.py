"""Round trips over the bridge, and how long a mini-program takes to be there."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final, Protocol

from benchmarks.javascript.prototype import Prototype
from benchmarks.measure import Comparison, alternate
from bridge import Bridge
from bridge.logic.children import Children
from bridge.logic.program import Program
from bridge.protocol import CallbackMessage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bridge.profile import Result
    from bridge.protocol import Deliver, Invoke

ENGINES: Final = ("node", "quickjs")
LOGIC: Final = Path(__file__).with_name("logic.js")
LOOPS: Final = {
    "sequential": ("one call after the other", 1000),
    "windowed": ("64 calls in flight", 2000),
    "synchronous": ("synchronous calls", 1000),
}
GUARDED: Final = "prototype: Node, a time limit on each turn"
BARE: Final = "prototype: Node, no limit and no context"
_WARM_UP = 300


class Caller(Protocol):
    """A child that runs a loop of calls."""

    async def call(self, export: str, count: int, /) -> object:
        """Run a loop of `loops.js` so many times round."""


class Echo(Bridge):
    """A bridge that answers at once whatever it is asked, so that only the way there counts."""

    def invoke(self, message: Invoke, deliver: Deliver) -> Result:
        """Answer a synchronous call now and any other one turn of the loop later."""
        if not message.callback_id or message.api.endswith("Sync"):
            return {"value": "v"}
        answer = CallbackMessage(message.callback_id, "success", {"errMsg": "setStorage:ok"})
        asyncio.get_running_loop().call_soon(deliver, answer)
        return {}


BRIDGES: Final = {"engine and shim": Echo, "the whole bridge": Bridge}


def _named(engine: str, part: str) -> str:
    return f"{engine}: {part}"


async def round_trips(node: str, rounds: int) -> list[Comparison]:
    """Measure each loop on every engine, and on the prototype, which all are divided by."""
    async with AsyncExitStack() as stack:
        callers: dict[str, Caller] = {
            GUARDED: await stack.enter_async_context(Prototype(node, "guarded")),
            BARE: await stack.enter_async_context(Prototype(node, "bare")),
        }
        for part, kind in BRIDGES.items():
            for engine in ENGINES:
                bridge = await stack.enter_async_context(kind("wx"))
                program = await stack.enter_async_context(Program(bridge, engine=engine))
                await program.load(LOGIC)
                callers[_named(engine, part)] = program
        return [await _rates(loop, callers, rounds) for loop in LOOPS]


async def _rates(loop: str, callers: dict[str, Caller], rounds: int) -> Comparison:
    title, count = LOOPS[loop]
    references = {name: GUARDED for name in callers if name != GUARDED}
    for caller in callers.values():
        await caller.call(loop, _WARM_UP)
    subjects = {name: partial(_rate, caller, loop, count) for name, caller in callers.items()}
    return await alternate(Comparison(title, "calls/s", "higher", references), subjects, rounds)


async def _rate(caller: Caller, loop: str, count: int) -> float:
    start = perf_counter()
    await caller.call(loop, count)
    return count / (perf_counter() - start)


async def starts(node: str, rounds: int) -> Comparison:
    """Measure from nothing to the answer to a first call, and the same in a process that runs."""
    first = "prototype: a child with its context"
    another = "prototype: one more context in a child"
    more = {engine: f"{engine}: one more mini-program in a kept process" for engine in ENGINES}
    with Children() as children:
        async with Prototype(node, "guarded") as running, Bridge("wx") as bridge:
            for engine in ENGINES:
                await _start(bridge, engine, children)
            subjects: dict[str, Callable[[], Awaitable[float]]] = {
                first: partial(_prototype_start, node),
                **{
                    f"{engine}: a mini-program": partial(_start, bridge, engine)
                    for engine in ENGINES
                },
                another: partial(_context, running),
                **{more[engine]: partial(_start, bridge, engine, children) for engine in ENGINES},
            }
            references = {name: first for name in subjects if name != first}
            comparison = Comparison("start to first answer", "ms", "lower", references)
            return await alternate(comparison, subjects, rounds)


async def _prototype_start(node: str) -> float:
    start = perf_counter()
    async with Prototype(node, "guarded") as prototype:
        await prototype.call("sequential", 1)
        return _ms_since(start)


async def _start(bridge: Bridge, engine: str, children: Children | None = None) -> float:
    start = perf_counter()
    async with Program(bridge, engine=engine, children=children) as program:
        await program.load(LOGIC)
        await program.call("sequential", 1)
        return _ms_since(start)


async def _context(prototype: Prototype) -> float:
    start = perf_counter()
    prototype.new_context()
    await prototype.call("sequential", 1)
    return _ms_since(start)


def _ms_since(start: float) -> float:
    return (perf_counter() - start) * 1000
