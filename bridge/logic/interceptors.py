"""The hooks that a layer lets a mini-program put around its APIs, for the Python front end."""

from __future__ import annotations

import asyncio
import inspect
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from bridge.errors import BridgeError
from bridge.logic.python import HostPromise, HostTask, Settled, UploadFailed, callbacks_of
from bridge.protocol import CALLBACKS
from bridge.reasons import Reason
from bridge.values import Undefined, undefined

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping

    from bridge.profile import Result

    Hook = Callable[[object], object]
    Hooks = dict[str, list[Hook]]
    Native = Callable[[object], tuple[Settled, HostPromise | None]]
    Report = Callable[[str, BaseException], None]

_HOOKS = ("invoke", *CALLBACKS, "returnValue")


class _NeverSettlesError(BridgeError):
    """A Promise that a mini-program would await for ever."""


class LayerPromise(HostPromise):
    """
    A Promise of what interceptors make of a call.

    Where nothing will settle it any more, as when a hook returned False, awaiting it raises
    `BridgeError`: a mini-program would wait for ever.
    """

    def __init__(self, name: str, future: asyncio.Future[object]) -> None:
        self._name = name
        self._members = {}
        self._future = future
        self._held = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._name}>"

    def __await__(self) -> Generator[Any, None, Any]:
        self._held = True
        return asyncio.shield(self._future).__await__()

    async def over(self) -> None:
        """Wait until it has settled, either way."""
        await asyncio.wait({self._future})

    def ended(self, report: Report, future: asyncio.Future[object]) -> None:
        """Report an error that nobody awaits; that a call failed or never settles is none."""
        error = None if future.cancelled() else future.exception()
        if error is not None and not self._held and not isinstance(error, _TOLD):
            report(f"an interceptor of {self._name}", error)


_TOLD = (UploadFailed, _NeverSettlesError)


class Interceptors:
    """
    The hooks around the APIs of one global: those of every API, and those of one by its name.

    Args:
        namespace: the global.
        report: takes what a hook raised that nobody awaits.
    """

    def __init__(self, namespace: str, report: Report) -> None:
        self._namespace = namespace
        self._report = report
        self._every: Hooks = {}
        self._named: dict[str, Hooks] = {}
        self._running: set[asyncio.Task[object]] = set()
        self._watching: set[asyncio.Task[None]] = set()

    def add(self, api: object = undefined, interceptor: object = undefined, /) -> None:
        """Keep the hooks of an interceptor: of one API, of every one where it comes alone."""
        if isinstance(api, str) and isinstance(interceptor, dict):
            _add(self._named.setdefault(api, {}), interceptor)
        elif isinstance(api, dict):
            _add(self._every, api)

    def remove(self, api: object = undefined, interceptor: object = undefined, /) -> None:
        """Forget the hooks of an interceptor, or all that one API has."""
        if isinstance(api, str) and isinstance(interceptor, dict):
            _remove(self._named.get(api, {}), interceptor)
        elif isinstance(api, str):
            self._named.pop(api, None)
        elif isinstance(api, dict):
            _remove(self._every, api)

    def of(self, api: str, hook: str) -> list[Hook]:
        """Return the functions of a hook, in the order in which they are called."""
        return [*self._every.get(hook, ()), *self._named.get(api, {}).get(hook, ())]

    def around(
        self, api: str, plain: Callable[..., object], native: Native
    ) -> Callable[..., object]:
        """
        Return an API with the hooks around it.

        Args:
            api: its name.
            plain: what is called where there is no hook.
            native: makes a call whose Promise the layer makes itself.
        """
        return partial(self._call, api, plain, native)

    def later(self, api: str, told: Awaitable[object], go_on: Hook) -> LayerPromise:
        """Have `go_on` take what a hook brings later; return a Promise of what that returns."""
        task = asyncio.get_running_loop().create_task(_gone_on(told, go_on))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return self.promise(api, task)

    def promise(self, api: str, future: asyncio.Future[object]) -> LayerPromise:
        """Return a Promise; an error in it that nobody awaits is reported."""
        promise = LayerPromise(f"{self._namespace}.{api}", future)
        future.add_done_callback(partial(promise.ended, self._report))
        return promise

    def watch(self, watching: Coroutine[Any, Any, None]) -> None:
        """Watch over a Promise; nobody waits for that to end."""
        task = asyncio.get_running_loop().create_task(watching)
        self._watching.add(task)
        task.add_done_callback(self._watching.discard)

    @property
    def busy(self) -> bool:
        """Tell whether a hook is awaited."""
        return bool(self._running)

    async def idle(self) -> None:
        """Wait until no hook is awaited."""
        while self._running:
            await asyncio.wait(self._running)

    def _call(
        self,
        api: str,
        plain: Callable[..., object],
        native: Native,
        options: object = undefined,
        /,
        **keywords: object,
    ) -> object:
        if keywords or not any(self.of(api, hook) for hook in _HOOKS):
            return plain(options, **keywords)
        given = dict(options) if isinstance(options, dict) else {}
        call = _Call(self, api, native)
        returned = call.start(given) if callbacks_of(given) else call.promised(given)
        for hook in self.of(api, "returnValue"):
            told = hook(returned)
            told = self.later(api, told, _same) if inspect.iscoroutine(told) else told
            returned = returned if _is_falsy(told) else told
        return returned


