"""
The Python front end: `wx.uploadFile({...})` as a Python test writes it.

Callbacks and listeners stay here; only options cross to the native side, and only results in the
host's own shape come back.
"""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import dataclass, replace
from functools import partial
from types import BuiltinFunctionType, FunctionType, MappingProxyType, MethodType
from typing import TYPE_CHECKING, Any, Literal, cast

from bridge.errors import BridgeError, HostError
from bridge.protocol import CALLBACKS, CallbackMessage, Invoke, TaskStateChange, id_key
from bridge.reasons import Reason
from bridge.registry import unknown
from bridge.task import Listeners
from bridge.values import copied, taken, taken_members, undefined

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

    from bridge.logic.interceptors import Interceptors
    from bridge.profile import Options, Result
    from bridge.protocol import Announcement, ApiDescription, Deliver, Globals, Message, Payload
    from bridge.trace import Record

    Callback = Callable[[object], object]
    Member = Callable[..., None]

_NOTHING: Result = {}
_NO_CALLBACKS: dict[str, Callback] = {}
_NO_MEMBERS: Mapping[str, Member] = MappingProxyType({})
_EVENTS = {"progressUpdate": "onProgressUpdate", "headersReceived": "onHeadersReceived"}
_STATES = {name: state for state, name in _EVENTS.items()}
_COROUTINE = inspect.CO_COROUTINE


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
    """
    The logic's side of one call: its callbacks and listeners, and what it came to.

    Awaitable, any number of times, now or later.

    Args:
        api: what was called.
        callbacks: the mini-program's, by name.
        record: the call's record, whose id is the task's number.
    """

    __slots__ = ("_api", "_listeners", "_waiting", "callbacks", "ok", "raw", "record", "result")

    def __init__(
        self, api: ApiDescription, callbacks: Mapping[str, Callback], record: Record
    ) -> None:
        self._api = api
        self.callbacks = callbacks
        self.record = record
        self.ok: bool | None = None
        self.result = self.raw = _NOTHING
        self._waiting: list[asyncio.Future[None]] | None = None
        self._listeners: dict[str, Listeners] | None = None

    @property
    def complete_gets(self) -> Literal["result", "raw"]:
        """Whose result `complete` hears: the layer's, or the host's own."""
        return self._api.complete

    def listeners(self, state: str) -> Listeners:
        """Return the listeners of an event, to add to them or to take some off."""
        if self._listeners is None:
            self._listeners = {}
        found = self._listeners.get(state)
        if found is None:
            found = self._listeners[state] = Listeners(self._api.duplicates, self._api.off)
        return found

    def heard(self, state: str) -> Iterable[Callback]:
        """Return the functions that listen to an event."""
        return self._listeners.get(state, ()) if self._listeners else ()

    def seal(self) -> None:
        """Let nothing be heard any more."""
        if self._listeners:
            for listeners in self._listeners.values():
                listeners.seal()

    def settle(self, result: Result, raw: Result, *, ok: bool) -> None:
        """Keep the result, and the host's own where a layer made another; wake whoever awaits."""
        self.ok, self.result, self.raw = ok, result, raw
        for future in self._waiting or ():
            if not future.done():
                future.set_result(None)

    async def wait(self) -> None:
        """Wait until the call has settled."""
        if self.ok is None:
            future = asyncio.get_running_loop().create_future()
            self._waiting = [*(self._waiting or ()), future]
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

    def __init__(
        self,
        settled: Settled,
        settles: Literal["host", "layer"],
        members: Mapping[str, Member] = _NO_MEMBERS,
    ) -> None:
        self._settled = settled
        self._settles = settles
        self._members = members

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._settled.record!r}>"

    def __await__(self) -> Generator[Any, None, Result]:
        return self._settled.outcome(self._settles).__await__()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  members are the host's, known at run time
        member = self._members.get(name)
        if member is None:
            message = f"this host's {type(self).__name__} has no member {name!r}"
            raise AttributeError(message)
        return MethodType(member, self._settled)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._members]


class HostTask(HostPromise):
    """
    The host's UploadTask or RequestTask: exactly the members that host has, and open to more.

    It is awaitable as well, which no mini-program can see: a convenience for Python tests.
    """


