"""A conformance case as a scenario: it passes where the target keeps what the case says of it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from bridge.conformance.judge import judge
from bridge.conformance.scene import Skip
from bridge.conformance.stage import VIRTUAL, Stage
from bridge.conformance.transcript import Transcript
from bridge.sweep.condition import apply
from bridge.sweep.play import Play
from bridge.sweep.scenario import Result

if TYPE_CHECKING:
    from bridge.conformance.case import Case
    from bridge.conformance.engines import Engine
    from bridge.conformance.judge import Verdict
    from bridge.conformance.scene import Scene
    from bridge.sweep.kept import Kept
    from bridge.sweep.scenario import Scenario


def prepared(scenario: Scenario, case: Case, kept: Kept) -> Play | Result:
    """Return a case ready to be played, or why it is not for this target."""
    engine = kept.engine(scenario.how.case_engine)
    scene = kept.place(scenario.target).scene(case, engine.arranges)
    if isinstance(scene, Skip):
        return Result("skipped", f"{scene.why}: {scene.what}")
    return Play(VIRTUAL in scene.given, partial(_played, scenario, scene, engine))


async def _played(scenario: Scenario, scene: Scene, engine: Engine) -> Result:
    clock = asyncio.get_running_loop().time
    stage = Stage(scene, scenario.seed)
    async with stage:
        apply(stage.bridge.network, scenario.condition.text)
        began = clock()
        events = await engine.play(scene, stage)
        ms = (clock() - began) * 1000
    seen = Transcript(scene.case.id, scene.target, engine.name, events, stage.uploads)
    return _told(judge(scene, seen), ms)


def _told(verdict: Verdict, ms: float) -> Result:
    if verdict.outcome == "passed":
        return Result("passed", ms=ms)
    broken = list(dict.fromkeys(fault.that for fault in verdict.faults))
    return Result("failed", f"{verdict.case}: {broken[0]}", ms, {"broken": broken})
