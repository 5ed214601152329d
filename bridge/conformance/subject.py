"""Cases on somebody's own file in a plain Node: a mock, or another simulator of the same host."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, Self, cast

from bridge.clock import Chance
from bridge.conformance.case import interceptor_of
from bridge.conformance.judge import Verdict, judge
from bridge.conformance.scene import Skip
from bridge.conformance.stage import addressed, content_of, gather
from bridge.conformance.transcript import Event, Transcript
from bridge.errors import BridgeError
from bridge.logic.engine import engine_for
from bridge.registry import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.conformance.case import Case, Json
    from bridge.conformance.scene import Place, Scene
    from bridge.sink import UploadServer

ARRANGED: Final = frozenset({"answer", "files", "gather", "server"})
"""What of a case a plain Node needs nobody's help for; `answer` is of a dialog."""
HOOKS: Final = ("album", "answer", "cancel", "domains", "network", "origins")
"""What a subject may say that it arranges itself."""
WITHIN: Final = 2.0
"""Seconds that a wait may take."""
JOBS: Final = 4
_LINGER = 0.05
_START_SECONDS = 10.0
_SCRIPT = Path(__file__).with_name("subject.cjs")


@dataclass(frozen=True, slots=True)
class _About:
    """What a subject has to offer."""

    missing: frozenset[tuple[str, str]]
    arranges: frozenset[str]


def run_subject(
    cases: Iterable[Case],
    place: Place,
    file: str | Path,
    *,
    within: float = WITHIN,
    jobs: int = JOBS,
) -> list[Verdict]:
    """
    Play cases on a file that stands for a target, each in a Node of its own, and judge them.

    The target's global is looked for as a key of what the file exports, as a global that it sets,
    and as all that it exports. It runs an event loop of its own.

    Args:
        cases: what to play.
        place: the target that the subject stands for; it tells what is expected.
        file: a CommonJS or ES module.
        within: seconds that a wait of a case may take.
        jobs: cases that are played at once.

    Returns:
        A verdict for each case. A case is skipped as `missing` where the subject lacks a function
        that it calls, and as `cannot arrange` for what neither a plain Node nor the subject offers.

    Raises:
        BridgeError: the file cannot be loaded, has no such global, or its hook is wrong.
        MissingEngineError: there is no Node here.
    """
    subject = _Subject(_resolved(file), place, within)
    return asyncio.run(subject.verdicts(list(cases), jobs))


def _resolved(file: str | Path) -> Path:
    path = Path(file).resolve()
    with contextlib.suppress(OSError):
        if path.is_file():
            return path
    raise BridgeError(f"there is no file {str(file)!r} to play cases on")


class _Subject:
    """One file, as it is played on."""

    def __init__(self, file: Path, place: Place, within: float) -> None:
        self._file = file
        self._place = place
        self._within = within
        # Its last word is the script of our own engine.
        self._node = engine_for("node").argv[:-1]

    async def verdicts(self, cases: list[Case], jobs: int) -> list[Verdict]:
        scenes = [self._place.scene(case, ARRANGED | {*HOOKS, "arrange"}) for case in cases]
        about = await self._look([scene for scene in scenes if not isinstance(scene, Skip)])
        free = asyncio.Semaphore(jobs)

        async def verdict(case: Case, scene: Scene | Skip) -> Verdict:
            skip = scene if isinstance(scene, Skip) else _skipped(scene, about)
            if isinstance(scene, Skip) or skip is not None:
                return Verdict(case.id, self._place.name, "skipped", skip=skip)
            async with free:
                return await self._verdict(scene, about)

        async with asyncio.TaskGroup() as group:
            pairs = zip(cases, scenes, strict=True)
            tasks = [group.create_task(verdict(case, scene)) for case, scene in pairs]
        return [task.result() for task in tasks]

    async def _verdict(self, scene: Scene, about: _About) -> Verdict:
        began = time.perf_counter()
        try:
            transcript, stray = await self._seen(scene, about)
        except BridgeError as error:
            return Verdict(scene.case.id, scene.target, "failed", error=str(error))
        verdict = judge(scene, transcript, time.perf_counter() - began)
        asked = {name for step in scene.steps for name in step.get("throws", ())}
        lost = [text for text in stray if text not in asked]
        if verdict.outcome == "passed" or not lost:
            return verdict
        return replace(verdict, error=f"the subject threw where nobody catches: {lost[0]}")

    async def _seen(self, scene: Scene, about: _About) -> tuple[Transcript, list[str]]:
        """Play one scene; return what was seen, and what was thrown beside it."""
        async with _Grounds(scene) as grounds:
            own = grounds.given.keys() & about.arranges
            told = await self._told(
                grounds.folder,
                self._seconds(scene),
                steps=scene.steps,
                given=grounds.paths,
                url=grounds.url,
                within=self._within * 1000,
                linger=_LINGER * 1000,
                arranged={key: grounds.given[key] for key in own},
            )
        events = tuple(map(Event.of, told["events"]))
        seen = Transcript(scene.case.id, scene.target, self._file.name, events, grounds.uploads)
        return seen, told["stray"]

    def _seconds(self, scene: Scene) -> float:
        waits = sum("wait" in step for step in scene.steps) + 1
        return _START_SECONDS + waits * self._within

    async def _look(self, scenes: list[Scene]) -> _About:
        """Load the subject once, to see what it has; raises `BridgeError` where that fails."""
        wanted = sorted({each for scene in scenes for each in _calls(scene)})
        try:
            with TemporaryDirectory() as folder:
                told = await self._told(Path(folder), _START_SECONDS, wanted=wanted)
            _check(told, self._place.abilities.main)
        except BridgeError as error:
            raise BridgeError(f"{self._file.name}: {error}") from error
        return _About(frozenset(map(tuple, told["missing"])), frozenset(told["arranges"]))

    async def _told(self, folder: Path, seconds: float, **asked: object) -> Json:
        """Ask a fresh Node that runs in `folder`; raises `BridgeError` where it fails."""
        abilities = self._place.abilities
        about = {"file": str(self._file), "main": abilities.main, "names": [*abilities.globals]}
        with TemporaryDirectory() as own:
            question, answer, errors = (Path(own) / name for name in ("asked", "answer", "stderr"))
            question.write_text(json.dumps(about | asked), encoding="utf-8")
            argv = [*self._node, str(_SCRIPT), str(question), str(answer)]
            status = await _ended(argv, folder, errors, seconds)
            if not answer.exists():
                raise BridgeError(_epitaph(status, errors))
            told = cast("Json", json.loads(answer.read_text(encoding="utf-8")))
        if "error" in told:
            raise BridgeError(told["error"])
        return told


