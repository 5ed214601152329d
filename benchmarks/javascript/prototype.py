"""The Python half of the prototype: it answers each call one turn of the loop later."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self, cast

if TYPE_CHECKING:
    from types import TracebackType

SCRIPT = Path(__file__).with_name("prototype.js")
_RESULT = {"errMsg": "setStorage:ok"}


class Prototype:
    """One Node child without an emulator, `guarded` by a time limit for each turn or `bare`."""

    def __init__(self, node: str, kind: Literal["guarded", "bare"]) -> None:
        self._command = (node, str(SCRIPT), kind)
        self._ran: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Self:
        self._child = await asyncio.create_subprocess_exec(
            *self._command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        self._stdin = cast("asyncio.StreamWriter", self._child.stdin)
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stdin.close()
        await self._reader
        await self._child.wait()

    def new_context(self) -> None:
        """Give the child a fresh context in the place of the one it has."""
        self._stdin.write(b"context\n")

    async def call(self, loop: str, count: int) -> None:
        """Run one of the loops of `loops.js`."""
        self._ran = asyncio.get_running_loop().create_future()
        self._send({"run": loop, "count": count})
        await self._ran

    def _send(self, message: dict[str, object]) -> None:
        self._stdin.write(json.dumps(message).encode() + b"\n")

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        while line := await cast("asyncio.StreamReader", self._child.stdout).readline():
            message = json.loads(line)
            if "ran" in message:
                cast("asyncio.Future[None]", self._ran).set_result(None)
            elif message.get("sync"):
                self._send({"id": message["id"], "result": "v"})
            else:
                loop.call_soon(self._send, {"id": message["id"], "result": _RESULT})
        if self._ran is not None and not self._ran.done():
            self._ran.set_exception(RuntimeError("the prototype has ended"))
