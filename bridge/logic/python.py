"""
The Python front end: `wx.uploadFile({...})` as a Python test writes it.

Callbacks and listeners stay here; only options cross to the native side, and only results in the
host's own shape come back.
"""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

from bridge.errors import BridgeError, HostError
from bridge.protocol import CALLBACKS, Announcement, CallbackMessage, Invoke, id_key
from bridge.reasons import Reason
from bridge.registry import unknown
from bridge.task import Listeners
from bridge.values import check, copied, undefined

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from bridge.profile import Options, Result
    from bridge.protocol import ApiDescription, Globals, Message, TaskStateChange
    from bridge.trace import Record

    Callback = Callable[[object], object]

_EVENTS = {"progressUpdate": "ProgressUpdate", "headersReceived": "HeadersReceived"}


class UploadFailed(Exception):  # noqa: N818  the field's word for this outcome is "fail"
    """
    A call awaited from Python ended in `fail`.

    Attributes:
        result: the object `fail` received, in the host's own shape.
        reason: minibridge's platform-neutral name of the cause.
        record: the trace record of the call.
    """

    def __init__(self, result: dict[str, object], reason: Reason, record: Record) -> None:
        super().__init__(f"{reason}: {result}")
        self.result = result
        self.reason = reason
        self.record = record


class Settled:
    """What a call came to: awaitable, any number of times, now or later."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.ok: bool | None = None
        self.result: Result = {}
        self.raw: Result = {}
        self._waiting: list[asyncio.Future[None]] = []

    def settle(self, result: Result, raw: Result, *, ok: bool) -> None:
        """Keep the result, and the host's own where a layer made another; wake whoever awaits."""
        self.ok, self.result, self.raw = ok, result, raw
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    async def wait(self) -> None:
        """Wait until the call has settled."""
        if self.ok is None:
            future = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            await future

    async def outcome(self, settles: Literal["host", "layer"]) -> Result:
        """Return a fresh copy of the success object, or raise `UploadFailed`."""
        await self.wait()
        result = cast("Result", copied(self.raw if settles == "host" else self.result))
        if self.ok:
            return result
        raise UploadFailed(result, self.record.reason or Reason.INTERNAL, self.record)


class HostPromise:
    """
    A Promise of the host, or of a layer above it, awaitable from Python.

    Awaiting gives the success object, or raises `UploadFailed`. Where the host's Promise is a task
    as well, its members are attributes.
    """

    def __init__(self, settled: Settled, settles: Literal["host", "layer"]) -> None:
        self._settled = settled
        self._settles = settles

    def __await__(self) -> Generator[Any, None, Result]:
        return self._settled.outcome(self._settles).__await__()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  members are the host's, known at run time
        message = f"this host's {type(self).__name__} has no member {name!r}"
        raise AttributeError(message)


class HostTask(HostPromise):
    """
    The host's UploadTask or RequestTask: exactly the members that host has, and open to more.

    It is awaitable as well, which no mini-program can see: a convenience for Python tests.
    """


class HostObject:
    """One global of the mini-program, such as `wx`: its functions are its own attributes."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"<global {self._name}>"

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  functions are the host's, known at run time
        known = ", ".join(key for key in vars(self) if not key.startswith("_"))
        message = f"{self._name}.{name} does not exist here; there are: {known}"
        raise AttributeError(message)


class _Task:
    """The logic's side of one task: callbacks, listeners, and what it came to."""

    def __init__(
        self, api: ApiDescription, callbacks: Mapping[str, Callback], record: Record
    ) -> None:
        self.callbacks = callbacks
        self.complete = api.complete
        self.settled = Settled(record)
        self.listeners = {state: Listeners(api.duplicates, api.off) for state in _EVENTS}

    def seal(self) -> None:
        for listeners in self.listeners.values():
            listeners.seal()


@dataclass(frozen=True, slots=True)
class _News:
    """The listeners of one event of the phone, and the record of the call that began it."""

    listeners: Listeners
    record: Record