def _check(told: Json, main: str) -> None:
    """Raise `BridgeError` where a subject is not the global of a host, or its hook is wrong."""
    if main not in told["found"]:
        ways = f"export it as module.exports.{main} or as module.exports"
        raise BridgeError(f"it has no {main!r}: {ways}, or set a global of that name")
    for word in told["arranges"]:
        if word not in HOOKS:
            raise BridgeError(unknown("word in minibridge.arranges", str(word), [*HOOKS]))


async def _ended(argv: list[str], folder: Path, errors: Path, seconds: float) -> int:
    """Run a command to its end and return its status; raises `BridgeError` when it takes longer."""
    nothing = asyncio.subprocess.DEVNULL
    with errors.open("wb") as stderr:
        child = await asyncio.create_subprocess_exec(
            *argv, cwd=folder, stdin=nothing, stdout=nothing, stderr=stderr
        )
    try:
        async with asyncio.timeout(seconds):
            return await child.wait()
    except TimeoutError as error:
        raise BridgeError(f"it was not over after {seconds:g} s and was stopped") from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


def _epitaph(status: int, errors: Path) -> str:
    said = errors.read_text(encoding="utf-8", errors="replace").strip()
    return f"it ended Node with {status}{': ' if said else ''}{said[-200:]}"


# --- what can be played


def _calls(scene: Scene) -> set[tuple[str, str]]:
    """Return the functions of globals that a scene calls, by global and name."""
    kinds = ("call", "get", "do")
    called = {
        (step["global"], step[kind].partition(".")[0])
        for step in scene.steps
        for kind in kinds
        if kind in step and "global" in step
    }
    around = [step for step in scene.steps if "intercept" in step]
    return called | {(step["global"], interceptor_of(step)) for step in around}


def _skipped(scene: Scene, about: _About) -> Skip | None:
    missing = sorted(_calls(scene) & about.missing)
    if missing:
        return Skip("missing", ".".join(missing[0]))
    arranged = [step["arrange"] for step in scene.steps if "arrange" in step]
    wanted = dict.fromkeys(key for each in (scene.given, *arranged) for key in each)
    offered = ARRANGED - {"answer"} | about.arranges
    lacking = next((key for key in wanted if key not in offered), None)
    return None if lacking is None else Skip("cannot arrange", lacking)


# --- what it is played on


class _Grounds:
    """
    Real files in a folder, and a real server; use it with `async with`.

    Attributes:
        folder: where the subject runs, so that a path in the code package leads somewhere.
        given: what there is, with the addresses of the server, and with paths for its files.
        paths: given file -> its path.
        url: where the server is.
        uploads: what has arrived there; complete once it is left.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._stack = contextlib.AsyncExitStack()
        self.given: Json = {}
        self.paths: dict[str, str] = {}
        self.url = ""
        self.uploads: tuple[Json, ...] = ()

    async def __aenter__(self) -> Self:
        from bridge.sink import UploadServer  # noqa: PLC0415  aiohttp's server takes 0.2 s to import

        self.folder = Path(self._stack.enter_context(TemporaryDirectory()))
        self._server: UploadServer = await self._stack.enter_async_context(UploadServer())
        self.url = self._server.url
        self.given = cast("Json", addressed(self._scene.given, self.url))
        self._lay_out()
        self._server.script(self.given.get("server", []))
        if "gather" in self.given:
            self._server.hold()
            task = asyncio.create_task(gather(self._server, self.given["gather"]))
            self._stack.callback(task.cancel)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stack.aclose()
        self.uploads = tuple(cast("Json", upload.to_json()) for upload in self._server.uploads)

    def _lay_out(self) -> None:
        chance = Chance(0)
        for number, (name, file) in enumerate(self.given["files"].items()):
            self.paths[name] = self._placed(name, file, str(number), chance)
        if "album" in self.given:
            self.given["album"] = [self.paths[name] for name in self.given["album"]]

    def _placed(self, name: str, file: Json, number: str, chance: Chance) -> str:
        """Put a file where it belongs, called what the host would call it, and return its path."""
        kind = file.get("kind", "temp")
        if kind == "package":
            path = self.folder / name
        else:
            template = getattr(self._scene.place.target.profile.paths, kind)
            path = self.folder / number / PurePosixPath(chance.expand(template, name)).name
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, file)
        return name if kind == "package" else str(path)


def _write(path: Path, file: dict[str, Any]) -> None:
    if file.get("unreadable"):
        # A link to itself, which not even the superuser can open.
        path.symlink_to(path)
    elif not file.get("gone"):
        path.write_bytes(content_of(file))