def members(made: object) -> list[str]:
    """Return the names of what a mini-program sees of an object it was handed."""
    own = made._members if isinstance(made, HostPromise) else ()  # noqa: SLF001  its own module
    return [*own, *(name for name in vars(made) if not name.startswith("_"))]


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
        records: the records of the calls made, the newest last.
        report: takes what a callback raised, with the record and the callback's name; what an
            interceptor raised comes without a record.
    """

    def __init__(
        self,
        description: Globals,
        invoke: Callable[[Invoke, Deliver], Result],
        records: Sequence[Record],
        report: Callable[[Record | None, str, BaseException], None],
    ) -> None:
        self._description = description
        self._invoke = invoke
        self._records = records
        self._report = report
        self._tasks: dict[int, Settled] = {}
        self._answers: dict[int, Settled] = {}
        self._news: dict[tuple[str, str], _News] = {}
        self._interceptors: dict[str, Interceptors] = {}
        self._callback_ids = 0
        self._deliver: Deliver = self.receive  # one for all calls, each of which holds it
        self.globals = {name: self._object(name) for name in description}

    def receive(self, message: Message) -> None:
        """Take one message from the native side."""
        if isinstance(message, TaskStateChange):
            if message.state in _EVENTS:
                self._hear(self._tasks[message.task_id], message)
                return
            task = self._tasks.pop(message.task_id)
            task.seal()
            self._finish(task, message, message.result)
        elif isinstance(message, CallbackMessage):
            self._finish(self._answers.pop(message.callback_id), message, message.result)
        else:
            self._announce(message)

    @property
    def busy(self) -> bool:
        """Tell whether an interceptor is awaited."""
        return any(interceptors.busy for interceptors in self._interceptors.values())

    async def idle(self) -> None:
        """Wait until no interceptor is awaited."""
        for interceptors in self._interceptors.values():
            await interceptors.idle()

    def start(self, namespace: str, name: str, options: object) -> Settled:
        """Call an API without callbacks and interceptors, and return what it comes to."""
        api = self._description[namespace].get(name)
        if api is None or api.kind not in ("task", "async"):
            functions = self._description[namespace].items()
            known = [n for n, a in functions if a.kind in ("task", "async")]
            raise BridgeError(unknown(f"API of {namespace}", name, known))
        if api.kind == "async":
            return self._choose(namespace, name, api, options)
        return self._upload(namespace, name, api, options)[0]

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
        if api.kind == "interceptor":
            interceptors = self._intercepting(namespace)
            return interceptors.add if name.startswith("add") else interceptors.remove
        if api.intercepted:
            plain: Any = self._made(namespace, name, replace(api, intercepted=False))
            native = partial(self._native, namespace, name, api, self._members(api))
            return self._intercepting(namespace).around(name, plain, native)
        if api.kind == "task":
            return partial(self._task_api, namespace, name, api, self._members(api))
        functions: dict[str, Callable[..., object]] = {
            "async": self._picker_api,
            "sync": self._sync_api,
            "value": self._value_api,
            "listener": self._listener_api,
        }
        return partial(functions[api.kind], namespace, name, api)

    def _intercepting(self, namespace: str) -> Interceptors:
        from bridge.logic.interceptors import Interceptors  # noqa: PLC0415  few globals have any

        if namespace not in self._interceptors:
            self._interceptors[namespace] = Interceptors(namespace, partial(self._report, None))
        return self._interceptors[namespace]

    def _members(self, api: ApiDescription) -> dict[str, Member]:
        """Return the functions of such an API's tasks, which take the call first."""
        return {name: self._member(api.task, name, how) for name, how in api.members.items()}

    def _member(self, kind: str, name: str, how: str) -> Member:
        if how == "noop":
            return _ignore
        if how.startswith("throw:"):
            return partial(_throw, how.removeprefix("throw:"))
        if name == "abort":
            return partial(self._abort, kind)
        added = name.replace("off", "on", 1)
        return partial(_listen if name == added else _unlisten, _STATES[added])

    # --- the kinds of function

    def _task_api(
        self,
        namespace: str,
        name: str,
        api: ApiDescription,
        members: Mapping[str, Member],
        options: object = undefined,
        /,
        **keywords: object,
    ) -> HostPromise | None:
        if keywords:
            raise _no_keywords(namespace, name, keywords)
        task, native = self._native(namespace, name, api, members, options)
        if api.promise == "always":
            promise = HostPromise(task, api.settles)
            setattr(promise, "__returned", native)  # a plain assignment would be mangled here
            return promise
        if api.promise == "without callbacks" and not task.callbacks:
            return HostPromise(task, api.settles)
        return native

    def _picker_api(
        self,
        namespace: str,
        name: str,
        api: ApiDescription,
        options: object = undefined,
        /,
        **keywords: object,
    ) -> HostPromise | None:
        if keywords:
            raise _no_keywords(namespace, name, keywords)
        task = self._choose(namespace, name, api, options)
        wanted = api.promise == "always" or (
            api.promise == "without callbacks" and not task.callbacks
        )
        return HostPromise(task, api.settles) if wanted else None

    def _sync_api(
        self, namespace: str, name: str, api: ApiDescription, options: object = undefined
    ) -> HostObject:
        self._invoke(Invoke(api.event, _options(options), namespace, api=name), self._deliver)
        return self.globals[namespace]

    def _value_api(self, namespace: str, name: str, api: ApiDescription, *args: object) -> object:
        params: Options = {"args": taken(args)}
        answer = self._invoke(Invoke(api.event, params, namespace, api=name), self._deliver)
        if "throws" in answer:
            raise HostError(cast("str", answer["throws"]))
        return copied(answer.get("value"))

    def _listener_api(
        self, namespace: str, name: str, api: ApiDescription, listener: object = undefined
    ) -> None:
        self._invoke(Invoke(api.event, {}, namespace, api=name), self._deliver)
        where = (namespace, api.listens)
        if where not in self._news:
            self._news[where] = _News(Listeners(api.duplicates, api.off), self._records[-1])
        listeners = self._news[where].listeners
        if name.startswith("on"):
            listeners.add(listener)
        else:
            listeners.remove(None if listener is undefined else listener)

    def _announce(self, message: Announcement) -> None:
        news = self._news[message.namespace, message.event]
        for listener in news.listeners:
            self._call(news.record, f"on{message.event}", listener, copied(message.result))

    # --- messages to the native side

    def _upload(
        self, namespace: str, name: str, api: ApiDescription, options: object
    ) -> tuple[Settled, Result]:
        callbacks, params = _split(options)
        answer = self._invoke(Invoke(api.event, params, namespace, api=name), self._deliver)
        record = self._records[-1]
        task = self._tasks[record.id] = Settled(api, callbacks, record)
        return task, answer

    def _native(
        self,
        namespace: str,
        name: str,
        api: ApiDescription,
        members: Mapping[str, Member],
        options: object,
    ) -> tuple[Settled, HostPromise | None]:
        """Make a call, and return it with what the host itself returns."""
        if api.kind == "async":
            return self._choose(namespace, name, api, options), None
        task, answer = self._upload(namespace, name, api, options)
        if answer.get("returns") == "undefined":
            return task, None
        return task, (HostTask if api.returns == "task" else HostPromise)(task, "host", members)

    def _choose(self, namespace: str, name: str, api: ApiDescription, options: object) -> Settled:
        callbacks, params = _split(options)
        self._callback_ids += 1
        self._invoke(Invoke(api.event, params, namespace, self._callback_ids, name), self._deliver)
        task = self._answers[self._callback_ids] = Settled(api, callbacks, self._records[-1])
        return task

    def _abort(self, kind: str, task: Settled, *_: object) -> None:
        params: Options = {id_key(kind): task.record.id, "operationType": "abort"}
        self._invoke(Invoke(f"operate{kind}", params), self._deliver)

    # --- messages from it

    def _hear(self, task: Settled, message: TaskStateChange) -> None:
        for listener in task.heard(message.state):
            self._call(task.record, _EVENTS[message.state], listener, _own(message.payload))

    def _finish(
        self, task: Settled, message: CallbackMessage | TaskStateChange, result: Result
    ) -> None:
        raw = result if message.raw is None else message.raw
        function = task.callbacks.get(message.state)
        if function is not None:
            self._call(task.record, message.state, function, copied(result))
        function = task.callbacks.get("complete")
        if function is not None:
            last = raw if task.complete_gets == "raw" else result
            self._call(task.record, "complete", function, copied(last))
        task.settle(result, raw, ok=message.state == "success")

    def _call(self, record: Record, name: str, function: Callback, own: object) -> None:
        """Call a function with an object of its own; what it raises is reported, and no more."""
        try:
            function(own)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001  pytest's own outcomes are no Exceptions
            self._report(record, name, error)


