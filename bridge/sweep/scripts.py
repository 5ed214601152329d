"""A logic file as a scenario: it passes where nothing it does throws to the end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from bridge.comparison.given import ORIGIN
from bridge.comparison.steady import steady_text
from bridge.comparison.witness import own_texts, route
from bridge.logic.program import JSError, Program
from bridge.pictures import png
from bridge.runtime import Bridge
from bridge.sweep.condition import apply
from bridge.sweep.play import Play
from bridge.sweep.scenario import Result

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bridge.sweep.kept import Kept
    from bridge.sweep.scenario import Scenario, Script
    from bridge.trace import Record

_CALLS: Final = 50
_LINES: Final = 20
_WIDTH: Final = 200


def prepared(scenario: Scenario, script: Script, kept: Kept) -> Play:
    """Return a logic file ready to be run."""
    return Play(virtual=False, begin=partial(_played, scenario, script, kept))


async def _played(scenario: Scenario, script: Script, kept: Kept) -> Result:
    from bridge.sink import UploadServer  # noqa: PLC0415  aiohttp's server takes 0.2 s to import

    async with UploadServer() as server:
        own = Bridge(scenario.target, files=script.root, album=[png()], seed=scenario.seed)
        async with own as bridge:
            route(bridge, server.url, [ORIGIN, *scenario.how.routes])
            apply(bridge.network, scenario.condition.text)
            heard = _Heard()
            program = Program(
                bridge,
                engine=scenario.how.script_engine,
                deadline=scenario.how.deadline,
                children=kept.children,
                env={"MINIBRIDGE_SINK_URL": server.url, "MINIBRIDGE_TARGET": bridge.target},
                hear=heard.hear,
            )
            await heard.run(program, script.file)
            calls = list(map(_call, bridge.calls))
        return heard.told(calls, own_texts(server.url) | {f"{script.root.as_posix()}/": ""})


@dataclass(slots=True)
class _Heard:
    """What a program said, and how it ended."""

    lines: list[str] = field(default_factory=list)
    threw: list[str] = field(default_factory=list)
    ms: float = 0.0

    def hear(self, level: str, message: str, stack: str) -> None:
        """Keep a line of the console, or an error that nobody caught."""
        if level == "unhandled" or stack:
            self.threw.append(message)
        else:
            self.lines.append(f"{level}: {message}")

    async def run(self, program: Program, file: Path) -> None:
        """Run a file to its end, however that comes."""
        clock = asyncio.get_running_loop().time
        try:
            async with program:
                began = clock()
                try:
                    await program.load(file)
                    await program.idle()
                finally:
                    self.ms = (clock() - began) * 1000
        except JSError as error:
            self.threw.append(error.message)

    def told(self, calls: list[list[str]], known: Mapping[str, str]) -> Result:
        """Return what the run came to, without what is so by chance."""
        console = [steady_text(line, known)[:_WIDTH] for line in self.lines[:_LINES]]
        detail: dict[str, object] = {"calls": calls[:_CALLS], "console": console}
        if not self.threw:
            return Result("passed", ms=self.ms, detail=detail)
        first = steady_text(self.threw[0], known).partition("\n")[0]
        return Result("failed", f"threw {first[:_WIDTH]}", self.ms, detail)


def _call(record: Record) -> list[str]:
    """Return the name of a call, and what it came to."""
    if record.ok is None:
        return [record.api, "unfinished"]
    return [record.api, "ok" if record.ok else str(record.reason)]
