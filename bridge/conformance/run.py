"""Cases played on targets: concurrently, each pair on a stage of its own."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from bridge.conformance import virtual
from bridge.conformance.engines import engine_called
from bridge.conformance.judge import Verdict, judge
from bridge.conformance.scene import Place, Skip
from bridge.conformance.stage import VIRTUAL, Stage
from bridge.conformance.transcript import Transcript
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bridge.conformance.case import Case
    from bridge.conformance.engines import Engine
    from bridge.conformance.scene import Scene
    from bridge.runtime import Bridge

JOBS: Final = 4
"""Pairs that are played at once: enough to fill the waits of some with the work of others."""
_PAIR_SECONDS = 60.0
_VIRTUAL_SECONDS = 1e7


def run(  # noqa: PLR0913  all but three by keyword
    cases: Iterable[Case],
    targets: Iterable[str | Place],
    engine: str = "python",
    *,
    jobs: int = JOBS,
    watch: Callable[[Transcript, Bridge], None] | None = None,
    told: Callable[[Verdict], None] | None = None,
) -> list[Verdict]:
    """
    Play cases on targets and judge what is seen; it runs event loops of its own.

    Args:
        cases: what to play.
        targets: addresses of targets, or places with readings of their own.
        engine: `python`, `node` or `quickjs`.
        jobs: pairs that are played at once.
        watch: is shown each transcript, and the bridge that was played on.
        told: is told each verdict as it is found, in no order.

    Returns:
        A verdict for each pair, target by target, in the order of the cases.

    Raises:
        BridgeError: an unknown engine or target.
        MissingEngineError: the engine cannot be started here.
    """
    places = [each if isinstance(each, Place) else Place(each) for each in targets]
    listed = list(cases)
    plays = engine_called(engine)
    pairs = [
        (case, place, place.scene(case, plays.arranges)) for place in places for case in listed
    ]
    found = _Found(told)
    for case, place, scene in pairs:
        if isinstance(scene, Skip):
            found.add(scene, Verdict(case.id, place.name, "skipped", skip=scene))
    scenes = [scene for _, _, scene in pairs if not isinstance(scene, Skip)]
    with plays:
        _play(scenes, plays, jobs, watch, found)
    return [found.verdict(scene) for _, _, scene in pairs]


class _Found:
    """The verdicts so far, by the identity of what they are about."""

    def __init__(self, told: Callable[[Verdict], None] | None) -> None:
        self._told = told
        self._verdicts: dict[int, Verdict] = {}

    def add(self, scene: Scene | Skip, verdict: Verdict) -> None:
        """Keep a verdict, and tell of it."""
        self._verdicts[id(scene)] = verdict
        if self._told is not None:
            self._told(verdict)

    def verdict(self, scene: Scene | Skip) -> Verdict:
        """Return the verdict on a scene."""
        return self._verdicts[id(scene)]


def _play(
    scenes: list[Scene],
    engine: Engine,
    jobs: int,
    watch: Callable[[Transcript, Bridge], None] | None,
    found: _Found,
) -> None:
    """Find the verdict of each scene; each kind of time has its own loop."""
    untimed = [scene for scene in scenes if VIRTUAL in scene.given]
    timed = [scene for scene in scenes if VIRTUAL not in scene.given]
    if timed:
        asyncio.run(_Work(timed, engine, watch, found, _PAIR_SECONDS).done(jobs))
    if untimed:
        virtual.run(_Work(untimed, engine, watch, found, _VIRTUAL_SECONDS).done(jobs))


class _Work:
    """Scenes that wait for one of several workers, and what came of them."""

    def __init__(
        self,
        scenes: list[Scene],
        engine: Engine,
        watch: Callable[[Transcript, Bridge], None] | None,
        found: _Found,
        seconds: float,
    ) -> None:
        self._waiting = iter(scenes)
        self._engine = engine
        self._watch = watch
        self._found = found
        self._seconds = seconds

    async def done(self, jobs: int) -> None:
        """Play all scenes, so many at once."""
        async with asyncio.TaskGroup() as group:
            for _ in range(jobs):
                group.create_task(self._play_on())

    async def _play_on(self) -> None:
        for scene in self._waiting:
            began = time.perf_counter()
            try:
                async with asyncio.timeout(self._seconds):
                    transcript = await self._seen(scene)
            except (BridgeError, TimeoutError) as error:
                told = str(error) or f"it was not over after {self._seconds:g} s"
                failed = Verdict(scene.case.id, scene.target, "failed", error=told)
                self._found.add(scene, failed)
            else:
                passed = time.perf_counter() - began
                self._found.add(scene, judge(scene, transcript, passed))

    async def _seen(self, scene: Scene) -> Transcript:
        stage = Stage(scene)
        async with stage:
            events = await self._engine.play(scene, stage)
        name = self._engine.name
        transcript = Transcript(scene.case.id, scene.target, name, events, stage.uploads)
        if self._watch is not None:
            self._watch(transcript, stage.bridge)
        return transcript
