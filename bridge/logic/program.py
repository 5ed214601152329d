"""A mini-program's own JavaScript, run in an engine against one bridge."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from bridge.errors import BridgeError
from bridge.logic.door import Door
from bridge.logic.engine import Engine, EngineGoneError, engine_for
from bridge.textfile import text_of
from bridge.values import check, from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bridge.logic.children import Children
    from bridge.logic.door import Json
    from bridge.runtime import Bridge

Level = Literal["log", "warn", "error", "unhandled"]


class JSError(Exception):
    """
    An error of the mini-program's JavaScript.

    Attributes:
        message: its name and text.
        stack: the JavaScript stack, file names and lines included; empty where there is none.
    """

    def __init__(self, message: str, stack: str = "") -> None:
        super().__init__(stack or message)
        self.message = message
        self.stack = stack


class Program:
    """
    Logic files in an engine of their own.

    Args:
        bridge: the emulated environment they call.
        engine: `auto`, `node` or `quickjs`, or an engine of your own that has not been started.
        deadline: seconds one turn of the program may take; an engine of your own has its own.
        children: where the engine's process comes from and goes to; None for one of its own.
        env: what the program sees as `process.env`.
        hear: takes each console line, error and unhandled rejection as level, message and stack.
    """

    def __init__(  # noqa: PLR0913  each is one thing a test sets; all but the first by keyword
        self,
        bridge: Bridge,
        *,
        engine: str | Engine = "auto",
        deadline: float | None = 10.0,
        children: Children | None = None,
        env: Mapping[str, str] | None = None,
        hear: Callable[[Level, str, str], None] | None = None,
    ) -> None:
        if isinstance(engine, str):
            engine = engine_for(engine, deadline, children)
        self._engine = engine
        self._env = dict(env or {})
        self._hear = hear or self._keep
        self._door = Door(bridge, self._engine.post)
        self._calls: dict[int, asyncio.Future[object]] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._count = 0
        self._main = ""
        self._changed = asyncio.Event()
        self._gone: EngineGoneError | None = None
        self.errors: list[JSError] = []

    @property
    def engine(self) -> str:
        """The engine's name."""
        return self._engine.name

    async def __aenter__(self) -> Self:
        try:
            await self._engine.start(self._hear_message, self._end)
        except EngineGoneError as gone:
            raise JSError(str(gone)) from gone
        self._engine.post(self._door.ready(self._env))
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    async def load(self, file: str | Path) -> None:
        """
        Run a logic file as a CommonJS module.

        Raises:
            JSError: it threw, or did not parse.
            BridgeError: there is no such file.
        """
        self._main, source = _source_of(file)
        await self._ask({"type": "load", "file": self._main, "source": source})

    async def call(self, export: str, *args: object) -> Any:  # noqa: ANN401  whatever the function gives
        """
        Call a function the loaded file exports, and wait for its Promise.

        Raises:
            JSError: it threw, or its Promise was refused.
        """
        return await self._ask(
            {"type": "call", "file": self._main, "export": export, **_given(args)}
        )

    def page(self, route: str, query: Mapping[str, str] | None = None) -> Page:
        """
        Return a page that a loaded file registered.

        Args:
            route: such as `pages/upload`.
            query: what `onLoad` gets, texts as on a phone, when a first call opens the page.

        Raises:
            BridgeError: a value of the query is no text.
        """
        if not all(isinstance(value, str) for value in (query or {}).values()):
            raise BridgeError(f"query={query!r}: a phone hands a page texts alone")
        return Page(self._ask, route, query)

    async def idle(self) -> None:
        """
        Wait until the program has nothing left to do: no turn, no timer, no call of its own.

        Raises:
            JSError: the engine was stopped at the deadline, or died.
        """
        while self._engine.busy or self._timers or self._door.busy:
            self._check()
            self._changed.clear()
            await self._changed.wait()
        self._check()

    def let_go(self) -> None:
        """Cancel whoever waits for a call: a task of a test that is over is to hear no error."""
        for future in self._calls.values():
            future.cancel()

    async def aclose(self) -> None:
        """End the engine, and as aborted the program's calls; safe to call twice."""
        self._end(EngineGoneError("the program has been closed"))
        await self._engine.close()

    async def _ask(self, message: Json) -> object:
        self._check()
        self._count += 1
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._calls[self._count] = future
        self._engine.post({**message, "callId": self._count})
        return await future

    def _check(self) -> None:
        if self._gone is not None:
            raise JSError(str(self._gone))

    def _hear_message(self, message: Json) -> None:
        if self._gone is not None:
            return
        try:
            _HEARD.get(cast("str", message["type"]), _ignored)(self, message)
        except Exception as error:  # noqa: BLE001  whoever waits must hear of it
            self._end(EngineGoneError(f"{self.engine} was given up: {error!r}"))
        self._changed.set()

    def _end(self, gone: EngineGoneError) -> None:
        """Let go of everything: nobody runs the program any more."""
        self._gone = self._gone or gone
        self._door.leave()
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for future in self._calls.values():
            if not future.done():
                future.set_exception(JSError(str(self._gone)))
        self._changed.set()

    # --- what the engine says

    def _on_invoke(self, message: Json) -> None:
        self._door.invoke(message)

    def _on_turn(self, _message: Json) -> None:
        self._door.end_turn()

    def _on_timer(self, message: Json) -> None:
        number, delay = cast("int", message["id"]), cast("float | None", message["ms"])
        old = self._timers.pop(number, None)
        if old is not None:
            old.cancel()
        if delay is not None:
            loop = asyncio.get_running_loop()
            self._timers[number] = loop.call_later(delay / 1000, self._fire, number)

    def _fire(self, number: int) -> None:
        del self._timers[number]
        self._engine.post({"type": "timer", "id": number})

    def _on_return(self, message: Json) -> None:
        future = self._calls.pop(cast("int", message["callId"]))
        if future.done():
            return
        if message["ok"]:
            future.set_result(from_json(message["value"]))
        else:
            future.set_exception(JSError(str(message["message"]), str(message["stack"])))

    def _on_report(self, message: Json) -> None:
        level = cast("Level", message["level"])
        self._hear(level, str(message["message"]), str(message["stack"]))

    def _keep(self, level: Level, message: str, stack: str) -> None:
        if level == "unhandled" or stack:
            self.errors.append(JSError(message, stack))


