"""
A file on its way to a socket inside the kernel, one step at each turn of the event loop.

The loop watches the socket and calls back when it has room, so nothing waits and nothing is copied.
"""

from __future__ import annotations

import asyncio
import errno
import os
from typing import TYPE_CHECKING

from bridge.transport.multipart import shrunk, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

# What a system answers that cannot send this kind of file from the kernel, though it can be read.
_UNSUPPORTED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}


class Share:
    """
    What one turn of a loop may send, parted among the files that are on their way.

    Args:
        step: bytes one file sends before the loop goes on.
        most: bytes of a very large file's step, which is a hundredth of it where that is more.
        turn: bytes all files send before the loop has come round.
        least: bytes below which a step costs more than it gives way.
    """

    __slots__ = ("_least", "_most", "_step", "_turn", "files")

    def __init__(self, step: int, most: int, turn: int, least: int) -> None:
        self._step = step
        self._most = most
        self._turn = turn
        self._least = least
        self.files = 0

    def bytes(self, size: int) -> int:
        """Return how many bytes a file of this size may send now."""
        alone = max(self._step, min(self._most, size // 100))
        return min(alone, max(self._least, self._turn // (self.files or 1)))


class Direct:
    """
    One file on its way by `os.sendfile`, from descriptors of its own.

    Copies of both descriptors are used: the loop refuses to watch a socket its transport owns,
    and a file closed meanwhile must not lend its number to another file's bytes.

    Args:
        source: the file's descriptor.
        target: the socket's descriptor.
        size: bytes to send, from the start of the file.
        share: what a step may be.
        sent: called with the number of bytes of each step.

    Raises:
        NotImplementedError: the event loop cannot watch descriptors. `done` ends in the same error
            when the system cannot send this file, of which no byte has left then.
    """

    def __init__(
        self, source: int, target: int, size: int, share: Share, sent: Callable[[int], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._size = size
        self._share = share
        self._sent = sent
        self._offset = 0
        self._target = self._source = -1
        self.done: asyncio.Future[None] = self._loop.create_future()
        try:
            self._target = os.dup(target)
            self._source = os.dup(source)
            self._loop.add_writer(self._target, self._ready)
        except BaseException:
            self._release()
            raise
        share.files += 1

    def close(self) -> None:
        """Stop watching and give both descriptors back; safe to call twice."""
        if self._target >= 0:
            self._loop.remove_writer(self._target)
            self._share.files -= 1
        self._release()
        self.done.cancel()

    def leave(self) -> None:
        """Send no more, and be done: somebody else sends the rest."""
        self._finish(None)

    def _release(self) -> None:
        descriptors = (self._target, self._source)
        self._target = self._source = -1
        for descriptor in descriptors:
            if descriptor >= 0:
                os.close(descriptor)

    def _ready(self) -> None:
        """Send one step; every way out of this callback leaves the future settled or waiting."""
        if self.done.done():
            return
        try:
            self._step()
        except (BlockingIOError, InterruptedError):
            return
        except Exception as error:  # noqa: BLE001  whatever it is, the upload must not wait on
            self._finish(error)
        else:
            if self._offset >= self._size:
                self._finish(None)

    def _step(self) -> None:
        count = min(self._share.bytes(self._size), self._size - self._offset)
        try:
            sent = os.sendfile(self._target, self._source, self._offset, count)
        except (ConnectionError, BlockingIOError, InterruptedError):
            raise
        except OSError as error:
            if error.errno in _UNSUPPORTED and not self._offset:
                raise NotImplementedError from error
            raise unreadable(error) from error
        if not sent:
            raise shrunk()
        self._offset += sent
        self._sent(sent)

    def _finish(self, error: Exception | None) -> None:
        if self.done.done():  # stopped from within the progress report
            return
        self._loop.remove_writer(self._target)
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)
