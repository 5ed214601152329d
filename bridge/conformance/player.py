"""
The Python player: it does what the steps of a scene say, and writes down what a mini-program sees.

`player.js` is the same for JavaScript, step by step; neither knows what emulator it plays on. What
waits goes on inside the very callback that it waited for, as a mini-program's own code would.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any, Final, cast

from bridge.conformance.case import kind_of
from bridge.conformance.transcript import GAVE_UP, Event
from bridge.errors import BridgeError, HostError
from bridge.logic.python import HostObject, HostPromise, HostTask, UploadFailed, members
from bridge.protocol import CALLBACKS
from bridge.values import Returns, from_json, to_json, undefined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bridge.conformance.case import Json

NATIVE: Final = "__returned"
"""Where a Promise that a layer made keeps what the host itself returned."""

_LINGER_MS: Final = 0
"""How long to listen on when all is over: what comes then has come twice, or too late."""


class CallbackThrew(Exception):  # noqa: N818  what a mini-program throws on purpose
    """A callback or a hook threw, because the case says so."""


class Player:
    """
    Plays the steps of one scene.

    Args:
        steps: the steps, as a scene has them.
        globals: the globals of the mini-program by name.
        surroundings: what references stand for: `given` and `blob` make a value of a file's name,
            `sink` of a path.
        arrange: changes what was given.
        within: milliseconds after which a wait that names no time is given up.
    """

    def __init__(
        self,
        steps: tuple[Json, ...],
        globals_: Mapping[str, object],
        surroundings: Mapping[str, Callable[[str], object]],
        arrange: Callable[[Json], None],
        within: float,
    ) -> None:
        self._steps = (*steps, {"wait": "settled"}, {"wait": {"ms": _LINGER_MS}})
        self._globals = globals_
        self._references = surroundings
        self._arrange = arrange
        self._within = within
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._done: asyncio.Future[None] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._promises: list[asyncio.Task[None]] = []
        self._events: list[Event] = []
        self._returned: dict[str, Any] = {}
        self._listeners: dict[str, Callable[[object], None]] = {}
        self._hooks: dict[str, Json] = {}
        self._owed: dict[str, int] = {}
        self._most: dict[str, float] = {}
        self._at = 0
        self._waits = False
        self._elapsed = False
        self._busy = False

    async def play(self) -> tuple[Event, ...]:
        """
        Play all steps, wait for all calls, and return what happened.

        Raises:
            BridgeError: the case does what no mini-program could do here.
        """
        try:
            self._advance()
            await self._done
        finally:
            self._unwatch()
            for promise in self._promises:
                promise.cancel()
        return tuple(self._events)

    # --- the steps

    def _advance(self) -> None:
        """Take steps until one has to wait; called again whenever something has happened."""
        if self._busy or self._done.done():
            return
        self._busy = True
        try:
            while self._at < len(self._steps) and self._step(self._steps[self._at]):
                self._at += 1
            if self._at == len(self._steps):
                self._done.set_result(None)
        except Exception as error:  # noqa: BLE001  a callback would swallow it
            self._done.set_exception(error)
        finally:
            self._busy = False

    def _step(self, step: Json) -> bool:
        """Take one step; return whether the next one may follow."""
        if "wait" in step:
            return self._wait(step["wait"], step.get("within"))
        _STEPS[kind_of(step)](self, step)
        return True

    def _call(self, step: Json) -> None:
        label, names = step["as"], step.get("callbacks", CALLBACKS)
        options = self._value(step.get("options"))
        ends = _ends(names)
        told = {name: self._callback(name, step, ends) for name in names}
        given = [] if options is None and not told else [_with(options, told)]
        if ends:
            self._owe(label)
        made = self._invoked(step, "call", given)
        if made is _NOTHING:
            self._owed.pop(label, None)
            return
        self._write(label, "returned", _described(made))
        self._watch_promise(label, made)

    def _get(self, step: Json) -> None:
        over = step.get("over")
        asked = [self._value(step.get("args", []))] if over is None else [[text] for text in over]
        made = [self._invoked(step, "get", given) for given in asked]
        if _NOTHING not in made:
            answer = made[0] if over is None else dict(zip(over, made, strict=True))
            self._write(step["as"], "returned", self._encoded(answer))

    def _read(self, step: Json) -> None:
        owner, read = self._owner(step), step["read"]
        several = isinstance(read, list)
        found = {path: _at(owner, path) for path in read} if several else _at(owner, read)
        self._returned[step["as"]] = found
        self._write(step["as"], "returned", self._encoded(found))

    def _intercept(self, step: Json) -> None:
        owner, removed = self._globals[step["global"]], step.get("removes")
        given = [] if step["intercept"] == _ALL else [step["intercept"]]
        if removed is not None:
            own = [] if removed == _ALL else [self._hooks[removed]]
            cast("Any", owner).removeInterceptor(*given, *own)
            return
        label, hooks = step["as"], step["hooks"].items()
        self._hooks[label] = {name: self._hook(label, name, told) for name, told in hooks}
        cast("Any", owner).addInterceptor(*given, self._hooks[label])

    def _do(self, step: Json) -> None:
        name: str = step["do"]
        label: str = step.get("on", name)
        given = [self._listener(label, step)] if "listener" in step else []
        try:
            made = getattr(self._owner(step), name)(*given)
        except (HostError, AttributeError) as error:
            self._write(label, f"threw:{name}", {"message": str(error)})
        else:
            self._write(label, f"did:{name}", self._encoded(undefined if made is None else made))

    def _change(self, step: Json) -> None:
        self._arrange(step["arrange"])

    def _invoked(self, step: Json, kind: str, given: list[Any]) -> Any:  # noqa: ANN401  the host's
        """Call a function and keep what it returned; `_NOTHING` where it threw."""
        label = step["as"]
        try:
            made = _function(self._owner(step), step[kind])(*given)
        except (HostError, AttributeError, CallbackThrew) as error:
            self._write(label, "threw", {"message": str(error)})
            return _NOTHING
        self._returned[label] = made
        return made

    def _owner(self, step: Json) -> Any:  # noqa: ANN401  a global, a task, or an object of functions
        if "on" not in step:
            return self._globals[step["global"]]
        return _native(self._returned.get(step["on"]))

    # --- what is heard

    def _callback(self, name: str, step: Json, ends: set[str]) -> Callable[[object], None]:
        label = step["as"]

        def callback(result: object) -> None:
            if name in ends:
                self._owe(label, -1)
            self._write(label, name, self._encoded(result))
            if step.get("spoils") and isinstance(result, dict):
                result["spoilt"] = True
            self._advance()
            if name in step.get("throws", ()):
                raise CallbackThrew(name)

        return callback

    def _listener(self, label: str, step: Json) -> Callable[[object], None]:
        """Return the function of a name, always the same."""
        name = step["listener"]

        def listener(result: object) -> None:
            self._write(label, f"heard:{name}", self._encoded(result))
            if isinstance(result, dict) and isinstance(result.get("progress"), int | float):
                self._most[label] = max(self._most.get(label, 0), result["progress"])
            self._advance()
            if name in step.get("throws", ()):
                raise CallbackThrew(name)

        return self._listeners.setdefault(name, listener)

    def _hook(self, label: str, name: str, told: Json) -> Callable[[Any], object]:
        """Return what does as a case says of a hook."""

        def hook(given: Any) -> object:  # noqa: ANN401  options, a result, or what is returned
            value = _described(given) if name == "returnValue" else self._encoded(given)
            self._write(label, f"heard:{name}", value)
            if "sets" in told:
                given.update(self._value(told["sets"]))
            self._advance()
            if told.get("throws"):
                raise CallbackThrew(name)
            said = given if told.get("passes") else self._value(told.get("returns"))
            return _brought(said) if told.get("later") else said

        return hook

    def _watch_promise(self, label: str, made: object) -> None:
        """Wait for a Promise; that a task can be awaited no mini-program can see."""
        if isinstance(made, HostPromise) and not isinstance(made, HostTask):
            self._owe(label)
            self._promises.append(self._loop.create_task(self._settle(label, made)))

    async def _settle(self, label: str, made: HostPromise) -> None:
        try:
            what, result = "resolved", await made
        except UploadFailed as failed:
            what, result = "rejected", failed.result
        except CallbackThrew as error:
            what, result = "rejected", {"$js": "Error", "text": str(error)}
        except BridgeError:
            # What Python is told, and no mini-program: this Promise never settles.
            return
        self._owe(label, -1)
        self._write(label, what, self._encoded(result))
        self._advance()

    def _owe(self, label: str, more: int = 1) -> None:
        """Count the ends of a call that are still to come: of its callbacks, of its Promise."""
        self._owed[label] = self._owed.get(label, 0) + more

    def _write(self, call: str, what: str, value: object) -> None:
        if not self._done.done():
            at = (self._loop.time() - self._began) * 1000
            self._events.append(Event(call, what, value, round(at, 3)))

    # --- waiting

    def _wait(self, wait: Any, within: float | None) -> bool:  # noqa: ANN401  a word, or how
        """Tell whether a wait is over; while it is not, a timer watches it."""
        if not self._waits:
            self._waits, self._elapsed = True, False
            self._timer = self._loop.call_later(self._limit(wait, within) / 1000, self._elapse)
        if not self._met(wait):
            return False
        self._unwatch()
        return True

    def _limit(self, wait: Any, within: float | None) -> float:  # noqa: ANN401
        if isinstance(wait, dict) and "ms" in wait:
            return cast("float", wait["ms"])
        return self._within if within is None else within

    def _met(self, wait: Any) -> bool:  # noqa: ANN401  a word, or how
        if wait == "settled":
            return not any(count > 0 for count in self._owed.values())
        if "settled" in wait:
            return self._owed.get(wait["settled"], 0) <= 0
        if "event" in wait:
            return any(event.name == wait["event"] for event in self._events)
        if "percent" in wait:
            return bool(self._most.get(wait["of"], -1) >= wait["percent"])
        return self._elapsed

    def _elapse(self) -> None:
        """Go on after a wait for time; give up on any other."""
        self._elapsed = True
        if not self._met(self._steps[self._at]["wait"]):
            self._write("", GAVE_UP, {"step": self._at + 1})
            self._done.set_result(None)
        self._advance()

    def _unwatch(self) -> None:
        self._waits = False
        if self._timer is not None:
            self._timer.cancel()

    # --- values

    def _value(self, value: Any) -> Any:  # noqa: ANN401  any JSON, then what a mini-program passes
        if isinstance(value, list):
            return [self._value(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        word = next((word for word in _WORDS if word in value), None)
        if word is not None:
            return self._referred(word, value)
        return {key: self._value(inner) for key, inner in value.items()}

    def _referred(self, word: str, value: Json) -> object:
        """Return what a reference or a tag stands for."""
        if word in self._references:
            return self._references[word](value[word])
        if word == "$from":
            return self._found(value["$from"], value.get("path", ""))
        return _nothing if value[word] == "Function" else from_json(value)

    def _found(self, name: str, path: str) -> object:
        """Return a piece of what an earlier event brought."""
        told = [event.value for event in self._events if event.name == name]
        if not told:
            raise BridgeError(f"{name} has not happened, so nothing can be taken from it")
        found = told[-1]
        for key in filter(None, path.split(".")):
            found = found[int(key)] if isinstance(found, list) else found[key]
        return from_json(found)

    def _encoded(self, value: object) -> object:
        """Return a value as tagged JSON; functions lose what they would return."""
        if isinstance(value, HostObject):
            if any(value is known for known in self._globals.values()):
                return {"$js": "global"}
            return {key: self._encoded(inner) for key, inner in _public(value).items()}
        if isinstance(value, HostPromise):
            value = _public(value)
        if isinstance(value, dict):
            return {key: self._encoded(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._encoded(inner) for inner in value]
        if isinstance(value, Returns) or inspect.isroutine(value) or callable(value):
            return {"$js": "Function"}
        return to_json(value)


_ALL: Final = "*"
_NOTHING: Final = object()
_WORDS: Final = ("$given", "$blob", "$sink", "$from", "$js", "$bytes")
_STEPS: Final[dict[str, Callable[[Player, Json], None]]] = {
    "call": Player._call,  # noqa: SLF001  the table of this module's own class
    "get": Player._get,  # noqa: SLF001
    "read": Player._read,  # noqa: SLF001
    "do": Player._do,  # noqa: SLF001
    "intercept": Player._intercept,  # noqa: SLF001
    "arrange": Player._change,  # noqa: SLF001
}


def _ends(names: Iterable[str]) -> set[str]:
    """Return the callbacks of which one tells that a call is over; none where nothing tells."""
    if "complete" in names:
        return {"complete"}
    return {"success", "fail"} if {"success", "fail"} <= {*names} else set()


def _with(options: object, callbacks: Json) -> object:
    """Return options with callbacks among them; what is no object takes none."""
    if options is None:
        return callbacks
    return {**options, **callbacks} if isinstance(options, dict) else options


def _function(owner: Any, name: str) -> Any:  # noqa: ANN401  the host's
    """Return a function of an object, or of a result that has functions."""
    return owner[name] if isinstance(owner, dict) and name in owner else getattr(owner, name)


def _at(owner: object, path: str) -> Any:  # noqa: ANN401  whatever a mini-program finds there
    """Return a member of an object by its path, undefined where there is none."""
    found = owner
    for name in path.split("."):
        inner = found if isinstance(found, dict) else getattr(found, "__dict__", {})
        found = inner.get(name, undefined)
    return found


async def _brought(value: object) -> object:
    """Return a value later than at once."""
    return value


def _nothing(*_: object) -> object:
    """Stand for any function that a mini-program passes."""
    return undefined


def _public(made: object) -> dict[str, object]:
    return {name: getattr(made, name) for name in members(made)}


def _described(made: object) -> Json:
    """Return what a call handed back: its kind and its members, sorted."""
    if made is None or made is undefined:
        return {"kind": "undefined", "members": []}
    members = sorted(_public(made))
    kinds = {True: "task", False: "promise+task" if members else "promise"}
    told: Json = {"kind": kinds[isinstance(made, HostTask)], "members": members}
    return told if _native(made) is made else {**told, "native": _described(_native(made))}


def _native(made: object) -> Any:  # noqa: ANN401  what a host returns
    """Return what the host itself returned, where a layer put a Promise around it."""
    return getattr(made, "__dict__", {}).get(NATIVE, made)