class PythonLogic:
    """
    The logic of one Bridge, played by Python.

    Args:
        description: the globals and their functions.
        invoke: the native side's door.
        newest: returns the record of the call just made.
        report: takes what a callback raised, with the record and the callback's name.
    """

    def __init__(
        self,
        description: Globals,
        invoke: Callable[[Invoke], Result],
        newest: Callable[[], Record],
        report: Callable[[Record, str, BaseException], None],
    ) -> None:
        self._description = description
        self._invoke = invoke
        self._newest = newest
        self._report = report
        self._tasks: dict[int, _Task] = {}
        self._answers: dict[int, _Task] = {}
        self._news: dict[tuple[str, str], _News] = {}
        self._callback_ids = 0
        self.globals = {name: self._object(name) for name in description}

    def receive(self, message: Message) -> None:
        """Take one message from the native side."""
        if isinstance(message, Announcement):
            self._announce(message)
        elif isinstance(message, CallbackMessage):
            self._finish(self._answers.pop(message.callback_id), message)
        elif message.state in _EVENTS:
            task = self._tasks[message.task_id]
            for listener in task.listeners[message.state]:
                self._run(task, f"on{_EVENTS[message.state]}", listener, message.result)
        else:
            task = self._tasks.pop(message.task_id)
            task.seal()
            self._finish(task, message)

    def start(self, namespace: str, name: str, options: object) -> Settled:
        """Call an API without callbacks and return what it comes to."""
        api = self._description[namespace].get(name)
        if api is None or api.kind not in ("task", "async"):
            functions = self._description[namespace].items()
            known = [n for n, a in functions if a.kind in ("task", "async")]
            raise BridgeError(unknown(f"API of {namespace}", name, known))
        if api.kind == "async":
            return self._choose(namespace, name, api, options).settled
        return self._upload(namespace, name, api, options)[0].settled

    def _object(self, namespace: str) -> HostObject:
        made = HostObject(namespace)
        for name, api in self._description[namespace].items():
            setattr(made, name, self._made(namespace, name, api))
        return made

    def _made(self, namespace: str, name: str, api: ApiDescription) -> object:
        """Return what stands behind one name of a global."""
        if api.kind == "constant":
            return copied(api.value)
        if api.kind == "object":
            inner = HostObject(name)
            for own, function in api.apis.items():
                setattr(inner, own, self._made(namespace, own, function))
            return lambda *_: inner
        functions: dict[str, Callable[..., object]] = {
            "task": self._task_api,
            "async": self._picker_api,
            "sync": self._sync_api,
            "value": self._value_api,
            "listener": self._listener_api,
        }
        return partial(functions[api.kind], namespace, name, api)

    # --- the kinds of function

    def _task_api(
        self, namespace: str, name: str, api: ApiDescription, options: object = undefined
    ) -> HostPromise | None:
        task, answer = self._upload(namespace, name, api, options)
        native = None if answer.get("returns") == "undefined" else self._returned(api, task, answer)
        if api.promise == "always":
            promise = HostPromise(task.settled, api.settles)
            setattr(promise, "__returned", native)  # a plain assignment would be mangled here
            return promise
        if api.promise == "without callbacks" and not task.callbacks:
            return HostPromise(task.settled, api.settles)
        return native

    def _picker_api(
        self, namespace: str, name: str, api: ApiDescription, options: object = undefined
    ) -> HostPromise | None:
        task = self._choose(namespace, name, api, options)
        wanted = api.promise == "always" or (
            api.promise == "without callbacks" and not task.callbacks
        )
        return HostPromise(task.settled, api.settles) if wanted else None

    def _sync_api(
        self, namespace: str, name: str, api: ApiDescription, options: object = undefined
    ) -> HostObject:
        self._invoke(Invoke(api.event, _options(options), namespace, api=name))
        return self.globals[namespace]

    def _value_api(self, namespace: str, name: str, api: ApiDescription, *args: object) -> object:
        for value in args:
            check(value)
        params: Options = {"args": [copied(value) for value in args]}
        answer = self._invoke(Invoke(api.event, params, namespace, api=name))
        if "throws" in answer:
            raise HostError(cast("str", answer["throws"]))
        return copied(answer.get("value"))

    def _listener_api(
        self, namespace: str, name: str, api: ApiDescription, listener: object = undefined
    ) -> None:
        self._invoke(Invoke(api.event, {}, namespace, api=name))
        where = (namespace, api.listens)
        if where not in self._news:
            self._news[where] = _News(Listeners(api.duplicates, api.off), self._newest())
        listeners = self._news[where].listeners
        if name.startswith("on"):
            listeners.add(listener)
        else:
            listeners.remove(None if listener is undefined else listener)

    def _announce(self, message: Announcement) -> None:
        news = self._news[message.namespace, message.event]
        for listener in news.listeners:
            self._call(news.record, f"on{message.event}", listener, message.result)

    # --- messages to the native side

    def _upload(
        self, namespace: str, name: str, api: ApiDescription, options: object
    ) -> tuple[_Task, Result]:
        callbacks, params = _split(options)
        answer = self._invoke(Invoke(api.event, params, namespace, api=name))
        task = _Task(api, callbacks, self._newest())
        self._tasks[cast("int", answer[id_key(api.task)])] = task
        return task, answer

    def _choose(self, namespace: str, name: str, api: ApiDescription, options: object) -> _Task:
        callbacks, params = _split(options)
        self._callback_ids += 1
        self._invoke(Invoke(api.event, params, namespace, self._callback_ids, name))
        task = self._answers[self._callback_ids] = _Task(api, callbacks, self._newest())
        return task

    def _returned(self, api: ApiDescription, task: _Task, answer: Result) -> HostPromise:
        kind = HostTask if api.returns == "task" else HostPromise
        made = kind(task.settled, "host")
        for name, how in api.members.items():
            setattr(made, name, self._member(api.task, name, how, task, answer))
        return made

    def _member(
        self, kind: str, name: str, how: str, task: _Task, answer: Result
    ) -> Callable[..., None]:
        if how == "noop":
            return lambda *_: None
        if how.startswith("throw:"):
            return partial(_throw, how.removeprefix("throw:"))
        if name == "abort":
            key = id_key(kind)
            params = {key: answer[key], "operationType": "abort"}
            return lambda *_: self._abort(kind, params)
        state = next(state for state, word in _EVENTS.items() if name.endswith(word))
        listeners = task.listeners[state]
        if name.startswith("on"):
            return lambda function=None, *_: listeners.add(function)
        return lambda function=None, *_: listeners.remove(
            None if function is undefined else function
        )

    def _abort(self, kind: str, params: Options) -> None:
        self._invoke(Invoke(f"operate{kind}", params))

    # --- messages from it

    def _finish(self, task: _Task, message: CallbackMessage | TaskStateChange) -> None:
        result = message.result
        raw = result if message.raw is None else message.raw
        last = raw if task.complete == "raw" else result
        for name, shown in ((message.state, result), ("complete", last)):
            if name in task.callbacks:
                self._run(task, name, task.callbacks[name], shown)
        task.settled.settle(result, raw, ok=message.state == "success")

    def _run(self, task: _Task, name: str, function: Callback, result: Result) -> None:
        self._call(task.settled.record, name, function, result)

    def _call(self, record: Record, name: str, function: Callback, result: object) -> None:
        """Call a function with its own object; what it raises is reported and stops nothing."""
        try:
            function(copied(result))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001  pytest's own outcomes are no Exceptions
            self._report(record, name, error)


def _throw(text: str, *_: object) -> None:
    raise HostError(text)


def _options(options: object) -> Options:
    """Copy the options at entry; anything but an object counts as an empty one."""
    check(options)
    return cast("Options", copied(options)) if isinstance(options, dict) else {}


def _split(options: object) -> tuple[dict[str, Callback], Options]:
    """Part the callbacks, which stay here, from the options, which cross."""
    given = dict(options) if isinstance(options, dict) else {}
    named = {name: given.pop(name) for name in CALLBACKS if name in given}
    for name, callback in named.items():
        if inspect.iscoroutinefunction(callback):
            message = f"{name} is a coroutine function; a host calls its callbacks and awaits none"
            raise BridgeError(message)
    return {name: call for name, call in named.items() if callable(call)}, _options(given)
