"""
Runs mini-programs in QuickJS, one after the other, turn by turn, for machines without Node.

It is started as a file of its own and speaks the same lines over stdio as `node_host.js`. Two
things are less faithful than there. The texts of the engine's own errors are shorter. And it
reports fewer unhandled rejections: the binding does not hand out the engine's rejection tracker,
so only what a callback, a listener, a timer or an opening page returns is watched; a Promise that
the program drops by itself and that is then refused stays silent.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn, cast

import quickjs  # type: ignore[import-untyped]  # an extension module without stubs

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

HERE: Final = Path(__file__).parent
HEAP_BYTES: Final = 512 << 20
STACK_BYTES: Final = 1 << 20
BAD_LINE: Final = 2


class Host:
    """What the engine may ask of Python; it never raises into the engine, which cannot take it."""

    def __init__(self, lines: BinaryIO, out: BinaryIO) -> None:
        self._lines = lines
        self._out = out
        self._waiting: deque[str] = deque()

    def operate(self, operation: str, text: str) -> str:
        """Send a message, make a call and wait for its answer, or read a file."""
        try:
            return {"send": self.send, "call": self._call, "read": self._read}[operation](text)
        except OSError:
            return _leave()

    def send(self, text: str) -> str:
        """Write one message."""
        self._out.write(text.encode() + b"\n")
        self._out.flush()
        return ""

    def next(self) -> str:
        """Return the next message, those first that came while a call waited; empty at the end."""
        return self._waiting.popleft() if self._waiting else self._lines.readline().decode()

    def forget(self) -> None:
        """Drop the messages for a program that is done."""
        self._waiting.clear()

    def _call(self, text: str) -> str:
        wanted = json.loads(text)["callbackId"]
        self.send(text)
        while line := self._lines.readline().decode():
            message = json.loads(line)
            if message.get("sync") and message["callbackId"] == wanted:
                return line
            self._waiting.append(line)
        return _leave()

    @staticmethod
    def _read(text: str) -> str:
        try:
            content = Path(json.loads(text)).read_bytes()
        except (OSError, ValueError):
            return "null"
        return json.dumps(content.decode("utf-8", "replace"))


def _leave() -> NoReturn:
    """End in the midst of a turn, whose messages nobody reads any more."""
    os._exit(0)


def _boot(context: quickjs.Context, host: Host) -> Callable[[str], object]:
    context.set_memory_limit(HEAP_BYTES)
    context.set_max_stack_size(STACK_BYTES)
    context.add_callable("host", host.operate)
    own = {name: (HERE / name).read_text(encoding="utf-8") for name in ("shim.js", "program.js")}
    boot = context.eval((HERE / "quickjs_host.js").read_text(encoding="utf-8"))
    return cast("Callable[[str], object]", boot(json.dumps(own)))


class Program:
    """One mini-program, in a context of its own."""

    def __init__(self, host: Host) -> None:
        self._context = quickjs.Context()
        self._turn = _boot(self._context, host)
        hello = {"type": "hello", "v": 1, "token": "", "session": "", "target": ""}
        host.send(json.dumps(hello))

    def turn(self, line: str) -> None:
        """Take one message, and run the Promise jobs it caused."""
        self._turn(line)
        left = True
        while left:
            with suppress(quickjs.JSException):
                left = self._context.execute_pending_job()


def main() -> int:
    """Run turns until the input ends; returns the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    host = Host(sys.stdin.buffer, sys.stdout.buffer)
    program = Program(host)
    while line := host.next():
        try:
            kind = json.loads(line)["type"]
        except ValueError as error:
            sys.stderr.write(f"not a message: {error}\n")
            return BAD_LINE
        if kind == "close":
            break
        if kind == "reset":
            host.forget()
            program = Program(host)
        else:
            program.turn(line)
            host.send('{"type":"turn"}')
    return 0


if __name__ == "__main__":
    sys.exit(main())
