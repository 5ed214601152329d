"""One plan, played by Python or by a script in an engine, and what a mini-program sees of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from bridge import HostError, UploadFailed, layers
from bridge.logic.python import HostPromise, HostTask
from bridge.target import Target, all_names, resolve

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bridge import Bridge
    from bridge.logic.program import Program
    from bridge.trace import Record

    On = Callable[..., Awaitable["Mini"]]

SCRIPT = Path(__file__).parent / "front.js"
CALLBACKS = ("success", "fail", "complete")
HALF = 50
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What the mini-program does with one function.

    Attributes:
        options: its options.
        callbacks: the callbacks given, each under its own name.
        steps: members called on the task at once, each with the label of a listener or None.
        abort: `same tick`, `twice` (also in it), `at 50 %`, `late` (when all is over), or None.
        throws: the callbacks and labels that throw.
        functions: options that hold a function.
    """

    options: Json
    callbacks: tuple[str, ...] = CALLBACKS
    steps: tuple[tuple[str, str | None], ...] = ()
    abort: str | None = None
    throws: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """
    What it saw.

    Attributes:
        returned: `kind`, own `members`, and of a Promise around it the `native` return.
        answers: what each member but `abort` said when it was called without a function.
        heard: names and payloads in order; `returned` stands where the call was over.
        settled: `resolved` or `rejected` and with what; None where there is no Promise.
        stops: what each `abort()` returned.
    """

    returned: Json
    answers: dict[str, str]
    heard: list[list[Any]]
    settled: list[Any] | None
    stops: list[str]

    @property
    def names(self) -> list[str]:
        """What was heard, without the payloads."""
        return [name for name, _ in self.heard]

    def of(self, name: str) -> list[Any]:
        """Return the payloads heard under one name."""
        return [payload for each, payload in self.heard if each == name]


class Front(Protocol):
    """A way to play a mini-program."""

    async def play(self, global_: str, api: str, plan: Plan) -> Seen:
        """Play one plan to its end."""

    async def set(self, global_: str, api: str, options: Json) -> bool:
        """Call a synchronous function; tell whether it returned its own global."""

    def thrown(self) -> list[str]:
        """Return the names of the callbacks that threw, in order."""


@dataclass(frozen=True, slots=True)
class Mini:
    """A mini-program on one target."""

    bridge: Bridge
    front: Front

    @property
    def last(self) -> Record:
        """The record of the newest call."""
        return self.bridge.calls[-1]

    def options(self, url: str, content: bytes = b"picture", **more: object) -> Json:
        """Return options that every target accepts, and more."""
        path = self.bridge.files.add("a.png", content)
        return {"url": url, "filePath": path, "name": "f", "fileType": "image", **more}

    async def upload(self, options: Json, **more: Any) -> Seen:  # noqa: ANN401  the Plan's own fields
        """Upload by the target's own name for it."""
        return await self.call(
            layers.own_name(resolve(self.bridge.target), "uploadFile"), options, **more
        )

    async def call(self, api: str, options: Json, **more: Any) -> Seen:  # noqa: ANN401
        """Play one plan with a function of the target's global."""
        return await self.front.play(self._global, api, Plan(options, **more))

    async def set(self, api: str, options: Json) -> bool:
        """Call a synchronous function; tell whether it can be chained."""
        return await self.front.set(self._global, api, options)

    @property
    def _global(self) -> str:
        return layers.main_namespace(resolve(self.bridge.target))


# --- JavaScript


@dataclass(slots=True)
class ScriptFront:
    """The script in an engine."""

    program: Program
    said: list[tuple[str, str, str]]

    async def play(self, global_: str, api: str, plan: Plan) -> Seen:
        """Play one plan to its end."""
        given = asdict(plan) | {"global": global_, "api": api}
        number = await self.program.call("begin", given)
        await self.program.idle()
        if plan.abort == "late":
            await self.program.call("stop", number)
            await self.program.idle()
        return Seen(**await self.program.call("told", number))

    async def set(self, global_: str, api: str, options: Json) -> bool:
        """Call a synchronous function; tell whether it returned its own global."""
        same: bool = await self.program.call("set", global_, api, options)
        return same

    def thrown(self) -> list[str]:
        """Return the names of the callbacks that threw, in order."""
        errors = [message for level, message, _ in self.said if level == "unhandled"]
        return [message.partition(" callback")[0].rpartition(" ")[2] for message in errors]


# --- Python