class _Call:
    """
    One call that goes through hooks.

    Args:
        hooks: where they are.
        api: what is called.
        native: makes the call.
    """

    def __init__(self, hooks: Interceptors, api: str, native: Native) -> None:
        self._hooks = hooks
        self._api = api
        self._native = native
        self._made: Settled | None = None

    def start(self, options: object) -> object:
        """Return what the host returns, a Promise of it, or None where a hook ended the call."""
        return self._through(self._hooks.of(self._api, "invoke"), self._go_on, options)

    def promised(self, given: Mapping[str, object]) -> LayerPromise:
        """Return a Promise, made of callbacks that hooks see as any other."""
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        promise = self._hooks.promise(self._api, future)
        success, fail = partial(_resolve, future), partial(self._reject, future)
        try:
            started = self.start({**given, "success": success, "fail": fail})
        except Exception as error:  # noqa: BLE001  a Promise rejects with what is raised in it
            future.set_exception(error)
        else:
            self._hooks.watch(self._give_up(promise, future, started))
        return promise

    def _go_on(self, options: object) -> HostPromise | None:
        """Make the call with the hooks of its callbacks around these."""
        options = {} if options is None or options is undefined else options
        for state in CALLBACKS:
            hooks = self._hooks.of(self._api, state)
            # What is a function in place of options takes callbacks, and no host reads them.
            if hooks and not callable(options):
                given = self._checked(options)
                callback = given.get(state)
                heard = callback if callable(callback) else _ignore
                given[state] = partial(self._through, hooks, heard)
        self._made, returned = self._native(options)
        return returned

    def _checked(self, options: object) -> dict[str, object]:
        if isinstance(options, dict):
            return options
        message = f"an interceptor of {self._api} brought {options!r} in place of its options"
        raise TypeError(message)

    def _through(self, hooks: list[Hook], go_on: Hook, data: object) -> object:
        """
        Go on with `data`, which hooks change in place, or with what the last one brings later.

        A hook that returns False ends it. Behind any other awaitable no hook is called: the call
        goes on without waiting, with the last hook in place of its data.
        """
        for at, hook in enumerate(hooks, 1):
            told = hook(data)
            if told is False:
                return None
            # That a task can be awaited no mini-program can see.
            if inspect.isawaitable(told) and not isinstance(told, HostTask):
                later = partial(self._hooks.later, self._api)
                last = at == len(hooks)
                promise = later(told, go_on if last else _ignore)
                return promise if last else later(_bring(hooks[-1]), go_on)
        return go_on(data)

    def _reject(self, future: asyncio.Future[object], result: object) -> None:
        if self._made is not None and not future.done():
            record = self._made.record
            reason = record.reason or Reason.INTERNAL
            future.set_exception(UploadFailed(cast("Result", result), reason, record))

    async def _give_up(
        self, promise: LayerPromise, future: asyncio.Future[object], started: object
    ) -> None:
        """Have a Promise raise that nothing will settle: Python would wait in vain."""
        if isinstance(started, LayerPromise):
            await started.over()
        if self._made is not None:
            await self._made.wait()
        await self._hooks.idle()
        if not future.done():
            message = f"{promise!r} never settles: an interceptor let nothing come through"
            future.set_exception(_NeverSettlesError(message))


def _add(hooks: Hooks, interceptor: Mapping[str, object]) -> None:
    for name, function in interceptor.items():
        if callable(function) and function not in hooks.setdefault(name, []):
            hooks[name].append(function)


def _remove(hooks: Hooks, interceptor: Mapping[str, object]) -> None:
    for name, function in interceptor.items():
        if function in hooks.get(name, ()):
            hooks[name].remove(cast("Hook", function))


async def _gone_on(told: Awaitable[object], go_on: Hook) -> object:
    returned = go_on(await told)
    # As JavaScript does with a Promise of a Promise, which a task is not.
    is_promise = isinstance(returned, HostPromise) and not isinstance(returned, HostTask)
    return await cast("HostPromise", returned) if is_promise else returned


async def _bring(value: object) -> object:
    return value


def _resolve(future: asyncio.Future[object], result: object) -> None:
    if not future.done():
        future.set_result(result)


def _is_falsy(value: object) -> bool:
    """Tell what JavaScript takes for false: an empty list or object is true there."""
    return value is None or (isinstance(value, Undefined | int | float | str) and not value)


def _same(value: object) -> object:
    return value


def _ignore(_: object) -> None:
    """Do nothing."""
