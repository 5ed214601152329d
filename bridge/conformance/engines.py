"""What plays a scene: the Python front end, or the player of JavaScript in an engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from bridge.conformance.player import Player
from bridge.conformance.stage import ARRANGES, ORIGIN, VIRTUAL
from bridge.conformance.transcript import Event
from bridge.errors import BridgeError
from bridge.logic.children import Children
from bridge.logic.engine import engine_for
from bridge.logic.program import JSError, Program
from bridge.registry import unknown

if TYPE_CHECKING:
    from bridge.conformance.scene import Scene
    from bridge.conformance.stage import Stage

WITHIN_MS: Final = 10_000
"""How long a wait may take that names no time."""
_VIRTUAL_WITHIN_MS = 1e9
_SCRIPT = Path(__file__).with_name("stage.js")


class Engine(Protocol):
    """Something that plays scenes on a stage."""

    @property
    def name(self) -> str:
        """What it is called in a transcript."""

    @property
    def arranges(self) -> frozenset[str]:
        """What of a case it can arrange."""

    def __enter__(self) -> Self:
        """Get ready for many scenes."""

    def __exit__(self, *exc_info: object) -> None:
        """Let go of what was needed for them."""

    async def play(self, scene: Scene, stage: Stage) -> tuple[Event, ...]:
        """Play one scene and return what happened; raises `BridgeError` where it cannot."""


class PythonEngine:
    """The functions that a Python test calls."""

    name = "python"
    arranges = ARRANGES | {VIRTUAL}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        pass

    async def play(self, scene: Scene, stage: Stage) -> tuple[Event, ...]:
        """Play one scene in this process."""
        virtual = VIRTUAL in scene.given
        player = Player(
            scene.steps,
            stage.bridge.globals,
            {
                "$given": stage.paths.__getitem__,
                "$blob": stage.blob,
                "$sink": lambda path: f"{ORIGIN}{path}",
            },
            stage.arrange,
            _VIRTUAL_WITHIN_MS if virtual else WITHIN_MS,
        )
        return await player.play()


class ScriptEngine:
    """
    `player.js` in Node or QuickJS; a process plays many scenes, each in a context of its own.

    Args:
        name: `node` or `quickjs`.

    Raises:
        MissingEngineError: there is none here.
    """

    arranges = ARRANGES

    def __init__(self, name: str) -> None:
        engine_for(name)
        self.name = name
        self._children = Children()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._children.close()

    async def play(self, scene: Scene, stage: Stage) -> tuple[Event, ...]:
        """Play one scene in a child process."""
        program = Program(stage.bridge, engine=self.name, children=self._children)
        try:
            async with program:
                await program.load(_SCRIPT)
                told = await self._told(program.call("begin", self._scene(scene, stage)))
                while "arrange" in told:
                    stage.arrange(told["arrange"])
                    told = await self._told(program.call("resume"))
        except JSError as error:
            raise BridgeError(str(error)) from error
        return tuple(map(Event.of, told["events"]))

    async def _told(self, asked: Any) -> dict[str, Any]:  # noqa: ANN401  an awaitable of JSON text
        told: dict[str, Any] = json.loads(await asked)
        return told

    def _scene(self, scene: Scene, stage: Stage) -> str:
        played = {"steps": scene.steps, "globals": list(stage.bridge.globals)}
        told = {"scene": played, "given": stage.paths, "url": ORIGIN}
        return json.dumps({**told, "within": WITHIN_MS, "linger": 0})


def engine_called(name: str) -> Engine:
    """
    Return the engine of a name: `python`, `node` or `quickjs`.

    Raises:
        BridgeError: there is no engine of that name.
        MissingEngineError: it cannot be started here.
    """
    if name == PythonEngine.name:
        return PythonEngine()
    if name not in ("node", "quickjs"):
        raise BridgeError(unknown("engine", name, ["python", "node", "quickjs"]))
    return ScriptEngine(name)