@dataclass(slots=True)
class PythonFront:
    """The same, by the functions that a Python test calls."""

    bridge: Bridge

    async def play(self, global_: str, api: str, plan: Plan) -> Seen:
        """Play one plan to its end."""
        scene = _Scene(plan)
        function = getattr(self.bridge.globals[global_], api)
        made = function(scene.options())
        scene.begin(made)
        await self.bridge.settled()
        settled = await _outcome(made)
        if plan.abort == "late":
            scene.stop()
            await self.bridge.settled()
        return Seen(_described(made), scene.answers, scene.heard, settled, scene.stops)

    async def set(self, global_: str, api: str, options: Json) -> bool:
        """Call a synchronous function; tell whether it returned its own global."""
        namespace = self.bridge.globals[global_]
        return getattr(namespace, api)(options) is namespace

    def thrown(self) -> list[str]:
        """Return the names of the callbacks that threw, in order."""
        said = [error for record in self.bridge.calls for error in record.callback_errors]
        return [text.partition(":")[0] for text in said]


@dataclass(slots=True)
class _Scene:
    """One plan being played."""

    plan: Plan
    task: Any = None
    answers: dict[str, str] = field(default_factory=dict)
    heard: list[list[Any]] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)

    def options(self) -> Json:
        functions = {name: lambda: None for name in self.plan.functions}
        return self.plan.options | functions | {n: self._hear(n) for n in self.plan.callbacks}

    def begin(self, made: HostPromise | None) -> None:
        native = made is not None and "__returned" in vars(made)
        self.task = getattr(made, "__returned") if native else made
        self.answers = _answered(self.task)
        self._step()
        for _ in range({"same tick": 1, "twice": 2}.get(self.plan.abort or "", 0)):
            self.stop()
        self.heard.append(["returned", None])

    def stop(self) -> None:
        self.stops.append(_said(self.task.abort()))

    def _step(self) -> None:
        listeners = {label: self._hear(label) for _, label in self.plan.steps if label is not None}
        for member, label in self.plan.steps:
            given = () if label is None else (listeners[label],)
            getattr(self.task, member)(*given)

    def _hear(self, name: str) -> Callable[[Json], None]:
        def listener(result: Json) -> None:
            self.heard.append([name, _copied(result)])
            if self.plan.abort == "at 50 %" and result.get("progress", 0) >= HALF:
                self.stop()
            result["spoilt"] = True
            if "header" in result:
                result["header"]["spoilt"] = True
            if name in self.plan.throws:
                raise ValueError(name)

        return listener


def _copied(value: Any) -> Any:  # noqa: ANN401  whatever a host hands out
    if isinstance(value, list):
        return [_copied(inner) for inner in value]
    return {k: _copied(v) for k, v in value.items()} if isinstance(value, dict) else value


def untimed(value: Any) -> Any:  # noqa: ANN401  what was seen, or a piece of it
    """Blank out Feishu's `trace`, which holds the time of day."""
    if isinstance(value, Seen):
        return untimed(asdict(value))
    if isinstance(value, dict):
        return {key: "" if key == "trace" else untimed(inner) for key, inner in value.items()}
    return [untimed(inner) for inner in value] if isinstance(value, list) else value


def _said(value: object) -> str:
    return "undefined" if value is None else str(value)


def _described(made: HostPromise | None) -> Json:
    if made is None:
        return {"kind": "undefined", "members": []}
    members = _members(made)
    kind = "task" if isinstance(made, HostTask) else "promise+task" if members else "promise"
    described: Json = {"kind": kind, "members": members}
    if "__returned" in vars(made):
        described["native"] = _described(vars(made)["__returned"])
    return described


def _members(made: object) -> list[str]:
    return sorted(name for name in dir(made) if not name.startswith("_"))


def _answered(task: HostPromise | None) -> dict[str, str]:
    answers: dict[str, str] = {}
    for name in [] if task is None else _members(task):
        if name != "abort":
            try:
                answers[name] = _said(getattr(task, name)())
            except HostError as error:
                answers[name] = f"throws {error}"
    return answers


async def _outcome(made: HostPromise | None) -> list[Any] | None:
    """Return what a Promise came to; that a task can be awaited no mini-program can see."""
    if made is None or isinstance(made, HostTask):
        return None
    try:
        return ["resolved", _copied(await made)]
    except UploadFailed as failed:
        return ["rejected", _copied(failed.result)]


# --- targets


def one_per(read: Callable[[Target], object]) -> list[str]:
    """Return one target for each distinct thing `read` finds, hosts before layers; not for None."""
    found: dict[object, str] = {}
    for name in all_names():
        found.setdefault(read(resolve(name)), name)
    found.pop(None, None)
    return list(found.values())


def member(target: Target, name: str) -> str | None:
    """Return how the target's own upload task answers a member, None where it has none."""
    own = layers.describe(target)[layers.main_namespace(target)]
    how = own[layers.own_name(target, "uploadFile")].members.get(name)
    return None if how is None else how
