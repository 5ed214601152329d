"""A child process that is spoken to in lines, by one event loop after another."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from shutil import which
from typing import IO, TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable

if sys.platform == "win32":  # pragma: no cover  written for Windows, not run there
    # Only these pipes can be read by an event loop there, and only by one.
    from asyncio.windows_utils import Popen
else:
    Popen = subprocess.Popen

_SETPRIV: Final = which("setpriv")
_WITH_US: Final = (_SETPRIV, "--pdeathsig", "KILL", "--") if _SETPRIV else ()
"""What has the system end a child with us: one in an endless turn would not see our end."""
CHANGES_LOOPS: Final = sys.platform != "win32"
"""Whether one event loop after another can read the pipes of a child."""

LONGEST = 64 << 20
"""Bytes of the longest message that is taken from a child."""
_STDERR_KEPT = 8 << 10
_END_SECONDS = 2.0


class Child:
    """
    One child process and its three pipes.

    Attributes:
        argv: the command that starts it.
        programs: how many programs it has been given.
    """

    def __init__(self, argv: list[str]) -> None:
        self.argv = argv
        self.programs = 0
        pipe = subprocess.PIPE
        self._process = Popen([*_WITH_US, *argv], bufsize=0, stdin=pipe, stdout=pipe, stderr=pipe)
        self._said = bytearray()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Tell whether the process has not ended."""
        return self._process.poll() is None

    @property
    def last_words(self) -> str:
        """The last of what it said on its standard error."""
        return self._said.decode("utf-8", "replace")

    async def connect(self, take: Callable[[bytes], None]) -> Connection:
        """Let the running loop read each line of its output into `take`."""
        stdin, stdout, stderr = (_own(pipe) for pipe in self._pipes)
        loop = asyncio.get_running_loop()
        output, errors, farewell = _Lines(take), _Stream(self._hear), _Stream()
        reading, _ = await loop.connect_read_pipe(lambda: output, stdout)
        erring, _ = await loop.connect_read_pipe(lambda: errors, stderr)
        writing, _ = await loop.connect_write_pipe(lambda: farewell, stdin)
        return Connection(self, writing, (reading, erring), (output, errors, farewell))

    def kill(self) -> None:
        """End it at once; safe after its death."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def end(self) -> int:
        """
        Close its input, at the end of which it leaves, and wait for that; this blocks.

        Returns:
            Its status. One that does not leave is killed.
        """
        for pipe in self._pipes:
            pipe.close()
        try:
            return self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.wait()

    @property
    def _pipes(self) -> tuple[IO[bytes], ...]:
        pipes = (self._process.stdin, self._process.stdout, self._process.stderr)
        return cast("tuple[IO[bytes], ...]", pipes)

    def _hear(self, data: bytes) -> None:
        self._said += data
        del self._said[:-_STDERR_KEPT]


class Connection:
    """A child's pipes while one event loop has them; made by `Child.connect`."""

    def __init__(
        self,
        child: Child,
        writing: asyncio.WriteTransport,
        reading: tuple[asyncio.ReadTransport, ...],
        streams: tuple[_Stream, ...],
    ) -> None:
        self._child = child
        self._writing = writing
        self._reading = reading
        self._streams = streams
        self._outbox: list[bytes] = []

    @property
    def flushed(self) -> bool:
        """Tell whether the pipe has taken all that was written."""
        return not self._outbox and not self._writing.get_write_buffer_size()

    def write_soon(self, data: bytes) -> None:
        """Send bytes together with what else is written in this turn of the loop."""
        if not self._outbox:
            asyncio.get_running_loop().call_soon(self.write, b"")
        self._outbox.append(data)

    def write(self, data: bytes) -> None:
        """Send bytes now, after those that wait; to a child that has gone they are lost."""
        self._outbox.append(data)
        together = b"".join(self._outbox)
        self._outbox.clear()
        if together and not self._writing.is_closing():
            self._writing.write(together)

    async def lost(self) -> None:
        """Wait until the child's output has ended, and then what it says of that."""
        for stream in self._streams[:2]:
            await stream.ended.wait()

    async def end(self) -> int:
        """Let the child go and wait for its end; returns its status."""
        self._hang_up()
        try:
            return await asyncio.to_thread(self._child.end)
        finally:
            await self.release()

    async def release(self, last: bytes = b"") -> None:
        """Give the pipes back, for the next loop to take; it hears what `last` is answered."""
        for transport in self._reading:
            transport.close()
        self.write(last)
        self._hang_up()
        for stream in self._streams:
            await stream.ended.wait()

    def _hang_up(self) -> None:
        if not self._writing.is_closing():
            self._writing.abort()


class _Stream(asyncio.Protocol):
    """Hands on bytes as they come, and tells the end."""

    def __init__(self, take: Callable[[bytes], None] | None = None) -> None:
        self._take = take
        self.ended = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        """Hand the bytes on."""
        if self._take is not None:
            self._take(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits for the end."""
        del exc
        self.ended.set()


class _Lines(_Stream):
    """Hands on whole lines, without their ends."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        super().__init__()
        self._line = take
        self._pieces: list[bytes] = []
        self._size = 0

    def data_received(self, data: bytes) -> None:
        """Cut the bytes into lines; the rest waits for its end."""
        *lines, rest = data.split(b"\n")
        if lines and self._pieces:
            lines[0] = self._kept() + lines[0]
        for line in lines:
            self._line(line)
        if rest:
            self._pieces.append(rest)
            self._size += len(rest)
        if self._size > LONGEST:
            # Its beginning is enough for whoever takes it to find that out.
            self._line(self._kept())

    def _kept(self) -> bytes:
        kept = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        return kept


def _own(pipe: IO[bytes]) -> IO[bytes]:
    """Return a pipe that a loop may close: a copy, where the next loop needs one too."""
    if not CHANGES_LOOPS:  # pragma: no cover  written for Windows, not run there
        return pipe
    return os.fdopen(os.dup(pipe.fileno()), pipe.mode, 0)