def _no_keywords(namespace: str, name: str, keywords: Iterable[str]) -> BridgeError:
    """Return what is wrong with a call in Python's own way."""
    given = ", ".join(f"{key!r}: ..." for key in keywords)
    message = f"{namespace}.{name} takes one object, as in JavaScript: {name}({{{given}}})"
    return BridgeError(message)


def _own(payload: Payload) -> object:
    """Return what a message says, as an object that nobody else holds."""
    return payload() if type(payload) is partial else copied(payload)


def _ignore(*_: object) -> None:
    """Do nothing."""


def _throw(text: str, *_: object) -> None:
    raise HostError(text)


def _listen(state: str, task: Settled, function: object = None, *_: object) -> None:
    task.listeners(state).add(function)


def _unlisten(state: str, task: Settled, function: object = None, *_: object) -> None:
    task.listeners(state).remove(None if function is undefined else function)


def _options(options: object) -> Options:
    """Copy the options at entry; anything but an object counts as an empty one."""
    found = taken(options)
    return found if isinstance(found, dict) else {}


def _split(options: object) -> tuple[dict[str, Callback], Options]:
    """Part the callbacks, which stay here, from a copy of the options, which cross."""
    if not isinstance(options, dict):
        return {}, {}
    given = dict(options)
    callbacks = callbacks_of(given)
    for name in CALLBACKS:
        given.pop(name, None)
    return callbacks or _NO_CALLBACKS, taken_members(given)


def callbacks_of(options: Mapping[str, object]) -> dict[str, Callback]:
    """Return the callbacks among some options; raises `BridgeError` for one to be awaited."""
    callbacks: dict[str, Callback] = {}
    for name in CALLBACKS:
        function = options.get(name)
        if function is None or not callable(function):
            continue
        if _is_coroutine_function(function):
            message = f"{name} is a coroutine function; a host calls its callbacks and awaits none"
            raise BridgeError(message)
        callbacks[name] = function
    return callbacks


def _is_coroutine_function(function: object) -> bool:
    if type(function) is BuiltinFunctionType:
        return False
    if type(function) is FunctionType and not hasattr(function, "_is_coroutine_marker"):
        # Without the mark that inspect sets from Python 3.12 on, it is what its own code says.
        return bool(function.__code__.co_flags & _COROUTINE)
    return inspect.iscoroutinefunction(function)