class Page:
    """One page of the program; its `data` and methods are reached by name."""

    def __init__(
        self, ask: Callable[[Json], Any], route: str, query: Mapping[str, str] | None = None
    ) -> None:
        self._ask = ask
        self._page: Json = {"page": route} if query is None else {"page": route, "query": {**query}}

    async def call(self, method: str, *args: object) -> Any:  # noqa: ANN401  whatever the method gives
        """Call a method of the page, and wait for its Promise; raises `JSError`."""
        return await self._ask(self._message(method, **_given(args)))

    async def data(self) -> Any:  # noqa: ANN401  whatever the page holds
        """Return the page's `data`."""
        return await self._ask(self._message("data", args=None))

    def _message(self, export: str, **rest: object) -> Json:
        return {"type": "call", **self._page, "export": export, **rest}


def _source_of(file: str | Path) -> tuple[str, str]:
    """Return a file's absolute path and its text."""
    source = text_of(Path(file), "the logic file")
    return Path(file).resolve().as_posix(), source


def _given(args: tuple[object, ...]) -> dict[str, object]:
    check(list(args))
    return {"args": to_json(list(args))}


def _ignored(_program: Program, _message: Json) -> None:
    """Pass over what only other clients of the protocol care about."""


_HEARD: dict[str, Callable[[Program, Json], None]] = {
    "invoke": Program._on_invoke,  # noqa: SLF001  the table of this module's own class
    "turn": Program._on_turn,  # noqa: SLF001
    "timer": Program._on_timer,  # noqa: SLF001
    "return": Program._on_return,  # noqa: SLF001
    "report": Program._on_report,  # noqa: SLF001
}
