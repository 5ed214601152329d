"""Mini-programs created and closed by the hundred, and what is left of them."""

from __future__ import annotations

import asyncio
import gc
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.javascript.round_trips import ENGINES, LOGIC
from benchmarks.measure import Comparison
from bridge import Bridge
from bridge.logic.children import Children
from bridge.logic.program import Program

BATCH: Final = 50


@dataclass(frozen=True, slots=True)
class Held:
    """What is held: resident memory here and in the engines, descriptors, tasks, processes."""

    programs: int
    rss_kib: int
    engines_kib: int
    descriptors: int
    tasks: int
    children: int


@dataclass(frozen=True, slots=True)
class Churn:
    """How long batches of programs took, and what the parent held after each pair of batches."""

    times: Comparison
    held: list[Held]

    @property
    def growth_kib(self) -> float:
        """KiB a program by which the parent grew, its first fifth set aside as warm-up."""
        first, last = self.held[len(self.held) // 5], self.held[-1]
        return (last.rss_kib - first.rss_kib) / max(1, last.programs - first.programs)

    def told(self) -> str:
        """Return a few lines about what is left."""
        first, warm, last = self.held[0], self.held[len(self.held) // 5], self.held[-1]
        lines = [f"{last.programs:,} mini-programs in all, as many on each engine:"]
        for name in ("rss_kib", "engines_kib", "descriptors", "tasks", "children"):
            values = (f"{asdict(each)[name]:,}" for each in (first, warm, last))
            lines.append(f"  {name}: {' -> '.join(values)}")
        at = " -> ".join(f"{each.programs:,}" for each in (first, warm, last))
        return "\n".join([*lines, f"  (after {at} programs; {self.growth_kib:.3f} KiB a program)"])


async def churn(programs: int, seconds: float) -> Churn:
    """Create and close so many programs on each engine, or as many as the time allows."""
    names = {engine: f"{engine}: created, called, closed" for engine in ENGINES}
    title = "one mini-program after the other"
    times = Comparison(title, "ms each", "lower", {}, {name: [] for name in names.values()})
    held: list[Held] = []
    end = perf_counter() + seconds
    # One process for each engine throughout: what a context leaves behind would pile up in it.
    with Children(programs=2 * programs) as children:
        for number in range(1, programs // BATCH + 1):
            for engine, name in names.items():
                times.values[name].append(await _batch(engine, children))
            held.append(_held(number * BATCH * len(names)))
            if perf_counter() > end:
                break
    return Churn(times, held)


async def _batch(engine: str, children: Children) -> float:
    """Return the milliseconds one program took, each on a bridge of its own."""
    start = perf_counter()
    for _ in range(BATCH):
        async with (
            Bridge("wx") as bridge,
            Program(bridge, engine=engine, children=children) as program,
        ):
            await program.load(LOGIC)
            await program.call("sequential", 1)
    return (perf_counter() - start) * 1000 / BATCH


def _held(programs: int) -> Held:
    gc.collect()
    process = Path("/proc/self")
    engines = (process / "task" / str(os.getpid()) / "children").read_text().split()
    return Held(
        programs=programs,
        rss_kib=_rss_kib(process),
        engines_kib=sum(_rss_kib(Path("/proc", pid)) for pid in engines),
        descriptors=len([*(process / "fd").iterdir()]),
        tasks=len(asyncio.all_tasks()),
        children=len(engines),
    )


def _rss_kib(process: Path) -> int:
    """Read the exact figure; the cheaper ones are counted in lots."""
    rollup = (process / "smaps_rollup").read_text()
    line = next(line for line in rollup.splitlines() if line.startswith("Rss:"))
    return int(line.split()[1])
